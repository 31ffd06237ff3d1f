// SPDX-License-Identifier: MIT
/*
 * Lays a trace out. The app's top-level calls come first, where they were recorded; then the callbacks, each
 * as soon as its cause is there, with the calls that were recorded inside it. A thread does one thing at a
 * time: what would overlap comes later.
 */
#include "fuzz/app/trace_lay.h"

#include <stdlib.h>
#include <string.h>

#define LAY_DEEP 64u      /* callbacks inside calls inside callbacks */
#define LAY_MOST 1000000u /* rows: repeated callbacks in repeated callbacks must not grow without end */

struct lay_scratch {
    uint32_t *parents;           /* by recorded event: the event it is nested in, or TRACE_NONE */
    uint32_t *first_call;        /* by recorded callback: calls recorded in it ... */
    uint32_t *next_call;         /* ... in order */
    uint32_t *first_step;        /* by recorded call: steps delivered inside it ... */
    uint32_t *next_step, nsteps; /* ... by step */
    uint32_t *row_of;            /* by recorded call: the first row it became */
    uint32_t *thread_of;         /* by recorded event */
    int64_t *busy;               /* by thread: until when; one more for the extra one */
    bool *calls;                 /* by thread: the app calls on it */
    uint32_t *todo;              /* top-level steps in order */
    uint64_t *numbers;
    const struct trace_base *base; /* whose these are */
};

static int
lay_memory(struct fault *fault)
{
    return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for a trace");
}

static uint32_t
lay_find(const struct trace_base *base, uint64_t seq)
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

static void
lay_drop_scratch(struct trace_lay *lay)
{
    struct lay_scratch *s = lay->scratch;

    if (s == NULL)
        return;
    free(s->parents);
    free(s->first_call);
    free(s->next_call);
    free(s->first_step);
    free(s->next_step);
    free(s->row_of);
    free(s->thread_of);
    free(s->busy);
    free(s->calls);
    free(s->todo);
    free(s->numbers);
    free(s);
    lay->scratch = NULL;
}

/* What is the same for all traces of a base: which calls were made in which callbacks. */
static void
lay_relations(struct lay_scratch *s, const struct trace_base *base)
{
    memset(s->first_call, 0xff, (base->nevents + 1ull) * sizeof *s->first_call);
    for (uint32_t i = base->nevents; i-- > 0;) {
        uint32_t thread = 0;

        s->parents[i] = lay_find(base, base->events[i].parent);
        if (s->parents[i] >= i)
            s->parents[i] = TRACE_NONE;
        while (thread < base->nthreads && base->threads[thread].thread != base->events[i].thread)
            thread++;
        s->thread_of[i] = thread;
        if (base->events[i].is_callback)
            continue;
        if (s->parents[i] == TRACE_NONE && thread < base->nthreads)
            s->calls[thread] = true;
        if (s->parents[i] != TRACE_NONE && base->events[s->parents[i]].is_callback) {
            s->next_call[i] = s->first_call[s->parents[i]];
            s->first_call[s->parents[i]] = i;
        }
    }
}

static int
lay_begin(struct trace_lay *lay, const struct trace_base *base)
{
    struct lay_scratch *s;
    size_t events = base->nevents + 1ull, threads = base->nthreads + 1ull;

    if (lay->scratch != NULL && lay->scratch->base == base)
        return 0;
    lay_drop_scratch(lay);
    free(lay->exit_seqs);
    lay->exit_seqs = calloc(base->nprocesses + 1ull, sizeof *lay->exit_seqs);
    lay->scratch = s = calloc(1, sizeof *s);
    if (s == NULL || lay->exit_seqs == NULL)
        return -1;
    s->parents = malloc(events * sizeof *s->parents);
    s->first_call = malloc(events * sizeof *s->first_call);
    s->next_call = malloc(events * sizeof *s->next_call);
    s->first_step = malloc(events * sizeof *s->first_step);
    s->row_of = malloc(events * sizeof *s->row_of);
    s->thread_of = malloc(events * sizeof *s->thread_of);
    s->busy = malloc(threads * sizeof *s->busy);
    s->calls = calloc(threads, sizeof *s->calls);
    if (s->parents == NULL || s->first_call == NULL || s->next_call == NULL || s->first_step == NULL ||
        s->row_of == NULL || s->thread_of == NULL || s->busy == NULL || s->calls == NULL)
        return -1;
    s->base = base;
    lay_relations(s, base);
    return 0;
}

static struct lay_row *
lay_add(struct trace_lay *lay, uint32_t parent, uint32_t thread, int64_t at)
{
    if (lay->nrows == lay->room) {
        uint32_t room = lay->room == 0 ? 256 : lay->room * 2;
        struct lay_row *rows = realloc(lay->rows, room * sizeof *rows);

        if (rows == NULL)
            return NULL;
        lay->rows = rows;
        lay->room = room;
    }
    lay->rows[lay->nrows] = (struct lay_row){.base = TRACE_NONE,
                                             .step = TRACE_NONE,
                                             .parent = parent,
                                             .cause = TRACE_NONE,
                                             .order = lay->nrows,
                                             .thread = thread,
                                             .at_ns = at};
    return &lay->rows[lay->nrows++];
}

static int64_t
lay_later(int64_t at, int64_t by)
{
    int64_t sum;

    return __builtin_add_overflow(at, by, &sum) ? at : sum;
}

static int64_t
lay_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int lay_step(struct trace_lay *lay, uint32_t step, uint32_t parent, uint32_t thread, int64_t from,
                    unsigned deep);

/* One recorded call, `shift` later than recorded and not before its thread is free. */
static int
lay_call(struct trace_lay *lay, uint32_t call, uint32_t parent, uint32_t thread, int64_t shift, unsigned deep)
{
    struct lay_scratch *s = lay->scratch;
    const struct tape_event *event = &s->base->events[call];
    struct lay_row *row;
    uint32_t index = lay->nrows, child;
    int64_t at = lay_max(lay_later(event->at_ns, shift), s->busy[thread] + 1);

    if (event->entry == NULL || event->entry->kind == API_CALLBACK || event->nargs != event->entry->nparams ||
        lay->nrows >= LAY_MOST)
        return 0;
    row = lay_add(lay, parent, thread, at);
    if (row == NULL)
        return -1;
    row->base = call;
    if (s->row_of[call] == TRACE_NONE)
        s->row_of[call] = index;
    s->busy[thread] = at;
    for (child = s->first_step[call]; child != TRACE_NONE && deep < LAY_DEEP; child = s->next_step[child]) {
        if (lay_step(lay, child, index, thread, lay_later(lay->trace->steps[child].at_ns, shift), deep + 1) !=
            0)
            return -1;
    }
    row = &lay->rows[index];
    row->end_ns = INT64_MAX;
    if (event->end_seq != 0)
        s->busy[thread] = row->end_ns =
            lay_max(lay_later(event->at_ns + event->took_ns, shift), s->busy[thread] + 1);
    return 0;
}

/* The row that brings the step, or TRACE_NONE. *ready false: it may still come. */
static uint32_t
lay_cause(const struct trace_lay *lay, const struct trace_step *step, uint8_t *via, bool *ready)
{
    uint32_t row = step->cause == TRACE_NONE ? TRACE_NONE : lay->scratch->row_of[step->cause];
    uint8_t found = 0;

    *ready = step->cause == TRACE_NONE || row != TRACE_NONE;
    if (step->cause == TRACE_NONE ||
        !trace_can_cause(lay->trace->base, step->cause, step->event.callback, &found))
        return TRACE_NONE;
    *via = step->of != TRACE_NONE &&
                   lay_find(lay->trace->base, lay->trace->base->events[step->of].cause) == step->cause
               ? step->via
               : found;
    return row;
}

static int
lay_step(struct trace_lay *lay, uint32_t index, uint32_t parent, uint32_t thread, int64_t from, unsigned deep)
{
    struct lay_scratch *s = lay->scratch;
    const struct trace_step *step = &lay->trace->steps[index];
    uint32_t at_row = lay->nrows, cause, call;
    struct lay_row *row;
    uint8_t via = 0;
    bool ready;
    int64_t at = lay_max(from, s->busy[thread] + 1), shift = 0;

    cause = lay_cause(lay, step, &via, &ready);
    if ((step->cause != TRACE_NONE && cause == TRACE_NONE) || lay->nrows >= LAY_MOST)
        return 0;
    if (cause != TRACE_NONE)
        at = lay_max(at, lay->rows[cause].at_ns + 1);
    row = lay_add(lay, parent, thread, at);
    if (row == NULL)
        return -1;
    row->step = index;
    row->cause = cause;
    row->via = via;
    s->busy[thread] = at;
    if (step->of != TRACE_NONE && __builtin_sub_overflow(at, s->base->events[step->of].at_ns, &shift))
        shift = 0;
    call = step->of == TRACE_NONE || deep >= LAY_DEEP ? TRACE_NONE : s->first_call[step->of];
    for (; call != TRACE_NONE; call = s->next_call[call]) {
        if (lay_call(lay, call, at_row, thread, shift, deep + 1) != 0)
            return -1;
    }
    s->busy[thread] = lay->rows[at_row].end_ns =
        lay_max(lay_later(at, step->took_ns > 0 ? step->took_ns : 1), s->busy[thread] + 1);
    return 0;
}

static int
lay_compare_steps(const void *a, const void *b, void *context)
{
    const struct trace *trace = context;
    uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
    int64_t at = trace->steps[one].at_ns, other = trace->steps[two].at_ns;

    return at != other ? (at < other ? -1 : 1) : one < two ? -1 : one > two;
}

/* Which steps are delivered inside which calls, and which by themselves, in order. Returns how many the
 * latter are. */
static uint32_t
lay_lists(struct trace_lay *lay, int64_t floor)
{
    struct lay_scratch *s = lay->scratch;
    const struct trace *trace = lay->trace;
    uint32_t top = 0;

    for (uint32_t i = 0; i < trace->nsteps; i++)
        s->todo[i] = i;
    qsort_r(s->todo, trace->nsteps, sizeof *s->todo, lay_compare_steps, (void *)(uintptr_t)trace);
    memset(s->first_step, 0xff, (s->base->nevents + 1ull) * sizeof *s->first_step);
    for (uint32_t i = trace->nsteps; i-- > 0;) {
        const struct trace_step *step = &trace->steps[s->todo[i]];

        if (step->parent >= s->base->nevents || s->base->events[step->parent].at_ns < floor)
            continue;
        s->next_step[s->todo[i]] = s->first_step[step->parent];
        s->first_step[step->parent] = s->todo[i];
        s->todo[i] = TRACE_NONE;
    }
    for (uint32_t i = 0; i < trace->nsteps; i++) {
        if (s->todo[i] != TRACE_NONE)
            s->todo[top++] = s->todo[i];
    }
    return top;
}

/* Callbacks by themselves; several rounds, since what brings one may be called in another. */
static int
lay_steps(struct trace_lay *lay, uint32_t count, int64_t floor)
{
    struct lay_scratch *s = lay->scratch;
    bool moved = true;

    while (moved && count > 0) {
        uint32_t left = 0;

        moved = false;
        for (uint32_t i = 0; i < count; i++) {
            const struct trace_step *step = &lay->trace->steps[s->todo[i]];
            uint32_t thread = step->thread < s->base->nthreads && !s->calls[step->thread] ? step->thread
                                                                                          : s->base->nthreads;
            uint8_t via;
            bool ready;

            lay_cause(lay, step, &via, &ready);
            if (!ready) {
                s->todo[left++] = s->todo[i];
                continue;
            }
            moved = true;
            if (lay_step(lay, s->todo[i], TRACE_NONE, thread, step->at_ns > floor ? step->at_ns : floor + 1,
                         0) != 0)
                return -1;
        }
        count = left;
    }
    return 0;
}

static int
lay_compare_rows(const void *a, const void *b)
{
    const struct lay_row *one = a, *two = b;

    return one->at_ns != two->at_ns ? (one->at_ns < two->at_ns ? -1 : 1)
                                    : (one->order < two->order ? -1 : one->order > two->order);
}

struct lay_edge {
    int64_t at;
    uint32_t row;
    uint32_t leave;
};

static int
lay_compare_edges(const void *a, const void *b)
{
    const struct lay_edge *one = a, *two = b;

    if (one->at != two->at)
        return one->at < two->at ? -1 : 1;
    return one->row != two->row ? (one->row < two->row ? -1 : 1)
                                : (one->leave < two->leave ? -1 : one->leave > two->leave);
}

/* Rows in order, references to rows by their new places, and numbers, even ones. */
static int
lay_number(struct trace_lay *lay)
{
    const struct trace_base *base = lay->trace->base;
    struct lay_edge *edges = malloc((lay->nrows * 2ull + 1) * sizeof *edges);
    uint32_t *places = malloc((lay->nrows + 1ull) * sizeof *places), count = 0;

    if (edges == NULL || places == NULL) {
        free(edges);
        free(places);
        return -1;
    }
    qsort(lay->rows, lay->nrows, sizeof *lay->rows, lay_compare_rows);
    for (uint32_t i = 0; i < lay->nrows; i++)
        places[lay->rows[i].order] = i;
    for (uint32_t i = 0; i < lay->nrows; i++) {
        struct lay_row *row = &lay->rows[i];

        row->parent = row->parent == TRACE_NONE ? TRACE_NONE : places[row->parent];
        row->cause = row->cause == TRACE_NONE ? TRACE_NONE : places[row->cause];
        edges[count++] = (struct lay_edge){row->at_ns, i, 0};
        if (row->end_ns != INT64_MAX)
            edges[count++] = (struct lay_edge){row->end_ns, i, 1};
    }
    qsort(edges, count, sizeof *edges, lay_compare_edges);
    for (uint32_t i = 0; i < base->nprocesses; i++)
        lay->exit_seqs[i] = base->exits_ns[i] == INT64_MAX ? 0 : 1;
    for (uint32_t i = 0; i < count; i++) {
        struct lay_row *row = &lay->rows[edges[i].row];

        if (edges[i].leave)
            row->end_seq = 2ull * i + 2;
        else
            row->seq = 2ull * i + 2;
        for (uint32_t j = 0; j < base->nprocesses; j++) {
            if (edges[i].at <= base->exits_ns[j] && lay->exit_seqs[j] != 0)
                lay->exit_seqs[j] = 2ull * i + 3;
        }
    }
    free(edges);
    free(places);
    return 0;
}

int
lay_trace(struct trace_lay *lay, const struct trace *trace, int64_t floor, struct fault *fault)
{
    const struct trace_base *base = trace->base;
    struct lay_scratch *s;
    uint32_t top;

    lay->trace = trace;
    lay->nrows = 0;
    if (lay_begin(lay, base) != 0)
        return lay_memory(fault);
    s = lay->scratch;
    if (s->todo == NULL || s->nsteps < trace->nsteps) {
        free(s->todo);
        free(s->next_step);
        s->nsteps = trace->nsteps + 64;
        s->todo = malloc(s->nsteps * sizeof *s->todo);
        s->next_step = malloc(s->nsteps * sizeof *s->next_step);
        if (s->todo == NULL || s->next_step == NULL)
            return lay_memory(fault);
    }
    memset(s->row_of, 0xff, (base->nevents + 1ull) * sizeof *s->row_of);
    for (uint32_t i = 0; i <= base->nthreads; i++)
        s->busy[i] = -1;
    top = lay_lists(lay, floor);
    for (uint32_t i = 0; i < base->nevents; i++) {
        uint32_t process = 0, thread = s->thread_of[i];

        if (base->events[i].is_callback || s->parents[i] != TRACE_NONE || thread == base->nthreads)
            continue;
        while (process < base->nprocesses && base->processes[process].pid != base->threads[thread].pid)
            process++;
        if (process < base->nprocesses && base->events[i].at_ns > base->exits_ns[process])
            continue;
        if (lay_call(lay, i, TRACE_NONE, thread, 0, 0) != 0)
            return lay_memory(fault);
    }
    if (lay_steps(lay, top, floor) != 0)
        return lay_memory(fault);
    lay->extra = s->busy[base->nthreads] >= 0;
    return lay_number(lay) == 0 ? 0 : lay_memory(fault);
}

void
lay_free(struct trace_lay *lay)
{
    lay_drop_scratch(lay);
    free(lay->rows);
    free(lay->exit_seqs);
    *lay = (struct trace_lay){0};
}
