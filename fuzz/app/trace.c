// SPDX-License-Identifier: MIT
/* The list of callbacks and what is done to it. */
#include "fuzz/app/trace.h"

#include <stdlib.h>
#include <string.h>

/* Index of the event with that number on the tape, or TRACE_NONE. */
static uint32_t
trace_find(const struct trace_base *base, uint64_t seq)
{
    uint32_t low = 0, high = base->nevents;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (base->events[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return seq != 0 && low < base->nevents && base->events[low].seq == seq ? low : TRACE_NONE;
}

static struct case_value
trace_value(const struct tape_value *from, unsigned type)
{
    struct case_value value = {.kind = CASE_ABSENT};

    switch (from->type) {
    case TAPE_INT:
    case TAPE_UINT:
        if (type != API_FN)
            value = (struct case_value){.kind = CASE_NUMBER, .number = from->i};
        break;
    case TAPE_TEXT:
        value = (struct case_value){.kind = CASE_TEXT, .bytes = from->text, .count = from->bytes};
        break;
    case TAPE_NULL:
        value.kind = CASE_NULL;
        break;
    default:
        break;
    }
    return value;
}

static bool
trace_step_of(const struct trace_base *base, uint32_t index, struct trace_step *step)
{
    const struct tape_event *event = &base->events[index];
    uint32_t parent = trace_find(base, event->parent), thread;

    for (thread = 0; thread < base->nthreads && base->threads[thread].thread != event->thread; thread++)
        ;
    if (!event->is_callback || event->entry == NULL || event->entry->kind != API_CALLBACK ||
        event->nargs != event->entry->nparams || thread == base->nthreads)
        return false;
    *step = (struct trace_step){
        .of = index,
        .event.callback = event->entry,
        .cause = trace_find(base, event->cause),
        .via = event->via,
        .parent = parent != TRACE_NONE && !base->events[parent].is_callback ? parent : TRACE_NONE,
        .thread = thread,
        .at_ns = event->at_ns,
        .took_ns = event->end_seq != 0 ? event->took_ns : 1};
    if (event->cause != 0 && step->cause == TRACE_NONE && event->cause > base->events[0].seq)
        return false;
    if (step->cause != TRACE_NONE)
        step->event.function = base->events[step->cause].entry;
    for (unsigned i = 0; i < event->nargs; i++)
        step->event.args[i] = trace_value(&event->args[i], event->entry->params[i].type);
    return true;
}

int
trace_begin(struct trace *trace, const struct trace_base *base)
{
    struct trace_step step;

    trace->base = base;
    trace->nsteps = 0;
    for (uint32_t i = 0; i < base->nevents; i++) {
        if (trace_step_of(base, i, &step) && trace_add(trace, &step) != 0)
            return -1;
    }
    return 0;
}

static int
trace_room(struct trace *trace, uint32_t wanted)
{
    uint32_t room = trace->room == 0 ? 64 : trace->room;
    struct trace_step *steps;

    if (wanted <= trace->room)
        return 0;
    while (room < wanted && room < TRACE_NONE / 4)
        room *= 2;
    steps = room < wanted ? NULL : realloc(trace->steps, (size_t)room * sizeof *steps);
    if (steps == NULL)
        return -1;
    trace->steps = steps;
    trace->room = room;
    return 0;
}

int
trace_copy(struct trace *to, const struct trace *from)
{
    if (trace_room(to, from->nsteps) != 0)
        return -1;
    if (from->nsteps > 0)
        memcpy(to->steps, from->steps, from->nsteps * sizeof *to->steps);
    to->nsteps = from->nsteps;
    to->base = from->base;
    return 0;
}

void
trace_free(struct trace *trace)
{
    free(trace->steps);
    *trace = (struct trace){0};
}

int
trace_add(struct trace *trace, const struct trace_step *step)
{
    struct trace_step copy = *step; /* it may be one of ours */

    if (trace_room(trace, trace->nsteps + 1) != 0)
        return -1;
    trace->steps[trace->nsteps++] = copy;
    return 0;
}

void
trace_remove(struct trace *trace, uint32_t index)
{
    if (index >= trace->nsteps)
        return;
    trace->nsteps--;
    memmove(&trace->steps[index], &trace->steps[index + 1], (trace->nsteps - index) * sizeof *trace->steps);
}

/* Nearly sorted mostly, and the order of equal ones stays. */
void
trace_sort(struct trace *trace)
{
    for (uint32_t i = 1; i < trace->nsteps; i++) {
        struct trace_step step = trace->steps[i];
        uint32_t at = i;

        while (at > 0 && trace->steps[at - 1].at_ns > step.at_ns)
            at--;
        memmove(&trace->steps[at + 1], &trace->steps[at], (i - at) * sizeof step);
        trace->steps[at] = step;
    }
}

bool
trace_can_cause(const struct trace_base *base, uint32_t call, const struct api_entry *callback, uint8_t *via)
{
    const struct api_entry *entry = call < base->nevents ? base->events[call].entry : NULL;
    uint8_t which = 0;

    if (entry == NULL || callback == NULL || base->events[call].is_callback)
        return false;
    for (unsigned i = 0; i < entry->nparams; i++) {
        const struct api_entry *wanted;

        if (entry->params[i].type != API_FN)
            continue;
        wanted = entry->params[i].callback < 0 ? NULL : api_entry((unsigned)entry->params[i].callback);
        if (wanted != NULL && wanted->newest == callback->newest) {
            *via = which;
            return true;
        }
        which++;
    }
    return false;
}
