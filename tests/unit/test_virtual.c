// SPDX-License-Identifier: MIT
/* Virtual time, the parts that can be had alone: the table of waiters, and whether an app is asleep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "replay/run/quiet.h"
#include "replay/score/score_clock.h"

/* ---- what ends after a time ---- */

static const char *
timed(long number, unsigned long long a, unsigned long long b, unsigned long long c, unsigned long long d,
      unsigned long long e)
{
    char line[256];

    snprintf(line, sizeof line, "%ld 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx 0x0 0x7ffd00 0x7f00", number, a, b, c,
             d, e);
    return quiet_timed(line);
}

static void
timed_calls(void **state)
{
    (void)state;
    assert_string_equal(timed(SYS_futex, 0x1000, FUTEX_WAIT, 0, 0x2000, 0), "futex");
    assert_string_equal(
        timed(SYS_futex, 0x1000, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, 0, 0x2000, 0),
        "futex");
    assert_null(timed(SYS_futex, 0x1000, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, 0, 0));
    assert_null(timed(SYS_futex, 0x1000, FUTEX_WAKE, 1, 0x2000, 0));
    assert_string_equal(timed(SYS_clock_nanosleep, 1, 0, 0x1000, 0, 0), "clock_nanosleep");
    assert_string_equal(timed(SYS_ppoll, 0x1000, 1, 0x2000, 0, 0), "ppoll");
    assert_null(timed(SYS_ppoll, 0x1000, 1, 0, 0, 0));
    assert_string_equal(timed(SYS_epoll_pwait, 3, 0x1000, 1, 500, 0), "epoll_pwait");
    assert_null(timed(SYS_epoll_pwait, 3, 0x1000, 1, 0xffffffff, 0)); /* -1: for ever */
    assert_string_equal(timed(SYS_pselect6, 1, 0, 0, 0, 0x1000), "pselect");
    assert_null(timed(SYS_read, 0, 0x1000, 1, 0, 0));
    assert_null(timed(SYS_wait4, 0, 0x1000, 1, 0, 0));
    assert_null(quiet_timed("running"));
    assert_null(quiet_timed("-1 0x0 0x0"));
    assert_null(quiet_timed(""));
}

/* ---- the table ---- */

static struct {
    struct score score;
    struct score_clock clock;
} memory;

static void
begin(void)
{
    memset(&memory, 0, sizeof memory);
    memory.score.clock_at = offsetof(__typeof__(memory), clock);
    memory.score.bytes = sizeof memory;
}

static void
slots(void **state)
{
    struct score_wait one, two;
    uint32_t bell;

    (void)state;
    begin();
    assert_ptr_equal(score_clock(&memory.score), &memory.clock);
    bell = memory.clock.bell;
    one = score_wait_enter(&memory.score, 7, SCORE_WAIT_WORD, 100, 0, NULL);
    two = score_wait_enter(&memory.score, 7, SCORE_WAIT_POKE, 50, 42, &memory.clock.poke);
    assert_int_equal(memory.clock.bell, bell + 2);
    assert_ptr_not_equal(one.slot, two.slot);
    assert_true(one.ticket < two.ticket && one.ticket > SCORE_TICKET_FILLING);
    assert_int_equal(one.slot->word_at, (uintptr_t)&one.slot->due - (uintptr_t)&memory);
    assert_int_equal(two.slot->word_at, (uintptr_t)&memory.clock.poke - (uintptr_t)&memory);
    assert_int_equal(two.slot->target, 42);
    assert_true(memory.clock.used > (uint32_t)(two.slot - memory.clock.waiters));

    /* Woken, then left; a slot that is somebody else's by now is left alone. */
    one.slot->due = SCORE_DUE_YES;
    struct score_wait again = one;
    struct score_waiter *slot = one.slot;
    score_wait_leave(&memory.score, &one);
    assert_null(one.slot);
    assert_int_equal(slot->ticket, 0);
    struct score_wait three = score_wait_enter(&memory.score, 7, SCORE_WAIT_WORD, 100, 0, NULL);
    assert_ptr_equal(three.slot, slot);
    score_wait_leave(&memory.score, &again);
    assert_int_equal(slot->ticket, three.ticket);
    score_wait_leave(&memory.score, &three);
    score_wait_leave(&memory.score, &three);
    score_wait_leave(&memory.score, &two);
}

static void
full_table(void **state)
{
    struct score_wait wait = {NULL, 0};

    (void)state;
    begin();
    for (uint32_t i = 0; i < SCORE_WAITERS; i++) {
        wait = score_wait_enter(&memory.score, i, SCORE_WAIT_WORD, 100, 0, NULL);
        assert_non_null(wait.slot);
    }
    assert_int_equal(memory.clock.refused, SCORE_REFUSE_NOTHING);
    struct score_wait more = score_wait_enter(&memory.score, 9, SCORE_WAIT_WORD, 100, 0, NULL);
    assert_null(more.slot);
    score_wait_leave(&memory.score, &more);
    assert_int_equal(memory.clock.refused, SCORE_REFUSE_WAITERS);
    assert_int_equal(memory.clock.refused_for, 9);
    score_wait_leave(&memory.score, &wait);
    more = score_wait_enter(&memory.score, 9, SCORE_WAIT_WORD, 100, 0, NULL);
    assert_non_null(more.slot);
}

static void *
leave(void *wait)
{
    score_wait_leave(&memory.score, wait);
    return NULL;
}

/* What is being poked stays until the poker is through. */
static void
taken(void **state)
{
    struct score_wait wait;
    struct score_waiter *slot;
    pthread_t thread;

    (void)state;
    begin();
    wait = score_wait_enter(&memory.score, 7, SCORE_WAIT_POKE, 100, 0, NULL);
    slot = wait.slot;
    slot->due = SCORE_DUE_TAKEN;
    pthread_create(&thread, NULL, leave, &wait);
    usleep(20000);
    assert_int_not_equal(slot->ticket, 0);
    slot->due = SCORE_DUE_LEFT;
    pthread_join(thread, NULL);
    assert_int_equal(slot->ticket, 0);
}

/* ---- asleep or not ---- */

static pid_t
child(void (*does)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        does();
        _exit(0);
    }
    return pid;
}

static void
pauses(void)
{
    pause();
}

static void *
pauses_too(void *nothing)
{
    pause();
    return nothing;
}

static void
pauses_twice(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, pauses_too, NULL);
    pause();
}

static void
sleeps(void)
{
    sleep(1000);
}

static void
spins(void)
{
    for (;;)
        ;
}

static void
spins_below(void)
{
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        spins();
    }
    pause();
}

static bool
known(void *context, uint64_t owner)
{
    (void)owner;
    return *(bool *)context;
}

/* Until it is so, a few seconds at most. */
static bool
becomes(struct quiet *quiet, enum quiet_state wanted, bool all_known, struct quiet_thread *thread)
{
    for (int i = 0; i < 5000; i++) {
        if (quiet_look(quiet, known, &all_known, thread) == wanted)
            return true;
        usleep(1000);
    }
    return false;
}

static void
end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void
asleep(void **state)
{
    struct quiet *quiet = quiet_open();
    struct quiet_thread thread = {0};
    char name[20];
    pid_t one, two;

    (void)state;
    assert_true(becomes(quiet, QUIET_ASLEEP, false, &thread)); /* nobody is there */
    one = child(pauses);
    assert_true(becomes(quiet, QUIET_ASLEEP, false, &thread));
    assert_true(quiet_lives(quiet, (uint64_t)one << 32 | (uint32_t)one));
    assert_true(quiet_lives(quiet, (uint64_t)one << 32));
    assert_false(quiet_lives(quiet, (uint64_t)one << 32 | 1));
    two = child(pauses_twice);
    assert_true(becomes(quiet, QUIET_ASLEEP, false, &thread));
    end(two);

    two = child(sleeps);
    assert_true(becomes(quiet, QUIET_TIMED, false, &thread));
    assert_int_equal(thread.tid, two);
    assert_string_equal(thread.waits_in, "clock_nanosleep");
    quiet_name(&thread, name, sizeof name);
    assert_string_equal(name, "test_virtual");
    assert_true(becomes(quiet, QUIET_ASLEEP, true, &thread));
    kill(two, SIGSTOP); /* not asleep: it may be let go on any time */
    assert_true(becomes(quiet, QUIET_RUNNING, true, &thread));
    kill(two, SIGCONT);
    end(two);
    assert_true(becomes(quiet, QUIET_ASLEEP, false, &thread));
    assert_false(quiet_lives(quiet, (uint64_t)two << 32));

    two = child(spins);
    assert_true(becomes(quiet, QUIET_RUNNING, true, &thread));
    assert_int_equal(thread.pid, two);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(quiet_look(quiet, known, &(bool){true}, &thread), QUIET_RUNNING);
    end(two);
    end(one);
    quiet_close(quiet);
}

static void
grandchild(void **state)
{
    struct quiet *quiet = quiet_open();
    struct quiet_thread thread = {0};
    pid_t one = child(spins_below);

    (void)state;
    assert_true(becomes(quiet, QUIET_RUNNING, true, &thread));
    for (int i = 0; i < 5000 && thread.pid == (uint32_t)one; i++) {
        usleep(1000);
        quiet_look(quiet, known, &(bool){true}, &thread);
    }
    assert_int_not_equal(thread.pid, one);
    kill((pid_t)thread.pid, SIGKILL);
    assert_true(becomes(quiet, QUIET_ASLEEP, true, &thread));
    end(one);
    quiet_close(quiet);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timed_calls), cmocka_unit_test(slots),  cmocka_unit_test(full_table),
        cmocka_unit_test(taken),       cmocka_unit_test(asleep), cmocka_unit_test(grandchild),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
