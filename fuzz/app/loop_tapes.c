// SPDX-License-Identifier: MIT
/*
 * A corpus on disk: tapes. A callback of a foreign tape has a place in our history when the call that brought
 * it has: the n-th call of a function there is the n-th one here.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/app/loop_parts.h"

/* Which of the events of that name is it, from 0? */
static uint32_t
tapes_ordinal(const struct trace_base *base, uint32_t index)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < index; i++)
        count += strcmp(base->events[i].name, base->events[index].name) == 0;
    return count;
}

static uint32_t
tapes_find(const struct trace_base *base, const char *name, uint32_t ordinal)
{
    for (uint32_t i = 0; i < base->nevents; i++) {
        if (strcmp(base->events[i].name, name) == 0 && ordinal-- == 0)
            return i;
    }
    return TRACE_NONE;
}

/* The step as one of our history. */
static bool
tapes_step(const struct loop_worker *worker, const struct trace_base *other, struct trace_step *step)
{
    const struct trace_base *base = worker->base;
    uint32_t of = step->of == TRACE_NONE
                      ? TRACE_NONE
                      : tapes_find(base, other->events[step->of].name, tapes_ordinal(other, step->of));

    if (step->cause == TRACE_NONE || step->parent != TRACE_NONE)
        return false;
    step->cause = tapes_find(base, other->events[step->cause].name, tapes_ordinal(other, step->cause));
    step->of = of;
    for (uint32_t i = 0; i < worker->whole.nsteps; i++) {
        if (worker->whole.steps[i].parent == TRACE_NONE)
            step->thread = worker->whole.steps[i].thread;
    }
    return step->cause != TRACE_NONE && step->thread < base->nthreads &&
           trace_can_cause(base, step->cause, step->event.callback, &step->via);
}

static int
tapes_add(struct loop_worker *worker, const struct trace_base *other, const char *file, struct fault *fault)
{
    struct trace foreign = {0}, ours = {0};
    struct change_list none = {0};
    int result = trace_begin(&foreign, other);

    ours.base = worker->base;
    for (uint32_t i = 0; result == 0 && i < foreign.nsteps; i++) {
        struct fuzz_case c = {.events = &foreign.steps[i].event, .count = 1, .room = 1};

        mutator_learn(worker->mutator, &c);
        if (tapes_step(worker, other, &foreign.steps[i]))
            result = trace_add(&ours, &foreign.steps[i]);
    }
    none.count = 1;
    snprintf(none.list[0].sentence, sizeof none.list[0].sentence, "as in the corpus (%.200s)", file);
    none.list[0].of = TRACE_NONE;
    if (result == 0 && ours.nsteps > 0) {
        trace_sort(&ours);
        result = loop_keep(worker->corpus, &ours, &none);
    }
    trace_free(&foreign);
    trace_free(&ours);
    return result == 0 ? 0 : fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the corpus");
}

int
loop_tapes_read(struct loop_worker *worker, struct fault *fault)
{
    const char *path = worker->options->corpus;
    struct dirent **names;
    int count, result = 0;

    if (path == NULL)
        return 0;
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot make the folder %s", path);
    count = scandir(path, &names, NULL, alphasort);
    if (count < 0)
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot read the folder %s", path);
    for (int i = 0; i < count; i++) {
        char file[4096];
        struct fault not_a_tape;
        struct trace_base *other;

        snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        free(names[i]);
        if (file[strlen(file) - 1] == '.' || worker->ntapes == LOOP_TAPES || result != 0)
            continue;
        other = trace_load(file, &not_a_tape);
        if (other == NULL)
            continue;
        worker->tapes[worker->ntapes++] = other;
        result = tapes_add(worker, other, file, fault);
    }
    free(names);
    return result;
}

int
loop_tapes_keep(const struct loop_worker *worker, const struct trace *trace, struct fault *fault)
{
    char file[4096];

    if (worker->options->corpus == NULL)
        return 0;
    snprintf(file, sizeof file, "%s/seed-%llu-worker-%u-run-%llu.tape", worker->options->corpus,
             (unsigned long long)worker->options->seed, worker->index, (unsigned long long)worker->runs);
    return trace_save(trace, file, true, NULL, fault);
}
