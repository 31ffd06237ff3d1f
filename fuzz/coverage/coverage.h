// SPDX-License-Identifier: MIT
/*
 * Schema coverage: which (callback, place, variation) were delivered so far. A place is a path without
 * indexes
 * ("json_msg_array [].message_elem_array[].text_elem_content"); recursion is cut at the second round.
 *
 *   counters.c  a table in memory, shared memory or a file: which were delivered
 *   collect.c   a delivered case into the counters
 *   report.c    table, JSON; html.c the page, with llvm-cov's line coverage beside it
 *
 * Counters are made from the bindings, so their layout is the same in every process of one build.
 */
#ifndef FUZZ_COVERAGE_H
#define FUZZ_COVERAGE_H

#include "fuzz/model/model.h"
#include "fuzz/mutate/mutate.h"

struct coverage;

/* Counters for these targets; `file`: kept there and added to what it has (NULL: memory only). */
struct coverage *coverage_new(const struct mutate_target *targets, size_t ntargets,
                              const struct model_profile *profile, const char *file, struct fault *fault);
void coverage_free(struct coverage *coverage);
/* Notes a case that is about to be delivered; how many (place, variation) were new. */
unsigned coverage_note(struct coverage *coverage, struct fuzz_case *c, struct arena *arena);
void coverage_count(const struct coverage *coverage, uint64_t *covered, uint64_t *all);
/* 8-bit counters, one a (place, variation), for engines that take extra counters. */
unsigned char *coverage_counters(struct coverage *coverage, size_t *count);

#endif
