// SPDX-License-Identifier: MIT
#include "fuzz/engine/runner_play.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/engine/read_file.h"
#include "fuzz/engine/session.h"

/* How far the child is; shared with the parent. */
struct progress {
    volatile size_t at; /* the input under way, or the number of inputs: all were delivered */
    volatile size_t not_cases;
    volatile int refused; /* it could not begin: its status */
};

static void
play(const struct runner_files *files, struct progress *progress)
{
    progress->refused = session_begin();
    if (progress->refused != 0)
        return;
    for (; progress->at < files->count; progress->at++) {
        struct fault fault;
        size_t size;
        char *data = read_file(files->paths[progress->at], &size, &fault);

        if (data == NULL) {
            fprintf(stderr, "timtape-fuzz: %s\n", fault.text);
            progress->refused = fault.kind;
            return;
        }
        if (session_input(data, size) != INPUT_CASE)
            progress->not_cases++;
        free(data);
    }
}

/* Waits for the child, as long as it comes forward. The wait status; *late: it had to be killed. */
static int
wait_for(pid_t child, const struct progress *progress, unsigned timeout, const sigset_t *signals, bool *late)
{
    const struct timespec tick = {.tv_nsec = 200 * 1000 * 1000};
    size_t at = progress->at;
    unsigned ticks = 0;
    int status;

    *late = false;
    while (waitpid(child, &status, WNOHANG) == 0) {
        sigtimedwait(signals, NULL, &tick);
        if (progress->at != at) {
            at = progress->at;
            ticks = 0;
        } else if (++ticks > timeout * 5 && timeout > 0 && !*late) {
            *late = true;
            kill(child, SIGKILL);
        }
    }
    return status;
}

static void
tell(const struct runner_files *files, const struct progress *progress, int status, bool late,
     unsigned timeout)
{
    const char *name = progress->at < files->count ? files->paths[progress->at] : "after the last input";

    if (late)
        printf("%s: still running after %u s\n", name, timeout);
    else if (WIFSIGNALED(status))
        printf("%s: killed by signal %d (%s)\n", name, WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        printf("%s: ended with status %d\n", name, WEXITSTATUS(status));
    fflush(stdout);
}

static int
play_apart(const struct runner_files *files, unsigned timeout, struct progress *progress, size_t *failed)
{
    sigset_t signals, before;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &before);
    do {
        bool late;
        fflush(NULL);
        pid_t child = fork();
        if (child < 0) {
            perror("timtape-fuzz: fork");
            return FAULT_INTERNAL;
        }
        if (child == 0) {
            sigprocmask(SIG_SETMASK, &before, NULL);
            play(files, progress);
            exit(progress->refused); /* so that leaks are looked for, and the app's own clean-up is run */
        }
        int status = wait_for(child, progress, timeout, &signals, &late);
        if (progress->refused != 0)
            return progress->refused;
        if (progress->at < files->count || status != 0) {
            tell(files, progress, status, late, timeout);
            ++*failed;
        }
        progress->at++;
    } while (progress->at < files->count);
    return 0;
}

int
runner_play(const struct runner_files *files, bool here, unsigned timeout, struct runner_counts *counts)
{
    struct progress *progress =
        mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    *counts = (struct runner_counts){.inputs = files->count};
    if (progress == MAP_FAILED) {
        perror("timtape-fuzz: mmap");
        return FAULT_INTERNAL;
    }
    if (here)
        play(files, progress);
    int status = here ? progress->refused : play_apart(files, timeout, progress, &counts->failed);
    counts->not_cases = progress->not_cases;
    munmap(progress, sizeof *progress);
    return status;
}
