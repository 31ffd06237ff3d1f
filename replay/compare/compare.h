// SPDX-License-Identifier: MIT
/*
 * Two tapes side by side. Events are aligned first: threads by name and by what they did, calls within their
 * thread or callback, completions by the call they answer, other callbacks within their thread. What
 * belongs together is then compared as the judge compares: by match.h, with rules and value flow. Times,
 * thread and event numbers never count.
 *
 * Takes some 80 bytes an event; payloads are read when they are compared. One thread.
 */
#ifndef REPLAY_COMPARE_H
#define REPLAY_COMPARE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"
#include "replay/judge/match.h"
#include "traces/tape.h"

enum compare_class {
    COMPARE_MISSING,   /* only the first tape has the event */
    COMPARE_EXTRA,     /* only the second one */
    COMPARE_ARGUMENT,  /* a call with another argument */
    COMPARE_PAYLOAD,   /* a callback that brought something else */
    COMPARE_RESULT,    /* a call that answered something else */
    COMPARE_REORDERED, /* before or after another event of its thread */
    COMPARE_THREAD,    /* a call on a thread of another role */
    COMPARE_END,       /* the app ended in another way */
};
const char *compare_class_name(enum compare_class class);

/* An event of one tape; seq 0: none. */
struct compare_event {
    uint64_t seq;
    const char *name; /* function or callback type */
    bool is_callback;
    uint32_t thread;
    const char *thread_name;
    const char *cause;  /* callbacks: function that made it possible, or NULL */
    uint64_t inside;    /* the event it lies in on its thread, or 0 */
    unsigned contained; /* events that are missing with it: those in it, its completions */
};

/* What it points to lives until the report returns. */
struct compare_difference {
    enum compare_class class;
    struct compare_event expected, got;
    const struct match_difference *value; /* ARGUMENT, PAYLOAD, RESULT; else NULL */
    const char *other;                    /* REORDERED: name of an event that it passed */
    const char *expected_text, *got_text; /* END */
};

struct compare_options {
    enum match_mode mode;
    struct rules *rules; /* not owned; NULL: none */
    /* Non-zero ends the comparison. */
    int (*report)(void *context, const struct compare_difference *difference);
    void *context;
};

struct compare_summary {
    uint64_t calls[2], callbacks[2]; /* that count, of either tape */
    uint64_t pairs;                  /* compared with each other */
    uint64_t differences;
    uint64_t allowed;  /* differences that rules allowed */
    uint64_t getters;  /* synchronous getters that were called more or less often: means nothing */
    uint64_t too_late; /* completions that one of the apps did not wait for */
    bool windowed;     /* so different that some were aligned piece by piece */
};

/* One of the tapes: `tape` is read again and again; `flow` is the same tape once more, read only when value
 * flow wants to know where an id came from (may be NULL; only the first tape's counts). */
struct compare_side {
    struct tape_reader *tape, *flow;
};

/* 0, or -1 with the fault filled. */
int compare_tapes(const struct compare_side sides[2], const struct compare_options *options,
                  struct compare_summary *summary, struct fault *fault);

/*
 * Several recordings of one scenario: writes a rules file that lets them pass as the same. `names` are for
 * comments. *left: differences that no rule can express.
 */
int compare_propose(const struct compare_side *sides, const char *const *names, unsigned count, FILE *out,
                    uint64_t *left, struct fault *fault);

#endif
