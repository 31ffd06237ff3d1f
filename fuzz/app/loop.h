// SPDX-License-Identifier: MIT
/*
 * Fuzzing a whole app: changed histories are played into it (player.h) until time, runs or patience are over,
 * and what it breaks on is confirmed, made small and kept.
 *
 *   loop.c         workers, one process each; what they say is added up
 *   loop_worker.c  one worker: which trace next, play it, is it news
 *   loop_corpus.c  traces worth changing further; loop_tapes.c  a folder of them
 *   loop_found.c   an app that broke: which bug, again, small, kept
 *   loop_small.c   the smallest trace that still does it
 *   loop_stack.c   where it died, when no sanitizer says so
 *
 * With one worker, the same seed and a number of runs, the same findings are found in the same order. Library
 * code: nothing is printed.
 */
#ifndef FUZZ_APP_LOOP_H
#define FUZZ_APP_LOOP_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "fuzz/app/player.h"
#include "fuzz/finding/finding.h"
#include "fuzz/model/model.h"

#define LOOP_JOBS 64

struct loop_state {
    uint64_t runs, deaths, flaky; /* flaky: broke once, and not again */
    uint32_t findings;            /* new in this run of the command */
    uint32_t edges;               /* of the app's coverage map; 0: it has none */
    bool covered;                 /* it has one */
    bool forks;                   /* runs are forks of an app that has begun */
    char no_fork[256];            /* why not, "" as long as that is not known */
    uint64_t news_ns;             /* CLOCK_MONOTONIC: last new coverage, behaviour or finding */
    uint64_t schema, schema_all;  /* (place, variation) of the payloads: delivered, all */
    uint32_t corpus;
};

struct loop_options {
    const char *tape; /* or a scenario */
    char *const *argv;
    const char *out; /* folder of the findings; what is in it stays */
    uint64_t seed;
    uint64_t time_ns, runs; /* 0: no limit */
    unsigned stop_after;    /* findings; 0: no limit */
    unsigned jobs;          /* at least 1 */
    enum loader_way via;
    const char *sdk;
    bool restart;
    uint64_t hang_ns; /* 0: default */
    struct model_profile profile;
    unsigned kinds;     /* bit (1 << enum finding_kind): counts as a finding */
    const char *corpus; /* folder of tapes to begin with, and where news are kept; NULL: none */
    bool (*wanted)(void *context, const struct tape_event *event); /* callbacks to be changed; NULL: all */
    /* The exit status of `timtape replay` with a tape that is to be kept (128 + N: the app died of signal N),
       or -1. */
    int (*replay)(void *context, const char *tape);
    const char *const
        *tracer; /* words before the app's that make it say where it dies (loop_stack_run), the last one NULL;
                    the file to say it in is put behind them. NULL: nothing of the kind */
    /* About ten times a second, from the process that called. */
    void (*progress)(void *context, const struct loop_state *state);
    void *context;
    const volatile sig_atomic_t *interrupts; /* how often the user asked for an end; 2: at once */
};

/* 0: *state is what there was in the end; -1: it could not be done, or a worker could not. */
int loop_run(const struct loop_options *options, struct loop_state *state, struct fault *fault);

/* What the tracer does: runs the app under ptrace, writes what was seen to `path`, and ends as the app did.
 * Returns a wait status. */
int loop_stack_run(char *const *argv, const char *path, unsigned ms);

#endif
