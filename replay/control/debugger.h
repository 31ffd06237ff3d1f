// SPDX-License-Identifier: MIT
/*
 * --gdb EVENT: holds the app at that event, attaches gdb to it, and lets it go when gdb does. For a
 * callback gdb has a breakpoint in the app's own function by then, so that its user stands there with the
 * arguments of exactly that event; a call is stopped inside of it, before it returns.
 */
#ifndef REPLAY_DEBUGGER_H
#define REPLAY_DEBUGGER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "replay/control/control.h"
#include "replay/control/handlers.h"

struct debugger {
    const struct control_options *options;
    const struct score *score;
    struct handlers *handlers;
    char program[4096]; /* gdb */
    uint32_t event;     /* where to stop */
    uint32_t edge;      /* the edge that is held until gdb is there; SCORE_NONE: no debugger wanted */
    enum { DEBUGGER_WAITS, DEBUGGER_ATTACHES, DEBUGGER_RUNS, DEBUGGER_OVER } state;
    bool stopped; /* gdb has stopped the app */
    bool there;   /* gdb was attached at some time */
    pid_t app;
    int gdb; /* pidfd of gdb, -1 without */
    pid_t gdb_pid;
    bool lent;         /* gdb has the terminal */
    uint64_t ready_ns; /* the app stood at the event */
};

/* Before the app starts; debugger_close is safe after a failure and on zeroes. */
int debugger_open(struct debugger *debugger, const struct control_options *options, struct score *score,
                  struct fault *fault);
/* Sees every record of the ring. -1: no memory. */
int debugger_take(struct debugger *debugger, const struct ring_event *event);
/* Once per pass; `app` is its first process. -1: gdb could not be started. */
int debugger_pass(struct debugger *debugger, struct control *control, pid_t app, uint64_t now_ns,
                  struct fault *fault);
/* gdb runs: what takes long is its user, and Ctrl-C is for it. */
bool debugger_runs(const struct debugger *debugger);
void debugger_close(struct debugger *debugger);

#endif
