// SPDX-License-Identifier: MIT
/* What was learned: values by declared type, and whole callbacks. Copies, bounded in number and bytes. */
#ifndef FUZZ_MUTATE_POOL_H
#define FUZZ_MUTATE_POOL_H

#include "fuzz/mutate/mutate.h"

#define POOL_VALUES 1024
#define POOL_EVENTS 64

struct pool_value {
    uint64_t hash; /* of its print: none is kept twice */
    struct model_type type;
    const cJSON *tree;
};

struct pool {
    struct arena *arena;
    struct pool_value values[POOL_VALUES];
    struct case_event events[POOL_EVENTS];
    size_t nvalues, nevents;
};

int pool_start(struct pool *pool);
void pool_end(struct pool *pool);
int pool_learn(struct pool *pool, const struct fuzz_case *c, const struct model_profile *profile);
/* Any value that may stand where `type` is declared, or NULL. */
const cJSON *pool_any(const struct pool *pool, struct model_type type, struct model_random *random);
/* May a value of type b stand where a is declared? */
bool pool_alike(struct model_type a, struct model_type b);

#endif
