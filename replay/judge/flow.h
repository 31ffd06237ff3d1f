// SPDX-License-Identifier: MIT
/*
 * Value flow: ids that the SDK made (message ids, sequence numbers, randoms, conversation ids) come to the
 * app in a callback, an out-buffer or a result, and go back to the SDK in a later call. Such a value is
 * right when it is the one that came, not when it is the recorded text. In a replay both are mostly the same
 * text, since the stand-in hands out the recorded payloads; between two recordings they are not.
 *
 * What the SDK gave out is read only when a comparison needs it (flow_from): until then a flow costs nothing.
 * Small integers and short texts mean too much else: they count only under a key that is named like an id,
 * and only among keys of that ending.
 *
 * One thread. What cannot be kept for lack of memory, or beyond FLOW_MOST, is not known.
 */
#ifndef REPLAY_FLOW_H
#define REPLAY_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/tape.h"

#define FLOW_MOST ((size_t)4 << 20) /* values kept of each kind; about 40 bytes each */

struct flow;
struct score;

struct flow *flow_new(void);
void flow_free(struct flow *flow);

/* A text that the SDK gave out on the tape: payload, out-buffer or result. */
struct flow_text {
    uint64_t seq;     /* of its event */
    const char *name; /* of its event; lives as long as the flow (names of api_entries do) */
    const char *text; /* until the next one is asked for */
    size_t bytes;
};
/* The next text that an event before number `before` gave out, in recorded order. False: there is none. */
typedef bool flow_source(void *context, uint64_t before, struct flow_text *text);
/* Where recorded values come from. `context` must outlive the flow. */
void flow_from(struct flow *flow, flow_source *source, void *context);
/* The source of a replay: everything that the score's events give out. The score must outlive the flow. */
void flow_from_score(struct flow *flow, const struct score *score);

/* One place with a value in both runs: JSON scalars as text (strings with their quotes), and the innermost
 * key (or the parameter's name), which may be NULL. */
struct flow_pair {
    const char *key;
    const char *recorded, *live;
};
/* Where a value was first seen: event number on the tape (0: unknown), name and path, for the explanation. */
struct flow_origin {
    uint64_t seq;
    char name[96];
    char path[128]; /* "" when unknown */
};
enum flow_answer {
    FLOW_UNKNOWN, /* the recorded value is not known to come from the SDK, nor bound */
    FLOW_SAME,    /* bound to each other: the same thing */
    FLOW_OTHER,   /* the recorded one is the SDK's, and the live one is not what stands for it */
};

/* The app gives a value to the SDK, in a call with number `before` on the tape. Origins may be NULL. */
enum flow_answer flow_check(struct flow *flow, const struct flow_pair *pair, uint64_t before,
                            struct flow_origin *expected, struct flow_origin *got);
/* A value of the app's own making that a tolerant comparison let differ (a random, what a rule allows): from
 * now on `live` stands for `recorded`. */
void flow_bind(struct flow *flow, const struct flow_pair *pair);
/*
 * Two recordings: the SDK gave out another value at the same place (`at`: its event, name and path). Values
 * under a key that is named like an id become bound, FLOW_SAME, unless one of them is bound already:
 * FLOW_OTHER. FLOW_UNKNOWN: not an id.
 */
enum flow_answer flow_bring(struct flow *flow, const struct flow_pair *pair, const char *name, uint64_t seq,
                            const char *path, struct flow_origin *expected);
/* Is the key named like an id (message_seq, conv_id, identifiers)? */
bool flow_names_id(const char *key);

#endif
