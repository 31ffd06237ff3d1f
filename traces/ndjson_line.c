// SPDX-License-Identifier: MIT
// Lines of NDJSON, hostile ones too, and faults that say where in them.
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "traces/jtree_scan.h"
#include "traces/ndjson_text.h"

static int
fault_at(const struct ndjson_line *line, size_t column, struct fault *fault, const char *text)
{
    return fault_set(fault, FAULT_DATA, "%s:%" PRIu64 ":%zu: %s", line->source->name, line->number, column,
                     text);
}

/* The column (from 1, in characters) of an offset into the line. */
static size_t
column_of(const struct ndjson_line *line, size_t offset)
{
    size_t column = 1;
    for (size_t i = 0; i < offset && i < line->bytes; i++)
        column += ((unsigned char)line->text[i] & 0xC0) != 0x80;
    return column;
}

/* Moves the scan to the value of a key in the object that is open at `depth`. */
static bool
find_key(struct jtree_scan *scan, unsigned depth, const char *key, size_t *start)
{
    struct jtree_token token;
    size_t length = strlen(key);
    while (jtree_scan_next(scan, &token) == 0 && token.kind != JTREE_T_END && scan->depth >= depth) {
        if (token.kind != JTREE_T_KEY || scan->depth != depth || token.end - token.start != length + 2 ||
            memcmp(scan->bytes + token.start + 1, key, length) != 0)
            continue;
        *start = token.start;
        return jtree_scan_next(scan, &token) == 0; /* the colon */
    }
    return false;
}

int
ndjson_fault(const struct ndjson_line *line, const char *outer, const char *key, struct fault *fault,
             const char *format, ...)
{
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t offset = 0, start;
    struct jtree_scan scan;
    struct jtree_token token;
    jtree_scan_start(&scan, line->text, line->bytes, NULL, NULL);
    if (jtree_scan_next(&scan, &token) == 0) {
        offset = token.start;
        bool inside = outer == NULL;
        if (outer != NULL && find_key(&scan, 1, outer, &start)) {
            offset = start;
            inside = jtree_scan_next(&scan, &token) == 0 && token.kind == JTREE_T_OPEN_OBJECT;
        }
        if (inside && key != NULL && find_key(&scan, outer != NULL ? 2 : 1, key, &start))
            offset = start;
    }
    return fault_at(line, column_of(line, offset), fault, text);
}

static int
put_byte(struct ndjson_line *line, int byte)
{
    if (line->bytes == line->room) {
        size_t room = line->room == 0 ? 4096 : line->room * 2;
        char *grown = realloc(line->text, room);
        if (grown == NULL)
            return -1;
        line->text = grown;
        line->room = room;
    }
    line->text[line->bytes++] = (char)byte;
    return 0;
}

/* 1: a line; 0: the end; -1: fault. */
static int
read_line(struct ndjson_line *line, struct fault *fault)
{
    FILE *stream = line->source->stream;
    int byte;
    line->bytes = 0;
    line->number++;
    while ((byte = getc_unlocked(stream)) != EOF && byte != '\n') {
        if (line->bytes == NDJSON_MAX_LINE)
            return fault_at(line, 1, fault, "the line is longer than 256 MiB, which no event can be");
        if (put_byte(line, byte) != 0)
            return fault_at(line, 1, fault, "the line is too long for the memory of this machine");
    }
    if (ferror(stream))
        return fault_errno(fault, FAULT_DATA, "%s:%" PRIu64 ": cannot read", line->source->name,
                           line->number);
    return byte == EOF && line->bytes == 0 ? 0 : 1;
}

static bool
says_nothing(const struct ndjson_line *line)
{
    size_t i = 0;
    while (i < line->bytes && strchr(" \t\r", line->text[i]) != NULL && line->text[i] != '\0')
        i++;
    return i == line->bytes || line->text[i] == '#';
}

int
ndjson_line_next(struct ndjson_line *line, struct fault *fault)
{
    static const struct jtree_options options = {.max_depth = JTREE_MAX_DEPTH,
                                                 .max_nodes = NDJSON_MAX_VALUES};
    struct jtree_error error;
    int more;
    cJSON_Delete(line->root);
    line->root = NULL;
    do {
        more = read_line(line, fault);
        if (more > 0 && line->number == 1 && line->bytes >= 3 && memcmp(line->text, "\xEF\xBB\xBF", 3) == 0) {
            /* Some editors put a byte order mark there. */
            line->bytes -= 3;
            memmove(line->text, line->text + 3, line->bytes);
        }
    } while (more > 0 && says_nothing(line));
    if (more <= 0) {
        progress_end();
        return more;
    }
    progress_tick("lines read", line->number);
    line->root = jtree_parse(line->text, line->bytes, &options, &error);
    if (line->root == NULL) {
        if (error.problem == JTREE_SYNTAX || error.problem == JTREE_BYTES)
            return fault_at(line, error.column, fault, error.text);
        char text[200];
        snprintf(text, sizeof text, "cannot read this line: %s", error.text);
        return fault_at(line, error.column, fault, text);
    }
    if (jtree_kind(line->root) != JTREE_OBJECT)
        return fault_at(line, 1, fault, "a line must be one JSON object");
    return 1;
}

void
ndjson_line_free(struct ndjson_line *line)
{
    cJSON_Delete(line->root);
    free(line->text);
}

const cJSON *
ndjson_get(const struct ndjson_line *line, const char *key)
{
    return jtree_get(line->root, key);
}

int
ndjson_integer(const struct ndjson_line *line, const char *key, int64_t low, int64_t high, bool optional,
               int64_t *value, bool *given, struct fault *fault)
{
    const cJSON *node = ndjson_get(line, key);
    *given = node != NULL;
    if (node == NULL)
        return 0;
    if (optional && jtree_kind(node) == JTREE_NULL) {
        *value = 0;
        return 0;
    }
    int64_t number;
    if (!jtree_int64(node, &number) || number < low || number > high)
        return ndjson_fault(line, NULL, key, fault,
                            "\"%s\" must be a whole number from %" PRId64 " to %" PRId64, key, low, high);
    *value = number;
    return 0;
}

static bool
listed(const char *known, const char *key, size_t bytes)
{
    for (const char *p = known; *p != '\0';) {
        size_t length = strcspn(p, " ");
        if (length == bytes && memcmp(p, key, bytes) == 0)
            return true;
        p += length + (p[length] == ' ');
    }
    return false;
}

int
ndjson_keys(const struct ndjson_line *line, const char *known, struct fault *fault)
{
    unsigned count = 0;
    for (const cJSON *child = line->root->child; child != NULL; child = child->next) {
        struct jtree_text key;
        if (jtree_key(child, &key) != 0)
            return ndjson_fault(line, NULL, NULL, fault, "out of memory");
        if (!listed(known, key.data, key.bytes)) {
            int status =
                ndjson_fault(line, NULL, key.data, fault,
                             "there is no \"%.60s\" in such a line; it may have: %s", key.data, known);
            jtree_text_free(&key);
            return status;
        }
        /* A key that is listed has no odd bytes, so its text is the node's own. */
        if (++count > 32 || jtree_get(line->root, key.data) != child) {
            int status = ndjson_fault(line, NULL, key.data, fault, "\"%.60s\" is there twice", key.data);
            jtree_text_free(&key);
            return status;
        }
        jtree_text_free(&key);
    }
    return 0;
}
