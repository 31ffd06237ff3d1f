// SPDX-License-Identifier: MIT
#ifndef FUZZ_ENGINE_AFL_TRIM_H
#define FUZZ_ENGINE_AFL_TRIM_H

#include "fuzz/engine/produce.h"

/* A queue entry made smaller by whole callbacks, members and elements; afl-fuzz says which steps hold. */
struct afl_trim {
    struct mutator *mutator;
    struct arena *arena, *next; /* of `now`; of the candidate */
    struct fuzz_case now, smaller;
    uint64_t candidate;
    unsigned steps;
    char text[1 << 16];
    bool ended;
};

/* 0: ready; -1: no memory. */
int afl_trim_init(struct afl_trim *trim, struct mutator *mutator);
void afl_trim_free(struct afl_trim *trim);
/* 1: there is something to try; 0: none of ours, or too large. */
int afl_trim_begin(struct afl_trim *trim, const char *text, size_t size);
/* The next candidate, 0: none is left. */
size_t afl_trim_next(struct afl_trim *trim, const char **text);
/* True: the candidate holds. 1: that was all; 0: go on. */
int afl_trim_took(struct afl_trim *trim, bool held);

#endif
