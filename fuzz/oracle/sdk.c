// SPDX-License-Identifier: MIT
// The SDK's side of a fuzz target: calls are noted, judged, answered and completed.
#include "fuzz/oracle/sdk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/oracle/inside.h"
#include "replay/standin/standin.h"
#include "traces/jtree.h"

#define EXPORT __attribute__((visibility("default")))
#define SERVER_TIME 1700000000

/* A call that wants an answer. */
struct asked {
    const struct api_entry *function;
    uint16_t callback;
    void (*fn)(void);
    const void *user;
};

/* Never held while foreign code runs. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    struct asked list[SDK_COMPLETIONS];
    unsigned count, done; /* of this input */
    unsigned calls;
    bool open; /* an input is on */
} queue;

void
sdk_begin(void)
{
    pthread_mutex_lock(&lock);
    queue.count = queue.done = queue.calls = 0;
    queue.open = true;
    pthread_mutex_unlock(&lock);
}

/* ---- calls ---- */

static void
ask(const struct api_entry *function, const union api_value *values)
{
    const void *user = NULL;

    for (unsigned i = 0; i < function->nparams; i++)
        if (function->params[i].type == API_USER)
            user = values[i].user;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < function->nparams; i++)
        if (function->params[i].type == API_FN && values[i].fn != NULL && queue.open &&
            queue.count < SDK_COMPLETIONS)
            queue.list[queue.count++] =
                (struct asked){function, (uint16_t)function->params[i].callback, values[i].fn, user};
    pthread_mutex_unlock(&lock);
}

/* Ids of one input are numbered, so they are the same each time it is delivered. */
static void
fill(const struct api_entry *function, const union api_value *values)
{
    pthread_mutex_lock(&lock);
    unsigned number = ++queue.calls;
    pthread_mutex_unlock(&lock);
    for (unsigned i = 0; i < function->nparams; i++) {
        char *out = function->params[i].type == API_OUT ? values[i].out : NULL;
        if (out != NULL && function->getter)
            snprintf(out, function->params[i].out_bytes, "user1"); // who is logged in
        else if (out != NULL)
            snprintf(out, function->params[i].out_bytes, "144115198244471703-%u-1", SERVER_TIME + number);
    }
}

static union api_value
answer(const struct api_entry *function)
{
    union api_value value = {.u = 0};

    if (function->returns == API_STR)
        for (const char *const *version = api_sdk.versions; *version != NULL; version++)
            value.s = *version;
    else if (function->returns == API_U64)
        value.u = SERVER_TIME;
    else if (function->kind == API_SYNC && function->returns_enum >= 0 && function->getter)
        value.i = api_enums[function->returns_enum].constants[0].value;
    return value;
}

EXPORT union api_value
timtape_fuzz_call(uint16_t api, const union api_value *values)
{
    const struct api_entry *function = api_entry(api);

    // Judged on the spot, where the stack says who called; only on the thread that owns the memory for it.
    if (oracle.ready && pthread_equal(pthread_self(), oracle.thread)) {
        if (oracle.trace != NULL)
            trace_note(oracle.trace, function, values);
        if (oracle_on(ORACLE_IDS) && oracle.input != NULL)
            ids_call(function, values);
        if (oracle_on(ORACLE_CALLS))
            calls_call(function, values);
    }
    fill(function, values);
    if (function->kind == API_ASYNC)
        ask(function, values);
    return answer(function);
}

EXPORT uint16_t
timtape_fuzz_signature(uint16_t newest)
{
    return newest;
}

/* ---- completions ---- */

/* An ordinary result, the same for the same call each time. */
static const char *
result(const struct asked *asked, unsigned param, struct arena *arena)
{
    const struct api_entry *callback = api_entry(asked->callback);
    struct model_type type = model_payload(callback, param, asked->function, false);
    struct model_random random = {.state = asked->function->id};
    struct model_maker maker = {.random = &random, .profile = {.version = NULL, .page = false}};
    struct arena *before = arena_use(arena);
    struct case_value value = {.kind = CASE_TREE};

    if (callback->params[param].content == API_JSON && type.json != API_J_ANY)
        value.tree = model_make(&maker, type);
    if (value.tree == NULL || case_print(&value, arena) != 0)
        value.bytes = "";
    arena_use(before);
    return value.bytes;
}

static void
complete(const struct asked *asked)
{
    const struct api_entry *callback = api_entry(asked->callback);
    struct case_event event = {.callback = callback, .function = asked->function};
    struct arena *arena = arena_new();
    union api_value values[API_MAX_PARAMS];
    const struct case_event *outer = oracle.event;

    if (arena == NULL)
        return;
    for (unsigned i = 0; i < callback->nparams; i++) {
        values[i] = (union api_value){.u = 0};
        if (callback->params[i].type == API_USER)
            values[i].user = asked->user;
        else if (callback->params[i].type == API_STR)
            values[i].s = result(asked, i, arena);
    }
    oracle_before(&event, values);
    standin_invoke(asked->callback, asked->fn, values);
    oracle_after(&event);
    oracle.event = outer;
    arena_free(arena);
}

static bool
wanted(void)
{
    const char *text = getenv("TIMTAPE_FUZZ_COMPLETE");
    return text == NULL || strcmp(text, "0") != 0;
}

void
sdk_complete(void)
{
    while (wanted()) {
        struct asked asked;
        pthread_mutex_lock(&lock);
        bool more = queue.done < queue.count;
        if (more)
            asked = queue.list[queue.done++];
        pthread_mutex_unlock(&lock);
        if (!more)
            return;
        complete(&asked);
    }
}
