// SPDX-License-Identifier: MIT
// Case -> text. Whatever is in a case, what is written can be read again and gives the same bytes to a
// callback.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/model/case.h"
#include "traces/jtree_scan.h"
#include "traces/utf8.h"

struct writer {
    char *text;
    size_t used, room;
    bool full;
};

static void
put(struct writer *out, const char *bytes, size_t count)
{
    if (out->full || out->room - out->used < count) {
        out->full = true;
        return;
    }
    memcpy(out->text + out->used, bytes, count);
    out->used += count;
}

static void
put_text(struct writer *out, const char *text)
{
    put(out, text, strlen(text));
}

static void
put_escaped(struct writer *out, const char *text, size_t count)
{
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    const char *from = text, *end = text + count;
    put(out, "\"", 1);
    for (const char *p = text; p < end; p++) {
        unsigned char c = (unsigned char)*p;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        char escape[8] = {'\\'};
        const char *name = named;
        put(out, from, (size_t)(p - from));
        from = p + 1;
        while (*name != '\0' && *name != (char)c)
            name += 2;
        if (*name != '\0')
            escape[1] = name[1];
        else
            snprintf(escape, sizeof escape, "\\u%04x", c);
        put_text(out, escape);
    }
    put(out, from, (size_t)(end - from));
    put(out, "\"", 1);
}

static void
put_hex(struct writer *out, const char *text, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    put_text(out, "{\"$bytes\":\"");
    for (size_t i = 0; i < count && !out->full; i++) {
        unsigned char c = (unsigned char)text[i];
        char pair[2] = {digits[c >> 4], digits[c & 15]};
        put(out, pair, 2);
    }
    put_text(out, "\"}");
}

/* A callback's string ends at its first NUL, whatever comes behind it. */
static void
put_string(struct writer *out, const char *text, size_t count)
{
    const char *nul = count > 0 ? memchr(text, '\0', count) : NULL;
    if (nul != NULL)
        count = (size_t)(nul - text);
    if (utf8_valid(text, count))
        put_escaped(out, text, count);
    else
        put_hex(out, text, count);
}

/* One strict JSON document without white space? */
static bool
is_compact(const char *text, size_t count)
{
    struct jtree_scan scan;
    struct jtree_token token;
    jtree_scan_start(&scan, text, count, NULL, NULL);
    do {
        if (jtree_scan_next(&scan, &token) != 0 || token.gap != token.start)
            return false;
    } while (token.kind != JTREE_T_END);
    return true;
}

static const char opening[] = "{\"$json\":";

/* Printed where it is to stand: no copy. What the mutator made of it may be more than a reader takes. */
static void
put_tree(struct writer *out, const cJSON *tree)
{
    size_t before = out->used;
    put(out, opening, sizeof opening - 1);
    if (out->full)
        return;
    char *start = out->text + out->used;
    size_t left = out->room - out->used, count = jtree_print_to(tree, JTREE_COMPACT, start, left);
    if (count >= left) {
        out->full = true;
        return;
    }
    out->used += count;
    put(out, "}", 1);
    if (!out->full && !is_compact(start, count)) {
        char *copy = cJSON_malloc(count + 1);
        out->used = before;
        out->full = copy == NULL;
        if (copy != NULL) {
            memcpy(copy, start, count);
            put_string(out, copy, count);
            cJSON_free(copy);
        }
    }
}

static void
put_payload(struct writer *out, const struct case_value *value)
{
    if (value->tree != NULL && value->kind == CASE_TREE) {
        put_tree(out, value->tree);
    } else if (is_compact(value->bytes, value->count)) {
        put(out, opening, sizeof opening - 1);
        put(out, value->bytes, value->count);
        put(out, "}", 1);
    } else {
        put_string(out, value->bytes, value->count);
    }
}

static void
put_number(struct writer *out, const struct api_param *param, int64_t number)
{
    char text[24];
    uint64_t bits = (uint64_t)number;
    if (param->type == API_BOOL && bits <= 1) {
        put_text(out, bits != 0 ? "true" : "false");
        return;
    }
    if (param->type == API_I32)
        number = (int32_t)number;
    else if (param->type == API_U32)
        bits = (uint32_t)bits;
    else if (param->type == API_BOOL)
        bits = (uint8_t)bits;
    if (param->type == API_I32 || param->type == API_I64)
        snprintf(text, sizeof text, "%" PRId64, number);
    else
        snprintf(text, sizeof text, "%" PRIu64, bits);
    put_text(out, text);
}

static void
put_value(struct writer *out, const struct api_param *param, const struct case_value *value)
{
    if (param->type != API_STR && param->type != API_OUT)
        put_number(out, param, value->kind == CASE_NUMBER ? value->number : 0);
    else if (value->kind != CASE_TEXT && value->kind != CASE_TREE)
        put_text(out, "null");
    else if (param->content == API_JSON || value->kind == CASE_TREE)
        put_payload(out, value);
    else
        put_string(out, value->bytes, value->count);
}

static void
put_event(struct writer *out, const struct case_event *event)
{
    const struct api_entry *entry = event->callback;
    bool first = true;
    put_text(out, "{\"callback\":\"");
    put_text(out, entry->name);
    if (entry->newest != entry->id) {
        put_text(out, "\",\"since\":\"");
        put_text(out, entry->since);
    }
    if (event->function != NULL) {
        put_text(out, "\",\"cause\":\"");
        put_text(out, event->function->name);
    }
    put_text(out, "\",\"args\":{");
    for (unsigned i = 0; i < entry->nparams && !out->full; i++) {
        const struct api_param *param = &entry->params[i];
        if (param->type == API_USER || param->type == API_FN)
            continue;
        put_text(out, first ? "\"" : ",\"");
        put_text(out, param->name);
        put_text(out, "\":");
        put_value(out, param, &event->args[i]);
        first = false;
    }
    put_text(out, "}}\n");
}

size_t
case_write(const struct fuzz_case *c, struct arena *arena, char *text, size_t room)
{
    struct writer out = {.text = text, .room = room};
    struct arena *before = arena_use(arena);
    for (size_t i = 0; i < c->count && !out.full; i++)
        put_event(&out, &c->events[i]);
    arena_use(before);
    return out.full ? 0 : out.used;
}
