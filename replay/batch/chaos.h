// SPDX-License-Identifier: MIT
/*
 * The search for a schedule that an app does not survive: seed after seed; the first that fails is run
 * again, made small, and saved as a tape that fails when it is simply replayed.
 */
#ifndef REPLAY_BATCH_CHAOS_H
#define REPLAY_BATCH_CHAOS_H

#include "replay/run/order.h"

enum chaos_stage {
    CHAOS_PLAIN,   /* is it as recorded in the recorded order? */
    CHAOS_SEARCH,  /* one seed after the other */
    CHAOS_CONFIRM, /* the failing seed again */
    CHAOS_SHRINK,  /* with fewer moves */
    CHAOS_CHECK,   /* the saved tape */
};

struct chaos_progress {
    enum chaos_stage stage;
    uint64_t seed;
    unsigned done, runs; /* of this stage; runs 0: nobody knows */
    uint32_t moves;      /* CHAOS_SHRINK: left so far */
    uint64_t took_ns;    /* since the search began */
};

struct chaos_options {
    const struct run_options *run; /* chaos_seed: the first seed */
    unsigned runs;
    const char *out; /* where the tape goes; NULL: TAPE-chaos-SEED.tape */
    bool replace;    /* ... even over an existing one */
    void (*progress)(const struct chaos_progress *progress);
};

struct chaos_found {
    bool found;
    bool plain;       /* ... already in the recorded order */
    bool interrupted; /* by the user; what was found until then is kept */
    unsigned done;    /* seeds tried */
    unsigned tried;   /* ... when the failing one was */
    uint64_t seed, took_ns;
    uint32_t moves, moves_before;
    unsigned confirms, confirmed; /* runs of the seed, and how many failed in the same way */
    char saved[4096];             /* the tape, or "" */
    unsigned checks, checked;     /* replays of it, and how many failed in the same way */
};

/*
 * Searches. 0: *verdict is that of the smallest failing schedule, or of the last run when none failed.
 * -1: there is no verdict. SIGINT, SIGTERM and SIGHUP end it after the run that is on.
 */
int chaos_search(const struct chaos_options *options, char *const argv[], struct chaos_found *found,
                 struct verdict *verdict, struct fault *fault);

/*
 * Writes the tape that `options` replays with its events renumbered in the schedule's `order` and at its
 * times (play_ns). `moves` says in words what was done to it. An existing file is an error unless `replace`.
 */
int chaos_save(const struct run_options *options, const struct schedule *schedule, const char *path,
               bool replace, const char *moves, struct fault *fault);
/* Makes the schedule of a failing run what really happened, and what it did not come to behind that.
 * `apart`: callbacks that ran at the same time come one after the other. */
int chaos_delivered(struct order_trace *trace, bool apart, struct fault *fault);

#endif
