// SPDX-License-Identifier: MIT
#include "fuzz/engine/afl_learn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "traces/callback_name.h"

#define WORDS 1024
#define TEXT 65536
#define SECONDS 20 /* sanitized programs on a busy machine start slowly */

extern char **environ;

/* Options of afl-fuzz 4.04c that take a value; the target is the first word that is none of its options'. */
static const char valued[] = "bBceEfFgGiIlLmMopsStTVxYZ";

/* The target's words in afl-fuzz's command line, NULL-terminated, inside `text`. */
static char **
target_words(char *text, size_t size, char **words)
{
    size_t count = 0, at;

    for (size_t i = 0; i < size && count < WORDS - 1; i += strlen(text + i) + 1)
        words[count++] = text + i;
    words[count] = NULL;
    for (at = 1; at < count && words[at][0] == '-' && words[at][1] != '\0'; at++) {
        if (strcmp(words[at], "--") == 0)
            return words + at + 1;
        if (words[at][2] == '\0' && strchr(valued, words[at][1]) != NULL)
            at++;
    }
    return at < count ? words + at : words + count;
}

static ssize_t
read_all(int fd, char *text, size_t room, int64_t deadline_ms)
{
    size_t used = 0;

    for (;;) {
        struct pollfd waits = {.fd = fd, .events = POLLIN};
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t left = deadline_ms - ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
        ssize_t got;

        if (left <= 0)
            return -1;
        if (poll(&waits, 1, (int)left) <= 0)
            continue;
        got = read(fd, text + used, room - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || used + (size_t)got >= room - 1) {
            used += got > 0 ? (size_t)got : 0;
            text[used] = '\0';
            return (ssize_t)used;
        }
        used += (size_t)got;
    }
}

/* The environment without what belongs to afl-fuzz: the target would look for its shared memory. */
static char **
plain_environment(void)
{
    static char list[] = "TIMTAPE_FUZZ_LIST=1";
    size_t count = 0, kept = 0;

    while (environ[count] != NULL)
        count++;
    char **plain = calloc(count + 2, sizeof *plain);
    if (plain == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "__AFL", 5) != 0 && strncmp(environ[i], "AFL_", 4) != 0)
            plain[kept++] = environ[i];
    }
    plain[kept] = list;
    return plain;
}

/* What the target prints when it is asked for its bindings. */
static int
ask(char **words, char *text, size_t room, struct fault *fault)
{
    posix_spawn_file_actions_t actions;
    struct timespec now;
    int ends[2], status = 0;
    pid_t child = -1;
    char **plain = plain_environment();

    if (plain == NULL || pipe2(ends, O_CLOEXEC) != 0) {
        free(plain);
        return fault_errno(fault, FAULT_INTERNAL, "the target cannot be asked for its bindings");
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawnp(&child, words[0], &actions, NULL, words, plain);
    posix_spawn_file_actions_destroy(&actions);
    free(plain);
    close(ends[1]);
    clock_gettime(CLOCK_MONOTONIC, &now);
    ssize_t got = failed == 0 ? read_all(ends[0], text, room, ((int64_t)now.tv_sec + SECONDS) * 1000) : -1;
    close(ends[0]);
    if (failed != 0) {
        errno = failed;
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s cannot be run", words[0]);
    }
    if (got < 0)
        kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return got >= 0 ? 0
                    : fault_set(fault, FAULT_CANNOT_RUN, "%s did not say its bindings within %d s (%s)",
                                words[0], SECONDS, "TIMTAPE_FUZZ_LIST=1");
}

/* Drivers print words of their own around: what is no name is passed over. */
static int
parse(char *text, struct mutate_target **targets, size_t *count)
{
    size_t room = 0;

    *targets = NULL;
    *count = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        struct mutate_target target;

        if (callback_name_parse(line, &target.callback, &target.function, NULL) != 0)
            continue;
        if (*count == room) {
            struct mutate_target *grown = realloc(*targets, (room = room * 2 + 16) * sizeof *grown);
            if (grown == NULL)
                return -1;
            *targets = grown;
        }
        (*targets)[(*count)++] = target;
    }
    return 0;
}

int
afl_learn(struct mutate_target **targets, size_t *count, struct fault *fault)
{
    static char line[TEXT], text[TEXT];
    char *words[WORDS];
    FILE *file = fopen("/proc/self/cmdline", "re");
    size_t size = file != NULL ? fread(line, 1, sizeof line - 1, file) : 0;

    if (file != NULL)
        fclose(file);
    char **target = target_words(line, size, words);
    if (*target == NULL)
        return fault_set(fault, FAULT_USAGE, "no target in the command line of afl-fuzz");
    if (ask(target, text, sizeof text, fault) != 0)
        return -1;
    if (parse(text, targets, count) != 0)
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    return *count > 0 ? 0
                      : fault_set(fault, FAULT_DATA,
                                  "%s names no bindings: is it linked with libtimtape-fuzz? "
                                  "(TIMTAPE_FUZZ_LIST=1 %s prints them)",
                                  *target, *target);
}
