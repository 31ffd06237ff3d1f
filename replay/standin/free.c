// SPDX-License-Identifier: MIT
/*
 * Fuzzing: the app gets what no SDK sent when it was recorded, so it need not do what it did then, and nobody
 * judges that. Its calls are answered as well as the tape can: as the recorded call of the same arguments,
 * else as the next one of that function, else as the last one, else with success. What it does not do is
 * waited for with some patience, once.
 */
#include <errno.h>
#include <string.h>

#include "replay/score/score_edge.h"
#include "replay/standin/inside.h"

/* Times patience. */
#define FREE_SDK 16u
#define FREE_PAUSE 10u
#define FREE_BUSY 100u

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
        /* Out of turn: it waits for nobody, and nobody for it. Whoever goes now may want to call back. */
        call_capture(event, entry, values);
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

void
free_catch_up(uint32_t call, const union api_value *values)
{
    const struct score *score = standin_score;

    for (uint32_t i = call + 1; i < score->events; i++) {
        if (score_event(score, i)->cause == call &&
            atomic_load(&score_event_live(score, i)->state) == SCORE_DROPPED) {
            complete_like(&api_entries[score_event(score, call)->api], values, call);
            return;
        }
    }
}

/* As long as when recorded, within reason, for the app; longer for what the SDK does, should its thread not
 * exist. */
uint64_t
free_patience(uint32_t cursor)
{
    const struct score_edge *edge = score_edge(standin_score, cursor);
    uint64_t patience = standin_score->patience_ns, pause = edge->gap_ms * 1000000ull;

    if (!edge->app)
        return patience * FREE_SDK;
    return patience + (pause < patience * FREE_PAUSE ? pause : patience * FREE_PAUSE);
}

bool
free_is_busy(uint64_t waited)
{
    int error = errno;
    bool busy = false;

    if (waited < standin_score->patience_ns * FREE_BUSY)
        standin_threads(standin_thread.tid, &busy);
    errno = error;
    return busy;
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
