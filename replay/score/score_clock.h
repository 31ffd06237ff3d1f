// SPDX-License-Identifier: MIT
/*
 * The clock of a replay in virtual time (--time virtual): a part of the score's read-write memory that
 * replay/clock (inside the app, for its own waits), the stand-in (for the SDK's) and replay/run/virtual.c
 * (outside, which alone moves the time) share. A score without it (clock_at is 0) is played in real time.
 *
 * `now` stands still while any thread of the app runs. A thread that waits for a moment takes a slot of the
 * table first; when all threads sleep, the time moves to the earliest deadline and its waiter is woken.
 */
#ifndef REPLAY_SCORE_CLOCK_H
#define REPLAY_SCORE_CLOCK_H

#include <time.h>

#include "replay/score/score_edge.h"

#define SCORE_WAITERS 1024u
/* The last argument of a FUTEX_WAIT, which has no meaning there: this wait counts real time. */
#define SCORE_REAL_WAIT 0x54494d45L
#define SCORE_NEVER UINT64_MAX
#define SCORE_SLACK_NS 50000u /* timer slack of a thread that did not choose another (prctl(2)) */
#define SCORE_WAKE_NS 5000u   /* wake-up, where the tape does not say how it was */
#define SCORE_WAKE_MOST_NS 100000000u
#define SCORE_NAP_NS 1000000000u /* longest sleep of a waiter that will be woken: should that ever fail */

enum score_wait_kind {
    SCORE_WAIT_WORD,   /* sleeps on a futex in the score: woken from outside */
    SCORE_WAIT_POKE,   /* sleeps in its own process's memory or descriptors: that process's poker wakes it */
    SCORE_WAIT_SLICE,  /* cannot be woken: looks at the clock every few ms of real time */
    SCORE_WAIT_TIMER,  /* nobody sleeps: a timerfd, which the poker makes readable */
    SCORE_WAIT_SIGNAL, /* nobody sleeps: alarm() or setitimer(), SIGALRM comes from outside */
};

enum score_wait_due {
    SCORE_DUE_NO,
    SCORE_DUE_YES,   /* its time has come: set from outside */
    SCORE_DUE_TAKEN, /* ... and the poker is at it: what `target` means must stay */
    SCORE_DUE_LEFT,  /* the wait is over, or was never to be poked (any more) */
};

struct score_waiter {
    alignas(64) _Atomic uint64_t ticket; /* 0 free, SCORE_TICKET_FILLING, else never used twice */
    _Atomic uint64_t owner;              /* live pid << 32 | tid; timers: tid 0 */
    _Atomic uint64_t deadline;           /* virtual ns, SCORE_NEVER: only marks the thread as waiting */
    _Atomic uint64_t interval;           /* timers: ns, 0 once */
    _Atomic uint64_t word_at;            /* WORD: offset of the futex from the score's beginning */
    _Atomic uint64_t target;             /* POKE, TIMER: means something in its own process only */
    _Atomic uint32_t kind;
    _Atomic uint32_t due; /* also the futex of sleepers that have none of their own */
};
#define SCORE_TICKET_FILLING 1u

enum score_clock_refusal { SCORE_REFUSE_NOTHING, SCORE_REFUSE_TIMER, SCORE_REFUSE_WAITERS };

struct score_clock {
    _Atomic uint64_t now;    /* virtual CLOCK_MONOTONIC, ns */
    _Atomic int64_t wall_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
    _Atomic int64_t boot_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
    uint64_t wake_ns;        /* what a wake-up costs until the thread runs, in addition to the timer slack */
    alignas(SCORE_LINE) _Atomic uint64_t reads; /* how often the app looked at a clock */
    alignas(SCORE_LINE) _Atomic uint64_t tickets;
    _Atomic uint64_t left;        /* how many waits ended: counted before the slot is free */
    _Atomic uint32_t bell;        /* futex: +1 when a thread is about to wait */
    _Atomic uint32_t listening;   /* 1: the outside sleeps on it */
    _Atomic uint32_t poke;        /* futex: +1 when pokers have something to do */
    _Atomic uint32_t used;        /* waiters below this index were ever used */
    _Atomic uint32_t refused;     /* enum score_clock_refusal: what the app asked for cannot be carried */
    _Atomic uint64_t refused_for; /* live pid << 32 | tid */
    struct score_waiter waiters[SCORE_WAITERS];
};

static inline struct score_clock *
score_clock(const struct score *score)
{
    return score->clock_at == 0 ? NULL : (struct score_clock *)((uintptr_t)score + score->clock_at);
}

/* CLOCK_MONOTONIC ns of the machine, also where the app's clocks are virtual. */
static inline uint64_t
score_real_now(void)
{
    struct timespec ts;

    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* A wait in the table; lives on the waiter's stack. */
struct score_wait {
    struct score_waiter *slot; /* NULL: the table was full, it is not to be seen */
    uint64_t ticket;
};

static inline void
score_wait_ring(struct score_clock *clock)
{
    atomic_fetch_add(&clock->bell, 1);
    if (atomic_load(&clock->listening) != 0)
        score_futex_wake(&clock->bell);
}

/* Takes a slot. `word`: what a WORD waiter sleeps on, NULL: the slot's own `due`. */
static inline struct score_wait
score_wait_enter(const struct score *score, uint64_t owner, enum score_wait_kind kind, uint64_t deadline,
                 uint64_t target, const void *word)
{
    struct score_clock *clock = score_clock(score);
    uint32_t start = (uint32_t)(owner ^ owner >> 7) % 61, tries;

    for (tries = 0; tries < SCORE_WAITERS; tries++) {
        uint32_t index = (start + tries) % SCORE_WAITERS, used = atomic_load(&clock->used);
        struct score_waiter *slot = &clock->waiters[index];
        uint64_t free_ticket = 0, ticket;

        if (!atomic_compare_exchange_strong(&slot->ticket, &free_ticket, SCORE_TICKET_FILLING))
            continue;
        while (used <= index && !atomic_compare_exchange_weak(&clock->used, &used, index + 1))
            ;
        ticket = atomic_fetch_add(&clock->tickets, 1) + SCORE_TICKET_FILLING + 1;
        atomic_store(&slot->owner, owner);
        atomic_store(&slot->deadline, deadline);
        atomic_store(&slot->interval, 0);
        atomic_store(&slot->target, target);
        atomic_store(&slot->word_at,
                     (uint64_t)((uintptr_t)(word == NULL ? &slot->due : word) - (uintptr_t)score));
        atomic_store(&slot->kind, (uint32_t)kind);
        atomic_store(&slot->due, SCORE_DUE_NO);
        atomic_store(&slot->ticket, ticket);
        score_wait_ring(clock);
        return (struct score_wait){.slot = slot, .ticket = ticket};
    }
    atomic_store(&clock->refused_for, owner);
    atomic_store(&clock->refused, SCORE_REFUSE_WAITERS);
    return (struct score_wait){.slot = NULL};
}

/* Gives the slot back; afterwards nobody pokes what it meant. */
static inline void
score_wait_leave(const struct score *score, struct score_wait *wait)
{
    struct score_waiter *slot = wait->slot;
    uint32_t due;

    wait->slot = NULL;
    if (slot == NULL || atomic_load(&slot->ticket) != wait->ticket)
        return;
    due = atomic_load(&slot->due);
    while (due != SCORE_DUE_LEFT) {
        if (due == SCORE_DUE_TAKEN) { /* for a few microseconds */
            syscall(SYS_sched_yield);
            due = atomic_load(&slot->due);
        } else if (atomic_compare_exchange_weak(&slot->due, &due, SCORE_DUE_LEFT)) {
            break;
        }
    }
    atomic_fetch_add(&score_clock(score)->left, 1);
    atomic_compare_exchange_strong(&slot->ticket, &wait->ticket, 0);
}

#endif
