// SPDX-License-Identifier: MIT
/* Compares a live call with a recorded one, parameter by parameter; match_json.c does the JSON. */
#include "replay/judge/match.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/judge/match_json.h"

void
match_flow_clear(struct match_flow *flow)
{
    free(flow->binding);
    *flow = (struct match_flow){0};
}

/* The parameter by which a listener list knows its members; -1: this is no such function. */
static int
listener_param(const struct api_entry *entry)
{
    if (entry == NULL || !entry->list || (entry->kind != API_REGISTER && entry->kind != API_UNREGISTER))
        return -1;
    for (int i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type == API_FN)
            return i;
    }
    return -1;
}

static bool
flow_has(const struct match_flow *flow, uint64_t recorded, uint64_t live)
{
    for (size_t i = 0; flow != NULL && i < flow->count; i++) {
        if (flow->binding[i].recorded == recorded && flow->binding[i].live == live)
            return true;
    }
    return false;
}

static bool
flow_knows(const struct match_flow *flow, uint64_t recorded, uint64_t live)
{
    for (size_t i = 0; flow != NULL && i < flow->count; i++) {
        if (flow->binding[i].recorded == recorded || flow->binding[i].live == live)
            return true;
    }
    return false;
}

int
match_flow_learn(struct match_flow *flow, const struct tape_event *recorded, const struct tape_event *live)
{
    int param = listener_param(recorded->entry);
    if (param < 0 || recorded->entry->kind != API_REGISTER || (unsigned)param >= recorded->nargs ||
        (unsigned)param >= live->nargs)
        return 0;
    uint64_t from = recorded->args[param].u, to = live->args[param].u;
    if (from == 0 || to == 0 || flow_has(flow, from, to))
        return 0;
    if (flow->count == flow->room) {
        size_t room = flow->room == 0 ? 8 : flow->room * 2;
        struct match_binding *binding = realloc(flow->binding, room * sizeof *binding);
        if (binding == NULL)
            return -1;
        flow->binding = binding;
        flow->room = room;
    }
    flow->binding[flow->count++] = (struct match_binding){.recorded = from, .live = to};
    return 0;
}

/* Cuts at a character's start, so that what is printed stays UTF-8 if it was. */
static void
cut(char *text, size_t used, size_t room)
{
    static const char dots[] = "...";
    if (used < room)
        return;
    size_t end = room - sizeof dots;
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    memcpy(text + end, dots, sizeof dots);
}

void
match_quote(const char *bytes, size_t length, char *text, size_t room)
{
    size_t used = 0;
    text[used++] = '"';
    for (size_t i = 0; i < length && used + 8 < room; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\') {
            text[used++] = '\\';
            text[used++] = (char)c;
        } else if (c == '\n') {
            text[used++] = '\\';
            text[used++] = 'n';
        } else if (c < 0x20 || c == 0x7F) {
            used += (size_t)snprintf(text + used, room - used, "\\u%04x", c);
        } else {
            text[used++] = (char)c;
        }
        if (i + 1 < length && used + 8 >= room) {
            text[used] = '\0';
            cut(text, room, used + 1 > 4 ? used + 1 : 4);
            return;
        }
    }
    text[used++] = '"';
    text[used] = '\0';
}

void
match_describe(const struct tape_value *value, char *text, size_t room)
{
    switch (value->type) {
    case TAPE_ABSENT:
        snprintf(text, room, "absent");
        return;
    case TAPE_NULL:
        snprintf(text, room, "null");
        return;
    case TAPE_INT:
        snprintf(text, room, "%" PRId64, value->i);
        return;
    case TAPE_UINT:
        snprintf(text, room, "%" PRIu64, value->u);
        return;
    case TAPE_TEXT:
        match_quote(value->text, value->bytes, text, room);
        return;
    }
    snprintf(text, room, "?");
}

static bool
same_bytes(const struct tape_value *a, const struct tape_value *b)
{
    return a->bytes == b->bytes && memcmp(a->text, b->text, a->bytes) == 0;
}

/* An integer may have been stored signed on one side and unsigned on the other. */
static bool
same_scalar(const struct tape_value *a, const struct tape_value *b)
{
    if (a->type == b->type)
        return a->type == TAPE_TEXT                          ? same_bytes(a, b)
               : a->type == TAPE_INT || a->type == TAPE_UINT ? a->u == b->u
                                                             : true;
    bool numbers =
        (a->type == TAPE_INT || a->type == TAPE_UINT) && (b->type == TAPE_INT || b->type == TAPE_UINT);
    return numbers && a->i >= 0 && a->u == b->u;
}

static bool
is_null(const struct tape_value *value)
{
    return value->type == TAPE_NULL || value->type == TAPE_ABSENT ||
           ((value->type == TAPE_UINT || value->type == TAPE_INT) && value->u == 0);
}

static void
whole_value(const struct tape_value *recorded, const struct tape_value *live, struct match_difference *first)
{
    first->path[0] = '\0';
    match_describe(recorded, first->expected, sizeof first->expected);
    match_describe(live, first->got, sizeof first->got);
    first->count = 1;
}

static int
compare_pointer(const struct tape_event *recorded, const struct tape_event *live, int param,
                const struct match_flow *flow, struct match_difference *first)
{
    const struct tape_value *a = &recorded->args[param], *b = &live->args[param];
    bool removes = recorded->entry->kind == API_UNREGISTER && param == listener_param(recorded->entry);
    bool same = is_null(a) == is_null(b);
    if (same && removes && !is_null(a))
        same = flow_has(flow, a->u, b->u) || !flow_knows(flow, a->u, b->u);
    if (same)
        return 0;
    first->path[0] = '\0';
    snprintf(first->expected, sizeof first->expected, "%s",
             is_null(a) ? "NULL"
             : removes  ? "the listener that the recorded add call brought"
                        : "a callback");
    snprintf(first->got, sizeof first->got, "%s",
             is_null(b) ? "NULL"
             : removes  ? "another listener"
                        : "a callback");
    first->count = 1;
    return 1;
}

/* `param` NULL: the function is not in this build's description. */
static int
compare_value(const struct tape_event *recorded, const struct tape_event *live, int i,
              const struct api_param *param, const struct match_terms *terms, struct match_difference *first)
{
    const struct tape_value *a = &recorded->args[i], *b = &live->args[i];
    if (param == NULL) {
        if (same_scalar(a, b))
            return 0;
        whole_value(a, b, first);
        return 1;
    }
    if (param->type == API_USER)
        return 0;
    if (param->type == API_FN)
        return compare_pointer(recorded, live, i, terms->listeners, first);
    if (param->type == API_OUT) { /* what is in it is the answer, not an argument */
        if ((a->type == TAPE_NULL) == (b->type == TAPE_NULL))
            return 0;
        snprintf(first->expected, sizeof first->expected, "%s", a->type == TAPE_NULL ? "NULL" : "a buffer");
        snprintf(first->got, sizeof first->got, "%s", b->type == TAPE_NULL ? "NULL" : "a buffer");
        first->count = 1;
        return 1;
    }
    if (same_scalar(a, b))
        return 0;
    bool text = a->type == TAPE_TEXT && b->type == TAPE_TEXT;
    bool numbers = !is_null(a) && !is_null(b) && a->type != TAPE_TEXT && b->type != TAPE_TEXT;
    if ((text || numbers || param->type != API_STR) && (param->changes != API_STABLE || param->secret))
        return 0;
    if (text && param->content == API_JSON)
        return match_json(a, b, param, first);
    whole_value(a, b, first);
    return 1;
}

int
match_call(const struct tape_event *recorded, const struct tape_event *live, const struct match_terms *terms,
           struct match_difference *first)
{
    static const struct match_terms none = {.mode = MATCH_NORMAL};
    struct match_difference spare, here;
    if (terms == NULL)
        terms = &none;
    if (first == NULL)
        first = &spare;
    *first = (struct match_difference){.param = -1};
    if (strcmp(recorded->name, live->name) != 0) {
        snprintf(first->name, sizeof first->name, "function");
        snprintf(first->expected, sizeof first->expected, "%s", recorded->name);
        snprintf(first->got, sizeof first->got, "%s", live->name);
        first->count = API_MAX_PARAMS + 1;
        return 1;
    }
    unsigned differences = 0;
    for (unsigned i = 0; i < recorded->nargs || i < live->nargs; i++) {
        const struct api_param *param = NULL;
        if (recorded->entry != NULL && i < recorded->entry->nparams)
            param = &recorded->entry->params[i];
        here = (struct match_difference){.param = (int)i};
        if (param != NULL)
            snprintf(here.name, sizeof here.name, "%s", param->name);
        else
            snprintf(here.name, sizeof here.name, "argument %u", i + 1);
        int different;
        if (i >= recorded->nargs || i >= live->nargs) {
            static const struct tape_value absent = {.type = TAPE_ABSENT};
            whole_value(i < recorded->nargs ? &recorded->args[i] : &absent,
                        i < live->nargs ? &live->args[i] : &absent, &here);
            different = 1;
        } else {
            different = compare_value(recorded, live, (int)i, param, terms, &here);
        }
        if (different < 0)
            return -1;
        if (different == 0)
            continue;
        if (differences == 0)
            *first = here;
        differences += here.count;
    }
    first->count = differences;
    return differences > 0;
}
