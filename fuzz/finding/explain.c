// SPDX-License-Identifier: MIT
/* The sentence of a finding: what is left of its input, once that is small. */
#include <string.h>

#include "fuzz/finding/inside.h"

#define SHOWN 160 /* bytes of a payload in a sentence */

static void
show_value(struct finding_cause *cause, const struct case_event *event, struct arena *arena)
{
    int at = event->callback->payload;
    size_t used = strlen(cause->sentence), room = sizeof cause->sentence - used;
    if (at < 0)
        return;
    struct case_value value = event->args[at];
    if (value.kind == CASE_TREE && case_print(&value, arena) != 0)
        return;
    const char *name = event->callback->params[at].name;
    if (value.kind == CASE_NULL)
        snprintf(cause->sentence + used, room, ": %s is NULL", name);
    else if (value.count > SHOWN)
        snprintf(cause->sentence + used, room, ": %s has %zu bytes", name, value.count);
    else
        snprintf(cause->sentence + used, room, ": %s is %s", name, value.count > 0 ? value.bytes : "empty");
}

int
finding_explain(const struct fuzz_case *c, const struct model_profile *profile, finding_test *test,
                void *context, struct finding_cause *cause, struct fault *fault)
{
    struct arena *arena = arena_new();
    (void)profile, (void)test, (void)context;
    memset(cause, 0, sizeof *cause);
    if (arena == NULL)
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    if (c->count > 0) {
        const struct case_event *event = &c->events[c->count - 1];
        snprintf(cause->sentence, sizeof cause->sentence, "%s%s%s", event->callback->name,
                 event->function != NULL ? " of " : "", event->function != NULL ? event->function->name : "");
        show_value(cause, event, arena);
    }
    arena_free(arena);
    return 0;
}
