// SPDX-License-Identifier: MIT
// Going down to a declared place: what is needed on the way is made, so a deep deviation is really delivered.
#include <string.h>

#include "fuzz/mutate/work.h"
#include "traces/jtree.h"

static bool
go(struct spot *spot, cJSON *child, struct model_type type)
{
    if (spot->depth + 1 >= SPOT_DEEP)
        return false;
    spot->holder = spot->type;
    spot->type = type;
    spot->chain[++spot->depth] = child;
    return true;
}

static const struct api_object *
union_of(struct model_type type)
{
    if (type.json != API_J_OBJECT || type.object < 0 || api_objects[type.object].selector == NULL)
        return NULL;
    return &api_objects[type.object];
}

static bool
is_variant(const struct api_object *of, const cJSON *object, int variant)
{
    int64_t value;
    const cJSON *selector = (object->type & 0xFF) == cJSON_Object ? jtree_get(object, of->selector) : NULL;
    return selector != NULL && jtree_int64(selector, &value) && value == of->variants[variant].value;
}

/* The node becomes what it is declared as, of that variant. */
static bool
shape(struct work *work, cJSON *node, struct model_type type, int variant, bool *made)
{
    const struct api_object *of = union_of(type);
    int kind = type.json == API_J_OBJECT ? cJSON_Object : cJSON_Array;
    if ((node->type & 0xFF) == kind && (of == NULL || variant < 0 || is_variant(of, node, variant)))
        return true;
    cJSON *value = type.json == API_J_OBJECT ? value_object(work, type, variant, 16)
                                             : edit_new(work->arena, cJSON_Array);
    if (work_got(work, value) == NULL)
        return false;
    edit_become(node, value);
    *made = true;
    return true;
}

/* A key that means something only while another one has a certain value. */
static bool
keep_condition(struct work *work, struct spot *spot, cJSON *object, const struct api_key *key)
{
    if (key->when_key == NULL || key->when == NULL)
        return true;
    struct model_type type = model_member(spot->type, object, key->when_key, work->profile);
    if (type.enumeration < 0)
        return true;
    const struct api_enum *names = &api_enums[type.enumeration];
    const struct api_constant *wanted = NULL;
    cJSON *at = jtree_get(object, key->when_key);
    int64_t now;
    for (unsigned i = 0; key->when[i] != NULL; i++)
        for (unsigned k = 0; k < names->nconstants; k++)
            if (strcmp(names->constants[k].name, key->when[i]) == 0 && names->constants[k].until == NULL) {
                if (at != NULL && jtree_int64(at, &now) && now == names->constants[k].value)
                    return true;
                wanted = wanted != NULL ? wanted : &names->constants[k];
            }
    if (wanted == NULL)
        return true;
    cJSON *value = work_got(work, edit_signed(work->arena, wanted->value));
    if (value == NULL)
        return false;
    if (at != NULL) {
        edit_become(at, value);
    } else {
        edit_name(value, key->when_key);
        edit_append(object, value);
    }
    return true;
}

bool
reach_key(struct work *work, struct spot *spot, const struct api_key *key, int variant, bool *made)
{
    cJSON *object = spot_node(spot);
    if (spot->type.json != API_J_OBJECT || !shape(work, object, spot->type, variant, made) ||
        !keep_condition(work, spot, object, key))
        return false;
    struct model_type type = model_member(spot->type, object, key->name, work->profile);
    cJSON *child = jtree_get(object, key->name);
    if (child == NULL) {
        child = work_got(work, value_make(work, type, 12));
        if (child == NULL)
            return false;
        edit_name(child, key->name);
        edit_append(object, child);
        *made = true;
    }
    return go(spot, child, type);
}

bool
reach_element(struct work *work, struct spot *spot, int variant, bool *made)
{
    cJSON *array = spot_node(spot);
    if (spot->type.json != API_J_ARRAY || !shape(work, array, spot->type, -1, made))
        return false;
    struct model_type type = model_element(spot->type);
    const struct api_object *of = union_of(type);
    cJSON *child = NULL;
    unsigned seen = 0;
    for (cJSON *one = array->child; one != NULL; one = one->next)
        if ((of == NULL || variant < 0 || is_variant(of, one, variant)) && work_below(work, ++seen) == 0)
            child = one;
    if (child == NULL && array->child != NULL && work->replace) {
        child = array->child;
        if (!shape(work, child, type, variant, made))
            return false;
    }
    if (child == NULL) {
        child =
            type.json == API_J_OBJECT ? value_object(work, type, variant, 16) : value_make(work, type, 12);
        if (work_got(work, child) == NULL)
            return false;
        edit_append(array, child);
        *made = true;
    }
    return go(spot, child, type);
}

/* Containers first: there is more behind them. */
static const struct api_key *
any_key(struct work *work, struct model_type type, const cJSON *object)
{
    const struct api_key *key, *chosen = NULL;
    const struct api_object *of = union_of(type);
    cJSON *selector = of != NULL ? jtree_get(object, of->selector) : NULL, alone, bare;
    uint64_t total = 0;
    /* With nothing but its selector, so that keys which mean something only beside another value are there,
     * too: reaching one sets that other value. */
    if (selector != NULL) {
        alone = *selector;
        alone.next = NULL;
        alone.prev = &alone;
        bare = (cJSON){.type = cJSON_Object, .child = &alone};
    }
    object = selector != NULL ? &bare : NULL;
    for (unsigned i = 0; (key = model_key(type, object, i, work->profile)) != NULL; i++) {
        unsigned weight = key->json == API_J_ARRAY || key->json == API_J_OBJECT ? 6
                          : key->deprecated || key->unused                      ? 1
                                                                                : 3;
        total += weight;
        if (work_below(work, total) < weight)
            chosen = key;
    }
    return chosen;
}

int
reach_any(struct work *work, struct spot *spot)
{
    bool made = false;
    for (unsigned steps = 0; steps < 6 && !work->no_memory; steps++) {
        if (spot->type.json == API_J_ARRAY) {
            struct model_type type = model_element(spot->type);
            const struct api_object *of = union_of(type);
            int variant = of != NULL && of->nvariants > 0 ? (int)work_below(work, of->nvariants) : -1;
            if (type.json == API_J_ANY || !reach_element(work, spot, variant, &made))
                break;
        } else if (spot->type.json == API_J_OBJECT && spot->type.object >= 0) {
            cJSON *object = spot_node(spot);
            if (!shape(work, object, spot->type, -1, &made))
                break;
            const struct api_key *key = any_key(work, spot->type, object);
            if (key == NULL || !reach_key(work, spot, key, -1, &made))
                break;
        } else {
            break;
        }
        if (steps > 0 && random_once_in(&work->random, 4))
            break;
    }
    return made ? 1 : 0;
}
