// SPDX-License-Identifier: MIT
/*
 * Two calls of one recorded thread that one live thread made the other way round. While the app runs this
 * may stay unseen: threads of one role may take each other's calls (pools), and then a call that comes too
 * early looks as if another thread had yet to make the one before it. Once all is over it is known who did
 * what.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "replay/judge/judge_parts.h"
#include "replay/score/score_edge.h"

#define OWNERS 64        /* live threads told apart per recorded thread; more are not looked at */
#define CANDIDATES 20000 /* like calls looked at */

struct owner {
    uint64_t thread; /* live pid << 32 | tid */
    uint64_t seq;    /* of its latest call so far, live */
    uint32_t call;   /* ... on the tape */
};

static struct owner *
find_owner(struct owner *owner, unsigned *count, uint64_t thread)
{
    for (unsigned i = 0; i < *count; i++) {
        if (owner[i].thread == thread)
            return &owner[i];
    }
    if (*count == OWNERS)
        return NULL;
    owner[*count] = (struct owner){.thread = thread, .call = SCORE_NONE};
    return &owner[(*count)++];
}

/* Recorded elsewhere, too: then nobody knows which of them was meant. */
static bool
has_twin(struct judge *judge, uint32_t call)
{
    const struct score *score = judge->score;
    struct tape_event mine, other;
    uint32_t count, thread = score_event(score, call)->thread;
    const uint32_t *calls = judge_index_calls(&judge->index, score_event(score, call)->api, true, &count);
    judge_event(score, call, &mine);
    for (uint32_t i = 0; i < count && i < CANDIDATES; i++) {
        if (calls[i] == call || score_event(score, calls[i])->thread == thread)
            continue;
        judge_event(score, calls[i], &other);
        if (match_call(&mine, &other, &judge->terms, NULL) == 0)
            return true;
    }
    return count > CANDIDATES;
}

static bool
may_swap(struct judge *judge, uint32_t first, uint32_t second)
{
    const struct api_entry *a = api_entry(score_event(judge->score, first)->api);
    const struct api_entry *b = api_entry(score_event(judge->score, second)->api);
    return rules_allow_swap(judge->options.rules, a->name, b->name) || has_twin(judge, first) ||
           has_twin(judge, second);
}

static void
decide(struct judge *judge, uint32_t call, uint32_t instead)
{
    struct verdict *verdict = judge_decide(judge, VERDICT_REORDERED);
    if (verdict == NULL)
        return;
    judge_name(judge->score, call, &verdict->event);
    judge_name(judge->score, instead, &verdict->nearest);
    judge_name_reaction(judge, SCORE_NONE, score_event(judge->score, call)->enter, &verdict->reacting,
                        &verdict->after);
    snprintf(verdict->sentence, sizeof verdict->sentence,
             "diverged: the app called %s (event %" PRIu64 ") only after %s (event %" PRIu64
             "), recorded before it",
             verdict->event.name, verdict->event.seq, verdict->nearest.name, verdict->nearest.seq);
}

static bool
thread_is_reordered(struct judge *judge, uint32_t thread)
{
    const struct score *score = judge->score;
    struct owner owner[OWNERS];
    unsigned owners = 0;
    for (uint32_t at = score_thread(score, thread)->first_call; at < score->events;
         at = score_event(score, at)->next) {
        const struct score_event_live *live = score_event_live(score, at);
        uint32_t state = judge_state(score, at);
        uint64_t seq = atomic_load_explicit(&live->seq, memory_order_relaxed);
        if (!judge_counts(score, at) || (score_event(score, at)->flags & SCORE_GETTER) != 0 || seq == 0 ||
            (state != SCORE_CLAIMED && state != SCORE_LEFT))
            continue;
        struct owner *its =
            find_owner(owner, &owners, atomic_load_explicit(&live->owner, memory_order_relaxed));
        if (its == NULL)
            continue;
        if (its->call != SCORE_NONE && seq < its->seq && !may_swap(judge, its->call, at)) {
            decide(judge, its->call, at);
            return true;
        }
        if (seq > its->seq) {
            its->seq = seq;
            its->call = at;
        }
    }
    return false;
}

bool
judge_conclude_order(struct judge *judge)
{
    if (judge->options.free_order || judge->options.match == MATCH_LOOSE)
        return false;
    for (uint32_t i = 0; i < judge->score->threads; i++) {
        if (thread_is_reordered(judge, i))
            return true;
    }
    return false;
}
