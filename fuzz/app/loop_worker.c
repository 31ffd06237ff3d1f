// SPDX-License-Identifier: MIT
/* One worker: first every change of one step, then one or some changes of the recording or of what was news.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/app/loop_parts.h"

#define FRESH 20 /* of 100 runs go on from a kept trace */
#define SHARE 24 /* one in so many ordinary runs is kept, too */

void
loop_path(const struct loop_worker *worker, const char *name, char *path)
{
    snprintf(path, LOOP_PATH, "%s/%u-%s", worker->shared->scratch, worker->index, name);
}

bool
loop_stopped(const struct loop_worker *worker)
{
    const struct loop_options *options = worker->options;

    return worker->shared->stop != 0 || loop_now() >= worker->until_ns ||
           (options->stop_after > 0 && worker->shared->findings >= options->stop_after);
}

static uint64_t
worker_share(const struct loop_worker *worker)
{
    uint64_t runs = worker->options->runs, jobs = worker->options->jobs;

    return runs == 0 ? UINT64_MAX : runs / jobs + (worker->index < runs % jobs);
}

static int
worker_mutator(struct loop_worker *worker, struct fault *fault)
{
    const struct loop_options *options = worker->options;
    struct mutate_target *targets = calloc((size_t)worker->whole.nsteps + 1, sizeof *targets);
    struct mutate_options wanted = {.profile = options->profile,
                                    .targets = targets,
                                    .syntax = 5,
                                    .seed = options->seed,
                                    .one_event = true};

    if (targets == NULL)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for %u callbacks", worker->whole.nsteps);
    for (uint32_t i = 0; i < worker->whole.nsteps; i++) {
        const struct case_event *event = &worker->whole.steps[i].event;
        size_t at = 0;

        while (at < wanted.ntargets &&
               (targets[at].callback != event->callback || targets[at].function != event->function))
            at++;
        if (at == wanted.ntargets)
            targets[wanted.ntargets++] = (struct mutate_target){event->callback, event->function};
    }
    worker->mutator = mutator_new(&wanted, fault);
    for (uint32_t i = 0; worker->mutator != NULL && i < worker->whole.nsteps; i++) {
        struct fuzz_case c = {.events = &worker->whole.steps[i].event, .count = 1, .room = 1};

        if (mutator_learn(worker->mutator, &c) < 0)
            break;
    }
    worker->coverage = worker->mutator == NULL
                           ? NULL
                           : coverage_new(targets, wanted.ntargets, &options->profile, NULL, fault);
    free(targets);
    return worker->coverage == NULL ? -1 : 0;
}

static int
worker_begin(struct loop_worker *worker, struct fault *fault)
{
    const struct loop_options *options = worker->options;
    struct player_options play = {.argv = options->argv,
                                  .via = options->via,
                                  .sdk = options->sdk,
                                  .restart = options->restart,
                                  .hang_ns = options->hang_ns,
                                  .coverage = LOOP_MAP};
    struct change_options change = {.wanted = options->wanted, .context = options->context};

    worker->base = trace_load(options->tape, fault);
    if (worker->base == NULL)
        return -1;
    worker->arena = arena_new();
    worker->corpus = loop_corpus_new();
    if (worker->arena == NULL || worker->corpus == NULL || trace_begin(&worker->whole, worker->base) != 0)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the events of %s", options->tape);
    if (worker->whole.nsteps == 0)
        return fault_set(fault, FAULT_DATA, "%s has no callbacks: there is nothing to change", options->tape);
    if (worker_mutator(worker, fault) != 0)
        return -1;
    change.mutator = worker->mutator;
    play.base = worker->base;
    if (loop_tapes_read(worker, fault) != 0)
        return -1;
    worker->changer = changer_new(worker->base, &change, fault);
    worker->player = worker->changer == NULL ? NULL : player_open(&play, fault);
    return worker->player == NULL ? -1 : 0;
}

static void
worker_end(struct loop_worker *worker)
{
    player_close(worker->player);
    changer_free(worker->changer);
    coverage_free(worker->coverage);
    mutator_free(worker->mutator);
    loop_corpus_free(worker->corpus);
    trace_free(&worker->trace);
    trace_free(&worker->whole);
    arena_free(worker->arena);
    trace_unload(worker->base);
    for (unsigned i = 0; i < worker->ntapes; i++)
        trace_unload(worker->tapes[i]);
}

/* What the description says of the payloads that were changed (all of them: `done` NULL): true when some of
 * it was never delivered before. */
static bool
worker_schema(struct loop_worker *worker, const struct trace *trace, const struct change_list *done)
{
    uint64_t covered, all;
    unsigned news = 0;

    for (uint32_t i = 0; i < trace->nsteps; i++) {
        struct fuzz_case c = {.events = &trace->steps[i].event, .count = 1, .room = 1};
        bool changed = done == NULL;

        for (unsigned j = 0; !changed && j < done->count; j++)
            changed = done->list[j].of == trace->steps[i].of && done->list[j].kind >= CHANGE_ID;
        if (changed)
            news += coverage_note(worker->coverage, &c, worker->arena);
    }
    coverage_count(worker->coverage, &covered, &all);
    worker->state->schema = covered;
    worker->state->schema_all = all;
    return news > 0;
}

/* Runs begin inside a call; what the SDK brings comes when that has returned. */
static int64_t
worker_from(const struct loop_worker *worker)
{
    int64_t from = player_fork_ns(worker->player);

    for (uint32_t i = 0; i < worker->base->nevents; i++) {
        const struct tape_event *event = &worker->base->events[i];

        if (!event->is_callback && event->end_seq != 0 && event->at_ns <= from &&
            event->at_ns + event->took_ns > from)
            return event->at_ns + event->took_ns;
    }
    return from;
}

/* The recording as it is: an app that cannot live with that need not be fuzzed. */
static int
worker_first(struct loop_worker *worker, struct fault *fault)
{
    struct player_result result;
    struct finding_outcome outcome = {0};
    const char *why;

    if (player_run(worker->player, &worker->whole, &result, fault) != 0)
        return -1;
    worker->state->runs++;
    if (loop_broke(worker, &worker->whole, &result, &outcome)) {
        fault_set(
            fault, FAULT_DATA,
            "the app breaks on %s as it was recorded (%s): `timtape replay %s` says more; changed histories "
            "would find the same again and again",
            worker->options->tape, outcome.what, worker->options->tape);
        finding_outcome_free(&outcome);
        return -1;
    }
    finding_outcome_free(&outcome);
    why = player_no_fork(worker->player);
    worker->state->forks = why == NULL;
    snprintf(worker->state->no_fork, sizeof worker->state->no_fork, "%s", why == NULL ? "" : why);
    changer_from(worker->changer, worker_from(worker));
    loop_news(worker, &result);
    worker_schema(worker, &worker->whole, NULL);
    return 0;
}

/* 1: worker->trace is the next one; 0: not this time. */
static int
worker_make(struct loop_worker *worker, struct change_list *done)
{
    const struct loop_corpus *corpus = worker->corpus;
    uint64_t pass = changer_pass(worker->changer), seed = random_next(&worker->random);
    const struct loop_entry *parent = NULL;

    arena_reset(worker->arena);
    arena_use(worker->arena);
    done->count = 0;
    /* The pass first; where it is long, every second run is for other things, which find more. */
    if (worker->pass < pass && (worker->runs < 512 || worker->runs % 2 == 0)) {
        uint64_t index = worker->pass;

        worker->pass += worker->options->jobs;
        return trace_copy(&worker->trace, &worker->whole) != 0
                   ? -1
                   : changer_one(worker->changer, index, &worker->trace, worker->arena, done);
    }
    if (corpus->count > 0 && random_below(&worker->random, 100) < FRESH)
        parent = &corpus->entries[random_below(&worker->random, corpus->count)];
    if (parent != NULL && parent->done.count + 3 < CHANGE_MOST)
        *done = parent->done;
    else
        parent = NULL;
    if (trace_copy(&worker->trace, parent == NULL ? &worker->whole : &parent->trace) != 0)
        return -1;
    return changer_step(worker->changer, &worker->trace, worker->arena, seed, done);
}

static int
worker_one(struct loop_worker *worker, struct fault *fault)
{
    struct change_list done;
    struct player_result result;
    struct finding_outcome outcome = {0};
    bool broke, news, schema;
    int made;

    /* What a run draws does not hang on what was drawn in the runs before. */
    worker->random.state =
        loop_hash(worker->options->seed * LOOP_JOBS + worker->index, &worker->tries, sizeof worker->tries);
    worker->tries++;
    made = worker_make(worker, &done);

    if (made < 0)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory while a history was changed");
    if (made == 0)
        return 0;
    worker->runs++;
    worker->state->runs++;
    if (player_run(worker->player, &worker->trace, &result, fault) != 0)
        return -1;
    /* A hang may have been the machine: what is seen twice counts. */
    if (result.how == PLAYER_HANG && player_run(worker->player, &worker->trace, &result, fault) != 0)
        return -1;
    schema = worker_schema(worker, &worker->trace, &done);
    broke = loop_broke(worker, &worker->trace, &result, &outcome);
    changer_learn(worker->changer, &done, broke);
    if (broke) {
        int fine;

        worker->state->deaths++;
        fine = loop_found(worker, &done, &result, &outcome, fault);
        finding_outcome_free(&outcome);
        return fine;
    }
    finding_outcome_free(&outcome);
    news = loop_news(worker, &result);
    /* Few are kept for that: a payload is easily new. */
    schema = schema && random_once_in(&worker->random, 8);
    if (news && loop_tapes_keep(worker, &worker->trace, fault) != 0)
        return -1;
    if (news || schema || random_once_in(&worker->random, SHARE)) {
        if (loop_keep(worker->corpus, &worker->trace, &done) != 0)
            return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the corpus");
        worker->state->corpus = worker->corpus->count;
    }
    return 0;
}

void
loop_work(struct loop_worker *worker)
{
    struct fault fault = {.kind = FAULT_INTERNAL};
    uint64_t most = worker_share(worker), idle = 0;
    int fine = worker_begin(worker, &fault);

    if (fine == 0)
        fine = worker_first(worker, &fault);
    worker->pass = worker->index;
    while (fine == 0 && worker->runs < most && !loop_stopped(worker)) {
        uint64_t before = worker->runs;

        fine = worker_one(worker, &fault);
        idle = worker->runs == before ? idle + 1 : 0;
        if (idle > 100000)
            fine = fault_set(&fault, FAULT_DATA, "nothing of %s can be changed: is the selection too narrow?",
                             worker->options->tape);
    }
    worker_end(worker);
    if (fine != 0)
        worker->state->fault = fault;
    /* An end that was asked for may look like a failure of whatever was going on. */
    worker->state->done = fine == 0 || worker->shared->stop != 0 ? 1 : -1;
}
