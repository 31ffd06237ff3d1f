// SPDX-License-Identifier: MIT
/*
 * When and in which order the edges of a tape are played: plain data, which the score fills from its
 * draft and reads back, and which a fuzzer can work on without a replay.
 *
 *   causes.c   what must precede what (hard) and what sets whose time (timed)
 *   moves.c    a schedule as a list of moves; from them a new total order and new times
 *   times.c    speed, long gaps, fast-forward
 *   chaos.c    moves from a seed
 *   shrink.c   the fewest moves that still do it
 *
 * Edges and events are numbered as recorded and keep their numbers; a new order is `order`.
 * No function keeps state between calls; two schedules may be worked on by two threads.
 */
#ifndef REPLAY_SCHEDULE_H
#define REPLAY_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

#define SCHEDULE_NONE UINT32_MAX
#define SCHEDULE_NEVER 3000000000000000000 /* ns: a century, with room to add to it */

struct schedule_edge {
    int64_t at_ns;   /* as recorded */
    int64_t play_ns; /* as played; never decreases along `order` */
    uint32_t event;
    uint32_t thread;
    uint32_t gap_ms;  /* pause before it in the order played, at the speed of the recording */
    uint8_t leave;    /* 0 enter, 1 leave */
    uint8_t app;      /* made by the app; else by the SDK, so that we have a say */
    uint8_t counted;  /* 0: nobody waits for it */
    uint8_t callback; /* of a callback */
    uint8_t exited;   /* after its process began to exit */
};

struct schedule_event {
    uint32_t enter, leave; /* edges; SCHEDULE_NONE */
    uint32_t process;
    uint32_t cause; /* callbacks: the call or registration that brought it; SCHEDULE_NONE: unknown */
    uint32_t ends;  /* calls: the registration that has no listener any more when it returns; SCHEDULE_NONE */
    uint32_t after; /* callbacks: 1 + the call that made what it speaks of; 0: none is known */
    bool nested;    /* in another event of its thread */
    bool opens;     /* callbacks after it cannot come before it (init, login) */
    bool closes;    /* callbacks before its return cannot come after it (uninit, logout) */
};

/* One predecessor of an edge. */
struct schedule_before {
    uint32_t edge;
    uint32_t timed; /* 1: the recorded time between the two is kept; 0: only the order */
};

struct schedule {
    struct schedule_edge *edges; /* in recorded order */
    struct schedule_event *events;
    uint32_t nedges, nevents, nthreads, nprocesses;
    uint32_t *order; /* order[i]: the edge that is played i-th */
    uint32_t *first; /* nedges + 1: an edge's predecessors are before[first[e]] to before[first[e + 1]]; NULL:
                        not found yet */
    uint32_t *brought;              /* by event: how many callbacks it caused; with `first` */
    struct schedule_before *before; /* every one stands earlier in recorded order than its edge */
};

/* One change of a schedule: what the SDK makes of an event (a callback, the return of a call) comes that much
 * later than the recorded time after its predecessors; what depends on it follows. */
struct schedule_move {
    uint32_t event;
    int64_t delta_ns;
};

/* Room for so many; the caller fills edges and events. NULL: no memory (fault filled). */
struct schedule *schedule_new(uint32_t nedges, uint32_t nevents, struct fault *fault);
void schedule_free(struct schedule *schedule);

/* Fills `first` and `before`. Order within a thread holds; a callback follows the enter of its cause, of the
 * call that made what it speaks of and of the one that opened the session, and comes before its listener is
 * gone or the session is closed. */
int causes_find(struct schedule *schedule, struct fault *fault);

/* Fills `order` and play_ns: the recorded ones without moves, else a linear extension of the relation that
 * causes_find found. */
int moves_apply(struct schedule *schedule, const struct schedule_move *moves, uint32_t count,
                struct fault *fault);

struct schedule_times {
    double speed;       /* 0: max */
    int64_t max_gap_ns; /* longer gaps are cut to this; 0: none */
    uint32_t from;      /* everything played before this event's enter is due at once; SCHEDULE_NONE */
};
/* From play_ns as recorded to play_ns as asked for; fills gap_ms. */
void times_shape(struct schedule *schedule, const struct schedule_times *times);

/* Moves from a seed, `most` at most; the same on every machine. Needs causes_find and play_ns as recorded. */
uint32_t chaos_make(const struct schedule *schedule, uint64_t seed, struct schedule_move *moves,
                    uint32_t most);
#define CHAOS_MOST 256u

/* 1: it fails in the same way with these moves alone; 0: it does not; -1: stop, keep what was found. */
typedef int shrink_test(void *context, const struct schedule_move *moves, uint32_t count);
/* Makes a failing list of moves small: no move can be left out of what remains (unless the test said
 * stop). Returns how many remain, in front of `moves`. */
uint32_t shrink_moves(struct schedule_move *moves, uint32_t count, shrink_test *fails, void *context);

#endif
