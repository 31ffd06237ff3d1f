// SPDX-License-Identifier: MIT
#include "fuzz/engine/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "replay/standin/standin.h"
#include "traces/callback_name.h"

#define POISON 0xA5

int
deliver_table_read(struct deliver_table *table, const struct timtape_fuzz_binding *bindings,
                   struct fault *fault)
{
    size_t count = 0;

    while (bindings[count].name != NULL)
        count++;
    if (count == 0)
        return fault_set(fault, FAULT_USAGE, "timtape_fuzz_bindings is empty: give it a line per handler");
    *table = (struct deliver_table){.bindings = bindings, .count = count};
    table->targets = calloc(count, sizeof *table->targets);
    if (table->targets == NULL)
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct fault inner;

        if (callback_name_parse(bindings[i].name, &table->targets[i].callback, &table->targets[i].function,
                                &inner) != 0)
            return fault_set(fault, FAULT_USAGE, "timtape_fuzz_bindings[%zu]: %s", i, inner.text);
        if (bindings[i].handler == NULL)
            return fault_set(fault, FAULT_USAGE, "timtape_fuzz_bindings[%zu]: %s has no handler", i,
                             bindings[i].name);
    }
    return 0;
}

const struct timtape_fuzz_binding *
deliver_binding(const struct deliver_table *table, const struct case_event *event)
{
    const struct timtape_fuzz_binding *found = NULL;

    for (size_t i = 0; i < table->count; i++) {
        const struct mutate_target *target = &table->targets[i];

        if (target->callback != event->callback)
            continue;
        if (target->function == NULL) {
            if (found == NULL)
                found = &table->bindings[i];
        } else if (event->function != NULL && strcmp(target->function->name, event->function->name) == 0) {
            return &table->bindings[i];
        }
    }
    return found;
}

/* ---- one delivery ---- */

struct copies {
    char *texts[API_MAX_PARAMS];
    size_t bytes[API_MAX_PARAMS]; /* with the NUL */
};

static void
copies_free(struct copies *copies)
{
    for (unsigned i = 0; i < API_MAX_PARAMS; i++) {
        if (copies->texts[i] == NULL)
            continue;
        /* Who kept the pointer shall not find the old text there, also without AddressSanitizer. */
        memset(copies->texts[i], POISON, copies->bytes[i]);
        __asm__ volatile("" : : "r"(copies->texts[i]) : "memory");
        free(copies->texts[i]);
    }
}

static int
copy_text(struct copies *copies, unsigned i, const struct case_value *value)
{
    copies->bytes[i] = value->count + 1;
    copies->texts[i] = malloc(copies->bytes[i]);
    if (copies->texts[i] == NULL)
        return -1;
    if (value->count > 0)
        memcpy(copies->texts[i], value->bytes, value->count);
    copies->texts[i][value->count] = '\0';
    return 0;
}

/* What crosses: `values` for the call, texts of it in `copies`. */
static int
cross(struct case_event *event, const void *user_data, struct arena *arena, union api_value *values,
      struct copies *copies)
{
    for (unsigned i = 0; i < event->callback->nparams; i++) {
        struct case_value *value = &event->args[i];

        values[i] = (union api_value){.u = 0};
        if (event->callback->params[i].type == API_USER) {
            values[i].user = user_data;
        } else if (value->kind == CASE_NUMBER) {
            values[i].i = value->number;
        } else if (value->kind == CASE_TEXT || value->kind == CASE_TREE) {
            if (case_print(value, arena) != 0 || copy_text(copies, i, value) != 0)
                return -1;
            values[i].s = copies->texts[i];
        }
    }
    return 0;
}

static int
deliver_event(struct case_event *event, const struct timtape_fuzz_binding *binding, struct arena *arena,
              const struct deliver_hooks *hooks)
{
    union api_value values[API_MAX_PARAMS];
    struct copies copies = {0};
    int status = cross(event, binding->user_data, arena, values, &copies);

    if (status == 0) {
        if (hooks != NULL && hooks->before != NULL)
            hooks->before(event, values);
        standin_invoke(event->callback->id, binding->handler, values);
        if (hooks != NULL && hooks->after != NULL)
            hooks->after(event);
    }
    copies_free(&copies);
    if (status == 0 && hooks != NULL && hooks->settle != NULL)
        hooks->settle();
    return status;
}

int
deliver_case(const struct deliver_table *table, struct fuzz_case *c, struct arena *arena,
             const struct deliver_hooks *hooks)
{
    int taken = 0;

    for (size_t i = 0; i < c->count; i++) {
        const struct timtape_fuzz_binding *binding = deliver_binding(table, &c->events[i]);

        if (binding == NULL)
            continue;
        if (deliver_event(&c->events[i], binding, arena, hooks) != 0)
            return -1;
        taken++;
    }
    return taken;
}
