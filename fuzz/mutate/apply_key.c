// SPDX-License-Identifier: MIT
// Departures that concern a key: spelled otherwise, twice, one too many.
#include <stdio.h>
#include <string.h>

#include "fuzz/mutate/work.h"
#include "traces/jtree.h"

static int
other_name(struct work *work, struct spot *spot, enum model_variation variation)
{
    char other[128];
    cJSON *node = spot_node(spot);
    const char *was = node->string;
    struct model_maker maker = {.random = &work->random, .profile = *work->profile};
    if ((node->type & JTREE_RAW_KEY) != 0 ||
        !model_other_name(&maker, spot->holder, spot_parent(spot), was, variation, other, sizeof other))
        return 0;
    char *name = arena_text(work->arena, other, strlen(other));
    if (name == NULL) {
        work->no_memory = true;
        return 0;
    }
    struct mutation *mutation = work_record(work, spot, value_operation(variation), false, NULL, was, name);
    mutation->variation = (uint16_t)variation;
    edit_name(node, name);
    return 1;
}

static int
extra(struct work *work, struct spot *spot)
{
    static const char *const names[] = {"unknown", "type", "a.b", "x y", "\xe9\x94\xae", "__proto__"};
    cJSON *object = spot_node(spot);
    const char *name = names[work_below(work, sizeof names / sizeof *names)];
    if ((object->type & 0xFF) != cJSON_Object || jtree_get(object, name) != NULL)
        return 0;
    struct model_type any = {.json = API_J_STRING, .object = -1, .enumeration = -1, .strings = -1};
    cJSON *value = work_got(work, value_make(work, any, 3));
    if (value == NULL)
        return 0;
    edit_name(value, name);
    edit_append(object, value);
    work_record(work, spot, OP_EXTRA, false, NULL, NULL, name)->variation = MODEL_EXTRA_KEY;
    return 1;
}

/* The first of two is what most parsers find; which of them is special is drawn. */
static int
duplicate(struct work *work, struct spot *spot)
{
    cJSON *node = spot_node(spot), *twin = work_got(work, edit_copy(work->arena, node));
    if (twin == NULL)
        return 0;
    if (random_once_in(&work->random, 2)) {
        cJSON *value = work_got(work, value_make(work, spot->type, 12));
        if (value == NULL)
            return 0;
        edit_become(twin, value);
    }
    edit_after(spot_parent(spot), node, twin);
    work_record(work, spot, OP_DUPLICATE, false, NULL, work_show(work, node), work_show(work, twin))
        ->variation = MODEL_DUPLICATE;
    return 1;
}

int
apply_key(struct work *work, struct spot *spot, enum mutate_operation operation)
{
    if (operation == OP_EXTRA)
        return extra(work, spot);
    if (spot_parent(spot) == NULL || (spot_parent(spot)->type & 0xFF) != cJSON_Object)
        return 0;
    switch (operation) {
    case OP_NEAR_KEY:
        return other_name(work, spot, MODEL_NEAR_MISS);
    case OP_DUPLICATE:
        return duplicate(work, spot);
    default:
        return other_name(work, spot, MODEL_RENAMED);
    }
}
