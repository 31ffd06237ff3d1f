// SPDX-License-Identifier: MIT
// One step: which lane, how many deviations, what they are done to, and that the result keeps its size.
#include <string.h>

#include "fuzz/mutate/work.h"

#define TRIES 12

/* Numbers of deviations: one most of the time; bugs that need two conditions get them in one step, because no
 * feedback may tell that the first one alone was right. */
static unsigned
how_many(struct work *work)
{
    uint64_t drawn = work_below(work, 100);
    return drawn < 60 ? 1 : drawn < 85 ? 2 : drawn < 95 ? 3 : 4;
}

/* Most of what a callback carries beside JSON, at once: no feedback may tell that one of them alone was
 * right. */
static int
scalars(struct work *work, size_t index)
{
    const struct case_event *event = &work->c->events[index];
    int changed = 0;
    for (unsigned p = 0; p < event->callback->nparams; p++) {
        const struct api_param *param = &event->callback->params[p];
        struct spot spot = {.event = index, .param = p, .scalar = true};
        bool json = param->type == API_STR && param->content == API_JSON;
        if (spot_param(event, p) && !json && !random_once_in(&work->random, 4))
            changed += apply_scalar(work, &spot);
    }
    return changed > 0;
}

/* Something once; the spot is where. */
static int
deviate(struct work *work, struct spot *spot, const struct spot *focus)
{
    uint64_t drawn = work_below(work, 100);
    if (focus == NULL && !work->mutator->options.one_event && drawn < 8)
        return apply_sequence(work);
    if (drawn >= 8 && drawn < 14) {
        spot->event = focus != NULL ? focus->event : work_below(work, work->c->count);
        spot->scalar = true;
        if (apply_answer(work, spot->event))
            return 1;
    }
    if (!spot_choose(spot, work->c, work->arena, &work->random, focus))
        return 0;
    if (drawn >= 14 && drawn < 20 && apply_relation(work, spot->event))
        return 1;
    if (spot->scalar)
        return random_once_in(&work->random, 2) ? scalars(work, spot->event) : apply_scalar(work, spot);
    if (spot->depth == 0 && random_once_in(&work->random, 3))
        return apply_payload(work, spot);
    spot_types(spot, work->c, work->profile);
    return apply_node(work, spot);
}

/* Leaves out what is large and was not changed in this step, until the result is small enough. */
static void
shrink(struct work *work, size_t budget)
{
    for (unsigned tries = 0; tries < 48 && work_size(work->c) > budget; tries++) {
        struct spot spot;
        if (work->c->count > 1 && random_once_in(&work->random, 3)) {
            size_t first = work_below(work, work->c->count);
            bool used = false;
            for (unsigned i = 0; i < work->done->count; i++)
                used = used || work->done->list[i].event >= first;
            if (!used) {
                memmove(&work->c->events[first], &work->c->events[first + 1],
                        (work->c->count - first - 1) * sizeof *work->c->events);
                work->c->count--;
                continue;
            }
        }
        if (!spot_choose(&spot, work->c, work->arena, &work->random, NULL) || spot.scalar || spot.depth == 0)
            continue;
        const char *path = spot_path(&spot, NULL, work->arena);
        bool used = path == NULL;
        for (unsigned i = 0; i < work->done->count && !used; i++) {
            const struct mutation *mutation = &work->done->list[i];
            bool here = mutation->event == spot.event && mutation->param == spot.param;
            /* An element before the place would move it. */
            size_t held = strlen(path),
                   stem = (size_t)(strrchr(path, path[held - 1] == ']' ? '[' : '.') - path);
            used = here && mutation->path != NULL &&
                   (strncmp(mutation->path, path, held) == 0 ||
                    (path[held - 1] == ']' && strncmp(mutation->path, path, stem) == 0));
        }
        if (!used)
            edit_remove(spot_parent(&spot), spot_node(&spot));
    }
}

static int
deviations(struct work *work)
{
    struct spot spot = {.scalar = true}, focus;
    unsigned wanted = how_many(work), made = 0;
    for (unsigned tries = 0; tries < TRIES && made < wanted && work->c->count > 0 && !work->no_memory;
         tries++) {
        /* Together most of the time: the second condition of a bug is mostly near the first. */
        bool near = made > 0 && focus.event < work->c->count && !random_once_in(&work->random, 4);
        if (deviate(work, &spot, near ? &focus : NULL)) {
            made++;
            focus = spot;
        }
    }
    return made > 0;
}

/* The syntax lane: what is in it stays there, or all begins afresh. */
static int
step_syntax(struct work *work)
{
    work->done->lane = CASE_SYNTAX;
    for (unsigned tries = 0; tries < TRIES && !work->no_memory; tries++)
        if (apply_syntax(work))
            return 1;
    return 0;
}

static int
step_valid(struct work *work)
{
    struct mutator *mutator = work->mutator;
    size_t before = work_size(work->c);
    work->grow = before < mutator->budget - mutator->budget / 8;
    work->replace = random_once_in(&work->random, 2);
    int changed = deviations(work);
    if (work_size(work->c) > mutator->budget)
        shrink(work, mutator->budget);
    if (changed && mutator->known.count > 0 && !random_once_in(&work->random, 10))
        known_round(work);
    return changed;
}

static int
step(struct work *work)
{
    bool syntax = case_lane(work->c, work->arena) == CASE_SYNTAX;
    if (work->c->count == 0 || (syntax && random_once_in(&work->random, 2))) {
        if (mutator_make(work->mutator, work->c, work->arena, random_next(&work->random)) != 0)
            return -1;
        syntax = false;
    }
    if (syntax)
        return step_syntax(work);
    if (work_below(work, 100) < work->mutator->options.syntax && step_syntax(work))
        return 1;
    work->done->lane = CASE_VALID;
    return step_valid(work);
}

int
mutator_step(struct mutator *mutator, struct fuzz_case *c, struct arena *arena, uint64_t seed,
             struct mutation_list *done)
{
    struct work work;
    work_start(&work, mutator, c, arena, seed, done);
    int changed = step(&work);
    work_end(&work);
    return work.no_memory ? -1 : changed;
}
