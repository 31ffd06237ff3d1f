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
/* A number that differs between attachments: equal means same process image, no fork in between. */
uint64_t ring_producer_attachment(void);

/* One piece of an edge's body: `bytes` from `data`. `text`: preceded by its u32 length
 * (data NULL: RING_NONE). */
struct ring_piece {
    const void *data;
    uint32_t bytes;
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
