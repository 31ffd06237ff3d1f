// SPDX-License-Identifier: MIT
/* Batches: one array in two callbacks, two arrays in one. */
#include <string.h>

#include "fuzz/app/change_parts.h"

#define WHO 160

int
change_split(struct change_work *work)
{
    struct trace_step *step = &work->trace->steps[work->at], rest;
    struct case_value *value = change_payload(step), *second;
    struct span *elements = work->changer->elements;
    size_t count = value == NULL ? 0 : span_elements(value->bytes, value->count, elements, CHANGE_FIELDS),
           cut;
    char who[WHO];

    if (count < 2 || step->parent != TRACE_NONE || step->event.callback->code >= 0)
        return 0;
    cut = 1 + (size_t)random_below(&work->random, count - 1);
    change_say(work, CHANGE_SPLIT, "%s delivered as two: its array of %zu after %zu",
               change_who(work->changer, step, who, sizeof who), count, cut);
    rest = *step;
    second = change_payload(&rest);
    /* "[a,b,c,d]": "[a,b]" and "[c,d]" */
    if (change_splice(value, work->arena, (struct span){elements[cut - 1].to, elements[count - 1].to}, "",
                      0) < 0 ||
        change_splice(second, work->arena, (struct span){elements[0].from, elements[cut].from}, "", 0) < 0)
        return -1;
    return change_put(work->trace, &rest, step->at_ns) == TRACE_NONE ? -1 : 1;
}

/* The next step of the same callback type, listener and scalars, whose array can be put behind this one's. */
static uint32_t
batch_next(struct change_work *work)
{
    struct trace_step *step = &work->trace->steps[work->at];

    for (uint32_t i = work->at + 1; i < work->trace->nsteps; i++) {
        const struct trace_step *next = &work->trace->steps[i];
        bool same = next->event.callback == step->event.callback && next->cause == step->cause &&
                    next->parent == TRACE_NONE;

        for (unsigned j = 0; same && j < step->event.callback->nparams; j++)
            same = step->event.args[j].kind != CASE_NUMBER ||
                   step->event.args[j].number == next->event.args[j].number;
        if (same)
            return i;
    }
    return TRACE_NONE;
}

int
change_merge(struct change_work *work)
{
    struct trace_step *step = &work->trace->steps[work->at];
    struct case_value *value = change_payload(step), *other;
    uint32_t next = value == NULL || step->event.callback->code >= 0 ? TRACE_NONE : batch_next(work);
    size_t last;
    struct span *elements = work->changer->elements, all;
    char who[WHO], whom[WHO];
    char *both;

    if (next == TRACE_NONE || (other = change_payload(&work->trace->steps[next])) == NULL)
        return 0;
    last = span_elements(other->bytes, other->count, elements, CHANGE_FIELDS);
    if (last == 0)
        return 0;
    all = (struct span){elements[0].from, elements[last - 1].to};
    last = span_elements(value->bytes, value->count, elements, CHANGE_FIELDS);
    both = last == 0 ? NULL : arena_take(work->arena, all.to - all.from + 1);
    if (both == NULL)
        return last == 0 ? 0 : -1;
    both[0] = ',';
    memcpy(both + 1, other->bytes + all.from, all.to - all.from);
    change_say(work, CHANGE_MERGE, "%s and %s delivered as one",
               change_who(work->changer, step, who, sizeof who),
               change_who(work->changer, &work->trace->steps[next], whom, sizeof whom));
    if (change_splice(value, work->arena, (struct span){elements[last - 1].to, elements[last - 1].to}, both,
                      all.to - all.from + 1) < 0)
        return -1;
    trace_remove(work->trace, next);
    return 1;
}
