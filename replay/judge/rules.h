// SPDX-License-Identifier: MIT
/*
 * Rules: what may differ between the tape and a run besides what the API description documents. Read from
 * small text files (docs/rules.md), which `timtape rules` proposes from several recordings.
 *
 * One thread at a time: looking something up counts how often a rule was used.
 */
#ifndef REPLAY_RULES_H
#define REPLAY_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "api/api.h"
#include "base/fault.h"

#define RULES_FIRST_LINE "timtape rules 1"
/* Rules files come from other people: these bound what one of them can cost. */
#define RULES_FILE_BYTES ((size_t)4 << 20)
#define RULES_MOST 20000
#define RULES_STEPS 32    /* of a path */
#define RULES_PATTERN 256 /* bytes of a regular expression */
#define RULES_TEXT 65536  /* a longer text matches no regular expression */
#define RULES_RESULT (-1) /* as a parameter: the result of the function */

struct rules;

/* Adds the rules of a file; *rules NULL: the first one. FAULT_DATA names file, line, column, what is wrong
 * and a line that would be right. The caller frees, also after a fault. */
int rules_read(struct rules **rules, const char *path, struct fault *fault);
/* The same from memory; `name` stands for the file in messages. */
int rules_parse(struct rules **rules, const char *name, const char *text, size_t bytes, struct fault *fault);
void rules_free(struct rules *rules);

/* A value that crossed the API. */
struct rules_place {
    const struct api_entry *entry; /* function or callback type; NULL: unknown to this build */
    const struct api_entry
        *cause;       /* callbacks: the function that made it possible, or NULL. Its rules apply, too */
    int param;        /* by position, or RULES_RESULT */
    const char *path; /* "$.a[0].b" as jtree_diff writes it, "" for the whole parameter */
};

/*
 * May the value there differ in this way? `expected` and `got` are JSON values, NULL: absent. A rule that
 * says yes counts as used. `rules` may be NULL: no.
 */
bool rules_allow_value(struct rules *rules, const struct rules_place *place, const cJSON *expected,
                       const cJSON *got);
/* May the elements of the array there stand in another order? Counts only with `use`: when they do. */
bool rules_allow_order(struct rules *rules, const struct rules_place *place, bool use);
/* May the function be called more often than recorded, or not at all; may two of one thread change places?
 * Callbacks: the name of their type or of their cause. */
bool rules_allow_repeat(struct rules *rules, const char *function);
bool rules_allow_missing(struct rules *rules, const char *function);
bool rules_allow_swap(struct rules *rules, const char *first, const char *second);

/* When recording and run began, ns since 1970: times are compared from there. 0: unknown. */
void rules_clock(struct rules *rules, int64_t recorded_ns, int64_t live_ns);

/* How many rules there are, and how many differences they allowed. */
unsigned rules_count(const struct rules *rules);
uint64_t rules_used(const struct rules *rules);
/* A comparison that came to nothing does not count: what rules_used said before it. */
void rules_forget(struct rules *rules, uint64_t used);
/* Where the rule at `index` stands ("file:line"), or NULL when it is used or there is no such rule. */
const char *rules_unused(const struct rules *rules, unsigned index);

#endif
