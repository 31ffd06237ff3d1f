// SPDX-License-Identifier: MIT
/*
 * Which change, where. Most runs get one or two; of two, the second mostly is about the same callback or one
 * that speaks of the same thing, since bugs of two steps are about one thing.
 */
#include "fuzz/app/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/app/change_parts.h"

#define TRIES 24

static int change_value(struct change_work *work);

static const struct {
    int (*make)(struct change_work *work);
    unsigned weight;
} kinds[CHANGE_KINDS] = {
    [CHANGE_DROP] = {change_drop, 8},    [CHANGE_TWICE] = {change_twice, 6},
    [CHANGE_SWAP] = {change_swap, 8},    [CHANGE_ERROR] = {change_error, 8},
    [CHANGE_LATE] = {change_late, 4},    [CHANGE_EARLY] = {change_early, 3},
    [CHANGE_AGAIN] = {change_again, 4},  [CHANGE_MOVE] = {change_move, 14},
    [CHANGE_DELAY] = {change_delay, 3},  [CHANGE_REPLAY] = {change_replay, 10},
    [CHANGE_SPLIT] = {change_split, 2},  [CHANGE_MERGE] = {change_merge, 2},
    [CHANGE_ID] = {change_id, 14},       [CHANGE_RENAME] = {change_rename, 3},
    [CHANGE_VALUE] = {change_value, 16},
};

struct changer *
changer_new(const struct trace_base *base, const struct change_options *options, struct fault *fault)
{
    struct changer *changer = calloc(1, sizeof *changer);

    if (changer != NULL) {
        changer->base = base;
        changer->options = *options;
        changer->backs = calloc((size_t)base->nevents + 1, sizeof *changer->backs);
    }
    if (changer == NULL || changer->backs == NULL) {
        changer_free(changer);
        fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the changes of %u events", base->nevents);
        return NULL;
    }
    for (uint32_t i = 0; i < base->nevents; i++) {
        const struct tape_event *event = &base->events[i];

        if (event->is_callback && event->entry != NULL &&
            (options->wanted == NULL || options->wanted(options->context, event)))
            changer->backs[changer->nbacks++] = i;
    }
    change_ids_find(changer);
    return changer;
}

void
changer_free(struct changer *changer)
{
    if (changer == NULL)
        return;
    free(changer->backs);
    free(changer);
}

void
changer_from(struct changer *changer, int64_t from_ns)
{
    changer->options.from_ns = from_ns;
}

/* ---- payloads ---- */

/* What crosses, as text: traces are kept without trees. */
static int
change_settle(struct case_event *event, struct arena *arena)
{
    for (unsigned i = 0; i < event->callback->nparams; i++) {
        struct case_value *value = &event->args[i];

        if (value->kind != CASE_TREE)
            continue;
        if (case_print(value, arena) != 0)
            return -1;
        value->kind = CASE_TEXT;
        value->tree = NULL;
    }
    return 0;
}

static int
change_value(struct change_work *work)
{
    struct mutator *mutator = work->changer->options.mutator;
    struct trace_step *step = &work->trace->steps[work->at];
    struct case_event event = step->event;
    struct fuzz_case c = {.events = &event, .count = 1, .room = 1};
    struct mutation_list made = {0};
    char who[160], what[200] = "changed";
    int result;

    if (mutator == NULL)
        return 0;
    result = mutator_step(mutator, &c, work->arena, random_next(&work->random), &made);
    if (result <= 0 || c.count != 1 || c.events[0].callback != step->event.callback)
        return result < 0 ? -1 : 0;
    if (made.count > 0)
        mutation_sentence(&c, &made.list[0], what, sizeof what);
    if (change_settle(&c.events[0], work->arena) != 0)
        return -1;
    step->event = c.events[0];
    change_say(work, CHANGE_VALUE, "%s: %s%s", change_who(work->changer, step, who, sizeof who), what,
               made.count > 1 ? ", and more" : "");
    return 1;
}

/* ---- what is known ---- */

static struct change_known *
change_slot(struct changer *changer, uint64_t key)
{
    for (unsigned i = 0; i < 16; i++) {
        struct change_known *known = &changer->known[(key + i) % CHANGE_KEYS];

        if (known->key == key || known->key == 0)
            return known;
    }
    return NULL;
}

void
changer_learn(struct changer *changer, const struct change_list *done, bool died)
{
    for (unsigned i = 0; i < done->count; i++) {
        struct change_known *known = change_slot(changer, done->list[i].key);

        if (known == NULL)
            continue;
        known->key = done->list[i].key;
        known->runs++;
        known->deaths += died;
    }
}

/* A change that mostly ends in what is known already is made one time in ten. */
static bool
change_stale(struct change_work *work, enum change_kind kind)
{
    const struct trace_step *step = &work->trace->steps[work->at];
    const struct change_known *known = change_slot(work->changer, change_key(kind, step->of));

    return known != NULL && known->key != 0 && known->deaths > 1 &&
           (uint64_t)known->deaths * 10 > (uint64_t)known->runs * 4 && !random_once_in(&work->random, 10);
}

/* ---- choosing ---- */

static bool
change_wanted(const struct changer *changer, const struct trace_step *step)
{
    const struct tape_event *event = change_event(changer, step);

    return changer->options.wanted == NULL || event == NULL ||
           changer->options.wanted(changer->options.context, event);
}

static enum change_kind
change_draw(struct change_work *work)
{
    unsigned sum = 0, at;

    for (unsigned i = 0; i < CHANGE_KINDS; i++)
        sum += kinds[i].weight;
    at = (unsigned)random_below(&work->random, sum);
    for (unsigned i = 0; i < CHANGE_KINDS; i++) {
        if (at < kinds[i].weight)
            return (enum change_kind)i;
        at -= kinds[i].weight;
    }
    return CHANGE_DROP;
}

/* The step that the next change is about. */
static void
change_aim(struct change_work *work, unsigned already)
{
    uint32_t was = work->at;

    if (already > 0 && was < work->trace->nsteps && random_below(&work->random, 2) == 0)
        return;
    for (unsigned i = 0; i < TRIES; i++) {
        work->at = (uint32_t)random_below(&work->random, work->trace->nsteps);
        if (!change_wanted(work->changer, &work->trace->steps[work->at]))
            continue;
        if (already == 0 || was >= work->trace->nsteps || i > TRIES / 2 || random_once_in(&work->random, 3) ||
            change_related(work->changer, &work->trace->steps[was], &work->trace->steps[work->at]))
            return;
    }
}

static unsigned
change_count(struct model_random *random)
{
    uint64_t draw = random_below(random, 100);

    return draw < 35 ? 1 : draw < 75 ? 2 : draw < 90 ? 3 : 4 + (unsigned)random_below(random, 3);
}

int
changer_step(struct changer *changer, struct trace *trace, struct arena *arena, uint64_t seed,
             struct change_list *done)
{
    struct change_work work = {
        .changer = changer, .trace = trace, .arena = arena, .random = {seed}, .at = UINT32_MAX};
    unsigned wanted = change_count(&work.random), made = 0;

    trace_sort(trace);
    for (unsigned tries = 0; made < wanted && tries < TRIES && done->count < CHANGE_MOST; tries++) {
        enum change_kind kind;
        int result;

        if (trace->nsteps == 0)
            break;
        change_aim(&work, made);
        kind = change_draw(&work);
        if (!change_wanted(changer, &trace->steps[work.at]) || change_stale(&work, kind))
            continue;
        work.done = &done->list[done->count];
        result = kinds[kind].make(&work);
        if (result < 0)
            return -1;
        done->count += result > 0;
        made += result > 0;
    }
    return made > 0;
}

uint64_t
changer_pass(const struct changer *changer)
{
    return (uint64_t)changer->nbacks * CHANGE_PASS;
}

int
changer_one(struct changer *changer, uint64_t index, struct trace *trace, struct arena *arena,
            struct change_list *done)
{
    struct change_work work = {
        .changer = changer, .trace = trace, .arena = arena, .random = {index}, .done = done->list};
    enum change_kind kind;
    int result;

    done->count = 0;
    if (index >= changer_pass(changer))
        return 0;
    kind = (enum change_kind)(index / changer->nbacks);
    trace_sort(trace);
    for (work.at = 0; work.at < trace->nsteps; work.at++) {
        if (trace->steps[work.at].of == changer->backs[index % changer->nbacks])
            break;
    }
    if (work.at == trace->nsteps)
        return 0;
    result = kinds[kind].make(&work);
    done->count = result > 0;
    return result;
}
