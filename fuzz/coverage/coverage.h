// SPDX-License-Identifier: MIT
/*
 * Schema coverage: which (callback, place, variation) were delivered so far. A place is a parameter, or a
 * path without indexes in its payload ("[].message_elem_array[].text_elem_content"); recursion is cut where
 * an object would stand in itself for the second time.
 *
 *   table.c     which places there are, from targets and profile
 *   counters.c  the counters, in memory or in a file; layout.c the names of places as text, in that file
 *   collect.c   a delivered case into the counters
 *   report.c    table and JSON; html.c the page; lines.c line coverage (llvm-cov, lcov) beside it
 *
 * Threads: one writer a process; several processes may add to one file.
 */
#ifndef FUZZ_COVERAGE_H
#define FUZZ_COVERAGE_H

#include <stdio.h>

#include "fuzz/model/model.h"
#include "fuzz/mutate/mutate.h"

struct coverage;

/* Counters for these targets; `file`: kept there and added to what it has (NULL: memory only). A file that
 * was made for other targets, or by another version of the description, is a fault and is left alone. */
struct coverage *coverage_new(const struct mutate_target *targets, size_t ntargets,
                              const struct model_profile *profile, const char *file, struct fault *fault);
/* A file, to be reported on. It is checked; what it says is all that is used. */
struct coverage *coverage_open(const char *file, struct fault *fault);
/* Does it begin like one? False for what cannot be read. */
bool coverage_is(const char *file);
void coverage_free(struct coverage *coverage);

/*
 * Notes a case that is about to be delivered; how many (place, variation) were new. Takes no memory but the
 * arena's, which it does not reset and leaves in use (arena_use); the case is not changed. It parses what is
 * still text, about as much work as the delivery's own parser does; of payloads longer than 64 KiB nothing is
 * noted.
 */
unsigned coverage_note(struct coverage *coverage, const struct fuzz_case *c, struct arena *arena);
/* For fuzz targets: once 4096 cases brought nothing new, only one case in `one_in`, chosen by its bytes, is
 * looked into, until one brings something. 0 (as made): every case is. */
void coverage_sample(struct coverage *coverage, unsigned one_in);
void coverage_count(const struct coverage *coverage, uint64_t *covered, uint64_t *all);
/* For engines that take extra counters: coverage_note also sets counters[slot % count] for what the case has
 * (the engine clears them before each run). */
void coverage_also(struct coverage *coverage, unsigned char *counters, size_t count);
/* The numbers of what the last noted case had, ascending, no number twice. */
const uint32_t *coverage_last(const struct coverage *coverage, size_t *count);

/* ---- reports ---- */

struct coverage_lines; /* line coverage of files */
/* `llvm-cov export -summary-only` JSON, or lcov's .info. */
struct coverage_lines *coverage_lines_read(const char *file, struct fault *fault);
void coverage_lines_free(struct coverage_lines *lines);

struct coverage_report {
    const char *title;                  /* what was covered, for people; may be foreign text */
    const struct coverage_lines *lines; /* or NULL */
    bool missing;                       /* coverage_text: list what is missing, too */
};
/* All write to `out`; the caller looks at its errors. */
void coverage_text(const struct coverage *coverage, const struct coverage_report *report, FILE *out);
void coverage_json(const struct coverage *coverage, const struct coverage_report *report, FILE *out);
void coverage_html(const struct coverage *coverage, const struct coverage_report *report, FILE *out);

#endif
