// SPDX-License-Identifier: MIT
/*
 * Is this live call the recorded one? The stand-in answers that itself where the
 * arguments are equal byte for byte; everything else is compared here, outside the
 * app, by meaning: integers by value, JSON as JSON, and with the tolerance that the API
 * description documents (times, randoms, local paths, secrets).
 *
 * Nothing here keeps a pointer to what it was given.
 */
#ifndef REPLAY_MATCH_H
#define REPLAY_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"
#include "replay/judge/flow.h"
#include "replay/judge/rules.h"
#include "traces/tape.h"

#define MATCH_PATH 256
#define MATCH_TEXT 400 /* longer values are cut, with an ellipsis, at a character's start */

/* The first place where two calls differ, in the order of the parameters, and how many there are:
 * the nearest candidate is the one with the fewest. */
struct match_difference {
    int param;                 /* parameter, or -1: other function */
    char name[64];             /* its name */
    char path[MATCH_PATH];     /* JSON path inside it ("$.a[0].b"), "" when the whole value differs */
    char expected[MATCH_TEXT]; /* as recorded, as JSON text; "absent" when there is none */
    char got[MATCH_TEXT];
    char why[400]; /* what value flow knows of it, as a sentence without a stop; "" mostly */
    enum match_change { MATCH_CHANGED, MATCH_ABSENT, MATCH_ADDED, MATCH_RETYPED } change;
    unsigned count;
};

/*
 * Function pointers are other numbers in every run. A listener that is removed is the right
 * one when it is the one that the matching add call brought: this remembers which live
 * token stands for which recorded one.
 */
struct match_flow {
    struct match_binding {
        uint64_t recorded;
        uint64_t live;
    } * binding;
    size_t count, room;
};

void match_flow_clear(struct match_flow *flow);
/* The live call was taken for the recorded one: learns from it when it adds a listener. -1: no memory. */
int match_flow_learn(struct match_flow *flow, const struct tape_event *recorded,
                     const struct tape_event *live);

/* How closely a call must be the recorded one. */
enum match_mode {
    MATCH_NORMAL, /* values that the API documents as volatile (time, random, path) may differ */
    MATCH_STRICT, /* nothing but credentials, bound ids and what a rule names may */
    MATCH_LOOSE,  /* as normal; who asks looks for calls on any thread and in any order */
};

/*
 * By what a comparison goes. All may be NULL: nothing is known. Not owned. For a replay:
 *
 *     terms.flow = flow_new();
 *     flow_from_score(terms.flow, score);      costs nothing until a comparison needs it
 *     ... match_call(&recorded, &live, &terms, &first) == 0, and taken for it: match_learn(&recorded, ...)
 */
struct match_terms {
    enum match_mode mode;
    const struct match_flow *listeners;
    struct rules *rules; /* what else may differ; counts which rules were used */
    struct flow *flow;   /* ids that the SDK made */
};

/*
 * Compares two calls. 0: the same; 1: *first says where they first differ (first may be NULL when only
 * the answer matters); -1: no memory. API_USER never counts, API_FN only by being NULL or not, and in
 * calls that remove a listener by flow. Arguments of functions this build does not know are
 * compared by type and bytes.
 */
int match_call(const struct tape_event *recorded, const struct tape_event *live,
               const struct match_terms *terms, struct match_difference *first);

/* The live call was taken for the recorded one: what may differ between them, and does, stands for each other
 * from now on (terms->flow). -1: no memory. */
int match_learn(const struct tape_event *recorded, const struct tape_event *live,
                const struct match_terms *terms);

/* Called for each difference, in order, `count` being 1; what it points to lives until it returns. Non-zero
 * ends the comparison. */
typedef int match_report(void *context, const struct match_difference *difference);
/* As match_call, telling all differences. Callbacks, too: what they bring is bound (flow_bring). `cause`: the
 * function that made a callback possible, or NULL. */
int match_each(const struct tape_event *recorded, const struct tape_event *live,
               const struct api_entry *cause, const struct match_terms *terms, match_report *report,
               void *context);
/* What two calls answered: result and out-buffers. */
int match_answer(const struct tape_event *recorded, const struct tape_event *live,
                 const struct match_terms *terms, match_report *report, void *context);

/* One argument as a person reads it (text quoted, NULL as null), cut to `room`; always NUL-terminated. */
void match_describe(const struct tape_value *value, char *text, size_t room);

#endif
