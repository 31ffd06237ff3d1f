// SPDX-License-Identifier: MIT
// A case as values: payloads between text and tree, adding and copying callbacks, lanes.
#include "fuzz/model/case.h"

#include <string.h>

#include "traces/jtree.h"
#include "traces/utf8.h"

#define MOST_VALUES ((size_t)1 << 20) /* of one payload; a value takes a hundred bytes of memory */

bool
case_parse(struct case_value *value, struct arena *arena)
{
    static const struct jtree_options options = {.max_nodes = MOST_VALUES};
    if (value->kind == CASE_TREE)
        return true;
    if (value->kind != CASE_TEXT)
        return false;
    struct arena *before = arena_use(arena);
    cJSON *tree = jtree_parse(value->bytes, value->count, &options, NULL);
    arena_use(before);
    if (tree == NULL)
        return false;
    *value = (struct case_value){.kind = CASE_TREE, .tree = tree};
    return true;
}

int
case_print(struct case_value *value, struct arena *arena)
{
    size_t room;
    if (value->kind != CASE_TREE)
        return 0;
    char *text = arena_space(arena, &room);
    size_t count = jtree_print_to(value->tree, JTREE_COMPACT, text, text != NULL ? room : 0);
    bool fits = text != NULL && count < room;
    text = arena_take(arena, count + 1);
    if (text == NULL)
        return -1;
    if (!fits)
        jtree_print_to(value->tree, JTREE_COMPACT, text, count + 1);
    value->bytes = text;
    value->count = count;
    return 0;
}

bool
case_is_json(const struct case_event *event, unsigned param)
{
    const struct api_entry *callback = event->callback;
    const struct api_param *declared = &callback->params[param];
    if (declared->type != API_STR || declared->content != API_JSON)
        return false;
    /* "What the call answers": where nobody says what that is, it may be plain text (a message's id). */
    if ((int)param == callback->payload && callback->code >= 0 && event->function != NULL)
        return event->function->result_object != -1 || event->function->result_array;
    return true;
}

static bool
is_valid(const struct case_event *event, unsigned param)
{
    const struct case_value *value = &event->args[param];
    if (value->kind != CASE_TEXT || value->count == 0)
        return true;
    return case_is_json(event, param) ? jtree_check(value->bytes, value->count, NULL, NULL) == 0
                                      : utf8_valid(value->bytes, value->count);
}

enum case_lane
case_lane(const struct fuzz_case *c, struct arena *arena)
{
    (void)arena;
    for (size_t i = 0; i < c->count; i++)
        for (unsigned p = 0; p < c->events[i].callback->nparams; p++)
            if (!is_valid(&c->events[i], p))
                return CASE_SYNTAX;
    return CASE_VALID;
}

int
case_add(struct fuzz_case *c, struct arena *arena, const struct case_event *event)
{
    if (c->count == c->room) {
        size_t room = c->room == 0 ? 4 : c->room * 2;
        struct case_event *grown = arena_take(arena, room * sizeof *grown);
        if (grown == NULL)
            return -1;
        if (c->count > 0)
            memcpy(grown, c->events, c->count * sizeof *grown);
        c->events = grown;
        c->room = room;
    }
    c->events[c->count++] = *event;
    return 0;
}

static int
copy_value(struct case_value *value, struct arena *arena)
{
    if (value->kind == CASE_TREE) {
        value->tree = cJSON_Duplicate(value->tree, true);
        value->bytes = NULL;
        value->count = 0;
        return value->tree != NULL ? 0 : -1;
    }
    if (value->kind == CASE_TEXT) {
        value->bytes = arena_text(arena, value->bytes, value->count);
        return value->bytes != NULL ? 0 : -1;
    }
    return 0;
}

int
case_copy(struct fuzz_case *to, const struct fuzz_case *from, struct arena *arena)
{
    struct arena *before = arena_use(arena);
    int status = 0;
    *to = (struct fuzz_case){0};
    for (size_t i = 0; i < from->count && status == 0; i++) {
        status = case_add(to, arena, &from->events[i]);
        for (unsigned p = 0; p < API_MAX_PARAMS && status == 0; p++)
            status = copy_value(&to->events[i].args[p], arena);
    }
    arena_use(before);
    return status;
}
