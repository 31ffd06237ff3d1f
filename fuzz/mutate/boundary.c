// SPDX-License-Identifier: MIT
// The exhaustive pass: the next point of the plan inside an ordinary, well filled callback.
#include <string.h>

#include "fuzz/mutate/plan.h"
#include "fuzz/mutate/work.h"
#include "traces/jtree.h"

/* Values of the payload around the place, beside what leads to it: as many as a real one mostly has. More
 * would slow the target down, not find more. */
#define FULL 7

static int
take_form(struct work *work, struct case_event *event, unsigned param, unsigned form)
{
    static const char *const texts[PLAN_FORMS] = {NULL, NULL, "", "[]", "{}"};
    struct case_value *value = &event->args[param];
    struct spot spot = {.param = param, .scalar = true};
    const char *was = work_show_value(work, event, param);
    *value = (struct case_value){.kind = CASE_NULL};
    if (texts[form] != NULL)
        *value = (struct case_value){.kind = CASE_TEXT, .bytes = texts[form], .count = strlen(texts[form])};
    const char *is = work_show_value(work, event, param);
    struct mutation *mutation = work_record(work, &spot, OP_PAYLOAD, false, NULL, was, is);
    mutation->variation = form == 1 ? MODEL_NULL : form == 2 ? MODEL_EMPTY_STRING : MODEL_ORDINARY;
    return 1;
}

static int
at_scalar(struct work *work, const struct plan_place *place, const struct plan_point *point)
{
    struct case_event *event = &work->c->events[0];
    struct spot spot = {.param = place->param, .scalar = true};
    if (point->form > 0)
        take_form(work, event, (unsigned)event->callback->payload, point->form);
    return apply_scalar_variation(work, &spot, point->variation) || point->form > 0;
}

static int
at_place(struct work *work, const struct plan_place *place, const struct plan_point *point)
{
    struct case_value *value = &work->c->events[0].args[place->param];
    struct spot spot = {.param = place->param, .type = place->type};
    bool made = false;
    if (point->form > 0)
        return take_form(work, &work->c->events[0], place->param, point->form);
    struct model_type type = model_payload_of(&work->c->events[0], place->param);
    value->kind = CASE_TREE;
    value->tree = value_make(work, type, FULL);
    value->bytes = NULL;
    if (value->tree == NULL)
        return 0;
    spot.chain[0] = value->tree;
    spot.type = type;
    for (unsigned i = 0; i < place->steps; i++) {
        int variant = i + 1 < place->steps ? place->step[i + 1].variant : -1;
        bool there = place->step[i].key != NULL
                         ? reach_key(work, &spot, place->step[i].key, place->step[i].variant, &made)
                         : reach_element(work, &spot, variant, &made);
        if (!there)
            return 0;
    }
    if (apply_variation(work, &spot, point->variation))
        return 1;
    /* It is so already. */
    struct mutation *mutation = work_record(work, &spot, value_operation(point->variation), true, NULL, NULL,
                                            work_show(work, spot_node(&spot)));
    work_classify(work, &spot, mutation);
    return mutation->variation == point->variation;
}

static struct plan *
plan_of(struct mutator *mutator)
{
    if (mutator->plan == NULL)
        mutator->plan = plan_make(&mutator->options);
    return mutator->plan;
}

static int
give(struct work *work, const struct plan_place *place, const struct plan_point *point)
{
    struct case_event event;
    work->grow = work->replace = true;
    work->c->count = 0;
    int made_here = place->scalar || point->form > 0 ? -1 : place->param;
    if (make_event(work, &event, &work->mutator->options.targets[place->target], made_here) != 0 ||
        case_add(work->c, work->arena, &event) != 0)
        return -1;
    int changed = place->scalar ? at_scalar(work, place, point) : at_place(work, place, point);
    return work->no_memory ? -1 : changed;
}

int
mutator_next_boundary(struct mutator *mutator, struct fuzz_case *c, struct arena *arena,
                      struct mutation_list *done)
{
    struct plan *plan = plan_of(mutator);
    int given = plan == NULL ? -1 : 0;
    while (given == 0 && plan->next < plan->npoints) {
        const struct plan_point *point = &plan->points[plan->next++];
        struct work work;
        work_start(&work, mutator, c, arena, mutator->options.seed ^ plan->next, done);
        given = give(&work, &plan->places[point->place], point);
        if (given == 1)
            known_round(&work);
        work_end(&work);
    }
    return given;
}

uint64_t
mutator_boundaries(const struct mutator *mutator)
{
    const struct plan *plan = plan_of((struct mutator *)(uintptr_t)mutator);
    return plan != NULL ? plan->npoints : 0;
}
