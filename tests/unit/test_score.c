// SPDX-License-Identifier: MIT
// link: standin
/* Making a score: order, nesting, lists, exit marks, times; and refusing tapes that contradict themselves. */
#include "score_fixture.h"

static struct score_file file;
static struct fault fault;

static int
make(struct tape_reader *tape, struct score_options options)
{
    int result = score_create(&file, tape, &options, &fault);

    tape_free(tape);
    return result;
}

static const struct score_options plain = {.speed = 1};

static void
refused(struct tape_reader *tape, const char *word)
{
    assert_int_equal(make(tape, plain), -1);
    assert_int_equal(fault.kind, FAULT_DATA);
    if (strstr(fault.text, word) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fault.text, word);
    assert_null(file.score);
    assert_string_equal(file.path, "");
}

static void
order_and_lists(void **state)
{
    struct tape_reader *tape = tape_new(2);
    struct tape_event *event;
    const struct score *score;
    struct stat st;

    (void)state;
    event = tape_add(tape, "TIMInit", 1, 1, 2, 0, 10);
    event->args[0] = (struct tape_value){.type = TAPE_UINT, .u = 1400000000};
    tape_text(event, 1, "{}");
    tape_add(tape, "TIMSetConfig", 1, 3, 6, 20, 50);
    event = tape_add(tape, "TIMCommCallback", 1, 4, 5, 30, 40);
    event->parent = event->cause = 3;
    tape_text(event, 2, "{}");
    tape_add(tape, "TIMConvGetConvList", 1, 7, 9, 60, 80);
    event = tape_add(tape, "TIMCommCallback", 2, 8, 12, 70, 110);
    event->cause = 7;
    event = tape_add(tape, "TIMGetLoginStatus", 2, 10, 11, 90, 100);
    event->parent = 8;
    assert_int_equal(make(tape, plain), 0);
    score = file.score;
    assert_int_equal(stat(file.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(score->events, 6);
    assert_int_equal(score->edges, 12);
    assert_int_equal(score_thread(score, 0)->flags, SCORE_CALLS);
    assert_int_equal(score_thread(score, 1)->flags, SCORE_BACKS);
    assert_int_equal(score_thread(score, 0)->first_call, 0);
    assert_int_equal(score_event(score, 0)->next, 1);
    assert_int_equal(score_event(score, 1)->child, 2);
    assert_int_equal(score_event(score, 1)->next, 3);
    assert_int_equal(score_event(score, 3)->next, SCORE_NONE);
    assert_int_equal(score_thread(score, 1)->first_back, 4);
    assert_int_equal(score_event(score, 4)->child, 5);
    assert_int_equal(score_event(score, 4)->cause, 3);
    assert_int_equal(score_event(score, 5)->flags, SCORE_GETTER);
    /* call enter, call leave, enter, callback enter, callback leave, call leave ... */
    for (uint32_t i = 0; i < 12; i++) {
        static const uint8_t app[] = {1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1};

        assert_int_equal(score_edge(score, i)->app, app[i]);
        assert_int_equal(score_edge(score, i)->at_ns, i * 10000);
    }
    assert_int_equal(score_edge(score, 2)->next_sdk, 3);
    assert_int_equal(score_edge(score, 3)->next_sdk, 5);
    assert_int_equal(score_edge(score, 11)->next_sdk, SCORE_NONE);
    /* The same text is there once. */
    assert_int_equal(score_values(score, score_event(score, 0))[1].bits,
                     score_values(score, score_event(score, 2))[2].bits);
    assert_string_equal(score_text(score, &score_values(score, score_event(score, 0))[1]), "{}");
    assert_int_equal(score_find(score, 7), 3);
    assert_int_equal(score_find(score, 5), SCORE_NONE);
    assert_int_equal(atomic_load(&score_live(score)->cursor), 0);
    score_destroy(&file);
    assert_null(file.score);
}

static void
times(void **state)
{
    struct score_options options = {.speed = 10, .max_gap_ns = 500000};
    struct tape_reader *tape = tape_new(1);

    (void)state;
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 100);
    tape_add(tape, "TIMUninit", 1, 3, 4, 1000100, 1000150);
    tape->events[1].took_ns = 50000;
    assert_int_equal(make(tape, options), 0);
    assert_int_equal(score_edge(file.score, 1)->at_ns, 10000);
    assert_int_equal(score_edge(file.score, 2)->at_ns, 60000);
    assert_int_equal(score_edge(file.score, 3)->at_ns, 65000);
    score_begin(file.score);
    assert_int_equal(score_due(file.score, 2),
                     (int64_t)atomic_load(&score_live(file.score)->start_ns) + 60000);
    score_gate(file.score, SCORE_NONE, 5000);
    assert_int_equal(score_due(file.score, 2),
                     (int64_t)atomic_load(&score_live(file.score)->start_ns) + 65000);
    score_destroy(&file);

    /* A clock that goes backwards between threads is held. */
    tape = tape_new(2);
    tape_add(tape, "TIMInit", 1, 1, 3, 100, 300);
    tape_add(tape, "TIMUninit", 2, 2, 4, 90, 310);
    assert_int_equal(make(tape, plain), 0);
    assert_int_equal(score_edge(file.score, 1)->at_ns, 100000);
    score_destroy(&file);
}

static void
what_does_not_count(void **state)
{
    struct tape_reader *tape = tape_new(2);
    struct tape_event *event;
    const struct score *score;

    (void)state;
    tape->processes[0] = (struct tape_process){.pid = 100, .exit_seq = 20, .sdk_version = "6.6.1"};
    tape->nprocesses = 1;
    tape_add(tape, "TIMConvGetConvList", 1, 1, 6, 0, 60);
    event = tape_add(tape, "TIMLogout", 1, 2, 5, 20, 50); /* the SDK calls itself ... */
    event->parent = 1;
    event = tape_add(tape, "TIMCommCallback", 1, 3, 4, 30, 40); /* ... and is called back */
    event->parent = event->cause = 2;
    event = tape_add(tape, "TIMCommCallback", 2, 10, 11, 100, 110);
    event->cause = 2;
    event = tape_add(tape, "TIMCommCallback", 2, 19, 21, 190, 210);
    event->cause = 1;
    event = tape_add(tape, "TIMCommCallback", 2, 22, 23, 220, 230);
    event->cause = 1;
    tape_add(tape, "TIMUninit", 1, 24, 25, 240, 250); /* in an exit handler */
    assert_int_equal(make(tape, plain), 0);
    score = file.score;
    assert_int_equal(score_event(score, 1)->flags, SCORE_IGNORED);
    assert_true(score_event(score, 2)->flags & SCORE_IGNORED);
    assert_true(score_event(score, 3)->flags & SCORE_IGNORED);
    assert_false(score_event(score, 4)->flags & SCORE_IGNORED);
    assert_int_equal(score_edge(score, score_event(score, 4)->enter)->counted, 1);
    assert_int_equal(score_edge(score, score_event(score, 4)->leave)->counted, 0);
    assert_int_equal(score_event(score, 5)->flags, SCORE_CALLBACK | SCORE_IGNORED | SCORE_AFTER_EXIT);
    assert_int_equal(score_event(score, 6)->flags, SCORE_IGNORED | SCORE_AFTER_EXIT);
    assert_int_equal(score_event(score, 0)->next, 6); /* listed, to be answered */
    assert_int_equal(score_process(score, 0)->exit_edge, 9);
    assert_string_equal((const char *)score + score->sdk_version, "6.6.1");
    score_destroy(&file);
}

static void
sanitized(void **state)
{
    struct tape_reader *tape = tape_new(1);
    struct tape_event *event;
    const struct score *score;

    (void)state;
    /* A callback that a signal handler brought inside another callback gets a thread of its own. */
    tape_add(tape, "TIMConvGetConvList", 1, 1, 2, 0, 10);
    event = tape_add(tape, "TIMCommCallback", 1, 3, 6, 30, 60);
    event->cause = 1;
    event = tape_add(tape, "TIMCommCallback", 1, 4, 5, 40, 50);
    event->cause = 1;
    event->parent = 3;
    /* Left by longjmp: its call has returned, it has not. */
    tape_add(tape, "TIMSetConfig", 1, 7, 10, 70, 100);
    event = tape_add(tape, "TIMCommCallback", 1, 8, 0, 80, 0);
    event->parent = event->cause = 7;
    /* In flight at the end. */
    tape_add(tape, "TIMLogin", 1, 11, 0, 110, 0);
    /* Cut off at the front: unknown cause before the first event is no error. */
    assert_int_equal(make(tape, plain), 0);
    score = file.score;
    assert_int_equal(score->threads, 2);
    assert_int_equal(score_thread(score, 1)->flags, SCORE_EXTRA | SCORE_BACKS);
    assert_int_equal(score_event(score, 2)->thread, 1);
    assert_int_equal(score_event(score, 2)->parent, SCORE_NONE);
    assert_int_equal(score_event(score, 1)->child, SCORE_NONE);
    assert_true(score_event(score, 4)->flags & SCORE_LOST_LEAVE);
    assert_true(score_event(score, 5)->flags & SCORE_IN_FLIGHT);
    score_destroy(&file);
}

/* A signal handler came when a call had its number but was not yet known to be open. */
static void
interrupted(void **state)
{
    struct tape_reader *tape = tape_new(1);

    (void)state;
    tape_add(tape, "TIMSetConfig", 1, 1, 6, 0, 9);
    tape_add(tape, "TIMCommCallback", 1, 2, 5, 1, 8)->parent = 1;
    tape_add(tape, "TIMInit", 1, 3, 4, 2, 3);
    assert_int_equal(make(tape, plain), 0);
    assert_int_equal(score_event(file.score, 2)->parent, 1);
    score_destroy(&file);
}

static void
hostile(void **state)
{
    struct tape_reader *tape;
    struct tape_event *event;
    char long_text[200];

    (void)state;
    tape = tape_new(1);
    tape_add(tape, "TIMInit", 1, 5, 6, 0, 1);
    tape_add(tape, "TIMInit", 1, 5, 7, 0, 1);
    refused(tape, "out of order");

    tape = tape_new(1);
    tape_add(tape, "TIMInit", 1, 5, 4, 0, 1);
    refused(tape, "ends before it begins");

    tape = tape_new(1);
    tape_add(tape, "TIMInit", 1, 1, 3, 0, 1)->took_ns = -5;
    refused(tape, "ends before it begins");

    tape = tape_new(1);
    event = tape_add(tape, "TIMInit", 1, 1, 3, 0, 1);
    event->at_ns = INT64_MAX - 1;
    event->took_ns = INT64_MAX;
    refused(tape, "ends before it begins");

    tape = tape_new(1);
    tape_add(tape, "TIMInit", 9, 1, 2, 0, 1);
    refused(tape, "thread 9");

    tape = tape_new(2);
    tape->threads[1].thread = 1;
    refused(tape, "twice");

    tape = tape_new(2);
    tape_add(tape, "TIMInit", 1, 1, 3, 0, 1);
    tape_add(tape, "TIMInit", 2, 2, 3, 0, 1);
    refused(tape, "two edges with number 3");

    /* A parent on another thread, one that is not open, one that does not exist, itself. */
    tape = tape_new(2);
    tape_add(tape, "TIMSetConfig", 1, 1, 4, 0, 9);
    tape_add(tape, "TIMCommCallback", 2, 2, 3, 1, 2)->parent = 1;
    refused(tape, "was not open on its thread");
    tape = tape_new(1);
    tape_add(tape, "TIMSetConfig", 1, 1, 2, 0, 9);
    tape_add(tape, "TIMCommCallback", 1, 3, 4, 1, 2)->parent = 1;
    refused(tape, "was not open on its thread");
    tape = tape_new(1);
    tape_add(tape, "TIMSetConfig", 1, 1, 2, 0, 9);
    tape_add(tape, "TIMCommCallback", 1, 4, 5, 1, 2)->parent = 3;
    refused(tape, "which the tape does not have");
    tape = tape_new(1);
    tape_add(tape, "TIMSetConfig", 1, 1, 2, 0, 9)->parent = 1;
    refused(tape, "was not open on its thread");

    /* Edges that overlap on one thread. */
    tape = tape_new(1);
    tape_add(tape, "TIMInit", 1, 1, 3, 0, 9);
    tape_add(tape, "TIMInit", 1, 2, 4, 1, 10);
    refused(tape, "overlap");
    tape = tape_new(1);
    tape_add(tape, "TIMSetConfig", 1, 1, 3, 0, 9);
    tape_add(tape, "TIMCommCallback", 1, 2, 4, 1, 10)->parent = 1;
    refused(tape, "overlap");

    /* Causes: a callback, a later call, itself, one of another type, a second callback that there is not. */
    tape = tape_new(2);
    tape_add(tape, "TIMConvGetConvList", 1, 1, 2, 0, 9);
    tape_add(tape, "TIMCommCallback", 2, 3, 4, 10, 11)->cause = 1;
    tape_add(tape, "TIMCommCallback", 2, 5, 6, 20, 21)->cause = 3;
    refused(tape, "no earlier call");
    tape = tape_new(2);
    tape_add(tape, "TIMCommCallback", 2, 1, 2, 0, 1)->cause = 3;
    tape_add(tape, "TIMConvGetConvList", 1, 3, 4, 5, 9);
    refused(tape, "no earlier call");
    tape = tape_new(2);
    tape_add(tape, "TIMAddRecvNewMsgCallback", 1, 1, 2, 0, 1);
    tape_add(tape, "TIMCommCallback", 2, 3, 4, 5, 9)->cause = 1;
    refused(tape, "cannot come from its cause");
    tape = tape_new(2);
    tape_add(tape, "TIMConvGetConvList", 1, 1, 2, 0, 1);
    event = tape_add(tape, "TIMCommCallback", 2, 3, 4, 5, 9);
    event->cause = 1;
    event->via = 1;
    refused(tape, "cannot come from its cause");
    tape = tape_new(2);
    tape_add(tape, "TIMUninit", 1, 1, 2, 0, 1);
    tape_add(tape, "TIMCommCallback", 2, 3, 4, 5, 9)->cause = 1;
    refused(tape, "cannot come from its cause");

    /* Arguments. */
    tape = tape_new(1);
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 1)->nargs = 1;
    refused(tape, "does not fit its signature");
    tape = tape_new(1);
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 1)->args[0].type = TAPE_TEXT;
    refused(tape, "sdk_app_id");
    tape = tape_new(1);
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 1)->args[1].type = TAPE_INT;
    refused(tape, "does not fit its type");
    tape = tape_new(1);
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 1)->result = (struct tape_value){.type = TAPE_INT, .i = 1ll << 40};
    refused(tape, "result");
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    tape = tape_new(1);
    tape_text(tape_add(tape, "TIMGetLoginUserID", 1, 1, 2, 0, 1), 0, long_text);
    refused(tape, "buffer");
}

static void
no_room(void **state)
{
    struct score_options options = {.speed = 1, .directory = "/nonexistent"};
    struct tape_reader *tape = tape_new(1);

    (void)state;
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 1);
    assert_int_equal(make(tape, options), -1);
    assert_int_equal(fault.kind, FAULT_CANNOT_RUN);
    assert_non_null(strstr(fault.text, "/nonexistent"));
}

/* An empty tape is a score without edges. */
static void
empty(void **state)
{
    (void)state;
    assert_int_equal(make(tape_new(0), plain), 0);
    assert_int_equal(file.score->edges, 0);
    assert_int_equal(atomic_load(&score_live(file.score)->cursor), 0);
    score_destroy(&file);
}

static void
skipping(void **state)
{
    struct tape_reader *tape = tape_new(2);
    struct tape_event *event;

    (void)state;
    tape_add(tape, "TIMConvGetConvList", 1, 1, 2, 0, 1);
    event = tape_add(tape, "TIMCommCallback", 2, 3, 8, 3, 8);
    event->cause = 1;
    event = tape_add(tape, "TIMSetConfig", 2, 4, 7, 4, 7);
    event->parent = 3;
    event = tape_add(tape, "TIMCommCallback", 2, 5, 6, 5, 6);
    event->parent = event->cause = 4;
    tape_add(tape, "TIMUninit", 1, 9, 10, 9, 10);
    assert_int_equal(make(tape, plain), 0);
    assert_true(score_skip(file.score, 1));
    assert_false(score_skip(file.score, 1));
    assert_int_equal(atomic_load(&score_event_live(file.score, 3)->state), SCORE_SKIPPED);
    assert_int_equal(atomic_load(&score_live(file.score)->cursor), 0);
    assert_true(score_skip(file.score, 0));
    assert_int_equal(atomic_load(&score_live(file.score)->cursor), 8);
    score_skip_process(file.score, 0);
    assert_int_equal(atomic_load(&score_live(file.score)->cursor), 10);
    score_destroy(&file);
}

static uint32_t
dice(uint32_t *seed, uint32_t sides)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 12) % sides;
}

/* Whatever was accepted: lists go forward, indexes are in range, and all edges can be got through. */
static void
check_sane(const struct score *score)
{
    uint32_t i;

    for (i = 0; i < score->events; i++) {
        const struct score_event *event = score_event(score, i);

        assert_true(event->thread < score->threads);
        assert_true(event->enter < score->edges);
        assert_true(event->leave == SCORE_NONE ||
                    (event->leave < score->edges && event->leave > event->enter));
        assert_true(event->parent == SCORE_NONE || event->parent < i);
        assert_true(event->cause == SCORE_NONE || event->cause < i);
        assert_true(event->child == SCORE_NONE || event->child > i);
        assert_true(event->next == SCORE_NONE || (event->next > i && event->next < score->events));
        if (event->child != SCORE_NONE)
            assert_int_equal(score_event(score, event->child)->parent, i);
        if (event->next != SCORE_NONE)
            assert_int_equal(score_event(score, event->next)->parent, event->parent);
        if ((event->flags & (SCORE_CALLBACK | SCORE_IGNORED)) == SCORE_CALLBACK &&
            event->parent != SCORE_NONE)
            assert_int_equal(score_event(score, event->parent)->flags & SCORE_CALLBACK, 0);
    }
    for (i = 0; i < score->threads; i++)
        assert_true(score_thread(score, i)->process < score->processes);
    for (i = 0; i < score->edges; i++)
        assert_true(i == 0 || score_edge(score, i)->at_ns >= score_edge(score, i - 1)->at_ns);
    for (i = 0; i < score->events; i++)
        score_skip(file.score, i);
    assert_int_equal(atomic_load(&score_live(score)->cursor), score->edges);
}

static void
random_tapes(void **state)
{
    static const char *const names[] = {
        "TIMInit",  "TIMSetConfig",    "TIMConvGetConvList",       "TIMCommCallback",
        "TIMLogin", "TIMCommCallback", "TIMAddRecvNewMsgCallback", "TIMCommCallback"};
    unsigned round, accepted = 0;
    uint32_t seed = 7;

    (void)state;
    for (round = 0; round < 20000; round++) {
        struct tape_reader *tape = tape_new(2);
        unsigned events = 1 + dice(&seed, 9), i;
        uint64_t seq = 0;

        if (dice(&seed, 4) == 0) {
            tape->processes[0] = (struct tape_process){.pid = 100, .exit_seq = dice(&seed, 20)};
            tape->nprocesses = 1;
        }
        for (i = 0; i < events; i++) {
            struct tape_event *event;
            uint64_t end;

            seq += 1 + dice(&seed, 3);
            end = dice(&seed, 4) == 0 ? 0 : seq + dice(&seed, 12);
            event = tape_add(tape, names[dice(&seed, 8)], 1 + dice(&seed, 2), seq, end,
                             (int64_t)dice(&seed, 100), 100 + (int64_t)dice(&seed, 100));
            event->parent = dice(&seed, 2) == 0 ? 0 : dice(&seed, (uint32_t)seq + 1);
            event->cause = !event->is_callback || dice(&seed, 3) == 0 ? 0 : dice(&seed, (uint32_t)seq + 1);
            event->via = dice(&seed, 8) == 0;
        }
        if (make(tape, plain) == 0) {
            accepted++;
            check_sane(file.score);
            score_destroy(&file);
        } else {
            assert_int_equal(fault.kind, FAULT_DATA);
        }
    }
    assert_true(accepted > 500);
    print_message("%u of %u random tapes were playable\n", accepted, round);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_lists),
        cmocka_unit_test(times),
        cmocka_unit_test(what_does_not_count),
        cmocka_unit_test(sanitized),
        cmocka_unit_test(interrupted),
        cmocka_unit_test(hostile),
        cmocka_unit_test(no_room),
        cmocka_unit_test(empty),
        cmocka_unit_test(random_tapes),
        cmocka_unit_test(skipping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
