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

/* This edge has happened, or will not: wakes whoever needs to know that. The caller advances. */
static inline void
score_done(const struct score *score, uint32_t edge)
{
    _Atomic uint32_t *word = score_edge_live(score, edge);

    if ((atomic_fetch_or(word, SCORE_EDGE_DONE) & SCORE_EDGE_WAITED) != 0)
        score_futex_wake(word);
}

/* This edge has happened. */
static inline void
score_pass(const struct score *score, uint32_t edge, uint64_t now)
{
    score_done(score, edge);
    if (!score_is_strict(score))
        atomic_store_explicit(&score_live(score)->progress_ns, now, memory_order_relaxed);
    score_advance(score, now);
}

/*
 * When an edge is due, CLOCK_MONOTONIC ns: on one timeline for all, or (causal) as long as recorded after the
 * last of what must precede it. Not at --speed max.
 */
static inline int64_t
score_when(const struct score *score, uint32_t index)
{
    struct score_live *live = score_live(score);
    int64_t slip = atomic_load_explicit(&live->slip, memory_order_relaxed), last = 0;
    const struct score_edge *edge = score_edge(score, index);

    if (score->patience_ns == 0) {
        uint32_t count, i;
        const struct score_before *before = score_before(score, index, &count);

        for (i = 0; i < count; i++) {
            int64_t at = before[i].timed ? atomic_load(score_time(score, before[i].edge)) : 0;

            if (at != 0 && at + edge->at_ns - score_edge(score, before[i].edge)->at_ns > last)
                last = at + edge->at_ns - score_edge(score, before[i].edge)->at_ns;
        }
    }
    if (last == 0)
        last = (int64_t)atomic_load_explicit(&live->start_ns, memory_order_relaxed) + edge->at_ns;
    return last + slip;
}

/* Nothing waits any more for an event and what is nested in it, but it may still come: it stays free. The
 * caller advances. */
static inline void
score_let_go(const struct score *score, uint32_t event)
{
    uint32_t at = event;

    for (;;) {
        const struct score_event *e = score_event(score, at);

        score_done(score, e->enter);
        if (e->leave != SCORE_NONE)
            score_done(score, e->leave);
        if (e->child != SCORE_NONE) {
            at = e->child;
            continue;
        }
        while (at != event && score_event(score, at)->next == SCORE_NONE)
            at = score_event(score, at)->parent;
        if (at == event)
            return;
        at = score_event(score, at)->next;
    }
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
            score_done(score, e->enter);
            if (e->leave != SCORE_NONE)
                score_done(score, e->leave);
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
