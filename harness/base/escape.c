// SPDX-License-Identifier: MIT
#include "base/escape.h"

#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* Length of the well-formed UTF-8 sequence at `text` (1 to 4), and its code point; 0 when it is none. */
static size_t
decode(const unsigned char *text, size_t left, unsigned *code)
{
    static const unsigned minimum[] = {0, 0, 0x80, 0x800, 0x10000};
    *code = text[0];
    if (text[0] < 0x80)
        return 1;
    size_t length = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;
    if (text[0] < 0xC2 || text[0] > 0xF4 || length > left)
        return 0;
    *code = text[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        *code = *code << 6 | (text[i] & 0x3Fu);
    }
    if (*code < minimum[length] || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000))
        return 0;
    return length;
}

/* Walks over the characters of a text; `put` gets what is no plain character, and says whether it wrote it.
 */
static void
walk(FILE *stream, const char *text, size_t bytes, bool (*put)(FILE *stream, unsigned code, bool inner),
     bool inner)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + bytes;
    while (at < end) {
        unsigned code;
        size_t length = decode(at, (size_t)(end - at), &code);
        if (length == 0) {
            fputs(REPLACEMENT, stream);
            at++;
            continue;
        }
        if (!put(stream, code, inner))
            fwrite(at, 1, length, stream);
        at += length;
    }
}

static bool
put_json(FILE *stream, unsigned code, bool inner)
{
    (void)inner;
    if (code == '"' || code == '\\')
        fprintf(stream, "\\%c", (char)code);
    else if (code == '\n')
        fputs("\\n", stream);
    else if (code < 0x20)
        fprintf(stream, "\\u%04x", code);
    else
        return false;
    return true;
}

void
escape_json(FILE *stream, const char *text, size_t bytes)
{
    putc('"', stream);
    walk(stream, text, bytes, put_json, false);
    putc('"', stream);
}

static bool
put_xml(FILE *stream, unsigned code, bool attribute)
{
    switch (code) {
    case '<':
        fputs("&lt;", stream);
        return true;
    case '>': /* "]]>" must not stand in text */
        fputs("&gt;", stream);
        return true;
    case '&':
        fputs("&amp;", stream);
        return true;
    case '"':
        fputs("&quot;", stream);
        return true;
    case '\r': /* a parser would make it a line feed */
        fputs("&#13;", stream);
        return true;
    case '\t':
    case '\n':
        if (attribute)
            fprintf(stream, "&#%u;", code);
        return attribute;
    default:
        break;
    }
    if (code < 0x20 || code == 0x7f)
        fprintf(stream, "\\x%02x", code);
    else if (code == 0xFFFE || code == 0xFFFF)
        fputs(REPLACEMENT, stream);
    else
        return false;
    return true;
}

void
escape_xml(FILE *stream, const char *text, size_t bytes, bool attribute)
{
    walk(stream, text, bytes, put_xml, attribute);
}

static bool
put_github(FILE *stream, unsigned code, bool property)
{
    if (code == '%' || code == '\r' || code == '\n' || (property && (code == ':' || code == ',')))
        fprintf(stream, "%%%02X", code);
    else if ((code < 0x20 && code != '\t') || code == 0x7f)
        fprintf(stream, "\\x%02x", code);
    else
        return false;
    return true;
}

void
escape_github(FILE *stream, const char *text, bool property)
{
    walk(stream, text, strlen(text), put_github, property);
}
