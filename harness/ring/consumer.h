// SPDX-License-Identifier: MIT
/*
 * The outside end of the ring: creates a session, and reads the records of all slots.
 * One thread. Never called inside an app's process.
 */
#ifndef RING_CONSUMER_H
#define RING_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "ring/ring.h"

struct ring_options {
    const char *directory;     /* NULL: tmpfs with room, else TMPDIR, see ring_create */
    uint32_t slots;            /* 0: default */
    uint64_t slot_bytes;       /* 0: default, 16 MiB */
    enum ring_clock clock;     /* 0: TSC where the kernel trusts it, else CLOCK_MONOTONIC */
    enum ring_on_full on_full; /* 0: RING_WAIT */
    uint64_t stall_ns;         /* 0: default, 2 s */
};

struct ring_reader;

/* Creates the session file (0600, unlinked only by ring_destroy). Spare slots are prepared by ring_tend:
 * call it right after starting the app, so that zeroing memory does not delay the start. */
struct ring_reader *ring_create(const struct ring_options *options, struct fault *fault);
/* Attaches to a session file left behind by a dead recorder. Every byte of it is hostile input. */
struct ring_reader *ring_attach(const char *path, struct fault *fault);
const char *ring_path(const struct ring_reader *ring);
struct ring_session *ring_header(struct ring_reader *ring);
struct ring_slot *ring_slot_header(struct ring_reader *ring, uint32_t slot);

/* A record as the consumer sees it: `record` is a copy of the header, valid during the sink's call and
 * checked (kind known, inside the ring); body points into the shared memory and stays valid until
 * ring_release, but an app gone wild may change it at any time: read each length once. `slot` is the
 * ring it came from. */
struct ring_event {
    const struct ring_record *record;
    const uint8_t *body;
    size_t body_bytes;
    uint32_t slot;
};

/* One pass: stores an anchor, snapshots all heads, then calls `sink` with every record up to
 * there, merged over the slots by seq (records without a number keep their place within their slot). In a
 * session of one's own the order is strict over passes, too: a number still being written is waited for
 * (20 ms; then its writer is taken for dead or stopped, and it may come late).
 * Stops early when sink returns non-zero and returns that; the record it was called with counts as not
 * read. At most `limit` records (0: all).
 * *seen = records handed out; 0 means that nothing is left. */
typedef int ring_sink(void *context, const struct ring_event *event);
int ring_drain(struct ring_reader *ring, size_t limit, ring_sink *sink, void *context, size_t *seen);
/* How far each slot was read by ring_drain; what to make durable together with the data. */
uint64_t ring_position(const struct ring_reader *ring, uint32_t slot);
/* Sets the read position of a slot (resuming); refused if it lies outside the ring's window. */
int ring_seek(struct ring_reader *ring, uint32_t slot, uint64_t position, struct fault *fault);
/* Gives the room of everything drained so far back to the producers (after the commit). */
void ring_release(struct ring_reader *ring);
/* CLOCK_MONOTONIC ns of a tick value, by the anchors around it; monotone. */
uint64_t ring_time(const struct ring_reader *ring, uint64_t ticks);
/* Slots that held something that is no record and were given up (memory corruption in the app, a
 * damaged file). What was read from them before is good. */
uint32_t ring_damaged(const struct ring_reader *ring);
/* Frees slots whose owner died; keeps a few spare slots allocated and touched. Call now and then.
 * Returns the number of live owners (threads that could still write). */
uint32_t ring_tend(struct ring_reader *ring);
/* Sleeps until a producer asks for attention, at most `timeout_ns`. */
void ring_wait(struct ring_reader *ring, uint64_t timeout_ns);
/* Tells the producers that nobody reads any more. */
void ring_close(struct ring_reader *ring);
/* Unmaps; with `remove` also unlinks the file. */
void ring_destroy(struct ring_reader *ring, bool remove);

#endif
