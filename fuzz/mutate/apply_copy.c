// SPDX-License-Identifier: MIT
// Values from elsewhere: the same case, another case, what was learned. Always of the same declared type.
#include "fuzz/mutate/work.h"

struct hunt {
    struct work *work;
    const struct spot *spot;
    const cJSON * not ; /* the place itself and what holds it */
    const cJSON *found;
    uint64_t seen;
};

static void
look(struct hunt *hunt, const cJSON *node, struct model_type type, unsigned depth)
{
    if (node != hunt->not &&pool_alike(hunt->spot->type, type) && work_below(hunt->work, ++hunt->seen) == 0)
        hunt->found = node;
    if (depth < SPOT_DEEP)
        for (const cJSON *child = node->child; child != NULL; child = child->next)
            look(hunt, child, spot_child(type, node, child, hunt->work->profile), depth + 1);
}

static const cJSON *
look_in(struct work *work, const struct spot *spot, const struct fuzz_case *c)
{
    struct hunt hunt = {.work = work, .spot = spot, .not = spot_node(spot)};
    for (size_t i = 0; i < c->count; i++)
        for (unsigned p = 0; p < c->events[i].callback->nparams; p++)
            if (c->events[i].args[p].kind == CASE_TREE)
                look(&hunt, c->events[i].args[p].tree, model_payload_of(&c->events[i], p), 0);
    return hunt.found;
}

static int
put_copy(struct work *work, struct spot *spot, const cJSON *from, enum mutate_operation operation)
{
    cJSON *node = spot_node(spot);
    if (from == NULL || edit_same(node, from))
        return 0;
    if (!work->grow && edit_size(from) > edit_size(node))
        return 0;
    cJSON *copy = work_got(work, edit_copy(work->arena, from));
    if (copy == NULL)
        return 0;
    const char *was = work_show(work, node);
    edit_become(node, copy);
    work_record(work, spot, operation, true, NULL, was, work_show(work, node));
    return 1;
}

int
apply_copy(struct work *work, struct spot *spot)
{
    return put_copy(work, spot, look_in(work, spot, work->c), OP_COPY);
}

int
apply_splice(struct work *work, struct spot *spot)
{
    return put_copy(work, spot, pool_any(&work->mutator->pool, spot->type, &work->random), OP_SPLICE);
}

static bool
allowed(const struct mutator *mutator, const struct case_event *event)
{
    for (size_t i = 0; i < mutator->options.ntargets; i++) {
        const struct mutate_target *target = &mutator->options.targets[i];
        if (target->callback == event->callback &&
            (target->function == NULL || target->function == event->function))
            return true;
    }
    return false;
}

static int
cross_event(struct work *work, const struct fuzz_case *other)
{
    const struct case_event *from = &other->events[work_below(work, other->count)];
    struct fuzz_case one = {.events = (struct case_event *)(uintptr_t)from, .count = 1, .room = 1},
                     copy = {0};
    if (!allowed(work->mutator, from))
        return 0;
    if (case_copy(&copy, &one, work->arena) != 0 || case_add(work->c, work->arena, &copy.events[0]) != 0) {
        work->no_memory = true;
        return 0;
    }
    struct spot spot = {.event = work->c->count - 1, .scalar = true};
    work_record(work, &spot, OP_CALLBACK_SPLICE, true, NULL, NULL, from->callback->name);
    return 1;
}

static int
cross(struct work *work, const struct fuzz_case *other)
{
    struct spot spot;
    bool sequences = !work->mutator->options.one_event;
    for (unsigned tries = 0; tries < 10 && !work->no_memory; tries++) {
        if (work->grow && sequences && random_once_in(&work->random, 4) && cross_event(work, other))
            return 1;
        if (!spot_choose(&spot, work->c, work->arena, &work->random, NULL) || spot.scalar)
            continue;
        spot_types(&spot, work->c, work->profile);
        if (put_copy(work, &spot, look_in(work, &spot, other), OP_SPLICE))
            return 1;
    }
    return 0;
}

int
mutator_cross(struct mutator *mutator, struct fuzz_case *c, const struct fuzz_case *other,
              struct arena *arena, uint64_t seed, struct mutation_list *done)
{
    struct work work;
    work_start(&work, mutator, c, arena, seed, done);
    work.grow = work_size(c) < mutator->budget;
    /* The wall: neither side of it gives to the other. */
    bool valid =
        other->count > 0 && case_lane(c, arena) == CASE_VALID && case_lane(other, arena) == CASE_VALID;
    int changed = valid ? cross(&work, other) : 0;
    work_end(&work);
    return work.no_memory ? -1 : changed;
}
