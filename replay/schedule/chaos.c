// SPDX-License-Identifier: MIT
/*
 * Moves from a seed. A bug that hides in an order mostly needs one or two callbacks to pass something that
 * they had nothing to do with, so that is what most seeds do; how far is measured in neighbours and
 * not in time, and so it matters on a tape of a microsecond as on one of an hour.
 */
#include "replay/schedule/schedule.h"

#define CHAOS_WINDOW 256u /* edges looked at around one */

/* splitmix64 (Steele, Lea, Flood 2014): integers only, so every machine draws the same. */
static uint64_t
chaos_next(uint64_t *state)
{
    uint64_t mixed = *state += 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

static uint32_t
chaos_below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)(chaos_next(state) % limit);
}

static uint32_t
chaos_count(uint64_t *state, uint32_t most)
{
    uint32_t dice = chaos_below(state, 100), few;

    if (dice < 75)
        few = 1 + (dice >= 40) + (dice >= 58) + (dice >= 68);
    else if (dice < 95)
        few = 5 + chaos_below(state, 12);
    else
        few = 17 + chaos_below(state, most > 17 ? most - 17 : 1);
    return few < most ? few : most;
}

static bool
chaos_ours(const struct schedule_edge *edge)
{
    return !edge->app && edge->counted;
}

static uint32_t
chaos_root(uint32_t number)
{
    uint32_t root = 1;

    while (root < 65535 && (root + 1) * (root + 1) <= number)
        root++;
    return root;
}

/*
 * Callbacks more often than returns of calls: there is where apps are surprised. And of a listener that is
 * called a thousand times (logs) rather some thirty than all, or nothing else would ever be moved.
 */
static bool
chaos_wants(const struct schedule *schedule, uint64_t *state, const struct schedule_edge *edge)
{
    uint32_t cause = schedule->events[edge->event].cause, many;

    if (!edge->callback)
        return chaos_below(state, 3) == 0;
    many = cause < schedule->nevents ? schedule->brought[cause] : 1;
    return many < 2 || chaos_below(state, many) < chaos_root(many);
}

/* An edge that the SDK makes: one from a place drawn on. */
static uint32_t
chaos_pick(const struct schedule *schedule, uint64_t *state)
{
    uint32_t from = chaos_below(state, schedule->nedges), i;

    for (i = 0; i < schedule->nedges; i++) {
        uint32_t edge = (uint32_t)(((uint64_t)from + i) % schedule->nedges);

        if (chaos_ours(&schedule->edges[edge]) && chaos_wants(schedule, state, &schedule->edges[edge]))
            return edge;
    }
    return SCHEDULE_NONE;
}

/* Of the neighbours that may be passed, mostly a near one. */
static uint32_t
chaos_choose(uint64_t *state, uint32_t found)
{
    uint32_t near = found < 4 ? found : 4;

    return chaos_below(state, 4) != 0 ? chaos_below(state, near) : chaos_below(state, found);
}

/* Before one that stands before it: everything after the last of its predecessors is concurrent. */
static bool
chaos_earlier(const struct schedule *schedule, uint64_t *state, uint32_t edge, int64_t *delta)
{
    const struct schedule_edge *edges = schedule->edges;
    uint32_t found[CHAOS_WINDOW], count = 0, after = 0, i;

    for (i = schedule->first[edge]; i < schedule->first[edge + 1]; i++) {
        if (schedule->before[i].edge + 1 > after)
            after = schedule->before[i].edge + 1;
    }
    for (i = edge; i-- > after && edge - i < CHAOS_WINDOW;) {
        if (edges[i].counted && edges[i].thread != edges[edge].thread)
            found[count++] = i;
    }
    if (count == 0)
        return false;
    i = found[chaos_choose(state, count)];
    *delta = edges[i].at_ns - edges[edge].at_ns - 1;
    return true;
}

static bool
chaos_follows(const struct schedule *schedule, uint32_t edge, uint32_t base, const bool *follows)
{
    uint32_t i;

    for (i = schedule->first[edge]; i < schedule->first[edge + 1]; i++) {
        uint32_t before = schedule->before[i].edge;

        if (before >= base && follows[before - base])
            return true;
    }
    return false;
}

/* After one that stands after it and does not follow from it. */
static bool
chaos_later(const struct schedule *schedule, uint64_t *state, uint32_t edge, int64_t *delta)
{
    const struct schedule_edge *edges = schedule->edges;
    uint32_t found[CHAOS_WINDOW], count = 0, i;
    bool follows[CHAOS_WINDOW] = {true};

    for (i = edge + 1; i < schedule->nedges && i - edge < CHAOS_WINDOW; i++) {
        follows[i - edge] = chaos_follows(schedule, i, edge, follows);
        if (!follows[i - edge] && edges[i].counted)
            found[count++] = i;
    }
    if (count == 0)
        return false;
    i = found[chaos_choose(state, count)];
    *delta = edges[i].at_ns - edges[edge].at_ns + 1;
    return true;
}

/* The pause before it: none, up to eight times as long, or what a time-out of somebody may be (to 4 s). */
static int64_t
chaos_stretch(const struct schedule *schedule, uint64_t *state, uint32_t edge)
{
    int64_t gap = edge > 0 ? schedule->edges[edge].at_ns - schedule->edges[edge - 1].at_ns : 0;
    uint32_t dice = chaos_below(state, 16), eighths = chaos_below(state, 64), power = chaos_below(state, 12);

    if (dice < 4)
        return -gap;
    return dice < 8 ? gap / 8 * (int64_t)eighths : (int64_t)2000000 << power;
}

uint32_t
chaos_make(const struct schedule *schedule, uint64_t seed, struct schedule_move *moves, uint32_t most)
{
    uint64_t state = seed;
    uint32_t wanted, tries, made = 0;

    if (schedule->nedges == 0 || most == 0)
        return 0;
    wanted = chaos_count(&state, most < CHAOS_MOST ? most : CHAOS_MOST);
    for (tries = 0; made < wanted && tries < wanted * 4; tries++) {
        uint32_t edge = chaos_pick(schedule, &state), dice = chaos_below(&state, 100);
        int64_t delta = 0;

        if (edge == SCHEDULE_NONE)
            continue;
        if (dice < 40 ? !chaos_earlier(schedule, &state, edge, &delta)
                      : dice < 80 && !chaos_later(schedule, &state, edge, &delta))
            continue;
        if (dice >= 80)
            delta = chaos_stretch(schedule, &state, edge);
        if (delta != 0)
            moves[made++] = (struct schedule_move){.event = schedule->edges[edge].event, .delta_ns = delta};
    }
    return made;
}
