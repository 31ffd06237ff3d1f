// SPDX-License-Identifier: MIT
// Special values: boundaries, named numbers, spellings.
#include "fuzz/model/model_values.h"

#include <string.h>
#include <strings.h>

static const struct {
    uint8_t variation;
    bool negative;
    uint64_t value;
} boundaries[] = {
    {MODEL_ZERO, false, 0},
    {MODEL_ONE, false, 1},
    {MODEL_MINUS_ONE, true, 1},
    {MODEL_INT32_MAX, false, INT32_MAX},
    {MODEL_INT32_PAST, false, UINT64_C(1) << 31},
    {MODEL_INT32_MIN, true, UINT64_C(1) << 31},
    {MODEL_UINT32_MAX, false, UINT32_MAX},
    {MODEL_UINT32_PAST, false, UINT64_C(1) << 32},
    {MODEL_DOUBLE_EXACT, false, UINT64_C(1) << 53},
    {MODEL_DOUBLE_PAST, false, (UINT64_C(1) << 53) + 1},
    {MODEL_INT64_MAX, false, INT64_MAX},
    {MODEL_INT64_PAST, false, UINT64_C(1) << 63},
    {MODEL_INT64_MIN, true, UINT64_C(1) << 63},
    {MODEL_UINT64_MAX, false, UINT64_MAX},
};
#define COUNT (sizeof boundaries / sizeof *boundaries)

bool
model_boundary(enum model_variation variation, bool *negative, uint64_t *value)
{
    for (unsigned i = 0; i < COUNT; i++)
        if (boundaries[i].variation == variation) {
            *negative = boundaries[i].negative;
            *value = boundaries[i].value;
            return true;
        }
    return false;
}

enum model_variation
model_boundary_of(bool negative, uint64_t value)
{
    for (unsigned i = 0; i < COUNT; i++)
        if (boundaries[i].value == value && boundaries[i].negative == negative)
            return boundaries[i].variation;
    return MODEL_ORDINARY;
}

bool
model_enum_limits(const struct api_enum *list, const struct model_profile *profile, int64_t *low,
                  int64_t *high)
{
    bool any = false;
    for (unsigned i = 0; i < list->nconstants; i++) {
        int64_t value = list->constants[i].value;
        if (!model_constant_in(&list->constants[i], profile))
            continue;
        *low = any && *low < value ? *low : value;
        *high = any && *high > value ? *high : value;
        any = true;
    }
    return any;
}

bool
model_enum_gap(const struct api_enum *list, const struct model_profile *profile, int64_t *value)
{
    int64_t low, high;
    if (!model_enum_limits(list, profile, &low, &high))
        return false;
    for (*value = low; *value < high && *value < low + 1000; ++*value)
        if (!model_enum_has(list, *value, profile))
            return true;
    return false;
}

uint64_t
model_flags(const struct api_enum *list, const struct model_profile *profile)
{
    uint64_t named = 0;
    for (unsigned i = 0; i < list->nconstants; i++)
        if (model_constant_in(&list->constants[i], profile))
            named |= (uint64_t)list->constants[i].value;
    return named;
}

/* Spellings of one key stand side by side, the newest first; keys of an object are one array. */
const char *
model_other_spelling(const struct api_key *key)
{
    if (key->renamed != NULL)
        return key->renamed;
    for (unsigned i = 0; i < API_OBJECTS; i++) {
        const struct api_object *object = &api_objects[i];
        if (key < object->keys || key >= object->keys + object->nkeys)
            continue;
        const struct api_key *older = key + 1;
        if (older < object->keys + object->nkeys && older->renamed != NULL &&
            strcmp(older->renamed, key->name) == 0)
            return older->name;
        return NULL;
    }
    return NULL;
}

bool
model_is_near(const char *name, const char *key)
{
    size_t a = strlen(name), b = strlen(key), same = 0;
    if (a > b + 1 || b > a + 1 || a < 3)
        return false;
    if (a == b && strcasecmp(name, key) == 0)
        return strcmp(name, key) != 0;
    while (name[same] != '\0' && name[same] == key[same])
        same++;
    if (a == b)
        return same < a && strcmp(name + same + 1, key + same + 1) == 0;
    return a < b ? strcmp(name + same, key + same + 1) == 0 : strcmp(name + same + 1, key + same) == 0;
}
