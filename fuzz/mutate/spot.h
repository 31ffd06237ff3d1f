// SPDX-License-Identifier: MIT
/*
 * A spot: where in a case something is changed, and what is declared there. The walk looks only at the kinds
 * of nodes; types are looked up for the one spot that was chosen.
 */
#ifndef FUZZ_MUTATE_SPOT_H
#define FUZZ_MUTATE_SPOT_H

#include "fuzz/mutate/mutate.h"

#define SPOT_DEEP 24 /* what lies deeper is not looked into */

struct spot {
    size_t event;
    unsigned param;
    bool scalar;              /* the parameter itself (a number, a text): no tree */
    unsigned depth;           /* of the node: chain[depth]; 0 is the payload's root */
    cJSON *chain[SPOT_DEEP];  /* root first */
    struct model_type type;   /* of the node */
    struct model_type holder; /* of the object or array that has it; root: nothing declared */
};

static inline cJSON *
spot_node(const struct spot *spot)
{
    return spot->scalar ? NULL : spot->chain[spot->depth];
}

static inline cJSON *
spot_parent(const struct spot *spot)
{
    return spot->scalar || spot->depth == 0 ? NULL : spot->chain[spot->depth - 1];
}

/* Is the value of that parameter of that callback one that may be changed at all? */
bool spot_param(const struct case_event *event, unsigned param);
/* Sets chain and depth to where `node` is below `from` (at depth `at` of the chain). False: it is not there.
 */
bool spot_find(struct spot *spot, cJSON *from, const cJSON *node, unsigned at);
/* Fills type and holder from event, param, chain and depth. */
void spot_types(struct spot *spot, const struct fuzz_case *c, const struct model_profile *profile);
/* The type of a child of `node`, which has `type`. */
struct model_type spot_child(struct model_type type, const cJSON *node, const cJSON *child,
                             const struct model_profile *profile);
/* The path of the chain as jtree_at reads it; `key`: of a member of that name that is not there (NULL: of the
 * node). NULL: no memory, or a scalar. */
const char *spot_path(const struct spot *spot, const char *key, struct arena *arena);

/*
 * One walk over the case; every node competes with its weight. `focus`: only at and below this node and in
 * the scalars beside it (NULL: everywhere). False: there is nothing.
 */
bool spot_choose(struct spot *spot, struct fuzz_case *c, struct arena *arena, struct model_random *random,
                 const struct spot *focus);

#endif
