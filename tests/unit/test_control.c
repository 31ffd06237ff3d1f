// SPDX-License-Identifier: MIT
// link: standin
/* Standing still: where the gate is, and that no time passes at it. The test moves the cursor itself. */
#include "score_fixture.h"

#include "replay/control/control.c"

#define MS 1000000
#define S 1000000000ull

static struct score_file file;
static struct control control;
static uint64_t start; /* recorded time 0 */

/* init (1..2), add a listener (3..4), message callbacks at 10, 20 and 30 ms (5..6, 7..8, 9..10) */
static void
make(double speed, uint32_t until, uint32_t debug, bool step)
{
    struct tape_reader *tape = tape_new(2);
    struct fault fault = {0};
    const struct score_options options = {.speed = speed};

    tape_add(tape, "TIMInit", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMAddRecvNewMsgCallback", 1, 3, 4, 20, 30);
    for (unsigned i = 0; i < 3; i++)
        tape_text(tape_add(tape, "TIMRecvNewMsgCallback", 2, 5 + 2 * i, 6 + 2 * i, 10000 * (i + 1),
                           10000 * (i + 1) + 10),
                  0, "[]");
    if (score_create(&file, tape, &options, &fault) != 0)
        fail_msg("%s", fault.text);
    tape_free(tape);
    score_begin(file.score);
    start = atomic_load(&score_live(file.score)->start_ns);
    control_begin(&control, file.score, until, debug, step);
}

/* Everything before `edge` has happened, at `now`. */
static void
come_to(uint32_t edge, uint64_t now)
{
    for (uint32_t i = 0; i < edge; i++)
        atomic_fetch_or(score_edge_live(file.score, i), SCORE_EDGE_DONE);
    score_advance(file.score, now);
    assert_int_equal(atomic_load(&score_live(file.score)->cursor), edge);
}

static uint32_t
gate(void)
{
    return atomic_load(&score_live(file.score)->gate);
}

static int64_t
slip(void)
{
    return atomic_load(&score_live(file.score)->slip);
}

static void
end(void)
{
    score_destroy(&file);
}

static void
nothing_is_held(void **state)
{
    (void)state;
    make(1, SCORE_NONE, SCORE_NONE, false);
    assert_int_equal(gate(), SCORE_NONE);
    come_to(4, start + 1 * MS);
    assert_int_equal(control_look(&control, start + 60 * S), CONTROL_PLAYS);
    assert_int_equal(slip(), 0);
    end();
}

static void
steps_go_one_by_one(void **state)
{
    (void)state;
    make(1, SCORE_NONE, SCORE_NONE, true);
    assert_int_equal(gate(), 4);
    come_to(4, start + 1 * MS);
    /* Not yet due: nobody is kept waiting, and a key then is for the stop that comes. */
    assert_int_equal(control_look(&control, start + 5 * MS), CONTROL_PLAYS);
    assert_int_equal(control_look(&control, start + 12 * MS), CONTROL_STOPPED);
    control_next(&control, start + 510 * MS);
    assert_int_equal(gate(), 6);
    /* It was due at 10 ms and is due again when the key came. */
    assert_int_equal(slip(), 500 * MS);
    come_to(6, start + 511 * MS);
    assert_int_equal(control_look(&control, start + 515 * MS), CONTROL_PLAYS);
    assert_int_equal(control_look(&control, start + 521 * MS), CONTROL_STOPPED);
    control_next(&control, start + 521 * MS);
    assert_int_equal(gate(), 8);
    come_to(8, start + 522 * MS);
    control_look(&control, start + 1 * S);
    control_next(&control, start + 1 * S);
    assert_int_equal(gate(), SCORE_NONE);
    end();
}

static void
a_pause_takes_no_time(void **state)
{
    (void)state;
    make(1, SCORE_NONE, SCORE_NONE, false);
    come_to(4, start + 1 * MS);
    control_pause(&control, start + 2 * MS);
    assert_int_equal(gate(), 0);
    assert_int_equal(control_look(&control, start + 1 * S), CONTROL_PAUSED);
    control_pause(&control, start + 2 * S + 2 * MS);
    assert_int_equal(gate(), SCORE_NONE);
    assert_int_equal(slip(), 2 * S);
    assert_int_equal(control_look(&control, start + 3 * S), CONTROL_PLAYS);
    /* Paused, then a step: the callback that comes is let go, the one behind it is not. */
    control_pause(&control, start + 3 * S);
    control_next(&control, start + 4 * S);
    assert_int_equal(gate(), 6);
    assert_int_equal(slip(), 3 * S);
    end();
}

static void
what_the_app_was_late_meanwhile_counts_once(void **state)
{
    (void)state;
    make(1, SCORE_NONE, SCORE_NONE, false);
    come_to(4, start + 1 * MS);
    control_pause(&control, start + 2 * MS);
    /* An app edge comes in the pause; the stand-in takes it for late. */
    atomic_store(&score_live(file.score)->slip, 700 * MS);
    control_pause(&control, start + 1 * S + 2 * MS);
    assert_int_equal(slip(), 1 * S);
    /* More than the pause: then it was late. */
    control_pause(&control, start + 2 * S);
    atomic_store(&score_live(file.score)->slip, 5 * S);
    control_pause(&control, start + 3 * S);
    assert_int_equal(slip(), 5 * S);
    end();
}

static void
a_callback_that_does_not_come_is_passed(void **state)
{
    (void)state;
    make(1, SCORE_NONE, SCORE_NONE, true);
    /* Nobody to deliver it to: the cursor goes over it, whatever the gate says. */
    come_to(6, start + 1 * MS);
    assert_int_equal(control_look(&control, start + 2 * MS), CONTROL_PLAYS);
    assert_int_equal(gate(), 6);
    end();
}

static void
the_first_that_wants_it_closed_has_it(void **state)
{
    (void)state;
    make(1, 6, 4, false);
    assert_int_equal(gate(), 4);
    come_to(4, start + 1 * MS);
    control_hold(&control, start + 2 * MS);
    assert_int_equal(gate(), 0);
    assert_int_equal(control_look(&control, start + 1 * S), CONTROL_HELD);
    control_release(&control, start + 1 * S + 2 * MS);
    assert_int_equal(gate(), 6);
    assert_int_equal(slip(), 1 * S);
    /* --until stays, whatever is pressed. */
    come_to(6, start + 2 * S);
    control_next(&control, start + 2 * S);
    assert_int_equal(gate(), 6);
    end();
}

static void
asleep_with_the_app(void **state)
{
    (void)state;
    make(1, SCORE_NONE, SCORE_NONE, false);
    control_slept(&control, 3 * S);
    assert_int_equal(slip(), 3 * S);
    /* In a pause it is a part of the pause. */
    control_pause(&control, start + 1 * MS);
    control_slept(&control, 3 * S);
    assert_int_equal(slip(), 3 * S);
    end();
}

static void
at_full_speed_nothing_is_due(void **state)
{
    (void)state;
    make(0, SCORE_NONE, SCORE_NONE, true);
    assert_int_equal(control_look(&control, start + 1 * MS), CONTROL_PLAYS);
    come_to(4, start + 1 * MS);
    assert_int_equal(control_look(&control, start + 1 * MS), CONTROL_STOPPED);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_held),
        cmocka_unit_test(steps_go_one_by_one),
        cmocka_unit_test(a_pause_takes_no_time),
        cmocka_unit_test(what_the_app_was_late_meanwhile_counts_once),
        cmocka_unit_test(a_callback_that_does_not_come_is_passed),
        cmocka_unit_test(the_first_that_wants_it_closed_has_it),
        cmocka_unit_test(asleep_with_the_app),
        cmocka_unit_test(at_full_speed_nothing_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
