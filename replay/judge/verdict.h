// SPDX-License-Identifier: MIT
/*
 * What a replay found, and how it is told: one sentence, then the evidence. The same
 * struct becomes words for people and JSON for programs, so the two cannot disagree.
 */
#ifndef REPLAY_VERDICT_H
#define REPLAY_VERDICT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "replay/judge/match.h"

enum verdict_class {
    VERDICT_AS_RECORDED,
    VERDICT_MISSING_CALL,       /* a recorded call never came, or not before the app stopped */
    VERDICT_EXTRA_CALL,         /* a call that the tape does not have */
    VERDICT_DIFFERENT_ARGUMENT, /* the recorded call, but with another argument */
    VERDICT_REORDERED,          /* the recorded call, but before another one of its thread that came first */
    VERDICT_WRONG_THREAD,       /* the recorded call, but on a thread of another role */
    VERDICT_DIFFERENT_EXIT,     /* the app ended in another way */
    VERDICT_CRASHED,            /* the app died of a signal that the tape does not have */
    VERDICT_HUNG,               /* the app went on where the tape says it ended, or stopped moving */
    VERDICT_NOT_CONSUMED,       /* every call matched, but callbacks were left undelivered */
    VERDICT_LATE,               /* as recorded, but a gate (--max-late) was missed, by us or by the app */
    VERDICT_INTERRUPTED,        /* the user stopped the replay */
    VERDICT_BROKEN,             /* the replay itself could not go on */
};

/* An event on the tape or of the live run, as the verdict names it. */
struct verdict_event {
    uint64_t seq; /* of the tape; 0: none */
    char name[96];
    bool is_callback;
    uint32_t thread;
    char thread_name[24];
};

struct verdict_lateness {
    bool known;
    uint64_t p50_ns, p99_ns, max_ns;
    uint64_t slip_ns;
    uint64_t app_max_ns; /* the latest of what the app did, against the tape; it becomes slip */
};

struct verdict {
    enum verdict_class class;
    char sentence[700];
    struct verdict_event event;   /* where it happened: recorded event, or the live call (seq 0) */
    struct verdict_event nearest; /* recorded candidate that comes closest */
    bool has_difference;
    struct match_difference difference;
    struct verdict_event
        reacting; /* the callback the app was handling when it happened, or (`after`) was last given */
    bool after;
    char doing[600]; /* stalls: what the app's threads did last, lines */
    struct verdict_lateness late;
    uint64_t max_late_ns; /* the gate; 0: none */
    uint64_t calls, calls_matched;
    uint64_t callbacks, callbacks_delivered;
    uint64_t unmatched;                  /* calls that the tape does not have, let through by --unmatched */
    uint64_t rules_used;                 /* differences that --rules allowed */
    uint64_t duration_ns;                /* of the replay */
    char order[1000];                    /* --chaos: seed and what was moved, lines; "" otherwise */
    char recorded_end[96], live_end[96]; /* "exit 0", "signal 11 (SIGSEGV)", ... */
    int signal;                          /* that the app died of, 0: none */
    char notes[4][300];                  /* warnings and explanations, "" = unused */
    char tape[512];
    char next[4800]; /* a command to go on with */
};

const char *verdict_class_name(enum verdict_class class);
/* The exit status `timtape replay` ends with. */
int verdict_status(const struct verdict *verdict);
/* Appends a note; silently full after four. */
void verdict_note(struct verdict *verdict, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "seq 12, TIMInit on thread 1 (main)"; into `text`, which is returned. */
const char *verdict_name_event(const struct verdict_event *event, char *text, size_t room);
/* A duration as people read it: "850 ns", "12.3 us", "1.50 s". */
const char *verdict_duration(uint64_t ns, char *text, size_t room);

#endif
