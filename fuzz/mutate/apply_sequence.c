// SPDX-License-Identifier: MIT
// Whole callbacks: one more, one less, the same twice, in another order.
#include <string.h>

#include "fuzz/mutate/work.h"

#define SEQUENCE 8 /* callbacks of a case that steps do not go beyond */

static void
record(struct work *work, size_t event, enum mutate_operation operation, const char *was, const char *is)
{
    struct spot spot = {.event = event, .scalar = true};
    work_record(work, &spot, operation, true, NULL, was, is);
}

/* Where a new one goes: behind what it may need more often than before it. */
static int
insert(struct work *work, const struct case_event *event, size_t at)
{
    struct case_event moved = *event; /* may be in the list that is about to be moved */
    if (case_add(work->c, work->arena, &moved) != 0) {
        work->no_memory = true;
        return 0;
    }
    memmove(&work->c->events[at + 1], &work->c->events[at], (work->c->count - 1 - at) * sizeof moved);
    work->c->events[at] = moved;
    return 1;
}

static bool
deep_copy(struct work *work, struct case_event *event)
{
    for (unsigned p = 0; p < event->callback->nparams; p++)
        if (event->args[p].kind == CASE_TREE &&
            (event->args[p].tree = work_got(work, edit_copy(work->arena, event->args[p].tree))) == NULL)
            return false;
    return true;
}

/* Texts of `event` that name something take those of `from`: the same message, group, user in both. */
static void
share_names(struct work *work, struct case_event *event, const struct case_event *from)
{
    for (unsigned p = 0; p < event->callback->nparams; p++) {
        if (event->args[p].kind != CASE_TREE)
            continue;
        for (unsigned q = 0; q < from->callback->nparams; q++)
            if (from->args[q].kind == CASE_TREE &&
                pool_alike(model_payload_of(event, p), model_payload_of(from, q))) {
                cJSON *tree = work_got(work, edit_copy(work->arena, from->args[q].tree));
                if (tree != NULL)
                    event->args[p].tree = tree;
            }
    }
}

static int
add(struct work *work)
{
    const struct mutate_options *options = &work->mutator->options;
    const struct mutate_target *target = &options->targets[work_below(work, options->ntargets)];
    struct case_event event;
    if (make_event(work, &event, target, -1) != 0)
        return 0;
    if (work->c->count > 0 && random_once_in(&work->random, 2))
        share_names(work, &event, &work->c->events[work_below(work, work->c->count)]);
    size_t at = random_once_in(&work->random, 3) ? work_below(work, work->c->count + 1) : work->c->count;
    if (!insert(work, &event, at))
        return 0;
    record(work, at, OP_CALLBACK_ADD, NULL, event.callback->name);
    return 1;
}

static int
splice(struct work *work)
{
    const struct pool *pool = &work->mutator->pool;
    if (pool->nevents == 0)
        return add(work);
    struct case_event event = pool->events[work_below(work, pool->nevents)];
    size_t at = work_below(work, work->c->count + 1);
    if (!deep_copy(work, &event) || !insert(work, &event, at))
        return 0;
    record(work, at, OP_CALLBACK_SPLICE, NULL, event.callback->name);
    return 1;
}

static int
repeat(struct work *work)
{
    size_t which = work_below(work, work->c->count);
    struct case_event event = work->c->events[which];
    size_t at = random_once_in(&work->random, 2) ? which + 1 : work->c->count;
    if (!deep_copy(work, &event) || !insert(work, &event, at))
        return 0;
    record(work, at, OP_CALLBACK_REPEAT, NULL, event.callback->name);
    return 1;
}

static int
drop(struct work *work)
{
    size_t which = work_below(work, work->c->count);
    struct case_event *events = work->c->events;
    const char *name = events[which].callback->name;
    memmove(&events[which], &events[which + 1], (work->c->count - which - 1) * sizeof *events);
    work->c->count--;
    record(work, which < work->c->count ? which : which - 1, OP_CALLBACK_DROP, name, NULL);
    return 1;
}

static int
swap(struct work *work)
{
    size_t a = work_below(work, work->c->count), b = work_below(work, work->c->count);
    if (a == b)
        return 0;
    struct case_event kept = work->c->events[a];
    work->c->events[a] = work->c->events[b];
    work->c->events[b] = kept;
    record(work, a, OP_CALLBACK_SWAP, kept.callback->name, work->c->events[a].callback->name);
    return 1;
}

int
apply_sequence(struct work *work)
{
    bool room = work->c->count < SEQUENCE && work->grow;
    switch (work_below(work, 8)) {
    case 0:
    case 1:
        return room ? add(work) : 0;
    case 2:
    case 3:
        return room ? repeat(work) : 0;
    case 4:
        return room ? splice(work) : 0;
    case 5:
    case 6:
        return work->c->count > 1 ? drop(work) : 0;
    default:
        return work->c->count > 1 ? swap(work) : 0;
    }
}
