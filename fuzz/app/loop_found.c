// SPDX-License-Identifier: MIT
/*
 * An app that broke. From outside little is known of an app without a sanitizer: the signal and the callback.
 * That is asked for each time; where in the app it died is asked the first times that the two are seen, and
 * now and then later, since two bugs may look the same from outside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/app/loop_parts.h"

#define LOOK_FIRST 5u /* so many times at first, ... */
#define LOOK_THEN 8u  /* ... then one in so many */
#define AGAIN 3       /* it has to do it again in so many runs */

static const struct trace_step *
found_step(const struct trace *trace, const struct player_result *result)
{
    uint32_t at = result->during != TRACE_NONE ? result->during : result->last;

    return at < trace->nsteps ? &trace->steps[at] : NULL;
}

bool
loop_broke(const struct loop_worker *worker, const struct trace *trace, const struct player_result *result,
           struct finding_outcome *outcome)
{
    const struct trace_step *step = found_step(trace, result);
    int status = result->status;

    if (finding_tell(outcome, status, result->how == PLAYER_HANG, result->text, result->bytes) != 0)
        return false;
    if (outcome->kind == FINDING_NONE && result->how == PLAYER_SIGNAL) {
        const char *name = sigabbrev_np(WTERMSIG(status));

        outcome->kind = FINDING_CRASH;
        snprintf(outcome->what, sizeof outcome->what, "SIG%s", name == NULL ? "?" : name);
    } else if (outcome->kind == FINDING_NONE && result->how == PLAYER_EXITED && result->unexpected) {
        outcome->kind = FINDING_EXIT;
        snprintf(outcome->what, sizeof outcome->what, "exit %d", WEXITSTATUS(status));
    }
    if (outcome->kind == FINDING_NONE || (worker->options->kinds & 1u << outcome->kind) == 0)
        return false;
    finding_sign(outcome);
    if (outcome->nframes == 0) {
        snprintf(outcome->signature, sizeof outcome->signature, "%s@%s:%s:%s",
                 finding_kind_name(outcome->kind), outcome->what,
                 step == NULL ? "" : step->event.callback->name,
                 step == NULL || step->event.function == NULL ? "" : step->event.function->name);
    }
    return true;
}

uint64_t
loop_key(const struct trace *trace, const struct player_result *result, const struct finding_outcome *outcome)
{
    const struct trace_step *step = found_step(trace, result);
    uint64_t hash = loop_hash(3, outcome->signature, strlen(outcome->signature));

    if (step != NULL) {
        hash = loop_hash(hash, &step->event.callback, sizeof step->event.callback);
        hash = loop_hash(hash, &step->event.function, sizeof step->event.function);
    }
    return hash;
}

/* How often it was seen, this time included. */
static uint32_t
found_count(struct loop_worker *worker, uint64_t key)
{
    for (unsigned i = 0; i < LOOP_KEYS; i++) {
        struct loop_key *slot = &worker->keys[(key + i) % LOOP_KEYS];

        if (slot->key != 0 && slot->key != key)
            continue;
        slot->key = key;
        return ++slot->count;
    }
    return 1;
}

/* What is looked into by itself: what was seen from outside, and what had been done to the callback it died
 * in. Another change there is more likely to be another bug. */
static uint64_t
found_look(const struct trace *trace, const struct change_list *done, const struct player_result *result,
           uint64_t key)
{
    const struct trace_step *step = found_step(trace, result);
    enum change_kind kind = CHANGE_KINDS;

    for (unsigned i = 0; step != NULL && i < done->count; i++) {
        if (done->list[i].of == step->of)
            kind = done->list[i].kind;
    }
    return loop_hash(key, &kind, sizeof kind);
}

/* True: it is ours to look into; nobody had it before. */
static bool
found_claim(struct loop_worker *worker, const char *signature)
{
    uint64_t hash = loop_hash(7, signature, strlen(signature));

    for (unsigned i = 0; i < LOOP_CLAIMS; i++) {
        _Atomic uint64_t *slot = &worker->shared->claims[(hash + i) % LOOP_CLAIMS];
        uint64_t free_slot = 0;

        if (atomic_compare_exchange_strong(slot, &free_slot, hash))
            return true;
        if (free_slot == hash)
            return false;
    }
    return false;
}

/* Once more is enough, but not for a hang: that may have been the machine, and has to come every time. */
static bool
found_again(struct loop_worker *worker, const struct trace *trace, uint64_t key, enum finding_kind kind)
{
    unsigned times = 0, wanted = kind == FINDING_HANG ? AGAIN : 1;

    for (unsigned i = 0; i < AGAIN && times < wanted; i++) {
        struct player_result result;
        struct finding_outcome outcome = {0};
        struct fault fault;

        times += player_run(worker->player, trace, &result, &fault) == 0 &&
                 loop_broke(worker, trace, &result, &outcome) && loop_key(trace, &result, &outcome) == key;
        finding_outcome_free(&outcome);
    }
    return times >= wanted;
}

/* Does the tape do it by itself, in a plain replay? `why`: what it does instead. */
static bool
found_replays(struct loop_worker *worker, const struct trace *trace, const struct finding_outcome *outcome,
              const char *path, char *why, size_t room)
{
    struct fault fault = {0};
    int status;

    *why = '\0';
    if (trace_save(trace, path, true, NULL, &fault) != 0) {
        snprintf(why, room, "%.*s", (int)room - 1, fault.text);
        return false;
    }
    if (worker->options->replay == NULL || outcome->kind == FINDING_HANG)
        return true;
    status = worker->options->replay(worker->options->context, path);
    if (WIFSIGNALED(outcome->status) ? status == 128 + WTERMSIG(outcome->status) : status > 0)
        return true;
    if (status < 0)
        snprintf(why, room, "a plain replay of the tape could not be run");
    else
        snprintf(why, room, "a plain replay of the tape ended with status %d, the fuzzer saw %s", status,
                 outcome->what);
    return false;
}

static void
found_sentence(const struct change_list *done, struct finding_cause *cause)
{
    size_t used = 0, room = sizeof cause->sentence;

    for (unsigned i = 0; i < done->count && used + 3 < room; i++)
        used += (size_t)snprintf(cause->sentence + used, room - used, "%s%s", i == 0 ? "" : "; ",
                                 done->list[i].sentence);
}

static int
found_store(struct loop_worker *worker, const struct trace *trace, const struct change_list *done,
            struct finding_outcome *outcome, const struct finding_small *small, const char *path,
            const char *no_replay, struct fault *fault)
{
    struct finding finding = {.outcome = *outcome,
                              .tape = path,
                              .small = *small,
                              .count = 1,
                              .command = worker->options->argv,
                              .app = true};
    struct fuzz_case c = {0};
    int result = 0;

    for (uint32_t i = 0; result == 0 && i < trace->nsteps; i++)
        result = case_add(&c, worker->arena, &trace->steps[i].event);
    if (result != 0)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory while a finding was kept");
    finding.c = &c;
    snprintf(finding.no_replay, sizeof finding.no_replay, "%s", no_replay);
    found_sentence(done, &finding.cause);
    result = finding_store(worker->options->out, &finding, fault);
    if (result >= 0) {
        worker->shared->findings++;
        worker->state->news_ns = loop_now();
    }
    return result < 0 ? -1 : 0;
}

/* The same bug, as far as its stack says, and does a plain replay of its tape show it? The tape is then at
 * `path`. */
static bool
found_holds(struct loop_worker *worker, const struct trace *trace, const struct finding_outcome *outcome,
            const char *path, char *why, size_t room)
{
    bool same = outcome->nframes == 0 || outcome->kind == FINDING_SANITIZER;

    if (!same) {
        struct finding_outcome *seen = calloc(1, sizeof *seen);

        if (seen == NULL)
            return false;
        *seen = *outcome;
        seen->report = NULL;
        same = loop_stack(worker, trace, seen) && strcmp(seen->signature, outcome->signature) == 0;
        free(seen);
    }
    return same && found_replays(worker, trace, outcome, path, why, room);
}

/* A new one is kept as small as it can be: with the changes that matter and few callbacks, or with all
 * callbacks, or as it was found. */
static int
found_new(struct loop_worker *worker, const struct trace *found, const struct change_list *done, uint64_t key,
          struct finding_outcome *outcome, struct fault *fault)
{
    char path[LOOP_PATH], why[160] = "";
    struct finding_small small = {0}, smaller;
    struct change_list left = *done;
    struct trace plain = {0}, trace = {0};
    int result = trace_copy(&plain, found);

    loop_path(worker, "bug.tape", path);
    if (result == 0)
        result = loop_small_changes(worker, &plain, key, &left, &small, fault);
    if (result == 0 && !found_holds(worker, &plain, outcome, path, why, sizeof why)) {
        left = *done;
        result = trace_copy(&plain, found);
    }
    smaller = small;
    if (result == 0)
        result = trace_copy(&trace, &plain);
    if (result == 0)
        result = loop_small_events(worker, &trace, worker->arena, key, &smaller, fault);
    if (result == 0) {
        bool holds = found_holds(worker, &trace, outcome, path, why, sizeof why);

        if (!holds)
            found_replays(worker, &plain, outcome, path, why, sizeof why);
        result = found_store(worker, holds ? &trace : &plain, &left, outcome, holds ? &smaller : &small, path,
                             why, fault);
    }
    unlink(path);
    trace_free(&plain);
    trace_free(&trace);
    return result;
}

int
loop_found(struct loop_worker *worker, const struct change_list *done, const struct player_result *result,
           struct finding_outcome *outcome, struct fault *fault)
{
    uint64_t key = loop_key(&worker->trace, result, outcome);
    uint32_t count = found_count(worker, found_look(&worker->trace, done, result, key));
    struct trace found = {0};
    int fine = 0;

    if (count > LOOK_FIRST && count % LOOK_THEN != 0)
        return 0;
    if (outcome->nframes == 0 && outcome->kind == FINDING_CRASH) {
        bool seen =
            loop_stack(worker, &worker->trace, outcome) || loop_stack(worker, &worker->trace, outcome);

        /* Where stacks can be had, one that could not be is no bug of its own: the next time will tell. */
        if (!seen && worker->traced)
            return 0;
        worker->traced |= seen;
    }
    if (worker->shared->stop != 0 || !found_claim(worker, outcome->signature))
        return 0;
    if (!found_again(worker, &worker->trace, key, outcome->kind)) {
        worker->state->flaky++;
        return 0;
    }
    /* worker->trace's texts are in the arena, which grows while it is made small; nothing resets it. */
    if (trace_copy(&found, &worker->trace) != 0)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory while a finding was looked into");
    fine = found_new(worker, &found, done, key, outcome, fault);
    trace_free(&found);
    return fine;
}
