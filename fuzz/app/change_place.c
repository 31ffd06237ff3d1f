// SPDX-License-Identifier: MIT
/*
 * Where a callback may be delivered. What follows from the description only: not before the call that brought
 * it or registered its listener was made, not before the session that it was in was opened, not after that
 * was closed or its listener removed. All else could have happened.
 */
#include "fuzz/app/change_parts.h"

#define PLACE_TAIL 1000000000 /* how long after the last event a callback may still come */

static bool
place_removes(const struct api_entry *call, const struct api_entry *callback)
{
    if (call->kind != API_UNREGISTER)
        return false;
    for (unsigned i = 0; i < call->nparams; i++) {
        const struct api_param *param = &call->params[i];

        if (param->type == API_FN && param->callback >= 0 &&
            api_entry((unsigned)param->callback)->newest == callback->newest)
            return true;
    }
    return false;
}

struct change_window
change_window(const struct changer *changer, const struct trace_step *step)
{
    const struct trace_base *base = changer->base;
    int64_t was = step->of < base->nevents ? base->events[step->of].at_ns : step->at_ns;
    struct change_window window = {changer->options.from_ns, INT64_MAX};

    if (step->parent != TRACE_NONE)
        return (struct change_window){step->at_ns, step->at_ns};
    for (uint32_t i = 0; i < base->nevents; i++) {
        const struct tape_event *event = &base->events[i];
        int64_t end = event->end_seq == 0 ? INT64_MAX : event->at_ns + event->took_ns;

        if (window.to == INT64_MAX && i + 1 == base->nevents)
            window.to = event->at_ns + PLACE_TAIL;
        if (event->is_callback || event->entry == NULL)
            continue;
        if ((i == step->cause || (event->entry->opens && event->at_ns < was)) && event->at_ns > window.from)
            window.from = event->at_ns;
        if (event->at_ns < was)
            continue;
        if (event->entry->closes && end < window.to)
            window.to = end;
        if (place_removes(event->entry, step->event.callback) && event->at_ns < window.to)
            window.to = event->at_ns;
    }
    return window;
}

uint32_t
change_put(struct trace *trace, const struct trace_step *step, int64_t at_ns)
{
    struct trace_step placed = *step;
    uint32_t at = trace->nsteps;

    placed.at_ns = at_ns;
    if (trace_add(trace, &placed) != 0)
        return TRACE_NONE;
    for (; at > 0 && trace->steps[at - 1].at_ns > at_ns; at--)
        trace->steps[at] = trace->steps[at - 1];
    trace->steps[at] = placed;
    return at;
}

/* The time in the gap before step `gap` that is as early (or as late) as can be; false: not in the window. */
static bool
place_time(const struct trace *trace, const struct change_window *window, uint32_t gap, bool early,
           int64_t *at_ns)
{
    int64_t low = window->from, high = window->to;

    if (gap > 0) {
        const struct trace_step *before = &trace->steps[gap - 1];
        int64_t end = before->at_ns + (before->took_ns > 0 ? before->took_ns : 0);

        if (gap < trace->nsteps && end >= trace->steps[gap].at_ns)
            end = before->at_ns;
        low = end > low ? end : low;
    }
    if (gap < trace->nsteps && trace->steps[gap].at_ns < high)
        high = trace->steps[gap].at_ns;
    if (low >= high || high - low < 2)
        return false;
    *at_ns = early ? low + 1 : high - 1;
    return true;
}

static uint32_t
place_gaps(const struct change_work *work, const struct trace_step *step, uint32_t least, uint64_t pick,
           int64_t *at_ns, uint32_t *behind)
{
    struct change_window window = change_window(work->changer, step);
    uint32_t count = 0;

    for (uint32_t gap = least; gap <= work->trace->nsteps; gap++) {
        int64_t at;

        if (gap == work->at || gap == work->at + 1 ||
            !place_time(work->trace, &window, gap, (pick & 1) == 0, &at))
            continue;
        if (count == pick >> 1 && at_ns != NULL) {
            *at_ns = at;
            *behind = gap == 0 ? TRACE_NONE : gap - 1;
        }
        count++;
    }
    return count;
}

uint32_t
change_gaps(const struct change_work *work, const struct trace_step *step, uint32_t least)
{
    return place_gaps(work, step, least, 0, NULL, NULL);
}

bool
change_gap(const struct change_work *work, const struct trace_step *step, uint32_t least, uint64_t pick,
           int64_t *at_ns, uint32_t *behind)
{
    return place_gaps(work, step, least, pick, at_ns, behind) > pick >> 1;
}
