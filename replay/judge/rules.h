// SPDX-License-Identifier: MIT
/*
 * Rules: what may differ between the tape and a run besides what the API description documents. Read from
 * small text files (docs/rules.md), which `timtape rules` proposes from several recordings.
 */
#ifndef REPLAY_RULES_H
#define REPLAY_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "api/api.h"
#include "base/fault.h"

struct rules;

/* Adds the rules of a file; *rules NULL: the first one. FAULT_DATA names file, line and what is wrong. The
 * caller frees, also after a fault. */
int rules_read(struct rules **rules, const char *path, struct fault *fault);
void rules_free(struct rules *rules);

/*
 * May the value at `path` ("$.a[0].b", "" for the whole parameter) differ in this way? `expected` and `got`
 * are JSON values, NULL: absent. A rule that says yes counts as used. `rules` may be NULL: no.
 */
bool rules_allow_value(struct rules *rules, const struct api_entry *entry, int param, const char *path,
                       const cJSON *expected, const cJSON *got);
/* May the function be called more often than recorded, or not at all; may two of one thread change places? */
bool rules_allow_repeat(struct rules *rules, const char *function);
bool rules_allow_missing(struct rules *rules, const char *function);
bool rules_allow_swap(struct rules *rules, const char *first, const char *second);

/* How many rules there are, and how many differences they allowed. */
unsigned rules_count(const struct rules *rules);
uint64_t rules_used(const struct rules *rules);

#endif
