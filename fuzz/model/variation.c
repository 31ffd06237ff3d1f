// SPDX-License-Identifier: MIT
// The words for what is special about a value, and which of them a type can have.
#include <stdio.h>
#include <string.h>

#include "fuzz/model/model_values.h"

static const char *const names[MODEL_ENUM] = {
    [MODEL_ORDINARY] = "ordinary",
    [MODEL_ABSENT] = "absent",
    [MODEL_NULL] = "null",
    [MODEL_WRONG_BOOL] = "wrong-bool",
    [MODEL_WRONG_NUMBER] = "wrong-number",
    [MODEL_WRONG_STRING] = "wrong-string",
    [MODEL_WRONG_ARRAY] = "wrong-array",
    [MODEL_WRONG_OBJECT] = "wrong-object",
    [MODEL_DUPLICATE] = "duplicate",
    [MODEL_NEAR_MISS] = "near-miss",
    [MODEL_RENAMED] = "renamed",
    [MODEL_TRUE] = "true",
    [MODEL_FALSE] = "false",
    [MODEL_ZERO] = "0",
    [MODEL_ONE] = "1",
    [MODEL_MINUS_ONE] = "-1",
    [MODEL_INT32_MAX] = "int32-max",
    [MODEL_INT32_PAST] = "int32-past",
    [MODEL_INT32_MIN] = "int32-min",
    [MODEL_UINT32_MAX] = "uint32-max",
    [MODEL_UINT32_PAST] = "uint32-past",
    [MODEL_DOUBLE_EXACT] = "2^53",
    [MODEL_DOUBLE_PAST] = "2^53+1",
    [MODEL_INT64_MAX] = "int64-max",
    [MODEL_INT64_PAST] = "int64-past",
    [MODEL_INT64_MIN] = "int64-min",
    [MODEL_UINT64_MAX] = "uint64-max",
    [MODEL_UINT64_PAST] = "uint64-past",
    [MODEL_FRACTION] = "fraction",
    [MODEL_EXPONENT] = "exponent",
    [MODEL_HUGE_NUMBER] = "huge-number",
    [MODEL_TIME_MILLISECONDS] = "milliseconds",
    [MODEL_TIME_FAR] = "year-10000",
    [MODEL_ENUM_BELOW] = "enum-below",
    [MODEL_ENUM_ABOVE] = "enum-above",
    [MODEL_ENUM_GAP] = "enum-gap",
    [MODEL_FLAG_UNKNOWN] = "flag-unknown",
    [MODEL_FLAG_ALL] = "flag-all",
    [MODEL_EMPTY_STRING] = "empty-string",
    [MODEL_ONE_CHARACTER] = "one-character",
    [MODEL_LONG_STRING] = "long-string",
    [MODEL_HUGE_STRING] = "huge-string",
    [MODEL_CONTROL] = "control-characters",
    [MODEL_UNICODE] = "unicode",
    [MODEL_NUL] = "nul",
    [MODEL_SURROGATE] = "lone-surrogate",
    [MODEL_PERCENT] = "percent",
    [MODEL_NUMERIC] = "digits",
    [MODEL_JSON_TEXT] = "json-in-string",
    [MODEL_JSON_LIST] = "json-array-in-string",
    [MODEL_NAMED_STRING] = "named-string",
    [MODEL_EMPTY_ARRAY] = "empty-array",
    [MODEL_ONE_ELEMENT] = "one-element",
    [MODEL_MANY_ELEMENTS] = "many-elements",
    [MODEL_HUGE_ARRAY] = "huge-array",
    [MODEL_EMPTY_OBJECT] = "empty-object",
    [MODEL_EXTRA_KEY] = "extra-key",
};

static const char enum_names[MODEL_VARIATIONS - MODEL_ENUM][8] = {
#define TEN(d)                                                                                               \
    "enum-" d "0", "enum-" d "1", "enum-" d "2", "enum-" d "3", "enum-" d "4", "enum-" d "5", "enum-" d "6", \
        "enum-" d "7", "enum-" d "8", "enum-" d "9"
    TEN(""),  TEN("1"),  TEN("2"),  TEN("3"),  TEN("4"),  TEN("5"),  TEN("6"),  TEN("7"),
    TEN("8"), "enum-90", "enum-91", "enum-92", "enum-93", "enum-94", "enum-95",
#undef TEN
};

const char *
model_variation_name(enum model_variation variation)
{
    if (variation >= MODEL_ENUM)
        return variation < MODEL_VARIATIONS ? enum_names[variation - MODEL_ENUM] : NULL;
    return names[variation];
}

const char *
model_variation_text(enum model_variation variation, struct model_type type)
{
    if (variation >= MODEL_ENUM && variation < MODEL_VARIATIONS && type.enumeration >= 0 &&
        variation - MODEL_ENUM < api_enums[type.enumeration].nconstants)
        return api_enums[type.enumeration].constants[variation - MODEL_ENUM].name;
    return model_variation_name(variation);
}

bool
model_variation_of_member(enum model_variation variation)
{
    return variation == MODEL_ABSENT || (variation >= MODEL_DUPLICATE && variation <= MODEL_RENAMED);
}

/* ---- which a type can have ---- */

struct list {
    uint8_t *list;
    unsigned count;
};

static void
add(struct list *list, unsigned variation)
{
    list->list[list->count++] = (uint8_t)variation;
}

static void
add_range(struct list *list, unsigned from, unsigned to)
{
    for (; from <= to; from++)
        add(list, from);
}

/* Two constants of one number are one variation, the first. */
static bool
is_first(const struct api_enum *values, unsigned i, const struct model_profile *profile)
{
    bool here = model_constant_in(&values->constants[i], profile);
    int64_t value = here ? values->constants[i].value : values->constants[i].seen;
    for (unsigned k = 0; k < values->nconstants; k++)
        if (model_constant_in(&values->constants[k], profile) && values->constants[k].value == value)
            return k == i;
    return true;
}

static bool
has_flag(const struct api_enum *values, uint64_t flags, const struct model_profile *profile)
{
    for (unsigned i = 0; i < values->nconstants; i++)
        if (model_constant_in(&values->constants[i], profile) &&
            (uint64_t)values->constants[i].value == flags)
            return true;
    return false;
}

static void
add_enum(struct list *list, const struct api_enum *values, const struct model_profile *profile)
{
    int64_t low, high;
    if (!model_enum_limits(values, profile, &low, &high))
        return;
    for (unsigned i = 0; i < values->nconstants && i < MODEL_VARIATIONS - MODEL_ENUM; i++)
        if ((model_constant_in(&values->constants[i], profile) ||
             (profile->page && values->constants[i].sampled)) &&
            is_first(values, i, profile))
            add(list, MODEL_ENUM + i);
    if (values->flags) {
        add(list, MODEL_FLAG_UNKNOWN);
        if (!has_flag(values, model_flags(values, profile), profile))
            add(list, MODEL_FLAG_ALL);
        return;
    }
    add(list, MODEL_ENUM_ABOVE);
    add(list, MODEL_ENUM_BELOW);
    if (model_enum_gap(values, profile, &low))
        add(list, MODEL_ENUM_GAP);
}

/* A boundary that has a name (the top flag) is that name's variation. */
static bool
is_named(struct model_type type, unsigned variation, const struct model_profile *profile)
{
    bool negative;
    uint64_t value;
    int64_t low, high;
    if (type.enumeration < 0 || !model_boundary(variation, &negative, &value) || value > INT64_MAX ||
        !model_enum_limits(&api_enums[type.enumeration], profile, &low, &high))
        return false;
    return model_enum_has(&api_enums[type.enumeration], negative ? -(int64_t)value : (int64_t)value, profile);
}

static void
add_numbers(struct list *list, struct model_type type, const struct model_profile *profile)
{
    if (type.enumeration >= 0) {
        add_enum(list, &api_enums[type.enumeration], profile);
    } else {
        add(list, MODEL_ZERO);
        add(list, MODEL_ONE);
        add(list, MODEL_MINUS_ONE);
    }
    if (type.key != NULL && type.key->changes == API_TIME) {
        add(list, MODEL_TIME_MILLISECONDS);
        add(list, MODEL_TIME_FAR);
    }
    for (unsigned v = MODEL_INT32_MAX; v <= MODEL_HUGE_NUMBER; v++)
        if (!is_named(type, v, profile))
            add(list, v);
}

static void
add_kind(struct list *list, struct model_type type, const struct model_profile *profile)
{
    switch (type.json) {
    case API_J_BOOL:
        add_range(list, MODEL_TRUE, MODEL_FALSE);
        break;
    case API_J_STRING:
        add_range(list, MODEL_EMPTY_STRING, MODEL_JSON_LIST);
        if (type.strings >= 0)
            add(list, MODEL_NAMED_STRING);
        break;
    case API_J_ARRAY:
        add_range(list, MODEL_EMPTY_ARRAY, MODEL_HUGE_ARRAY);
        break;
    case API_J_OBJECT:
        add(list, MODEL_EMPTY_OBJECT);
        if (type.object >= 0)
            add(list, MODEL_EXTRA_KEY);
        break;
    default:
        add_numbers(list, type, profile);
    }
}

static bool
is_wrong(uint8_t json, unsigned variation)
{
    switch (variation) {
    case MODEL_WRONG_BOOL:
        return json != API_J_BOOL;
    case MODEL_WRONG_NUMBER:
        return json < API_J_INT || json > API_J_DOUBLE;
    case MODEL_WRONG_STRING:
        return json != API_J_STRING;
    case MODEL_WRONG_ARRAY:
        return json != API_J_ARRAY;
    default:
        return json != API_J_OBJECT;
    }
}

unsigned
model_variations(struct model_type type, bool member, const struct model_profile *profile,
                 uint8_t out[MODEL_VARIATIONS])
{
    struct list list = {out, 0};
    if (type.json == API_J_ANY)
        return 0;
    if (member)
        add(&list, MODEL_ABSENT);
    add(&list, MODEL_NULL);
    for (unsigned v = MODEL_WRONG_BOOL; v <= MODEL_WRONG_OBJECT; v++)
        if (is_wrong(type.json, v))
            add(&list, v);
    add_kind(&list, type, profile);
    if (member) {
        add(&list, MODEL_NEAR_MISS);
        add(&list, MODEL_DUPLICATE);
        if (type.key != NULL && model_other_spelling(type.key) != NULL)
            add(&list, MODEL_RENAMED);
    }
    add(&list, MODEL_ORDINARY);
    return list.count;
}

bool
model_variation_positive(struct model_type type, enum model_variation variation)
{
    int64_t low;
    uint64_t high, value;
    bool negative;
    if (variation >= MODEL_ENUM)
        return true;
    if (model_boundary(variation, &negative, &value)) {
        if (type.enumeration >= 0)
            return false;
        if (!model_range(type.json, &low, &high))
            return type.json == API_J_DOUBLE;
        return negative ? low < 0 && value <= (uint64_t) - (low + 1) + 1 : value <= high;
    }
    switch (variation) {
    case MODEL_ABSENT: /* hardly any key is documented as always there */
        return type.key == NULL || !type.key->required;
    case MODEL_FRACTION:
    case MODEL_HUGE_NUMBER:
    case MODEL_UINT64_PAST:
        return type.json == API_J_DOUBLE;
    case MODEL_TIME_MILLISECONDS:
    case MODEL_TIME_FAR:
        return type.json >= API_J_INT64;
    case MODEL_NULL:
    case MODEL_WRONG_BOOL:
    case MODEL_WRONG_NUMBER:
    case MODEL_WRONG_STRING:
    case MODEL_WRONG_ARRAY:
    case MODEL_WRONG_OBJECT:
    case MODEL_DUPLICATE:
    case MODEL_NEAR_MISS:
    case MODEL_RENAMED:
    case MODEL_ENUM_BELOW:
    case MODEL_ENUM_ABOVE:
    case MODEL_ENUM_GAP:
    case MODEL_FLAG_UNKNOWN:
    case MODEL_EXTRA_KEY:
        return false;
    default:
        return true;
    }
}
