// SPDX-License-Identifier: MIT
// An ordinary value of a declared type, from the description alone.
#include <string.h>

#include "fuzz/model/model_check.h"
#include "fuzz/model/model_keys.h"
#include "fuzz/model/model_make.h"
#include "traces/jtree.h"

#define BUDGET 60

/* The objects that are being made, innermost first: recursion is bounded by kind. */
struct inside {
    const struct inside *up;
    int16_t object;
};

static cJSON *make(struct model_maker *maker, struct model_type type, const struct inside *up);

int
model_put(cJSON *object, const char *name, cJSON *value)
{
    if (value != NULL && jtree_add_member(object, name, strlen(name), value) == 0)
        return 0;
    cJSON_Delete(value);
    return -1;
}

static unsigned
rounds(const struct inside *up, int16_t object)
{
    unsigned count = 0;
    for (; up != NULL; up = up->up)
        count += up->object == object;
    return count;
}

static bool
is_wanted(struct model_maker *maker, const struct api_key *key, const struct inside *up)
{
    bool container = key->json == API_J_OBJECT || key->json == API_J_ARRAY;
    if (key->json == API_J_ANY || (key->object >= 0 && rounds(up, key->object) > maker->depth))
        return false;
    if (key->required)
        return true;
    if (maker->budget <= 1 || key->unused || key->deprecated || !key->readable)
        return maker->budget > 1 && random_once_in(maker->random, 16);
    return random_once_in(maker->random, container ? 3 : 2);
}

static int
add_keys(struct model_maker *maker, cJSON *object, const struct api_object *declared, const struct inside *up)
{
    for (unsigned i = 0; i < declared->nkeys; i++) {
        const struct api_key *key = &declared->keys[i];
        /* What is drawn first is cheap; most keys of a large object are not wanted. */
        if (!is_wanted(maker, key, up) || !model_key_in(key, &maker->profile, true) ||
            !model_means(declared, key, object, &maker->profile) || jtree_get(object, key->name) != NULL)
            continue;
        if (model_put(object, key->name, make(maker, model_of_key(key), up)) != 0)
            return -1;
    }
    return 0;
}

/* The number that says "this variant", in this profile; now and then as the samples have it. */
static bool
selector_value(struct model_maker *maker, const struct api_object *type, unsigned variant, int64_t *value)
{
    const struct api_key *selector = model_find_key(type, type->selector);
    const struct api_enum *list = selector->enumeration >= 0 ? &api_enums[selector->enumeration] : NULL;
    const char *name = NULL;
    for (unsigned i = 0; list != NULL && i < list->nconstants; i++)
        if (list->constants[i].until == NULL && list->constants[i].value == type->variants[variant].value)
            name = list->constants[i].name;
    for (unsigned i = 0; name != NULL && i < list->nconstants; i++) {
        const struct api_constant *constant = &list->constants[i];
        if (strcmp(constant->name, name) != 0 || !model_constant_in(constant, &maker->profile))
            continue;
        *value = constant->value;
        if (maker->profile.page && constant->sampled && random_once_in(maker->random, 4))
            *value = constant->seen;
        return true;
    }
    return false;
}

/* Counts and parallel arrays are right in an ordinary object. */
static int
agree(cJSON *object, const struct api_object *declared)
{
    for (cJSON *child = object->child, *next; child != NULL; child = next) {
        const struct api_key *key = model_find_key(declared, child->string);
        next = child->next;
        if (key == NULL || model_agrees(key, object, child))
            continue;
        const cJSON *array = jtree_get(object, key->counts != NULL ? key->counts : key->parallel);
        int64_t count = cJSON_GetArraySize(array);
        if (key->counts != NULL && model_replace(object, child, jtree_new_int64(count)) != 0)
            return -1;
        if (key->parallel != NULL && child->child == NULL)
            cJSON_Delete(cJSON_DetachItemViaPointer(object, child));
        else if (key->parallel != NULL && model_set_length(child, count) != 0)
            return -1;
    }
    return 0;
}

static int
fill_variant(struct model_maker *maker, struct model_type type, cJSON *object, unsigned variant,
             const struct inside *up)
{
    const struct api_object *declared = model_object(type), *own;
    int64_t value;
    if (variant >= declared->nvariants || !selector_value(maker, declared, variant, &value))
        return -1;
    own = &api_objects[declared->variants[variant].object];
    cJSON *now = jtree_get(object, declared->selector), *number = jtree_new_int64(value);
    if (now != NULL ? model_replace(object, now, number) != 0
                    : model_put(object, declared->selector, number) != 0)
        return -1;
    if (add_keys(maker, object, own, up) != 0)
        return -1;
    for (unsigned i = 0; object->child == object->child->prev && i < own->nkeys; i++)
        if (model_key_in(&own->keys[i], &maker->profile, true) && own->keys[i].json != API_J_ANY &&
            own->keys[i].object < 0 && own->keys[i].when == NULL)
            return model_put(object, own->keys[i].name, make(maker, model_of_key(&own->keys[i]), up));
    return agree(object, own);
}

/* Variants come and go with the versions. */
static int
some_variant(struct model_maker *maker, struct model_type type, cJSON *object, const struct inside *up)
{
    const struct api_object *declared = model_object(type);
    unsigned first = (unsigned)random_below(maker->random, declared->nvariants);
    for (unsigned i = 0; i < declared->nvariants; i++) {
        unsigned variant = (first + i) % declared->nvariants;
        int64_t value;
        if (selector_value(maker, declared, variant, &value) &&
            rounds(up, declared->variants[variant].object) <= maker->depth)
            return fill_variant(maker, type, object, variant, up);
    }
    return 0;
}

static cJSON *
make_object(struct model_maker *maker, struct model_type type, const struct inside *up)
{
    const struct api_object *declared = model_object(type);
    const struct inside here = {up, type.object};
    cJSON *object = cJSON_CreateObject();
    if (object == NULL || declared == NULL)
        return object;
    int status = declared->selector != NULL ? some_variant(maker, type, object, &here) : 0;
    if (status == 0)
        status = add_keys(maker, object, declared, &here);
    if (status == 0)
        status = agree(object, declared);
    if (status != 0) {
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

static cJSON *
make_array(struct model_maker *maker, struct model_type type, const struct inside *up)
{
    struct model_type element = model_element(type);
    uint64_t count = up == NULL ? 1 : random_below(maker->random, 3);
    cJSON *array = cJSON_CreateArray();
    if (random_once_in(maker->random, 4))
        count++;
    if (element.json == API_J_ANY || array == NULL)
        return array;
    for (; count > 0; count--) {
        cJSON *value = make(maker, element, up);
        if (value == NULL) {
            cJSON_Delete(array);
            return NULL;
        }
        jtree_add_element(array, value);
        if (maker->budget == 1)
            break;
    }
    return array;
}

static cJSON *
make(struct model_maker *maker, struct model_type type, const struct inside *up)
{
    if (maker->budget > 1)
        maker->budget--;
    switch (type.json) {
    case API_J_BOOL:
        return cJSON_CreateBool(random_once_in(maker->random, 2));
    case API_J_STRING:
        return model_make_string(maker, type);
    case API_J_ARRAY:
        return make_array(maker, type, up);
    case API_J_OBJECT:
        return make_object(maker, type, up);
    case API_J_ANY:
        return cJSON_CreateObject();
    default:
        return model_make_number(maker, type);
    }
}

static void
defaults(struct model_maker *maker)
{
    if (maker->depth == 0)
        maker->depth = 1;
    if (maker->budget == 0)
        maker->budget = BUDGET;
}

cJSON *
model_make(struct model_maker *maker, struct model_type type)
{
    defaults(maker);
    return make(maker, type, NULL);
}

int
model_make_variant(struct model_maker *maker, struct model_type type, cJSON *object, unsigned variant)
{
    const struct api_object *declared = type.json == API_J_OBJECT ? model_object(type) : NULL;
    defaults(maker);
    if (declared == NULL || variant >= declared->nvariants)
        return -1;
    const struct inside here = {NULL, type.object};
    const struct api_object *own = &api_objects[declared->variants[variant].object];
    for (cJSON *child = object->child, *next; child != NULL; child = next) {
        const char *name = model_member_name(child);
        next = child->next;
        if (name != NULL && model_find_key(declared, name) == NULL && model_find_key(own, name) == NULL &&
            model_any_key(declared, name) != NULL)
            cJSON_Delete(cJSON_DetachItemViaPointer(object, child));
    }
    return fill_variant(maker, type, object, variant, &here);
}
