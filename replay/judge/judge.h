// SPDX-License-Identifier: MIT
/*
 * The judge: compares a live run with the score it plays from. It sees every record of the live ring,
 * answers what the stand-in could not match byte for byte, watches that the run goes on, and
 * names the first divergence. It neither starts nor ends processes: run.c does what it says.
 *
 * One thread, that of the recorder's passes.
 */
#ifndef REPLAY_JUDGE_H
#define REPLAY_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "replay/judge/match.h"
#include "replay/judge/verdict.h"
#include "replay/score/score_make.h"
#include "ring/consumer.h"

/* How a run ended, recorded or live. */
struct judge_end {
    enum { JUDGE_END_UNKNOWN, JUDGE_END_EXIT, JUDGE_END_SIGNAL } how;
    int value; /* exit status or signal number */
};

/* What becomes of a call that the tape does not have. */
enum judge_unmatched {
    JUDGE_UNMATCHED_FAIL,    /* it is the verdict */
    JUDGE_UNMATCHED_DEFAULT, /* it fails as a function that this SDK lacks, and the replay goes on */
    JUDGE_UNMATCHED_CODE,    /* it returns 0 and completes with `unmatched_code`, and the replay goes on */
};

struct judge_options {
    uint64_t stall_ns;    /* no progress for so long is a divergence */
    uint64_t max_late_ns; /* gate on the latest callback; 0: none */
    double speed;         /* 0: max, nothing waits for time and lateness means nothing */
    bool end_app;         /* --at-end: an app that lives on after the last event is ended, and that is fine */
    uint64_t linger_ns;   /* ... after so long; 0: as long as it went on when recorded */
    const char *tape;     /* path, as the user wrote it */
    bool scenario;        /* ... of a text, which has to be imported to be shown */
    const char *app;      /* command line of the app, as a shell reads it */
    uint32_t until;       /* stop before this edge; SCORE_NONE: play all */
    bool hold;            /* ... and let the app stand there until the user has seen enough */
    enum match_mode match;
    struct rules *rules; /* not owned; NULL: none */
    enum judge_unmatched unmatched;
    int32_t unmatched_code;
    bool free_order; /* the order is not the tape's (--order causal, --chaos): calls may change places, too */
    struct judge_end recorded;
    bool complete;    /* the recording was finished */
    uint64_t tail_ns; /* from the last recorded event to the recorded end */
};

/* What the runner has to do next. */
enum judge_order {
    JUDGE_GO_ON,
    JUDGE_END_APP, /* the verdict is known, or nothing more is to come: end the app */
};

struct judge;

/* The score must outlive the judge. */
struct judge *judge_open(struct score *score, const struct judge_options *options, struct fault *fault);
void judge_close(struct judge *judge);

/* A ring_sink (context: the judge); -1: no memory. judge_attach first says whose clock it is. */
int judge_observe(void *context, const struct ring_event *event);
void judge_attach(struct judge *judge, struct ring_reader *ring);
/* The app's own process, as opposed to those that it makes. */
void judge_app(struct judge *judge, uint32_t pid);

/* ... is gone, which it may be while others go on. */
void judge_app_ended(struct judge *judge);

/* Answers questions. Returns how many had to be left for the next pass because the ring was not yet read as
 * far as they are. -1: no memory. */
int judge_answer(struct judge *judge);
/* Looks at the clock. */
enum judge_order judge_watch(struct judge *judge, uint64_t now_ns);
/* The play stood still until now, by the user's will: until now nothing was late. */
void judge_excuse(struct judge *judge, uint64_t now_ns);
/* Everything before options.until has happened. */
bool judge_reached(const struct judge *judge);
/* The verdict is known already. */
bool judge_decided(const struct judge *judge);
/* The user asked for the end (signal number). */
void judge_interrupt(struct judge *judge, int number);

/* The app is gone (`status` as waitpid gave it); `ended_by_us`: it was signalled by the runner.
 * The verdict is complete then and lives as long as the judge. */
struct verdict *judge_conclude(struct judge *judge, int status, bool ended_by_us);

/* A word as a shell reads it, quoted if need be; cut to `room` (>= 8). */
void judge_quote(const char *word, char *text, size_t room);
/* "exit 3", "signal 11 (SIGSEGV)", "unknown". */
const char *judge_describe_end(const struct judge_end *end, char *text, size_t room);
/* Reads what judge_describe_end wrote (also NULL). */
struct judge_end judge_parse_end(const char *text);
/* A signal by which a program dies of its own fault, as opposed to one that is sent to it. */
bool judge_is_crash(int signal);

#endif
