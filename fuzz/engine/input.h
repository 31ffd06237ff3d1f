// SPDX-License-Identifier: MIT
/* Bytes that an engine hands over, as a case. */
#ifndef FUZZ_ENGINE_INPUT_H
#define FUZZ_ENGINE_INPUT_H

#include "fuzz/model/case.h"
#include "fuzz/mutate/mutate.h"

enum input_kind {
    INPUT_NOTHING, /* no bytes, or white space only, or no target takes a payload */
    INPUT_CASE,
    INPUT_RAW, /* not a case: the bytes are the payload of the first target that takes one */
};

/*
 * Every payload file is an input besides cases: what is not a case becomes one callback, the first target's
 * that has a JSON payload, with code 0, empty texts and zeros around it. `fault` says why it is not a case.
 * `data` must live as long as the case. -1: no memory.
 */
int input_read(struct fuzz_case *c, struct arena *arena, const struct mutate_target *targets, size_t ntargets,
               const char *data, size_t size, struct fault *fault);

#endif
