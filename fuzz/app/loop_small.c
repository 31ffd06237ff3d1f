// SPDX-License-Identifier: MIT
/*
 * The smallest trace that still breaks in the same way: first the changes that are not needed are taken back,
 * then callbacks are left out (all behind the culprit at once, then halves, quarters, single ones), then what
 * is in the payloads that were changed.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/app/loop_parts.h"

#define MOST_RUNS 400u
#define JSON_RUNS 80u

struct small {
    struct loop_worker *worker;
    struct trace *best;
    struct trace trial;
    uint64_t key;
    uint64_t runs;
    uint32_t at; /* the step whose payload is made smaller */
    struct fault *fault;
};

/* 1: it breaks in the same way; 0; -1: fault. */
static int
small_same(struct small *small, const struct trace *trace)
{
    struct player_result result;
    struct finding_outcome outcome = {0};
    bool same;

    if (small->worker->shared->stop != 0 || small->runs >= MOST_RUNS)
        return 0;
    small->runs++;
    if (player_run(small->worker->player, trace, &result, small->fault) != 0)
        return -1;
    same = loop_broke(small->worker, trace, &result, &outcome) &&
           loop_key(trace, &result, &outcome) == small->key;
    finding_outcome_free(&outcome);
    return same;
}

/* small->trial becomes the best one if it breaks in the same way. */
static int
small_try(struct small *small)
{
    int same = small_same(small, &small->trial);

    return same <= 0 ? same : trace_copy(small->best, &small->trial) != 0 ? -1 : 1;
}

static bool
small_differs(const struct trace_step *a, const struct trace_step *b)
{
    if (a->at_ns != b->at_ns)
        return true;
    for (unsigned i = 0; i < a->event.callback->nparams; i++) {
        const struct case_value *x = &a->event.args[i], *y = &b->event.args[i];

        if (x->kind != y->kind || x->number != y->number ||
            (x->kind == CASE_TEXT && (x->count != y->count || memcmp(x->bytes, y->bytes, x->count) != 0)))
            return true;
    }
    return false;
}

/* Is a recorded callback in the trace once, as recorded? */
static bool
small_as_recorded(const struct trace *trace, const struct trace_step *was)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < trace->nsteps; i++) {
        if (trace->steps[i].of != was->of)
            continue;
        count++;
        if (small_differs(&trace->steps[i], was))
            return false;
    }
    return count == 1;
}

/* Everything that was done to one recorded callback is taken back. */
static int
small_revert(struct small *small, const struct trace_step *was)
{
    if (trace_copy(&small->trial, small->best) != 0)
        return -1;
    for (uint32_t i = small->trial.nsteps; i > 0; i--) {
        if (small->trial.steps[i - 1].of == was->of)
            trace_remove(&small->trial, i - 1);
    }
    if (trace_add(&small->trial, was) != 0)
        return -1;
    trace_sort(&small->trial);
    return small_try(small);
}

static int
small_changes(struct small *small, struct change_list *done)
{
    const struct trace *whole = &small->worker->whole;

    for (uint32_t i = 0; i < whole->nsteps; i++) {
        int fine;

        if (small_as_recorded(small->best, &whole->steps[i]))
            continue;
        fine = small_revert(small, &whole->steps[i]);
        if (fine < 0)
            return -1;
        for (unsigned j = 0; fine > 0 && j < done->count; j++) {
            if (done->list[j].of == whole->steps[i].of && done->count > 1) {
                memmove(&done->list[j], &done->list[j + 1], (--done->count - j) * sizeof done->list[0]);
                j--;
            }
        }
    }
    return 0;
}

static int
small_without(struct small *small, uint32_t from, uint32_t count)
{
    if (trace_copy(&small->trial, small->best) != 0)
        return -1;
    for (uint32_t i = 0; i < count; i++)
        trace_remove(&small->trial, from);
    return small_try(small);
}

static int
small_events(struct small *small, uint32_t culprit)
{
    uint32_t count = small->best->nsteps;

    trace_sort(small->best);
    if (culprit + 1 < count && small_without(small, culprit + 1, count - culprit - 1) < 0)
        return -1;
    for (uint32_t chunk = (small->best->nsteps + 1) / 2; chunk > 0; chunk /= 2) {
        for (uint32_t at = small->best->nsteps; at > 0;) {
            uint32_t take = at < chunk ? at : chunk;

            at -= take;
            if (small_without(small, at, take) < 0)
                return -1;
        }
    }
    return 0;
}

static int
small_test(void *context, struct fuzz_case *c, struct arena *arena, struct fault *fault)
{
    struct small *small = context;
    struct case_event *event;

    if (c->count != 1)
        return 0;
    if (trace_copy(&small->trial, small->best) != 0)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory while a finding was made smaller");
    event = &small->trial.steps[small->at].event;
    *event = c->events[0];
    for (unsigned i = 0; i < event->callback->nparams; i++) {
        if (event->args[i].kind == CASE_TREE && case_print(&event->args[i], arena) != 0)
            return -1;
    }
    return small_same(small, &small->trial);
}

static int
small_payload(struct small *small, struct arena *arena, uint32_t at)
{
    struct finding_effort effort = {.runs = JSON_RUNS, .seconds = 10};
    struct finding_small sizes;
    struct case_event event = small->best->steps[at].event;
    struct fuzz_case one = {.events = &event, .count = 1, .room = 1}, c = {0};

    small->at = at;
    if (case_copy(&c, &one, arena) != 0 ||
        finding_minimise(&c, arena, &effort, small_test, small, &sizes, small->fault) != 0)
        return -1;
    if (c.count != 1)
        return 0;
    for (unsigned i = 0; i < event.callback->nparams; i++) {
        struct case_value *value = &c.events[0].args[i];

        if (value->kind == CASE_TREE) {
            if (case_print(value, arena) != 0)
                return -1;
            value->kind = CASE_TEXT;
            value->tree = NULL;
        }
    }
    small->best->steps[at].event = c.events[0];
    return 0;
}

static size_t
small_bytes(const struct trace *trace)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < trace->nsteps; i++) {
        for (unsigned j = 0; j < trace->steps[i].event.callback->nparams; j++)
            bytes += trace->steps[i].event.args[j].count;
    }
    return bytes;
}

int
loop_small_changes(struct loop_worker *worker, struct trace *trace, uint64_t key, struct change_list *done,
                   struct finding_small *sizes, struct fault *fault)
{
    struct small small = {.worker = worker, .best = trace, .key = key, .fault = fault};
    int fine;

    sizes->bytes_was = small_bytes(trace);
    sizes->events_was = trace->nsteps;
    fine = small_changes(&small, done);
    trace_free(&small.trial);
    sizes->runs = (unsigned)small.runs;
    sizes->bytes_is = small_bytes(trace);
    sizes->events_is = trace->nsteps;
    sizes->whole = false;
    return fine;
}

int
loop_small_events(struct loop_worker *worker, struct trace *trace, struct arena *arena, uint64_t key,
                  struct finding_small *sizes, struct fault *fault)
{
    struct small small = {.worker = worker, .best = trace, .key = key, .fault = fault};
    const struct trace *whole = &worker->whole;
    struct player_result result;
    int fine = player_run(worker->player, trace, &result, fault);

    if (fine == 0)
        fine = small_events(&small, result.during != TRACE_NONE ? result.during : result.last);
    for (uint32_t i = 0; fine == 0 && i < trace->nsteps; i++) {
        bool changed = false;

        for (uint32_t j = 0; j < whole->nsteps; j++)
            changed |=
                whole->steps[j].of == trace->steps[i].of && small_differs(&whole->steps[j], &trace->steps[i]);
        if (changed || i + 1 == trace->nsteps)
            fine = small_payload(&small, arena, i);
    }
    trace_free(&small.trial);
    sizes->runs += (unsigned)small.runs;
    sizes->bytes_is = small_bytes(trace);
    sizes->events_is = trace->nsteps;
    sizes->whole = small.runs < MOST_RUNS;
    return fine;
}
