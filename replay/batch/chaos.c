// SPDX-License-Identifier: MIT
#include "replay/batch/chaos.h"
#include "replay/run/advice.h"
#include "replay/run/run_tape.h"
#include "replay/score/score_edge.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIRMS 3u
#define CHECKS 3u
#define WAVERING 10u     /* more seeds behind one that does not always fail */
#define SHRINK_RUNS 400u /* more cost more than what a move less is worth */

struct search {
    const struct chaos_options *options;
    char *const *argv;
    struct run_options run; /* of the next run */
    struct order_trace trace;
    struct order_trace best; /* of the smallest run that failed */
    struct verdict *verdict; /* of the best run */
    struct chaos_found *found;
    struct fault *fault;
    struct chaos_progress progress;
    uint64_t begun_ns;
    bool broken; /* fault is filled */
};

static volatile sig_atomic_t stopped;

static void
on_stop(int number)
{
    stopped = number;
}

static void
tell(struct search *search)
{
    search->progress.took_ns = score_now() - search->begun_ns;
    if (search->options->progress != NULL)
        search->options->progress(&search->progress);
}

/* One replay. 0: *verdict is there; -1: a fault, or the user stopped it. */
static int
play(struct search *search, struct verdict *verdict)
{
    *verdict = (struct verdict){0};
    tell(search);
    if (stopped != 0) {
        search->found->interrupted = true;
        return -1;
    }
    if (run_replay(&search->run, search->argv, verdict, search->fault) != 0) {
        search->broken = true;
        return -1;
    }
    if (verdict->class == VERDICT_INTERRUPTED) {
        search->found->interrupted = true;
        stopped = verdict->signal;
        return -1;
    }
    search->progress.done++;
    return 0;
}

static bool
is_failure(const struct verdict *verdict)
{
    return verdict->class != VERDICT_AS_RECORDED && verdict->class != VERDICT_BROKEN;
}

/* The same mistake, as far as anybody can tell from outside. */
static bool
is_same(const struct verdict *one, const struct verdict *two)
{
    if (one->class != two->class)
        return false;
    return one->class == VERDICT_CRASHED
               ? one->signal == two->signal
               : one->event.seq == two->event.seq && strcmp(one->event.name, two->event.name) == 0;
}

static void
keep(struct search *search, const struct verdict *verdict)
{
    *search->verdict = *verdict;
    order_trace_clear(&search->best);
    search->best = search->trace;
    search->best.moves = NULL;
    search->trace = (struct order_trace){0};
}

static void
stage(struct search *search, enum chaos_stage which, unsigned runs)
{
    search->progress.stage = which;
    search->progress.done = 0;
    search->progress.runs = runs;
}

/* The recorded order first: where that fails, chaos has nothing to say. 1: it holds. */
static int
search_plain(struct search *search)
{
    search->run.chaos = false;
    search->run.trace = NULL;
    search->run.order = RUN_ORDER_TAPE;
    stage(search, CHAOS_PLAIN, 1);
    if (play(search, search->verdict) != 0)
        return -1;
    search->run.chaos = true;
    search->run.trace = &search->trace;
    search->found->found = search->found->plain = search->verdict->class != VERDICT_AS_RECORDED;
    return !search->found->plain;
}

/* The seed that just failed again, a few times. A later one replaces what was found if it fails more often.
 */
static int
confirm(struct search *search, const struct verdict *first)
{
    struct chaos_found *found = search->found;
    struct order_trace trace = search->trace;
    struct verdict verdict = {0};
    unsigned same = 0, runs = 0;
    int result = 0;
    search->trace = (struct order_trace){0};
    stage(search, CHAOS_CONFIRM, CONFIRMS);
    while (runs < CONFIRMS && (result = play(search, &verdict)) == 0) {
        same += is_same(&verdict, first);
        runs++;
    }
    order_trace_clear(&search->trace);
    search->trace = trace;
    if (found->found && (same <= found->confirmed || result != 0)) {
        order_trace_clear(&search->trace);
        return result;
    }
    found->found = true;
    found->seed = search->run.chaos_seed;
    found->tried = found->done;
    found->moves = found->moves_before = trace.nmade;
    found->confirms = runs;
    found->confirmed = same;
    keep(search, first);
    return result;
}

/* Seed after seed, until one fails every time. One that does not is what there is, but better ones are looked
 * for as long again. */
static void
search_seeds(struct search *search)
{
    struct chaos_found *found = search->found;
    struct verdict verdict = {0};
    unsigned runs = search->options->runs;
    while (found->done < runs && (!found->found || found->confirmed < CONFIRMS)) {
        if (found->found && found->done >= found->tried * 2 + WAVERING)
            return;
        stage(search, CHAOS_SEARCH, runs);
        search->progress.done = found->done;
        search->run.chaos_seed = search->progress.seed = search->options->run->chaos_seed + found->done;
        if (play(search, &verdict) != 0)
            return;
        found->done++;
        if (!is_failure(&verdict)) {
            if (!found->found)
                *search->verdict = verdict;
        } else if (confirm(search, &verdict) != 0) {
            return;
        }
    }
}

/* A shrink_test. One that fails every time it is looked at is worth more than a smaller one that does not. */
static int
fails(void *context, const struct schedule_move *moves, uint32_t count)
{
    struct search *search = context;
    struct verdict verdict = {0};
    unsigned wanted = search->found->confirmed == CONFIRMS ? 2 : 1;
    search->trace.moves = moves;
    search->trace.nmoves = count;
    for (unsigned i = 0; i < wanted; i++) {
        search->trace.given = true;
        if (search->progress.done >= SHRINK_RUNS || play(search, &verdict) != 0)
            return -1;
        if (!is_same(&verdict, search->verdict))
            return 0;
    }
    search->progress.moves = search->found->moves = count;
    keep(search, &verdict);
    search->trace.moves = moves;
    search->trace.nmoves = count;
    return 1;
}

static int
shrink(struct search *search)
{
    uint32_t count = search->best.nmade;
    struct schedule_move *moves = malloc(((size_t)count + 1) * sizeof *moves);
    if (moves == NULL) {
        search->broken = true;
        return fault_set(search->fault, FAULT_CANNOT_RUN, "out of memory for %u moves", count);
    }
    memcpy(moves, search->best.made, count * sizeof *moves);
    stage(search, CHAOS_SHRINK, 0);
    search->progress.moves = count;
    shrink_moves(moves, count, fails, search);
    search->trace.given = false;
    free(moves);
    return search->broken || search->found->interrupted ? -1 : 0;
}

/* Where it goes, and whether it may. */
static int
place(const struct search *search, uint64_t seed, char *path, size_t room, struct fault *fault)
{
    const char *tape = search->options->run->tape, *dot = strrchr(tape, '.'), *slash = strrchr(tape, '/');
    size_t length = dot != NULL && (slash == NULL || dot > slash + 1) ? (size_t)(dot - tape) : strlen(tape);
    int wrote = search->options->out != NULL
                    ? snprintf(path, room, "%s", search->options->out)
                    : snprintf(path, room, "%.*s-chaos-%" PRIu64 ".tape", (int)length, tape, seed);
    /* What an earlier search has found stays. */
    for (unsigned n = 2; search->options->out == NULL && wrote > 0 && (size_t)wrote < room &&
                         access(path, F_OK) == 0 && n < 10000;
         n++)
        wrote = snprintf(path, room, "%.*s-chaos-%" PRIu64 "-%u.tape", (int)length, tape, seed, n);
    if (wrote < 0 || (size_t)wrote >= room)
        return fault_set(fault, FAULT_USAGE, "--chaos-out: the path is too long");
    return 0;
}

/* How often the saved tape fails when it is simply replayed. */
static int
check(struct search *search)
{
    struct verdict verdict = {0};
    struct run_options run = search->run;
    int result = 0;
    search->run.tape = search->found->saved;
    search->run.chaos = false;
    search->run.trace = NULL;
    search->run.order = RUN_ORDER_TAPE;
    search->found->checks = search->found->checked = 0;
    stage(search, CHAOS_CHECK, CHECKS);
    while (result == 0 && search->found->checks < CHECKS) {
        result = play(search, &verdict);
        search->found->checks += result == 0;
        search->found->checked += result == 0 && verdict.class == search->verdict->class;
    }
    search->run = run;
    return result;
}

/* The order as it went, told apart or not, or as it was scheduled: the first that fails every time. */
static int
save(struct search *search, const char *words)
{
    struct run_options plain = *search->options->run;
    bool replace = search->options->replace;
    plain.chaos_seed = search->found->seed;
    if (place(search, search->found->seed, search->found->saved, sizeof search->found->saved,
              search->fault) != 0)
        goto broken;
    for (unsigned way = 0; way < 3; way++) {
        struct schedule *schedule = search->best.schedule;
        if (moves_apply(schedule, search->best.made, search->best.nmade, search->fault) != 0 ||
            (way < 2 && chaos_delivered(&search->best, way == 0, search->fault) != 0) ||
            chaos_save(&plain, schedule, search->found->saved, replace || way > 0, words, search->fault) != 0)
            goto broken;
        if (search->found->interrupted || check(search) != 0 ||
            search->found->checked == search->found->checks)
            break;
    }
    return search->broken ? -1 : 0;
broken:
    search->found->saved[0] = '\0';
    search->broken = true;
    return -1;
}

/* "chaos seed 7: 1 move\n..." as one line. */
static void
flatten(const char *lines, char *text, size_t room)
{
    snprintf(text, room, "%s", lines);
    for (char *at = text; *at != '\0'; at++) {
        if (*at == '\n')
            *at = ';';
    }
}

static void
advise(struct search *search)
{
    struct verdict *verdict = search->verdict;
    struct run_options plain = *search->options->run, seed = plain;
    char command[1000], tape[600], saved[600], words[sizeof verdict->next];
    run_tape_words(search->argv, command, sizeof command);
    judge_quote(search->options->run->tape, tape, sizeof tape);
    judge_quote(search->found->saved, saved, sizeof saved);
    seed.chaos_seed = search->found->seed;
    plain.chaos = false; /* it is on the saved tape, with its time */
    plain.speed = 1;
    plain.max_gap_ns = 0;
    plain.stall_ns = 0;
    plain.from = 0;
    FILE *next = fmemopen(verdict->next, sizeof verdict->next, "w");
    if (next == NULL)
        return;
    advice_options(&plain, words, sizeof words);
    if (search->found->saved[0] != '\0')
        fprintf(next, "timtape replay %s%s -- %s\n", words, saved, command);
    advice_options(&seed, words, sizeof words);
    fprintf(next, "timtape replay %s%s -- %s", words, tape, command);
    fclose(next);
}

/* A failing seed is there: what becomes of it. The user's stop ends the work and keeps the result. */
static int
work_out(struct search *search)
{
    char words[sizeof search->verdict->order];
    search->run.chaos_seed = search->found->seed;
    if (!search->found->interrupted && shrink(search) != 0 && search->broken)
        return -1;
    flatten(search->verdict->order, words, sizeof words);
    return save(search, words);
}

static void
handle(const struct sigaction *action, struct sigaction *old)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (unsigned i = 0; i < 3; i++)
        sigaction(numbers[i], action != NULL ? action : &old[i], action != NULL ? &old[i] : NULL);
}

int
chaos_search(const struct chaos_options *options, char *const argv[], struct chaos_found *found,
             struct verdict *verdict, struct fault *fault)
{
    struct search search = {.options = options,
                            .argv = argv,
                            .run = *options->run,
                            .verdict = verdict,
                            .found = found,
                            .fault = fault,
                            .begun_ns = score_now()};
    struct sigaction action = {.sa_handler = on_stop}, old[3];
    int result;
    *found = (struct chaos_found){0};
    if (place(&search, options->run->chaos_seed, found->saved, sizeof found->saved, fault) != 0)
        return -1;
    if (options->out != NULL && !options->replace && access(options->out, F_OK) == 0)
        return fault_set(fault, FAULT_USAGE, "--chaos-out: %s exists; --force replaces it", options->out);
    found->saved[0] = '\0';
    sigemptyset(&action.sa_mask);
    stopped = 0;
    handle(&action, old);
    result = search_plain(&search);
    if (result == 1)
        search_seeds(&search);
    if (found->found && !found->plain && !search.broken) {
        (void)work_out(&search);
        advise(&search);
    }
    handle(NULL, old);
    if (found->interrupted && !found->found) {
        *verdict = (struct verdict){.class = VERDICT_INTERRUPTED, .signal = stopped};
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "interrupted after %u orders; the app went through all of them as recorded", found->done);
    }
    order_trace_clear(&search.trace);
    order_trace_clear(&search.best);
    found->took_ns = score_now() - search.begun_ns;
    return search.broken ? -1 : 0;
}
