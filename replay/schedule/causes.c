// SPDX-License-Identifier: MIT
/*
 * One walk over the edges. Only what follows from the tape is claimed: order within a thread, a callback
 * after what brought it and while its listener is there, and what a session's beginning and end allow.
 * All else is concurrent.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/schedule/schedule.h"

struct causes_thread {
    uint32_t last;     /* its last edge */
    uint32_t counted;  /* ... that counts */
    uint32_t back;     /* last enter of a callback that is not nested */
    uint32_t callback; /* last edge of any callback */
    uint32_t noted;    /* mark: seen in this walk over callbacks */
    uint32_t next;     /* of the threads with callbacks since the session was last closed */
    uint32_t sibling;  /* of the threads of its process */
    bool listed;
};

struct causes_process {
    uint32_t opened; /* enter of the last call that opened a session */
    uint32_t closed; /* leave of the last call that closed one */
    uint32_t threads;
    uint32_t all;    /* its threads, by sibling */
    uint32_t exited; /* first edge after it began to exit */
};

struct causes {
    struct schedule *schedule;
    struct causes_thread *threads;
    struct causes_process *processes;
    uint32_t *latest;  /* by event: last callback that it brought */
    uint32_t *earlier; /* by event: the callback of the same cause before it */
    uint32_t counted;  /* last edge that counts */
    uint32_t marks;
    size_t used, room;
};

static bool
causes_add(struct causes *causes, uint32_t edge, bool timed)
{
    struct schedule *schedule = causes->schedule;

    if (edge == SCHEDULE_NONE)
        return true;
    if (causes->used == causes->room) {
        size_t room = causes->room * 2;
        struct schedule_before *before = realloc(schedule->before, room * sizeof *before);

        if (before == NULL || room >= UINT32_MAX)
            return false;
        schedule->before = before;
        causes->room = room;
    }
    schedule->before[causes->used++] = (struct schedule_before){.edge = edge, .timed = timed};
    return true;
}

/* Within its thread. A callback that is not nested is the server's: it keeps its distance from the one before
 * it, too, however quick the app was with that. */
static bool
causes_thread(struct causes *causes, const struct schedule_edge *edge, const struct schedule_event *event)
{
    struct causes_thread *thread = &causes->threads[edge->thread];

    if (!causes_add(causes, thread->last, true) ||
        (thread->counted != thread->last && !causes_add(causes, thread->counted, true)))
        return false;
    return !edge->callback || edge->leave || event->nested || causes_add(causes, thread->back, true);
}

static bool
causes_callback(struct causes *causes, const struct schedule_event *event)
{
    const struct schedule *schedule = causes->schedule;

    if (!causes_add(causes, causes->processes[event->process].opened, true) ||
        (event->after != 0 && !causes_add(causes, schedule->events[event->after - 1].enter, true)))
        return false;
    if (event->cause >= schedule->nevents)
        return causes_add(causes, causes->counted, true); /* nothing is known of it: it stays where it is */
    return causes_add(causes, schedule->events[event->cause].enter, true);
}

/* What a listener was given before it was gone. */
static bool
causes_ended(struct causes *causes, uint32_t at, uint32_t registration)
{
    const struct schedule *schedule = causes->schedule;
    uint32_t back = causes->latest[registration];

    causes->latest[registration] = SCHEDULE_NONE; /* it ends once */
    causes->marks++;
    for (; back != SCHEDULE_NONE; back = causes->earlier[back]) {
        const struct schedule_event *event = &schedule->events[back];
        struct causes_thread *thread = &causes->threads[schedule->edges[event->enter].thread];

        if (thread->noted == causes->marks)
            continue;
        thread->noted = causes->marks;
        if (!causes_add(causes, event->leave < at ? event->leave : event->enter, false))
            return false;
    }
    return true;
}

static bool
causes_closed(struct causes *causes, struct causes_process *process)
{
    uint32_t at = process->threads;

    if (!causes_add(causes, process->closed, false))
        return false;
    for (process->threads = SCHEDULE_NONE; at != SCHEDULE_NONE; at = causes->threads[at].next) {
        causes->threads[at].listed = false;
        if (!causes_add(causes, causes->threads[at].callback, false))
            return false;
    }
    return true;
}

/* A process that exits waits for what came before. */
static bool
causes_exited(struct causes *causes, struct causes_process *process, uint32_t index)
{
    uint32_t at;

    if (process->exited != SCHEDULE_NONE)
        return causes_add(causes, process->exited, false);
    process->exited = index;
    for (at = process->all; at != SCHEDULE_NONE; at = causes->threads[at].sibling) {
        if (!causes_add(causes, causes->threads[at].last, false))
            return false;
    }
    return true;
}

static void
causes_note_callback(struct causes *causes, uint32_t index)
{
    const struct schedule_edge *edge = &causes->schedule->edges[index];
    const struct schedule_event *event = &causes->schedule->events[edge->event];
    struct causes_process *process = &causes->processes[event->process];
    struct causes_thread *thread = &causes->threads[edge->thread];

    thread->callback = index;
    if (!thread->listed) {
        thread->listed = true;
        thread->next = process->threads;
        process->threads = edge->thread;
    }
    if (edge->leave)
        return;
    if (!event->nested)
        thread->back = index;
    if (event->cause < causes->schedule->nevents) {
        causes->earlier[edge->event] = causes->latest[event->cause];
        causes->latest[event->cause] = edge->event;
        causes->schedule->brought[event->cause]++;
    }
}

static bool
causes_edge(struct causes *causes, uint32_t index)
{
    const struct schedule_edge *edge = &causes->schedule->edges[index];
    const struct schedule_event *event = &causes->schedule->events[edge->event];
    struct causes_process *process = &causes->processes[event->process];
    struct causes_thread *thread = &causes->threads[edge->thread];
    bool counts = edge->counted, fine = causes_thread(causes, edge, event);

    if (counts && edge->callback && !edge->leave)
        fine = fine && causes_callback(causes, event);
    if (counts && !edge->callback && edge->leave) {
        if (event->ends < causes->schedule->nevents)
            fine = fine && causes_ended(causes, index, event->ends);
        if (event->closes)
            fine = fine && causes_closed(causes, process);
    }
    if (edge->exited)
        fine = fine && causes_exited(causes, process, index);
    if (!fine)
        return false;
    if (thread->last == SCHEDULE_NONE) {
        thread->sibling = process->all;
        process->all = edge->thread;
    }
    thread->last = index;
    if (!counts)
        return true;
    thread->counted = causes->counted = index;
    if (edge->callback)
        causes_note_callback(causes, index);
    else if (edge->leave && event->closes)
        process->closed = index;
    else if (!edge->leave && event->opens)
        process->opened = index;
    return true;
}

int
causes_find(struct schedule *schedule, struct fault *fault)
{
    struct causes causes = {.schedule = schedule, .counted = SCHEDULE_NONE, .room = 1024};
    size_t events = (size_t)schedule->nevents + 1;
    bool fine;
    uint32_t i;

    causes.threads = calloc((size_t)schedule->nthreads + 1, sizeof *causes.threads);
    causes.processes = calloc((size_t)schedule->nprocesses + 1, sizeof *causes.processes);
    causes.latest = malloc(events * sizeof *causes.latest);
    causes.earlier = malloc(events * sizeof *causes.earlier);
    schedule->first = calloc((size_t)schedule->nedges + 1, sizeof *schedule->first);
    schedule->before = malloc(causes.room * sizeof *schedule->before);
    schedule->brought = calloc(events, sizeof *schedule->brought);
    fine = causes.threads != NULL && causes.processes != NULL && causes.latest != NULL &&
           causes.earlier != NULL && schedule->first != NULL && schedule->before != NULL &&
           schedule->brought != NULL;
    for (i = 0; fine && i < schedule->nthreads; i++)
        causes.threads[i] = (struct causes_thread){.last = SCHEDULE_NONE,
                                                   .counted = SCHEDULE_NONE,
                                                   .back = SCHEDULE_NONE,
                                                   .callback = SCHEDULE_NONE,
                                                   .next = SCHEDULE_NONE};
    for (i = 0; fine && i < schedule->nprocesses; i++)
        causes.processes[i] = (struct causes_process){.opened = SCHEDULE_NONE,
                                                      .closed = SCHEDULE_NONE,
                                                      .threads = SCHEDULE_NONE,
                                                      .all = SCHEDULE_NONE,
                                                      .exited = SCHEDULE_NONE};
    if (fine) {
        memset(causes.latest, 0xff, events * sizeof *causes.latest);
        memset(causes.earlier, 0xff, events * sizeof *causes.earlier);
    }
    for (i = 0; fine && i < schedule->nedges; i++) {
        fine = causes_edge(&causes, i);
        schedule->first[i + 1] = (uint32_t)causes.used;
    }
    free(causes.threads);
    free(causes.processes);
    free(causes.latest);
    free(causes.earlier);
    return fine ? 0
                : fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the causes of %u events",
                            schedule->nevents);
}
