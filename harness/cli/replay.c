// SPDX-License-Identifier: MIT
/* timtape replay: an app against a tape instead of the SDK, with a verdict. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/replay_options.h"
#include "cli/verb.h"
#include "replay/report/report.h"

/* The app has to be named; what was recorded is what one mostly wants. */
static int
no_app(const struct replay_line *line, struct fault *fault)
{
    char *command = run_recorded_command(line->run.tape);
    if (command == NULL)
        return verb_usage(fault, "which app is to be replayed? Put it behind the tape");
    verb_usage(fault, "which app is to be replayed? Recorded was:\n    timtape replay %s -- %s",
               line->run.tape, command);
    free(command);
    return -1;
}

/* Opened before the app starts, so that a path that cannot be written costs no run. */
static FILE *
open_json(const char *path, struct fault *fault)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    FILE *stream = file < 0 ? NULL : fdopen(file, "w");
    if (stream == NULL) {
        fault_errno(fault, FAULT_USAGE, "--json: cannot write %s", path);
        if (file >= 0)
            close(file);
    }
    return stream;
}

static int
close_json(FILE *stream, const char *path, struct fault *fault)
{
    bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed)
        return fault_errno(fault, FAULT_INTERNAL, "--json: cannot write %s", path);
    return 0;
}

static void
words(const char *text)
{
    say("%s", text);
}

/* It quotes the tape and the app. */
static void
print_verdict(const struct verdict *verdict)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL) {
        say("out of memory");
        return;
    }
    report_text(verdict, stream);
    if (fclose(stream) == 0)
        out_lines(stderr, text);
    free(text);
}

static int
run(int argc, char **argv, struct fault *fault)
{
    struct replay_line line = {.run = {.speed = 1, .output = -1, .words = words}, .loop = 1};
    struct verdict verdict = {0};
    FILE *json = NULL;
    if (replay_options_read(argc, argv, &line, fault) != 0)
        return -1;
    if (optind >= argc)
        return no_app(&line, fault);
    say_quiet(line.quiet);
    if (line.json != NULL && (json = open_json(line.json, fault)) == NULL)
        return -1;
    int result = run_replay(&line.run, argv + optind, &verdict, fault);
    if (json != NULL) {
        if (result == 0)
            report_json(&verdict, json);
        if (close_json(json, line.json, result == 0 ? fault : NULL) != 0)
            result = -1;
    }
    if (result != 0)
        return -1;
    int status = verdict_status(&verdict);
    if (!line.quiet || status != 0)
        print_verdict(&verdict);
    return status;
}

const struct verb verb_replay = {
    .name = "replay",
    .usage = "[options] TAPE [--] app [args]",
    .summary = "run an app against a tape instead of the SDK, and say whether it behaves as recorded",
    .help = replay_options_help,
    .run = run,
};
