// SPDX-License-Identifier: MIT
// The JSON scanner: tokens with exact spans, UTF-8 check, depth limit, errors with a position.
#include "traces/jtree_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum expect { VALUE, VALUE_OR_CLOSE, KEY, KEY_OR_CLOSE, COLON, COMMA_OR_CLOSE, END };

void
jtree_error_set(struct jtree_error *error, enum jtree_problem problem, const char *bytes, size_t offset,
                const char *format, ...)
{
    if (error == NULL)
        return;
    error->problem = problem;
    error->offset = offset;
    error->line = 1;
    error->column = 1;
    for (size_t i = 0; bytes != NULL && i < offset; i++) {
        if (bytes[i] == '\n') {
            error->line++;
            error->column = 1;
        } else if (((unsigned char)bytes[i] & 0xC0) != 0x80) {
            error->column++;
        }
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
}

unsigned
jtree_utf8(const unsigned char *p, const unsigned char *end)
{
    size_t left = (size_t)(end - p);
    if (left == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    if (left < 2 || (p[1] & 0xC0) != 0x80)
        return 0;
    if (p[0] < 0xE0)
        return 2;
    if (left < 3 || (p[2] & 0xC0) != 0x80)
        return 0;
    if (p[0] < 0xF0)
        return (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ? 0 : 3;
    if (left < 4 || (p[3] & 0xC0) != 0x80)
        return 0;
    return (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F) ? 0 : 4;
}

void
jtree_scan_start(struct jtree_scan *scan, const char *bytes, size_t length,
                 const struct jtree_options *options, struct jtree_error *error)
{
    scan->bytes = bytes;
    scan->length = length;
    scan->at = 0;
    scan->depth = 0;
    scan->max_depth = options != NULL && options->max_depth != 0 ? options->max_depth : JTREE_DEPTH;
    if (scan->max_depth > JTREE_MAX_DEPTH)
        scan->max_depth = JTREE_MAX_DEPTH;
    scan->expect = VALUE;
    scan->error = error;
}

/* The byte at `at` in words, for error sentences. */
static const char *
seen(const struct jtree_scan *scan, size_t at, char *room, size_t bytes)
{
    if (at >= scan->length)
        return "the end of the text";
    unsigned char c = (unsigned char)scan->bytes[at];
    if (c > 0x20 && c < 0x7F)
        snprintf(room, bytes, "'%c'", c);
    else
        snprintf(room, bytes, "byte 0x%02x", c);
    return room;
}

static int
refuse(const struct jtree_scan *scan, size_t at, const char *wanted)
{
    char room[24];
    jtree_error_set(scan->error, JTREE_SYNTAX, scan->bytes, at, "%s, not %s", wanted,
                    seen(scan, at, room, sizeof room));
    return -1;
}

/* What was wanted where something else stands. */
static int
unexpected(const struct jtree_scan *scan, size_t at)
{
    static const char *const wanted[] = {
        [VALUE] = "here must be a value",
        [VALUE_OR_CLOSE] = "here must be a value or ']'",
        [KEY] = "after a comma in an object must come a key in double quotes",
        [KEY_OR_CLOSE] = "here must be a key in double quotes or '}'",
        [COLON] = "after a key must come ':'",
        [END] = "after the value the text must end",
    };
    if (scan->expect == COMMA_OR_CLOSE) {
        unsigned top = scan->depth - 1;
        bool object = (scan->nest[top / 64] >> (top % 64)) & 1;
        return refuse(scan, at, object ? "here must be ',' or '}'" : "here must be ',' or ']'");
    }
    return refuse(scan, at, wanted[scan->expect]);
}

static int
hex4(const char *p)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int c = (unsigned char)p[i];
        int digit = c >= '0' && c <= '9'                 ? c - '0'
                    : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                         : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* Would a printer that escapes only what it must spell this escape the same way? */
static bool
canonical_unicode(const char *hex)
{
    int value = hex4(hex);
    return value != 0 && value < 0x20 && strchr("\b\f\n\r\t", value) == NULL &&
           !(hex[2] >= 'A' && hex[2] <= 'F') && !(hex[3] >= 'A' && hex[3] <= 'F');
}

static int
scan_string(struct jtree_scan *scan, struct jtree_token *token)
{
    const unsigned char *bytes = (const unsigned char *)scan->bytes;
    size_t at = token->start + 1, end = scan->length;
    for (;;) {
        if (at >= end)
            return refuse(scan, at, "the string must be closed by '\"'");
        unsigned char c = bytes[at];
        if (c == '"')
            break;
        if (c == '\\') {
            token->escapes = true;
            char e = at + 1 < end ? scan->bytes[at + 1] : 0;
            if (e == 'u') {
                if (end - at < 6 || hex4(scan->bytes + at + 2) < 0) {
                    size_t bad = at + 2;
                    while (bad < end && bad < at + 6 &&
                           strchr("0123456789abcdefABCDEF", scan->bytes[bad]) != NULL &&
                           scan->bytes[bad] != 0)
                        bad++;
                    return refuse(scan, bad, "after \\u must come four hex digits");
                }
                token->odd |= !canonical_unicode(scan->bytes + at + 2);
                at += 6;
            } else if (e != 0 && strchr("\"\\/bfnrt", e) != NULL) {
                token->odd |= e == '/';
                at += 2;
            } else {
                return refuse(scan, at + 1, "after a backslash must come one of \" \\ / b f n r t u");
            }
        } else if (c < 0x20) {
            return refuse(scan, at, "a control character in a string must be escaped");
        } else if (c < 0x80) {
            at++;
        } else {
            unsigned size = jtree_utf8(bytes + at, bytes + end);
            if (size == 0) {
                jtree_error_set(scan->error, JTREE_BYTES, scan->bytes, at, "byte 0x%02x is not UTF-8 here",
                                c);
                return -1;
            }
            at += size;
        }
    }
    token->end = at + 1;
    return 0;
}

static bool
digit(const struct jtree_scan *scan, size_t at)
{
    return at < scan->length && scan->bytes[at] >= '0' && scan->bytes[at] <= '9';
}

static int
scan_number(struct jtree_scan *scan, struct jtree_token *token)
{
    size_t at = token->start;
    const char *bytes = scan->bytes;
    if (bytes[at] == '-')
        at++;
    if (!digit(scan, at))
        return refuse(scan, at, "after '-' must come a digit");
    if (bytes[at] == '0') {
        at++;
        if (digit(scan, at))
            return refuse(scan, at, "a number must not have a leading zero: here must be no further digit");
    } else {
        while (digit(scan, at))
            at++;
    }
    if (at < scan->length && bytes[at] == '.') {
        at++;
        if (!digit(scan, at))
            return refuse(scan, at, "after the decimal point must come a digit");
        while (digit(scan, at))
            at++;
    }
    if (at < scan->length && (bytes[at] | 32) == 'e') {
        at++;
        if (at < scan->length && (bytes[at] == '+' || bytes[at] == '-'))
            at++;
        if (!digit(scan, at))
            return refuse(scan, at, "the exponent must have a digit");
        while (digit(scan, at))
            at++;
    }
    token->end = at;
    return 0;
}

size_t
jtree_number_span(const char *text, size_t length)
{
    struct jtree_scan scan = {.bytes = text, .length = length};
    struct jtree_token token = {.kind = JTREE_T_NUMBER};
    if (length == 0 || (text[0] != '-' && !digit(&scan, 0)) || scan_number(&scan, &token) != 0)
        return 0;
    return token.end;
}

static int
scan_word(struct jtree_scan *scan, struct jtree_token *token, const char *word)
{
    size_t i = 0;
    for (; word[i] != '\0'; i++) {
        size_t at = token->start + i;
        if (at >= scan->length || scan->bytes[at] != word[i]) {
            char wanted[48];
            snprintf(wanted, sizeof wanted, "here must be the word %s", word);
            return refuse(scan, at, wanted);
        }
    }
    token->end = token->start + i;
    return 0;
}

static void
close_one(struct jtree_scan *scan)
{
    scan->depth--;
    scan->expect = scan->depth == 0 ? END : COMMA_OR_CLOSE;
}

static int
open_one(struct jtree_scan *scan, bool object)
{
    if (scan->depth >= scan->max_depth) {
        jtree_error_set(scan->error, JTREE_TOO_DEEP, scan->bytes, scan->at,
                        "arrays and objects are nested deeper than %u", scan->max_depth);
        return -1;
    }
    uint64_t bit = (uint64_t)1 << (scan->depth % 64);
    if (object)
        scan->nest[scan->depth / 64] |= bit;
    else
        scan->nest[scan->depth / 64] &= ~bit;
    scan->depth++;
    scan->expect = object ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
    return 0;
}

static int
scan_value(struct jtree_scan *scan, struct jtree_token *token)
{
    int status;
    char c = scan->bytes[token->start];
    token->end = token->start + 1;
    switch (c) {
    case '[':
    case '{':
        token->kind = c == '[' ? JTREE_T_OPEN_ARRAY : JTREE_T_OPEN_OBJECT;
        return open_one(scan, c == '{');
    case '"':
        token->kind = JTREE_T_STRING;
        status = scan_string(scan, token);
        break;
    case 't':
        token->kind = JTREE_T_TRUE;
        status = scan_word(scan, token, "true");
        break;
    case 'f':
        token->kind = JTREE_T_FALSE;
        status = scan_word(scan, token, "false");
        break;
    case 'n':
        token->kind = JTREE_T_NULL;
        status = scan_word(scan, token, "null");
        break;
    default:
        if (c != '-' && (c < '0' || c > '9'))
            return unexpected(scan, token->start);
        token->kind = JTREE_T_NUMBER;
        status = scan_number(scan, token);
    }
    scan->expect = scan->depth == 0 ? END : COMMA_OR_CLOSE;
    return status;
}

static int
scan_token(struct jtree_scan *scan, struct jtree_token *token, char c)
{
    token->end = token->start + 1;
    switch (scan->expect) {
    case VALUE_OR_CLOSE:
        if (c == ']') {
            token->kind = JTREE_T_CLOSE_ARRAY;
            close_one(scan);
            return 0;
        }
        return scan_value(scan, token);
    case VALUE:
        return scan_value(scan, token);
    case KEY_OR_CLOSE:
        if (c == '}') {
            token->kind = JTREE_T_CLOSE_OBJECT;
            close_one(scan);
            return 0;
        }
        /* fall through */
    case KEY:
        if (c != '"')
            return unexpected(scan, token->start);
        token->kind = JTREE_T_KEY;
        scan->expect = COLON;
        return scan_string(scan, token);
    case COLON:
        if (c != ':')
            return unexpected(scan, token->start);
        token->kind = JTREE_T_COLON;
        scan->expect = VALUE;
        return 0;
    case COMMA_OR_CLOSE: {
        unsigned top = scan->depth - 1;
        bool object = (scan->nest[top / 64] >> (top % 64)) & 1;
        if (c == ',') {
            token->kind = JTREE_T_COMMA;
            scan->expect = object ? KEY : VALUE;
            return 0;
        }
        if (c != (object ? '}' : ']'))
            return unexpected(scan, token->start);
        token->kind = object ? JTREE_T_CLOSE_OBJECT : JTREE_T_CLOSE_ARRAY;
        close_one(scan);
        return 0;
    }
    default:
        return unexpected(scan, token->start);
    }
}

int
jtree_scan_next(struct jtree_scan *scan, struct jtree_token *token)
{
    *token = (struct jtree_token){.gap = scan->at};
    size_t at = scan->at;
    while (at < scan->length && (scan->bytes[at] == ' ' || scan->bytes[at] == '\n' ||
                                 scan->bytes[at] == '\t' || scan->bytes[at] == '\r'))
        at++;
    token->start = token->end = scan->at = at;
    if (at == scan->length) {
        if (scan->expect != END)
            return unexpected(scan, at);
        token->kind = JTREE_T_END;
        return 0;
    }
    if (scan_token(scan, token, scan->bytes[at]) != 0)
        return -1;
    scan->at = token->end;
    return 0;
}

int
jtree_check(const char *bytes, size_t length, const struct jtree_options *options, struct jtree_error *error)
{
    struct jtree_scan scan;
    struct jtree_token token;
    jtree_scan_start(&scan, bytes, length, options, error);
    do {
        if (jtree_scan_next(&scan, &token) != 0)
            return -1;
    } while (token.kind != JTREE_T_END);
    return 0;
}

static char *
put_character(char *out, unsigned value)
{
    if (value < 0x80) {
        *out++ = (char)value;
    } else if (value < 0x800) {
        *out++ = (char)(0xC0 | value >> 6);
        *out++ = (char)(0x80 | (value & 0x3F));
    } else if (value < 0x10000) {
        *out++ = (char)(0xE0 | value >> 12);
        *out++ = (char)(0x80 | (value >> 6 & 0x3F));
        *out++ = (char)(0x80 | (value & 0x3F));
    } else {
        *out++ = (char)(0xF0 | value >> 18);
        *out++ = (char)(0x80 | (value >> 12 & 0x3F));
        *out++ = (char)(0x80 | (value >> 6 & 0x3F));
        *out++ = (char)(0x80 | (value & 0x3F));
    }
    return out;
}

size_t
jtree_unescape(const char *spelling, size_t length, char *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char *to = out;
    for (const char *p = spelling, *end = spelling + length; p < end;) {
        if (*p != '\\') {
            *to++ = *p++;
            continue;
        }
        if (p[1] != 'u') {
            *to++ = values[strchr(names, p[1]) - names];
            p += 2;
            continue;
        }
        int value = hex4(p + 2);
        p += 6;
        if (value >= 0xD800 && value < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
            int low = hex4(p + 2);
            if (low >= 0xDC00 && low < 0xE000) {
                value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
                p += 6;
            }
        }
        to = put_character(to, (unsigned)value);
    }
    return (size_t)(to - out);
}
