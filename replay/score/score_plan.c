// SPDX-License-Identifier: MIT
/*
 * Score, third step: when and in which order the edges are played. The schedule works on a plain copy of
 * them; here it is filled from the draft and read back. Events keep their numbers whatever the order is.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replay/score/score_draft.h"

/* Registrations by what replaces or removes them. */
struct plan_slot {
    uint32_t event; /* + 1; 0: free */
    uint32_t process;
    uint32_t what; /* the function of a single slot, the callback type of a list */
    uint64_t token;
};

struct plan {
    struct score_draft *draft;
    struct schedule *schedule;
    struct plan_slot *slots;
    uint32_t mask;
};

/* Callbacks that came inside a callback play on a thread of their own and keep the order of the recorded one.
 */
static uint32_t
plan_thread(const struct score_draft *draft, uint32_t thread)
{
    uint32_t i;

    for (i = 0; (draft->threads[thread].flags & SCORE_EXTRA) != 0 && i < thread; i++) {
        if (draft->threads[i].number == draft->threads[thread].number)
            return i;
    }
    return thread;
}

static int
plan_edges(struct plan *plan, struct fault *fault)
{
    const struct score_draft *draft = plan->draft;
    uint32_t *thread = malloc(((size_t)draft->nthreads + 1) * sizeof *thread), i;

    if (thread == NULL)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the order of %u events", draft->nevents);
    for (i = 0; i < draft->nthreads; i++)
        thread[i] = plan_thread(draft, i);
    for (i = 0; i < draft->nedges; i++) {
        const struct score_edge *from = &draft->edges[i];
        const struct score_event *event = &draft->events[from->event];

        plan->schedule->edges[i] = (struct schedule_edge){
            .at_ns = from->at_ns,
            .event = from->event,
            .thread = thread[event->thread],
            .leave = from->leave,
            .app = from->app,
            .counted = from->counted,
            .exited = i >= draft->processes[draft->threads[event->thread].process].exit_edge,
            .callback = (event->flags & SCORE_CALLBACK) != 0};
    }
    free(thread);
    return 0;
}

static struct plan_slot *
plan_find(struct plan *plan, const struct plan_slot *like)
{
    uint64_t hash =
        (like->token ^ (uint64_t)like->process << 40 ^ (uint64_t)like->what << 20) * 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(hash >> 32) & plan->mask;

    while (plan->slots[at].event != 0 &&
           (plan->slots[at].process != like->process || plan->slots[at].what != like->what ||
            plan->slots[at].token != like->token))
        at = (at + 1) & plan->mask;
    return &plan->slots[at];
}

/* The registration whose listener is gone when this call has returned. */
static uint32_t
plan_ends(struct plan *plan, uint32_t index)
{
    const struct score_draft *draft = plan->draft;
    const struct score_event *event = &draft->events[index];
    const struct api_entry *entry = api_entry(event->api);
    struct plan_slot like = {
        .event = index + 1, .process = draft->threads[event->thread].process, .what = entry->newest};
    struct plan_slot *slot;
    uint32_t before;
    unsigned i;

    for (i = 0; i < entry->nparams && entry->params[i].type != API_FN; i++)
        ;
    if (entry->list && i < entry->nparams && entry->params[i].callback >= 0) {
        like.what = (uint32_t)entry->params[i].callback;
        like.token = draft->values[event->values + i].bits;
    }
    slot = plan_find(plan, &like);
    before = slot->event == 0 ? SCORE_NONE : slot->event - 1;
    *slot = like;
    if (entry->list && entry->kind == API_REGISTER)
        return SCORE_NONE; /* one more */
    return before;
}

static int
plan_events(struct plan *plan, struct fault *fault)
{
    const struct score_draft *draft = plan->draft;
    uint32_t i;

    for (plan->mask = 63; plan->mask < draft->nevents * 2ull && plan->mask < UINT32_MAX / 2;)
        plan->mask = plan->mask * 2 + 1;
    plan->slots = calloc((size_t)plan->mask + 1, sizeof *plan->slots);
    if (plan->slots == NULL)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the order of %u events", draft->nevents);
    for (i = 0; i < draft->nevents; i++) {
        const struct score_event *event = &draft->events[i];
        const struct api_entry *entry = api_entry(event->api);
        bool call = (event->flags & SCORE_CALLBACK) == 0 && entry != NULL;

        plan->schedule->events[i] = (struct schedule_event){
            .enter = event->enter,
            .leave = event->leave,
            .process = draft->threads[event->thread].process,
            .cause = event->cause,
            .ends = call && (event->flags & SCORE_IGNORED) == 0 &&
                            (entry->kind == API_REGISTER || entry->kind == API_UNREGISTER)
                        ? plan_ends(plan, i)
                        : SCORE_NONE,
            .nested = event->parent != SCORE_NONE,
            .opens = call && entry->opens,
            .closes = call && entry->closes};
    }
    return 0;
}

static int
plan_moves(struct plan *plan, const struct score_options *options, struct fault *fault)
{
    struct score_draft *draft = plan->draft;
    uint32_t most = options->seeded ? CHAOS_MOST : options->nmoves;

    if (options->order == SCORE_STRICT)
        return moves_apply(plan->schedule, NULL, 0, fault);
    if (score_made(draft, fault) != 0 || causes_find(plan->schedule, fault) != 0 ||
        moves_apply(plan->schedule, NULL, 0, fault) != 0)
        return -1;
    if (most == 0)
        return 0;
    draft->moves = malloc(most * sizeof *draft->moves);
    if (draft->moves == NULL)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for %u moves", most);
    if (options->seeded) {
        draft->nmoves = chaos_make(plan->schedule, options->seed, draft->moves, most);
    } else {
        memcpy(draft->moves, options->moves, most * sizeof *draft->moves);
        draft->nmoves = most;
    }
    return moves_apply(plan->schedule, draft->moves, draft->nmoves, fault);
}

static int
plan_from(const struct score_draft *draft, uint64_t seq, uint32_t *from, struct fault *fault)
{
    *from = seq == 0 ? SCORE_NONE : score_draft_find(draft, seq);
    if (seq != 0 && *from == SCORE_NONE)
        return fault_set(fault, FAULT_USAGE,
                         "--from: the tape has no event %" PRIu64 "; `timtape show` lists them", seq);
    return 0;
}

/* A process holds its exit until all has happened that came before it. */
static void
plan_exits(struct score_draft *draft, const uint32_t *place)
{
    uint32_t i, last = 0;

    /* `last` of the edges up to each one, kept where nothing else is any more. */
    for (i = 0; i < draft->nedges; i++) {
        if (place[i] + 1 > last)
            last = place[i] + 1;
        draft->edge_seqs[i] = last;
    }
    for (i = 0; i < draft->nprocesses; i++) {
        uint32_t until = draft->processes[i].exit_edge;

        if (until > 0 && until < draft->nedges)
            draft->processes[i].exit_edge = (uint32_t)draft->edge_seqs[until - 1];
    }
}

/* The order that was found, into the draft. */
static int
plan_read(struct plan *plan, struct fault *fault)
{
    struct score_draft *draft = plan->draft;
    const struct schedule *schedule = plan->schedule;
    struct score_edge *edges = malloc(((size_t)draft->nedges + 1) * sizeof *edges);
    uint32_t *place = malloc(((size_t)draft->nedges + 1) * sizeof *place), i, next = SCORE_NONE;

    if (edges == NULL || place == NULL) {
        free(edges);
        free(place);
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the order of %u events", draft->nevents);
    }
    for (i = 0; i < draft->nedges; i++) {
        const struct schedule_edge *from = &schedule->edges[schedule->order[i]];
        struct score_event *event = &draft->events[from->event];

        edges[i] = draft->edges[schedule->order[i]];
        edges[i].at_ns = from->play_ns;
        edges[i].gap_ms = from->gap_ms;
        place[schedule->order[i]] = i;
        if (from->leave)
            event->leave = i;
        else
            event->enter = i;
    }
    for (i = draft->nedges; i-- > 0;) {
        edges[i].next_sdk = next;
        if (edges[i].counted && !edges[i].app)
            next = i;
    }
    plan_exits(draft, place);
    free(draft->edges);
    draft->edges = edges;
    draft->places = place;
    return 0;
}

/* Predecessors by their places in the order played. */
static int
plan_before(struct plan *plan, struct fault *fault)
{
    struct score_draft *draft = plan->draft;
    const struct schedule *schedule = plan->schedule;
    uint32_t count = schedule->first[schedule->nedges], used = 0, i, j;

    draft->first_before = malloc(((size_t)draft->nedges + 1) * sizeof *draft->first_before);
    draft->before = malloc(((size_t)count + 1) * sizeof *draft->before);
    if (draft->first_before == NULL || draft->before == NULL)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the order of %u events", draft->nevents);
    for (i = 0; i < draft->nedges; i++) {
        uint32_t edge = schedule->order[i];

        draft->first_before[i] = used;
        for (j = schedule->first[edge]; j < schedule->first[edge + 1]; j++) {
            const struct schedule_before *before = &schedule->before[j];

            if (schedule->edges[before->edge].counted)
                draft->before[used++] =
                    (struct score_before){.edge = draft->places[before->edge], .timed = before->timed};
        }
    }
    draft->first_before[draft->nedges] = draft->nbefore = used;
    return 0;
}

/* Fuzzing: the order is wished for, and nothing is more than that. */
static int
plan_nothing_before(struct score_draft *draft, struct fault *fault)
{
    draft->first_before = calloc((size_t)draft->nedges + 1, sizeof *draft->first_before);
    return draft->first_before != NULL
               ? 0
               : fault_set(fault, FAULT_CANNOT_RUN, "out of memory for %u edges", draft->nedges);
}

int
score_plan(struct score_draft *draft, const struct score_options *options, struct fault *fault)
{
    struct plan plan = {.draft = draft};
    struct schedule_times times = {.speed = options->speed, .max_gap_ns = options->max_gap_ns};
    int result = -1;

    plan.schedule = draft->schedule = schedule_new(draft->nedges, draft->nevents, fault);
    if (plan.schedule == NULL)
        return -1;
    plan.schedule->nthreads = draft->nthreads;
    plan.schedule->nprocesses = draft->nprocesses;
    if (plan_edges(&plan, fault) == 0 && plan_from(draft, options->from, &times.from, fault) == 0 &&
        plan_events(&plan, fault) == 0 && plan_moves(&plan, options, fault) == 0) {
        times_shape(plan.schedule, &times);
        result = plan_read(&plan, fault);
        if (result == 0 && options->order != SCORE_STRICT)
            result = plan_before(&plan, fault);
        else if (result == 0 && options->free)
            result = plan_nothing_before(draft, fault);
        draft->from = times.from == SCORE_NONE ? 0 : draft->events[times.from].enter;
    }
    free(plan.slots);
    return result;
}
