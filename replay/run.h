// SPDX-License-Identifier: MIT
/* One replay from beginning to end: score, session, app, judge, verdict. */
#ifndef REPLAY_RUN_H
#define REPLAY_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "recorder/recorder.h"
#include "replay/verdict.h"

#define RUN_STALL_NS 10000000000ull

struct run_options {
    const char *tape;     /* a tape, or a scenario (NDJSON) */
    double speed;         /* 0: max */
    uint64_t stall_ns;    /* 0: RUN_STALL_NS */
    uint64_t max_late_ns; /* 0: no gate */
    uint64_t until;       /* stop before the event with this number; 0: play all */
    bool hold;            /* ... and let the app stand there until the user interrupts */
    bool end_app;         /* end an app that lives on after the last event */
    const char *payloads; /* folder that a scenario's {"$file": ...} reads below; NULL: the scenario's own */
    const char *record;   /* record the replay there, or NULL */
    bool replace;         /* ... even over an existing tape */
    enum recorder_via via;
    const char *sdk;
    void (*words)(const char *text); /* says something while running, or NULL */
};

/*
 * Replays. 0: *verdict is complete. -1: there is no verdict (bad tape, the app could not be started, ours).
 * While it runs, SIGINT, SIGTERM and SIGHUP end the app and the replay; their handlers are put back.
 */
int run_replay(const struct run_options *options, char *const argv[], struct verdict *verdict,
               struct fault *fault);
/* The command line on the tape as a shell would read it, or NULL; free() it. For the usage message. */
char *run_recorded_command(const char *tape);

#endif
