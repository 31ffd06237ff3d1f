// SPDX-License-Identifier: MIT
// link: standin
/*
 * The stand-in where the app does not follow the tape, and the judge lets it: calls that come in another
 * order, calls that the tape does not have and their completion. The test is the app and the judge.
 */
#include "score_fixture.h"

#include <pthread.h>

#include "replay/standin/inside.h"

static struct score_file file;
static _Atomic unsigned seen;
static struct {
    int64_t code;
    char text[64];
    const void *user;
    uint32_t tid;
} log_[16];

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    unsigned i = atomic_load(&seen);

    assert_true(i < 16);
    assert_non_null(desc);
    log_[i].code = code;
    log_[i].user = user;
    log_[i].tid = (uint32_t)syscall(SYS_gettid);
    snprintf(log_[i].text, sizeof log_[i].text, "%s", json == NULL ? "(null)" : json);
    atomic_store(&seen, i + 1);
}

static void
on_progress(const char *json, uint32_t index, uint32_t now, uint32_t total, const void *user)
{
    (void)json, (void)index, (void)now, (void)total, (void)user;
    fail_msg("progress is not how a call ends");
}

#define FN(f) ((void (*)(void))(f))

static int64_t
call_comm(uint16_t api, const void *user)
{
    union api_value values[API_MAX_PARAMS] = {{.fn = FN(on_comm)}, {.user = user}};

    return standin_call(api, values).i;
}

static int64_t
call_config(const char *json, const void *user)
{
    union api_value values[API_MAX_PARAMS] = {{.s = json}, {.fn = FN(on_comm)}, {.user = user}};

    return standin_call(API_TIMSetConfig, values).i;
}

/* ---- the judge ---- */

static struct {
    pthread_t thread;
    _Atomic int stop;
    enum score_mail_answer answer;
    uint32_t event;
    uint64_t result;
    bool completes;
} judge;

static void *
judge_main(void *unused)
{
    struct score_live *live = score_live(file.score);

    (void)unused;
    while (!atomic_load(&judge.stop)) {
        uint32_t bell = atomic_load(&live->bell);

        atomic_fetch_add(&live->heartbeat, 1);
        for (unsigned i = 0; i < SCORE_MAILS; i++) {
            struct score_mail *mail = &live->mail[i];

            if (atomic_load(&mail->state) != SCORE_MAIL_ASKED)
                continue;
            mail->completes = judge.completes;
            mail->code = -5;
            score_answer(file.score, mail, judge.answer, judge.event, judge.result);
        }
        score_wait_bell(file.score, bell, 5000000);
    }
    return NULL;
}

static void
play(struct tape_reader *tape)
{
    struct score_options options = {.speed = 0, .stall_ns = 1000000000};
    struct fault fault = {0};

    if (score_create(&file, tape, &options, &fault) != 0)
        fail_msg("%s", fault.text);
    tape_free(tape);
    standin_use(file.score);
    atomic_store(&seen, 0);
    memset(&judge, 0, sizeof judge);
    memset(log_, 0, sizeof log_);
    assert_int_equal(pthread_create(&judge.thread, NULL, judge_main, NULL), 0);
}

static void
stop(void)
{
    score_finish(file.score);
    while (atomic_load(&standin_process->alive) != 0)
        usleep(200);
    atomic_store(&judge.stop, 1);
    pthread_join(judge.thread, NULL);
    standin_process = NULL;
    standin_score = NULL;
    score_destroy(&file);
}

static void
wait_seen(unsigned count)
{
    for (int i = 0; i < 100000 && atomic_load(&seen) < count; i++)
        usleep(100);
    assert_int_equal(atomic_load(&seen), count);
}

/* ---- tests ---- */

/* In order, byte for byte: nobody is asked. In another order: the judge is, and not before. */
static void
asked_when_passed_over(void **state)
{
    struct tape_reader *tape = tape_new(1);

    (void)state;
    tape_add(tape, "TIMLogout", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMConvGetConvList", 1, 3, 4, 20, 30);
    tape_add(tape, "TIMGroupGetJoinedGroupList", 1, 5, 6, 40, 50);
    play(tape);
    call_comm(API_TIMLogout, NULL);
    assert_int_equal(atomic_load(&score_live(file.score)->asked), 0);
    judge.answer = SCORE_MATCHED;
    judge.event = 2;
    score_waive(file.score, 1);
    call_comm(API_TIMGroupGetJoinedGroupList, NULL);
    assert_int_equal(atomic_load(&score_live(file.score)->asked), 1);
    call_comm(API_TIMConvGetConvList, NULL); /* late, and still the one */
    assert_int_equal(atomic_load(&score_live(file.score)->asked), 1);
    assert_int_equal(atomic_load(&score_event_live(file.score, 1)->state), SCORE_LEFT);
    assert_int_equal(atomic_load(&score_live(file.score)->cursor), file.score->edges);
    stop();
}

/* A waived call that comes late has the callbacks that are in it, and those that it caused wait for it. */
static void
waived(void **state)
{
    struct tape_reader *tape = tape_new(2);
    struct tape_event *event;
    int user = 0;

    (void)state;
    event = tape_add(tape, "TIMSetConfig", 1, 1, 4, 0, 30);
    tape_text(event, 0, "{}");
    event = tape_add(tape, "TIMCommCallback", 1, 2, 3, 10, 20);
    event->parent = event->cause = 1;
    tape_text(event, 1, "");
    tape_text(event, 2, "nested");
    tape_add(tape, "TIMLogout", 1, 5, 6, 40, 50);
    event = tape_add(tape, "TIMCommCallback", 2, 7, 8, 60, 70);
    event->cause = 5;
    tape_text(event, 1, "");
    tape_text(event, 2, "caused");
    play(tape);
    score_waive(file.score, 0);
    score_waive(file.score, 2);
    judge.answer = SCORE_MATCHED;
    judge.event = 0;
    assert_int_equal(call_config("{ }", &user), 0);
    assert_int_equal(atomic_load(&seen), 1);
    assert_string_equal(log_[0].text, "nested");
    assert_ptr_equal(log_[0].user, &user);
    usleep(20000);
    assert_int_equal(atomic_load(&seen), 1); /* its turn, but nobody to call yet */
    assert_int_equal(atomic_load(&score_live(file.score)->dropped), 0);
    call_comm(API_TIMLogout, NULL);
    wait_seen(2);
    assert_string_equal(log_[1].text, "caused");
    stop();
}

/* A call that the tape does not have, --unmatched code:-5. */
static void
completed(void **state)
{
    struct tape_reader *tape = tape_new(2);
    int users[3];

    (void)state;
    tape_add(tape, "TIMLogout", 1, 1, 2, 0, 10);
    play(tape);
    judge.answer = SCORE_UNMATCHED;
    judge.completes = true;
    for (int i = 0; i < 3; i++)
        assert_int_equal(call_comm(API_TIMConvGetConvList, &users[i]), 0);
    wait_seen(3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(log_[i].code, -5);
        assert_string_equal(log_[i].text, "");
        assert_ptr_equal(log_[i].user, &users[i]); /* one after the other */
        assert_int_not_equal(log_[i].tid, syscall(SYS_gettid));
        assert_int_equal(log_[i].tid, log_[0].tid);
    }
    /* No callback passed, or none that says how it ended: nothing comes. */
    union api_value nothing[API_MAX_PARAMS] = {{0}};
    assert_int_equal(standin_call(API_TIMConvGetConvList, nothing).i, 0);
    union api_value progress[API_MAX_PARAMS] = {{.fn = FN(on_progress)}};
    standin_call(API_TIMSetMsgElemUploadProgressCallback, progress);
    usleep(20000);
    assert_int_equal(atomic_load(&seen), 3);
    /* Nor when the play is over. */
    score_finish(file.score);
    call_comm(API_TIMConvGetConvList, NULL);
    usleep(20000);
    assert_int_equal(atomic_load(&seen), 3);
    stop();
}

/* Once more than recorded, and nobody minds: it completes as it did. */
static void
repeated(void **state)
{
    struct tape_reader *tape = tape_new(2);
    struct tape_event *event;
    int user = 0;

    (void)state;
    event = tape_add(tape, "TIMConvGetConvList", 1, 1, 2, 0, 10);
    event->result.i = 4;
    event = tape_add(tape, "TIMCommCallback", 2, 3, 4, 20, 30);
    event->cause = 1;
    event->args[0].i = 6;
    tape_text(event, 1, "");
    tape_text(event, 2, "[]");
    play(tape);
    call_comm(API_TIMConvGetConvList, NULL);
    wait_seen(1);
    judge.answer = SCORE_LIKE;
    judge.event = 0;
    assert_int_equal(call_comm(API_TIMConvGetConvList, &user), 4);
    wait_seen(2);
    assert_int_equal(log_[1].code, 6);
    assert_string_equal(log_[1].text, "[]");
    assert_ptr_equal(log_[1].user, &user);
    stop();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asked_when_passed_over),
        cmocka_unit_test(waived),
        cmocka_unit_test(completed),
        cmocka_unit_test(repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
