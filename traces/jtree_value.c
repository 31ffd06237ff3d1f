// SPDX-License-Identifier: MIT
// Looking at and making nodes of the exact JSON tree.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "traces/jtree.h"
#include "traces/jtree_scan.h"

enum jtree_kind
jtree_kind(const cJSON *node)
{
    switch (node->type & 0xFF) {
    case cJSON_False:
    case cJSON_True:
        return JTREE_BOOL;
    case cJSON_Number:
        return JTREE_NUMBER;
    case cJSON_String:
        return JTREE_STRING;
    case cJSON_Array:
        return JTREE_ARRAY;
    case cJSON_Object:
        return JTREE_OBJECT;
    case cJSON_Raw:
        return node->valuestring != NULL && node->valuestring[0] == '"' ? JTREE_STRING : JTREE_NUMBER;
    default:
        return JTREE_NULL;
    }
}

const char *
jtree_kind_name(enum jtree_kind kind)
{
    static const char *const names[] = {"null", "a boolean", "a number", "a string", "an array", "an object"};
    return names[kind];
}

static int
decode(const char *kept, bool raw, struct jtree_text *text)
{
    *text = (struct jtree_text){.data = ""};
    if (kept == NULL)
        return 0;
    size_t length = strlen(kept);
    if (!raw) {
        text->data = kept;
        text->bytes = length;
        return 0;
    }
    text->owned = cJSON_malloc(length);
    if (text->owned == NULL)
        return -1;
    text->bytes = jtree_unescape(kept + 1, length - 2, text->owned);
    text->owned[text->bytes] = '\0';
    text->data = text->owned;
    return 0;
}

int
jtree_text(const cJSON *string, struct jtree_text *text)
{
    return decode(string->valuestring, (string->type & 0xFF) == cJSON_Raw, text);
}

int
jtree_key(const cJSON *member, struct jtree_text *text)
{
    return decode(member->string, (member->type & JTREE_RAW_KEY) != 0, text);
}

void
jtree_text_free(struct jtree_text *text)
{
    cJSON_free(text->owned);
    text->owned = NULL;
}

const char *
jtree_number(const cJSON *node)
{
    return (node->type & 0xFF) == cJSON_Raw && jtree_kind(node) == JTREE_NUMBER ? node->valuestring : NULL;
}

/* Takes `kept` over. */
static cJSON *
new_scalar(char *kept, int type)
{
    cJSON *node = kept != NULL ? cJSON_CreateNull() : NULL;
    if (node == NULL) {
        cJSON_free(kept);
        return NULL;
    }
    node->type = type;
    node->valuestring = kept;
    return node;
}

static char *
duplicate(const char *text, size_t count)
{
    char *copy = cJSON_malloc(count + 1);
    if (copy != NULL) {
        memcpy(copy, text, count);
        copy[count] = '\0';
    }
    return copy;
}

cJSON *
jtree_new_number(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || jtree_number_span(text, length) != length)
        return NULL;
    return new_scalar(duplicate(text, length), cJSON_Raw);
}

cJSON *
jtree_new_int64(int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    return jtree_new_number(text);
}

cJSON *
jtree_new_uint64(uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return jtree_new_number(text);
}

/* A surrogate in three bytes, as jtree_text hands out lone ones: its value, or 0. */
static unsigned
surrogate(const unsigned char *p, const unsigned char *end)
{
    if (end - p < 3 || p[0] != 0xED || p[1] < 0xA0 || p[1] > 0xBF || (p[2] & 0xC0) != 0x80)
        return 0;
    return 0xD000U | (unsigned)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
}

/* What a string needs: 0 = not a string at all, 1 = can be kept decoded, 2 = needs its spelling. */
static int
survey(const unsigned char *p, const unsigned char *end)
{
    int need = 1;
    unsigned previous = 0;
    while (p < end) {
        unsigned size = jtree_utf8(p, end), value = 0;
        if (size == 0) {
            value = surrogate(p, end);
            /* High before low would read back as one character of four bytes. */
            if (value == 0 || (previous >= 0xD800 && previous < 0xDC00 && value >= 0xDC00))
                return 0;
            size = 3;
            need = 2;
        } else if (*p == 0) {
            need = 2;
        }
        previous = value;
        p += size;
    }
    return need;
}

/* Text -> what a node keeps; NULL: no memory or no string. */
static char *
keep(const char *bytes, size_t count, bool *raw)
{
    const unsigned char *p = (const unsigned char *)bytes, *end = p + count;
    int need = survey(p, end);
    *raw = need == 2;
    if (need < 2)
        return need == 0 ? NULL : duplicate(bytes, count);
    char *spelling = cJSON_malloc(count * 6 + 3), *to = spelling;
    if (spelling == NULL)
        return NULL;
    *to++ = '"';
    while (p < end) {
        unsigned value = surrogate(p, end);
        const char *named = "\"\"\\\\\bb\ff\nn\rr\tt";
        while (value == 0 && *named != '\0' && *p != (unsigned char)*named)
            named += 2;
        if (value != 0) {
            to += sprintf(to, "\\u%04x", value);
            p += 3;
        } else if (*named != '\0') {
            *to++ = '\\';
            *to++ = named[1];
            p++;
        } else if (*p < 0x20) {
            to += sprintf(to, "\\u%04x", *p++);
        } else {
            *to++ = (char)*p++;
        }
    }
    *to++ = '"';
    *to = '\0';
    return spelling;
}

cJSON *
jtree_new_string(const char *bytes, size_t count)
{
    bool raw = false;
    char *kept = keep(bytes, count, &raw);
    return new_scalar(kept, raw ? cJSON_Raw : cJSON_String);
}

void
jtree_add_element(cJSON *array, cJSON *value)
{
    value->next = NULL;
    if (array->child == NULL) {
        array->child = value;
        value->prev = value;
        return;
    }
    cJSON *last = array->child->prev; /* cJSON keeps the last one there */
    last->next = value;
    value->prev = last;
    array->child->prev = value;
}

int
jtree_add_member(cJSON *object, const char *key, size_t key_bytes, cJSON *value)
{
    bool raw = false;
    char *kept = keep(key, key_bytes, &raw);
    if (kept == NULL)
        return -1;
    if ((value->type & cJSON_StringIsConst) == 0)
        cJSON_free(value->string);
    value->type &= ~(cJSON_StringIsConst | JTREE_RAW_KEY);
    if (raw)
        value->type |= JTREE_RAW_KEY;
    value->string = kept;
    jtree_add_element(object, value);
    return 0;
}
