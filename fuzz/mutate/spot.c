// SPDX-License-Identifier: MIT
// Choosing a spot: one weighted reservoir walk over all callbacks, parameters and nodes of a case.
#include <string.h>

#include "fuzz/mutate/edit.h"
#include "fuzz/mutate/spot.h"
#include "traces/jtree.h"
#include "traces/jtree_path.h"

/* Containers and scalars of the callback decide where a consumer goes; single values of a big object seldom
 * do. */
enum weight { LEAF = 3, ARRAY = 10, OBJECT = 8, ROOT = 8, PARAMETER = 12 };

struct walk {
    struct spot *spot;
    struct model_random *random;
    const cJSON *focus; /* NULL: everything counts */
    uint64_t total;
    size_t event;
    unsigned param;
    cJSON *chain[SPOT_DEEP];
};

bool
spot_param(const struct case_event *event, unsigned param)
{
    switch (event->callback->params[param].type) {
    case API_USER:
    case API_FN:
    case API_OUT:
    case API_VOID:
        return false;
    default:
        return true;
    }
}

static const struct model_type undeclared = {
    .json = API_J_ANY, .items = API_J_ANY, .object = -1, .enumeration = -1, .strings = -1};

struct model_type
spot_child(struct model_type type, const cJSON *node, const cJSON *child, const struct model_profile *profile)
{
    if ((node->type & 0xFF) == cJSON_Array)
        return type.json == API_J_ARRAY ? model_element(type) : undeclared;
    if (type.json != API_J_OBJECT || child->string == NULL || (child->type & JTREE_RAW_KEY) != 0)
        return undeclared;
    return model_member(type, node, child->string, profile);
}

void
spot_types(struct spot *spot, const struct fuzz_case *c, const struct model_profile *profile)
{
    spot->holder = undeclared;
    spot->type = model_payload_of(&c->events[spot->event], spot->param);
    if (spot->scalar)
        return;
    for (unsigned i = 1; i <= spot->depth; i++) {
        spot->holder = spot->type;
        spot->type = spot_child(spot->type, spot->chain[i - 1], spot->chain[i], profile);
    }
}

bool
spot_find(struct spot *spot, cJSON *from, const cJSON *node, unsigned at)
{
    spot->chain[at] = from;
    spot->depth = at;
    if (from == node)
        return true;
    if (at + 1 < SPOT_DEEP)
        for (cJSON *child = from->child; child != NULL; child = child->next)
            if (spot_find(spot, child, node, at + 1))
                return true;
    return false;
}

/* True: it is the one so far. */
static bool
draw(struct walk *walk, unsigned weight)
{
    walk->total += weight;
    return random_below(walk->random, walk->total) < weight;
}

static void
take(struct walk *walk, bool scalar, unsigned depth)
{
    struct spot *spot = walk->spot;
    spot->event = walk->event;
    spot->param = walk->param;
    spot->scalar = scalar;
    spot->depth = depth;
    if (!scalar)
        memcpy(spot->chain, walk->chain, (depth + 1) * sizeof *walk->chain);
}

static void
visit(struct walk *walk, cJSON *node, unsigned depth, bool inside)
{
    int kind = node->type & 0xFF;
    unsigned weight = kind == cJSON_Array ? ARRAY : kind == cJSON_Object ? OBJECT : LEAF;
    walk->chain[depth] = node;
    inside = inside || node == walk->focus;
    if (inside && draw(walk, depth == 0 ? ROOT : weight))
        take(walk, false, depth);
    if (depth + 1 < SPOT_DEEP)
        for (cJSON *child = node->child; child != NULL; child = child->next)
            visit(walk, child, depth + 1, inside);
}

static void
visit_event(struct walk *walk, struct case_event *event, struct arena *arena)
{
    for (unsigned p = 0; p < event->callback->nparams; p++) {
        if (!spot_param(event, p))
            continue;
        walk->param = p;
        if (event->args[p].kind == CASE_TREE || case_parse(&event->args[p], arena))
            visit(walk, event->args[p].tree, 0, walk->focus == NULL);
        else if (draw(walk, PARAMETER))
            take(walk, true, 0);
    }
}

/* The object or element that a spot is in: what else is special there goes together with it. */
static const cJSON *
around(const struct spot *spot)
{
    if (spot->scalar)
        return NULL;
    return spot->chain[spot->depth > 0 ? spot->depth - 1 : 0];
}

bool
spot_choose(struct spot *spot, struct fuzz_case *c, struct arena *arena, struct model_random *random,
            const struct spot *focus)
{
    struct walk walk = {.spot = spot, .random = random};
    if (focus != NULL)
        walk.focus = around(focus);
    for (walk.event = 0; walk.event < c->count; walk.event++)
        if (focus == NULL || focus->event == walk.event)
            visit_event(&walk, &c->events[walk.event], arena);
    return walk.total > 0;
}

/* ---- paths ---- */

static size_t
nth(const cJSON *parent, const cJSON *node)
{
    size_t count = 1;
    for (const cJSON *child = parent->child; child != NULL && child != node; child = child->next)
        if (child->string != NULL && strcmp(child->string, node->string) == 0)
            count++;
    return count;
}

static int
add_step(struct jtree_path *path, const cJSON *parent, const cJSON *node)
{
    if ((parent->type & 0xFF) == cJSON_Array) {
        size_t index = 0;
        for (const cJSON *child = parent->child; child != NULL && child != node; child = child->next)
            index++;
        return jtree_path_index(path, index);
    }
    struct jtree_text key;
    if (jtree_key(node, &key) != 0)
        return -1;
    int status = jtree_path_key(path, key.data, key.bytes, nth(parent, node));
    jtree_text_free(&key);
    return status;
}

const char *
spot_path(const struct spot *spot, const char *key, struct arena *arena)
{
    struct jtree_path path;
    if (spot->scalar || jtree_path_start(&path) != 0)
        return NULL;
    int status = 0;
    for (unsigned i = 1; i <= spot->depth && status == 0; i++)
        status = add_step(&path, spot->chain[i - 1], spot->chain[i]);
    if (key != NULL && status == 0)
        status = jtree_path_key(&path, key, strlen(key), 1);
    const char *text = status == 0 ? arena_text(arena, path.text, path.used) : NULL;
    jtree_path_free(&path);
    return text;
}
