// SPDX-License-Identifier: MIT
// Elements of an array: another number of them, one twice, in another order.
#include "fuzz/mutate/work.h"

static int
resize(struct work *work, struct spot *spot)
{
    static const unsigned char lengths[] = {0, 0, 0, 1, 2, 3, 17};
    cJSON *array = spot_node(spot);
    size_t have = edit_count(array), want = lengths[work_below(work, work->grow ? 7 : 4)];
    size_t one = array->child != NULL ? edit_size(array->child) : 0, budget = work->mutator->budget;
    bool copies = one * want < budget / 4;
    if (have == want)
        return 0;
    const char *was = work_show(work, array);
    while (have > want) {
        edit_remove(array, edit_child(array, want));
        have--;
    }
    for (; have < want; have++) {
        cJSON *element = array->child != NULL && copies && random_once_in(&work->random, 2)
                             ? edit_copy(work->arena, array->child)
                             : value_make(work, model_element(spot->type), want > 4 ? 1 : 6);
        if (work_got(work, element) == NULL)
            return 0;
        edit_append(array, element);
    }
    work_record(work, spot, OP_RESIZE, true, NULL, was, work_show(work, array));
    return 1;
}

static int
clone(struct work *work, struct spot *spot)
{
    cJSON *node = spot_node(spot), *array = spot_parent(spot);
    cJSON *twin = work_got(work, edit_copy(work->arena, node));
    if (twin == NULL)
        return 0;
    edit_after(array, node, twin);
    spot->chain[spot->depth] = twin;
    work_record(work, spot, OP_CLONE, true, NULL, NULL, work_show(work, twin));
    /* Alike but for one thing: an element of which the first one says nothing. */
    if (edit_container(twin) && twin->child != NULL && !random_once_in(&work->random, 3)) {
        struct spot inner = *spot;
        cJSON *child = edit_child(twin, work_below(work, edit_count(twin)));
        for (cJSON *one = twin->child; one != NULL; one = one->next)
            if ((one->type & 0xFF) == cJSON_Array && random_once_in(&work->random, 2))
                child = one;
        if (inner.depth + 1 < SPOT_DEEP) {
            inner.chain[++inner.depth] = child;
            spot_types(&inner, work->c, work->profile);
            apply_node(work, &inner);
        }
    }
    return 1;
}

static int
drop(struct work *work, struct spot *spot)
{
    work_record(work, spot, OP_DROP, true, NULL, work_show(work, spot_node(spot)), NULL);
    edit_remove(spot_parent(spot), spot_node(spot));
    return 1;
}

static int
move(struct work *work, struct spot *spot)
{
    cJSON *array = spot_parent(spot), *node = spot_node(spot);
    cJSON *other = edit_child(array, work_below(work, edit_count(array)));
    if (other == node || edit_same(other, node))
        return 0;
    const char *was = work_show(work, node);
    edit_swap(array, node, other);
    work_record(work, spot, OP_MOVE, true, NULL, was, work_show(work, other));
    return 1;
}

int
apply_array(struct work *work, struct spot *spot, enum mutate_operation operation)
{
    if (operation == OP_RESIZE)
        return resize(work, spot);
    if (spot_parent(spot) == NULL || (spot_parent(spot)->type & 0xFF) != cJSON_Array)
        return 0;
    switch (operation) {
    case OP_CLONE:
        return clone(work, spot);
    case OP_DROP:
        return drop(work, spot);
    default:
        return move(work, spot);
    }
}
