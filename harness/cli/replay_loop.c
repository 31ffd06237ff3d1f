// SPDX-License-Identifier: MIT
/* timtape replay --loop N: the same again and again, until it once is not as recorded. */
#include "cli/replay_results.h"
#include "cli/verb.h"

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
    if (verdict->class == VERDICT_INTERRUPTED)
        say("interrupted in replay %u of %u; %u before it %s as recorded", one->runs, one->runs_asked,
            one->runs - 1, one->runs == 2 ? "was" : "were");
    else
        say("replay %u of %u is not as recorded, %u before it %s:", one->runs, one->runs_asked, one->runs - 1,
            one->runs == 2 ? "was" : "were");
    replay_print(verdict);
}

int
replay_loop(struct replay_line *line, char **app, struct fault *fault)
{
    struct replay_single single;
    int result = 0;
    if (check(line, fault) != 0 || replay_single_open(line, app, &single, fault) != 0)
        return -1;
    single.one.runs_asked = line->loop;
    while (result == 0 && single.one.runs < line->loop && single.verdict.class == VERDICT_AS_RECORDED) {
        single.verdict = (struct verdict){0};
        result = run_replay(&line->run, app, &single.verdict, fault);
        single.one.runs++;
    }
    if (replay_single_close(line, &single, result, fault) != 0)
        return -1;
    tell(line, &single.one);
    return verdict_status(&single.verdict);
}
