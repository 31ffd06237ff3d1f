// SPDX-License-Identifier: MIT
// Builds the exact JSON tree from the scanner's tokens.
#include "traces/jtree.h"

#include <string.h>

#include "traces/jtree_scan.h"

/* An array or object that is not closed yet. */
struct open {
    cJSON *node;
    char *layout; /* the white space before each of its tokens, separated by commas */
    size_t used, room;
    bool white; /* there is some */
};

struct build {
    const char *bytes;
    bool keep_layout;
    cJSON *root;
    struct open *stack;
    size_t depth, room;
    struct jtree_token key;
    size_t lead; /* end of the white space before the root */
    size_t at;   /* where memory ran out, if it did */
    size_t nodes, max_nodes;
    bool too_many;
};

static char *
copy(const char *bytes, size_t count)
{
    char *text = cJSON_malloc(count + 1);
    if (text != NULL) {
        memcpy(text, bytes, count);
        text[count] = '\0';
    }
    return text;
}

/* A string as its node keeps it. *raw: the spelling with quotes, else decoded. */
static char *
keep_string(const char *bytes, const struct jtree_token *token, bool *raw)
{
    *raw = token->odd;
    if (token->odd)
        return copy(bytes + token->start, token->end - token->start);
    const char *inner = bytes + token->start + 1;
    size_t count = token->end - token->start - 2;
    if (!token->escapes)
        return copy(inner, count);
    char *text = cJSON_malloc(count + 1);
    if (text != NULL)
        text[jtree_unescape(inner, count, text)] = '\0';
    return text;
}

static cJSON *
make_node(const char *bytes, const struct jtree_token *token)
{
    bool raw = true;
    cJSON *node = cJSON_CreateNull();
    if (node == NULL)
        return NULL;
    switch (token->kind) {
    case JTREE_T_TRUE:
        node->type = cJSON_True;
        return node;
    case JTREE_T_FALSE:
        node->type = cJSON_False;
        return node;
    case JTREE_T_OPEN_ARRAY:
        node->type = cJSON_Array;
        return node;
    case JTREE_T_OPEN_OBJECT:
        node->type = cJSON_Object;
        return node;
    case JTREE_T_NUMBER:
        node->valuestring = copy(bytes + token->start, token->end - token->start);
        break;
    case JTREE_T_STRING:
        node->valuestring = keep_string(bytes, token, &raw);
        break;
    default:
        return node;
    }
    node->type = raw ? cJSON_Raw : cJSON_String;
    if (node->valuestring == NULL) {
        cJSON_Delete(node);
        return NULL;
    }
    return node;
}

static int
append_layout(struct open *open, const char *white, size_t count)
{
    if (open->room - open->used < count + 2) {
        size_t room = (open->room + count + 2) * 2;
        char *grown = cJSON_malloc(room);
        if (grown == NULL)
            return -1;
        if (open->used > 0)
            memcpy(grown, open->layout, open->used);
        cJSON_free(open->layout);
        open->layout = grown;
        open->room = room;
    }
    memcpy(open->layout + open->used, white, count);
    open->used += count;
    open->layout[open->used++] = ',';
    open->white |= count > 0;
    return 0;
}

static int
push(struct build *build, cJSON *node)
{
    if (build->depth == build->room) {
        size_t room = build->room == 0 ? 16 : build->room * 2;
        struct open *grown = cJSON_malloc(room * sizeof *grown);
        if (grown == NULL)
            return -1;
        if (build->depth > 0)
            memcpy(grown, build->stack, build->depth * sizeof *grown);
        cJSON_free(build->stack);
        build->stack = grown;
        build->room = room;
    }
    build->stack[build->depth++] = (struct open){.node = node};
    return 0;
}

static void
pop(struct build *build)
{
    struct open *open = &build->stack[--build->depth];
    if (open->white) {
        open->layout[open->used - 1] = '\0';
        open->node->valuestring = open->layout;
    } else {
        cJSON_free(open->layout);
    }
}

static int
add_value(struct build *build, const struct jtree_token *token)
{
    if (build->max_nodes != 0 && build->nodes++ == build->max_nodes) {
        build->too_many = true;
        return -1;
    }
    cJSON *node = make_node(build->bytes, token);
    if (node == NULL)
        return -1;
    if (build->depth == 0) {
        build->root = node;
        build->lead = token->start;
    } else {
        cJSON *parent = build->stack[build->depth - 1].node;
        if ((parent->type & 0xFF) == cJSON_Object) {
            bool raw;
            node->string = keep_string(build->bytes, &build->key, &raw);
            if (node->string == NULL) {
                cJSON_Delete(node);
                return -1;
            }
            if (raw)
                node->type |= JTREE_RAW_KEY;
        }
        jtree_add_element(parent, node);
    }
    if (token->kind == JTREE_T_OPEN_ARRAY || token->kind == JTREE_T_OPEN_OBJECT)
        return push(build, node);
    return 0;
}

/* White space around the whole document: "before,after" in the root's unused key. */
static int
keep_margins(struct build *build, const struct jtree_token *end)
{
    size_t trail = end->start - end->gap;
    if (!build->keep_layout || build->lead + trail == 0)
        return 0;
    char *text = cJSON_malloc(build->lead + trail + 2);
    if (text == NULL)
        return -1;
    memcpy(text, build->bytes, build->lead);
    text[build->lead] = ',';
    memcpy(text + build->lead + 1, build->bytes + end->gap, trail);
    text[build->lead + 1 + trail] = '\0';
    build->root->string = text;
    return 0;
}

static int
take(struct build *build, const struct jtree_token *token)
{
    build->at = token->start;
    if (build->keep_layout && build->depth > 0 &&
        append_layout(&build->stack[build->depth - 1], build->bytes + token->gap,
                      token->start - token->gap) != 0)
        return -1;
    switch (token->kind) {
    case JTREE_T_END:
        return keep_margins(build, token);
    case JTREE_T_COMMA:
    case JTREE_T_COLON:
        return 0;
    case JTREE_T_KEY:
        build->key = *token;
        return 0;
    case JTREE_T_CLOSE_ARRAY:
    case JTREE_T_CLOSE_OBJECT:
        pop(build);
        return 0;
    default:
        return add_value(build, token);
    }
}

cJSON *
jtree_parse(const char *bytes, size_t length, const struct jtree_options *options, struct jtree_error *error)
{
    struct build build = {.bytes = bytes};
    struct jtree_scan scan;
    struct jtree_token token;
    int status;
    if (options != NULL) {
        build.keep_layout = options->keep_layout;
        build.max_nodes = options->max_nodes;
    }
    jtree_scan_start(&scan, bytes, length, options, error);
    do {
        status = jtree_scan_next(&scan, &token);
        if (status == 0 && take(&build, &token) != 0) {
            jtree_error_set(error, build.too_many ? JTREE_TOO_MANY : JTREE_MEMORY, bytes, build.at,
                            build.too_many ? "there are more values than the limit allows" : "out of memory");
            status = -1;
        }
    } while (status == 0 && token.kind != JTREE_T_END);
    while (build.depth > 0)
        cJSON_free(build.stack[--build.depth].layout);
    cJSON_free(build.stack);
    if (status != 0) {
        cJSON_Delete(build.root);
        return NULL;
    }
    return build.root;
}
