// SPDX-License-Identifier: MIT
/* timtape replay --loop N: the same again and again, until it once is not as recorded. */
#include "cli/replay_results.h"
#include "cli/verb.h"
#include "replay/run/run_tape.h"

static int
check(const struct replay_line *line, struct fault *fault)
{
    if (line->run.record != NULL && !line->run.replace)
        return verb_usage(fault, "--record with --loop keeps the last run only: it needs --force");
    return 0;
}

static void
tell(const struct replay_line *line, const struct report_case *one)
{
    const struct verdict *verdict = one->verdict;
    if (verdict->class == VERDICT_AS_RECORDED) {
        say("all of %u replays are as recorded; the last:", one->runs);
        if (!line->quiet)
            replay_print(verdict);
        return;
    }
    say("replay %u of %u is not as recorded, %u before it %s:", one->runs, one->runs_asked, one->runs - 1,
        one->runs == 2 ? "was" : "were");
    replay_print(verdict);
}

int
replay_loop(struct replay_line *line, char **app, struct fault *fault)
{
    struct verdict verdict = {0};
    struct replay_results results;
    struct fault second;
    char command[1000];
    int result = 0;
    if (check(line, fault) != 0 || replay_results_open(line, &results, fault) != 0)
        return -1;
    run_tape_words(app, command, sizeof command);
    struct report_case one = {.tape = line->run.tape, .runs_asked = line->loop};
    struct report_set set = {
        .name = line->run.tape, .app = command, .cases = &one, .count = 1, .began = time(NULL)};
    uint64_t start = replay_now();
    while (result == 0 && one.runs < line->loop && verdict.class == VERDICT_AS_RECORDED) {
        verdict = (struct verdict){0};
        result = run_replay(&line->run, app, &verdict, fault);
        one.runs++;
    }
    set.took_ns = one.took_ns = replay_now() - start;
    if (result == 0)
        one.verdict = &verdict;
    else
        one.fault = fault;
    if (replay_results_write(line, &results, &set, &second) != 0 && result == 0) {
        *fault = second;
        return -1;
    }
    if (result != 0)
        return -1;
    tell(line, &one);
    return verdict_status(&verdict);
}
