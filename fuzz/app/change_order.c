// SPDX-License-Identifier: MIT
/* Changes of the order: what comes, when, how often, and whether it went well. */
#include <stdio.h>
#include <string.h>

#include "fuzz/app/change_parts.h"

#define WHO 160

static struct trace_step *
order_step(struct change_work *work)
{
    return &work->trace->steps[work->at];
}

/* "before all others", "behind callback 14 (...)" */
static const char *
order_behind(const struct change_work *work, uint32_t behind, char *text, size_t room)
{
    char who[WHO];

    if (behind == TRACE_NONE)
        snprintf(text, room, "before all others");
    else
        snprintf(text, room, "behind %s",
                 change_who(work->changer, &work->trace->steps[behind], who, sizeof who));
    return text;
}

int
change_drop(struct change_work *work)
{
    char who[WHO];

    change_say(work, CHANGE_DROP, "%s left out",
               change_who(work->changer, order_step(work), who, sizeof who));
    trace_remove(work->trace, work->at);
    if (work->at >= work->trace->nsteps)
        work->at = work->trace->nsteps == 0 ? 0 : work->trace->nsteps - 1;
    return 1;
}

int
change_twice(struct change_work *work)
{
    struct trace_step step = *order_step(work);
    int64_t end = step.at_ns + (step.took_ns > 0 ? step.took_ns : 0) + 1;
    uint32_t at;
    char who[WHO];

    if (step.parent != TRACE_NONE)
        return 0;
    if (work->at + 1 < work->trace->nsteps && end > work->trace->steps[work->at + 1].at_ns)
        end = work->trace->steps[work->at + 1].at_ns;
    if (end >= change_window(work->changer, &step).to)
        end = step.at_ns; /* behind it, all the same */
    change_say(work, CHANGE_TWICE, "%s delivered twice", change_who(work->changer, &step, who, sizeof who));
    at = change_put(work->trace, &step, end);
    if (at == TRACE_NONE)
        return -1;
    work->at = at;
    return 1;
}

/* Takes it from its place and puts it at another time. */
static int
order_shift(struct change_work *work, int64_t at_ns)
{
    struct trace_step step = *order_step(work);

    trace_remove(work->trace, work->at);
    work->at = change_put(work->trace, &step, at_ns);
    return work->at == TRACE_NONE ? -1 : 1;
}

int
change_swap(struct change_work *work)
{
    struct trace_step *step = order_step(work), *next = step + 1;
    struct change_window mine, others;
    int64_t at;
    char who[WHO], whom[WHO];

    if (work->at + 1 >= work->trace->nsteps || step->parent != TRACE_NONE || next->parent != TRACE_NONE)
        return 0;
    mine = change_window(work->changer, step);
    others = change_window(work->changer, next);
    at = next->at_ns;
    if (at > mine.to || step->at_ns < others.from || step->at_ns == at)
        return 0;
    change_say(work, CHANGE_SWAP, "%s and %s changed places",
               change_who(work->changer, step, who, sizeof who),
               change_who(work->changer, next, whom, sizeof whom));
    next->at_ns = step->at_ns;
    step->at_ns = at;
    trace_sort(work->trace);
    work->at++;
    return 1;
}

/* One of the codes of the parameter's list, not 0. */
static int64_t
order_code(struct change_work *work, const struct api_param *param, const char **name)
{
    const struct api_enum *codes = param->enumeration < 0 ? NULL : &api_enums[param->enumeration];

    for (unsigned tries = 0; codes != NULL && codes->nconstants > 0 && tries < 8; tries++) {
        const struct api_constant *code = &codes->constants[random_below(&work->random, codes->nconstants)];

        if (code->value != 0) {
            *name = code->name;
            return code->value;
        }
    }
    *name = "an error";
    return -1;
}

int
change_error(struct change_work *work)
{
    struct trace_step *step = order_step(work);
    const struct api_entry *callback = step->event.callback;
    const char *name;
    char who[WHO];

    if (callback->code < 0 || step->event.args[callback->code].kind != CASE_NUMBER ||
        step->event.args[callback->code].number != 0)
        return 0;
    step->event.args[callback->code].number = order_code(work, &callback->params[callback->code], &name);
    for (unsigned i = 0; i < callback->nparams; i++) {
        struct case_value *value = &step->event.args[i];
        bool text = callback->params[i].type == API_STR;

        if (text && (int)i == callback->payload)
            *value = (struct case_value){.kind = CASE_TEXT, .bytes = ""};
        else if (text)
            *value = (struct case_value){.kind = CASE_TEXT, .bytes = name, .count = strlen(name)};
    }
    change_say(work, CHANGE_ERROR, "%s failed with code %lld (%s) instead of success",
               change_who(work->changer, step, who, sizeof who),
               (long long)step->event.args[callback->code].number, name);
    return 1;
}

/* To the gap with that number among those from `least` on. */
static int
order_to(struct change_work *work, enum change_kind kind, uint32_t least, uint32_t gap, const char *verb)
{
    int64_t at_ns;
    uint32_t behind;
    char who[WHO], place[WHO + 20];

    if (order_step(work)->parent != TRACE_NONE ||
        !change_gap(work, order_step(work), least, (uint64_t)gap << 1 | (random_next(&work->random) & 1),
                    &at_ns, &behind) ||
        (kind == CHANGE_EARLY && behind != TRACE_NONE && behind >= work->at))
        return 0;
    change_say(work, kind, "%s %s %s", change_who(work->changer, order_step(work), who, sizeof who), verb,
               order_behind(work, behind, place, sizeof place));
    return order_shift(work, at_ns);
}

int
change_late(struct change_work *work)
{
    uint32_t gaps = change_gaps(work, order_step(work), work->at + 1);

    return gaps == 0 ? 0 : order_to(work, CHANGE_LATE, work->at + 1, gaps - 1, "late:");
}

int
change_early(struct change_work *work)
{
    return order_to(work, CHANGE_EARLY, 0, 0, "early:");
}

int
change_move(struct change_work *work)
{
    uint32_t gaps = change_gaps(work, order_step(work), 0);

    return gaps == 0 ? 0
                     : order_to(work, CHANGE_MOVE, 0, (uint32_t)random_below(&work->random, gaps), "moved");
}

/* Powers of two from 1 ms to 2 s. */
int
change_delay(struct change_work *work)
{
    struct trace_step *step = order_step(work);
    int64_t delay = INT64_C(1000000) << random_below(&work->random, 12);
    struct change_window window = change_window(work->changer, step);
    char who[WHO];

    if (step->at_ns + delay >= window.to)
        return 0;
    change_say(work, CHANGE_DELAY, "%s delayed by %lld ms", change_who(work->changer, step, who, sizeof who),
               (long long)(delay / 1000000));
    return order_shift(work, step->at_ns + delay);
}

/* Once more, in one of the gaps behind it. */
static int
order_more(struct change_work *work, enum change_kind kind, uint32_t gap)
{
    struct trace_step step = *order_step(work);
    int64_t at_ns;
    uint32_t behind;
    char who[WHO], place[WHO + 20];

    if (step.parent != TRACE_NONE ||
        !change_gap(work, &step, work->at + 1, (uint64_t)gap << 1 | (random_next(&work->random) & 1), &at_ns,
                    &behind))
        return 0;
    change_say(work, kind, "%s delivered again %s", change_who(work->changer, &step, who, sizeof who),
               order_behind(work, behind, place, sizeof place));
    work->at = change_put(work->trace, &step, at_ns);
    return work->at == TRACE_NONE ? -1 : 1;
}

int
change_again(struct change_work *work)
{
    uint32_t gaps = change_gaps(work, order_step(work), work->at + 1);

    return gaps == 0 ? 0 : order_more(work, CHANGE_AGAIN, gaps - 1);
}

int
change_replay(struct change_work *work)
{
    uint32_t gaps = change_gaps(work, order_step(work), work->at + 1);

    return gaps == 0 ? 0 : order_more(work, CHANGE_REPLAY, (uint32_t)random_below(&work->random, gaps));
}
