// SPDX-License-Identifier: MIT
/* Many inputs, few bugs: each is run, equal signatures are one group, the smallest of each is made smaller.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "fuzz/finding/inside.h"

#define INPUT_MOST ((size_t)16 << 20)

struct group {
    char signature[200];
    size_t smallest; /* index of its input */
    size_t bytes;
    unsigned count;
};

struct work {
    struct finding_triage *triage;
    struct finding_target target;
    struct inputs inputs;
    struct group *groups;
    size_t ngroups;
    struct finding_row *old;
    size_t nold;
};

static void
tick(const struct finding_triage *triage, const char *what, size_t done, size_t all)
{
    if (triage->progress != NULL)
        triage->progress(triage->context, what, done, all);
}

static int
add_to_group(struct work *work, const char *signature, size_t input, size_t bytes)
{
    for (size_t i = 0; i < work->ngroups; i++) {
        struct group *group = &work->groups[i];
        if (strcmp(group->signature, signature) != 0)
            continue;
        group->count++;
        if (bytes < group->bytes) {
            group->smallest = input;
            group->bytes = bytes;
        }
        return 0;
    }
    struct group *more = reallocarray(work->groups, work->ngroups + 1, sizeof *more);
    if (more == NULL)
        return -1;
    work->groups = more;
    more += work->ngroups++;
    *more = (struct group){.smallest = input, .bytes = bytes, .count = 1};
    snprintf(more->signature, sizeof more->signature, "%s", signature);
    return 0;
}

/* Nothing that is a bug, but not as a target ends that has run: it may not even have started. */
static void
note_odd(struct finding_triage *triage, const struct finding_outcome *outcome)
{
    const char *said = outcome->report != NULL ? outcome->report : "";
    if (outcome->status == 0 || triage->odd++ > 0)
        return;
    triage->odd_status =
        WIFEXITED(outcome->status) ? WEXITSTATUS(outcome->status) : 128 + WTERMSIG(outcome->status);
    finding_copy(triage->odd_words, sizeof triage->odd_words, said, strcspn(said, "\n"));
}

static int
run_all(struct work *work, struct fault *fault)
{
    struct finding_triage *triage = work->triage;
    struct finding_outcome *outcome = malloc(sizeof *outcome);
    int result = outcome != NULL ? 0 : fault_set(fault, FAULT_INTERNAL, "out of memory");
    for (size_t i = 0; result == 0 && i < work->inputs.count; i++) {
        size_t bytes;
        tick(triage, "inputs run", i, work->inputs.count);
        char *text = finding_read(AT_FDCWD, work->inputs.paths[i], INPUT_MOST, &bytes, fault);
        if (text == NULL)
            result = -1;
        else
            result = finding_target_run(&work->target, text, bytes, outcome, fault);
        free(text);
        if (result != 0)
            break;
        if (outcome->kind == FINDING_NONE) {
            triage->quiet++;
            note_odd(triage, outcome);
        } else if (add_to_group(work, outcome->signature, i, bytes) != 0) {
            result = fault_set(fault, FAULT_INTERNAL, "out of memory");
        }
        finding_outcome_free(outcome);
    }
    free(outcome);
    return result;
}

/* The smallest input of a group, as a case: smaller, and told. */
static int
work_on_case(struct work *work, struct fuzz_case *c, struct arena *arena, struct finding *finding,
             struct fault *fault)
{
    struct finding_triage *triage = work->triage;
    if (finding_minimise(c, arena, &triage->effort, finding_target_test, &work->target, &finding->small,
                         fault) != 0)
        return -1;
    return finding_explain(c, &triage->profile, finding_target_test, &work->target, &finding->cause, fault);
}

static int
store_group(struct work *work, struct finding *finding, struct fault *fault)
{
    finding->outcome = work->target.outcome;
    finding->recount = true;
    int stored = finding_store(work->triage->out, finding, fault);
    if (stored < 0)
        return -1;
    work->triage->findings++;
    work->triage->fresh += stored == FINDING_NEW;
    return 0;
}

/* A finding of an earlier run that is as small as all that is there now, and still does it, stays. 1: so it
 * is; 0; -1. */
static int
keep_old(struct work *work, const struct group *group, struct fault *fault)
{
    struct finding finding = {.count = group->count, .recount = true};
    const struct finding_row *old = NULL;
    for (size_t i = 0; i < work->nold; i++) {
        if (strcmp(work->old[i].signature, group->signature) == 0 && work->old[i].bytes <= group->bytes)
            old = &work->old[i];
    }
    char *path = NULL, *text = NULL;
    size_t bytes = 0;
    if (old == NULL || asprintf(&path, "%s/%s/input.ndjson", work->triage->out, old->name) < 0)
        return 0;
    int result = 0;
    text = finding_read(AT_FDCWD, path, INPUT_MOST, &bytes, NULL);
    if (text != NULL)
        result = finding_target_run(&work->target, text, bytes, &finding.outcome, fault);
    if (text != NULL && result == 0 && strcmp(finding.outcome.signature, group->signature) == 0) {
        finding.small.bytes_is = old->bytes;
        result = finding_store(work->triage->out, &finding, fault) < 0 ? -1 : 1;
        work->triage->findings += result == 1;
    }
    finding_outcome_free(&finding.outcome);
    free(text);
    free(path);
    return result;
}

static int
run_group(struct work *work, const struct group *group, struct fault *fault)
{
    const char *path = work->inputs.paths[group->smallest];
    struct finding finding = {
        .count = group->count, .first = finding_base(path), .command = work->triage->argv};
    struct arena *arena = arena_new();
    struct fuzz_case c = {0};
    struct fault why;
    size_t bytes;
    char *text = finding_read(AT_FDCWD, path, INPUT_MOST, &bytes, fault);
    int result = text != NULL && arena != NULL ? 0 : -1;

    snprintf(work->target.signature, sizeof work->target.signature, "%s", group->signature);
    finding_outcome_free(&work->target.outcome);
    if (result == 0)
        result = finding_target_run(&work->target, text, bytes, &work->target.outcome, fault);
    finding.input = text;
    finding.input_bytes = bytes;
    finding.small =
        (struct finding_small){.bytes_was = bytes, .bytes_is = bytes, .events_was = 1, .events_is = 1};
    if (result == 0 && strcmp(work->target.outcome.signature, group->signature) == 0) {
        bool is_case = case_read(&c, arena, text, bytes, &why) == 0 && c.count > 0;
        struct arena *scratch = arena_new();
        is_case = is_case && scratch != NULL && finding_target_test(&work->target, &c, scratch, fault) == 1;
        if (scratch != NULL)
            arena_free(scratch);
        if (is_case) {
            finding.c = &c;
            result = work_on_case(work, &c, arena, &finding, fault);
        } else {
            snprintf(finding.cause.sentence, sizeof finding.cause.sentence,
                     "the input is no list of callbacks, and was left as it was");
        }
        if (result == 0)
            result = store_group(work, &finding, fault);
    }
    free(text);
    if (arena != NULL)
        arena_free(arena);
    return result;
}

static bool
seen_again(const struct work *work, const char *signature)
{
    for (size_t i = 0; i < work->ngroups; i++) {
        if (strcmp(work->groups[i].signature, signature) == 0)
            return true;
    }
    return false;
}

/* Findings of earlier runs that are not among the groups: does the target still do that? */
static int
check_old(struct work *work, struct fault *fault)
{
    struct finding_triage *triage = work->triage;
    int result = 0;
    for (size_t i = 0; result == 0 && i < work->nold; i++) {
        char *path = NULL, *text = NULL;
        struct finding_outcome outcome = {0};
        size_t bytes;
        if (seen_again(work, work->old[i].signature))
            continue;
        if (asprintf(&path, "%s/%s/input.ndjson", triage->out, work->old[i].name) < 0)
            return fault_set(fault, FAULT_INTERNAL, "out of memory");
        text = finding_read(AT_FDCWD, path, INPUT_MOST, &bytes, NULL);
        if (text != NULL)
            result = finding_target_run(&work->target, text, bytes, &outcome, fault);
        if (text != NULL && result == 0 && outcome.kind == FINDING_NONE && outcome.status == 0) {
            size_t used = strlen(triage->fixed_names);
            snprintf(triage->fixed_names + used, sizeof triage->fixed_names - used, "%s%s",
                     used > 0 ? ", " : "", work->old[i].name);
            triage->fixed++;
            result = finding_fixed(triage->out, work->old[i].signature, fault);
        }
        finding_outcome_free(&outcome);
        free(text);
        free(path);
    }
    return result;
}

int
finding_triage(struct finding_triage *triage, struct fault *fault)
{
    struct work work = {.triage = triage};
    struct fault none;
    if (inputs_find(triage->from, &work.inputs, fault) != 0)
        return -1;
    triage->files = work.inputs.count;
    int result = finding_target_open(&work.target, triage->argv, &triage->limits, fault);
    bool open = result == 0;
    if (result == 0)
        result = run_all(&work, fault);
    if (result == 0 && finding_load(triage->out, &work.old, &work.nold, &none) != 0 &&
        none.kind != FAULT_NOT_FOUND)
        result = fault_set(fault, none.kind, "%s", none.text);
    for (size_t i = 0; result == 0 && i < work.ngroups; i++) {
        tick(triage, "findings made smaller", i, work.ngroups);
        int kept = keep_old(&work, &work.groups[i], fault);
        result = kept == 0 ? run_group(&work, &work.groups[i], fault) : kept < 0 ? -1 : 0;
    }
    if (result == 0)
        result = check_old(&work, fault);
    if (open)
        finding_target_close(&work.target);
    free(work.old);
    free(work.groups);
    inputs_free(&work.inputs);
    return result;
}
