// SPDX-License-Identifier: MIT
/*
 * The recorder: runs an app with our libraries in front of its SDK, drains the ring they
 * write into, and puts the events on a tape. `record`, `replay --record` and `recover` are
 * thin users of this header.
 *
 *   recorder_open -> recorder_spawn -> recorder_run (or recorder_pass in a loop of one's own)
 *   -> recorder_finish -> recorder_free
 *
 * One thread. While the app runs, SIGINT and SIGQUIT of the terminal are the app's affair, and
 * SIGTERM and SIGHUP are passed on to it (recorder_spawn sets that up, recorder_finish undoes it).
 */
#ifndef RECORDER_RECORDER_H
#define RECORDER_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "ring/consumer.h"
#include "traces/tape.h"

enum recorder_via { RECORDER_VIA_BEST, RECORDER_VIA_AUDIT, RECORDER_VIA_PRELOAD };

struct recorder_options {
    const char *output;       /* the tape, or NULL: only the ring (a judge watches, nothing is kept) */
    bool replace;             /* an existing tape may be replaced */
    struct ring_options ring; /* zero: defaults */
    enum recorder_via via;
    const char *sdk;     /* base name of the SDK's file when it is not libImSDK.so, or NULL */
    int app_output;      /* descriptor that the app's standard output goes to; 0: ours */
    int app_error;       /* ... and its standard error */
    const char *score;   /* path of a score: the stand-in plays it behind the shim; or NULL */
    bool clock;          /* ... in virtual time: the app's clocks follow the score's */
    ring_sink *observer; /* sees every record first, or NULL; a non-zero return is a fault of its own */
    void *observer_context;
    void (*words)(const char *text); /* tells the user something while running, or NULL */
};

struct recorder;

struct recorder_report {
    uint64_t calls, callbacks, edges;
    uint32_t threads, processes;
    uint64_t dropped; /* edges thrown away (full ring, or no slot) */
    uint64_t missing; /* numbers that never arrived */
    uint64_t waits, waited_ns;
    uint64_t in_flight; /* events open at the end */
    int64_t duration_ns;
    uint64_t overslept_ns; /* by how much a sleeper of this machine woke late, on average; 0: not known */
    uint64_t tape_bytes;
    bool sdk_seen;        /* some process loaded the SDK through us */
    bool unseen;          /* the program is of a kind that nothing can get into; the user was told */
    bool tape_failed;     /* the tape could not take everything: `trouble` says why */
    bool tape_unfinished; /* ... not even its end: `timtape recover` is to be run */
    char trouble[1024];
    bool ended; /* the app was reaped; then: */
    int status; /* as waitpid gave it */
};

/* Makes the ring and the tape. NULL: nothing was left behind. */
struct recorder *recorder_open(const struct recorder_options *options, struct fault *fault);
/* Starts the app. FAULT_NOT_FOUND / FAULT_CANNOT_RUN: it did not start, and the tape was removed again. */
int recorder_spawn(struct recorder *recorder, char *const argv[], struct fault *fault);
/* One pass: drain, look after the children, commit, give the room back. *seen (may be NULL) =
 * records handled. 1: something may still come; 0: the app has ended and all it left is drained, as well
 * as every process that it left running. -1: a fault of the observer or of ours; a full disk is none (see
 * recorder_report.tape_failed: the app goes on unrecorded). Never waits. */
int recorder_pass(struct recorder *recorder, uint64_t *seen, struct fault *fault);
/* Sleeps until there is probably something to do: 2 ms after activity, longer when idle. */
void recorder_wait(struct recorder *recorder);
/* Passes and waits until recorder_pass returns 0. */
int recorder_run(struct recorder *recorder, struct fault *fault);
/* pid of the app, 0 before recorder_spawn; its end, once known. */
pid_t recorder_pid(const struct recorder *recorder);
bool recorder_ended(const struct recorder *recorder, int *status);
/* Asks the app and everything it started to end: this signal to each live process of them. Returns how many
 * it reached. */
unsigned recorder_signal(struct recorder *recorder, int number);
struct ring_reader *recorder_ring(struct recorder *recorder);
/* The tape, to write meta of one's own (before recorder_finish); NULL without one. */
struct tape_writer *recorder_tape(struct recorder *recorder);
/* Takes the last of the ring, writes what is known of the end, finalises the tape, removes the ring. */
int recorder_finish(struct recorder *recorder, struct recorder_report *report, struct fault *fault);
void recorder_free(struct recorder *recorder);

/* Finishes a tape whose recorder is dead, from what is on disk. FAULT_CANNOT_RUN while the recorder lives. */
struct recover_report {
    uint64_t drained;        /* records that were still in the ring */
    bool ring_gone;          /* the ring was no longer there: its last moments are lost */
    char ring_trouble[1024]; /* then: why */
    bool was_complete;       /* nothing to do */
    bool app_alive;          /* a process of the app still ran; it goes on unrecorded */
    struct recorder_report tape;
};
int recorder_recover(const char *path, struct recover_report *report, struct fault *fault);

#endif
