// SPDX-License-Identifier: MIT
/*
 * The order of a failing run, for keeping. What happened has its times; what did not come to pass, because
 * the app died or was ended before, follows as it was scheduled. Predecessors stay in front in any case.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/batch/chaos.h"

#define APART_NS 1000 /* between the end of a callback and what had come in its midst */

struct key {
    int64_t at;
    uint32_t edge;
};

static int
compare(const void *a, const void *b)
{
    const struct key *one = a, *two = b;
    if (one->at != two->at)
        return one->at < two->at ? -1 : 1;
    return one->edge < two->edge ? -1 : one->edge > two->edge;
}

/* Edges by time; equal ones stay as recorded. */
static struct key *
sorted(const struct schedule *schedule, const int64_t *times)
{
    struct key *keys = malloc(((size_t)schedule->nedges + 1) * sizeof *keys);
    for (uint32_t i = 0; keys != NULL && i < schedule->nedges; i++)
        keys[i] = (struct key){.at = times != NULL ? times[i] : schedule->edges[i].play_ns, .edge = i};
    if (keys != NULL)
        qsort(keys, schedule->nedges, sizeof *keys, compare);
    return keys;
}

/* No edge before its predecessors. */
static void
settle(struct schedule *schedule)
{
    for (uint32_t i = 0; i < schedule->nedges; i++) {
        for (uint32_t j = schedule->first[i]; j < schedule->first[i + 1]; j++) {
            int64_t before = schedule->edges[schedule->before[j].edge].play_ns;
            if (schedule->edges[i].play_ns < before)
                schedule->edges[i].play_ns = before;
        }
    }
}

/* Times of what happened; the rest behind it, but before what must follow it and did happen. */
static int
deliver(struct schedule *schedule, const int64_t *happened)
{
    int64_t last = 0, rest = SCHEDULE_NEVER;
    int64_t *most = malloc(((size_t)schedule->nedges + 1) * sizeof *most);
    if (most == NULL)
        return -1;
    for (uint32_t i = 0; i < schedule->nedges; i++) {
        if (happened[i] > last)
            last = happened[i];
        if (happened[i] < 0 && schedule->edges[i].counted && schedule->edges[i].play_ns < rest)
            rest = schedule->edges[i].play_ns;
        most[i] = SCHEDULE_NEVER;
    }
    for (uint32_t i = schedule->nedges; i-- > 0;) {
        int64_t *play = &schedule->edges[i].play_ns;
        int64_t behind = last + 1 + (*play > rest ? *play - rest : 0);
        *play = happened[i] >= 0 ? happened[i] : behind < most[i] ? behind : most[i];
        for (uint32_t j = schedule->first[i]; j < schedule->first[i + 1]; j++) {
            int64_t *before = &most[schedule->before[j].edge];
            if (*play < *before)
                *before = *play;
        }
    }
    free(most);
    settle(schedule);
    return 0;
}

static bool
begins_callback(const struct schedule *schedule, uint32_t edge)
{
    const struct schedule_edge *at = &schedule->edges[edge];
    return at->counted && at->callback && !at->leave && !schedule->events[at->event].nested;
}

/* A callback that came in the midst of another thread's waits until that is over; if that never was, it did
 * not come either. */
static int
part(const struct schedule *schedule, int64_t *happened)
{
    struct key *keys = sorted(schedule, happened);
    uint32_t thread = SCHEDULE_NONE;
    int64_t until = -1;
    for (uint32_t i = 0; keys != NULL && i < schedule->nedges; i++) {
        uint32_t enter = keys[i].edge, leave = schedule->events[schedule->edges[enter].event].leave;
        if (happened[enter] < 0 || !begins_callback(schedule, enter))
            continue;
        int64_t end = leave != SCHEDULE_NONE && happened[leave] >= 0 ? happened[leave] : INT64_MAX;
        if (schedule->edges[enter].thread != thread && happened[enter] < until) {
            int64_t by = until == INT64_MAX ? -1 : until + APART_NS - happened[enter];
            if (end != INT64_MAX)
                happened[leave] = end = by < 0 ? -1 : end + by;
            happened[enter] = by < 0 ? -1 : happened[enter] + by;
        }
        if (end > until) {
            until = end;
            thread = schedule->edges[enter].thread;
        }
    }
    if (keys == NULL)
        return -1;
    free(keys);
    return 0;
}

int
chaos_delivered(struct order_trace *trace, bool apart, struct fault *fault)
{
    struct schedule *schedule = trace->schedule;
    size_t bytes = ((size_t)schedule->nedges + 1) * sizeof *trace->happened;
    int64_t *happened = trace->happened != NULL ? malloc(bytes) : NULL;
    struct key *keys = NULL;
    if (happened != NULL) {
        memcpy(happened, trace->happened, bytes);
        if ((!apart || part(schedule, happened) == 0) && deliver(schedule, happened) == 0)
            keys = sorted(schedule, NULL);
    }
    for (uint32_t i = 0; keys != NULL && i < schedule->nedges; i++)
        schedule->order[i] = keys[i].edge;
    free(happened);
    if (keys == NULL)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the failing order");
    free(keys);
    return 0;
}
