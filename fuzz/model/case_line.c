// SPDX-License-Identifier: MIT
// One line of a case: tokens, faults with a position, and the values of arguments.
#include "fuzz/model/case_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
case_fault(struct case_line *line, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fault_set(line->fault, FAULT_DATA, "line %lu, byte %zu: %s", line->number, line->token.start + 1,
                     text);
}

int
case_next(struct case_line *line)
{
    if (jtree_scan_next(&line->scan, &line->token) == 0)
        return 0;
    return fault_set(line->fault, FAULT_DATA, "line %lu, byte %zu: %s", line->number, line->error.offset + 1,
                     line->error.text);
}

int
case_skip(struct case_line *line)
{
    enum jtree_token_kind kind = line->token.kind;
    if (kind != JTREE_T_OPEN_ARRAY && kind != JTREE_T_OPEN_OBJECT)
        return 0;
    unsigned outside = line->scan.depth - 1;
    while (line->scan.depth > outside)
        if (case_next(line) != 0)
            return -1;
    return 0;
}

bool
case_is(const struct case_line *line, const char *text)
{
    size_t bytes = line->token.end - line->token.start - 2;
    return strlen(text) == bytes && memcmp(line->scan.bytes + line->token.start + 1, text, bytes) == 0;
}

int
case_string(struct case_line *line, const char **text, size_t *bytes)
{
    const char *spelling = line->scan.bytes + line->token.start + 1;
    size_t count = line->token.end - line->token.start - 2;
    char *copy = arena_take(line->arena, count + 1);
    if (copy == NULL)
        return case_fault(line, "out of memory");
    if (line->token.escapes) {
        count = jtree_unescape(spelling, count, copy);
        if (memchr(copy, '\0', count) != NULL)
            return case_fault(line, "\\u0000 cannot be in a C string");
    } else {
        memcpy(copy, spelling, count);
    }
    copy[count] = '\0';
    *text = copy;
    *bytes = count;
    return 0;
}

/* Drops the white space between the tokens of a JSON text. Returns the length. */
static size_t
squeeze(char *text, size_t count)
{
    size_t used = 0;
    bool inside = false;
    for (size_t i = 0; i < count; i++) {
        char c = text[i];
        if (!inside && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
            continue;
        text[used++] = c;
        if (c == '"')
            inside = !inside;
        else if (c == '\\' && inside)
            text[used++] = text[++i];
    }
    return used;
}

/* {"$json": value}: the value as it stands, without white space. */
static int
take_json(struct case_line *line, struct case_value *value)
{
    size_t start = line->token.start;
    bool white = false;
    enum jtree_token_kind kind = line->token.kind;
    if (kind == JTREE_T_OPEN_ARRAY || kind == JTREE_T_OPEN_OBJECT) {
        unsigned outside = line->scan.depth - 1;
        while (line->scan.depth > outside) {
            if (case_next(line) != 0)
                return -1;
            white |= line->token.gap != line->token.start;
        }
    }
    size_t count = line->token.end - start;
    char *text = arena_text(line->arena, line->scan.bytes + start, count);
    if (text == NULL)
        return case_fault(line, "out of memory");
    if (white) {
        count = squeeze(text, count);
        text[count] = '\0';
    }
    *value = (struct case_value){.kind = CASE_TEXT, .bytes = text, .count = count};
    return 0;
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static int
take_hex(struct case_line *line, struct case_value *value)
{
    const char *hex = line->scan.bytes + line->token.start + 1;
    size_t digits = line->token.end - line->token.start - 2;
    if (line->token.kind != JTREE_T_STRING || digits % 2 != 0)
        return case_fault(line, "\"$bytes\" must be a string of pairs of hex digits");
    char *text = arena_take(line->arena, digits / 2 + 1);
    if (text == NULL)
        return case_fault(line, "out of memory");
    for (size_t i = 0; i < digits; i += 2) {
        int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
        if (high < 0 || low < 0 || (high | low) == 0)
            return case_fault(line, "\"$bytes\" must be pairs of hex digits, and no byte may be 00");
        text[i / 2] = (char)(high << 4 | low);
    }
    text[digits / 2] = '\0';
    *value = (struct case_value){.kind = CASE_TEXT, .bytes = text, .count = digits / 2};
    return 0;
}

static int
take_object(struct case_line *line, struct case_value *value)
{
    if (case_next(line) != 0)
        return -1;
    bool json = line->token.kind == JTREE_T_KEY && case_is(line, "$json");
    if (!json && !(line->token.kind == JTREE_T_KEY && case_is(line, "$bytes")))
        return case_fault(line,
                          "a string is \"...\", null, {\"$json\": value} or {\"$bytes\": \"hex\"} in a case");
    if (case_next(line) != 0 || case_next(line) != 0 ||
        (json ? take_json(line, value) : take_hex(line, value)) != 0 || case_next(line) != 0)
        return -1;
    if (line->token.kind != JTREE_T_CLOSE_OBJECT)
        return case_fault(line, "an object that stands for a string has one member only");
    return 0;
}

static int
take_text(struct case_line *line, struct case_value *value)
{
    switch (line->token.kind) {
    case JTREE_T_NULL:
        *value = (struct case_value){.kind = CASE_NULL};
        return 0;
    case JTREE_T_STRING:
        *value = (struct case_value){.kind = CASE_TEXT};
        return case_string(line, &value->bytes, &value->count);
    case JTREE_T_OPEN_OBJECT:
        return take_object(line, value);
    default:
        return case_fault(line, "here must be a string, null, {\"$json\": value} or {\"$bytes\": \"hex\"}");
    }
}

static int
take_constant(struct case_line *line, const struct api_param *param, int64_t *number)
{
    const struct api_enum *list = param->enumeration >= 0 ? &api_enums[param->enumeration] : NULL;
    for (unsigned i = 0; list != NULL && i < list->nconstants; i++) {
        const struct api_constant *constant = &list->constants[i];
        if (case_is(line, constant->name) &&
            (line->version == NULL ? constant->until == NULL
                                   : api_version_within(line->version, constant->since, constant->until))) {
            *number = constant->value;
            return 0;
        }
    }
    return case_fault(line, "%s must be a number%s%s", param->name, list != NULL ? " or a constant of " : "",
                      list != NULL ? list->name : "");
}

/* What a whole number may be. */
static bool
in_range(int type, bool negative, uint64_t magnitude)
{
    switch (type) {
    case API_I32:
        return magnitude <= (uint64_t)INT32_MAX + negative;
    case API_I64:
        return magnitude <= (uint64_t)INT64_MAX + negative;
    case API_U32:
        return magnitude <= UINT32_MAX && !(negative && magnitude > 0);
    case API_BOOL:
        return magnitude <= UINT8_MAX && !(negative && magnitude > 0);
    default:
        return !(negative && magnitude > 0);
    }
}

/* Any spelling of a whole number; plain digits, which all programs write, without the detour. */
static bool
whole(const char *text, size_t bytes, bool *negative, uint64_t *magnitude)
{
    size_t i = *negative = text[0] == '-';
    if (bytes - i < 19) {
        *magnitude = 0;
        while (i < bytes && text[i] >= '0' && text[i] <= '9')
            *magnitude = *magnitude * 10 + (uint64_t)(text[i++] - '0');
        if (i == bytes)
            return true;
    }
    cJSON *node = jtree_parse(text, bytes, NULL, NULL);
    int64_t number = 0;
    bool good = node != NULL && (*negative ? jtree_int64(node, &number) : jtree_uint64(node, magnitude));
    if (good && *negative)
        *magnitude = 0 - (uint64_t)number;
    cJSON_Delete(node);
    return good;
}

static int
take_number(struct case_line *line, const struct api_param *param, struct case_value *value)
{
    uint64_t magnitude = 0;
    bool negative = false;
    *value = (struct case_value){.kind = CASE_NUMBER};
    switch (line->token.kind) {
    case JTREE_T_TRUE:
    case JTREE_T_FALSE:
        if (param->type != API_BOOL)
            return case_fault(line, "%s must be a number", param->name);
        value->number = line->token.kind == JTREE_T_TRUE;
        return 0;
    case JTREE_T_STRING:
        return take_constant(line, param, &value->number);
    case JTREE_T_NUMBER:
        if (!whole(line->scan.bytes + line->token.start, line->token.end - line->token.start, &negative,
                   &magnitude) ||
            !in_range(param->type, negative, magnitude))
            return case_fault(line, "%s must be a whole number in the range of its type", param->name);
        value->number = (int64_t)(negative ? 0 - magnitude : magnitude);
        return 0;
    default:
        return case_fault(line, "%s must be a number", param->name);
    }
}

int
case_argument(struct case_line *line, const struct api_param *param, struct case_value *value)
{
    switch (param->type) {
    case API_STR:
    case API_OUT:
        return take_text(line, value);
    case API_FN:
    case API_USER:
        *value = (struct case_value){.kind = CASE_ABSENT};
        return case_skip(line);
    default:
        return take_number(line, param, value);
    }
}
