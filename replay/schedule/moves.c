// SPDX-License-Identifier: MIT
/*
 * The tape played in the mind: every edge as long after its predecessors as recorded, those that are moved a
 * little earlier or later than that, none before what must precede it. Sorted by the time that comes
 * out, and where that is equal as recorded, so it is a linear extension by construction.
 */
#include <stdlib.h>

#include "replay/schedule/schedule.h"

struct moves_key {
    int64_t at;
    uint32_t edge;
};

static int
moves_compare(const void *a, const void *b)
{
    const struct moves_key *one = a, *two = b;

    if (one->at != two->at)
        return one->at < two->at ? -1 : 1;
    return one->edge < two->edge ? -1 : one->edge > two->edge;
}

static int64_t
moves_clamp(int64_t at)
{
    return at < 0 ? 0 : at > SCHEDULE_NEVER ? SCHEDULE_NEVER : at;
}

static int64_t
moves_within(int64_t at)
{
    return at < -SCHEDULE_NEVER ? -SCHEDULE_NEVER : at > SCHEDULE_NEVER ? SCHEDULE_NEVER : at;
}

/* Recorded times, never backwards. */
static void
moves_none(struct schedule *schedule)
{
    int64_t last = 0;
    uint32_t i;

    for (i = 0; i < schedule->nedges; i++) {
        struct schedule_edge *edge = &schedule->edges[i];

        last = edge->at_ns > last ? moves_clamp(edge->at_ns) : last;
        edge->at_ns = edge->play_ns = last;
        schedule->order[i] = i;
    }
}

static void
moves_play(struct schedule *schedule, const int64_t *delta)
{
    uint32_t i, j;

    for (i = 0; i < schedule->nedges; i++) {
        struct schedule_edge *edge = &schedule->edges[i];
        int64_t at = -1, least = 0;

        for (j = schedule->first[i]; j < schedule->first[i + 1]; j++) {
            const struct schedule_edge *before = &schedule->edges[schedule->before[j].edge];
            int64_t after = before->play_ns + edge->at_ns - before->at_ns;

            if (schedule->before[j].timed && after > at)
                at = after;
            if (before->play_ns > least)
                least = before->play_ns;
        }
        at = at < 0 ? edge->at_ns : moves_clamp(at);
        if (!edge->app && edge->counted)
            at = moves_clamp(at + delta[edge->event]);
        edge->play_ns = at < least ? least : at;
    }
}

int
moves_apply(struct schedule *schedule, const struct schedule_move *moves, uint32_t count, struct fault *fault)
{
    struct moves_key *keys;
    int64_t *delta;
    uint32_t i;

    moves_none(schedule);
    if (count == 0)
        return 0;
    keys = malloc(((size_t)schedule->nedges + 1) * sizeof *keys);
    delta = calloc((size_t)schedule->nevents + 1, sizeof *delta);
    if (keys == NULL || delta == NULL) {
        free(keys);
        free(delta);
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the order of %u events",
                         schedule->nevents);
    }
    for (i = 0; i < count; i++) {
        if (moves[i].event < schedule->nevents)
            delta[moves[i].event] = moves_within(delta[moves[i].event] + moves_within(moves[i].delta_ns));
    }
    moves_play(schedule, delta);
    for (i = 0; i < schedule->nedges; i++)
        keys[i] = (struct moves_key){.at = schedule->edges[i].play_ns, .edge = i};
    qsort(keys, schedule->nedges, sizeof *keys, moves_compare);
    for (i = 0; i < schedule->nedges; i++)
        schedule->order[i] = keys[i].edge;
    free(keys);
    free(delta);
    return 0;
}
