// SPDX-License-Identifier: MIT
/*
 * The layout of the shared memory between an app's processes and the one process
 * outside (recorder or judge). One session file holds everything:
 *
 *   struct ring_session | struct ring_slot[slots] | data of slot 0 | data of slot 1 | ...
 *
 * The file is sparse: the data of a slot is allocated (fallocate, so that a full
 * file system is an error and never a SIGBUS) when a thread claims the slot.
 * Each slot is a single-producer single-consumer ring owned by one live thread.
 *
 * Order: every record that is an edge carries a number from the one counter in the
 * session, shared by all threads and processes. A producer takes the number, writes the
 * record, then publishes it by storing `head` (release). A producer that dies in
 * between leaves a missing number and nothing half-written.
 *
 * Exactly once: the consumer stores `tail` only after what it read is durable
 * (committed), and commits its own copy of the tails with the data.
 */
#ifndef RING_RING_H
#define RING_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

#define RING_MAGIC "TIMTRNG\1"
#define RING_LAYOUT 4
#define RING_LINE 128 /* two cache lines: adjacent-line prefetch makes 64 share falsely */
#define RING_ANCHORS 64
#define RING_NONE UINT32_MAX /* length of a NULL string */

/* Environment of an app's process. */
#define RING_ENV_SESSION "TIMTAPE_SESSION" /* path of the session file */

enum ring_clock { RING_CLOCK_MONOTONIC = 1, RING_CLOCK_TSC = 2 };
enum ring_on_full { RING_WAIT = 1, RING_DROP = 2 };
enum ring_state {
    RING_OPEN = 1,   /* record */
    RING_CLOSED = 2, /* the consumer is gone for good: record nothing, change nothing */
};

/* A moment seen on both clocks; ticks of the session's clock, CLOCK_MONOTONIC ns. */
struct ring_anchor {
    uint64_t ticks;
    uint64_t ns;
};

struct ring_session {
    char magic[8];
    uint32_t layout;
    uint32_t slots;
    uint64_t slots_offset;
    uint64_t data_offset;
    uint64_t slot_bytes; /* stride and largest ring size; power of two, page multiple */
    uint32_t clock;      /* enum ring_clock */
    uint32_t on_full;    /* enum ring_on_full */
    uint64_t start_ns;   /* CLOCK_MONOTONIC at the start of the recording */
    uint64_t start_wall; /* CLOCK_REALTIME ns at the same moment */
    uint64_t stall_ns;   /* a full ring waits at most this long while `heartbeat` stands still */
    uint64_t namespace;  /* of the consumer's pids: inode of /proc/self/ns/pid, 0 unknown */

    alignas(RING_LINE) _Atomic uint64_t seq; /* last number given out; the first edge is 1 */

    /* Read with every edge, so apart from what the consumer writes with every pass. */
    alignas(RING_LINE) _Atomic uint32_t state; /* enum ring_state */

    alignas(RING_LINE) _Atomic uint32_t heartbeat; /* the consumer adds one per pass */
    _Atomic uint32_t wake;                         /* futex (shared): the consumer sleeps on it */
    _Atomic uint32_t asleep;                       /* 1 while the consumer sleeps there */

    alignas(RING_LINE) _Atomic uint64_t unrecorded; /* edges lost because no slot could be had */

    alignas(
        RING_LINE) _Atomic uint32_t anchors; /* how many were ever stored; newest at (n-1) % RING_ANCHORS */
    struct ring_anchor anchor[RING_ANCHORS];
};

/* Set in an owner whose pid and tid count in another namespace than the consumer's (a container, a sandbox):
 * from outside nobody can tell whether it lives, so it keeps its slot. */
#define RING_FOREIGN (1ull << 63)

/* Owner of a slot: pid << 32 | tid, 0 when free. A slot that was released and claimed
 * again goes on in the same ring: a RING_THREAD record says who writes from there on. */
struct ring_slot {
    alignas(RING_LINE) _Atomic uint64_t head; /* bytes ever published; producer */
    /* Number of the edge this thread entered last (the stand-in names it to the judge). */
    _Atomic uint64_t current;
    _Atomic uint64_t waits; /* times the producer waited for room */
    _Atomic uint64_t waited_ns;
    _Atomic uint64_t dropped;                 /* edges thrown away for lack of room */
    alignas(RING_LINE) _Atomic uint64_t tail; /* bytes ever consumed; consumer */
    alignas(RING_LINE) _Atomic uint64_t owner;
    _Atomic uint64_t image; /* of the owner: tells a program from the one that exec put in its place */
    _Atomic uint64_t bytes; /* size of this ring, power of two <= slot_bytes; 0 = not allocated */
};

#define RING_LEAST_BYTES (1u << 20)

/* Size of a new ring in this slot: an app of hundreds of threads must not pay gigabytes for them. */
static inline uint64_t
ring_new_bytes(const struct ring_session *session, uint32_t slot)
{
    uint64_t bytes = slot < 16   ? session->slot_bytes
                     : slot < 64 ? session->slot_bytes / 4
                                 : session->slot_bytes / 16;
    uint64_t least = session->slot_bytes < RING_LEAST_BYTES ? session->slot_bytes : RING_LEAST_BYTES;

    return bytes < least ? least : bytes;
}

enum ring_kind {
    RING_PAD = 0, /* skip to the start of the ring */
    RING_CALL_ENTER = 1,
    RING_CALL_LEAVE = 2,
    RING_BACK_ENTER = 3, /* callback */
    RING_BACK_LEAVE = 4,
    RING_CHUNK = 5,   /* part of a string too long for one record; belongs to the next edge of this slot;
                         `cause`: how many bytes of the body are text (the rest is padding) */
    RING_THREAD = 6,  /* payload: struct ring_thread; who writes this slot from here on */
    RING_EXIT = 7,    /* the process began to exit (exit handlers run); has a number */
    RING_SDK = 8,     /* payload: two strings: path and version of the library behind the shim */
    RING_SECRET = 9,  /* payload: u64 ring_hash, u32 length: a secret, to find it in the command line */
    RING_GAP = 10,    /* payload: u64: edges dropped just before this record */
    RING_ABSENT = 11, /* payload: u16 api ids: functions the library behind does not have;
                         `cause`: bytes of the payload before padding */
};

enum ring_flags {
    RING_SECOND = 1, /* BACK_ENTER: came through the call's second callback parameter */
    RING_THREW = 2,  /* BACK_LEAVE: left by an exception, cancellation or thread exit */
};

/*
 * Records start on 8 bytes and `bytes` counts header, body and padding. A record never
 * wraps: RING_PAD fills the rest. Body of an enter edge: the parameters in order,
 * packed: integers 8 bytes; API_STR u32 length (RING_NONE: NULL) + bytes without NUL;
 * API_OUT u32 0 or RING_NONE; API_FN 8 bytes; API_USER nothing. Body of CALL_LEAVE:
 * the result (nothing for API_VOID), then every API_OUT in order as a string.
 * A string moved ahead in RING_CHUNKs has length RING_CHUNKED and then u64 total.
 * Chunks come in the order of the strings they belong to; those of an edge that could not
 * be finished are followed by RING_GAP, RING_THREAD or by an edge without RING_CHUNKED
 * strings: a reader forgets them there. RING_SDK: strings as in an edge (u32 length + bytes).
 * A thread may own several slots: an edge from a signal handler that interrupted a write
 * goes to another one, whose RING_THREAD names the same pid and tid.
 */
#define RING_CHUNKED (UINT32_MAX - 1)

struct ring_record {
    uint32_t bytes;
    uint8_t kind;
    uint8_t flags;
    uint16_t api; /* enum api_id */
    uint64_t seq; /* edges and RING_EXIT; 0 elsewhere */
    uint64_t ticks;
    uint64_t parent; /* enter: seq of the event this one is nested in on this thread, or 0;
                        leave: seq of its own enter edge */
    uint64_t cause;  /* BACK_ENTER: seq of the call or registration; else 0 */
};

/* Each byte is worth more than the one behind it: a reader can move it along a text
 * (harness/recorder/command.c). */
#define RING_HASH_BASE 0x100000001b3u

static inline uint64_t
ring_hash(const char *text, uint64_t bytes)
{
    uint64_t hash = 0;

    for (uint64_t i = 0; i < bytes; i++)
        hash = hash * RING_HASH_BASE + (uint8_t)text[i] + 1;
    return hash;
}

struct ring_thread {
    uint32_t pid;
    uint32_t tid;
    char name[16]; /* as in /proc/PID/task/TID/comm */
};

#endif
