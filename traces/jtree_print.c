// SPDX-License-Identifier: MIT
// Prints the exact JSON tree: compact, as read, or indented.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/jtree.h"

struct printer {
    char *text;
    size_t used, room;
    enum jtree_style style;
    bool fixed; /* text is the caller's: what does not fit is counted only */
    bool failed;
};

static void
put(struct printer *out, const char *bytes, size_t count)
{
    if (out->failed)
        return;
    if (out->fixed) {
        if (out->used < out->room && out->room - out->used > count)
            memcpy(out->text + out->used, bytes, count);
        out->used += count;
        return;
    }
    if (out->room - out->used < count + 1) {
        size_t room = (out->room + count + 1) * 2;
        char *grown = realloc(out->text, room);
        if (grown == NULL) {
            out->failed = true;
            return;
        }
        out->text = grown;
        out->room = room;
    }
    memcpy(out->text + out->used, bytes, count);
    out->used += count;
}

static void
put_text(struct printer *out, const char *text)
{
    put(out, text, strlen(text));
}

/* Escapes only what must be escaped: the spelling the scanner does not call odd. */
static void
put_string(struct printer *out, const char *text)
{
    put(out, "\"", 1);
    const char *from = text, *p = text;
    for (; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        put(out, from, (size_t)(p - from));
        from = p + 1;
        static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
        char escape[8];
        const char *name = named;
        while (*name != '\0' && *name != (char)c)
            name += 2;
        if (*name != '\0')
            snprintf(escape, sizeof escape, "\\%c", name[1]);
        else
            snprintf(escape, sizeof escape, "\\u%04x", c);
        put_text(out, escape);
    }
    put(out, from, (size_t)(p - from));
    put(out, "\"", 1);
}

/* The next stretch of kept white space; *layout moves behind it. */
static void
put_gap(struct printer *out, const char **layout)
{
    if (*layout == NULL || out->style != JTREE_EXACT)
        return;
    size_t count = strspn(*layout, " \t\r\n");
    put(out, *layout, count);
    *layout += count;
    if (**layout == ',')
        ++*layout;
    else
        *layout = NULL;
}

static void
put_line(struct printer *out, unsigned depth)
{
    if (out->style != JTREE_INDENTED)
        return;
    put(out, "\n", 1);
    for (; depth > 0; depth--)
        put(out, "  ", 2);
}

static void
put_number(struct printer *out, const cJSON *node)
{
    const char *text = jtree_number(node);
    char room[40];
    if (text == NULL) { /* a node that came from elsewhere */
        snprintf(room, sizeof room, "%.17g", node->valuedouble);
        text = isfinite(node->valuedouble) ? room : "null";
    }
    put_text(out, text);
}

static void put_node(struct printer *out, const cJSON *node, unsigned depth);

static void
put_container(struct printer *out, const cJSON *node, unsigned depth, bool object)
{
    const char *layout = node->valuestring;
    put(out, object ? "{" : "[", 1);
    for (const cJSON *child = node->child; child != NULL && !out->failed; child = child->next) {
        put_line(out, depth + 1);
        put_gap(out, &layout);
        if (object) {
            if ((child->type & JTREE_RAW_KEY) != 0)
                put_text(out, child->string);
            else
                put_string(out, child->string != NULL ? child->string : "");
            put_gap(out, &layout);
            put_text(out, out->style == JTREE_INDENTED ? ": " : ":");
            put_gap(out, &layout);
        }
        put_node(out, child, depth + 1);
        if (child->next != NULL) {
            put_gap(out, &layout);
            put(out, ",", 1);
        }
    }
    if (node->child != NULL)
        put_line(out, depth);
    put_gap(out, &layout);
    put(out, object ? "}" : "]", 1);
}

static void
put_node(struct printer *out, const cJSON *node, unsigned depth)
{
    switch (jtree_kind(node)) {
    case JTREE_NULL:
        put_text(out, "null");
        break;
    case JTREE_BOOL:
        put_text(out, (node->type & 0xFF) == cJSON_True ? "true" : "false");
        break;
    case JTREE_NUMBER:
        put_number(out, node);
        break;
    case JTREE_STRING:
        if ((node->type & 0xFF) == cJSON_Raw)
            put_text(out, node->valuestring);
        else
            put_string(out, node->valuestring != NULL ? node->valuestring : "");
        break;
    case JTREE_ARRAY:
        put_container(out, node, depth, false);
        break;
    case JTREE_OBJECT:
        put_container(out, node, depth, true);
        break;
    }
}

/* Does the key slot of this node hold margins? Only of a root, and only white space around one comma. */
static const char *
margins(const cJSON *node)
{
    if (node->string == NULL || node->prev != NULL || node->next != NULL)
        return NULL;
    size_t lead = strspn(node->string, " \t\r\n");
    if (node->string[lead] != ',' ||
        node->string[lead + 1 + strspn(node->string + lead + 1, " \t\r\n")] != '\0')
        return NULL;
    return node->string;
}

static void
put_root(struct printer *out, const cJSON *node)
{
    const char *layout = margins(node);
    put_gap(out, &layout);
    put_node(out, node, 0);
    put_gap(out, &layout);
    put(out, "", 0);
}

size_t
jtree_print_to(const cJSON *node, enum jtree_style style, char *text, size_t room)
{
    struct printer out = {.text = text, .room = room, .style = style, .fixed = true};
    put_root(&out, node);
    if (room > 0)
        text[out.used < room ? out.used : 0] = '\0';
    return out.used;
}

char *
jtree_print(const cJSON *node, enum jtree_style style, size_t *bytes)
{
    struct printer out = {.style = style};
    put_root(&out, node);
    if (out.failed || out.text == NULL) {
        free(out.text);
        return NULL;
    }
    out.text[out.used] = '\0';
    if (bytes != NULL)
        *bytes = out.used;
    return out.text;
}
