// SPDX-License-Identifier: MIT
/*
 * The poker: one thread for each process of the app, which wakes waiters that only their own process can
 * reach (conditions, eventfds) and makes timerfds readable. It sleeps without a timeout until the outside,
 * which moves the time, rings for it. It starts with the first such wait of its process.
 */
#include <errno.h>
#include <limits.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "replay/clock/inside.h"

#define STACK_BYTES 65536u

static _Atomic uint64_t poker_pid; /* process that has a poker; a forked child has not */

static void
poke(uint64_t target)
{
    uint64_t one = 1;

    if ((target & 2) != 0 && (target & 1) == 0) {
        uintptr_t word = (uintptr_t)(target & ~(uint64_t)3);

        clock_real.syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
        clock_real.syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
        return;
    }
    if ((target & 1) == 0) {
        pthread_cond_broadcast((pthread_cond_t *)(uintptr_t)target);
        return;
    }
    /* The eventfd belongs to the wait, which cannot end before we are through. */
    while (write((int)(target >> 1), &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/* Makes it readable; false: it is no longer the app's timer. */
static bool
expire(struct score_waiter *slot)
{
    uint64_t target = atomic_load(&slot->target), deadline = atomic_load(&slot->deadline),
             interval = atomic_load(&slot->interval), now = clock_now(), times = 1;

    if (timer_identity(TIMER_FD(target)) != TIMER_WHAT(target))
        return false;
    if (interval != 0 && now > deadline)
        times += (now - deadline) / interval;
    if (write(TIMER_FD(target), &times, sizeof times) < 0 && errno == EBADF)
        return false;
    atomic_store(&slot->deadline, interval == 0 ? SCORE_NEVER : deadline + times * interval);
    return true;
}

static void
look(struct score_waiter *slot)
{
    uint64_t ticket = atomic_load(&slot->ticket);
    uint32_t due = SCORE_DUE_YES;

    if (ticket <= SCORE_TICKET_FILLING || atomic_load(&slot->owner) >> 32 != atomic_load(&poker_pid) ||
        atomic_load(&slot->due) != SCORE_DUE_YES)
        return;
    switch (atomic_load(&slot->kind)) {
    case SCORE_WAIT_POKE:
        if (atomic_compare_exchange_strong(&slot->due, &due, SCORE_DUE_TAKEN)) {
            poke(atomic_load(&slot->target));
            atomic_store(&slot->due, SCORE_DUE_LEFT);
        }
        break;
    case SCORE_WAIT_TIMER:
        if (atomic_compare_exchange_strong(&slot->due, &due, SCORE_DUE_TAKEN)) {
            if (!expire(slot))
                atomic_compare_exchange_strong(&slot->ticket, &ticket, 0);
            atomic_store(&slot->due, SCORE_DUE_NO);
        }
        break;
    default:
        break;
    }
}

static void *
poker_main(void *nothing)
{
    (void)nothing;
    prctl(PR_SET_NAME, "timtape-clock");
    for (;;) {
        uint32_t rung = atomic_load(&clock_state->poke), used = atomic_load(&clock_state->used), i;

        for (i = 0; i < used; i++)
            look(&clock_state->waiters[i]);
        syscall(SYS_futex, &clock_state->poke, FUTEX_WAIT, rung, NULL, NULL, 0);
    }
    return NULL;
}

bool
poker_start(void)
{
    uint64_t pid = (uint64_t)(uint32_t)syscall(SYS_getpid), before = atomic_load(&poker_pid);
    pthread_attr_t attributes;
    sigset_t all, old;
    pthread_t thread;
    bool started;

    if (before == pid)
        return true;
    if (!atomic_compare_exchange_strong(&poker_pid, &before, pid))
        return before == pid;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES > PTHREAD_STACK_MIN ? STACK_BYTES : PTHREAD_STACK_MIN);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    started = pthread_create(&thread, &attributes, poker_main, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    if (!started)
        atomic_store(&poker_pid, 0);
    return started;
}
