// SPDX-License-Identifier: MIT
/*
 * Score, second step: how the events hang together. Resolves parents and causes, puts the edges in their
 * total order, proves that each thread's edges nest, decides what counts, and makes the lists the stand-in
 * walks.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replay/score/score_draft.h"

#define SHAPE_RUNNERS 4096u /* more SDK threads than that is not a tape but an attack */

struct shape {
    struct score_draft *draft;
    uint32_t *above;   /* per event: what was open on its thread when it began */
    bool *open;        /* per event: it is on its thread's stack */
    uint32_t *tops;    /* per thread: innermost open event */
    uint32_t *tails;   /* per event: last of its children */
    uint32_t *ends;    /* per thread, two: last of its top-level calls, of its callbacks */
    uint64_t *busy;    /* per EXTRA thread: number until which it plays */
    uint32_t recorded; /* threads on the tape; EXTRA ones follow */
    uint32_t runners;
};

static const char *
shape_name(const struct score_event *event)
{
    const struct api_entry *entry = api_entry(event->api);

    return entry == NULL ? "unknown to this build" : entry->name;
}

struct shape_edge {
    uint64_t seq;
    uint32_t event;
    uint32_t leave;
};

static int
shape_compare(const void *a, const void *b)
{
    const struct shape_edge *one = a, *two = b;

    return one->seq < two->seq ? -1 : one->seq > two->seq;
}

/* All edges in their recorded order. */
static int
shape_edges(struct score_draft *draft, struct fault *fault)
{
    struct shape_edge *order = malloc(((size_t)draft->nevents * 2 + 1) * sizeof *order);
    uint32_t i, count = 0;
    int result = -1;

    draft->edges = calloc((size_t)draft->nevents * 2 + 1, sizeof *draft->edges);
    draft->edge_seqs = calloc((size_t)draft->nevents * 2 + 1, sizeof *draft->edge_seqs);
    if (order == NULL || draft->edges == NULL || draft->edge_seqs == NULL) {
        fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the edges of %u events", draft->nevents);
        goto out;
    }
    for (i = 0; i < draft->nevents; i++) {
        order[count++] = (struct shape_edge){.seq = draft->events[i].seq, .event = i};
        if (draft->raw[i].end_seq != 0)
            order[count++] = (struct shape_edge){.seq = draft->raw[i].end_seq, .event = i, .leave = 1};
    }
    qsort(order, count, sizeof *order, shape_compare);
    for (i = 0; i < count; i++) {
        struct score_event *event = &draft->events[order[i].event];
        const struct draft_event *raw = &draft->raw[order[i].event];

        if (i > 0 && order[i].seq == order[i - 1].seq) {
            fault_set(fault, FAULT_DATA, "the tape has two edges with number %" PRIu64, order[i].seq);
            goto out;
        }
        draft->edges[i] = (struct score_edge){.at_ns = order[i].leave ? raw->end_ns : raw->at_ns,
                                              .event = order[i].event,
                                              .next_sdk = SCORE_NONE,
                                              .leave = (uint8_t)order[i].leave};
        draft->edge_seqs[i] = order[i].seq;
        /* Call enter and callback leave are the app's. */
        draft->edges[i].app = ((event->flags & SCORE_CALLBACK) != 0) == (order[i].leave != 0);
        if (order[i].leave)
            event->leave = i;
        else
            event->enter = i;
    }
    draft->nedges = count;
    result = 0;
out:
    free(order);
    return result;
}

static bool
shape_is_open(const struct shape *shape, uint32_t thread, uint32_t event)
{
    return shape->open[event] && shape->draft->events[event].thread == thread;
}

static void
shape_close(struct shape *shape, uint32_t thread)
{
    shape->open[shape->tops[thread]] = false;
    shape->tops[thread] = shape->above[shape->tops[thread]];
}

/* Closes what is still open above `until` on a thread; it must have no leave edge to come. */
static int
shape_pop(struct shape *shape, uint32_t thread, uint32_t until, struct fault *fault)
{
    struct score_draft *draft = shape->draft;

    while (shape->tops[thread] != until) {
        struct score_event *open = &draft->events[shape->tops[thread]];

        if (open->leave != SCORE_NONE)
            return fault_set(fault, FAULT_DATA,
                             "event %" PRIu64
                             " (%s) and what came after it on thread %u overlap without nesting",
                             open->seq, shape_name(open), draft->threads[thread].number);
        open->flags |= SCORE_LOST_LEAVE;
        shape_close(shape, thread);
    }
    return 0;
}

/*
 * What an event that begins now is nested in, which the tape says to be `parent`. A signal handler may have
 * come when an event had its number and was not yet, or no longer, known to be open: what still has to return
 * is around it. What has no leave edge was left by a longjmp.
 */
static uint32_t
shape_around(struct shape *shape, uint32_t thread, uint32_t parent)
{
    struct score_draft *draft = shape->draft;

    while (shape->tops[thread] != parent && draft->events[shape->tops[thread]].leave == SCORE_NONE) {
        draft->events[shape->tops[thread]].flags |= SCORE_LOST_LEAVE;
        shape_close(shape, thread);
    }
    return shape->tops[thread];
}

/* Runs over all edges with one stack per thread: nesting must be what the events say it is. */
static int
shape_nesting(struct shape *shape, struct fault *fault)
{
    struct score_draft *draft = shape->draft;
    uint32_t i;

    for (i = 0; i < draft->nedges; i++) {
        uint32_t index = draft->edges[i].event;
        struct score_event *event = &draft->events[index];
        const struct draft_event *raw = &draft->raw[index];

        if (draft->edges[i].leave) {
            if (!shape_is_open(shape, event->thread, index))
                return fault_set(fault, FAULT_DATA, "event %" PRIu64 " (%s) ends after what it is nested in",
                                 event->seq, shape_name(event));
            if (shape_pop(shape, event->thread, index, fault) != 0)
                return -1;
            shape_close(shape, event->thread);
            continue;
        }
        if (raw->parent != 0) {
            event->parent = score_draft_find(draft, raw->parent);
            /* Cut off at the front (a flight recorder): then it stands by itself. */
            if (event->parent == SCORE_NONE && raw->parent > draft->events[0].seq)
                return fault_set(fault, FAULT_DATA,
                                 "event %" PRIu64 " (%s) is nested in event %" PRIu64
                                 ", which the tape does not have",
                                 event->seq, shape_name(event), raw->parent);
            if (event->parent != SCORE_NONE && !shape_is_open(shape, event->thread, event->parent))
                return fault_set(fault, FAULT_DATA,
                                 "event %" PRIu64 " (%s) is nested in event %" PRIu64
                                 ", which was not open on its thread",
                                 event->seq, shape_name(event), raw->parent);
        }
        event->parent = shape_around(shape, event->thread, event->parent);
        shape->above[index] = event->parent;
        shape->open[index] = true;
        shape->tops[event->thread] = index;
    }
    for (i = 0; i < shape->recorded; i++) {
        uint32_t at;

        for (at = shape->tops[i]; at != SCORE_NONE; at = shape->above[at]) {
            if (draft->events[at].leave == SCORE_NONE)
                draft->events[at].flags |= SCORE_IN_FLIGHT;
        }
    }
    return 0;
}

static bool
shape_of_version(const struct score_draft *draft, const struct api_entry *callback)
{
    const char *version = draft->sdk_version == 0 ? NULL : draft->texts + draft->sdk_version - 1;
    const struct api_entry *entry = api_find_version(callback->name, version);
    return entry != NULL && entry->id == callback->id;
}

/* A callback must be one that its cause can have brought: else we would call an app function with
 * arguments it does not take. */
static int
shape_cause(struct shape *shape, uint32_t index, struct fault *fault)
{
    struct score_draft *draft = shape->draft;
    struct score_event *event = &draft->events[index];
    const struct api_entry *callback = api_entry(event->api), *entry, *wanted;
    uint64_t seq = draft->raw[index].cause;
    unsigned i, which = 0;

    if (seq == 0)
        return 0;
    event->cause = score_draft_find(draft, seq);
    if (event->cause == SCORE_NONE && seq < draft->events[0].seq)
        return 0;
    if (event->cause == SCORE_NONE || event->cause >= index ||
        (draft->events[event->cause].flags & SCORE_CALLBACK) != 0)
        return fault_set(fault, FAULT_DATA,
                         "event %" PRIu64 " (%s) names event %" PRIu64
                         " as its cause, which is no earlier call",
                         event->seq, callback->name, seq);
    entry = api_entry(draft->events[event->cause].api);
    if (entry == NULL)
        return 0;
    for (i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type != API_FN || which++ != event->via)
            continue;
        wanted = entry->params[i].callback < 0 ? NULL : api_entry((unsigned)entry->params[i].callback);
        if (wanted == NULL || wanted->newest != callback->newest)
            continue;
        /* An unchanged registration can have brought the callback that its SDK's version had. */
        if (wanted->nparams == callback->nparams || shape_of_version(draft, callback))
            return 0;
    }
    return fault_set(fault, FAULT_DATA,
                     "event %" PRIu64 " (%s) cannot come from its cause, event %" PRIu64 " (%s)", event->seq,
                     callback->name, seq, entry->name);
}

/* A thread of its own for a callback that came inside a callback (signal handler, foreign code): we have
 * no way to run it there. One that is idle at that time, or a new one. */
static int
shape_extra(struct shape *shape, uint32_t index, struct fault *fault)
{
    struct score_draft *draft = shape->draft;
    struct score_event *event = &draft->events[index];
    const struct score_thread *from = &draft->threads[event->thread];
    uint64_t until = draft->raw[index].end_seq == 0 ? UINT64_MAX : draft->raw[index].end_seq;
    uint32_t i;

    for (i = shape->recorded; i < draft->nthreads; i++) {
        if (draft->threads[i].number == from->number && shape->busy[i - shape->recorded] < event->seq)
            break;
    }
    if (i == draft->nthreads) {
        if (i - shape->recorded >= SHAPE_RUNNERS)
            return fault_set(fault, FAULT_DATA, "event %" PRIu64 ": more than %u callbacks inside callbacks",
                             event->seq, SHAPE_RUNNERS);
        if (score_grow(&draft->threads, i, &draft->room_threads, sizeof *draft->threads, fault) != 0)
            return -1;
        draft->threads[i] = draft->threads[event->thread];
        draft->threads[i].flags = SCORE_EXTRA;
        draft->threads[i].first_call = draft->threads[i].first_back = SCORE_NONE;
        draft->nthreads++;
    }
    shape->busy[i - shape->recorded] = until;
    event->thread = i;
    event->parent = SCORE_NONE;
    return 0;
}

/* What of an event counts, given what was decided for its parent (which stands before it). */
static int
shape_place(struct shape *shape, uint32_t index, struct fault *fault)
{
    struct score_draft *draft = shape->draft;
    struct score_event *event = &draft->events[index];
    const struct score_event *parent = event->parent == SCORE_NONE ? NULL : &draft->events[event->parent];
    uint64_t exit_seq = draft->exits[draft->threads[event->thread].process];
    bool callback = (event->flags & SCORE_CALLBACK) != 0;

    if (callback && event->api != UINT16_MAX && shape_cause(shape, index, fault) != 0)
        return -1;
    if (exit_seq != 0 && event->seq > exit_seq)
        event->flags |= SCORE_IGNORED | SCORE_AFTER_EXIT;
    if (parent != NULL) {
        event->flags |= parent->flags & SCORE_IGNORED;
        event->thread = parent->thread;
        /* A call straight inside a call is the SDK using itself. */
        if (!callback && (parent->flags & SCORE_CALLBACK) == 0)
            event->flags = (uint8_t)((event->flags | SCORE_IGNORED) & ~SCORE_AFTER_EXIT);
    }
    if (callback && event->cause != SCORE_NONE &&
        (draft->events[event->cause].flags & (SCORE_IGNORED | SCORE_AFTER_EXIT)) == SCORE_IGNORED)
        event->flags |= SCORE_IGNORED;
    if (callback && parent != NULL && (parent->flags & SCORE_CALLBACK) != 0 &&
        (event->flags & SCORE_IGNORED) == 0)
        return shape_extra(shape, index, fault);
    return 0;
}

/* Appends an event to the list it belongs to. Of what does not count only the calls after the exit mark
 * are listed: they are answered when they come. */
static int
shape_list(struct shape *shape, uint32_t index, struct fault *fault)
{
    struct score_draft *draft = shape->draft;
    struct score_event *event = &draft->events[index];
    bool callback = (event->flags & SCORE_CALLBACK) != 0;
    struct score_thread *thread = &draft->threads[event->thread];
    uint32_t *first, *tail;

    if ((event->flags & SCORE_IGNORED) != 0 && (callback || (event->flags & SCORE_AFTER_EXIT) == 0))
        return 0;
    if (event->parent != SCORE_NONE) {
        first = &draft->events[event->parent].child;
        tail = &shape->tails[event->parent];
    } else {
        first = callback ? &thread->first_back : &thread->first_call;
        tail = &shape->ends[(size_t)event->thread * 2 + callback];
        if (callback && *first == SCORE_NONE && ++shape->runners > SHAPE_RUNNERS)
            return fault_set(fault, FAULT_DATA, "the tape has callbacks on more than %u threads",
                             SHAPE_RUNNERS);
        thread->flags |= callback ? SCORE_BACKS : SCORE_CALLS;
    }
    if (*first == SCORE_NONE)
        *first = index;
    else
        draft->events[*tail].next = index;
    *tail = index;
    return 0;
}

static void
shape_marks(struct shape *shape)
{
    struct score_draft *draft = shape->draft;
    uint32_t i;

    for (i = 0; i < draft->nprocesses; i++) {
        uint32_t low = 0, high = draft->nedges;

        while (draft->exits[i] != 0 && low < high) {
            uint32_t middle = low + (high - low) / 2;

            if (draft->edge_seqs[middle] < draft->exits[i])
                low = middle + 1;
            else
                high = middle;
        }
        draft->processes[i].exit_edge = draft->exits[i] == 0 ? draft->nedges : low;
    }
    for (i = 0; i < draft->nedges; i++) {
        struct score_event *event = &draft->events[draft->edges[i].event];
        struct score_process *process = &draft->processes[draft->threads[event->thread].process];

        if (process->first_event == SCORE_NONE)
            process->first_event = draft->edges[i].event;
        draft->edges[i].counted = (event->flags & SCORE_IGNORED) == 0 && i < process->exit_edge;
    }
}

int
score_shape(struct score_draft *draft, struct fault *fault)
{
    struct shape shape = {.draft = draft, .recorded = draft->nthreads};
    size_t events = (size_t)draft->nevents + 1, threads = (size_t)draft->nthreads + SHAPE_RUNNERS;
    int result = -1;
    uint32_t i;

    shape.above = malloc(events * sizeof *shape.above);
    shape.open = calloc(events, sizeof *shape.open);
    shape.tails = malloc(events * sizeof *shape.tails);
    shape.tops = malloc(threads * sizeof *shape.tops);
    shape.ends = malloc(threads * 2 * sizeof *shape.ends);
    shape.busy = calloc(SHAPE_RUNNERS, sizeof *shape.busy);
    if (shape.above == NULL || shape.open == NULL || shape.tails == NULL || shape.tops == NULL ||
        shape.ends == NULL || shape.busy == NULL) {
        fault_set(fault, FAULT_CANNOT_RUN, "out of memory for %u events", draft->nevents);
        goto out;
    }
    memset(shape.tops, 0xff, threads * sizeof *shape.tops);
    if (shape_edges(draft, fault) != 0 || shape_nesting(&shape, fault) != 0)
        goto out;
    for (i = 0; i < draft->nevents; i++) {
        if (shape_place(&shape, i, fault) != 0 || shape_list(&shape, i, fault) != 0)
            goto out;
    }
    shape_marks(&shape);
    result = 0;
out:
    free(shape.above);
    free(shape.open);
    free(shape.tails);
    free(shape.tops);
    free(shape.ends);
    free(shape.busy);
    return result;
}
