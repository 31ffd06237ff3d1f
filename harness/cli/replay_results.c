// SPDX-License-Identifier: MIT
#include "cli/replay_results.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/verb.h"
#include "replay/run/run_tape.h"

static bool
same_file(const struct stat *one, const char *path)
{
    struct stat other;
    return path != NULL && stat(path, &other) == 0 && S_ISREG(other.st_mode) && one->st_dev == other.st_dev &&
           one->st_ino == other.st_ino;
}

/* A tape begins as every SQLite file does. */
static bool
is_database(const char *path)
{
    char head[16] = "";
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t bytes = file < 0 ? 0 : read(file, head, sizeof head);
    if (file >= 0)
        close(file);
    return bytes == sizeof head && memcmp(head, "SQLite format 3", sizeof head) == 0;
}

/* A result replaces what has its name; it must not be what one cannot make again. `--json bug.tape`, where
 * other verbs have a --json without a file, is soon written. */
static int
check_file(const char *option, const char *path, const struct replay_line *line, struct fault *fault)
{
    struct stat status;
    if (path == NULL || stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    bool input = same_file(&status, line->run.tape);
    for (size_t i = 0; line->rules[i] != NULL; i++)
        input |= same_file(&status, line->rules[i]);
    if (input)
        return verb_usage(fault, "%s: %s is read by this replay and is not overwritten; name another file",
                          option, path);
    if (status.st_size > 0 && is_database(path))
        return verb_usage(fault,
                          "%s takes the file to write to, and %s is a tape, or another database: it is "
                          "not overwritten",
                          option, path);
    return 0;
}

static int
check_all(const struct replay_line *line, struct fault *fault)
{
    const struct {
        const char *option, *path;
    } all[] = {{"--json", line->json},
               {"--junit", line->junit},
               {"--annotate github", line->github},
               {"--annotate gitlab", line->gitlab}};
    struct stat status;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (check_file(all[i].option, all[i].path, line, fault) != 0)
            return -1;
        for (size_t j = 0; all[i].path != NULL && j < i; j++) {
            if (all[j].path != NULL && strcmp(all[i].path, all[j].path) == 0 && strcmp(all[i].path, "-") != 0)
                return verb_usage(fault, "%s and %s cannot both go to %s", all[j].option, all[i].option,
                                  all[i].path);
        }
    }
    if (stat(line->run.tape, &status) != 0)
        return 0; /* told where it is read */
    if (same_file(&status, line->run.record) || same_file(&status, line->chaos_out))
        return verb_usage(fault, "%s: %s is the tape that is replayed; name another file",
                          line->run.record != NULL ? "--record" : "--chaos-out", line->run.tape);
    return 0;
}

static int
open_file(const char *option, const char *path, FILE **stream, struct fault *fault)
{
    if (path == NULL)
        return 0;
    if (strcmp(path, "-") == 0) {
        *stream = stdout;
        return 0;
    }
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    *stream = file < 0 ? NULL : fdopen(file, "w");
    if (*stream != NULL)
        return 0;
    fault_errno(fault, FAULT_USAGE, "%s: cannot write %s", option, path);
    if (file >= 0)
        close(file);
    return -1;
}

static int
close_file(const char *option, const char *path, FILE **stream, struct fault *fault)
{
    FILE *file = *stream;
    *stream = NULL;
    if (file == NULL)
        return 0;
    bool failed = ferror(file) != 0;
    if (file == stdout)
        return 0; /* main looks after it */
    if (fclose(file) != 0 || failed)
        return fault_errno(fault, FAULT_INTERNAL, "%s: cannot write %s", option, path);
    return 0;
}

static int
close_all(const struct replay_line *line, struct replay_results *results, struct fault *fault)
{
    int bad = close_file("--json", line->json, &results->json, fault);
    bad |= close_file("--junit", line->junit, &results->junit, bad == 0 ? fault : NULL);
    bad |= close_file("--annotate github", line->github, &results->github, bad == 0 ? fault : NULL);
    bad |= close_file("--annotate gitlab", line->gitlab, &results->gitlab, bad == 0 ? fault : NULL);
    return bad;
}

int
replay_results_open(const struct replay_line *line, struct replay_results *results, struct fault *fault)
{
    *results = (struct replay_results){0};
    if (check_all(line, fault) != 0)
        return -1;
    if (open_file("--json", line->json, &results->json, fault) == 0 &&
        open_file("--junit", line->junit, &results->junit, fault) == 0 &&
        open_file("--annotate github", line->github, &results->github, fault) == 0 &&
        open_file("--annotate gitlab", line->gitlab, &results->gitlab, fault) == 0)
        return 0;
    close_all(line, results, NULL);
    return -1;
}

int
replay_results_write(const struct replay_line *line, struct replay_results *results,
                     const struct report_set *set, struct fault *fault)
{
    if (results->json != NULL)
        report_set_json(set, results->json);
    if (results->junit != NULL)
        report_junit(set, results->junit);
    if (results->github != NULL) {
        /* A command has to begin its line, and the app may have left one without an end. */
        if (results->github == stdout && report_set_status(set) != 0)
            putc('\n', stdout);
        report_github(set, results->github);
    }
    if (results->gitlab != NULL)
        report_gitlab(set, results->gitlab);
    return close_all(line, results, fault);
}

uint64_t
replay_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int
replay_single_open(const struct replay_line *line, char **app, struct replay_single *single,
                   struct fault *fault)
{
    memset(single, 0, sizeof *single);
    if (replay_results_open(line, &single->results, fault) != 0)
        return -1;
    run_tape_words(app, single->command, sizeof single->command);
    single->one = (struct report_case){.tape = line->run.tape};
    single->set = (struct report_set){.name = line->run.tape,
                                      .app = single->command,
                                      .cases = &single->one,
                                      .count = 1,
                                      .began = time(NULL)};
    single->start = replay_now();
    return 0;
}

int
replay_single_close(const struct replay_line *line, struct replay_single *single, int result,
                    struct fault *fault)
{
    struct fault second;
    single->set.took_ns = single->one.took_ns = replay_now() - single->start;
    if (result == 0)
        single->one.verdict = &single->verdict;
    else
        single->one.fault = fault;
    if (replay_results_write(line, &single->results, &single->set, &second) != 0 && result == 0) {
        *fault = second;
        return -1;
    }
    return result;
}

/* It quotes the tape and the app. */
void
replay_print(const struct verdict *verdict)
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
