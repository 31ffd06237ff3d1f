// SPDX-License-Identifier: MIT
/*
 * Moving the cursor of a score: shared by the stand-in (inside the app) and by those who steer it
 * from outside. Lock-free; whoever finds the cursor on an edge that has happened moves it on,
 * so a process that dies between the two steps holds nobody up.
 */
#ifndef REPLAY_SCORE_EDGE_H
#define REPLAY_SCORE_EDGE_H

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "replay/score/score.h"

static inline uint64_t
score_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Sleeps while *word is `value`, until `deadline` (CLOCK_MONOTONIC ns). Several processes may share the word.
 */
static inline void
score_futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t deadline)
{
    struct timespec ts = {.tv_sec = (time_t)(deadline / 1000000000u),
                          .tv_nsec = (long)(deadline % 1000000000u)};

    syscall(SYS_futex, word, FUTEX_WAIT_BITSET, value, &ts, NULL, FUTEX_BITSET_MATCH_ANY);
}

static inline void
score_futex_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Wakes who sleeps on an edge's word in one of these ways. The sleeper sets its mark before it looks at the
 * cursor, and we moved the cursor before we look at the mark: one of the two sees the other. */
static inline void
score_edge_wake(const struct score *score, uint32_t edge, uint32_t ways)
{
    _Atomic uint32_t *word = score_edge_live(score, edge);

    if ((atomic_load(word) & ways) != 0) {
        atomic_fetch_and(word, ~ways);
        score_futex_wake(word);
    }
}

/* Moves the cursor over everything that has happened and wakes the edge it comes to stand on. */
static inline void
score_advance(const struct score *score, uint64_t now)
{
    struct score_live *live = score_live(score);
    uint32_t at = atomic_load(&live->cursor);
    bool moved = false;

    while (at < score->edges && (atomic_load(score_edge_live(score, at)) & SCORE_EDGE_DONE) != 0) {
        if (atomic_compare_exchange_weak(&live->cursor, &at, at + 1)) {
            score_edge_wake(score, at, SCORE_EDGE_SLEEPER | SCORE_EDGE_TIMER);
            at++;
            moved = true;
        }
    }
    if (moved) {
        atomic_store_explicit(&live->progress_ns, now, memory_order_relaxed);
        if (at < score->edges)
            score_edge_wake(score, at, SCORE_EDGE_SLEEPER);
    }
}

/* This edge has happened. */
static inline void
score_pass(const struct score *score, uint32_t edge, uint64_t now)
{
    atomic_fetch_or(score_edge_live(score, edge), SCORE_EDGE_DONE);
    score_advance(score, now);
}

/*
 * Takes an event that is still free out of the play, with all nested in it; its edges are done. The caller
 * advances. False if it was taken already. Nesting alternates call and callback and is as deep
 * as the app's stack was, so a walk without recursion: down by child, on by next, up by parent.
 */
static inline bool
score_take_out(const struct score *score, uint32_t event, enum score_event_state state)
{
    uint32_t at = event;
    bool taken = false;

    for (;;) {
        const struct score_event *e = score_event(score, at);
        uint32_t free_state = SCORE_FREE;
        bool mine =
            atomic_compare_exchange_strong(&score_event_live(score, at)->state, &free_state, (uint32_t)state);

        if (at == event)
            taken = mine;
        if (mine) {
            atomic_fetch_or(score_edge_live(score, e->enter), SCORE_EDGE_DONE);
            if (e->leave != SCORE_NONE)
                atomic_fetch_or(score_edge_live(score, e->leave), SCORE_EDGE_DONE);
            if (e->child != SCORE_NONE) {
                at = e->child;
                continue;
            }
        }
        while (at != event && score_event(score, at)->next == SCORE_NONE)
            at = score_event(score, at)->parent;
        if (at == event)
            return taken;
        at = score_event(score, at)->next;
    }
}

#endif
