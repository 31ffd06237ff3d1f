// SPDX-License-Identifier: MIT
/*
 * json_params used although code is not 0. A failed completion whose answer is not documented to carry
 * anything is delivered again without its payload; a handler that looks at the code first cannot tell the
 * difference.
 */
#include <string.h>

#include "fuzz/oracle/inside.h"

/* The payload nobody may use, or NULL. */
static struct case_value *
unused_payload(struct case_event *event)
{
    const struct api_entry *callback = event->callback;

    if (callback->code < 0 || callback->payload < 0 || event->args[callback->code].number == 0)
        return NULL;
    if (event->function != NULL && event->function->error_object >= 0)
        return NULL;
    struct case_value *payload = &event->args[callback->payload];
    return payload->kind == CASE_TREE || (payload->kind == CASE_TEXT && payload->count > 0) ? payload : NULL;
}

void
code_end(const struct fuzz_case *c, struct arena *arena, struct oracle_trace *first)
{
    for (size_t i = 0; i < c->count; i++) {
        struct fuzz_case other = {0};
        struct case_value *payload;
        char what[512];

        if (unused_payload(&c->events[i]) == NULL || case_copy(&other, c, arena) != 0)
            continue;
        payload = unused_payload(&other.events[i]);
        *payload = (struct case_value){.kind = CASE_TEXT, .bytes = "", .count = 0};
        if (again_differs(c, &other, first, what, sizeof what)) {
            const struct case_event *event = &c->events[i];
            oracle_violated(ORACLE_CODE,
                            "%s: %s is used although code is %lld: with \"\" for it the handler %s",
                            oracle_where(event), event->callback->params[event->callback->payload].name,
                            (long long)event->args[event->callback->code].number, what);
        }
    }
}
