// SPDX-License-Identifier: MIT
#include "fuzz/engine/input.h"

#include <string.h>

static bool
is_blank(const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (strchr(" \t\r\n", data[i]) == NULL || data[i] == '\0')
            return false;
    }
    return true;
}

/* A callback that says nothing but its payload. */
static struct case_event
around(const struct mutate_target *target, const char *payload, size_t size)
{
    struct case_event event = {.callback = target->callback, .function = target->function};

    for (unsigned i = 0; i < target->callback->nparams; i++) {
        struct case_value *value = &event.args[i];

        switch (target->callback->params[i].type) {
        case API_STR:
            *value = (struct case_value){.kind = CASE_TEXT, .bytes = ""};
            break;
        case API_USER:
        case API_FN:
        case API_OUT:
            break;
        default:
            value->kind = CASE_NUMBER;
        }
    }
    event.args[target->callback->payload].bytes = payload;
    event.args[target->callback->payload].count = size;
    return event;
}

/* A text without callbacks: a tape on which there are none, or a payload that is an object on one line? */
static bool
is_tape(const char *data, size_t size)
{
    static const char *const begins[] = {"{\"timtape\":", "{\"call\":", "#"};

    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        if (size >= strlen(begins[i]) && memcmp(data, begins[i], strlen(begins[i])) == 0)
            return true;
    }
    return false;
}

int
input_read(struct fuzz_case *c, struct arena *arena, const struct mutate_target *targets, size_t ntargets,
           const char *data, size_t size, struct fault *fault)
{
    *c = (struct fuzz_case){0};
    if (is_blank(data, size))
        return INPUT_NOTHING;
    if (case_read(c, arena, data, size, fault) == 0) {
        if (c->count > 0)
            return INPUT_CASE;
        if (is_tape(data, size))
            return INPUT_NOTHING;
        fault_set(fault, FAULT_DATA, "it has no line with \"callback\"");
    }
    *c = (struct fuzz_case){0};
    for (size_t i = 0; i < ntargets; i++) {
        if (targets[i].callback->payload < 0)
            continue;
        /* The line end that editors put there is no part of a payload. */
        if (data[size - 1] == '\n')
            size--;
        const char *payload = arena_text(arena, data, size);
        if (payload == NULL)
            return -1;
        struct case_event event = around(&targets[i], payload, size);
        return case_add(c, arena, &event) == 0 ? INPUT_RAW : -1;
    }
    return INPUT_NOTHING;
}
