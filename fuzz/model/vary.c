// SPDX-License-Identifier: MIT
// Makes the value of a variation.
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/model/model_check.h"
#include "fuzz/model/model_keys.h"
#include "fuzz/model/model_make.h"
#include "fuzz/model/model_values.h"
#include "traces/jtree.h"

#define PICK(random, list) (list)[random_below(random, sizeof(list) / sizeof *(list))]

/* A copy of what is there, or something ordinary. */
static cJSON *
base(struct model_maker *maker, struct model_type type, const cJSON *now)
{
    cJSON *copy =
        now != NULL && model_kind_is(type.json, now) ? cJSON_Duplicate(now, true) : model_make(maker, type);
    if (copy != NULL && copy->string != NULL) {
        cJSON_free(copy->string);
        copy->string = NULL;
        copy->type &= ~JTREE_RAW_KEY;
    }
    return copy;
}

static cJSON *
wrap(struct model_maker *maker, cJSON *container, const cJSON *now)
{
    cJSON *inner = container != NULL && now != NULL && random_once_in(maker->random, 2)
                       ? cJSON_Duplicate(now, true)
                       : NULL;
    if (inner == NULL)
        return container;
    cJSON_free(inner->string);
    inner->string = NULL;
    inner->type &= ~JTREE_RAW_KEY;
    if (jtree_kind(container) == JTREE_ARRAY)
        jtree_add_element(container, inner);
    else
        model_put(container, "value", inner);
    return container;
}

/* A number becomes its digits, as sloppy senders do. */
static cJSON *
wrong_string(const cJSON *now)
{
    const char *text = now != NULL ? jtree_number(now) : NULL;
    if (text == NULL)
        text = now != NULL && jtree_kind(now) == JTREE_BOOL ? "true" : "wrong";
    return jtree_new_string(text, strlen(text));
}

static cJSON *
number_of(bool negative, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%s%" PRIu64, negative ? "-" : "", value);
    return jtree_new_number(text);
}

static cJSON *
vary_enum(struct model_maker *maker, struct model_type type, enum model_variation variation)
{
    const struct api_enum *list = type.enumeration >= 0 ? &api_enums[type.enumeration] : NULL;
    int64_t low, high;
    if (list == NULL)
        return NULL;
    if (variation >= MODEL_ENUM) {
        unsigned i = variation - MODEL_ENUM;
        if (i >= list->nconstants)
            return NULL;
        return jtree_new_int64(model_constant_in(&list->constants[i], &maker->profile) ||
                                       !list->constants[i].sampled
                                   ? list->constants[i].value
                                   : list->constants[i].seen);
    }
    uint64_t named = model_flags(list, &maker->profile);
    uint64_t unknown = ~named & (named + 1);
    if (model_boundary_of(false, unknown) >= MODEL_INT32_MAX)
        unknown |= named & (0 - named); /* a boundary, if it were alone */
    if (variation == MODEL_FLAG_ALL || variation == MODEL_FLAG_UNKNOWN)
        return list->flags ? number_of(false, variation == MODEL_FLAG_ALL ? named : unknown) : NULL;
    if (!model_enum_limits(list, &maker->profile, &low, &high))
        return NULL;
    if (variation == MODEL_ENUM_GAP)
        return model_enum_gap(list, &maker->profile, &low) ? jtree_new_int64(low) : NULL;
    for (high++; model_enum_has(list, high, &maker->profile);)
        high++;
    return jtree_new_int64(variation == MODEL_ENUM_ABOVE ? high : low - 1);
}

/* 2 -> 2.0 */
static cJSON *
odd_spelling(cJSON *number)
{
    char text[32];
    if (number == NULL)
        return NULL;
    snprintf(text, sizeof text, "%s.0", jtree_number(number));
    cJSON_Delete(number);
    return jtree_new_number(text);
}

static cJSON *
vary_number(struct model_maker *maker, struct model_type type, enum model_variation variation)
{
    static const char *const fractions[] = {"0.5", "-0.5", "1.5", "1551446728.25", "1e-7"};
    static const char *const exponents[] = {"1e3", "1E0", "2.0", "10e2", "-0.0"};
    static const char *const huge[] = {"1e999", "-1e999", "123456789012345678901234567890", "1e308"};
    bool negative;
    uint64_t value;
    if (model_boundary(variation, &negative, &value))
        return number_of(negative, value);
    switch (variation) {
    case MODEL_UINT64_PAST:
        return jtree_new_number("18446744073709551616");
    case MODEL_FRACTION:
        return jtree_new_number(PICK(maker->random, fractions));
    case MODEL_EXPONENT:
        if (type.enumeration >= 0)
            return odd_spelling(model_make_number(maker, type));
        return jtree_new_number(PICK(maker->random, exponents));
    case MODEL_HUGE_NUMBER:
        return jtree_new_number(PICK(maker->random, huge));
    case MODEL_TIME_MILLISECONDS:
        return jtree_new_int64(1551446728123 + (int64_t)random_below(maker->random, 1000));
    case MODEL_TIME_FAR:
        return jtree_new_int64(MODEL_SECONDS_FAR + (int64_t)random_below(maker->random, 2));
    default:
        return vary_enum(maker, type, variation);
    }
}

/* Whole characters, over and over, until there are so many bytes. */
static cJSON *
long_string(struct model_maker *maker, size_t bytes)
{
    static const char *const units[] = {"a", "A long text. ", "\xe5\xbc\xa0", "0"};
    char text[MODEL_HUGE + 64];
    const char *unit = PICK(maker->random, units);
    size_t used = 0, step = strlen(unit);
    while (used < bytes) {
        memcpy(text + used, unit, step);
        used += step;
    }
    return jtree_new_string(text, used);
}

static cJSON *
vary_string(struct model_maker *maker, struct model_type type, enum model_variation variation)
{
    static const struct {
        uint8_t variation;
        uint8_t bytes;
        const char *text;
    } list[] = {
        {MODEL_EMPTY_STRING, 0, ""},
        {MODEL_ONE_CHARACTER, 1, "x"},
        {MODEL_ONE_CHARACTER, 3, "\xe5\xbc\xa0"},
        {MODEL_ONE_CHARACTER, 1, " "},
        {MODEL_CONTROL, 7,
         "a\nb\tc\x01"
         "d"},
        {MODEL_CONTROL, 5, "\x1b[31m"},
        {MODEL_CONTROL, 3,
         "a\x7f"
         "b"},
        {MODEL_CONTROL, 4, "ab\r\n"},
        {MODEL_UNICODE, 6, "ab\xf0\x9f\x98\x80"},
        {MODEL_UNICODE, 12, "\xf0\x9f\x91\xa8\xf0\x9f\x91\xa9\xf0\x9f\x91\xa7"},
        {MODEL_UNICODE, 6, "e\xcc\x81\xcc\x82z"},
        {MODEL_NUL, 3, "a\0b"},
        {MODEL_NUL, 1, "\0"},
        {MODEL_SURROGATE, 5,
         "a\xed\xa0\xbd"
         "b"},
        {MODEL_SURROGATE, 3, "\xed\xb8\x80"},
        {MODEL_PERCENT, 4, "%s%n"},
        {MODEL_PERCENT, 12, "%s%s%s%s%x%d"},
        {MODEL_PERCENT, 6, "100%d\""},
        {MODEL_NUMERIC, 3, "123"},
        {MODEL_NUMERIC, 20, "18446744073709551616"},
        {MODEL_JSON_TEXT, 2, "{}"},
        {MODEL_JSON_LIST, 2, "[]"},
        {MODEL_JSON_LIST, 10, "[1,\"2\",{}]"},
        {MODEL_JSON_TEXT, 9, "{\"a\":[1]}"},
    };
    unsigned seen = 0, chosen = 0;
    for (unsigned i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].variation == variation && random_once_in(maker->random, ++seen))
            chosen = i;
    if (seen > 0)
        return jtree_new_string(list[chosen].text, list[chosen].bytes);
    switch (variation) {
    case MODEL_LONG_STRING:
        return long_string(maker, PICK(maker->random, ((const size_t[]){MODEL_LONG, 512, 1024})));
    case MODEL_HUGE_STRING:
        return long_string(maker, MODEL_HUGE);
    case MODEL_NAMED_STRING:
        return type.strings >= 0 ? model_make_string(maker, type) : NULL;
    default:
        return NULL;
    }
}

static cJSON *
vary_array(struct model_maker *maker, struct model_type type, enum model_variation variation,
           const cJSON *now)
{
    struct model_type element = model_element(type);
    unsigned wanted = variation == MODEL_EMPTY_ARRAY     ? 0
                      : variation == MODEL_ONE_ELEMENT   ? 1
                      : variation == MODEL_MANY_ELEMENTS ? 2 + (unsigned)random_below(maker->random, 2)
                                                         : MODEL_CROWD;
    bool keep = now != NULL && jtree_kind(now) == JTREE_ARRAY && wanted < MODEL_CROWD;
    const cJSON *from = keep ? now->child : NULL;
    cJSON *array = cJSON_CreateArray();
    for (unsigned i = 0; array != NULL && i < wanted; i++) {
        struct model_maker small = {.random = maker->random, .profile = maker->profile, .budget = 1};
        cJSON *value =
            from != NULL ? cJSON_Duplicate(from, true) : model_make(keep ? maker : &small, element);
        if (value == NULL) {
            cJSON_Delete(array);
            return NULL;
        }
        jtree_add_element(array, value);
        from = from != NULL ? from->next : NULL;
    }
    return array;
}

static cJSON *
extra_key(struct model_maker *maker, struct model_type type, const cJSON *now)
{
    static const char *const names[] = {"extra",        "",    "__proto__", "message", "id",
                                        "\xe5\x90\x8d", "a.b", "elem"};
    const struct api_object *declared = model_object(type);
    cJSON *object = base(maker, type, now);
    const char *name = PICK(maker->random, names);
    if (declared != NULL && model_any_key(declared, name) != NULL)
        name = names[0];
    if (object == NULL || model_put(object, name, jtree_new_int64(1)) != 0) {
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

static cJSON *
ordinary(struct model_maker *maker, struct model_type type)
{
    for (unsigned i = 0; i < 8; i++) {
        cJSON *value = model_make(maker, type);
        if (value == NULL || model_classify(type, NULL, NULL, value, &maker->profile) == MODEL_ORDINARY)
            return value;
        cJSON_Delete(value);
    }
    return model_make(maker, type);
}

cJSON *
model_vary(struct model_maker *maker, struct model_type type, enum model_variation variation,
           const cJSON *now)
{
    switch (variation) {
    case MODEL_ORDINARY:
        return ordinary(maker, type);
    case MODEL_NULL:
        return cJSON_CreateNull();
    case MODEL_WRONG_BOOL:
        return cJSON_CreateBool(random_once_in(maker->random, 2));
    case MODEL_WRONG_NUMBER:
        return jtree_new_int64((int64_t)random_below(maker->random, 3) - 1);
    case MODEL_WRONG_STRING:
        return wrong_string(now);
    case MODEL_WRONG_ARRAY:
        return wrap(maker, cJSON_CreateArray(), now);
    case MODEL_WRONG_OBJECT:
        return wrap(maker, cJSON_CreateObject(), now);
    case MODEL_TRUE:
    case MODEL_FALSE:
        return type.json == API_J_BOOL ? cJSON_CreateBool(variation == MODEL_TRUE) : NULL;
    case MODEL_EMPTY_OBJECT:
        return type.json == API_J_OBJECT ? cJSON_CreateObject() : NULL;
    case MODEL_EXTRA_KEY:
        return type.json == API_J_OBJECT ? extra_key(maker, type, now) : NULL;
    default:
        break;
    }
    if (type.json == API_J_ARRAY)
        return variation >= MODEL_EMPTY_ARRAY && variation <= MODEL_HUGE_ARRAY
                   ? vary_array(maker, type, variation, now)
                   : NULL;
    if (type.json == API_J_STRING)
        return vary_string(maker, type, variation);
    return type.json >= API_J_INT && type.json <= API_J_DOUBLE ? vary_number(maker, type, variation) : NULL;
}

/* One slip of the pen. */
static bool
slip(struct model_random *random, const char *name, char *other, size_t room)
{
    size_t bytes = strlen(name), at = random_below(random, bytes);
    if (bytes < 3 || bytes + 2 > room)
        return false;
    memcpy(other, name, bytes + 1);
    switch (random_below(random, 4)) {
    case 0:
        other[bytes - 1] = '\0';
        break;
    case 1:
        memmove(other + at + 1, other + at, bytes - at + 1);
        break;
    case 2:
        other[at] = other[at] == '_' ? '-' : (char)toupper((unsigned char)other[at]);
        break;
    default:
        memcpy(other + bytes, "s", 2);
    }
    return strcmp(other, name) != 0;
}

bool
model_other_name(struct model_maker *maker, struct model_type object, const cJSON *node, const char *name,
                 enum model_variation variation, char *other, size_t room)
{
    const struct api_object *declared = object.json == API_J_OBJECT ? model_object(object) : NULL;
    if (variation == MODEL_RENAMED) {
        const struct api_key *key = declared != NULL ? model_any_key(declared, name) : NULL;
        const char *spelled = key != NULL ? model_other_spelling(key) : NULL;
        if (spelled == NULL || (node != NULL && jtree_get(node, spelled) != NULL))
            return false;
        return (size_t)snprintf(other, room, "%s", spelled) < room;
    }
    for (unsigned i = 0; variation == MODEL_NEAR_MISS && i < 8; i++)
        if (slip(maker->random, name, other, room) &&
            (declared == NULL || model_any_key(declared, other) == NULL) &&
            (node == NULL || jtree_get(node, other) == NULL))
            return true;
    return false;
}
