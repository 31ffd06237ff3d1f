// SPDX-License-Identifier: MIT
/*
 * Where an app dies that has no sanitizer. The trace is played once more into the app, started anew, with a
 * tracer between the player and it: this same command, which runs the app under ptrace and writes what it saw
 * into a file of ours.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/app/loop_parts.h"

#define STACK_HANG_NS 5000000000u

int
loop_stack_run(char *const *argv, const char *path, unsigned ms)
{
    struct finding_limits limits = {.ms = ms};
    struct finding_outcome outcome = {0};
    struct fault fault;
    int died = finding_stack_run(argv, &limits, &outcome, &fault), file;

    if (died <= 0)
        return died < 0 ? 127 << 8 : 0;
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    outcome.report = NULL;
    if (file >= 0) {
        if (write(file, &outcome, sizeof outcome) != (ssize_t)sizeof outcome)
            unlink(path);
        close(file);
    }
    return outcome.status;
}

static char **
stack_words(const struct loop_worker *worker, char *path)
{
    const char *const *tracer = worker->options->tracer;
    char *const *app = worker->options->argv;
    size_t before = 0, after = 0;
    char **words;

    while (tracer[before] != NULL)
        before++;
    while (app[after] != NULL)
        after++;
    words = calloc(before + after + 3, sizeof *words);
    if (words == NULL)
        return NULL;
    for (size_t i = 0; i < before; i++)
        words[i] = (char *)(uintptr_t)tracer[i];
    words[before] = path;
    words[before + 1] = (char *)"--";
    memcpy(words + before + 2, app, after * sizeof *words);
    return words;
}

static bool
stack_read(const char *path, struct finding_outcome *outcome)
{
    struct finding_outcome *seen = calloc(1, sizeof *seen);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool fine = seen != NULL && file >= 0 && read(file, seen, sizeof *seen) == (ssize_t)sizeof *seen &&
                seen->nframes > 0 && seen->nframes <= FINDING_FRAMES;

    if (fine) {
        memcpy(outcome->frames, seen->frames, sizeof outcome->frames);
        outcome->nframes = seen->nframes;
        finding_sign(outcome);
    }
    if (file >= 0)
        close(file);
    free(seen);
    return fine;
}

bool
loop_stack(struct loop_worker *worker, const struct trace *trace, struct finding_outcome *outcome)
{
    char path[LOOP_PATH];
    struct player_options play = {.base = worker->base,
                                  .via = worker->options->via,
                                  .sdk = worker->options->sdk,
                                  .restart = true,
                                  .hang_ns = STACK_HANG_NS};
    struct player_result result;
    struct player *player;
    struct fault fault;
    char **words;
    bool fine;

    if (worker->options->tracer == NULL)
        return false;
    loop_path(worker, "stack", path);
    words = stack_words(worker, path);
    play.argv = words;
    player = words == NULL ? NULL : player_open(&play, &fault);
    fine = player != NULL && player_run(player, trace, &result, &fault) == 0 && stack_read(path, outcome);
    player_close(player);
    unlink(path);
    free(words);
    return fine;
}
