// SPDX-License-Identifier: MIT
/*
 * Private to the consumer: its view of a session, shared by consumer.c (create, attach, close),
 * consumer_drain.c (records in order), consumer_clock.c (ticks to time) and consumer_tend.c (owners, spares).
 */
#ifndef RING_CONSUMER_INTERNAL_H
#define RING_CONSUMER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "ring/consumer.h"

#define RING_MOST_SLOTS 1024
#define RING_PAGE 4096u
/* Private anchors: at a pass every 2 ms these reach back 8 s. */
#define RING_CLOCK_POINTS 4096

struct ring_view {
    const uint8_t *data; /* mapped on first use */
    uint64_t bytes;      /* size of that mapping, 0 = none */
    uint64_t position;   /* read up to here */
    uint64_t head;       /* snapshot of this pass */
    uint64_t owner;      /* whom `born` belongs to */
    uint64_t born;       /* start time of that thread in clock ticks since boot */
    bool damaged;
    bool ready;      /* in the heap: `record` and `body` hold the record at `position` */
    uint64_t number; /* of `record`, or of the one behind it that it goes with */
    struct ring_record record;
    const uint8_t *body;
};

struct ring_reader {
    char *path;
    int fd;
    struct ring_session *session;
    struct ring_slot *slot;
    uint64_t mapped; /* bytes of header and slots */
    uint32_t slots;  /* session->slots, checked once: the app could change it */
    uint64_t slot_bytes;
    uint64_t data_offset;
    uint32_t clock;
    uint64_t stored_ns;        /* when an anchor was stored in the session last */
    struct ring_anchor *point; /* ring buffer, oldest overwritten */
    uint64_t points;           /* ever stored */
    uint32_t damaged;
    uint64_t expected; /* next number; 0: unknown, hand out what is there */
    uint32_t *heap;    /* slots with a numbered record ready, smallest number first */
    uint32_t heaped;
    struct ring_view view[];
};

/* Stores a moment seen on both clocks; events published before this call lie before it. */
void ring_anchor_take(struct ring_reader *ring);
/* Takes over the anchors that a dead consumer left in the session. */
void ring_anchor_load(struct ring_reader *ring);
/* RING_CLOCK_TSC where the kernel itself trusts it. */
enum ring_clock ring_clock_best(void);
uint64_t ring_monotonic(void);
/* Maps the data of a slot for reading; false: its size is nonsense. */
bool ring_view_map(struct ring_reader *ring, uint32_t slot);

#endif
