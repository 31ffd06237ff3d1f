// SPDX-License-Identifier: MIT
/* The recorded calls by function, and recorded events in the shape in which they are compared and named. */
#ifndef REPLAY_JUDGE_INDEX_H
#define REPLAY_JUDGE_INDEX_H

#include <stdint.h>

#include "replay/judge/verdict.h"
#include "replay/score/score_make.h"
#include "traces/tape.h"

struct judge_index {
    const struct score *score;
    uint32_t *call;                  /* event indexes, grouped by function, in recorded order */
    uint32_t first[API_ENTRIES + 1]; /* where a function's group begins (by newest id) */
    uint32_t free_from[API_ENTRIES]; /* in a group: nothing before it is free any more */
};

/* -1: no memory. */
int judge_index_make(struct judge_index *index, const struct score *score);
void judge_index_free(struct judge_index *index);
/* The group of a function: `*count` event indexes, beginning at the first that may be free, or with `all`
 * at the first. */
const uint32_t *judge_index_calls(struct judge_index *index, uint16_t api, bool all, uint32_t *count);

/* The recorded event as match_call wants it; what it points to lives as long as the score. */
void judge_event(const struct score *score, uint32_t index, struct tape_event *event);
/* The recorded event as the verdict names it. */
void judge_name(const struct score *score, uint32_t index, struct verdict_event *name);
/* It counts: neither ignored nor unknown to this build. */
bool judge_counts(const struct score *score, uint32_t index);
uint32_t judge_state(const struct score *score, uint32_t index);

#endif
