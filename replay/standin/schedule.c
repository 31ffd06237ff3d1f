// SPDX-License-Identifier: MIT
/*
 * Time: one timeline for all processes, due(e) = start + recorded(e)/speed + slip. (The score's times are
 * already divided by the speed.) In causal order each edge instead keeps its recorded distance from what it
 * follows from, so that slip stays where it arose.
 *
 * Slip is how much later than recorded the timeline runs because the app was later. It grows only
 * when an SDK edge had to wait for an app edge: then it becomes what makes that app edge punctual. What we
 * ourselves were late with the edge that let the app's thread go on is not the app's; and a few microseconds
 * that the timeline makes good by itself are not worth a slip for the rest of the run.
 */
#include "replay/score/score_edge.h"
#include "replay/standin/inside.h"

int64_t
schedule_due(uint32_t edge)
{
    return score_when(standin_score, edge);
}

/* Without somebody who said when recorded time 0 is, the first call is punctual. */
void
schedule_start(uint64_t now, uint32_t edge)
{
    struct score_live *live = score_live(standin_score);
    uint64_t none = 0;

    if (atomic_load_explicit(&live->start_ns, memory_order_relaxed) == 0)
        atomic_compare_exchange_strong(&live->start_ns, &none,
                                       now - (uint64_t)score_edge(standin_score, edge)->at_ns);
}

/* What of an app edge's lateness was ours. */
static int64_t
schedule_ours(struct score_live *live)
{
    int64_t ours = standin_thread.late, other = atomic_load_explicit(&live->last_late, memory_order_relaxed);

    /* It may as well have been another SDK edge, by way of the app's own locks, that let it go. */
    if (other > ours)
        ours = other;
    if (ours < 0)
        ours = 0;
    /* The way through shim and stand-in is a little longer than it was through shim and SDK. */
    return ours + SCHEDULE_WAY_NS;
}

void
schedule_happened(uint32_t index, int64_t at)
{
    if (!score_is_strict(standin_score))
        atomic_store(score_time(standin_score, index), at);
}

/* Causal order: what follows keeps its distance from when the app did it, small change left out. */
static void
schedule_chain(uint32_t index, uint64_t now, int64_t late)
{
    int64_t at = (int64_t)now - atomic_load(&score_live(standin_score)->slip);

    at -= late > -SCHEDULE_SLACK_NS && late < SCHEDULE_SLACK_NS ? late : 0;
    schedule_happened(index, at);
}

void
schedule_arrived(uint32_t index, uint64_t now)
{
    struct score_live *live = score_live(standin_score);
    const struct score_edge *edge = score_edge(standin_score, index);
    int64_t ours, late, wanted, slip, more;

    if (standin_score->patience_ns != 0)
        schedule_happened(index, (int64_t)now);
    if (standin_score->max || !edge->counted)
        return;
    ours = schedule_ours(live);
    late = (int64_t)now - ours - schedule_due(index);
    if (index >= standin_score->from)
        atomic_store_explicit(&score_event_live(standin_score, edge->event)->app_late_ns, late,
                              memory_order_relaxed);
    if (standin_score->patience_ns == 0) {
        schedule_chain(index, now - (uint64_t)ours, late);
        return;
    }
    if (edge->next_sdk == SCORE_NONE || (int64_t)now <= schedule_due(edge->next_sdk))
        return; /* nobody has to wait for it */
    wanted = (int64_t)now - ours - (int64_t)atomic_load(&live->start_ns) - edge->at_ns;
    slip = atomic_load(&live->slip);
    more = wanted - slip;
    if (more <= 0)
        return;
    /* What is not counted yet makes the next SDK edge late, and so looks like ours then. */
    more += atomic_fetch_add(&live->pending, more);
    if (more <= SCHEDULE_SLACK_NS)
        return;
    atomic_store(&live->pending, 0);
    wanted = slip + more;
    while (wanted > slip && !atomic_compare_exchange_weak(&live->slip, &slip, wanted))
        ;
}
