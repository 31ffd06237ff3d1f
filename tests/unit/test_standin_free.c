// SPDX-License-Identifier: MIT
// link: standin
/* Fuzzing: the stand-in without a judge, where the app does what it likes. The test is the app. */
#include "score_fixture.h"

#include <pthread.h>

#include "replay/standin/inside.h"

static struct score_file file;
static _Atomic unsigned seen;
static struct {
    int64_t code;
    char text[64];
    const void *user;
} log_[32];

static void
note(int64_t code, const char *text, const void *user)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    unsigned i;

    pthread_mutex_lock(&lock);
    i = atomic_load(&seen);
    assert_true(i < 32);
    log_[i].code = code;
    log_[i].user = user;
    snprintf(log_[i].text, sizeof log_[i].text, "%s", text == NULL ? "(null)" : text);
    atomic_store(&seen, i + 1);
    pthread_mutex_unlock(&lock);
}

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)desc;
    note(code, json, user);
}

static void
on_message(const char *json, const void *user)
{
    note(1, json, user);
}

#define FN(f) ((void (*)(void))(f))

static void
play(struct tape_reader *tape)
{
    struct score_options options = {.free = true, .patience_ns = 20000000};
    struct fault fault = {0};

    if (score_create(&file, tape, &options, &fault) != 0)
        fail_msg("%s", fault.text);
    tape_free(tape);
    atomic_store(&seen, 0);
    standin_use(file.score);
    score_begin(file.score);
}

static void
stop(void)
{
    score_finish(file.score);
    while (atomic_load(&standin_process->alive) != 0)
        usleep(200);
    standin_process = NULL;
    standin_score = NULL;
    score_destroy(&file);
}

static void
wait_seen(unsigned count)
{
    for (int i = 0; i < 60000 && atomic_load(&seen) < count; i++)
        usleep(100);
    if (atomic_load(&seen) < count)
        fail_msg("%u callbacks of %u came", atomic_load(&seen), count);
}

static int64_t
init(uint64_t id)
{
    union api_value values[API_MAX_PARAMS] = {{.u = id}, {.s = "{}"}};

    return standin_call(API_TIMInit, values).i;
}

static int64_t
ask(uint16_t api, const void *user)
{
    union api_value values[API_MAX_PARAMS] = {{.fn = FN(on_comm)}, {.user = user}};

    return standin_call(api, values).i;
}

static void
listen_(void)
{
    union api_value values[API_MAX_PARAMS] = {{.fn = FN(on_message)}};

    standin_call(API_TIMAddRecvNewMsgCallback, values);
}

/* TIMInit(14) = 5, listener, list = 7 and its completion, logout = 8 and its completion, a message. */
static struct tape_reader *
tape(void)
{
    struct tape_reader *tape = tape_new(2);
    struct tape_event *event = tape_add(tape, "TIMInit", 1, 2, 4, 0, 10);

    event->args[0] = (struct tape_value){.type = TAPE_UINT, .u = 14};
    tape_text(event, 1, "{}");
    event->result.i = 5;
    tape_add(tape, "TIMAddRecvNewMsgCallback", 1, 6, 8, 20, 30);
    event = tape_add(tape, "TIMConvGetConvList", 1, 10, 12, 40, 50);
    event->result.i = 7;
    event = tape_add(tape, "TIMCommCallback", 2, 14, 16, 60, 70);
    event->cause = 10;
    event->args[0].i = 70;
    tape_text(event, 2, "[1]");
    event = tape_add(tape, "TIMLogout", 1, 18, 20, 80, 90);
    event->result.i = 8;
    event = tape_add(tape, "TIMCommCallback", 2, 22, 24, 100, 110);
    event->cause = 18;
    event->args[0].i = 80;
    tape_text(event, 2, "[2]");
    event = tape_add(tape, "TIMRecvNewMsgCallback", 2, 26, 28, 120, 130);
    event->cause = 6;
    tape_text(event, 0, "message");
    return tape;
}

/* Other arguments: still that call. */
static void
other_arguments(void **state)
{
    (void)state;
    play(tape());
    assert_int_equal(init(99), 5);
    listen_();
    assert_int_equal(ask(API_TIMConvGetConvList, NULL), 7);
    assert_int_equal(ask(API_TIMLogout, NULL), 8);
    wait_seen(3);
    assert_int_equal(log_[0].code, 70);
    assert_int_equal(log_[1].code, 80);
    assert_string_equal(log_[2].text, "message");
    stop();
}

/* In another order: each is answered as recorded, and each is completed, with the app's own user data. */
static void
other_order(void **state)
{
    int list, logout;

    (void)state;
    play(tape());
    assert_int_equal(init(14), 5);
    assert_int_equal(ask(API_TIMLogout, &logout), 8);
    assert_int_equal(ask(API_TIMConvGetConvList, &list), 7);
    listen_();
    wait_seen(2);
    usleep(100000);
    for (unsigned i = 0; i < atomic_load(&seen); i++) {
        if (log_[i].code != 1)
            assert_ptr_equal(log_[i].user, log_[i].code == 70 ? &list : &logout);
    }
    stop();
}

/* Once more than recorded: like the last time. Never recorded: success. */
static void
more_calls(void **state)
{
    int again, never;
    bool both = true;
    unsigned found = 0;

    (void)state;
    play(tape());
    init(14);
    listen_();
    ask(API_TIMConvGetConvList, NULL);
    assert_int_equal(ask(API_TIMConvGetConvList, &again), 7);
    assert_int_equal(ask(API_TIMGroupGetJoinedGroupList, &never), 0);
    ask(API_TIMLogout, NULL);
    wait_seen(5);
    for (unsigned i = 0; i < 5; i++) {
        if (log_[i].user == &again) {
            both &= log_[i].code == 70 && strcmp(log_[i].text, "[1]") == 0;
            found++;
        } else if (log_[i].user == &never) {
            both &= log_[i].code == 0 && log_[i].text[0] == '\0';
            found++;
        }
    }
    assert_int_equal(found, 2);
    assert_true(both);
    assert_int_equal(atomic_load(&score_live(file.score)->owed), 0);
    stop();
}

/* A call that does not come holds nothing up; what it would have brought is dropped, or comes with it. */
static void
missing_call(void **state)
{
    int late;

    (void)state;
    play(tape());
    init(14);
    listen_();
    ask(API_TIMLogout, NULL);
    wait_seen(2);
    for (int i = 0; i < 20000 && atomic_load(&score_event_live(file.score, 3)->state) != SCORE_DROPPED; i++)
        usleep(100);
    assert_int_equal(atomic_load(&score_event_live(file.score, 3)->state), SCORE_DROPPED);
    assert_int_equal(log_[0].code, 80);
    assert_string_equal(log_[1].text, "message");
    assert_int_equal(ask(API_TIMConvGetConvList, &late), 7);
    wait_seen(3);
    assert_int_equal(log_[2].code, 70);
    assert_ptr_equal(log_[2].user, &late);
    assert_int_equal(atomic_load(&score_live(file.score)->cursor), file.score->edges);
    stop();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_arguments),
        cmocka_unit_test(other_order),
        cmocka_unit_test(more_calls),
        cmocka_unit_test(missing_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
