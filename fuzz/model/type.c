// SPDX-License-Identifier: MIT
// The declared type of a place in a payload.
#include <string.h>

#include "fuzz/model/model_check.h"
#include "fuzz/model/model_keys.h"
#include "traces/jtree.h"

static const struct model_type unknown = {
    .json = API_J_ANY, .items = API_J_ANY, .object = -1, .enumeration = -1, .strings = -1};

static struct model_type
of_object(int16_t object, bool array)
{
    struct model_type type = unknown;
    type.object = object >= 0 ? object : -1; /* API_EMPTY_RESULT is none */
    if (array) {
        type.json = API_J_ARRAY;
        type.items = object >= 0 ? API_J_OBJECT : API_J_STRING;
    } else if (object >= 0) {
        type.json = API_J_OBJECT;
    }
    return type;
}

struct model_type
model_payload(const struct api_entry *callback, unsigned param, const struct api_entry *function, bool failed)
{
    const struct api_param *declared = &callback->params[param];
    if (declared->type != API_STR || declared->content != API_JSON)
        return unknown;
    if (declared->object >= 0 || declared->array) {
        struct model_type type = of_object(declared->object, declared->array);
        type.also = declared->also;
        return type;
    }
    if (function == NULL || (int)param != callback->payload || callback->code < 0)
        return unknown;
    return failed ? of_object(function->error_object, function->error_array && function->error_object >= 0)
                  : of_object(function->result_object, function->result_array);
}

struct model_type
model_payload_of(const struct case_event *event, unsigned param)
{
    int code = event->callback->code;
    return model_payload(event->callback, param, event->function, code >= 0 && event->args[code].number != 0);
}

struct model_type
model_scalar(const struct api_param *param)
{
    static const uint8_t machine[] = {
        [API_I32] = API_J_INT,   [API_U32] = API_J_UINT,   [API_I64] = API_J_INT64,  [API_U64] = API_J_UINT64,
        [API_BOOL] = API_J_BOOL, [API_STR] = API_J_STRING, [API_OUT] = API_J_STRING, [API_USER] = API_J_ANY};
    struct model_type type = unknown;
    type.json = machine[param->type];
    type.enumeration = param->enumeration;
    return type;
}

struct model_type
model_element(struct model_type array)
{
    struct model_type type = array;
    if (array.json != API_J_ARRAY)
        return unknown;
    type.json = array.items;
    type.also = 0;
    type.items = API_J_ANY;
    if (type.json != API_J_OBJECT)
        type.object = -1;
    return type;
}

struct model_type
model_fit(struct model_type type, const cJSON *value, const struct model_profile *profile)
{
    if (!profile->page || type.also == 0 || model_kind_is(type.json, value))
        return type;
    for (uint8_t json = API_J_BOOL; json <= API_J_ARRAY; json++) {
        if ((type.also >> json & 1) == 0 || !model_kind_is(json, value))
            continue;
        struct model_type fit = unknown;
        fit.json = json;
        fit.key = type.key;
        fit.object = type.key == NULL ? type.object : type.key->also_object;
        fit.items = json == API_J_ARRAY && fit.object >= 0 ? API_J_OBJECT : API_J_ANY;
        return fit;
    }
    return type;
}

struct model_type
model_of_key(const struct api_key *key)
{
    return (struct model_type){.json = key->json,
                               .items = key->items,
                               .object = key->object,
                               .enumeration = key->enumeration,
                               .strings = key->strings,
                               .also = key->also,
                               .key = key};
}

const struct api_object *
model_object(struct model_type type)
{
    return type.object >= 0 ? &api_objects[type.object] : NULL;
}

const struct api_key *
model_find_key(const struct api_object *object, const char *name)
{
    for (unsigned i = 0; i < object->nkeys; i++)
        if (strcmp(object->keys[i].name, name) == 0)
            return &object->keys[i];
    return NULL;
}

const struct api_key *
model_any_key(const struct api_object *type, const char *name)
{
    return api_find_key(type, name);
}

const char *
model_member_name(const cJSON *member)
{
    return (member->type & JTREE_RAW_KEY) == 0 ? member->string : NULL;
}

bool
model_key_in(const struct api_key *key, const struct model_profile *profile, bool strict)
{
    if (profile->version != NULL)
        return api_version_within(profile->version, key->since, key->until);
    return key->until == NULL || (profile->page && !strict);
}

struct model_type
model_member(struct model_type type, const cJSON *object, const char *name,
             const struct model_profile *profile)
{
    const struct api_object *declared = type.json == API_J_OBJECT ? model_object(type) : NULL;
    if (declared == NULL || name == NULL)
        return unknown;
    const struct api_key *key = model_find_key(declared, name);
    if (key != NULL && !model_means(declared, key, object, profile))
        return unknown;
    const struct api_object *variant =
        key == NULL && declared->selector != NULL ? model_variant(declared, object, profile) : NULL;
    if (variant != NULL)
        key = model_find_key(variant, name);
    if (variant != NULL && key != NULL && !model_means(variant, key, object, profile))
        return unknown;
    return key != NULL && model_key_in(key, profile, false) ? model_of_key(key) : unknown;
}

/* The i-th usable key; *i counts down the keys that were passed. */
static const struct api_key *
nth_key(const struct api_object *object, const cJSON *node, unsigned *i, const struct model_profile *profile)
{
    for (unsigned k = 0; k < object->nkeys; k++) {
        const struct api_key *key = &object->keys[k];
        if (model_key_in(key, profile, true) && model_means(object, key, node, profile) && (*i)-- == 0)
            return key;
    }
    return NULL;
}

const struct api_key *
model_key(struct model_type type, const cJSON *object, unsigned i, const struct model_profile *profile)
{
    const struct api_object *declared = type.json == API_J_OBJECT ? model_object(type) : NULL;
    if (declared == NULL)
        return NULL;
    const struct api_key *key = nth_key(declared, object, &i, profile);
    if (key != NULL || declared->selector == NULL)
        return key;
    const struct api_object *variant = model_variant(declared, object, profile);
    return variant != NULL ? nth_key(variant, object, &i, profile) : NULL;
}

bool
model_range(uint8_t json, int64_t *low, uint64_t *high)
{
    switch (json) {
    case API_J_INT:
        *low = INT32_MIN;
        *high = INT32_MAX;
        return true;
    case API_J_UINT:
        *low = 0;
        *high = UINT32_MAX;
        return true;
    case API_J_INT64:
        *low = INT64_MIN;
        *high = INT64_MAX;
        return true;
    case API_J_UINT64:
        *low = 0;
        *high = UINT64_MAX;
        return true;
    default:
        return false;
    }
}
