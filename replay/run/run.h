// SPDX-License-Identifier: MIT
/* One replay from beginning to end: score, session, app, judge, verdict. */
#ifndef REPLAY_RUN_H
#define REPLAY_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "recorder/recorder.h"
#include "replay/control/control.h"
#include "replay/judge/judge.h"

#define RUN_STALL_NS 10000000000ull
#define RUN_COMPRESS_NS 200000000 /* --time compress without a --max-gap of its own */

/* Where the time comes from that the app and the callbacks go by. */
enum run_time {
    RUN_TIME_REAL,     /* the machine's, at `speed` */
    RUN_TIME_COMPRESS, /* ... with long pauses cut */
    RUN_TIME_VIRTUAL,  /* the tape's: the app's own clocks and timers follow it */
};

/* What an SDK edge waits for. */
enum run_order {
    RUN_ORDER_TAPE,   /* what the tape asks for (a saved chaos tape does), else strict */
    RUN_ORDER_STRICT, /* everything recorded before it */
    RUN_ORDER_CAUSAL, /* what causes and the order within its thread prove */
};

enum run_at_end {
    RUN_END_WAIT, /* the app ends as recorded */
    RUN_END_TERM, /* SIGTERM after the last event, SIGKILL if that does not do it */
    RUN_END_KILL, /* SIGKILL at once */
};

struct order_trace;

struct run_options {
    const char *tape;     /* a tape, or a scenario (NDJSON) */
    const char *payloads; /* folder that a scenario's {"$file": ...} reads below; NULL: the scenario's own */

    /* time */
    enum run_time time;
    double speed;         /* 0: max */
    int64_t max_gap_ns;   /* longer pauses are cut to this; 0: as recorded */
    uint64_t stall_ns;    /* 0: RUN_STALL_NS */
    uint64_t max_late_ns; /* 0: no gate */

    /* order */
    enum run_order order;
    bool chaos;
    uint64_t chaos_seed;
    struct order_trace *trace; /* what a search wants of this run, or NULL; with `chaos` only */

    /* judging */
    enum match_mode match;
    const char *const *rules; /* files, NULL-terminated, or NULL */
    enum judge_unmatched unmatched;
    int32_t unmatched_code;

    /* control */
    uint64_t until; /* stop before the event with this number; 0: play all */
    uint64_t from;  /* everything before this event as fast as it goes; 0: from the beginning */
    bool hold;      /* at `until`: let the app stand there until the user interrupts */
    bool mark;      /* the app's output lines begin with the event they follow */
    struct control_options control;

    /* the end */
    enum run_at_end at_end;
    uint64_t linger_ns; /* how long the app is left alone after the last event; 0: as recorded */

    const char *record; /* record the replay there, or NULL */
    bool replace;       /* ... even over an existing tape */
    enum recorder_via via;
    const char *sdk;
    int output; /* file descriptor for the app's stdout and stderr; -1: its own, ours */
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
