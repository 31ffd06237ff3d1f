// SPDX-License-Identifier: MIT
// link: standin
/* Other orders than the recorded one, played: causal, chaos, and the app's own lateness noted. */
#include "score_fixture.h"

#include <sys/wait.h>

#include "replay/standin/inside.h"

static struct score_file file;
static char said[400];
static size_t used;
static _Atomic unsigned seen;

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)desc;
    (void)json;
    (void)user;
    used += (size_t)snprintf(said + used, sizeof said - used, "%d ", code);
    seen++;
}

static void
on_kicked(const void *user)
{
    (void)user;
    seen++;
}

static void
play(struct tape_reader *tape, struct score_options options)
{
    struct fault fault = {0};

    options.stall_ns = 2000000000;
    if (score_create(&file, tape, &options, &fault) != 0)
        fail_msg("%s", fault.text);
    tape_free(tape);
    standin_use(file.score);
    score_begin(file.score);
    used = 0;
    seen = 0;
}

static void
wait_seen(unsigned count)
{
    unsigned i;

    for (i = 0; i < 20000 && seen < count; i++)
        usleep(200);
    if (seen < count)
        fail_msg("stands at edge %u of %u, seen %s", atomic_load(&score_live(file.score)->cursor),
                 file.score->edges, said);
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
ask(void)
{
    union api_value values[API_MAX_PARAMS] = {{.fn = (void (*)(void))on_comm}, {.user = NULL}};

    standin_call(API_TIMConvGetConvList, values);
}

static struct tape_event *
answer(struct tape_reader *tape, unsigned thread, uint64_t seq, int64_t at, uint64_t cause)
{
    struct tape_event *event = tape_add(tape, "TIMCommCallback", thread, seq, seq + 1, at, at + 1);

    event->cause = cause;
    event->args[0].i = (int)seq;
    return event;
}

/* Two questions, the answer to the first on a thread of its own after the second. */
static struct tape_reader *
two_questions(void)
{
    struct tape_reader *tape = tape_new(3);

    tape_add(tape, "TIMConvGetConvList", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMConvGetConvList", 1, 3, 4, 1000, 1010);
    answer(tape, 2, 5, 20000, 1);
    answer(tape, 3, 7, 30000, 3);
    return tape;
}

/* The app does not ask again before it was answered: strict order waits for that, causal order does not. */
static void
independent(void **state)
{
    (void)state;
    play(two_questions(), (struct score_options){.speed = 0});
    ask();
    usleep(100000);
    assert_int_equal(seen, 0);
    stop();
    play(two_questions(), (struct score_options){.speed = 0, .order = SCORE_CAUSAL});
    ask();
    wait_seen(1);
    assert_string_equal(said, "5 ");
    ask();
    wait_seen(2);
    assert_string_equal(said, "5 7 ");
    stop();
}

/* The second question comes 100 ms late: its answer keeps its distance from it, the first one its own time.
 */
static void
chains(void **state)
{
    int64_t start, first, second, ours;

    (void)state;
    play(two_questions(), (struct score_options){.speed = 1, .order = SCORE_CAUSAL});
    start = (int64_t)atomic_load(&score_live(file.score)->start_ns);
    ask();
    usleep(100000);
    wait_seen(1);
    ask();
    wait_seen(2);
    first = atomic_load(score_time(file.score, score_event(file.score, 2)->enter)) - start;
    second = atomic_load(score_time(file.score, score_event(file.score, 3)->enter)) - start;
    assert_true(first >= 20000000 && first < 90000000);
    /* What the replay itself was late with the first answer (a busy machine) is not counted against the app.
     */
    ours = atomic_load(&score_event_live(file.score, 2)->late_ns) + 1000000;
    assert_true(second >= 129000000 - ours);
    assert_int_equal(atomic_load(&score_live(file.score)->slip), 0);
    /* The app was late with its second question, and that is noted. */
    assert_true(atomic_load(&score_event_live(file.score, 1)->app_late_ns) > 90000000 - ours);
    stop();
}

static void
app_late(void **state)
{
    (void)state;
    play(two_questions(), (struct score_options){.speed = 1});
    ask();
    usleep(100000);
    ask();
    wait_seen(2);
    assert_true(atomic_load(&score_event_live(file.score, 1)->app_late_ns) > 90000000);
    assert_true(atomic_load(&score_event_live(file.score, 3)->app_late_ns) < 50000000);
    stop();
    /* Before --from, it means nothing. */
    play(two_questions(), (struct score_options){.speed = 1, .from = 5});
    ask();
    usleep(100000);
    ask();
    wait_seen(2);
    assert_int_equal(atomic_load(&score_event_live(file.score, 1)->app_late_ns), 0);
    stop();
}

/* Scheduled is the answer to the second question before the one to the first: and so it comes. */
static void
chaos(void **state)
{
    struct schedule_move later = {.event = 2, .delta_ns = 15000000};
    unsigned i;

    (void)state;
    for (i = 0; i < 50; i++) {
        play(two_questions(),
             (struct score_options){.speed = i < 3, .order = SCORE_CHAOS, .moves = &later, .nmoves = 1});
        ask();
        ask();
        wait_seen(2);
        assert_string_equal(said, "7 5 ");
        stop();
    }
}

/* The same from an app that needs the first answer first: it gets it, after some patience, and not before. */
static void
patience(void **state)
{
    struct schedule_move later = {.event = 2, .delta_ns = 15000000};
    uint64_t since;

    (void)state;
    play(two_questions(),
         (struct score_options){
             .speed = 0, .order = SCORE_CHAOS, .patience_ns = 60000000, .moves = &later, .nmoves = 1});
    since = score_now();
    ask();
    wait_seen(1);
    assert_true(score_now() - since >= 60000000);
    assert_string_equal(said, "5 ");
    ask();
    wait_seen(2);
    stop();
}

/* Never before what must precede it, however much time there is. */
static void
removed(void **state)
{
    union api_value values[API_MAX_PARAMS] = {{.fn = (void (*)(void))on_kicked}, {.user = NULL}};
    struct tape_reader *tape = tape_new(2);
    struct tape_event *event;

    (void)state;
    tape_add(tape, "TIMSetKickedOfflineCallback", 1, 1, 2, 0, 10);
    event = tape_add(tape, "TIMKickedOfflineCallback", 2, 3, 4, 50000, 50010);
    event->cause = 1;
    event = tape_add(tape, "TIMSetKickedOfflineCallback", 1, 5, 6, 60000, 60010);
    event->args[0].u = 0;
    play(tape, (struct score_options){.speed = 1, .order = SCORE_CAUSAL});
    standin_call(API_TIMSetKickedOfflineCallback, values);
    values[0].fn = NULL;
    /* 50 ms early: the call returns when the callback has come. */
    standin_call(API_TIMSetKickedOfflineCallback, values);
    assert_int_equal(seen, 1);
    stop();
}

/* Four threads at once, many times over: everything comes, in the order of its thread. */
#define MANY 400
static uint32_t last[4];
static _Atomic unsigned wrong;

static void
on_message(const char *json, const void *user)
{
    unsigned thread = (unsigned)(json[0] - '0');
    uint32_t number = (uint32_t)atoi(json + 2);

    (void)user;
    wrong += number <= last[thread];
    last[thread] = number;
    seen++;
}

static void
many(void **state)
{
    static const enum score_order orders[] = {SCORE_CAUSAL, SCORE_CHAOS};
    union api_value values[API_MAX_PARAMS] = {{.fn = (void (*)(void))on_message}, {.user = NULL}};
    static char texts[MANY][16];
    unsigned i, round;

    (void)state;
    for (round = 0; round < 12; round++) {
        struct tape_reader *tape = tape_new(5);

        tape_add(tape, "TIMAddRecvNewMsgCallback", 1, 1, 2, 0, 1);
        for (i = 0; i < MANY; i++) {
            struct tape_event *event = tape_add(tape, "TIMRecvNewMsgCallback", 2 + i % 4, 3 + i * 2,
                                                4 + i * 2, 10 + i * 2, 11 + i * 2);
            event->cause = 1;
            snprintf(texts[i], sizeof texts[i], "%u %u", i % 4, i + 1);
            tape_text(event, 0, texts[i]);
        }
        memset(last, 0, sizeof last);
        play(tape, (struct score_options){
                       .speed = round % 3 == 0, .order = orders[round % 2], .seeded = true, .seed = round});
        standin_call(API_TIMAddRecvNewMsgCallback, values);
        wait_seen(MANY);
        assert_int_equal(wrong, 0);
        stop();
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(independent), cmocka_unit_test(chains),   cmocka_unit_test(app_late),
        cmocka_unit_test(chaos),       cmocka_unit_test(patience), cmocka_unit_test(removed),
        cmocka_unit_test(many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
