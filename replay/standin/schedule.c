// SPDX-License-Identifier: MIT
/*
 * Time: one timeline for all processes, due(e) = start + recorded(e)/speed + slip. (The score's times are
 * already divided by the speed.)
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
    struct score_live *live = score_live(standin_score);

    return (int64_t)atomic_load_explicit(&live->start_ns, memory_order_relaxed) +
           score_edge(standin_score, edge)->at_ns + atomic_load_explicit(&live->slip, memory_order_relaxed);
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

void
schedule_arrived(uint32_t index, uint64_t now)
{
    struct score_live *live = score_live(standin_score);
    const struct score_edge *edge = score_edge(standin_score, index);
    int64_t ours = standin_thread.late, other, wanted, slip, more;

    if (standin_score->max || !edge->counted || edge->next_sdk == SCORE_NONE ||
        (int64_t)now <= schedule_due(edge->next_sdk))
        return; /* nobody has to wait for it */
    /* It may as well have been another SDK edge, by way of the app's own locks, that let it go. */
    other = atomic_load_explicit(&live->last_late, memory_order_relaxed);
    if (other > ours)
        ours = other;
    if (ours < 0)
        ours = 0;
    /* The way through shim and stand-in is a little longer than it was through shim and SDK. */
    ours += SCHEDULE_WAY_NS;
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
