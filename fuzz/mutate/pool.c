// SPDX-License-Identifier: MIT
// Learned values: what later copies draw from.
#include <string.h>

#include "fuzz/mutate/edit.h"
#include "fuzz/mutate/pool.h"
#include "fuzz/mutate/spot.h"

#define POOL_BYTES (4U << 20)
#define VALUE_BYTES 2048 /* of one value */

int
pool_start(struct pool *pool)
{
    *pool = (struct pool){.arena = arena_new()};
    return pool->arena != NULL ? 0 : -1;
}

void
pool_end(struct pool *pool)
{
    arena_free(pool->arena);
    pool->arena = NULL;
}

bool
pool_alike(struct model_type a, struct model_type b)
{
    if (a.json == API_J_ANY || a.json != b.json)
        return false;
    switch (a.json) {
    case API_J_OBJECT:
        return a.object >= 0 && a.object == b.object;
    case API_J_ARRAY:
        return a.items == b.items && a.object == b.object && (a.object >= 0 || a.key == b.key);
    case API_J_STRING:
        return a.strings == b.strings;
    default:
        return a.enumeration == b.enumeration;
    }
}

static uint64_t
hash_node(const cJSON *node, uint64_t hash)
{
    hash = (hash ^ (uint64_t)(node->type & 0xFF)) * UINT64_C(0x100000001b3);
    for (const char *p = node->string; p != NULL && *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    for (const char *p = edit_container(node) ? NULL : node->valuestring; p != NULL && *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    for (const cJSON *child = node->child; child != NULL; child = child->next)
        hash = hash_node(child, hash);
    return hash;
}

static int
keep(struct pool *pool, struct model_type type, const cJSON *node)
{
    uint64_t hash = hash_node(node, UINT64_C(0xcbf29ce484222325));
    for (size_t i = 0; i < pool->nvalues; i++)
        if (pool->values[i].hash == hash)
            return 0;
    cJSON *copy = edit_copy(pool->arena, node);
    if (copy == NULL)
        return -1;
    pool->values[pool->nvalues++] = (struct pool_value){.hash = hash, .type = type, .tree = copy};
    return 0;
}

static int
learn(struct pool *pool, const cJSON *node, struct model_type type, const struct model_profile *profile,
      unsigned depth)
{
    if (pool->nvalues == POOL_VALUES || arena_used(pool->arena) > POOL_BYTES)
        return 0;
    /* Numbers and booleans are drawn well enough without. */
    bool telling = type.json == API_J_OBJECT || type.json == API_J_ARRAY || type.json == API_J_STRING;
    if (telling && edit_size(node) <= VALUE_BYTES && keep(pool, type, node) != 0)
        return -1;
    if (depth < SPOT_DEEP)
        for (const cJSON *child = node->child; child != NULL; child = child->next)
            if (learn(pool, child, spot_child(type, node, child, profile), profile, depth + 1) != 0)
                return -1;
    return 0;
}

static int
learn_event(struct pool *pool, const struct case_event *event)
{
    if (pool->nevents == POOL_EVENTS || arena_used(pool->arena) > POOL_BYTES)
        return 0;
    struct fuzz_case one = {.events = (struct case_event *)(uintptr_t)event, .count = 1, .room = 1},
                     copy = {0};
    if (case_copy(&copy, &one, pool->arena) != 0)
        return -1;
    pool->events[pool->nevents++] = copy.events[0];
    return 0;
}

int
pool_learn(struct pool *pool, const struct fuzz_case *c, const struct model_profile *profile)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct case_event *event = &c->events[i];
        bool valid = true;
        for (unsigned p = 0; p < event->callback->nparams; p++) {
            const struct case_value *value = &event->args[p];
            if (value->kind == CASE_TREE &&
                learn(pool, value->tree, model_payload_of(event, p), profile, 0) != 0)
                return -1;
            valid = valid && (value->kind != CASE_TEXT || event->callback->params[p].content != API_JSON);
        }
        if (valid && learn_event(pool, event) != 0)
            return -1;
    }
    return 0;
}

const cJSON *
pool_any(const struct pool *pool, struct model_type type, struct model_random *random)
{
    if (pool->nvalues == 0)
        return NULL;
    uint64_t start = random_below(random, pool->nvalues);
    for (size_t i = 0; i < pool->nvalues; i++) {
        const struct pool_value *value = &pool->values[(start + i) % pool->nvalues];
        if (pool_alike(type, value->type))
            return value->tree;
    }
    return NULL;
}
