// SPDX-License-Identifier: MIT
/*
 * Plays mutated traces into the unmodified app, many times, as fast as it goes.
 *
 * The app is started once and runs up to its last registration or login before the first callback of the
 * base; in that call it becomes a fork server (replay/standin/fork.c), and each run is a fork of it. Where
 * it has other threads by then, or never comes there, it is started anew for each run: the same interface,
 * slower. There is no judge and no ring: the app's calls are matched leniently inside the stand-in.
 *
 * Threads: one player, one thread, the one that opened it; the app dies with it. Several players may run side
 * by side (-j). Nothing is printed; SIGCHLD must not be ignored.
 */
#ifndef FUZZ_APP_PLAYER_H
#define FUZZ_APP_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "fuzz/app/trace.h"
#include "loader/plan.h"

#define PLAYER_TEXT 65536u          /* bytes kept of what the app printed in one run */
#define PLAYER_HANG_NS 1000000000u  /* default */
#define PLAYER_PATIENCE_NS 5000000u /* default */

struct player_options {
    char *const *argv; /* the app; it and the rest must live as long as the player */
    const struct trace_base *base;
    enum loader_way via;      /* LOADER_AUTO, or a wish */
    const char *sdk;          /* base name of the SDK's file if it is not the usual one, or NULL */
    char *const *environment; /* NULL: ours; else all of it */
    bool restart;             /* never fork: start the app for each run */
    uint64_t hang_ns; /* a callback that has not returned for so long, or no progress at all; 0: default */
    uint64_t patience_ns; /* how long a callback waits for a recorded call that the app does not make; 0:
                             default */
    uint64_t grace_ns; /* after the last callback the app must be idle for so long; 0: found out in the first
                          run that ends so */
    uint32_t coverage; /* bytes of the AFL++ coverage map, 0: none. Apps without it leave the map empty. */
};

/* How a run ended. */
enum player_how {
    PLAYER_DONE,   /* all was delivered, the app was idle, and was ended by us: fine */
    PLAYER_EXITED, /* it ended itself: see `status`, `unexpected` */
    PLAYER_SIGNAL, /* it died of a signal that was not ours */
    PLAYER_HANG,   /* it was ended by us: no progress for hang_ns */
};

struct player_result {
    enum player_how how;
    int status;         /* wait status; PLAYER_DONE and PLAYER_HANG: 0 */
    bool unexpected;    /* PLAYER_EXITED: another exit status than on the tape (not on the tape: than 0) */
    bool forked;        /* the run was a fork; false: the app was started for it */
    uint32_t delivered; /* callbacks that the app got */
    uint32_t dropped;   /* callbacks with nobody to deliver to: their cause never came */
    /* The callback that was being delivered when it ended (of several threads' the one that began last):
     * index of the step in the trace given to player_run, or TRACE_NONE; and the last one that had begun. */
    uint32_t during, last;
    const char *text; /* what it printed, stdout and stderr, NUL-terminated; its last PLAYER_TEXT bytes if
                         that was more. Until the next run. */
    size_t bytes;
    uint64_t ns; /* the run took */
};

struct player;
struct player *player_open(const struct player_options *options, struct fault *fault);
/* 0: the run took place and `result` says how. -1: it could not (fault filled); the player can be used again,
 * and starts the app anew. */
int player_run(struct player *player, const struct trace *trace, struct player_result *result,
               struct fault *fault);
/* Ends the app and everything it started. NULL is fine. */
void player_close(struct player *player);

/* Why the app is started for each run, one sentence without a full stop; NULL: it forks (or did not run yet).
 */
const char *player_no_fork(const struct player *player);
/* Callbacks cannot be delivered before this time of the base: what is earlier is played right after it. */
int64_t player_fork_ns(const struct player *player);
/* The coverage map of the last run (cleared before each), *bytes of it; NULL without. Edge counts as AFL++
 * leaves them. Part of it that all runs share (before the fork) is not in it. */
const uint8_t *player_map(const struct player *player, size_t *bytes);

#endif
