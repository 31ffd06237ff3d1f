// SPDX-License-Identifier: MIT
#ifndef FUZZ_ENGINE_AFL_LEARN_H
#define FUZZ_ENGINE_AFL_LEARN_H

#include "base/fault.h"
#include "fuzz/mutate/mutate.h"

/* What the target of this afl-fuzz is bound to: runs it once with TIMTAPE_FUZZ_LIST=1. *targets is malloc'd.
 * -1: it could not be run, or said nothing within 20 seconds. */
int afl_learn(struct mutate_target **targets, size_t *count, struct fault *fault);

#endif
