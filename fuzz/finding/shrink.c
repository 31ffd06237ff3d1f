// SPDX-License-Identifier: MIT
/* A value made smaller: members and elements left out, large parts first, then what is left emptied. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz/finding/inside.h"
#include "traces/jtree.h"
#include "traces/utf8.h"

#define CASE_MOST ((size_t)16 << 20)

static uint64_t
now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* About as many bytes as its text has. */
static size_t
measure(struct shrink *shrink)
{
    size_t bytes = 0;
    for (size_t i = 0; i < shrink->c->count; i++) {
        struct case_event *event = &shrink->c->events[i];
        bytes += 60;
        for (unsigned p = 0; p < event->callback->nparams; p++) {
            struct case_value value = event->args[p];
            if (value.kind == CASE_TREE && case_print(&value, shrink->scratch) != 0)
                return SIZE_MAX;
            bytes += value.kind == CASE_NUMBER ? (value.number != 0 ? 2 : 1) : value.count;
        }
    }
    return bytes;
}

bool
shrink_try(struct shrink *shrink)
{
    if (shrink->over || shrink->runs >= shrink->effort->runs || now_ms() >= shrink->end_ms) {
        shrink->over = true;
        return false;
    }
    arena_reset(shrink->scratch);
    size_t bytes = measure(shrink);
    if (bytes > shrink->bytes || case_lane(shrink->c, shrink->scratch) != shrink->lane)
        return false;
    arena_reset(shrink->scratch);
    shrink->runs++;
    int same = shrink->test(shrink->context, shrink->c, shrink->scratch, shrink->fault);
    if (same < 0)
        shrink->over = shrink->failed = true;
    if (same != 1)
        return false;
    shrink->bytes = bytes;
    if (shrink->effort->progress != NULL)
        shrink->effort->progress(shrink->effort->context, shrink->runs, bytes);
    return true;
}

/* The tree has changed: what was printed of it is old. */
static bool
try_tree(struct shrink *shrink, struct case_value *value)
{
    value->bytes = NULL;
    value->count = 0;
    bool same = shrink_try(shrink);
    value->bytes = NULL;
    value->count = 0;
    return same;
}

/* The children of a node are these, but for those from `begin` to `end`. */
static void
link_children(cJSON *node, cJSON **children, size_t count, size_t begin, size_t end)
{
    cJSON *last = NULL;
    node->child = NULL;
    for (size_t i = 0; i < count; i++) {
        if (i >= begin && i < end)
            continue;
        children[i]->prev = last;
        children[i]->next = NULL;
        if (last != NULL)
            last->next = children[i];
        else
            node->child = children[i];
        last = children[i];
    }
    if (node->child != NULL)
        node->child->prev = last;
}

static cJSON **
list_children(const cJSON *node, size_t *count)
{
    *count = 0;
    for (const cJSON *child = node->child; child != NULL; child = child->next)
        (*count)++;
    cJSON **children = malloc((*count + 1) * sizeof(cJSON *));
    size_t i = 0;
    for (cJSON *child = node->child; children != NULL && child != NULL; child = child->next)
        children[i++] = child;
    return children;
}

/* Halves, quarters ... single ones, from the end: what comes last depends on what comes first. */
static bool
drop_children(struct shrink *shrink, struct case_value *value, cJSON *node)
{
    size_t count;
    bool changed = false;
    cJSON **children = list_children(node, &count);
    for (size_t part = count; children != NULL && part > 0 && !shrink->over;
         part = part > 1 ? (part + 1) / 2 : 0) {
        for (size_t end = count; end > 0 && !shrink->over;) {
            size_t begin = end > part ? end - part : 0;
            link_children(node, children, count, begin, end);
            if (try_tree(shrink, value)) {
                memmove(children + begin, children + end, (count - end) * sizeof *children);
                count -= end - begin;
                changed = true;
            }
            link_children(node, children, count, 0, 0);
            end = begin;
        }
        if (part > count)
            part = count;
    }
    free(children);
    return changed;
}

/* What a node says, to be put back. */
static bool
try_text(struct shrink *shrink, struct case_value *value, cJSON *node, int type, const char *text)
{
    struct {
        int type;
        char *text;
    } was = {node->type, node->valuestring};
    char *copy = arena_text(shrink->arena, text, strlen(text));
    if (copy == NULL)
        return false;
    node->type = (was.type & JTREE_RAW_KEY) | type;
    node->valuestring = copy;
    if (try_tree(shrink, value))
        return true;
    node->type = was.type;
    node->valuestring = was.text;
    return false;
}

/* The first `bytes` of a text, down to a whole character. */
static char *
text_head(struct arena *arena, const char *text, size_t bytes)
{
    while (bytes > 0 && ((unsigned char)text[bytes] & 0xC0) == 0x80)
        bytes--;
    return arena_text(arena, text, bytes);
}

static bool
shrink_string(struct shrink *shrink, struct case_value *value, cJSON *node)
{
    bool changed = false;
    if ((node->type & 0xFF) != cJSON_String) /* an odd spelling is what is special about it, or nothing is */
        return try_text(shrink, value, node, cJSON_String, "");
    if (node->valuestring[0] == '\0')
        return false;
    if (try_text(shrink, value, node, cJSON_String, ""))
        return true;
    for (size_t less = strlen(node->valuestring) / 2; less > 0 && !shrink->over;) {
        size_t left = strlen(node->valuestring);
        char *head = left > less ? text_head(shrink->arena, node->valuestring, left - less) : NULL;
        if (head != NULL && try_text(shrink, value, node, cJSON_String, head))
            changed = true;
        else
            less /= 2;
    }
    return changed;
}

static bool
shrink_number(struct shrink *shrink, struct case_value *value, cJSON *node)
{
    static const char *const simple[] = {"0", "1", "-1", "2147483647", "-2147483648", "4294967295"};
    const char *now = jtree_number(node);
    for (size_t i = 0; now != NULL && i < sizeof simple / sizeof simple[0]; i++) {
        if (strcmp(now, simple[i]) == 0)
            return false;
        if (strlen(simple[i]) <= strlen(now) && try_text(shrink, value, node, cJSON_Raw, simple[i]))
            return true;
    }
    return false;
}

static bool
shrink_node(struct shrink *shrink, struct case_value *value, cJSON *node, unsigned depth)
{
    enum jtree_kind kind = jtree_kind(node);
    bool changed = false;
    if (shrink->over || depth > JTREE_DEPTH)
        return false;
    if (kind == JTREE_STRING)
        return shrink_string(shrink, value, node);
    if (kind == JTREE_NUMBER)
        return shrink_number(shrink, value, node);
    if (kind != JTREE_ARRAY && kind != JTREE_OBJECT)
        return false;
    changed = drop_children(shrink, value, node);
    for (cJSON *child = node->child; child != NULL; child = child->next)
        changed = shrink_node(shrink, value, child, depth + 1) || changed;
    return changed;
}

/* Text that is no JSON, or not meant to be. */
static bool
shrink_text(struct shrink *shrink, struct case_value *value)
{
    bool changed = false;
    for (size_t part = value->count; part > 0 && !shrink->over; part /= 2) {
        for (size_t at = 0; at + part <= value->count && !shrink->over;) {
            struct case_value was = *value;
            char *less = arena_take(shrink->arena, was.count - part + 1);
            if (less == NULL)
                return changed;
            memcpy(less, was.bytes, at);
            memcpy(less + at, was.bytes + at + part, was.count - at - part);
            less[was.count - part] = '\0';
            value->bytes = less;
            value->count = was.count - part;
            if (shrink_try(shrink)) {
                changed = true;
            } else {
                *value = was;
                at += part;
            }
        }
    }
    return changed;
}

bool
shrink_value(struct shrink *shrink, struct case_value *value, const struct case_event *event, unsigned param)
{
    if (value->kind == CASE_NUMBER && value->number != 0) {
        int64_t was = value->number;
        value->number = 0;
        if (shrink_try(shrink))
            return true;
        value->number = was;
        return false;
    }
    if (value->kind == CASE_TEXT && case_is_json(event, param)) {
        arena_use(shrink->arena);
        case_parse(value, shrink->arena);
        arena_use(NULL);
    }
    if (value->kind == CASE_TREE)
        return shrink_node(shrink, value, value->tree, 0);
    return value->kind == CASE_TEXT ? shrink_text(shrink, value) : false;
}
