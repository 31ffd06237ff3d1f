// SPDX-License-Identifier: MIT
#include "replay/schedule/schedule.h"

#include <stdlib.h>

struct schedule *
schedule_new(uint32_t nedges, uint32_t nevents, struct fault *fault)
{
    struct schedule *schedule = calloc(1, sizeof *schedule);

    if (schedule == NULL)
        goto memory;
    schedule->nedges = nedges;
    schedule->nevents = nevents;
    schedule->edges = calloc((size_t)nedges + 1, sizeof *schedule->edges);
    schedule->events = calloc((size_t)nevents + 1, sizeof *schedule->events);
    schedule->order = calloc((size_t)nedges + 1, sizeof *schedule->order);
    if (schedule->edges == NULL || schedule->events == NULL || schedule->order == NULL)
        goto memory;
    return schedule;
memory:
    schedule_free(schedule);
    fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the order of %u events", nevents);
    return NULL;
}

void
schedule_free(struct schedule *schedule)
{
    if (schedule == NULL)
        return;
    free(schedule->edges);
    free(schedule->events);
    free(schedule->order);
    free(schedule->first);
    free(schedule->before);
    free(schedule->brought);
    free(schedule);
}
