// SPDX-License-Identifier: MIT
/*
 * A call that was expected did not come where it should have: another one came in its place, or the callback
 * in which it was recorded returned without it. The play goes on without it, so that what the app does next
 * tells whether it was left out (missing call) or is late (reordered). That takes a few more calls, or a
 * short silence, but never longer than the stall time.
 *
 * Where another thread of the same role may be about to make the call (pools, callbacks at the same time), it
 * gets some time before anything is skipped: threads may interleave as they like.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "replay/judge/judge_parts.h"
#include "replay/score/score_edge.h"

/* Calls of the app after which one that was left out is not merely late. */
#define MANY_CALLS 16

static const char *
function_name(const struct judge *judge, uint32_t event)
{
    const struct api_entry *entry = api_entry(score_event(judge->score, event)->api);
    return entry != NULL ? entry->name : "?";
}

bool
judge_may_miss(const struct judge *judge, uint32_t call)
{
    return rules_allow_missing(judge->options.rules, function_name(judge, call));
}

/* True: nobody minds that it is left out, or comes after `instead`. */
static bool
let_go(struct judge *judge, uint32_t call, uint32_t instead)
{
    bool swap = judge->options.free_order || judge->options.match == MATCH_LOOSE;
    if (!swap && instead != SCORE_NONE)
        swap =
            rules_allow_swap(judge->options.rules, function_name(judge, call), function_name(judge, instead));
    if (swap)
        score_waive(judge->score, call);
    return swap || (judge_may_miss(judge, call) && score_skip(judge->score, call));
}

/* The first one from `call` to `instead` (exclusive, SCORE_NONE: the end) that is not let go. */
static uint32_t
first_owed(struct judge *judge, uint32_t call, uint32_t instead)
{
    while (call < instead && (!judge_is_expected(judge, call) || let_go(judge, call, instead)))
        call = score_event(judge->score, call)->next;
    return call < instead ? call : SCORE_NONE;
}

bool
judge_is_shared(const struct judge *judge, uint32_t call, uint64_t owner)
{
    const struct score *score = judge->score;
    struct judge_role role = judge_recorded_role(judge, call);
    unsigned workers = 0;
    if (role.kind == ROLE_MAIN)
        return false;
    if (role.kind == ROLE_SDK)
        return live_in_callback(judge->live, (uint32_t)(owner >> 32), (uint32_t)owner);
    for (uint32_t i = 0; i < score->threads; i++) {
        const struct score_thread *thread = score_thread(score, i);
        if ((thread->flags & SCORE_CALLS) == 0 || thread->first_call >= score->events)
            continue;
        struct judge_role other = judge_recorded_role(judge, thread->first_call);
        workers += judge_same_role(&other, &role);
    }
    return workers > 1;
}

/* The play goes on without all that should have come before. */
static void
skip(struct judge *judge)
{
    struct judge_doubt *doubt = &judge->doubt;
    doubt->patience = DOUBT_SKIPPED;
    for (uint32_t at = doubt->call; at < judge->score->events && at != doubt->instead;
         at = score_event(judge->score, at)->next) {
        if (judge_is_expected(judge, at))
            score_skip(judge->score, at);
    }
}

static void
begin(struct judge *judge, uint32_t call, uint32_t instead, enum judge_patience patience)
{
    struct judge_doubt *doubt = &judge->doubt;
    *doubt = (struct judge_doubt){
        .call = call, .instead = instead, .calls = live_calls(judge->live), .patience = patience};
    judge_name_reaction(judge, score_event(judge->score, call)->parent, SCORE_NONE, &doubt->reacting,
                        &doubt->after);
}

void
judge_doubt_begin(struct judge *judge, uint32_t call, uint32_t instead, uint64_t owner)
{
    struct judge_doubt *doubt = &judge->doubt;
    call = first_owed(judge, call, instead);
    if (call == SCORE_NONE || judge->decided)
        return;
    if (doubt->call != SCORE_NONE) {
        /* The second thing that is not as recorded: the first one is the verdict, if it was one. */
        if (doubt->patience >= DOUBT_SKIPPED)
            judge_doubt_settle(judge);
        return;
    }
    begin(judge, call, instead, judge_is_shared(judge, call, owner) ? DOUBT_SHARED : DOUBT_SKIPPED);
    if (doubt->patience == DOUBT_SKIPPED)
        skip(judge);
}

void
judge_doubt_other(struct judge *judge, uint32_t call, uint32_t before)
{
    begin(judge, call, before, DOUBT_OTHER);
}

void
judge_doubt_waive(struct judge *judge, uint32_t call)
{
    begin(judge, call, SCORE_NONE, DOUBT_WAIVED);
    score_waive(judge->score, call);
}

static void
tell_place(const struct judge *judge, const char *how, char *text, size_t room)
{
    const struct judge_doubt *doubt = &judge->doubt;
    const struct score *score = judge->score;
    uint32_t parent = score_event(score, doubt->call)->parent;
    text[0] = '\0';
    if (doubt->instead != SCORE_NONE)
        snprintf(text, room, "%s %s (event %" PRIu64 ")", how, function_name(judge, doubt->instead),
                 score_event(score, doubt->instead)->seq);
    else if (parent < score->events)
        snprintf(text, room, "%s its callback %s (event %" PRIu64 ") returned", how,
                 function_name(judge, parent), score_event(score, parent)->seq);
}

static void
fill(struct judge *judge, struct verdict *verdict, uint32_t call)
{
    const struct judge_doubt *doubt = &judge->doubt;
    judge_name(judge->score, call, &verdict->event);
    if (doubt->instead != SCORE_NONE)
        judge_name(judge->score, doubt->instead, &verdict->nearest);
    verdict->reacting = doubt->reacting;
    verdict->after = doubt->after;
}

static void
decide_reordered(struct judge *judge, uint32_t call)
{
    struct verdict *verdict = judge_decide(judge, VERDICT_REORDERED);
    char place[200];
    if (verdict == NULL)
        return;
    fill(judge, verdict, call);
    tell_place(judge, "after", place, sizeof place);
    snprintf(verdict->sentence, sizeof verdict->sentence,
             "diverged: the app called %s (event %" PRIu64 ") only %s, recorded before it",
             verdict->event.name, verdict->event.seq, place);
    judge->doubt.call = SCORE_NONE;
}

static void
settle_other(struct judge *judge)
{
    judge->doubt.call = SCORE_NONE;
    struct verdict *verdict = judge_decide(judge, VERDICT_DIFFERENT_ARGUMENT);
    if (verdict != NULL && verdict->difference.why[0] != '\0')
        verdict_note(verdict, "%s", verdict->difference.why);
}

void
judge_doubt_settle(struct judge *judge)
{
    if (judge->doubt.call == SCORE_NONE)
        return;
    if (judge->doubt.patience == DOUBT_OTHER) {
        settle_other(judge);
        return;
    }
    struct verdict *verdict = judge_decide(judge, VERDICT_MISSING_CALL);
    char place[200];
    if (verdict != NULL) {
        fill(judge, verdict, judge->doubt.call);
        if (judge->doubt.instead != SCORE_NONE)
            tell_place(judge, "; it went on with", place, sizeof place);
        else
            tell_place(judge, " before", place, sizeof place);
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "diverged: the app did not call %s (event %" PRIu64 ")%s", verdict->event.name,
                 verdict->event.seq, place);
    }
    judge->doubt.call = SCORE_NONE;
}

/* 1: it is this recorded call; 0: it is not; -1: no memory. */
static int
is_call(const struct judge_search *search, uint32_t event)
{
    struct tape_event recorded;
    if (score_event(search->judge->score, event)->api != search->call->entry->id)
        return 0;
    judge_event(search->judge->score, event, &recorded);
    int different = match_call(&recorded, search->call, &search->judge->terms, NULL);
    return different < 0 ? -1 : different == 0;
}

/* It came, but too late, here or elsewhere. */
static void
decide_late(struct judge *judge, const struct judge_search *search, uint32_t call)
{
    struct judge_role was = judge_recorded_role(judge, call), is = judge_live_role(judge, search->mail);
    struct judge_search wrong = *search;
    if (judge_same_role(&was, &is)) {
        decide_reordered(judge, call);
        return;
    }
    wrong.role = is;
    wrong.found = call;
    judge_decide_wrong_thread(&wrong);
    judge->doubt.call = SCORE_NONE;
}

int
judge_doubt_late_call(struct judge *judge, const struct judge_search *search)
{
    const struct score *score = judge->score;
    const struct judge_doubt *doubt = &judge->doubt;
    if (doubt->call != SCORE_NONE && doubt->patience == DOUBT_OTHER) {
        int same = is_call(search, doubt->call);
        if (same > 0)
            judge_decide_too_many(judge);
        return same;
    }
    for (uint32_t at = doubt->call; at < score->events && at != doubt->instead;
         at = score_event(score, at)->next) {
        if ((score_event(score, at)->flags & (SCORE_CALLBACK | SCORE_GETTER)) != 0 ||
            !judge_counts(score, at) || judge_state(score, at) != SCORE_SKIPPED)
            continue;
        int same = is_call(search, at);
        if (same > 0)
            decide_late(judge, search, at);
        if (same != 0)
            return same;
    }
    return 0;
}

/* The thread that made the call went on: the next one came, or its callback returned. */
static bool
went_on(const struct judge *judge, uint32_t call)
{
    const struct score *score = judge->score;
    uint32_t parent = score_event(score, call)->parent, next = score_event(score, call)->next;
    while (next < score->events &&
           ((score_event(score, next)->flags & SCORE_GETTER) != 0 || !judge_counts(score, next)))
        next = score_event(score, next)->next;
    return (parent < score->events && judge_state(score, parent) == SCORE_LEFT) ||
           (next < score->events && judge_state(score, next) != SCORE_FREE);
}

/* Nothing has happened for so long. */
static bool
is_quiet(struct judge *judge, uint64_t now_ns, uint64_t patience_ns)
{
    struct judge_doubt *doubt = &judge->doubt;
    uint64_t edges = live_edges(judge->live);
    if (edges != doubt->edges || doubt->active_ns == 0) {
        doubt->edges = edges;
        doubt->active_ns = now_ns;
    }
    return now_ns > doubt->active_ns + patience_ns;
}

/* Until when another thread may take its time with the call: it need not come before it was recorded to. At
 * --speed max nothing is due; then the app takes as long for it as it did. */
static uint64_t
shared_until(const struct judge *judge)
{
    const struct score *score = judge->score;
    uint32_t edge = score_event(score, judge->doubt.call)->enter, cursor = judge_cursor(judge);
    int64_t due = score_due(score, edge);
    if (score->max && cursor < edge)
        due = (int64_t)judge->doubt.since_ns + score_edge(score, edge)->at_ns -
              score_edge(score, cursor)->at_ns;
    uint64_t from = due > 0 && (uint64_t)due > judge->doubt.since_ns ? (uint64_t)due : judge->doubt.since_ns;
    return from + judge_quiet_ns(judge);
}

void
judge_doubt_watch(struct judge *judge, uint64_t now_ns)
{
    struct judge_doubt *doubt = &judge->doubt;
    if (doubt->call == SCORE_NONE)
        return;
    if (doubt->since_ns == 0)
        doubt->since_ns = now_ns;
    bool quiet = is_quiet(judge, now_ns, judge_quiet_ns(judge));
    if (doubt->patience < DOUBT_SKIPPED && judge_state(judge->score, doubt->call) != SCORE_FREE) {
        doubt->call = SCORE_NONE; /* another thread was about to make it */
    } else if (doubt->patience == DOUBT_SHARED) {
        if (now_ns > shared_until(judge)) {
            skip(judge);
            doubt->since_ns = doubt->active_ns = now_ns;
            doubt->calls = live_calls(judge->live);
        }
    } else if (doubt->patience == DOUBT_WAIVED) {
        if (is_quiet(judge, now_ns, judge->options.stall_ns))
            judge_doubt_settle(judge);
    } else if (quiet || (doubt->patience == DOUBT_OTHER && went_on(judge, doubt->call)) ||
               live_calls(judge->live) > doubt->calls + MANY_CALLS ||
               now_ns > doubt->since_ns + judge->options.stall_ns) {
        judge_doubt_settle(judge);
    }
}
