// SPDX-License-Identifier: MIT
/* Answers the stand-in: which recorded call its live call is, or what it means that there is none. */
#include <inttypes.h>
#include <string.h>

#include "replay/judge/judge_parts.h"
#include "replay/score/score_edge.h"

/* Calls looked at for one that was made before. */
#define CANDIDATES 20000

/* A record that is not in the ring after this time will not come: it was dropped. (The ring itself waits 20
 * ms for one that is being written.) */
#define RECORD_NS 300000000u

/* What a call that is not on the tape returns: as if the SDK did not have it. */
#define UNMATCHED_RESULT ((uint64_t)(int64_t)api_sdk.missing)

/* Add calls looked at that were not made yet. What is not learned is compared less strictly, no more. */
#define ADDERS_AHEAD 4096

/* 1: the add call was made, and its listener is known now; 0: not yet; -1: no memory. */
static int
learn_listener(struct judge *judge, uint32_t adder)
{
    struct tape_event recorded, live;
    uint64_t seq = atomic_load_explicit(&score_event_live(judge->score, adder)->seq, memory_order_acquire);
    if (seq == 0 || !live_listener(judge->live, seq, &live))
        return 0;
    judge_event(judge->score, adder, &recorded);
    return match_flow_learn(&judge->listeners, &recorded, &live) != 0 ? -1 : 1;
}

/* Which live listener stands for which recorded one, from the add calls that were matched since. Those that
 * are still to come stay in the list, in front of the rest of it. */
static int
learn_listeners(struct judge *judge)
{
    uint32_t end = judge->adder_from, ahead = 0, left;
    for (; end < judge->adders && ahead < ADDERS_AHEAD; end++) {
        int learned = learn_listener(judge, judge->adder[end]);
        if (learned < 0)
            return -1;
        if (learned > 0)
            judge->adder[end] = SCORE_NONE;
        else
            ahead++;
    }
    left = end;
    for (uint32_t i = end; i-- > judge->adder_from;) {
        if (judge->adder[i] != SCORE_NONE)
            judge->adder[--left] = judge->adder[i];
    }
    judge->adder_from = left;
    return 0;
}

/* A call of the function that has its answer on the tape: of those that were made, about the newest; else the
 * first. SCORE_NONE: it was never recorded. */
static uint32_t
like_newest(struct judge *judge, uint16_t api)
{
    uint32_t count, free, best = SCORE_NONE;
    judge_index_calls(&judge->index, api, false, &free);
    const uint32_t *calls = judge_index_calls(&judge->index, api, true, &count);
    /* Behind the first free one there are few that were made. */
    for (uint32_t i = count - free + CANDIDATES < count ? count - free + CANDIDATES : count; i-- > 0;) {
        if (score_event(judge->score, calls[i])->api != api)
            continue;
        best = calls[i];
        if (judge_state(judge->score, calls[i]) != SCORE_FREE)
            break;
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
        uint32_t state = judge_state(judge->score, calls[i]);
        if (state == SCORE_FREE || state == SCORE_SKIPPED)
            continue;
        judge_event(judge->score, calls[i], &recorded);
        if (match_call(&recorded, call, &judge->terms, NULL) == 0)
            return calls[i];
    }
    return SCORE_NONE;
}

/* The next call that has to come from the app, to stand beside one that it does not have. */
static void
name_expected(struct judge *judge)
{
    const struct score *score = judge->score;
    for (uint32_t i = judge_cursor(judge); i < score->edges; i++) {
        const struct score_edge *edge = score_edge(score, i);
        if (!edge->app || edge->leave || !judge_is_expected(judge, edge->event))
            continue;
        judge_name(score, edge->event, &judge->verdict.nearest);
        return;
    }
}

static const char *
live_name(const struct judge *judge, const struct score_mail *mail)
{
    uint64_t owner = atomic_load_explicit(&mail->owner, memory_order_relaxed);
    return live_thread_name(judge->live, (uint32_t)(owner >> 32), (uint32_t)owner);
}

static void
name_live(struct judge *judge, const struct score_mail *mail, const struct tape_event *call)
{
    struct verdict *verdict = &judge->verdict;
    struct verdict_event *event = &verdict->event;
    snprintf(event->name, sizeof event->name, "%s", call->name);
    snprintf(event->thread_name, sizeof event->thread_name, "%s", live_name(judge, mail));
    if (mail->thread < judge->score->threads)
        event->thread = score_thread(judge->score, mail->thread)->number;
    judge_name_reaction(judge, mail->context, SCORE_NONE, &verdict->reacting, &verdict->after);
}

/* verdict->nearest is the call that was made before. */
static void
tell_once_more(struct verdict *verdict, uint64_t next)
{
    char then[80] = "";
    if (next != 0)
        snprintf(then, sizeof then, "; the next recorded call is event %" PRIu64, next);
    snprintf(verdict->sentence, sizeof verdict->sentence,
             "diverged: the app called %s once more than recorded, as in event %" PRIu64 "%s",
             verdict->event.name, verdict->nearest.seq, then);
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
    name_expected(judge);
    judge_index_calls(&judge->index, (uint16_t)mail->api, true, &count);
    if (before != SCORE_NONE) {
        uint64_t next = verdict->nearest.seq;
        judge_name(judge->score, before, &verdict->nearest);
        tell_once_more(verdict, next);
        return;
    }
    char next[160] = "";
    if (verdict->nearest.name[0] != '\0')
        snprintf(next, sizeof next, "; the next recorded call is %s (event %" PRIu64 ")",
                 verdict->nearest.name, verdict->nearest.seq);
    snprintf(verdict->sentence, sizeof verdict->sentence, "diverged: the app called %s, %s%s", call->name,
             count == 0 ? "which is not on the tape at all" : "for which the tape has no call left", next);
}

/* Not decided yet: had the expected call come next, this one would have been too many. */
static void
prepare_different(const struct judge_search *search)
{
    struct judge *judge = search->judge;
    struct verdict *verdict = &judge->verdict;
    const struct match_difference *difference = &search->difference;
    name_live(judge, search->mail, search->call);
    judge_name(judge->score, search->nearest, &verdict->nearest);
    verdict->has_difference = true;
    verdict->difference = *difference;
    snprintf(verdict->sentence, sizeof verdict->sentence,
             "diverged: the app called %s with another %s%s%s than recorded in event %" PRIu64,
             search->call->name, difference->name, difference->path[0] != '\0' ? " at " : "",
             difference->path, verdict->nearest.seq);
}

void
judge_decide_too_many(struct judge *judge)
{
    uint32_t before = judge->doubt.instead, expected = judge->doubt.call;
    judge->doubt.call = SCORE_NONE;
    struct verdict *verdict = judge_decide(judge, VERDICT_EXTRA_CALL);
    if (verdict == NULL)
        return;
    verdict->has_difference = false;
    if (before != SCORE_NONE) {
        judge_name(judge->score, before, &verdict->nearest);
        tell_once_more(verdict, score_event(judge->score, expected)->seq);
    } else {
        snprintf(
            verdict->sentence, sizeof verdict->sentence,
            "diverged: the app called %s with a %s that is not on the tape, and then as in event %" PRIu64,
            verdict->event.name, verdict->difference.name, verdict->nearest.seq);
    }
}

void
judge_decide_wrong_thread(const struct judge_search *search)
{
    struct judge *judge = search->judge;
    struct verdict *verdict = judge_decide(judge, VERDICT_WRONG_THREAD);
    if (verdict == NULL)
        return;
    struct judge_role recorded = judge_recorded_role(judge, search->found);
    const struct score_event *event = score_event(judge->score, search->found);
    const char *recorded_name = score_thread(judge->score, event->thread)->name, *name;
    char there[120], here[120];
    /* Where it was made, and where it should have been. */
    name_live(judge, search->mail, search->call);
    verdict->event.seq = event->seq;
    judge_name(judge->score, search->found, &verdict->nearest);
    name = live_name(judge, search->mail);
    judge_describe_role(&recorded, recorded_name, there, sizeof there);
    judge_describe_role(&search->role, name, here, sizeof here);
    if (judge_same_role(&recorded, &search->role)) /* --match strict */
        snprintf(here, sizeof here, "on another thread of that kind (now \"%s\")", name);
    snprintf(verdict->sentence, sizeof verdict->sentence,
             "diverged: the app called %s (event %" PRIu64 ") %s; recorded %s", search->call->name,
             verdict->event.seq, here, there);
    if (judge->options.match == MATCH_NORMAL)
        verdict_note(verdict, "if it is all the same which thread calls: --match loose");
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
    mail->completes = 0;
    judge->given[mail - judge->live_score->mail] = answer == SCORE_MATCHED ? event : SCORE_NONE;
    score_answer(judge->score, mail, answer, event, result);
}

/* It is on the tape: what does it mean that it comes here and now? */
static int
answer_found(const struct judge_search *search, struct score_mail *mail)
{
    struct judge *judge = search->judge;
    bool getter = (score_event(judge->score, search->found)->flags & SCORE_GETTER) != 0;
    struct tape_event recorded;
    judge_event(judge->score, search->found, &recorded);
    if (match_learn(&recorded, search->call, &judge->terms) != 0)
        return -1;
    if (search->found_fit == FIT_WRONG && !getter) {
        judge_decide_wrong_thread(search);
        reply(judge, mail, SCORE_UNMATCHED, SCORE_NONE, UNMATCHED_RESULT);
        return 0;
    }
    if (search->found_fit == FIT_AHEAD && !getter)
        judge_doubt_begin(judge, judge_passed_over(judge, search->found), search->found,
                          atomic_load_explicit(&mail->owner, memory_order_relaxed));
    reply(judge, mail, SCORE_MATCHED, search->found, 0);
    return 0;
}

/* --unmatched: it is answered, and the verdict is that of the rest. */
static void
let_through(struct judge *judge, struct score_mail *mail, const struct tape_event *call)
{
    struct verdict *verdict = &judge->verdict;
    bool completes = judge->options.unmatched == JUDGE_UNMATCHED_CODE;
    if (verdict->unmatched++ == 0) {
        struct verdict_event reacting = {0};
        char where[160] = "";
        bool after;
        judge_name_reaction(judge, mail->context, SCORE_NONE, &reacting, &after);
        if (reacting.name[0] != '\0')
            snprintf(where, sizeof where, " %s callback %s (event %" PRIu64 ")", after ? "after" : "in",
                     reacting.name, reacting.seq);
        verdict_note(verdict, "calls that are not on the tape were let through; the first is %s%s",
                     call->name, where);
    }
    mail->completes = completes;
    mail->code = judge->options.unmatched_code;
    score_answer(judge->score, mail, SCORE_UNMATCHED, SCORE_NONE, completes ? 0 : UNMATCHED_RESULT);
}

/* It is not on the tape, or not any more. */
static int
answer_unknown(struct judge_search *search, struct score_mail *mail)
{
    struct judge *judge = search->judge;
    const struct tape_event *call = search->call;
    bool getter = call->entry->getter && judge->options.match != MATCH_STRICT;
    if (getter || rules_allow_repeat(judge->options.rules, call->name)) {
        uint32_t like = like_newest(judge, (uint16_t)mail->api);
        if (like != SCORE_NONE) {
            reply(judge, mail, SCORE_LIKE, like, 0);
            return 0;
        }
    }
    if (judge->options.unmatched != JUDGE_UNMATCHED_FAIL) {
        let_through(judge, mail, call);
        return 0;
    }
    uint32_t before = SCORE_NONE;
    if (judge->doubt.patience >= DOUBT_SKIPPED)
        judge_doubt_settle(judge);
    /* Only what is expected there can have been meant. */
    bool meant = search->nearest != SCORE_NONE && search->nearest_fit <= FIT_OTHER;
    uint32_t made = made_before(judge, call);
    if (!meant || !is_awaited(judge, search->nearest))
        before = made;
    if (meant && before == SCORE_NONE && !judge->decided && judge->doubt.call == SCORE_NONE) {
        prepare_different(search);
        judge_doubt_other(judge, search->nearest, made);
        if (!judge_is_shared(judge, search->nearest,
                             atomic_load_explicit(&mail->owner, memory_order_relaxed))) {
            reply(judge, mail, SCORE_MATCHED, search->nearest, 0);
            return 0;
        }
        /* What others may be about to do tells nothing. */
        judge_doubt_settle(judge);
    }
    decide_extra(judge, mail, call, before);
    reply(judge, mail, SCORE_UNMATCHED, SCORE_NONE, UNMATCHED_RESULT);
    return 0;
}

static int
answer_call(struct judge *judge, struct score_mail *mail, const struct tape_event *call)
{
    struct judge_search search = {.judge = judge, .mail = mail, .call = call};
    if (learn_listeners(judge) != 0 || judge_search(&search) != 0)
        return -1;
    if (search.found_fit <= FIT_OTHER)
        return answer_found(&search, mail);
    int late = judge_doubt_late_call(judge, &search);
    if (late < 0)
        return -1;
    if (late > 0) {
        reply(judge, mail, SCORE_UNMATCHED, SCORE_NONE, UNMATCHED_RESULT);
        return 0;
    }
    return search.found != SCORE_NONE ? answer_found(&search, mail) : answer_unknown(&search, mail);
}

/* Its record never reached the ring (no room, no slot): only the function is known. */
static void
answer_blind(struct judge *judge, struct score_mail *mail)
{
    const struct api_entry *entry = api_entry((uint16_t)mail->api);
    struct tape_event call = {.name = entry->name, .entry = entry};
    uint32_t count, event = mail->candidate;
    if (event == SCORE_NONE) {
        const uint32_t *calls = judge_index_calls(&judge->index, (uint16_t)mail->api, false, &count);
        for (uint32_t i = 0; i < count && event == SCORE_NONE; i++) {
            if (score_event(judge->score, calls[i])->api == mail->api &&
                judge_state(judge->score, calls[i]) == SCORE_FREE && !judge_is_given(judge, calls[i]))
                event = calls[i];
        }
    }
    if (event != SCORE_NONE) {
        judge->unseen_arguments += !judge->decided;
        reply(judge, mail, SCORE_MATCHED, event, 0);
        return;
    }
    decide_extra(judge, mail, &call, SCORE_NONE);
    reply(judge, mail, SCORE_UNMATCHED, SCORE_NONE, UNMATCHED_RESULT);
}

/* A thread whose last record was dropped names the one before, which may be the call around this one. */
static bool
is_of_function(const struct tape_event *call, const struct score_mail *mail)
{
    return call->entry->newest == api_entry((uint16_t)mail->api)->newest;
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
        if (api_entry((uint16_t)mail->api) == NULL) {
            reply(judge, mail, SCORE_UNMATCHED, SCORE_NONE, UNMATCHED_RESULT);
        } else if (mail->seq == 0) {
            answer_blind(judge, mail);
        } else if (live_call(judge->live, mail->seq, &call) && is_of_function(&call, mail)) {
            if (answer_call(judge, mail, &call) != 0)
                return -1;
        } else if (judge->waited[i] != mail->seq) {
            judge->waited[i] = mail->seq;
            judge->waited_ns[i] = score_now();
            waiting++;
        } else if (score_now() < judge->waited_ns[i] + RECORD_NS) {
            waiting++;
        } else {
            answer_blind(judge, mail);
        }
    }
    return waiting;
}
