// SPDX-License-Identifier: MIT
/*
 * Writing records: the path every edge takes. One record is reserved, filled in place and published by
 * one release store of the slot's head, so a thread killed anywhere leaves nothing half-written.
 */
#include "ring/producer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ring/producer_claim.h"

#define RARELY(condition) __builtin_expect(!!(condition), 0)
#define RECORD sizeof(struct ring_record)
/* Pieces of a record that is too long stay inside it up to this size. */
#define INLINE_BYTES 4096
/* How far beyond the head cache lines are fetched: three callbacks of 600 bytes (bench/ring). */
#define AHEAD_BYTES 2048
/* A tail that stands still this many stall times ends waiting even if the consumer still beats. */
#define STALL_BEATING 8

static _Atomic uint64_t stalled; /* 1 << 32 | heartbeat at which waiting was given up */

static inline uint64_t
now_ticks(void)
{
#if defined(__x86_64__)
    if (ring_tsc)
        return __builtin_ia32_rdtsc();
#endif
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void
consumer_wake(void)
{
    /* One waker is enough: whoever takes the mark makes the system call. */
    if (atomic_load_explicit(&ring_session->asleep, memory_order_relaxed) == 0 ||
        atomic_exchange_explicit(&ring_session->asleep, 0, memory_order_relaxed) == 0)
        return;
    int saved = errno;
    atomic_fetch_add_explicit(&ring_session->wake, 1, memory_order_release);
    syscall(SYS_futex, &ring_session->wake, FUTEX_WAKE, 1, NULL, NULL, 0);
    errno = saved;
}

/* Past half full wakes the consumer; looks at the tail again only a sixteenth of the ring later. */
static void
look(struct ring_writer *writer)
{
    uint64_t bytes = writer->mask + 1;
    uint64_t tail = atomic_load_explicit(&writer->slot->tail, memory_order_acquire);

    writer->limit = writer->gap != 0 || writer->announce ? 0 : tail + bytes;
    if (writer->head - tail < bytes / 2) {
        writer->check = tail + bytes / 2;
        return;
    }
    writer->check = writer->head + bytes / 16;
    consumer_wake();
}

/* Bytes from head to the end of a record of `need` bytes, with the padding in front of it if it would wrap.
 */
static inline uint64_t
stretch(const struct ring_writer *writer, uint64_t need)
{
    uint64_t left = writer->mask + 1 - (writer->head & writer->mask);

    return need <= left ? need : left + need;
}

static bool
fits(const struct ring_writer *writer, uint64_t need)
{
    uint64_t tail = atomic_load_explicit(&writer->slot->tail, memory_order_acquire);

    return writer->head + stretch(writer, need) - tail <= writer->mask + 1;
}

/*
 * Waits until a record of `need` bytes fits. A consumer whose heartbeat stands still (stopped,
 * dead) costs the app one stall time in all: after that nobody waits until the heartbeat moves.
 */
static bool
wait_for_room(struct ring_writer *writer, uint64_t need)
{
    struct ring_session *session = ring_session;
    struct ring_slot *slot = writer->slot;
    uint64_t pause_ns = 20000, begun, moved, since;
    uint32_t beat = session->heartbeat;
    uint64_t tail = slot->tail;
    bool room = false;
    int saved;

    if (session->on_full == RING_DROP || session->state != RING_OPEN || stalled == (1ull << 32 | beat))
        return false;
    saved = errno;
    begun = moved = since = ring_kernel_ns();
    atomic_fetch_add_explicit(&slot->waits, 1, memory_order_relaxed);
    for (;;) {
        struct timespec pause = {0, (long)pause_ns};
        uint64_t now;

        consumer_wake();
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL);
        if (pause_ns < 500000)
            pause_ns *= 2;
        room = fits(writer, need);
        now = ring_kernel_ns();
        if (room || session->state != RING_OPEN || ring_producer_attachment() != writer->token)
            break;
        if (slot->tail != tail) {
            tail = slot->tail;
            moved = since = now; /* progress: all over again */
            beat = session->heartbeat;
        } else if (session->heartbeat != beat) {
            beat = session->heartbeat;
            moved = now;
        }
        if (now - moved > session->stall_ns || now - since > session->stall_ns * STALL_BEATING) {
            stalled = 1ull << 32 | beat;
            break;
        }
    }
    atomic_fetch_add_explicit(&slot->waited_ns, ring_kernel_ns() - begun, memory_order_relaxed);
    errno = saved;
    return room;
}

/* Reserves behind `writer->head`; the caller made sure that it fits. */
static inline struct ring_record *
reserve(struct ring_writer *writer, uint64_t need, uint64_t *end)
{
    uint64_t bytes = writer->mask + 1, at = writer->head & writer->mask;
    uint64_t head = writer->head;

    if (RARELY(need > bytes - at)) {
        struct ring_record *pad = (struct ring_record *)(writer->data + at);

        pad->bytes = (uint32_t)(bytes - at);
        pad->kind = RING_PAD;
        head += bytes - at;
        at = 0;
    }
    struct ring_record *record = (struct ring_record *)(writer->data + at);
    record->bytes = (uint32_t)need;
    *end = head + need;
    return record;
}

static inline void
publish(struct ring_writer *writer, uint64_t end)
{
    writer->head = end;
    atomic_store_explicit(&writer->slot->head, end, memory_order_release);
}

static bool
put_control(struct ring_writer *writer, uint8_t kind, const void *body, uint64_t bytes)
{
    uint64_t need = RECORD + ((bytes + 7) & ~7ull), end;
    struct ring_record *record;

    if (!fits(writer, need) && !wait_for_room(writer, need))
        return false;
    record = reserve(writer, need, &end);
    record->kind = kind;
    record->flags = 0;
    record->api = 0;
    record->seq = record->parent = record->cause = 0;
    record->ticks = now_ticks();
    memcpy(record + 1, body, bytes);
    publish(writer, end);
    return true;
}

static bool
put_thread(struct ring_writer *writer)
{
    uint64_t owner = atomic_load_explicit(&writer->slot->owner, memory_order_relaxed) & ~RING_FOREIGN;
    struct ring_thread thread = {.pid = (uint32_t)(owner >> 32), .tid = (uint32_t)owner};
    int saved = errno;
    long fd = syscall(SYS_openat, AT_FDCWD, "/proc/thread-self/comm", O_RDONLY | O_CLOEXEC, 0);

    if (fd >= 0) {
        long got = syscall(SYS_read, (int)fd, thread.name, sizeof thread.name);

        syscall(SYS_close, (int)fd);
        if (got > 0)
            thread.name[got - 1] = '\0'; /* its newline */
    }
    errno = saved;
    return put_control(writer, RING_THREAD, &thread, sizeof thread);
}

/* Room for an edge where the hot path saw none: says first who writes and what was dropped. */
static bool
make_room(struct ring_writer *writer, uint64_t need)
{
    if (writer->announce) {
        if (!put_thread(writer))
            goto full;
        writer->announce = false;
    }
    if (writer->gap != 0) {
        if (!put_control(writer, RING_GAP, &writer->gap, sizeof writer->gap))
            goto full;
        writer->gap = 0;
    }
    if (!fits(writer, need) && !wait_for_room(writer, need))
        goto full;
    writer->limit = atomic_load_explicit(&writer->slot->tail, memory_order_acquire) + writer->mask + 1;
    return true;
full:
    writer->gap++;
    writer->limit = 0;
    atomic_fetch_add_explicit(&writer->slot->dropped, 1, memory_order_relaxed);
    return false;
}

/* The calling thread's writer at its present nesting level; raises the level. */
static inline struct ring_writer *
writer_get(struct ring_write *write)
{
    struct ring_mine *mine = &ring_mine;
    uint32_t level = mine->depth;
    struct ring_writer *writer;

    write->token = ring_producer_attachment();
    mine->depth = level + 1;
    atomic_signal_fence(memory_order_seq_cst);
    if (RARELY(write->token == 0 || mine->token != write->token || level >= RING_LEVELS ||
               mine->writer[level] == NULL)) {
        if (mine->token != 0 && level < RING_LEVELS && mine->token != write->token)
            level = 0; /* forked: whatever was begun belongs to the parent */
        writer = ring_claim(level);
        write->token = ring_producer_attachment();
        mine->depth = writer != NULL ? level + 1 : level;
    } else {
        writer = mine->writer[level];
    }
    write->writer = writer;
    write->level = level;
    return writer;
}

static inline void
writer_put(const struct ring_write *write)
{
    atomic_signal_fence(memory_order_seq_cst);
    if (ring_mine.token == write->token)
        ring_mine.depth = write->level;
}

uint64_t
ring_room(void)
{
    struct ring_write write;
    struct ring_writer *writer = writer_get(&write);
    uint64_t room = writer != NULL ? (writer->mask + 1) / 4 - RECORD : 0;

    if (writer != NULL)
        writer_put(&write);
    return room;
}

static inline uint8_t *
begin(struct ring_write *write, uint64_t bytes, bool numbered)
{
    struct ring_writer *writer = write->writer;
    uint64_t need = RECORD + ((bytes + 7) & ~7ull);

    if (RARELY(writer->head + stretch(writer, need) > writer->limit) && !make_room(writer, need))
        return NULL;
    /* Numbers are taken before the body is written: a locked instruction waits for all stores before it. */
    write->seq = numbered ? atomic_fetch_add_explicit(&ring_session->seq, 1, memory_order_relaxed) + 1 : 0;
    write->record = reserve(writer, need, &write->end);
    return (uint8_t *)(write->record + 1);
}

uint8_t *
ring_begin(struct ring_write *write, uint64_t bytes)
{
    uint8_t *body = NULL;

    if (RARELY(ring_session != NULL &&
               atomic_load_explicit(&ring_session->state, memory_order_relaxed) != RING_OPEN))
        return NULL;
    if (RARELY(writer_get(write) == NULL))
        return NULL;
    if (bytes <= (write->writer->mask + 1) / 4 - RECORD)
        body = begin(write, bytes, true);
    if (RARELY(body == NULL))
        writer_put(write);
    return body;
}

/*
 * Fetches the lines that the next records will probably need, so that their stores find them at hand. As this
 * core's own: the consumer read them last, and the locked instruction that takes the next number waits until
 * every store before it has its line. The compiler's builtin would only ask for a shared copy.
 */
static inline void
look_ahead(struct ring_writer *writer)
{
    uint64_t to = writer->head + AHEAD_BYTES;

    if (writer->ahead < writer->head)
        writer->ahead = writer->head;
    for (; writer->ahead < to; writer->ahead += 64) {
        uint8_t *line = writer->data + (writer->ahead & writer->mask);
#if defined(__x86_64__)
        __asm__ volatile("prefetchw %0" : : "m"(*line));
#else
        __builtin_prefetch(line, 1);
#endif
    }
}

static inline uint64_t
finish(struct ring_write *write, uint8_t kind, uint8_t flags, uint16_t api, uint64_t parent, uint64_t cause)
{
    struct ring_record *record = write->record;
    struct ring_writer *writer = write->writer;

    record->kind = kind;
    record->flags = flags;
    record->api = api;
    record->seq = write->seq;
    record->ticks = now_ticks();
    record->parent = parent;
    record->cause = cause;
    /* Forked by a signal handler in mid-write: the slot is the parent's. */
    if (RARELY(ring_producer_attachment() != write->token))
        return 0;
    publish(writer, write->end);
    if (write->seq != 0)
        atomic_store_explicit(&writer->slot->current, write->seq, memory_order_relaxed);
    if (RARELY(writer->head > writer->check))
        look(writer);
    look_ahead(writer);
    return write->seq;
}

uint64_t
ring_commit(struct ring_write *write, uint8_t kind, uint8_t flags, uint16_t api, uint64_t parent,
            uint64_t cause)
{
    uint64_t seq = finish(write, kind, flags, api, parent, cause);

    writer_put(write);
    return seq;
}

/* Moves a text ahead of its edge in as many records as it takes. */
static bool
put_chunks(struct ring_write *write, const struct ring_piece *piece)
{
    uint64_t most = (write->writer->mask + 1) / 8 - RECORD;

    for (uint64_t done = 0; done < piece->bytes;) {
        uint64_t part = piece->bytes - done < most ? piece->bytes - done : most;
        uint8_t *body = begin(write, part, false);

        if (body == NULL)
            return false;
        memcpy(body, (const uint8_t *)piece->data + done, part);
        finish(write, RING_CHUNK, 0, 0, 0, part);
        done += part;
    }
    return true;
}

static bool
piece_moves(const struct ring_piece *piece, bool split)
{
    return split && piece->text && piece->data != NULL && piece->bytes > INLINE_BYTES;
}

static void
fill(uint8_t *body, const struct ring_piece *pieces, unsigned count, bool split)
{
    for (unsigned i = 0; i < count; i++) {
        const struct ring_piece *piece = &pieces[i];
        bool moved = piece_moves(piece, split);

        if (piece->text) {
            uint32_t length = piece->data == NULL ? RING_NONE : moved ? RING_CHUNKED : (uint32_t)piece->bytes;

            memcpy(body, &length, sizeof length);
            body += sizeof length;
        }
        if (moved) {
            memcpy(body, &piece->bytes, sizeof piece->bytes);
            body += sizeof piece->bytes;
        } else if (piece->data != NULL) {
            memcpy(body, piece->data, piece->bytes);
            body += piece->bytes;
        }
    }
}

static uint64_t
pieces_size(const struct ring_piece *pieces, unsigned count, bool split)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < count; i++) {
        bytes += pieces[i].text ? sizeof(uint32_t) : 0;
        if (piece_moves(&pieces[i], split))
            bytes += sizeof(uint64_t);
        else if (pieces[i].data != NULL)
            bytes += pieces[i].bytes;
    }
    return bytes;
}

uint64_t
ring_put(uint8_t kind, uint8_t flags, uint16_t api, uint64_t parent, uint64_t cause,
         const struct ring_piece *pieces, unsigned count)
{
    struct ring_write write;
    struct ring_writer *writer;
    uint64_t bytes = pieces_size(pieces, count, false), seq = 0;
    bool numbered = kind <= RING_BACK_LEAVE || kind == RING_EXIT;
    uint8_t *body = NULL;
    bool split;

    if (ring_session != NULL && atomic_load_explicit(&ring_session->state, memory_order_relaxed) != RING_OPEN)
        return 0;
    writer = writer_get(&write);
    if (writer == NULL)
        return 0;
    split = bytes > (writer->mask + 1) / 4 - RECORD;
    if (split) {
        bool moved = true;

        for (unsigned i = 0; i < count && moved; i++)
            moved = !piece_moves(&pieces[i], true) || put_chunks(&write, &pieces[i]);
        bytes = pieces_size(pieces, count, true);
        if (moved && bytes <= (writer->mask + 1) / 4 - RECORD)
            body = begin(&write, bytes, numbered);
    } else {
        body = begin(&write, bytes, numbered);
    }
    if (body != NULL) {
        fill(body, pieces, count, split);
        seq = finish(&write, kind, flags, api, parent, cause);
    }
    writer_put(&write);
    return seq;
}
