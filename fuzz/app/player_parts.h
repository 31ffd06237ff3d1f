// SPDX-License-Identifier: MIT
/*
 * Inside the player only.
 *
 *   player.c         opening, one run, closing
 *   player_start.c   the app: environment, process, fork server
 *   player_watch.c   one run from its beginning to its end
 */
#ifndef FUZZ_APP_PLAYER_PARTS_H
#define FUZZ_APP_PLAYER_PARTS_H

#include <limits.h>
#include <sys/types.h>

#include "fuzz/app/player.h"
#include "fuzz/app/trace_lay.h"
#include "replay/score/score_fork.h"
#include "replay/score/score_make.h"

#define PLAYER_STEP_NS 5000000u  /* between two looks no more than this counts as waited for */
#define PLAYER_GRACE_NS 1000000u /* where it cannot be found out */

struct player {
    struct player_options options;
    struct loader_plan plan;
    char directory[PATH_MAX]; /* of our libraries */
    struct trace_lay lay;     /* of the trace that is played */
    struct score_file score;  /* ... */
    struct score_file begun;  /* the one that the fork server was started with */
    int output;               /* what the app prints, a file in memory */
    char *text;
    uint8_t *map; /* coverage, NULL: none */
    int map_id;
    uint32_t fork_call; /* recorded call to fork in, TRACE_NONE: none */
    int64_t fork_ns;
    bool never_forks;        /* asked for, or found out */
    struct score_fork *fork; /* control page while there is a server */
    char fork_path[256];
    int fork_lock;
    pid_t app; /* what we started: the server, or the app of this run; 0: none */
    char no_fork[256];
    bool gets_idle; /* it did once: then it will */
    uint32_t first; /* callbacks before this one are over */
};

/* How long one of our waits took so far, zero-initialised. A machine that stands still, or has no time for
 * us, makes a look late; how late says nothing of the app, so that each look counts a little at most. */
struct player_wait {
    uint64_t looked_ns, waited_ns;
};
uint64_t player_waited(struct player_wait *wait);

/* ---- player_start.c ---- */
/* Starts the app with this score; `fork`: with a control page. Sets app. */
int start_app(struct player *player, const char *score, bool fork, struct fault *fault);
/* The last call before `before` in which the app could be forked; TRACE_NONE: there is none. */
uint32_t start_choose(const struct trace_base *base, uint32_t before);
/* Starts the fork server and waits until it is one. 1: it is; 0: it will not be, no_fork says why; -1. */
int start_server(struct player *player, struct fault *fault);
/* Ends the app, the server, and what they started. */
void stop_app(struct player *player);
/* Lays the trace out and makes its score. */
int make_score(struct player *player, const struct trace *trace, bool fork, struct score_file *file,
               struct fault *fault);

/* ---- player_watch.c ---- */
/* A run of process `pid` until its end; the process is gone then. */
int watch_run(struct player *player, pid_t pid, struct player_result *result, struct fault *fault);
/* It is gone: 1 with its status, 0: not yet, -1: whoever could tell is gone. */
int watch_ended(struct player *player, int *status);

#endif
