// SPDX-License-Identifier: MIT
// What can be done to one node: an operation is drawn by weight among those that make sense there.
#include <string.h>

#include "fuzz/mutate/work.h"
#include "traces/jtree.h"

enum place { ANYWHERE, MEMBER = 1, ELEMENT = 2, ARRAY = 4, OBJECT = 8, GROWS = 16 };

/* Weights were set so that the valid lane stays typed in at least 85 of 100 results, and so that what most
 * consumers forget (keys that are not there, arrays that are empty) comes most often. */
static const struct choice {
    unsigned char operation, weight, needs;
} choices[] = {
    {OP_NUMBER, 24, ANYWHERE}, /* stands for all special values of the type */
    {OP_REMAKE, 6, ANYWHERE},          {OP_ADD, 30, OBJECT | GROWS}, {OP_ADD, 20, ARRAY | GROWS},
    {OP_MISSING, 12, MEMBER},          {OP_DROP, 8, ELEMENT},        {OP_RESIZE, 12, ARRAY},
    {OP_CLONE, 10, ELEMENT | GROWS},   {OP_MOVE, 3, ELEMENT},        {OP_COPY, 5, ANYWHERE},
    {OP_COPY, 6, ARRAY | GROWS}, /* a whole into a part of it: nesting that no boundary has */
    {OP_COPY, 5, OBJECT | GROWS},      {OP_SPLICE, 6, ANYWHERE},     {OP_NULL, 5, ANYWHERE},
    {OP_WRONG, 8, ANYWHERE},           {OP_NEAR_KEY, 2, MEMBER},     {OP_EXTRA, 2, OBJECT | GROWS},
    {OP_DUPLICATE, 2, MEMBER | GROWS}, {OP_RENAME, 2, MEMBER},
};

static unsigned
abilities(const struct work *work, const struct spot *spot)
{
    const cJSON *node = spot_node(spot), *parent = spot_parent(spot);
    unsigned has = work->grow ? GROWS : 0;
    if ((node->type & 0xFF) == cJSON_Array)
        has |= ARRAY;
    if ((node->type & 0xFF) == cJSON_Object)
        has |= OBJECT;
    if (parent != NULL)
        has |= (parent->type & 0xFF) == cJSON_Object ? MEMBER : ELEMENT;
    return has;
}

static enum mutate_operation
draw(struct work *work, unsigned has)
{
    enum mutate_operation chosen = OP_REMAKE;
    uint64_t total = 0;
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        if ((choices[i].needs & ~has) != 0)
            continue;
        total += choices[i].weight;
        if (work_below(work, total) < choices[i].weight)
            chosen = choices[i].operation;
    }
    return chosen;
}

/* Puts `value` there unless it is what is there. */
static int
put(struct work *work, struct spot *spot, cJSON *value, enum mutate_operation operation)
{
    cJSON *node = spot_node(spot);
    if (work_got(work, value) == NULL || edit_same(node, value))
        return 0;
    const char *was = work_show(work, node);
    edit_become(node, value);
    struct mutation *mutation = work_record(work, spot, operation, true, NULL, was, work_show(work, node));
    work_classify(work, spot, mutation);
    if (operation != OP_REMAKE)
        mutation->operation = (uint16_t)value_operation(mutation->variation);
    return 1;
}

static int
special(struct work *work, struct spot *spot)
{
    cJSON *value = value_special(work, spot->type, spot_node(spot));
    return value == NULL ? 0 : put(work, spot, value, OP_NUMBER);
}

static cJSON *
other_kind(struct work *work, struct model_type type)
{
    struct arena *arena = work->arena;
    switch (work_below(work, 10)) {
    case 0:
        return edit_new(arena, cJSON_True);
    case 1:
        return edit_new(arena, cJSON_False);
    case 2:
    case 3:
        return edit_unsigned(arena, work_below(work, 100));
    case 4:
        return edit_string(arena, "7", 1);
    case 5:
        return edit_string(arena, "text", 4);
    case 6: { /* one of it where several are declared, and the other way round */
        cJSON *array = edit_new(arena, cJSON_Array), *element = value_make(work, type, 6);
        if (type.json == API_J_ARRAY)
            return value_make(work, model_element(type), 6);
        if (array != NULL && element != NULL)
            edit_append(array, element);
        return array;
    }
    case 7:
        return edit_new(arena, cJSON_Array);
    default:
        return edit_new(arena, cJSON_Object);
    }
}

static int
missing(struct work *work, struct spot *spot)
{
    cJSON *node = spot_node(spot);
    bool positive = model_variation_positive(spot->type, MODEL_ABSENT);
    struct mutation *mutation =
        work_record(work, spot, positive ? OP_DROP : OP_MISSING, positive, NULL, work_show(work, node), NULL);
    mutation->variation = MODEL_ABSENT;
    edit_remove(spot_parent(spot), node);
    return 1;
}

static bool
is_member(const struct spot *spot)
{
    return spot_parent(spot) != NULL && (spot_parent(spot)->type & 0xFF) == cJSON_Object;
}

int
apply_variation(struct work *work, struct spot *spot, enum model_variation variation)
{
    if (model_variation_of_member(variation) || variation == MODEL_EXTRA_KEY) {
        if (variation != MODEL_EXTRA_KEY && !is_member(spot))
            return 0;
        return variation == MODEL_ABSENT ? missing(work, spot)
                                         : apply_key(work, spot, value_operation(variation));
    }
    struct model_maker maker = {.random = &work->random, .profile = *work->profile, .depth = 1, .budget = 12};
    cJSON *value = model_vary(&maker, spot->type, variation, spot_node(spot));
    return value == NULL ? 0 : put(work, spot, value, value_operation(variation));
}

/* A place that was made, and is special at once: one deviation in the end. */
static void
alter_made(struct work *work, struct spot *spot)
{
    unsigned before = work->done->count;
    int changed;
    if (is_member(spot) && random_once_in(&work->random, 4))
        changed = missing(work, spot);
    else if (random_once_in(&work->random, 5))
        changed = put(work, spot, other_kind(work, spot->type), OP_WRONG);
    else
        changed = special(work, spot);
    if (changed && before > 0 && work->done->count > before) {
        work->done->list[before].was = NULL;
        work->done->list[before - 1] = work->done->list[before];
        work->done->count = before;
    }
}

static int
add(struct work *work, struct spot *spot)
{
    if (!reach_any(work, spot))
        return 0;
    struct mutation *mutation =
        work_record(work, spot, OP_ADD, true, NULL, NULL, work_show(work, spot_node(spot)));
    work_classify(work, spot, mutation);
    if (!random_once_in(&work->random, 3))
        alter_made(work, spot);
    return 1;
}

static int
operate(struct work *work, struct spot *spot, enum mutate_operation operation)
{
    switch (operation) {
    case OP_NUMBER:
        return special(work, spot);
    case OP_REMAKE:
        return put(work, spot, value_make(work, spot->type, 12), OP_REMAKE);
    case OP_ADD:
        return add(work, spot);
    case OP_MISSING:
        return missing(work, spot);
    case OP_NULL:
        return put(work, spot, edit_new(work->arena, cJSON_NULL), OP_NULL);
    case OP_WRONG:
        return put(work, spot, other_kind(work, spot->type), OP_WRONG);
    case OP_COPY:
        return apply_copy(work, spot);
    case OP_SPLICE:
        return apply_splice(work, spot);
    case OP_DROP:
    case OP_RESIZE:
    case OP_CLONE:
    case OP_MOVE:
        return apply_array(work, spot, operation);
    default:
        return apply_key(work, spot, operation);
    }
}

int
apply_node(struct work *work, struct spot *spot)
{
    return operate(work, spot, draw(work, abilities(work, spot)));
}
