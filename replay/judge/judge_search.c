// SPDX-License-Identifier: MIT
/*
 * Which recorded call is this live call? First among the calls of the place where it is made (a recorded
 * callback, or a recorded thread's top level), then among those of all other places, ranked by what
 * it would mean.
 */
#include <string.h>

#include "replay/judge/judge_parts.h"
#include "replay/score/score_edge.h"

/* Candidates looked at for one question: bounds the answer's time on tapes with a million like calls. */
#define CANDIDATES 20000

bool
judge_is_expected(const struct judge *judge, uint32_t event)
{
    const struct score *score = judge->score;
    return (score_event(score, event)->flags & (SCORE_CALLBACK | SCORE_GETTER)) == 0 &&
           judge_counts(score, event) && judge_state(score, event) == SCORE_FREE &&
           !judge_is_given(judge, event) &&
           (atomic_load_explicit(score_edge_live(score, score_event(score, event)->enter),
                                 memory_order_relaxed) &
            SCORE_EDGE_DONE) == 0;
}

/* A list begins behind all that its own thread found taken. */
static uint32_t
list_start(uint32_t first, const _Atomic uint32_t *hint)
{
    uint32_t at = atomic_load_explicit(hint, memory_order_relaxed);
    return at == 0 ? first : at - 1;
}

static uint32_t
callback_list(const struct score *score, uint32_t callback)
{
    return list_start(score_event(score, callback)->child, &score_event_live(score, callback)->hint);
}

static uint32_t
thread_list(const struct score *score, uint32_t thread)
{
    return list_start(score_thread(score, thread)->first_call, &score_thread_live(score, thread)->hint);
}

uint32_t
judge_passed_over(const struct judge *judge, uint32_t event)
{
    const struct score *score = judge->score;
    uint32_t parent = score_event(score, event)->parent;
    uint32_t at = parent < score->events ? callback_list(score, parent)
                                         : thread_list(score, score_event(score, event)->thread);
    for (; at < event; at = score_event(score, at)->next) {
        if (judge_is_expected(judge, at))
            return at;
    }
    return SCORE_NONE;
}

uint32_t
judge_next_free(const struct judge *judge, uint32_t event)
{
    const struct score *score = judge->score;
    uint32_t at = score_event(score, event)->next;
    while (at < score->events && !judge_is_expected(judge, at))
        at = score_event(score, at)->next;
    return at < score->events ? at : SCORE_NONE;
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

/* A recorded process is one live process. */
static bool
is_of_process(const struct judge_search *search, uint32_t event)
{
    const struct score *score = search->judge->score;
    uint32_t process = score_thread(score, score_event(score, event)->thread)->process;
    uint32_t pid = (uint32_t)(atomic_load_explicit(&search->mail->owner, memory_order_relaxed) >> 32);
    for (uint32_t i = 0; i < score->processes; i++) {
        if (atomic_load_explicit(&score_process_live(score, i)->pid, memory_order_acquire) == pid)
            return i == process;
    }
    return process >= score->processes ||
           atomic_load_explicit(&score_process_live(score, process)->pid, memory_order_acquire) == 0;
}

/* It stands in the list of the place where the call is made. */
static bool
is_here(const struct judge_search *search, uint32_t event)
{
    const struct score_event *recorded = score_event(search->judge->score, event);
    if (search->mail->context != SCORE_NONE)
        return recorded->parent == search->mail->context;
    return recorded->parent == SCORE_NONE && recorded->thread == search->mail->thread;
}

/* The recorded thread is somebody else's, or the asker has one of its own. */
static bool
is_of_another(const struct judge_search *search, uint32_t event)
{
    const struct score *score = search->judge->score;
    const struct score_event *recorded = score_event(score, event);
    return search->mail->context != SCORE_NONE || search->mail->thread != SCORE_NONE ||
           recorded->parent != SCORE_NONE ||
           atomic_load_explicit(&score_thread_live(score, recorded->thread)->app, memory_order_relaxed) != 0;
}

static enum judge_fit
fit(struct judge_search *search, uint32_t event)
{
    const struct judge *judge = search->judge;
    bool head = judge_passed_over(judge, event) == SCORE_NONE;
    if (is_here(search, event))
        return head ? FIT_NEXT : FIT_AHEAD;
    if (!search->role_known) {
        search->role = judge_live_role(judge, search->mail);
        search->role_known = true;
    }
    struct judge_role recorded = judge_recorded_role(judge, event);
    bool another = is_of_another(search, event);
    if (judge->options.match == MATCH_LOOSE)
        return head ? FIT_OTHER : FIT_OTHER_LATE;
    if (!judge_same_role(&recorded, &search->role) || (judge->options.match == MATCH_STRICT && another))
        return FIT_WRONG;
    if (head)
        return FIT_OTHER;
    return another ? FIT_OTHER_LATE : FIT_AHEAD;
}

/* What is made in a callback belongs to just that callback; threads are often as good as each other. */
static bool
is_better(const struct judge_search *search, enum judge_fit fit, enum judge_fit than)
{
    if (search->mail->context != SCORE_NONE && fit == FIT_AHEAD && than == FIT_OTHER)
        return true;
    if (search->mail->context != SCORE_NONE && fit == FIT_OTHER && than == FIT_AHEAD)
        return false;
    return fit < than;
}

/* -1: no memory. */
static int
consider(struct judge_search *search, uint32_t event)
{
    const struct judge *judge = search->judge;
    const struct score *score = judge->score;
    struct tape_event recorded;
    struct match_difference difference;
    if (score_event(score, event)->api != search->call->entry->id)
        return 0; /* the same name, but another signature: its buffers and results are not ours */
    if (judge_state(score, event) != SCORE_FREE || judge_is_given(judge, event) ||
        !is_of_process(search, event) ||
        (judge->options.match != MATCH_LOOSE && !can_have_come(score, event)))
        return 0;
    search->looked++;
    judge_event(score, event, &recorded);
    int different = match_call(&recorded, search->call, &judge->terms, &difference);
    if (different < 0)
        return -1;
    enum judge_fit how = fit(search, event);
    if (different == 0 && is_better(search, how, search->found_fit)) {
        search->found = event;
        search->found_fit = how;
    } else if (different != 0 &&
               (how < search->nearest_fit ||
                (how == search->nearest_fit && difference.count < search->difference.count))) {
        search->nearest = event;
        search->nearest_fit = how;
        search->difference = difference;
    }
    return 0;
}

/* The list of the place where the call is made. */
static int
search_here(struct judge_search *search)
{
    const struct judge *judge = search->judge;
    const struct score *score = judge->score;
    const struct score_mail *mail = search->mail;
    uint16_t newest = api_entry((uint16_t)mail->api)->newest;
    uint32_t at = mail->candidate;
    if (at == SCORE_NONE && mail->context < score->events)
        at = callback_list(score, mail->context);
    else if (at == SCORE_NONE && mail->context == SCORE_NONE && mail->thread < score->threads)
        at = thread_list(score, mail->thread);
    for (unsigned steps = 0; at < score->events && steps < CANDIDATES;
         at = score_event(score, at)->next, steps++) {
        if ((score_event(score, at)->flags & SCORE_CALLBACK) != 0 || !judge_counts(score, at) ||
            api_entry(score_event(score, at)->api)->newest != newest)
            continue;
        if (consider(search, at) != 0)
            return -1;
        if (search->found != SCORE_NONE)
            break; /* the first equal one of a list is the one */
    }
    return 0;
}

static int
search_all(struct judge_search *search)
{
    uint32_t count;
    const uint32_t *calls =
        judge_index_calls(&search->judge->index, (uint16_t)search->mail->api, false, &count);
    for (uint32_t i = 0; i < count && search->looked < CANDIDATES && search->found_fit > FIT_OTHER; i++) {
        if (consider(search, calls[i]) != 0)
            return -1;
    }
    return 0;
}

int
judge_search(struct judge_search *search)
{
    search->found = search->nearest = SCORE_NONE;
    search->found_fit = search->nearest_fit = FIT_NONE;
    search->looked = 0;
    if (search_here(search) != 0)
        return -1;
    return search->found_fit == FIT_NEXT ? 0 : search_all(search);
}
