// SPDX-License-Identifier: MIT
#include "replay/control/status.h"

#include <inttypes.h>
#include <stdio.h>

#include "replay/judge/judge_index.h"

/*
 * The last edge that counts and has happened, or SCORE_NONE. Where a call begins is not asked: calls may come
 * long before their place on the tape, and it is when they return that the app goes on.
 */
static uint32_t
last_edge(const struct score *score)
{
    uint32_t index = atomic_load_explicit(&score_live(score)->cursor, memory_order_acquire);
    while (index-- > 0) {
        const struct score_edge *edge = score_edge(score, index);
        uint32_t state = judge_state(score, edge->event);
        if (edge->counted && (edge->leave || !edge->app) && state != SCORE_SKIPPED && state != SCORE_DROPPED)
            return index;
    }
    return SCORE_NONE;
}

uint64_t
status_event(const struct score *score)
{
    uint32_t edge = last_edge(score);
    return edge == SCORE_NONE ? 0 : score_event(score, score_edge(score, edge)->event)->seq;
}

/* Between two events time goes on, up to the next one. */
static int64_t
position(const struct control *control, uint32_t cursor, uint64_t now_ns)
{
    const struct score *score = control->score;
    const struct score_live *live = score_live(score);
    uint32_t last = score->edges - 1;
    int64_t done = cursor > 0 ? score_edge(score, cursor - 1)->at_ns : 0;
    int64_t next = score_edge(score, cursor < last ? cursor : last)->at_ns;
    uint64_t start = atomic_load_explicit(&live->start_ns, memory_order_relaxed);
    if (score->max || start == 0)
        return done;
    int64_t slip = atomic_load_explicit(&live->slip, memory_order_relaxed);
    if (control->since != 0) {
        now_ns = control->since;
        slip = control->slip_ns;
    }
    int64_t at = (int64_t)(now_ns - start) - slip;
    return at < done ? done : at > next ? next : at;
}

static void
describe_state(const struct control *control, enum control_state state, uint32_t cursor, uint64_t now_ns,
               char *text, size_t room)
{
    const struct score *score = control->score;
    const struct score_edge *edge = score_edge(score, cursor);
    struct verdict_event next;
    if (state == CONTROL_PAUSED || cursor >= score->edges) {
        snprintf(text, room, "%s", state == CONTROL_PAUSED ? "paused" : "all played; the app goes on");
        return;
    }
    judge_name(score, edge->event, &next);
    if (state != CONTROL_PLAYS)
        snprintf(text, room, "stopped before %s%s (event %" PRIu64 ")", edge->leave ? "the return of " : "",
                 next.name, next.seq);
    else if (edge->app && score_due(score, cursor) <= (int64_t)now_ns)
        snprintf(text, room, "waiting for the app: it has to %s %s", edge->leave ? "return from" : "call",
                 next.name);
    else
        snprintf(text, room, "playing");
}

const char *
status_line(const struct control *control, enum control_state state, uint64_t now_ns, char *text, size_t room)
{
    const struct score *score = control->score;
    char at[32], total[32], slip[32], doing[200];
    uint32_t cursor = atomic_load_explicit(&score_live(score)->cursor, memory_order_acquire);
    uint64_t last = score->events > 0 ? score_event(score, score->events - 1)->seq : 0;
    int64_t slipped = atomic_load_explicit(&score_live(score)->slip, memory_order_relaxed);
    if (score->edges == 0) {
        snprintf(text, room, "no events on the tape");
        return text;
    }
    describe_state(control, state, cursor, now_ns, doing, sizeof doing);
    snprintf(text, room, "event %" PRIu64 " of %" PRIu64 ", %s of %s, %s, %s slip", status_event(score), last,
             verdict_duration((uint64_t)position(control, cursor, now_ns), at, sizeof at),
             verdict_duration((uint64_t)score_edge(score, score->edges - 1)->at_ns, total, sizeof total),
             doing, verdict_duration(slipped > 0 ? (uint64_t)slipped : 0, slip, sizeof slip));
    return text;
}
