// SPDX-License-Identifier: MIT
/*
 * Where a replay stands still: owner of the score's gate. Several may want it closed at once (--until,
 * --step, a pause, the debugger); it is closed before the first edge that anybody wants held. Time that
 * passes while it stands still is taken off the timeline, so that it goes on as if there had been no pause.
 *
 * Plain logic on a score: no terminal, no signals. One thread; times are CLOCK_MONOTONIC ns.
 */
#ifndef REPLAY_CONTROL_H
#define REPLAY_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/score/score_make.h"

/* What the user may want of a running replay, and how he is told. */
struct control_options {
    bool step;                   /* stop before each callback; keys go on */
    bool keys;                   /* pause and step keys on the terminal */
    uint64_t gdb;                /* stop the app in the debugger at the event with this number; 0: do not */
    const char *const *gdb_args; /* more arguments for gdb, NULL-terminated, or NULL */
    void (*words)(const char *text); /* says something while running, or NULL */
    void (*line)(const char *text);  /* shows a line that the next one is written over (NULL: takes it
                                        away); NULL: no live line */
};

struct control {
    struct score *score;
    uint32_t until;  /* never beyond this edge; SCORE_NONE: to the end */
    uint32_t debug;  /* held for the debugger; SCORE_NONE: not (any more) */
    uint32_t stop;   /* enter edge of the callback to stop before; SCORE_NONE: none */
    bool paused;     /* everything is held */
    bool held;       /* ... until the debugger is there */
    uint64_t since;  /* since when time stands still; 0: it goes */
    int64_t slip_ns; /* the slip at that moment */
    int64_t lost_ns; /* slip that comes from standing still */
};

enum control_state {
    CONTROL_PLAYS,
    CONTROL_PAUSED,  /* by the user */
    CONTROL_STOPPED, /* before the callback `stop` */
    CONTROL_HELD,    /* before `debug` or `until` */
};

/* Before the app starts. `step`: stops before each callback, from the first on that --from does not skip. */
void control_begin(struct control *control, struct score *score, uint32_t until, uint32_t debug, bool step);
/* Looks where the play is; often (the gate moves on with it). */
enum control_state control_look(struct control *control, uint64_t now_ns);
/* Pauses, or plays on without stopping. */
void control_pause(struct control *control, uint64_t now_ns);
/* Lets one callback go and stops before the next; while playing: stops before the next. */
void control_next(struct control *control, uint64_t now_ns);
/* The play has come to `debug`: time stands still until control_release. */
void control_hold(struct control *control, uint64_t now_ns);
/* The debugger is where it wanted to be. */
void control_release(struct control *control, uint64_t now_ns);
/* App and replay did not run for so long (stopped from the terminal). */
void control_slept(struct control *control, uint64_t slept_ns);

#endif
