// SPDX-License-Identifier: MIT
/*
 * Finds what must not leave the process in clear. A strict scanner walks JSON once, without recursion or
 * memory of its own; what it does not understand is masked as a whole.
 */
#include <stdatomic.h>
#include <string.h>

#include "shim/inside.h"

#define JSON_DEPTH 256
#define KEY_BYTES 96 /* no secret key is longer */

struct scan {
    const char *text;
    size_t at, end;
    struct mask *mask;
    bool failed;
};

static bool
mask_add(struct mask *mask, size_t from, size_t to)
{
    if (mask->count == MASK_SPANS)
        return false;
    mask->span[mask->count].from = from;
    mask->span[mask->count++].to = to;
    return true;
}

void
mask_whole(struct mask *mask, const char *text, size_t bytes)
{
    mask->count = 0;
    mask->quoted = false;
    if (text != NULL && bytes > 0)
        mask_add(mask, 0, bytes);
}

static int
peek(struct scan *scan)
{
    while (scan->at < scan->end && strchr(" \t\r\n", scan->text[scan->at]) != NULL &&
           scan->text[scan->at] != '\0')
        scan->at++;
    return scan->at < scan->end ? (unsigned char)scan->text[scan->at] : -1;
}

static bool
take(struct scan *scan, int wanted)
{
    if (peek(scan) != wanted)
        return false;
    scan->at++;
    return true;
}

static int
hex4(const char *text)
{
    int value = 0;

    for (int i = 0; i < 4; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Past a string; its decoded bytes into `copy` as far as they are ASCII and fit, else *kept = SIZE_MAX. */
static bool
string_scan(struct scan *scan, char *copy, size_t size, size_t *kept)
{
    size_t count = 0;
    bool whole = true;

    if (!take(scan, '"'))
        return false;
    while (scan->at < scan->end && scan->text[scan->at] != '"') {
        int c = (unsigned char)scan->text[scan->at++];

        if (c < 0x20)
            return false;
        if (c == '\\') {
            if (scan->at == scan->end)
                return false;
            c = (unsigned char)scan->text[scan->at++];
            if (c == 'u') {
                if (scan->end - scan->at < 4 || (c = hex4(scan->text + scan->at)) < 0)
                    return false;
                scan->at += 4;
            } else {
                const char *escape = c != 0 ? strchr("\"\"\\\\//b\bf\fn\nr\rt\t", c) : NULL;

                if (escape == NULL || strchr("\"\\/bfnrt", c) == NULL)
                    return false;
                c = escape[1];
            }
        }
        if (count < size && c < 0x80)
            copy[count++] = (char)c;
        else
            whole = false;
    }
    if (kept != NULL)
        *kept = whole ? count : SIZE_MAX;
    return take(scan, '"');
}

static bool
plain_scan(struct scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t from = scan->at;

    for (unsigned i = 0; i < 3; i++) {
        size_t bytes = strlen(words[i]);

        if (scan->end - scan->at >= bytes && memcmp(scan->text + scan->at, words[i], bytes) == 0) {
            scan->at += bytes;
            return true;
        }
    }
    while (scan->at < scan->end && scan->text[scan->at] != '\0' &&
           strchr("0123456789+-.eE", scan->text[scan->at]) != NULL)
        scan->at++;
    return scan->at > from;
}

/*
 * Past one value, collecting the values of secret keys. `open` is a stack of brackets; `secret_depth` is the
 * depth at which a secret value began: all of it is one span.
 */
static bool
value_scan(struct scan *scan)
{
    char open[JSON_DEPTH];
    unsigned depth = 0, secret_depth = 0;
    size_t secret_from = 0;
    bool secret = false;

    for (;;) {
        int c;

        /* Before a value. In an object, its key comes first. */
        if (depth > 0 && open[depth - 1] == '{') {
            char key[KEY_BYTES];
            size_t bytes = 0;

            peek(scan);
            if (!string_scan(scan, key, sizeof key, &bytes) || !take(scan, ':'))
                return false;
            if (!secret && bytes <= sizeof key && secret_key(key, bytes)) {
                secret = true;
                secret_depth = depth;
                peek(scan);
                secret_from = scan->at;
            }
        }
        c = peek(scan);
        if (c == '{' || c == '[') {
            if (depth == JSON_DEPTH)
                return false;
            open[depth++] = (char)c;
            scan->at++;
            if (peek(scan) != (c == '{' ? '}' : ']'))
                continue; /* its first value */
            scan->at++;
            depth--;
        } else if (c == '"') {
            if (!string_scan(scan, NULL, 0, NULL))
                return false;
        } else if (!plain_scan(scan)) {
            return false;
        }
        /* After a value: closes what ends here. */
        for (;;) {
            if (secret && depth == secret_depth) {
                size_t bytes = scan->at - secret_from;
                const char *value = scan->text + secret_from;

                secret = false;
                if (!(bytes == 4 && memcmp(value, "null", 4) == 0) &&
                    !(bytes == 2 && memcmp(value, "\"\"", 2) == 0)) {
                    if (!mask_add(scan->mask, secret_from, scan->at))
                        return false;
                    if (bytes > 2 && value[0] == '"')
                        secret_remember(value + 1, bytes - 2);
                }
            }
            if (depth == 0)
                return true;
            if (take(scan, ','))
                break; /* to the next value */
            if (!take(scan, open[depth - 1] == '{' ? '}' : ']'))
                return false;
            depth--;
        }
    }
}

void
mask_json(struct mask *mask, const char *text, size_t bytes)
{
    struct scan scan = {.text = text, .end = bytes, .mask = mask};

    mask->count = 0;
    mask->quoted = true;
    if (text == NULL || bytes == 0)
        return;
    if (!value_scan(&scan) || peek(&scan) != -1)
        mask_whole(mask, text, bytes);
}

void
mask_known(struct mask *mask, const char *text, size_t bytes)
{
    size_t from = 0, start, end;

    mask->count = 0;
    mask->quoted = false;
    while (from < bytes && secret_find(text, bytes, from, &start, &end)) {
        if (!mask_add(mask, start, end)) {
            mask_whole(mask, text, bytes);
            return;
        }
        from = end;
    }
}

static size_t
replacement(const struct mask *mask)
{
    return sizeof MASK_TEXT - 1 + (mask->quoted ? 2 : 0);
}

size_t
mask_bytes(const struct mask *mask, size_t bytes)
{
    for (unsigned i = 0; i < mask->count; i++)
        bytes = bytes - (mask->span[i].to - mask->span[i].from) + replacement(mask);
    return bytes;
}

void
mask_write(const struct mask *mask, char *to, const char *text, size_t bytes)
{
    size_t from = 0, length = replacement(mask);

    for (unsigned i = 0; i < mask->count; i++) {
        memcpy(to, text + from, mask->span[i].from - from);
        to += mask->span[i].from - from;
        memcpy(to, mask->quoted ? "\"" MASK_TEXT "\"" : MASK_TEXT, length);
        to += length;
        from = mask->span[i].to;
    }
    memcpy(to, text + from, bytes - from);
}
