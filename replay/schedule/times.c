// SPDX-License-Identifier: MIT
#include "replay/schedule/schedule.h"

static int64_t
times_scale(int64_t at, double speed)
{
    double played = (double)at / (speed > 0 ? speed : 1);

    if (speed > 0 && speed != 1.0)
        at = played > (double)SCHEDULE_NEVER ? SCHEDULE_NEVER : (int64_t)played;
    return at > SCHEDULE_NEVER ? SCHEDULE_NEVER : at;
}

/* Time that is left out stays left out: what comes after a cut is as far from it as recorded. */
void
times_shape(struct schedule *schedule, const struct schedule_times *times)
{
    uint32_t until = times->from < schedule->nevents ? schedule->events[times->from].enter : SCHEDULE_NONE, i;
    bool hurry = until != SCHEDULE_NONE;
    int64_t last = 0, cut = 0;

    for (i = 0; i < schedule->nedges; i++) {
        struct schedule_edge *edge = &schedule->edges[schedule->order[i]];
        int64_t at = edge->play_ns, gap = at - last;

        edge->gap_ms = gap / 1000000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(gap / 1000000);
        if (hurry)
            cut = at;
        else if (times->max_gap_ns > 0 && gap > times->max_gap_ns)
            cut += gap - times->max_gap_ns;
        if (schedule->order[i] == until)
            hurry = false;
        last = at;
        edge->play_ns = times_scale(at - cut, times->speed);
    }
}
