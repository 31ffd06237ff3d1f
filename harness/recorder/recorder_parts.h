// SPDX-License-Identifier: MIT
/* What the recorder's own files share. */
#ifndef RECORDER_RECORDER_PARTS_H
#define RECORDER_RECORDER_PARTS_H

#include "recorder/inbox.h"
#include "recorder/recorder.h"

struct recorder {
    struct recorder_options options;
    char *output;
    struct ring_reader *ring;
    struct inbox inbox; /* inbox.tape is the tape, NULL when there is none (any more) */
    char *const *argv;
    pid_t pid;
    int pidfd;
    bool ended;
    int status;
    uint64_t ended_ns;           /* CLOCK_MONOTONIC */
    uint64_t looked_ns;          /* when the rings' owners were looked after last */
    uint64_t active_ns;          /* when something was drained last */
    uint64_t overslept_ns, naps; /* by how much naps were longer than asked, in all; how many */
    bool others;                 /* processes that the app left running are still to be waited for */
    bool told;                   /* ... and the user knows */
    bool full;                   /* the last pass took as much as one pass takes: there is probably more */
    bool unseen;                 /* we cannot get into this program, and said so */
    bool tape_failed;
    char trouble[1024];
};

uint64_t recorder_now(void);
/* Header values known at the start (recorder_meta.c). */
int recorder_meta_begin(struct recorder *recorder, struct fault *fault);
/* ... and at the end. */
int recorder_meta_end(struct inbox *inbox, const struct recorder_report *report, char *const argv[],
                      struct fault *fault);
/* Accounts for every slot's losses and for numbers that never came, and fills the counters. */
void recorder_count(struct inbox *inbox, struct recorder_report *report);
/* Writes losses and holes. */
int recorder_write_losses(struct inbox *inbox, struct fault *fault);

#endif
