// SPDX-License-Identifier: MIT
// What is special about the value at a place.
#include <stdlib.h>
#include <string.h>

#include "fuzz/model/model_check.h"
#include "fuzz/model/model_keys.h"
#include "fuzz/model/model_values.h"
#include "traces/jtree.h"

static enum model_variation
classify_enum(const struct api_enum *list, int64_t value, const struct model_profile *profile)
{
    int64_t low = 0, high = 0;
    for (unsigned i = 0; i < list->nconstants && i < MODEL_VARIATIONS - MODEL_ENUM; i++)
        if (model_constant_in(&list->constants[i], profile) && list->constants[i].value == value)
            return MODEL_ENUM + i;
    for (unsigned i = 0; profile->page && i < list->nconstants && i < MODEL_VARIATIONS - MODEL_ENUM; i++)
        if (list->constants[i].sampled && list->constants[i].seen == value)
            return MODEL_ENUM + i;
    if (!model_enum_limits(list, profile, &low, &high))
        return MODEL_ORDINARY;
    if (list->flags) {
        uint64_t named = model_flags(list, profile);
        return value == 0                        ? MODEL_ZERO
               : ((uint64_t)value & ~named) != 0 ? MODEL_FLAG_UNKNOWN
               : (uint64_t)value == named        ? MODEL_FLAG_ALL
                                                 : MODEL_ORDINARY;
    }
    return value < low ? MODEL_ENUM_BELOW : value > high ? MODEL_ENUM_ABOVE : MODEL_ENUM_GAP;
}

/* Not a whole number that 64 bits hold. */
static enum model_variation
classify_odd(const char *text)
{
    if (jtree_number_equal(text, "18446744073709551616"))
        return MODEL_UINT64_PAST;
    double value = strtod(text, NULL);
    return value > 1e18 || value < -1e18 ? MODEL_HUGE_NUMBER : MODEL_FRACTION;
}

static enum model_variation
classify_number(struct model_type type, const cJSON *node, const struct model_profile *profile)
{
    const char *text = jtree_number(node);
    int64_t value = 0;
    uint64_t large = 0;
    bool small = jtree_int64(node, &value);
    if (!small && !jtree_uint64(node, &large))
        return text != NULL ? classify_odd(text) : MODEL_FRACTION;
    if (text != NULL && strpbrk(text, ".eE") != NULL)
        return MODEL_EXPONENT;
    bool negative = small && value < 0;
    enum model_variation boundary =
        model_boundary_of(negative, small ? (negative ? 0 - (uint64_t)value : (uint64_t)value) : large);
    bool far = boundary >= MODEL_INT32_MAX && boundary <= MODEL_UINT64_MAX;
    if (type.enumeration >= 0) {
        enum model_variation named =
            small ? classify_enum(&api_enums[type.enumeration], value, profile) : MODEL_ENUM_ABOVE;
        return far && named < MODEL_ENUM && named != MODEL_FLAG_ALL ? boundary : named;
    }
    if (boundary == MODEL_ORDINARY && small && type.key != NULL && type.key->changes == API_TIME) {
        if (value >= MODEL_SECONDS_MILLI && value < 10 * MODEL_SECONDS_MILLI)
            return MODEL_TIME_MILLISECONDS;
        if (value >= MODEL_SECONDS_FAR)
            return MODEL_TIME_FAR;
    }
    return boundary;
}

/* One pass: what kinds of characters there are. */
struct looks {
    size_t characters;
    bool nul, surrogate, control, unicode, percent, digits;
};

static struct looks
look_at(const struct jtree_text *text)
{
    struct looks looks = {.digits = true};
    const unsigned char *p = (const unsigned char *)text->data, *end = p + text->bytes;
    for (; p < end; p++) {
        looks.characters += (*p & 0xC0) != 0x80;
        looks.nul |= *p == 0;
        looks.control |= (*p < 0x20 && *p != 0) || *p == 0x7F;
        looks.digits &= *p >= '0' && *p <= '9';
        looks.surrogate |= *p == 0xED && p + 1 < end && p[1] >= 0xA0;
        looks.unicode |= *p >= 0xF0 || *p == 0xCC;
        looks.percent |= *p == '%' && p + 1 < end && strchr("sdxnpfu%.0123456789", p[1]) != NULL && p[1] != 0;
    }
    return looks;
}

static bool
is_named(int16_t strings, const char *text)
{
    for (unsigned i = 0; strings >= 0 && i < api_strings[strings].nconstants; i++)
        if (strcmp(api_strings[strings].constants[i].value, text) == 0)
            return true;
    return false;
}

static enum model_variation
classify_string(struct model_type type, const cJSON *node)
{
    struct jtree_text text;
    if (jtree_text(node, &text) != 0)
        return MODEL_ORDINARY;
    struct looks looks = look_at(&text);
    char first = text.bytes > 0 ? text.data[0] : '\0',
         last = text.bytes > 0 ? text.data[text.bytes - 1] : '\0';
    enum model_variation found = MODEL_ORDINARY;
    if (is_named(type.strings, text.data))
        found = MODEL_NAMED_STRING;
    else if (text.bytes == 0)
        found = MODEL_EMPTY_STRING;
    else if (looks.nul)
        found = MODEL_NUL;
    else if (looks.surrogate)
        found = MODEL_SURROGATE;
    else if (text.bytes >= MODEL_HUGE)
        found = MODEL_HUGE_STRING;
    else if (text.bytes >= MODEL_LONG)
        found = MODEL_LONG_STRING;
    else if (looks.control)
        found = MODEL_CONTROL;
    else if (looks.percent)
        found = MODEL_PERCENT;
    else if (first == '{' && last == '}')
        found = MODEL_JSON_TEXT;
    else if (first == '[' && last == ']')
        found = MODEL_JSON_LIST;
    else if (looks.characters == 1)
        found = MODEL_ONE_CHARACTER;
    else if (looks.digits)
        found = MODEL_NUMERIC;
    else if (looks.unicode)
        found = MODEL_UNICODE;
    jtree_text_free(&text);
    return found;
}

static enum model_variation
classify_array(const cJSON *node)
{
    unsigned count = 0;
    for (const cJSON *child = node->child; child != NULL && count < MODEL_CROWD; child = child->next)
        count++;
    return count == 0             ? MODEL_EMPTY_ARRAY
           : count == 1           ? MODEL_ONE_ELEMENT
           : count >= MODEL_CROWD ? MODEL_HUGE_ARRAY
                                  : MODEL_MANY_ELEMENTS;
}

static enum model_variation
classify_object(struct model_type type, const cJSON *node)
{
    const struct api_object *declared = model_object(type);
    if (node->child == NULL)
        return MODEL_EMPTY_OBJECT;
    for (const cJSON *child = node->child; declared != NULL && child != NULL; child = child->next) {
        const char *name = model_member_name(child);
        if (name == NULL || model_any_key(declared, name) == NULL)
            return MODEL_EXTRA_KEY;
    }
    return MODEL_ORDINARY;
}

/* The member is not there: under another name, perhaps. */
static enum model_variation
classify_absent(struct model_type type, const cJSON *object, const char *name)
{
    const char *other = type.key != NULL ? model_other_spelling(type.key) : NULL;
    enum model_variation found = MODEL_ABSENT;
    for (const cJSON *child = object->child; child != NULL; child = child->next) {
        if (child->string == NULL)
            continue;
        if (other != NULL && strcmp(child->string, other) == 0)
            return MODEL_RENAMED;
        if (model_is_near(child->string, name))
            found = MODEL_NEAR_MISS;
    }
    return found;
}

enum model_variation
model_classify(struct model_type type, const cJSON *object, const char *name, const cJSON *value,
               const struct model_profile *profile)
{
    if (value == NULL)
        return object != NULL && name != NULL ? classify_absent(type, object, name) : MODEL_ABSENT;
    /* Of twins only the first is asked about; so it is enough to look behind it. */
    for (const cJSON *next = object != NULL && name != NULL ? value->next : NULL; next != NULL;
         next = next->next)
        if (next->string != NULL && strcmp(next->string, name) == 0)
            return MODEL_DUPLICATE;
    static const uint8_t wrong[] = {MODEL_NULL,         MODEL_WRONG_BOOL,  MODEL_WRONG_NUMBER,
                                    MODEL_WRONG_STRING, MODEL_WRONG_ARRAY, MODEL_WRONG_OBJECT};
    enum jtree_kind kind = jtree_kind(value);
    if (kind == JTREE_NULL || (type.json != API_J_ANY && !model_kind_is(type.json, value)))
        return wrong[kind];
    switch (kind) {
    case JTREE_BOOL:
        return (value->type & 0xFF) == cJSON_True ? MODEL_TRUE : MODEL_FALSE;
    case JTREE_NUMBER:
        return classify_number(type, value, profile);
    case JTREE_STRING:
        return classify_string(type, value);
    case JTREE_ARRAY:
        return classify_array(value);
    default:
        return classify_object(type, value);
    }
}
