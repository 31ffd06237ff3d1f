// SPDX-License-Identifier: MIT
/* The judge: opened, listening to the ring, closed. */
#include "replay/judge/judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replay/judge/judge_parts.h"

static int
find_adders(struct judge *judge)
{
    const struct score *score = judge->score;
    judge->adder = malloc((score->events + 1) * sizeof *judge->adder);
    if (judge->adder == NULL)
        return -1;
    for (uint32_t i = 0; i < score->events; i++) {
        const struct api_entry *entry = api_entry(score_event(score, i)->api);
        if (judge_counts(score, i) && entry->list && entry->kind == API_REGISTER)
            judge->adder[judge->adders++] = i;
    }
    return 0;
}

/* Where the app's death races with the rest: everything after the enter of the last callback that never
 * returned, when the tape ends in a signal. */
static uint32_t
find_cutoff(const struct judge *judge)
{
    const struct score *score = judge->score;
    if (judge->options.recorded.how != JUDGE_END_SIGNAL)
        return score->edges;
    for (uint32_t i = score->events; i-- > 0;) {
        const struct score_event *event = score_event(score, i);
        if ((event->flags & SCORE_CALLBACK) != 0 && (event->flags & SCORE_IN_FLIGHT) != 0 &&
            judge_counts(score, i))
            return event->enter + 1;
    }
    return score->edges;
}

/* Processes that the tape shows dying in the middle of something: the moment of that is not theirs. */
static int
find_fates(struct judge *judge)
{
    const struct score *score = judge->score;
    judge->fate = calloc(score->processes + 1, sizeof *judge->fate);
    if (judge->fate == NULL)
        return -1;
    for (uint32_t i = 0; i < score->events; i++) {
        const struct score_event *event = score_event(score, i);
        uint32_t process = score_thread(score, event->thread)->process;
        if ((event->flags & SCORE_IN_FLIGHT) != 0 && process < score->processes)
            judge->fate[process] = JUDGE_CUT_DOWN;
    }
    return 0;
}

struct judge *
judge_open(struct score *score, const struct judge_options *options, struct fault *fault)
{
    struct judge *judge = calloc(1, sizeof *judge);
    if (judge == NULL)
        goto memory;
    judge->score = score;
    judge->live_score = score_live(score);
    judge->options = *options;
    judge->terms = (struct match_terms){
        .mode = options->match, .listeners = &judge->listeners, .rules = options->rules, .flow = flow_new()};
    judge->live = live_new();
    if (judge->terms.flow == NULL || judge->live == NULL || judge_index_make(&judge->index, score) != 0 ||
        find_adders(judge) != 0 || find_fates(judge) != 0)
        goto memory;
    flow_from_score(judge->terms.flow, score);
    for (unsigned i = 0; i < SCORE_MAILS; i++)
        judge->given[i] = SCORE_NONE;
    judge->doubt.call = SCORE_NONE;
    judge->cutoff = find_cutoff(judge);
    if (options->until < judge->cutoff)
        judge->cutoff = options->until;
    snprintf(judge->verdict.tape, sizeof judge->verdict.tape, "%s", options->tape);
    return judge;
memory:
    judge_close(judge);
    fault_set(fault, FAULT_INTERNAL, "no memory to judge a replay of %" PRIu32 " events", score->events);
    return NULL;
}

void
judge_close(struct judge *judge)
{
    if (judge == NULL)
        return;
    live_free(judge->live);
    judge_index_free(&judge->index);
    match_flow_clear(&judge->listeners);
    flow_free(judge->terms.flow);
    free(judge->adder);
    free(judge->fate);
    free(judge);
}

void
judge_attach(struct judge *judge, struct ring_reader *ring)
{
    judge->ring = ring;
}

int
judge_observe(void *context, const struct ring_event *event)
{
    struct judge *judge = context;
    uint64_t now = judge->ring != NULL ? ring_time(judge->ring, event->record->ticks) : 0;
    return live_take(judge->live, event, now);
}

void
judge_app(struct judge *judge, uint32_t pid)
{
    judge->app_pid = pid;
}

uint32_t
judge_cursor(const struct judge *judge)
{
    return atomic_load_explicit(&judge->live_score->cursor, memory_order_acquire);
}

struct verdict *
judge_decide(struct judge *judge, enum verdict_class class)
{
    if (judge->doubt.call != SCORE_NONE && judge->doubt.patience == DOUBT_OTHER)
        judge_doubt_settle(judge); /* it came before this */
    if (judge->decided)
        return NULL;
    judge->decided = true;
    judge->verdict.class = class;
    return &judge->verdict;
}

bool
judge_is_given(const struct judge *judge, uint32_t event)
{
    for (unsigned i = 0; i < SCORE_MAILS; i++) {
        if (judge->given[i] == event)
            return true;
    }
    return false;
}

uint64_t
judge_quiet_ns(const struct judge *judge)
{
    return judge->options.stall_ns / 8;
}

void
judge_name_reaction(struct judge *judge, uint32_t context, uint32_t below, struct verdict_event *reacting,
                    bool *after)
{
    const struct score *score = judge->score;
    *after = false;
    if (context < score->events) {
        judge_name(score, context, reacting);
        return;
    }
    uint32_t cursor = below != SCORE_NONE ? below : judge_cursor(judge);
    if (cursor > score->edges)
        cursor = score->edges;
    while (cursor-- > 0) {
        const struct score_edge *edge = score_edge(score, cursor);
        if (edge->leave || edge->app || !judge_counts(score, edge->event))
            continue;
        uint32_t state = judge_state(score, edge->event);
        if (state != SCORE_ISSUED && state != SCORE_LEFT)
            continue;
        judge_name(score, edge->event, reacting);
        *after = true;
        return;
    }
}
