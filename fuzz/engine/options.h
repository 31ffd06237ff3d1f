// SPDX-License-Identifier: MIT
/* What the environment says (TIMTAPE_FUZZ_*; docs/fuzz.md has the list). Fuzzing engines take options of
 * their own only, and one variable serves all three builds and afl-fuzz. */
#ifndef FUZZ_ENGINE_OPTIONS_H
#define FUZZ_ENGINE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "fuzz/model/model.h"

#define OPTIONS_BUDGET 2048 /* bytes of an input; larger ones mostly cost time */
#define OPTIONS_SYNTAX 10   /* percent */

struct engine_options {
    struct model_profile profile; /* TIMTAPE_FUZZ_PROFILE */
    unsigned syntax;              /* TIMTAPE_FUZZ_SYNTAX, percent */
    size_t budget;                /* TIMTAPE_FUZZ_BUDGET, bytes */
    uint64_t seed;                /* TIMTAPE_FUZZ_SEED: order of the boundary pass */
    const char *known;            /* TIMTAPE_FUZZ_KNOWN, file, or NULL */
    const char *coverage;         /* TIMTAPE_FUZZ_COVERAGE, file, or NULL */
    const char *explain;          /* TIMTAPE_FUZZ_EXPLAIN, file, or NULL */
    bool list;                    /* TIMTAPE_FUZZ_LIST=1 */
    bool plain;                   /* TIMTAPE_FUZZ_MUTATOR=off */
};

/* Texts point into the environment. -1: a value makes no sense. */
int engine_options_read(struct engine_options *options, struct fault *fault);

#endif
