// SPDX-License-Identifier: MIT
// The list of what the exhaustive pass gives: every place that is declared below every target, every
// variation of it, and the pairs of a scalar and a form of the payload.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/mutate/edit.h"
#include "fuzz/mutate/plan.h"
#include "fuzz/mutate/spot.h"

struct making {
    const struct mutate_options *options;
    struct plan *plan;
    struct plan_place place;        /* where we are */
    int16_t objects[PLAN_DEEP + 1]; /* on the way here */
    unsigned nobjects;
    struct model_random random;
    bool no_memory;
};

static void *
grown(void *list, size_t count, size_t one)
{
    /* Doubles at powers of two. */
    if ((count & (count - 1)) != 0)
        return list;
    return realloc(list, (count > 0 ? count * 2 : 1) * one);
}

static void
add_point(struct making *making, enum model_variation variation, unsigned rank, unsigned form)
{
    struct plan *plan = making->plan;
    struct plan_point *points = grown(plan->points, plan->npoints, sizeof *points);
    if (points == NULL) {
        making->no_memory = true;
        return;
    }
    plan->points = points;
    points[plan->npoints++] = (struct plan_point){.place = (uint32_t)(plan->nplaces - 1),
                                                  .variation = (uint8_t)variation,
                                                  .rank = (uint8_t)rank,
                                                  .form = (uint8_t)form};
}

static bool
add_place(struct making *making, struct model_type type)
{
    struct plan *plan = making->plan;
    struct plan_place *places = grown(plan->places, plan->nplaces, sizeof *places);
    if (places == NULL) {
        making->no_memory = true;
        return false;
    }
    plan->places = places;
    making->place.type = type;
    places[plan->nplaces++] = making->place;
    return true;
}

static void
add_variations(struct making *making, struct model_type type, bool member)
{
    uint8_t list[MODEL_VARIATIONS];
    if (!add_place(making, type))
        return;
    unsigned count = model_variations(type, member, &making->options->profile, list);
    for (unsigned i = 0; i < count; i++)
        add_point(making, list[i], i * 2 + making->place.steps, 0);
}

static void below(struct making *making, struct model_type type);

static void
step_down(struct making *making, const struct api_key *key, int variant, struct model_type type)
{
    if (making->place.steps == PLAN_DEEP)
        return;
    making->place.step[making->place.steps++] = (struct plan_step){key, (int16_t)variant};
    add_variations(making, type, key != NULL);
    below(making, type);
    making->place.steps--;
}

static void
members(struct making *making, struct model_type type, const cJSON *object, int variant)
{
    const struct api_key *key;
    const struct api_object *declared = &api_objects[type.object];
    for (unsigned i = 0; (key = model_key(type, object, i, &making->options->profile)) != NULL; i++) {
        /* Keys of the union itself, the selector above all: once. */
        bool own = key >= declared->keys && key < declared->keys + declared->nkeys;
        if (!own || variant <= 0)
            step_down(making, key, variant, model_of_key(key));
    }
}

static bool
inside(const struct making *making, int16_t object)
{
    for (unsigned i = 0; i < making->nobjects; i++)
        if (making->objects[i] == object)
            return true;
    return false;
}

static void
objects(struct making *making, struct model_type type)
{
    const struct api_object *declared = &api_objects[type.object];
    if (inside(making, type.object) || making->nobjects > PLAN_DEEP)
        return;
    making->objects[making->nobjects++] = type.object;
    if (declared->selector == NULL)
        members(making, type, NULL, -1);
    for (unsigned v = 0; declared->selector != NULL && v < declared->nvariants; v++) {
        char number[24] = "";
        cJSON selector = {
            .type = cJSON_Raw, .valuestring = number, .string = (char *)(uintptr_t)declared->selector};
        cJSON object = {.type = cJSON_Object, .child = &selector};
        selector.prev = &selector;
        snprintf(number, sizeof number, "%" PRId64, declared->variants[v].value);
        members(making, type, &object, (int)v);
    }
    making->nobjects--;
}

static void
below(struct making *making, struct model_type type)
{
    if (type.json == API_J_ARRAY && model_element(type).json != API_J_ANY)
        step_down(making, NULL, -1, model_element(type));
    else if (type.json == API_J_OBJECT && type.object >= 0)
        objects(making, type);
}

static void
target(struct making *making, uint32_t index)
{
    const struct mutate_target *of = &making->options->targets[index];
    struct case_event event = {.callback = of->callback, .function = of->function};
    for (unsigned p = 0; p < of->callback->nparams; p++) {
        const struct api_param *param = &of->callback->params[p];
        if (!spot_param(&event, p))
            continue;
        making->place = (struct plan_place){.target = index, .param = (uint8_t)p};
        making->nobjects = 0;
        if (param->type == API_STR && param->content == API_JSON) {
            struct model_type type = model_payload_of(&event, p);
            add_variations(making, type, false);
            for (unsigned form = 1; form < PLAN_FORMS; form++)
                add_point(making, MODEL_ORDINARY, form - 1, form);
            below(making, type);
            continue;
        }
        making->place.scalar = true;
        add_variations(making, model_scalar(param), false);
        /* Each value of a scalar with each form of the payload: two conditions that go together. */
        uint8_t list[MODEL_VARIATIONS];
        unsigned count = model_variations(model_scalar(param), false, &making->options->profile, list);
        for (unsigned i = 0; i < count && of->callback->payload >= 0; i++)
            for (unsigned form = 1; form < PLAN_FORMS; form++)
                if (param->type != API_STR || i < 3)
                    add_point(making, list[i], i + form, form);
    }
}

static int
compare(const void *a, const void *b)
{
    const struct plan_point *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Within a rank all callbacks advance alike, however many places each has; the order inside one is drawn. */
static void
put_in_order(struct making *making)
{
    struct plan *plan = making->plan;
    for (size_t i = 0; i < plan->npoints; i++)
        plan->points[i].order = random_next(&making->random);
    if (plan->npoints > 0)
        qsort(plan->points, plan->npoints, sizeof *plan->points, compare);
    uint64_t *counts = calloc(making->options->ntargets + 1, sizeof *counts);
    if (counts == NULL) {
        making->no_memory = true;
        return;
    }
    for (size_t i = 0; i < plan->npoints; i++) {
        struct plan_point *point = &plan->points[i];
        if (i > 0 && point->rank != plan->points[i - 1].rank)
            memset(counts, 0, making->options->ntargets * sizeof *counts);
        uint32_t of = plan->places[point->place].target;
        point->order = counts[of]++ << 20 | of;
    }
    free(counts);
    if (plan->npoints > 0)
        qsort(plan->points, plan->npoints, sizeof *plan->points, compare);
}

struct plan *
plan_make(const struct mutate_options *options)
{
    struct making making = {.options = options, .random = {options->seed}};
    making.plan = calloc(1, sizeof *making.plan);
    if (making.plan == NULL)
        return NULL;
    for (size_t i = 0; i < options->ntargets; i++)
        target(&making, (uint32_t)i);
    put_in_order(&making);
    if (!making.no_memory)
        return making.plan;
    plan_free(making.plan);
    return NULL;
}

void
plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    free(plan->places);
    free(plan->points);
    free(plan);
}
