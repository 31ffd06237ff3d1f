// SPDX-License-Identifier: MIT
/*
 * Workers are processes in groups of their own: a Ctrl-C reaches us only, and we tell them. What they have
 * found is on disk by then; counters are in memory that all share.
 */
#include "fuzz/app/loop.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/app/loop_parts.h"

#define TICK_NS 100000000
#define PATIENCE 300 /* ticks that a worker has to end by itself, then it is made to */

uint64_t
loop_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t
loop_hash(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 29;
    return hash == 0 ? 1 : hash;
}

/* Findings of an earlier run are known: they are not found again, and not overwritten. */
static int
loop_resume(const struct loop_options *options, struct loop_shared *shared, struct fault *fault)
{
    struct finding_row *rows = NULL;
    size_t count = 0;

    if (mkdir(options->out, 0755) != 0 && errno != EEXIST)
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot make the folder %s", options->out);
    if (access(options->out, W_OK | X_OK) != 0)
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot write into %s", options->out);
    if (finding_load(options->out, &rows, &count, fault) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = loop_hash(7, rows[i].signature, strlen(rows[i].signature));

        for (unsigned j = 0; j < LOOP_CLAIMS; j++) {
            if (shared->claims[(hash + j) % LOOP_CLAIMS] == 0) {
                shared->claims[(hash + j) % LOOP_CLAIMS] = hash;
                break;
            }
        }
    }
    free(rows);
    return 0;
}

/* Ours and not the workers': a worker that is killed takes nothing away. */
static int
loop_scratch(struct loop_shared *shared, struct fault *fault)
{
    const char *folder = getenv("TMPDIR");
    int length;

    if (folder == NULL || folder[0] != '/')
        folder = "/tmp";
    length = snprintf(shared->scratch, sizeof shared->scratch, "%s/timtape-fuzz.XXXXXX", folder);
    if (length < 0 || (size_t)length >= sizeof shared->scratch) {
        shared->scratch[0] = '\0';
        return fault_set(fault, FAULT_CANNOT_RUN, "TMPDIR is too long a path for a folder of ours in it");
    }
    if (mkdtemp(shared->scratch) == NULL) {
        shared->scratch[0] = '\0';
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot make a folder in %s; set TMPDIR to another one",
                           folder);
    }
    return 0;
}

static void
loop_scratch_remove(const struct loop_shared *shared)
{
    DIR *folder = shared->scratch[0] == '\0' ? NULL : opendir(shared->scratch);
    const struct dirent *entry;

    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
    rmdir(shared->scratch);
}

static void
loop_child(const struct loop_options *options, struct loop_shared *shared, unsigned index, pid_t parent)
{
    struct loop_worker *worker;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        _exit(1);
    worker->options = options;
    worker->shared = shared;
    worker->index = index;
    worker->state = &shared->workers[index];
    worker->until_ns = options->time_ns == 0 ? UINT64_MAX : loop_now() + options->time_ns;
    loop_work(worker);
    free(worker);
    _exit(0);
}

static void
loop_add(struct loop_shared *shared, unsigned jobs, struct loop_state *state)
{
    *state = (struct loop_state){.findings = shared->findings, .forks = true};
    for (unsigned i = 0; i < jobs; i++) {
        struct loop_worker_state *worker = &shared->workers[i];

        state->runs += worker->runs;
        state->deaths += worker->deaths;
        state->flaky += worker->flaky;
        state->corpus += worker->corpus;
        state->edges = worker->edges > state->edges ? worker->edges : state->edges;
        state->schema = worker->schema > state->schema ? worker->schema : state->schema;
        state->schema_all = worker->schema_all > state->schema_all ? worker->schema_all : state->schema_all;
        state->news_ns = worker->news_ns > state->news_ns ? worker->news_ns : state->news_ns;
        state->covered |= worker->covered != 0;
        state->forks &= worker->forks != 0;
        if (state->no_fork[0] == '\0')
            snprintf(state->no_fork, sizeof state->no_fork, "%s", worker->no_fork);
    }
}

/* Until all have ended; the first fault of a worker ends the others. */
static void
loop_watch(const struct loop_options *options, struct loop_shared *shared, const pid_t *pids,
           struct loop_state *state)
{
    const struct timespec tick = {.tv_nsec = TICK_NS};
    bool gone[LOOP_JOBS] = {false};
    unsigned left = options->jobs, waited = 0;

    while (left > 0) {
        int asked = options->interrupts == NULL ? 0 : *options->interrupts;

        for (unsigned i = 0; i < options->jobs; i++) {
            if (gone[i] || waitpid(pids[i], NULL, WNOHANG) == 0)
                continue;
            gone[i] = true;
            left--;
            if (shared->workers[i].done <= 0)
                shared->stop = 1;
        }
        if (asked > 0)
            shared->stop = 1;
        waited += shared->stop != 0;
        if (asked > 1 || waited > PATIENCE) {
            for (unsigned i = 0; i < options->jobs; i++) {
                if (!gone[i])
                    kill(-pids[i], SIGKILL);
            }
        }
        loop_add(shared, options->jobs, state);
        if (options->progress != NULL)
            options->progress(options->context, state);
        if (left > 0)
            nanosleep(&tick, NULL);
    }
}

int
loop_run(const struct loop_options *options, struct loop_state *state, struct fault *fault)
{
    struct loop_shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[LOOP_JOBS], parent = getpid();
    int result = 0;

    if (shared == MAP_FAILED)
        return fault_errno(fault, FAULT_CANNOT_RUN, "no memory to share with the workers");
    if (loop_resume(options, shared, fault) != 0 || loop_scratch(shared, fault) != 0) {
        munmap(shared, sizeof *shared);
        return -1;
    }
    for (unsigned i = 0; i < options->jobs; i++) {
        shared->workers[i].news_ns = loop_now();
        pids[i] = fork();
        if (pids[i] == 0)
            loop_child(options, shared, i, parent);
        if (pids[i] < 0) {
            shared->stop = 1;
            shared->workers[i].done = 1;
            result = fault_errno(fault, FAULT_CANNOT_RUN, "cannot start worker %u", i + 1);
            pids[i] = 0;
        } else {
            setpgid(pids[i], pids[i]);
        }
    }
    loop_watch(options, shared, pids, state);
    loop_scratch_remove(shared);
    for (unsigned i = 0; result == 0 && i < options->jobs; i++) {
        if (shared->workers[i].done < 0) {
            *fault = shared->workers[i].fault;
            result = -1;
        } else if (shared->workers[i].done == 0 &&
                   (options->interrupts == NULL || *options->interrupts == 0)) {
            result =
                fault_set(fault, FAULT_INTERNAL, "worker %u ended before its time; what it found is in %s",
                          i + 1, options->out);
        }
    }
    munmap(shared, sizeof *shared);
    return result;
}
