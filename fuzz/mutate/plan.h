// SPDX-License-Identifier: MIT
/* The exhaustive pass: the list of (place, variation) of all targets in the order in which they are given. */
#ifndef FUZZ_MUTATE_PLAN_H
#define FUZZ_MUTATE_PLAN_H

#include "fuzz/mutate/mutate.h"

#define PLAN_DEEP 12
#define PLAN_FORMS                                                                                           \
    5 /* what a payload can be as a whole: 0 itself, NULL, "", an empty document of either kind */

/* One step down: a member, of an object that is of that variant (-1: no union), or any element. */
struct plan_step {
    const struct api_key *key; /* NULL: an element */
    int16_t variant;
};

struct plan_place {
    uint32_t target;
    uint8_t param;
    uint8_t steps;
    bool scalar;
    struct plan_step step[PLAN_DEEP];
    struct model_type type;
};

struct plan_point {
    uint32_t place;
    uint8_t variation;
    uint8_t rank;   /* place of the variation in what is telling for its type */
    uint8_t form;   /* pairs: which form the payload takes besides, 0: as it is */
    uint64_t order; /* within a rank */
};

struct plan {
    struct plan_place *places;
    size_t nplaces;
    struct plan_point *points;
    size_t npoints, next;
};

/* NULL: no memory. */
struct plan *plan_make(const struct mutate_options *options);
void plan_free(struct plan *plan);

#endif
