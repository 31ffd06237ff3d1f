// SPDX-License-Identifier: MIT
/*
 * Turns ring records into events: pairs the leave edge with its enter edge, joins strings that
 * came in parts, numbers threads and function pointers, notices numbers that never came.
 *
 * Works in batches. inbox_take keeps pointers into the ring's memory, so a batch costs no copy
 * of a payload; inbox_flush writes it, together with all that is needed to go on from exactly
 * there (inbox_state.c), in one transaction. Only then may the ring's room be given back.
 *
 * Private to harness/recorder and its tests.
 */
#ifndef RECORDER_INBOX_H
#define RECORDER_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "recorder/map.h"
#include "ring/consumer.h"
#include "traces/tape.h"

struct inbox_thread {
    uint32_t pid, tid;
    char name[17];
    bool dirty; /* differs from the tape */
    struct tape_loss loss;
    bool loss_dirty;
};

struct inbox_process {
    uint32_t pid, parent;
    char *program, *ended, *sdk, *sdk_version;
    uint64_t exit_seq;
    uint64_t tokens; /* function pointers named so far */
    bool dirty;
};

/* One ring of the session. `thread` is 0 until somebody was announced. */
struct inbox_slot {
    uint32_t thread;
    uint64_t waits, waited_ns, dropped; /* of the slot's counters, what is accounted for already */
    char *text;                         /* parts of strings of the next edge */
    size_t text_bytes, text_room;
    size_t text_saved;      /* of these, in the tape's state already */
    uint32_t text_parts;    /* in so many rows */
    uint32_t text_obsolete; /* rows there that nobody needs any more */
};

/* An event of the batch, or (leave) the end of one that an earlier batch wrote. */
struct inbox_item {
    struct tape_event event;
    char *owned_enter, *owned_leave; /* strings that came in parts */
    bool leave;
};

struct inbox_mask {
    uint64_t hash; /* ring_hash */
    uint64_t bytes;
};

struct inbox {
    struct tape_writer *tape; /* NULL: count only */
    struct ring_reader *ring;
    uint64_t start_ns;
    bool past; /* recovering: the processes are history, /proc says nothing about them */

    struct inbox_item *items;
    unsigned count, room;
    struct map open; /* seq -> packed(batch index + 1, thread, kind) of events without an end */

    struct inbox_slot *slots;
    uint32_t nslots, used_slots;
    struct inbox_thread *threads; /* number is index + 1 */
    uint32_t nthreads;
    struct inbox_process *processes;
    uint32_t nprocesses;
    struct map tokens; /* process and pointer -> token */
    bool tokens_dirty;

    struct tape_hole *holes; /* ascending; numbers not seen yet below `next` */
    uint32_t nholes;
    uint64_t next;  /* the number expected next */
    uint64_t given; /* numbers given out when last asked */

    struct inbox_mask *masks; /* secrets that may be in the command line */
    uint32_t nmasks;
    uint32_t app_pid;

    uint64_t calls, callbacks, edges, damaged, last_ns;
    bool sdk_seen, sdk_version_seen;
    bool dirty; /* something since the last flush */
};

/* Zeroed memory for `ring`'s slots. */
int inbox_open(struct inbox *inbox, struct ring_reader *ring, struct tape_writer *tape, struct fault *fault);
void inbox_close(struct inbox *inbox);
/* A ring_sink (context: the inbox): takes one record. -1: no memory. */
int inbox_take(void *context, const struct ring_event *event);
/* Writes the batch and the state, commits, empties the batch. On a fault the batch is kept. */
int inbox_flush(struct inbox *inbox, struct fault *fault);
/* Empties the batch without writing it. */
void inbox_drop(struct inbox *inbox);
/* The process of that pid, made when new; NULL: no memory. */
struct inbox_process *inbox_process(struct inbox *inbox, uint32_t pid);
/* Its wait status is known now. */
void inbox_ended(struct inbox *inbox, uint32_t pid, int status);
/* Accounts for what the slots' counters say; called at thread changes and at the end. */
void inbox_losses(struct inbox *inbox, uint32_t slot);
/* Nothing comes any more: numbers up to `last` that never came are missing for good. */
void inbox_tail(struct inbox *inbox, uint64_t last);
/* Numbers that never came so far. */
uint64_t inbox_missing(const struct inbox *inbox);

/* ---- inbox_state.c: going on where a dead recorder stopped ---- */
/* Writes into the tape's state what inbox_restore needs (part of inbox_flush). */
int inbox_save(struct inbox *inbox, struct fault *fault);
/* Threads, processes and open events of an unfinished tape; then, with the tape resumed, the state,
 * and the ring is read on from there. */
int inbox_restore_people(struct inbox *inbox, struct tape_reader *tape, struct fault *fault);
int inbox_restore(struct inbox *inbox, struct fault *fault);

/* "exit 3" or "signal 11 (SIGSEGV)" into `buffer` (>= 48 bytes). */
const char *inbox_status_words(char *buffer, int status);

#endif
