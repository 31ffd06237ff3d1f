// SPDX-License-Identifier: MIT
/* The judge's first half: it listens to the ring and answers the stand-in. */
#include "replay/judge/judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replay/judge/judge_parts.h"

/* Candidates looked at for one question: bounds the answer's time on tapes with a million like calls. */
#define CANDIDATES 20000

/* What a call that is not on the tape returns: as if the SDK did not have it. */
#define UNMATCHED_RESULT ((uint64_t)(int64_t)api_sdk.missing)

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
    judge->terms =
        (struct match_terms){.mode = options->match, .listeners = &judge->listeners, .rules = options->rules};
    judge->live = live_new();
    if (judge->live == NULL || judge_index_make(&judge->index, score) != 0 || find_adders(judge) != 0 ||
        find_fates(judge) != 0)
        goto memory;
    for (unsigned i = 0; i < SCORE_MAILS; i++)
        judge->given[i] = SCORE_NONE;
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
    if (judge->decided)
        return NULL;
    judge->decided = true;
    judge->verdict.class = class;
    return &judge->verdict;
}

void
judge_name_reaction(struct judge *judge, uint32_t context)
{
    const struct score *score = judge->score;
    if (context < score->events) {
        judge_name(score, context, &judge->verdict.reacting);
        return;
    }
    uint32_t cursor = judge_cursor(judge);
    if (cursor > score->edges)
        cursor = score->edges;
    while (cursor-- > 0) {
        const struct score_edge *edge = score_edge(score, cursor);
        if (edge->leave || edge->app || !judge_counts(score, edge->event))
            continue;
        uint32_t state = judge_state(score, edge->event);
        if (state != SCORE_ISSUED && state != SCORE_LEFT)
            continue;
        judge_name(score, edge->event, &judge->verdict.reacting);
        judge->verdict.after = true;
        return;
    }
}

/* Which live listener stands for which recorded one, from all add calls that were matched so far. */
static int
learn_listeners(struct judge *judge)
{
    struct tape_event recorded, live;
    for (uint32_t i = 0; i < judge->adders; i++) {
        struct score_event_live *state = score_event_live(judge->score, judge->adder[i]);
        uint64_t seq = atomic_load_explicit(&state->seq, memory_order_acquire);
        if (seq == 0 || !live_listener(judge->live, seq, &live))
            continue;
        judge_event(judge->score, judge->adder[i], &recorded);
        if (match_flow_learn(&judge->listeners, &recorded, &live) != 0)
            return -1;
    }
    return 0;
}

/* A search for the recorded call that a live call is. */
struct search {
    struct judge *judge;
    const struct tape_event *call;
    uint32_t found;   /* equal and free */
    uint32_t nearest; /* free, with the fewest differences */
    struct match_difference difference;
    unsigned looked;
};

/* Given out to a thread that has not claimed it yet. */
static bool
is_given(const struct judge *judge, uint32_t event)
{
    for (unsigned i = 0; i < SCORE_MAILS; i++) {
        if (judge->given[i] == event)
            return true;
    }
    return false;
}

/* A call inside a callback can be made by another thread, but not before that callback came. */
static bool
can_have_come(const struct score *score, uint32_t event)
{
    uint32_t parent = score_event(score, event)->parent;
    if (parent >= score->events || !judge_counts(score, parent))
        return true;
    return judge_state(score, parent) != SCORE_FREE;
}

/* 1: that is it; 0: look on; -1: no memory. */
static int
try_candidate(struct search *search, uint32_t event)
{
    const struct score *score = search->judge->score;
    struct tape_event recorded;
    struct match_difference difference;
    if (score_event(score, event)->api != search->call->entry->id)
        return 0; /* the same name, but another signature: its buffers and results are not ours */
    if (judge_state(score, event) != SCORE_FREE || !can_have_come(score, event) ||
        is_given(search->judge, event))
        return 0;
    search->looked++;
    judge_event(score, event, &recorded);
    int different = match_call(&recorded, search->call, &search->judge->terms, &difference);
    if (different < 0)
        return -1;
    if (different == 0) {
        search->found = event;
        return 1;
    }
    if (search->nearest == SCORE_NONE || difference.count < search->difference.count) {
        search->nearest = event;
        search->difference = difference;
    }
    return 0;
}

/* The asker's own context first: the rest of the list that its candidate stands in. */
static int
search_context(struct search *search, const struct score_mail *mail)
{
    const struct score *score = search->judge->score;
    const struct api_entry *entry = api_entry(mail->api);
    for (uint32_t i = mail->candidate; i < score->events && search->looked < CANDIDATES;
         i = score_event(score, i)->next) {
        const struct score_event *event = score_event(score, i);
        const struct api_entry *here = api_entry(event->api);
        if ((event->flags & SCORE_CALLBACK) != 0 || !judge_counts(score, i) || here->newest != entry->newest)
            continue;
        int result = try_candidate(search, i);
        if (result != 0)
            return result;
    }
    return 0;
}

static int
search_all(struct search *search, uint16_t api)
{
    uint32_t count;
    const uint32_t *calls = judge_index_calls(&search->judge->index, api, false, &count);
    for (uint32_t i = 0; i < count && search->looked < CANDIDATES; i++) {
        int result = try_candidate(search, calls[i]);
        if (result != 0)
            return result;
    }
    return 0;
}

/* Newest call of a getter that has its answer on the tape; SCORE_NONE: it was never recorded. */
static uint32_t
like_getter(struct judge *judge, uint16_t api)
{
    uint32_t count, best = SCORE_NONE;
    const uint32_t *calls = judge_index_calls(&judge->index, api, true, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (score_event(judge->score, calls[i])->api == api &&
            (best == SCORE_NONE || judge_state(judge->score, calls[i]) != SCORE_FREE))
            best = calls[i];
    }
    return best;
}

/* A call with the same arguments that the app has made already; SCORE_NONE. */
static uint32_t
made_before(struct judge *judge, const struct tape_event *call)
{
    struct tape_event recorded;
    uint32_t count;
    const uint32_t *calls = judge_index_calls(&judge->index, call->entry->id, true, &count);
    for (uint32_t i = count; i-- > 0 && count - i < CANDIDATES;) {
        if (judge_state(judge->score, calls[i]) == SCORE_FREE)
            continue;
        judge_event(judge->score, calls[i], &recorded);
        if (match_call(&recorded, call, &judge->terms, NULL) == 0)
            return calls[i];
    }
    return SCORE_NONE;
}

/* The next call that the tape expects from the app, to stand beside one that it does not have. */
static void
name_expected(struct judge *judge)
{
    const struct score *score = judge->score;
    for (uint32_t i = judge_cursor(judge); i < score->edges; i++) {
        const struct score_edge *edge = score_edge(score, i);
        if (!edge->app || edge->leave || !judge_counts(score, edge->event) ||
            judge_state(score, edge->event) != SCORE_FREE)
            continue;
        judge_name(score, edge->event, &judge->verdict.nearest);
        return;
    }
}

static void
name_live(struct judge *judge, const struct score_mail *mail, const struct tape_event *call)
{
    struct verdict_event *event = &judge->verdict.event;
    const char *name = live_thread_name(judge->live, (uint32_t)(mail->owner >> 32), (uint32_t)mail->owner);
    snprintf(event->name, sizeof event->name, "%s", call->name);
    snprintf(event->thread_name, sizeof event->thread_name, "%s", name);
    if (mail->thread < judge->score->threads)
        event->thread = score_thread(judge->score, mail->thread)->number;
    judge_name_reaction(judge, mail->context);
}

static void
decide_extra(struct judge *judge, const struct score_mail *mail, const struct tape_event *call,
             uint32_t before)
{
    struct verdict *verdict = judge_decide(judge, VERDICT_EXTRA_CALL);
    uint32_t count;
    if (verdict == NULL)
        return;
    name_live(judge, mail, call);
    judge_index_calls(&judge->index, mail->api, true, &count);
    if (before != SCORE_NONE) {
        judge_name(judge->score, before, &verdict->nearest);
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "diverged: the app called %s once more than recorded, as in event %" PRIu64, call->name,
                 verdict->nearest.seq);
        return;
    }
    name_expected(judge);
    snprintf(verdict->sentence, sizeof verdict->sentence, "diverged: the app called %s, %s%s%s", call->name,
             count == 0 ? "which is not on the tape at all" : "for which the tape has no call left",
             verdict->nearest.name[0] != '\0' ? "; the next recorded call is " : "", verdict->nearest.name);
}

static void
decide_different(struct judge *judge, const struct score_mail *mail, const struct search *search)
{
    struct verdict *verdict = judge_decide(judge, VERDICT_DIFFERENT_ARGUMENT);
    if (verdict == NULL)
        return;
    const struct match_difference *difference = &search->difference;
    name_live(judge, mail, search->call);
    judge_name(judge->score, search->nearest, &verdict->nearest);
    verdict->has_difference = true;
    verdict->difference = *difference;
    snprintf(verdict->sentence, sizeof verdict->sentence,
             "diverged: the app called %s with another %s%s%s than recorded in event %" PRIu64,
             search->call->name, difference->name, difference->path[0] != '\0' ? " at " : "",
             difference->path, verdict->nearest.seq);
}

/* The recorded call that the score waits for right now: what the app should be doing. */
static bool
is_awaited(const struct judge *judge, uint32_t event)
{
    uint32_t cursor = judge_cursor(judge);
    return cursor < judge->score->edges && score_edge(judge->score, cursor)->event == event;
}

static void
reply(struct judge *judge, struct score_mail *mail, enum score_mail_answer answer, uint32_t event,
      uint64_t result)
{
    judge->given[mail - judge->live_score->mail] = answer == SCORE_MATCHED ? event : SCORE_NONE;
    score_answer(judge->score, mail, answer, event, result);
}

static int
answer_call(struct judge *judge, struct score_mail *mail, const struct tape_event *call)
{
    struct search search = {.judge = judge, .call = call, .found = SCORE_NONE, .nearest = SCORE_NONE};
    if (learn_listeners(judge) != 0 || search_context(&search, mail) < 0 ||
        (search.found == SCORE_NONE && search_all(&search, mail->api) < 0))
        return -1;
    if (search.found != SCORE_NONE) {
        reply(judge, mail, SCORE_MATCHED, search.found, 0);
        return 0;
    }
    if (call->entry->getter) {
        uint32_t like = like_getter(judge, mail->api);
        if (like != SCORE_NONE) {
            reply(judge, mail, SCORE_LIKE, like, 0);
            return 0;
        }
    }
    uint32_t before = SCORE_NONE;
    if (search.nearest == SCORE_NONE || !is_awaited(judge, search.nearest))
        before = made_before(judge, call);
    if (search.nearest != SCORE_NONE && before == SCORE_NONE)
        decide_different(judge, mail, &search);
    else
        decide_extra(judge, mail, call, before);
    reply(judge, mail, SCORE_UNMATCHED, SCORE_NONE, UNMATCHED_RESULT);
    return 0;
}

/* Its record never reached the ring (no room, no slot): only the function is known. */
static void
answer_blind(struct judge *judge, struct score_mail *mail)
{
    const struct api_entry *entry = api_entry(mail->api);
    struct tape_event call = {.name = entry->name, .entry = entry};
    uint32_t count, event = mail->candidate;
    if (event == SCORE_NONE) {
        const uint32_t *calls = judge_index_calls(&judge->index, mail->api, false, &count);
        for (uint32_t i = 0; i < count && event == SCORE_NONE; i++) {
            if (score_event(judge->score, calls[i])->api == mail->api &&
                judge_state(judge->score, calls[i]) == SCORE_FREE && !is_given(judge, calls[i]))
                event = calls[i];
        }
    }
    if (event != SCORE_NONE) {
        judge->unseen_arguments++;
        reply(judge, mail, SCORE_MATCHED, event, 0);
        return;
    }
    decide_extra(judge, mail, &call, SCORE_NONE);
    reply(judge, mail, SCORE_UNMATCHED, SCORE_NONE, UNMATCHED_RESULT);
}

int
judge_answer(struct judge *judge)
{
    struct score_live *live = judge->live_score;
    int waiting = 0;
    atomic_fetch_add_explicit(&live->heartbeat, 1, memory_order_relaxed);
    for (unsigned i = 0; i < SCORE_MAILS; i++) {
        struct score_mail *mail = &live->mail[i];
        struct tape_event call;
        uint32_t state = atomic_load_explicit(&mail->state, memory_order_acquire);
        if (state == SCORE_MAIL_FREE)
            judge->given[i] = SCORE_NONE;
        if (state != SCORE_MAIL_ASKED)
            continue;
        judge->given[i] = SCORE_NONE;
        if (api_entry(mail->api) == NULL) {
            reply(judge, mail, SCORE_UNMATCHED, SCORE_NONE, UNMATCHED_RESULT);
        } else if (mail->seq == 0) {
            answer_blind(judge, mail);
        } else if (live_call(judge->live, mail->seq, &call)) {
            if (answer_call(judge, mail, &call) != 0)
                return -1;
        } else if (judge->waited[i] == mail->seq) {
            answer_blind(judge, mail); /* two passes later: it will not come */
        } else {
            judge->waited[i] = mail->seq;
            waiting++;
        }
    }
    return waiting;
}
