// SPDX-License-Identifier: MIT
/*
 * Fuzzing: the app gets what no SDK sent when it was recorded, so it need not do what it did then, and nobody
 * judges that. Its calls are answered as well as the tape can: as the recorded call of the same arguments,
 * else as the next one of that function, else as the last one, else with success. What it does not do is
 * waited for with some patience, once.
 */
#include <string.h>

#include "replay/score/score_edge.h"
#include "replay/standin/inside.h"

static bool
free_is_call(uint32_t index, uint16_t api)
{
    const struct score_event *event = score_event(standin_score, index);

    return event->api == api && (event->flags & (SCORE_CALLBACK | SCORE_IGNORED)) == 0;
}

/* The recorded call that is free: with these arguments, else the next one. *last: the last one there is. */
static uint32_t
free_find(uint16_t api, const union api_value *values, uint32_t *last)
{
    const struct score *score = standin_score;
    uint32_t next = SCORE_NONE, i;

    *last = SCORE_NONE;
    for (i = score_first(score, api); i < score->events; i++) {
        if (!free_is_call(i, api))
            continue;
        if (score_event(score, i)->leave != SCORE_NONE)
            *last = i;
        if (atomic_load(&score_event_live(score, i)->state) != SCORE_FREE)
            continue;
        if (find_equal(score_event(score, i), values))
            return i;
        if (next == SCORE_NONE)
            next = i;
    }
    return next;
}

bool
free_answer(uint16_t api, const union api_value *values, struct find_result *found, union api_value *result)
{
    const struct api_entry *entry = &api_entries[api];
    uint32_t last, event;

    while ((event = free_find(api, values, &last)) != SCORE_NONE) {
        if (!find_claim(event)) {
            if (atomic_load(&score_event_live(standin_score, event)->state) == SCORE_FREE)
                break; /* another process's */
            continue;
        }
        /* Out of turn: it waits for nobody, and nobody for it. */
        score_let_go(standin_score, event);
        score_advance(standin_score, score_now());
        found->event = event;
        return false;
    }
    call_capture(SCORE_NONE, entry, values);
    if (last != SCORE_NONE) {
        if (!complete_like(entry, values, last))
            complete_later(entry, values, 0);
        *result = call_like(last, values);
        return true;
    }
    *result = call_failure(entry, values);
    if (entry->returns != API_STR)
        result->u = 0;
    complete_later(entry, values, 0);
    return true;
}

bool
free_give_up(uint32_t cursor, uint64_t now)
{
    const struct score *score = standin_score;
    const struct score_edge *edge = score_edge(score, cursor);

    if (edge->app && edge->leave)
        return false; /* a callback that takes its time */
    if (edge->app && atomic_load(&score_event_live(score, edge->event)->state) == SCORE_FREE)
        score_let_go(score, edge->event);
    else if (!edge->app && !edge->leave && score_take_out(score, edge->event, SCORE_DROPPED))
        atomic_fetch_add(&score_live(score)->dropped, 1);
    else
        score_done(score, cursor);
    score_advance(score, now);
    return true;
}
