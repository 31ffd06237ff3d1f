// SPDX-License-Identifier: MIT
/*
 * One app against many tapes: each replay in a process of its own, several at a time. What the apps write
 * is kept apart from ours and from each other's; of each that is not as recorded its last part is kept.
 */
#ifndef REPLAY_MANY_H
#define REPLAY_MANY_H

#include "replay/run/run.h"

/* One of them. It owns its tape's path, verdict and output. */
struct many_case {
    char *tape;
    struct verdict *verdict; /* NULL: none */
    struct fault fault;      /* ... because of this, if `failed`; else it was not replayed */
    bool failed;
    uint64_t took_ns;
    char *output; /* the last that the app wrote; NULL when all was as recorded */
    size_t output_bytes;
};

struct many_options {
    const struct run_options *run; /* for each; its tape, output, words and line are not used */
    char *const *app;              /* argv; see many_app */
    unsigned jobs;                 /* at once; 0: one per processor that we may use */
    /* After each that ended, or NULL. */
    void (*ended)(void *context, const struct many_case *one);
    void *context;
};

/* Every tape (*.tape) and scenario (*.ndjson) below a folder, by name. Hidden folders and links to folders
 * are not entered. FAULT_DATA when there is none, or something cannot be read. */
int many_find(const char *folder, struct many_case **cases, size_t *count, struct fault *fault);
/*
 * Replays them all. 0: all that could be replayed were. -1: a fault that has nothing to do with a single
 * tape (wrong use; the app is not there): the rest was not replayed. SIGINT, SIGTERM and SIGHUP end what runs
 * and begin nothing more; *stopped is the signal then, else 0. The app's standard input is empty.
 */
int many_run(const struct many_options *options, struct many_case *cases, size_t count, int *stopped,
             struct fault *fault);
void many_free(struct many_case *cases, size_t count);

/* The app's command line for one tape: {} stands for its path, {name} for its name without folder and ending.
 * One allocation, free() it; NULL: no memory. */
char **many_app(char *const app[], const char *tape);
/* The verdict is that the app did as recorded. */
bool many_good(const struct many_case *one);

#endif
