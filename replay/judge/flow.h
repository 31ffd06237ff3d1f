// SPDX-License-Identifier: MIT
/*
 * Value flow: ids that the SDK made (message ids, sequence numbers, randoms, conversation ids) come to the
 * app in a callback, an out-buffer or a result, and go back to the SDK in a later call. Such a value is
 * right when it is the one that came, not when it is the recorded text. In a replay both are mostly the same
 * text, since the stand-in hands out the recorded payloads; between two recordings they are not.
 */
#ifndef REPLAY_FLOW_H
#define REPLAY_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/tape.h"

struct flow;

struct flow *flow_new(void);
void flow_free(struct flow *flow);

/*
 * What the SDK gave out: the payload of a callback, or out-buffers and result of a call, on the tape and in
 * the other run. `live` NULL: the same as recorded (a replay plays the tape's payloads). -1: no memory.
 */
int flow_learn(struct flow *flow, const struct tape_event *recorded, const struct tape_event *live);
/* A value of the app's own making that a tolerant comparison let differ (a client time, a random): from
 * now on `live` stands for `recorded`. Both are JSON scalars as text (strings with their quotes). -1: no
 * memory. */
int flow_bind(struct flow *flow, const char *recorded, const char *live);

enum flow_answer {
    FLOW_UNKNOWN, /* neither value is known to come from the SDK, or bound */
    FLOW_SAME,    /* bound to each other: the same thing */
    FLOW_OTHER,   /* the recorded one is the SDK's, and the live one is not what stands for it */
};
/* Where a value was first seen: event number on the tape (0: unknown), name and path, for the explanation. */
struct flow_origin {
    uint64_t seq;
    char name[96];
    char path[128];
};
/* JSON scalars as text. Origins may be NULL. */
enum flow_answer flow_check(const struct flow *flow, const char *recorded, const char *live,
                            struct flow_origin *expected, struct flow_origin *got);

#endif
