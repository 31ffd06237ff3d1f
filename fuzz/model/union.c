// SPDX-License-Identifier: MIT
// Which variant an object of a union is, and which keys mean something in it.
#include <string.h>

#include "fuzz/model/model_keys.h"
#include "traces/jtree.h"

static const struct api_enum *
choices(const struct api_object *type)
{
    for (unsigned i = 0; i < type->nkeys; i++)
        if (type->keys[i].enumeration >= 0 && strcmp(type->keys[i].name, type->selector) == 0)
            return &api_enums[type->keys[i].enumeration];
    return NULL;
}

/* The variants are listed by the newest numbers. */
static const struct api_object *
by_newest(const struct api_object *type, int64_t value)
{
    for (unsigned i = 0; i < type->nvariants; i++)
        if (type->variants[i].value == value)
            return &api_objects[type->variants[i].object];
    return NULL;
}

static const struct api_object *
by_constant(const struct api_object *type, const struct api_enum *list, const char *name)
{
    for (unsigned i = 0; i < list->nconstants; i++)
        if (list->constants[i].until == NULL && strcmp(list->constants[i].name, name) == 0)
            return by_newest(type, list->constants[i].value);
    return NULL;
}

static bool
has_key_of(const cJSON *object, const struct api_object *variant)
{
    for (const cJSON *child = object->child; child != NULL; child = child->next)
        if (child->string != NULL && model_find_key(variant, child->string) != NULL)
            return true;
    return false;
}

const struct api_object *
model_variant(const struct api_object *type, const cJSON *object, const struct model_profile *profile)
{
    const struct api_enum *list = type->selector != NULL ? choices(type) : NULL;
    const cJSON *node = list != NULL && object != NULL ? jtree_get(object, type->selector) : NULL;
    int64_t value;
    if (node == NULL || !jtree_int64(node, &value))
        return NULL;
    if (profile->version != NULL) {
        const struct api_constant *constant = api_find_constant(list, value, profile->version);
        return constant != NULL ? by_constant(type, list, constant->name) : NULL;
    }
    const struct api_object *variant = by_newest(type, value);
    for (unsigned i = 0; profile->page && i < list->nconstants; i++) {
        if (!list->constants[i].sampled || list->constants[i].seen != value)
            continue;
        /* One number, two meanings: the keys decide. */
        const struct api_object *other = by_constant(type, list, list->constants[i].name);
        if (other != NULL && has_key_of(object, other) && (variant == NULL || !has_key_of(object, variant)))
            return other;
    }
    return variant;
}

static bool
names_value(const char *name, const struct api_key *selector, const cJSON *node,
            const struct model_profile *profile)
{
    int64_t value;
    if (selector->enumeration >= 0) {
        const struct api_enum *list = &api_enums[selector->enumeration];
        if (!jtree_int64(node, &value))
            return true;
        for (unsigned i = 0; i < list->nconstants; i++)
            if (model_constant_in(&list->constants[i], profile) &&
                strcmp(list->constants[i].name, name) == 0 &&
                (list->flags ? ((uint64_t)list->constants[i].value & (uint64_t)value) != 0
                             : list->constants[i].value == value))
                return true;
        return false;
    }
    if (selector->strings < 0 || jtree_kind(node) != JTREE_STRING)
        return true;
    for (unsigned i = 0; i < api_strings[selector->strings].nconstants; i++)
        if (strcmp(api_strings[selector->strings].constants[i].name, name) == 0)
            return strcmp(api_strings[selector->strings].constants[i].value, node->valuestring) == 0;
    return true;
}

bool
model_means(const struct api_object *type, const struct api_key *key, const cJSON *object,
            const struct model_profile *profile)
{
    if (key->when == NULL || object == NULL)
        return true;
    const struct api_key *selector = model_find_key(type, key->when_key);
    const cJSON *node = jtree_get(object, key->when_key);
    if (selector == NULL || node == NULL)
        return true;
    for (const char *const *name = key->when; *name != NULL; name++)
        if (names_value(*name, selector, node, profile))
            return true;
    return false;
}
