// SPDX-License-Identifier: MIT
/*
 * Records of all slots in the order of their numbers. Whatever is in the rings was written by a foreign
 * process that may be corrupt: every header is copied first and checked, and a slot
 * with something else than a record in it is given up.
 */
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "ring/consumer.h"
#include "ring/consumer_internal.h"

#define PAD_BYTES 8 /* all that a RING_PAD has for sure */
#define MISSING_NS 20000000u
#define NOT_YET UINT64_MAX

static void
damage(struct ring_reader *ring, struct ring_view *view)
{
    view->damaged = true;
    view->ready = false;
    ring->damaged++;
}

uint32_t
ring_damaged(const struct ring_reader *ring)
{
    return ring->damaged;
}

bool
ring_view_map(struct ring_reader *ring, uint32_t slot)
{
    struct ring_view *view = &ring->view[slot];
    uint64_t bytes = atomic_load_explicit(&ring->slot[slot].bytes, memory_order_relaxed);

    if (bytes == view->bytes && bytes != 0)
        return true;
    if (bytes < RING_PAGE || bytes > ring->slot_bytes || (bytes & (bytes - 1)) != 0)
        return false;
    if (view->bytes != 0)
        munmap((void *)(uintptr_t)view->data, view->bytes);
    view->bytes = 0;
    void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, ring->fd,
                     (off_t)(ring->data_offset + slot * ring->slot_bytes));
    if (map == MAP_FAILED)
        return false;
    view->data = map;
    view->bytes = bytes;
    return true;
}

/* Makes the next record of a slot ready, past padding. False: none left before the snapshot. */
static bool
view_next(struct ring_reader *ring, struct ring_view *view)
{
    while (!view->damaged && view->position != view->head) {
        uint64_t at = view->position & (view->bytes - 1), left = view->bytes - at;
        uint64_t unread = view->head - view->position;
        size_t header = left < sizeof view->record ? PAD_BYTES : sizeof view->record;

        memcpy(&view->record, view->data + at, header);
        uint32_t bytes = view->record.bytes;
        if (bytes < PAD_BYTES || bytes % 8 != 0 || bytes > left || bytes > unread ||
            view->record.kind > RING_ABSENT) {
            damage(ring, view);
            break;
        }
        if (view->record.kind == RING_PAD) {
            view->position += bytes;
            continue;
        }
        if (bytes < sizeof view->record) {
            damage(ring, view);
            break;
        }
        view->body = view->data + at + sizeof view->record;
        return view->ready = true;
    }
    return view->ready = false;
}

static uint64_t
number(const struct ring_reader *ring, uint32_t slot)
{
    return ring->view[slot].number;
}

static void
heap_down(struct ring_reader *ring, uint32_t at)
{
    uint32_t *heap = ring->heap, moved = heap[at];

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= ring->heaped)
            break;
        if (child + 1 < ring->heaped && number(ring, heap[child + 1]) < number(ring, heap[child]))
            child++;
        if (number(ring, moved) <= number(ring, heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void
heap_push(struct ring_reader *ring, uint32_t slot)
{
    uint32_t at = ring->heaped++;

    while (at > 0 && number(ring, slot) < number(ring, ring->heap[(at - 1) / 2])) {
        ring->heap[at] = ring->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    ring->heap[at] = slot;
}

struct pass {
    ring_sink *sink;
    void *context;
    size_t limit, seen;
};

static int
hand_out(struct ring_reader *ring, struct pass *pass, uint32_t slot)
{
    struct ring_view *view = &ring->view[slot];
    struct ring_event event = {.record = &view->record,
                               .body = view->body,
                               .body_bytes = view->record.bytes - sizeof view->record,
                               .slot = slot};
    uint32_t bytes = view->record.bytes;
    int result = pass->sink(pass->context, &event);

    if (result != 0)
        return result;
    view->position += bytes;
    pass->seen++;
    return 0;
}

/* Number of the record behind the ready one; 0: it has none; NOT_YET: nothing was there at the snapshot. */
static uint64_t
number_behind(const struct ring_view *view)
{
    uint64_t position = view->position + view->record.bytes;

    while (position != view->head) {
        uint64_t at = position & (view->bytes - 1), left = view->bytes - at;
        struct ring_record record = {0};

        memcpy(&record, view->data + at, left < sizeof record ? PAD_BYTES : sizeof record);
        if (record.kind != RING_PAD || record.bytes < PAD_BYTES || record.bytes > view->head - position)
            return record.seq;
        position += record.bytes;
    }
    return NOT_YET;
}

/* Hands out what has no number until a numbered record is ready. 1: it is. Who writes a slot is said right
 * before the first edge from there, so that threads appear in the order of their edges. */
static int
slot_advance(struct ring_reader *ring, struct pass *pass, uint32_t slot, int *result)
{
    struct ring_view *view = &ring->view[slot];

    while (view_next(ring, view)) {
        view->number = view->record.seq;
        if (view->record.kind == RING_THREAD && view->record.seq == 0) {
            view->number = number_behind(view);
            if (view->number == NOT_YET) {
                view->ready = false;
                return 0;
            }
        }
        if (view->number != 0)
            return 1;
        if (pass->limit != 0 && pass->seen >= pass->limit)
            return 0;
        *result = hand_out(ring, pass, slot);
        if (*result != 0)
            return 0;
    }
    return 0;
}

/* Looks at one head again, unless the slot is in the heap with a record that was seen before. */
static void
head_snapshot(struct ring_reader *ring, uint32_t slot)
{
    struct ring_view *view = &ring->view[slot];
    uint64_t head = atomic_load_explicit(&ring->slot[slot].head, memory_order_acquire);

    view->head = view->position;
    if (view->damaged || head == view->position)
        return;
    if (!ring_view_map(ring, slot) || head % 8 != 0 || head - view->position > view->bytes)
        damage(ring, view);
    else
        view->head = head;
}

/* Adds what was published since: true when the heap changed or something was handed out. */
static bool
refresh(struct ring_reader *ring, struct pass *pass, int *result)
{
    uint32_t heaped = ring->heaped;
    size_t seen = pass->seen;

    for (uint32_t i = 0; i < ring->slots; i++)
        if (!ring->view[i].ready)
            head_snapshot(ring, i);
    /* After the heads: what they cover is older than this anchor. */
    ring_anchor_take(ring);
    for (uint32_t i = 0; i < ring->slots && *result == 0; i++)
        if (!ring->view[i].ready && ring->view[i].position != ring->view[i].head &&
            slot_advance(ring, pass, i, result))
            heap_push(ring, i);
    return ring->heaped != heaped || pass->seen != seen;
}

/*
 * The smallest number in sight is not the next one: its writer is between taking the number and publishing,
 * or died there. Waits a little; nothing else may overtake it meanwhile.
 */
static void
await_missing(struct ring_reader *ring, struct pass *pass, int *result)
{
    uint64_t deadline = ring_monotonic() + MISSING_NS, missing = ring->expected;
    struct timespec nap = {0, 20000};

    while (*result == 0 && number(ring, ring->heap[0]) > missing && ring_monotonic() < deadline) {
        if (!refresh(ring, pass, result))
            nanosleep(&nap, NULL);
    }
    if (*result == 0 && number(ring, ring->heap[0]) > missing)
        ring->expected = number(ring, ring->heap[0]);
}

int
ring_drain(struct ring_reader *ring, size_t limit, ring_sink *sink, void *context, size_t *seen)
{
    struct pass pass = {.sink = sink, .context = context, .limit = limit};
    int result = 0;

    atomic_fetch_add_explicit(&ring->session->heartbeat, 1, memory_order_relaxed);
    for (uint32_t i = 0; i < ring->slots; i++)
        ring->view[i].ready = false;
    ring->heaped = 0;
    refresh(ring, &pass, &result);
    while (result == 0 && ring->heaped > 0 && (limit == 0 || pass.seen < limit)) {
        if (ring->expected != 0 && number(ring, ring->heap[0]) > ring->expected) {
            /* Leave it for the next pass, unless it is all there is: 0 seen must mean nothing left. */
            if (pass.seen > 0)
                break;
            await_missing(ring, &pass, &result);
            continue;
        }

        uint32_t slot = ring->heap[0];
        uint64_t next = ring->view[slot].record.seq + 1; /* 1 where there is none */
        result = hand_out(ring, &pass, slot);
        if (result != 0)
            break;
        if (ring->expected != 0 && next > ring->expected)
            ring->expected = next;
        if (!slot_advance(ring, &pass, slot, &result))
            ring->heap[0] = ring->heap[--ring->heaped];
        if (ring->heaped > 0)
            heap_down(ring, 0);
    }
    if (seen != NULL)
        *seen = pass.seen;
    return result;
}

uint64_t
ring_position(const struct ring_reader *ring, uint32_t slot)
{
    return slot < ring->slots ? ring->view[slot].position : 0;
}

int
ring_seek(struct ring_reader *ring, uint32_t slot, uint64_t position, struct fault *fault)
{
    if (slot >= ring->slots)
        return fault_set(fault, FAULT_DATA, "%s: there is no slot %u", ring->path, (unsigned)slot);

    uint64_t head = atomic_load_explicit(&ring->slot[slot].head, memory_order_acquire);
    uint64_t tail = atomic_load_explicit(&ring->slot[slot].tail, memory_order_relaxed);

    if (position % 8 != 0 || position - tail > head - tail)
        return fault_set(fault, FAULT_DATA, "%s: position %llu of slot %u is not in the ring (%llu to %llu)",
                         ring->path, (unsigned long long)position, (unsigned)slot, (unsigned long long)tail,
                         (unsigned long long)head);
    ring->view[slot].position = position;
    return 0;
}

void
ring_release(struct ring_reader *ring)
{
    for (uint32_t i = 0; i < ring->slots; i++) {
        struct ring_view *view = &ring->view[i];
        struct ring_slot *slot = &ring->slot[i];

        if (view->damaged) /* nobody will read it: the producer must not wait for that */
            view->position = atomic_load_explicit(&slot->head, memory_order_acquire);
        if (atomic_load_explicit(&slot->tail, memory_order_relaxed) != view->position)
            atomic_store_explicit(&slot->tail, view->position, memory_order_release);
    }
}
