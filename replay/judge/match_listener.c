// SPDX-License-Identifier: MIT
/* Listeners that are removed are known by the call that added them: their addresses are other ones in every
 * run. */
#include <stdlib.h>

#include "replay/judge/match_json.h"

void
match_flow_clear(struct match_flow *flow)
{
    free(flow->binding);
    *flow = (struct match_flow){0};
}

/* The parameter by which a listener list knows its members; -1: this is no such function. */
int
match_listener_param(const struct api_entry *entry)
{
    if (entry == NULL || !entry->list || (entry->kind != API_REGISTER && entry->kind != API_UNREGISTER))
        return -1;
    for (int i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type == API_FN)
            return i;
    }
    return -1;
}

bool
match_flow_has(const struct match_flow *flow, uint64_t recorded, uint64_t live)
{
    for (size_t i = 0; flow != NULL && i < flow->count; i++) {
        if (flow->binding[i].recorded == recorded && flow->binding[i].live == live)
            return true;
    }
    return false;
}

bool
match_flow_knows(const struct match_flow *flow, uint64_t recorded, uint64_t live)
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
    int param = match_listener_param(recorded->entry);
    if (param < 0 || recorded->entry->kind != API_REGISTER || (unsigned)param >= recorded->nargs ||
        (unsigned)param >= live->nargs)
        return 0;
    uint64_t from = recorded->args[param].u, to = live->args[param].u;
    if (from == 0 || to == 0 || match_flow_has(flow, from, to))
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
