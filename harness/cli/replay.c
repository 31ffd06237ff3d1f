// SPDX-License-Identifier: MIT
/* timtape replay: an app against a tape instead of the SDK, with a verdict. Here: which way to replay. */
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/replay_results.h"
#include "cli/verb.h"
#include "replay/run/run_tape.h"

static bool
is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The app has to be named; what was recorded is what one mostly wants, but a tape may come from anywhere. */
static int
no_app(const struct replay_line *line, struct fault *fault)
{
    const char *tape = line->run.tape;
    if (is_folder(tape))
        return verb_usage(
            fault,
            "which app is to be replayed? Put it behind the folder: timtape replay %s -- ./app\n"
            "(commands that are on the tapes are never run by themselves; in the app's words {} "
            "stands for the tape, {name} for its name without folder and ending)",
            tape);
    char *command = run_recorded_command(tape);
    if (command == NULL)
        return verb_usage(fault, "which app is to be replayed? Put it behind the tape");
    verb_usage(fault, "which app is to be replayed? Recorded was:\n    timtape replay %s -- %s", tape,
               command);
    free(command);
    return -1;
}

static bool live; /* a live line may be on the terminal */

static void
words(const char *text)
{
    if (live)
        out_line(NULL);
    say("%s", text);
}

int
replay_one(struct replay_line *line, char **app, struct fault *fault)
{
    struct replay_single single;
    if (replay_single_open(line, app, &single, fault) != 0)
        return -1;
    int result = run_replay(&line->run, app, &single.verdict, fault);
    if (replay_single_close(line, &single, result, fault) != 0)
        return -1;
    int status = verdict_status(&single.verdict);
    if (!line->quiet || status != 0)
        replay_print(&single.verdict);
    return status;
}

static int
replay(struct replay_line *line, char **app, struct fault *fault)
{
    if (is_folder(line->run.tape) && line->chaos_runs > 0)
        return verb_usage(fault, "--chaos-runs is for one tape");
    if (is_folder(line->run.tape))
        return replay_many(line, app, fault);
    if (line->chaos_runs > 0)
        return replay_chaos(line, app, fault);
    if (line->loop > 1)
        return replay_loop(line, app, fault);
    return replay_one(line, app, fault);
}

static int
run(int argc, char **argv, struct fault *fault)
{
    struct replay_line line = {.run = {.speed = 1, .output = -1, .control.words = words}, .loop = 1};
    if (replay_options_read(argc, argv, &line, fault) != 0)
        return -1;
    if (optind >= argc)
        return no_app(&line, fault);
    say_quiet(line.quiet);
    live =
        (line.status || line.run.control.step || line.run.control.keys) && !line.quiet && out_moves(stderr);
    if (live)
        line.run.control.line = out_line;
    line.words = argv + 1;
    while (line.words[line.words_count] != line.run.tape)
        line.words_count++;
    return replay(&line, argv + optind, fault);
}

const struct verb verb_replay = {
    .name = "replay",
    .usage = "[options] TAPE|FOLDER [--] app [args]",
    .summary = "run an app against a tape instead of the SDK, and say whether it behaves as recorded",
    .help = replay_options_help,
    .run = run,
};
