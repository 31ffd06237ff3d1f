// SPDX-License-Identifier: MIT
/*
 * The fork server's control page: plain data for both sides, a file in shared memory whose path the app finds
 * in TIMTAPE_FUZZ. No descriptor stays open in the app for it.
 *
 * The app comes to the call that the score names (score.fork) and says READY, or REFUSED. The outside writes
 * the path of the next score and says ASKED; the server forks, says RUNNING with the child's pid, waits for
 * the child's end, notes its wait status and is READY again. Who waits sleeps on `state`.
 */
#ifndef REPLAY_SCORE_FORK_H
#define REPLAY_SCORE_FORK_H

#include <stdatomic.h>
#include <stdint.h>

#define SCORE_FORK_ENV "TIMTAPE_FUZZ"
#define SCORE_FORK_MAGIC "TIMTFRK\1"

enum score_fork_state {
    SCORE_FORK_NEVER, /* the app has not come to the call yet */
    SCORE_FORK_READY,
    SCORE_FORK_ASKED,
    SCORE_FORK_RUNNING,
    SCORE_FORK_REFUSED, /* it has `threads` threads by then: it plays on as any other app */
};

struct score_fork {
    char magic[8];
    _Atomic uint32_t state; /* futex (shared) */
    uint32_t player;        /* process that steers; the server does not outlive it */
    _Atomic uint32_t server;
    _Atomic uint32_t threads; /* of the app in that call */
    _Atomic uint32_t pid;     /* of the last child; it leads a process group of its own. 0: fork failed */
    _Atomic int32_t status;   /* READY: wait status of the last child */
    _Atomic uint32_t playing; /* 1: the child plays the score it was given */
    _Atomic uint32_t runs;
    char path[256]; /* of the next score */
};

#endif
