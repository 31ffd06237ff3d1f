// SPDX-License-Identifier: MIT
/* timtape replay --chaos-runs N: other orders, one after the other, until one is too much for the app. */
#include <inttypes.h>
#include <string.h>

#include "cli/replay_results.h"
#include "cli/verb.h"
#include "replay/batch/chaos.h"

static bool moves;

static void
show(const struct chaos_progress *progress)
{
    char text[160] = "";
    double seconds = (double)progress->took_ns / 1e9;
    switch (progress->stage) {
    case CHAOS_PLAIN:
        snprintf(text, sizeof text, "in the recorded order first");
        break;
    case CHAOS_SEARCH:
        snprintf(text, sizeof text, "%u of %u orders as recorded, %.1f a second; seed %" PRIu64,
                 progress->done, progress->runs, seconds > 0 ? progress->done / seconds : 0, progress->seed);
        break;
    case CHAOS_CONFIRM:
        snprintf(text, sizeof text, "seed %" PRIu64 " fails; again, %u of %u", progress->seed,
                 progress->done + 1, progress->runs);
        break;
    case CHAOS_SHRINK:
        snprintf(text, sizeof text, "seed %" PRIu64 " fails; with fewer moves: %u left, replay %u",
                 progress->seed, progress->moves, progress->done + 1);
        break;
    case CHAOS_CHECK:
        snprintf(text, sizeof text, "saved; replaying it, %u of %u", progress->done + 1, progress->runs);
        break;
    }
    if (moves)
        out_line(text);
    else if (progress->stage == CHAOS_CONFIRM && progress->done == 0)
        say("seed %" PRIu64 " is not as recorded; again, then with fewer moves", progress->seed);
}

static const char *
plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* What was found, beside the verdict of it. */
static void
tell(const struct chaos_found *found)
{
    char took[32];
    verdict_duration(found->took_ns, took, sizeof took);
    if (found->plain) {
        say("it is not as recorded in the recorded order; no other order was tried:");
        return;
    }
    if (!found->found) {
        say("%u order%s tried in %s, all as recorded", found->done, plural(found->done), took);
        return;
    }
    say("seed %" PRIu64
        " fails (again in %u of %u replays) after %u order%s without it; of its %u move%s %u %s needed%s",
        found->seed, found->confirmed, found->confirms, found->tried - 1, plural(found->tried - 1),
        found->moves_before, plural(found->moves_before), found->moves, found->moves == 1 ? "is" : "are",
        found->interrupted ? ", or fewer: you stopped it" : "");
    if (found->saved[0] == '\0')
        return;
    if (found->checks == 0)
        say("saved as %s, which was not replayed yet", found->saved);
    else
        say("saved as %s: %s (%u of %u replays)", found->saved,
            found->checked == found->checks ? "fails every time" : "does not fail every time", found->checked,
            found->checks);
}

int
replay_chaos(struct replay_line *line, char **app, struct fault *fault)
{
    struct replay_single single;
    struct chaos_found found;
    struct chaos_options options = {.run = &line->run,
                                    .runs = line->chaos_runs,
                                    .out = line->chaos_out,
                                    .replace = line->run.replace,
                                    .progress = show};
    if (line->run.record != NULL)
        return verb_usage(fault, "--record is for one replay; --chaos-runs keeps what it finds as a tape");
    if (replay_single_open(line, app, &single, fault) != 0)
        return -1;
    moves = !line->quiet && out_moves(stderr);
    int result = chaos_search(&options, app, &found, &single.verdict, fault);
    if (moves)
        out_line(NULL);
    if (replay_single_close(line, &single, result, fault) != 0)
        return -1;
    int status = verdict_status(&single.verdict);
    if (!line->quiet || status != 0) {
        tell(&found);
        if (found.found || single.verdict.class == VERDICT_INTERRUPTED)
            replay_print(&single.verdict);
    }
    return status;
}
