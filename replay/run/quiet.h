// SPDX-License-Identifier: MIT
/*
 * Is every thread of the app asleep? Told from /proc, from outside, without stopping anybody: two looks at
 * all threads, each asleep in both and not run in between, so that there was a moment at which all were.
 */
#ifndef REPLAY_RUN_QUIET_H
#define REPLAY_RUN_QUIET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct quiet;

enum quiet_state {
    QUIET_ASLEEP, /* all sleep, and nothing but another thread, the outside or a known waiter's time wakes one
                   */
    QUIET_RUNNING,
    QUIET_TIMED, /* all sleep, but one in a wait that ends after a time that nobody told us */
    QUIET_BLIND, /* /proc does not say it here */
};

/* The thread that keeps it from being quiet. */
struct quiet_thread {
    uint32_t pid, tid;
    const char *waits_in; /* TIMED: the system call that says when it ends, or NULL: then ... */
    const char *option;   /* ... the option of the socket that does */
};

/* NULL: no memory. */
struct quiet *quiet_open(void);
void quiet_close(struct quiet *quiet);
/* Looks at all descendants of this process. `known`: whether a thread (pid << 32 | tid) has told how long it
 * waits. Unless ASLEEP, *thread is filled. */
enum quiet_state quiet_look(struct quiet *quiet, bool (*known)(void *context, uint64_t owner), void *context,
                            struct quiet_thread *thread);
/* What the thread is called. */
void quiet_name(const struct quiet_thread *thread, char *name, size_t room);
/* As of the last look: lives such a thread (tid 0: any of that process)? */
bool quiet_lives(const struct quiet *quiet, uint64_t owner);
/* As of the last look: there is no thread at all. */
bool quiet_is_empty(const struct quiet *quiet);
/* A blocked system call as /proc/PID/task/TID/syscall shows it: its name when it ends after a time, else
 * NULL. */
const char *quiet_timed(const char *line);

#endif
