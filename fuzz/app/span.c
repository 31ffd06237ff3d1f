// SPDX-License-Identifier: MIT
#include "fuzz/app/span.h"

#include <string.h>

static bool
span_white(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Past the closing quote of the string that begins at `at`; `bytes` when it has no end. */
static size_t
span_string(const char *json, size_t bytes, size_t at)
{
    for (at++; at < bytes && json[at] != '"'; at++) {
        if (json[at] == '\\')
            at++;
    }
    return at < bytes ? at + 1 : bytes;
}

static size_t
span_skip(const char *json, size_t bytes, size_t at)
{
    while (at < bytes && span_white(json[at]))
        at++;
    return at;
}

static size_t
span_number(const char *json, size_t bytes, size_t at)
{
    while (at < bytes && strchr("+-.0123456789eE", json[at]) != NULL && json[at] != '\0')
        at++;
    return at;
}

size_t
span_fields(const char *json, size_t bytes, struct span_field *fields, size_t most)
{
    size_t count = 0, at = 0;

    while (at < bytes && count < most) {
        struct span_field field = {0};
        size_t end;

        if (json[at] != '"') {
            at++;
            continue;
        }
        end = span_string(json, bytes, at);
        field.key = (struct span){at + 1, end - 1};
        at = span_skip(json, bytes, end);
        if (at >= bytes || json[at] != ':')
            continue;
        at = span_skip(json, bytes, at + 1);
        if (at >= bytes)
            break;
        if (json[at] == '"') {
            end = span_string(json, bytes, at);
            if (end == bytes)
                break;
            field.value = (struct span){at + 1, end - 1};
            field.text = true;
        } else {
            end = span_number(json, bytes, at);
            if (end == at)
                continue;
            field.value = (struct span){at, end};
        }
        fields[count++] = field;
        at = end;
    }
    return count;
}

size_t
span_elements(const char *json, size_t bytes, struct span *elements, size_t most)
{
    size_t at = span_skip(json, bytes, 0), from, count = 0;
    unsigned depth = 0;

    if (at >= bytes || json[at] != '[')
        return 0;
    from = span_skip(json, bytes, at + 1);
    for (at = from; at < bytes; at++) {
        char c = json[at];

        if (c == '"') {
            at = span_string(json, bytes, at) - 1;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if (depth > 0 && (c == ']' || c == '}')) {
            depth--;
        } else if (depth == 0 && (c == ',' || c == ']')) {
            if (at > from && count < most)
                elements[count++] = (struct span){from, at};
            if (c == ']')
                return count;
            from = span_skip(json, bytes, at + 1);
            at = from - 1;
        }
    }
    return 0; /* it has no end: no array */
}
