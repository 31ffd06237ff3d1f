// SPDX-License-Identifier: MIT
/*
 * Private to the producer: attaching to a session and claiming slots of it (producer_claim.c), for
 * the hot path (producer.c).
 */
#ifndef RING_PRODUCER_CLAIM_H
#define RING_PRODUCER_CLAIM_H

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "ring/ring.h"

/* Records begun inside one another on one thread: only signal handlers nest. */
#define RING_LEVELS 4
#define RING_MOST_SLOTS 1024

/* This process's end of one slot. Valid while its token is the process's. Each thread writes its own with
 * every edge: two in one cache line would cost parallel producers half as much again. */
struct ring_writer {
    alignas(RING_LINE) struct ring_slot *slot;
    uint8_t *data;
    uint64_t mask;  /* ring size - 1; 0: never mapped */
    uint64_t head;  /* bytes published */
    uint64_t limit; /* head may grow up to here without looking at the tail */
    uint64_t check; /* past this head, look whether the consumer wants waking */
    uint64_t ahead; /* lines fetched into the cache up to here */
    uint64_t gap;   /* edges dropped since the last RING_GAP */
    uint64_t token;
    bool announce; /* a RING_THREAD record has to come first */
};

/* A page that the kernel wipes in a forked child: token 0 means "not (or no longer) attached".
 * What is in a page of its own cannot be missed by a raw fork system call. */
struct ring_page {
    _Atomic uint64_t token;
    _Atomic uint32_t busy; /* tid of the thread that attaches */
    uint32_t pid;          /* a vfork child has our token but another pid */
    uint64_t foreign;      /* RING_FOREIGN or 0 */
};

/* Initial-exec TLS: counts against the small surplus that dlopen'ed libraries share. */
struct ring_mine {
    uint64_t token;
    struct ring_writer *writer[RING_LEVELS];
    uint32_t depth;
    uint32_t retry; /* heartbeat at which a failed claim may be tried again */
};

extern struct ring_page *_Atomic ring_page;
extern struct ring_session *ring_session;
extern bool ring_tsc;
extern _Thread_local struct ring_mine ring_mine;

/* CLOCK_MONOTONIC ns from the kernel: libc's clock_gettime may be a preloaded one that stands still. */
uint64_t ring_kernel_ns(void);

/* A writer for this nesting level of the calling thread, or NULL (counted as unrecorded). */
struct ring_writer *ring_claim(unsigned level);

#endif
