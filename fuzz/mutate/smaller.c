// SPDX-License-Identifier: MIT
// Making a case smaller while it stays one that people can read: whole callbacks first, then subtrees, the
// largest first, then shorter texts and plain values. Keys are never emptied or renamed.
#include <stdlib.h>
#include <string.h>

#include "fuzz/mutate/edit.h"
#include "fuzz/mutate/mutate.h"
#include "fuzz/mutate/spot.h"
#include "traces/jtree.h"

/* One candidate: what is done to which node. */
enum way { REMOVE, HOIST, HALVE, ONE_ELEMENT, SHORTEN, PLAIN, WAYS };

struct trim {
    struct fuzz_case *out;
    struct arena *arena;
    uint64_t n; /* candidates left until the wanted one */
};

static bool
counted(struct trim *trim)
{
    return trim->n-- == 0;
}

/* ---- callbacks ---- */

static void
drop_events(struct fuzz_case *c, size_t first, size_t count)
{
    memmove(&c->events[first], &c->events[first + count], (c->count - first - count) * sizeof *c->events);
    c->count -= count;
}

/* All behind the first half, behind each, in front of each, then each alone. */
static bool
fewer_events(struct trim *trim)
{
    struct fuzz_case *c = trim->out;
    for (size_t keep = 1; keep < c->count; keep++)
        if (counted(trim)) {
            c->count = keep;
            return true;
        }
    for (size_t first = c->count - 1; first > 0; first--)
        if (counted(trim)) {
            drop_events(c, 0, first);
            return true;
        }
    for (size_t i = 0; i < c->count && c->count > 1; i++)
        if (counted(trim)) {
            drop_events(c, i, 1);
            return true;
        }
    return false;
}

/* ---- nodes ---- */

struct node {
    cJSON *parent, *node;
    size_t size, order;
};

struct nodes {
    struct node *list;
    size_t count, room;
};

static size_t
count_nodes(const cJSON *node)
{
    size_t count = 1;
    for (const cJSON *child = node->child; child != NULL; child = child->next)
        count += count_nodes(child);
    return count;
}

static size_t
collect(struct nodes *nodes, cJSON *parent, cJSON *node)
{
    size_t at = nodes->count++, size = 1;
    nodes->list[at] = (struct node){.parent = parent, .node = node, .order = at};
    if (node->string != NULL)
        size += strlen(node->string) + 3;
    if (!edit_container(node))
        size += node->valuestring != NULL ? strlen(node->valuestring) + 2 : 4;
    for (cJSON *child = node->child; child != NULL; child = child->next)
        size += collect(nodes, node, child);
    nodes->list[at].size = size;
    return size;
}

static int
larger_first(const void *a, const void *b)
{
    const struct node *x = a, *y = b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static bool
remove_node(const struct node *at)
{
    if (at->parent == NULL)
        return false;
    edit_remove(at->parent, at->node);
    return true;
}

/* A child that is of the same kind takes the place of the whole: merged messages, nested arrays. */
static bool
hoist(const struct node *at)
{
    for (cJSON *child = at->node->child; child != NULL; child = child->next)
        for (cJSON *under = child->child; under != NULL; under = under->next)
            if ((at->node->type & 0xFF) == (under->type & 0xFF) && edit_container(under)) {
                edit_become(at->node, under);
                return true;
            }
    return false;
}

static bool
keep_children(const struct node *at, size_t keep)
{
    size_t count = edit_count(at->node);
    if ((at->node->type & 0xFF) != cJSON_Array || count <= keep)
        return false;
    while (count > keep)
        edit_remove(at->node, edit_child(at->node, --count));
    return true;
}

static bool
shorten(const struct node *at, size_t part)
{
    struct jtree_text text;
    if (jtree_kind(at->node) != JTREE_STRING || jtree_text(at->node, &text) != 0)
        return false;
    size_t keep = part > 0 ? text.bytes / part : 0;
    while (keep > 0 && ((unsigned char)text.data[keep] & 0xC0) == 0x80)
        keep--;
    cJSON *value = keep < text.bytes ? jtree_new_string(text.data, keep) : NULL;
    jtree_text_free(&text);
    if (value == NULL)
        return false;
    edit_become(at->node, value);
    return true;
}

/* Numbers become 0 or 1, texts "a". */
static bool
plain(const struct trim *trim, const struct node *at)
{
    cJSON *value = NULL;
    const char *text = at->node->valuestring;
    if (jtree_kind(at->node) == JTREE_NUMBER && text != NULL && strlen(text) > 1)
        value = edit_number(trim->arena, text[0] == '-' && strlen(text) > 2 ? "-1" : "1");
    else if (jtree_kind(at->node) == JTREE_STRING && text != NULL && strlen(text) > 1)
        value = edit_string(trim->arena, "a", 1);
    if (value == NULL)
        return false;
    edit_become(at->node, value);
    return true;
}

static bool
apply(const struct trim *trim, const struct node *at, enum way way)
{
    switch (way) {
    case REMOVE:
        return remove_node(at);
    case HOIST:
        return hoist(at);
    case HALVE:
        return keep_children(at, edit_count(at->node) / 2);
    case ONE_ELEMENT:
        return keep_children(at, 1);
    case SHORTEN:
        return shorten(at, 2);
    default:
        return plain(trim, at);
    }
}

/* Would it do anything? As apply, without doing it. */
static bool
possible(const struct node *at, enum way way)
{
    size_t length =
        !edit_container(at->node) && at->node->valuestring != NULL ? strlen(at->node->valuestring) : 0;
    bool string = jtree_kind(at->node) == JTREE_STRING;
    switch (way) {
    case REMOVE:
        return at->parent != NULL;
    case HOIST:
        for (const cJSON *child = at->node->child; child != NULL; child = child->next)
            for (const cJSON *under = child->child; under != NULL; under = under->next)
                if ((at->node->type & 0xFF) == (under->type & 0xFF) && edit_container(under))
                    return true;
        return false;
    case HALVE:
        return (at->node->type & 0xFF) == cJSON_Array && edit_count(at->node) > 3;
    case ONE_ELEMENT:
        return (at->node->type & 0xFF) == cJSON_Array && edit_count(at->node) > 1;
    case SHORTEN:
        return string && length > 8;
    default:
        return (string && length > 1 && strcmp(at->node->valuestring, "a") != 0) ||
               (jtree_kind(at->node) == JTREE_NUMBER && length > 1 &&
                strcmp(at->node->valuestring, "-1") != 0);
    }
}

static int
smaller_tree(struct trim *trim, struct case_value *value)
{
    struct nodes nodes = {.room = count_nodes(value->tree)};
    nodes.list = arena_take(trim->arena, nodes.room * sizeof *nodes.list);
    if (nodes.list == NULL)
        return -1;
    collect(&nodes, NULL, value->tree);
    qsort(nodes.list, nodes.count, sizeof *nodes.list, larger_first);
    for (enum way way = REMOVE; way < WAYS; way++)
        for (size_t i = 0; i < nodes.count; i++)
            if (possible(&nodes.list[i], way) && counted(trim)) {
                value->bytes = NULL;
                return apply(trim, &nodes.list[i], way) ? 1 : -1;
            }
    return 0;
}

/* Plain texts and what is no tree: by bytes, the front, the back, the middle. */
static int
smaller_bytes(struct trim *trim, struct case_value *value, bool text)
{
    for (size_t part = value->count / 2; part > 0; part /= 2)
        for (size_t at = 0; at + part <= value->count; at += part) {
            if (text && (((unsigned char)value->bytes[at] & 0xC0) == 0x80 ||
                         ((unsigned char)value->bytes[at + part] & 0xC0) == 0x80))
                continue;
            if (!counted(trim))
                continue;
            char *bytes = arena_take(trim->arena, value->count - part + 1);
            if (bytes == NULL)
                return -1;
            memcpy(bytes, value->bytes, at);
            memcpy(bytes + at, value->bytes + at + part, value->count - at - part);
            value->count -= part;
            bytes[value->count] = '\0';
            value->bytes = bytes;
            return 1;
        }
    return 0;
}

static int
smaller_value(struct trim *trim, const struct api_param *param, struct case_value *value, bool valid)
{
    bool json = param->type == API_STR && param->content == API_JSON;
    if (value->kind == CASE_TREE || (value->kind == CASE_TEXT && json && case_parse(value, trim->arena)))
        return smaller_tree(trim, value);
    /* In the valid lane the only payload that is no tree is an empty one. */
    if (value->kind == CASE_TEXT && !(json && valid))
        return smaller_bytes(trim, value, !json);
    return 0;
}

static int
smaller(struct trim *trim, bool valid)
{
    struct fuzz_case *out = trim->out;
    if (fewer_events(trim))
        return 1;
    for (size_t i = out->count; i-- > 0;)
        for (unsigned p = 0; p < out->events[i].callback->nparams; p++) {
            const struct api_param *param = &out->events[i].callback->params[p];
            int status = smaller_value(trim, param, &out->events[i].args[p], valid);
            if (status != 0)
                return status;
        }
    return 0;
}

int
mutator_smaller(struct mutator *mutator, const struct fuzz_case *c, uint64_t n, struct fuzz_case *out,
                struct arena *arena)
{
    (void)mutator;
    struct arena *before = arena_use(arena);
    enum case_lane lane = case_lane(c, arena);
    int status = 1;
    /* A candidate that left its lane is passed over for the next one. */
    for (bool found = false; status == 1 && !found; n++) {
        struct trim trim = {.out = out, .arena = arena, .n = n};
        *out = (struct fuzz_case){0};
        status = case_copy(out, c, arena) == 0 ? smaller(&trim, lane == CASE_VALID) : -1;
        found = status == 1 && case_lane(out, arena) == lane;
    }
    arena_use(before);
    return status;
}
