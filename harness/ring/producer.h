// SPDX-License-Identifier: MIT
/*
 * The inside end of the ring: runs in the app's process, on its threads, also in signal
 * handlers. libc only, no malloc, no lock, no system call per edge.
 */
#ifndef RING_PRODUCER_H
#define RING_PRODUCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring/ring.h"

/* Maps the session named by RING_ENV_SESSION, once per process; false: nothing to record into.
 * Cheap when already attached. In a forked child (noticed by MADV_WIPEONFORK) it attaches anew. */
bool ring_producer_attach(void);
/* A number that differs between attachments: equal means same process image, no fork in between.
 * 0 while not attached (also in a forked child that has not recorded yet). */
uint64_t ring_producer_attachment(void);
/* The session's header, or NULL while not attached; its slots follow at slots_offset. */
struct ring_session *ring_producer_session(void);
/* Number of the edge that the calling thread entered last, whichever copy of the producer
 * in this process wrote it; 0 if none. Makes one system call. */
uint64_t ring_producer_current(void);

/* One record being written; lives on the writer's stack between begin and commit. */
struct ring_write {
    struct ring_writer *writer;
    struct ring_record *record;
    uint64_t seq;   /* its number, or 0 for records without */
    uint64_t end;   /* head once this record is published */
    uint64_t token; /* attachment it was begun under */
    uint32_t level; /* nesting of begun records on this thread (signal handlers) */
};

/* The longest body that ring_begin takes on this thread's ring, 0 when there is none. */
uint64_t ring_room(void);
/* Name of a variable of type ring_prepare * that a library which makes threads of its own may export: the
 * shim in front of it stores there how a thread gets its ring ahead of its first edge, which takes
 * milliseconds. */
#define RING_PREPARE "timtape_prepare_thread"
typedef void ring_prepare(void);

/* Room for an edge with a body of `bytes` in this thread's ring (claiming one first if need be), 8-aligned,
 * or NULL: cannot be recorded (counted). No foreign code may run until ring_commit. Longer than ring_room:
 * NULL. Re-entrant from signal handlers. */
uint8_t *ring_begin(struct ring_write *write, uint64_t bytes);
/* Publishes it, as an edge of that kind; returns its number. */
uint64_t ring_commit(struct ring_write *write, uint8_t kind, uint8_t flags, uint16_t api, uint64_t parent,
                     uint64_t cause);

/* One piece of an edge's body: `bytes` from `data`. `text`: preceded by its u32 length
 * (data NULL: RING_NONE). */
struct ring_piece {
    const void *data;
    uint64_t bytes;
    bool text;
};

/*
 * Writes one record into this thread's ring (claiming one first if need be) and
 * publishes it. Edges and RING_EXIT get a number, returned; else 0. 0 for an edge means it could
 * not be recorded (counted). Splits texts that do not fit into RING_CHUNKs by itself.
 * Re-entrant from signal handlers.
 */
uint64_t ring_put(uint8_t kind, uint8_t flags, uint16_t api, uint64_t parent, uint64_t cause,
                  const struct ring_piece *pieces, unsigned count);

#endif
