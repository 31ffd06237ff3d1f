// SPDX-License-Identifier: MIT
/* The arguments of a live call, taken from the body of its record. Bodies come from the app's process:
 * nothing in them is believed. */
#ifndef REPLAY_JUDGE_DECODE_H
#define REPLAY_JUDGE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/tape.h"

/* As it was in the ring, padded, and behind it the texts that were moved ahead of it. */
struct judge_body {
    uint64_t seq;
    const uint8_t *at;
    size_t bytes;
    uint16_t api;
};

/* Memory for decoded texts, NUL-terminated copies; zero-initialise, free `texts`. */
struct judge_texts {
    char *texts;
    size_t room;
};

/* What *call points to lives until the next use of `kept`. False: it is no such body, or there is no memory.
 */
bool judge_decode(struct judge_body body, struct judge_texts *kept, struct tape_event *call);

#endif
