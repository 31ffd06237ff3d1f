// SPDX-License-Identifier: MIT
// The calls of one delivery, and whether another delivery made the same.
#include <stdio.h>
#include <string.h>

#include "fuzz/oracle/inside.h"
#include "traces/jtree.h"

#define MOST_CALLS 512
#define MOST_TEXT ((size_t)4 << 20)

void
trace_clear(struct oracle_trace *trace)
{
    if (trace->arena == NULL)
        trace->arena = arena_new();
    else
        arena_reset(trace->arena);
    trace->calls = NULL;
    trace->count = trace->room = 0;
    trace->digest = 0;
    trace->lost = trace->arena == NULL;
}

static struct oracle_call *
next_call(struct oracle_trace *trace)
{
    if (trace->count == trace->room) {
        unsigned room = trace->room ? trace->room * 2 : 16;
        struct oracle_call *calls = arena_take(trace->arena, room * sizeof *calls);
        if (calls == NULL)
            return NULL;
        if (trace->count > 0)
            memcpy(calls, trace->calls, trace->count * sizeof *calls);
        trace->calls = calls;
        trace->room = room;
    }
    return &trace->calls[trace->count++];
}

void
trace_note(struct oracle_trace *trace, const struct api_entry *function, const union api_value *values)
{
    struct oracle_call *call;

    if (trace->lost)
        return;
    if (trace->count == MOST_CALLS || arena_used(trace->arena) > MOST_TEXT ||
        (call = next_call(trace)) == NULL) {
        trace->lost = true;
        return;
    }
    memset(call, 0, sizeof *call);
    call->api = function->id;
    for (unsigned i = 0; i < function->nparams; i++) {
        uint8_t type = function->params[i].type;
        if (type == API_STR && values[i].s != NULL)
            trace->lost |=
                (call->texts[i] = arena_text(trace->arena, values[i].s, strlen(values[i].s))) == NULL;
        else if (type != API_STR && type != API_OUT && type != API_USER && type != API_FN)
            call->numbers[i] = values[i].u;
    }
}

/* The same bytes, or the same JSON: what is handed on must not have to be respelled. */
static bool
same_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL || strcmp(a, b) == 0)
        return a == b || (a != NULL && b != NULL);
    struct arena *before = arena_use(oracle.scratch);
    arena_reset(oracle.scratch);
    cJSON *left = jtree_parse(a, strlen(a), NULL, NULL), *right = jtree_parse(b, strlen(b), NULL, NULL);
    bool same = left != NULL && right != NULL && jtree_equal(left, right) == 1;
    arena_use(before);
    return same;
}

static bool
same_call(const struct oracle_call *a, const struct oracle_call *b, char *what, size_t room)
{
    const struct api_entry *function = api_entry(a->api);

    if (a->api != b->api) {
        snprintf(what, room, "calls %s instead of %s", api_entry(b->api)->name, function->name);
        return false;
    }
    for (unsigned i = 0; i < function->nparams; i++) {
        if (!same_text(a->texts[i], b->texts[i])) {
            snprintf(what, room, "calls %s with %s %.200s instead of %.200s", function->name,
                     function->params[i].name, b->texts[i] != NULL ? b->texts[i] : "NULL",
                     a->texts[i] != NULL ? a->texts[i] : "NULL");
            return false;
        }
        if (a->numbers[i] != b->numbers[i]) {
            snprintf(what, room, "calls %s with %s %lld instead of %lld", function->name,
                     function->params[i].name, (long long)b->numbers[i], (long long)a->numbers[i]);
            return false;
        }
    }
    return true;
}

bool
trace_same(const struct oracle_trace *a, const struct oracle_trace *b, char *what, size_t room)
{
    unsigned common = a->count < b->count ? a->count : b->count;

    for (unsigned i = 0; i < common; i++)
        if (!same_call(&a->calls[i], &b->calls[i], what, room))
            return false;
    if (a->count > common)
        snprintf(what, room, "does not call %s", api_entry(a->calls[common].api)->name);
    else if (b->count > common)
        snprintf(what, room, "calls %s", api_entry(b->calls[common].api)->name);
    else if (a->digest != b->digest)
        snprintf(what, room, "ends in another state (timtape_fuzz_digest)");
    else
        return true;
    return false;
}
