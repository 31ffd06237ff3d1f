// SPDX-License-Identifier: MIT
/*
 * Which event an event is nested in. The open events of a thread are kept beside its stack, not on it: frames
 * that a longjmp skipped must never be read again.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "ring/producer.h"
#include "shim/inside.h"

#define DEPTH 62
#define THREADS 1024
/* A frame this close below the present one was left by a longjmp; farther away it is on another stack
 * (signal stack, coroutine) and alive. */
#define SAME_STACK (256u << 10)

struct frames {
    _Atomic uint32_t used;
    uint32_t depth;  /* may exceed DEPTH: deeper events are not kept */
    uint64_t attach; /* a forked child's copies belong to its parent */
    struct {
        uintptr_t address;
        uint64_t seq;
    } frame[DEPTH];
};

static struct frames *_Atomic pool;
static _Atomic uint32_t next; /* where to look for a free one */
static pthread_key_t key;
static _Atomic int key_state; /* 0 not made, 1 usable, 2 not usable */
static _Thread_local struct frames *mine;

static void
release(void *unused)
{
    struct frames *frames = mine;

    (void)unused;
    mine = NULL;
    if (frames != NULL)
        atomic_store_explicit(&frames->used, 0, memory_order_release);
}

__attribute__((constructor)) static void
key_make(void)
{
    int state = 2;

    /* Keys past the first 32 make pthread_setspecific allocate: not in somebody's signal handler. */
    if (pthread_key_create(&key, release) == 0) {
        if ((unsigned)key < 32)
            state = 1;
        else
            pthread_key_delete(key);
    }
    key_state = state;
}

static struct frames *
frames_claim(void)
{
    struct frames *all = pool, *expected = NULL;

    if (key_state != 1)
        return NULL;
    if (all == NULL) {
        all = mmap(NULL, THREADS * sizeof *all, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (all == MAP_FAILED)
            return NULL;
        if (!atomic_compare_exchange_strong(&pool, &expected, all)) {
            munmap(all, THREADS * sizeof *all);
            all = expected;
        }
    }
    for (unsigned tries = 0; tries < THREADS; tries++) {
        struct frames *frames = &all[next++ % THREADS];
        uint32_t unused = 0;

        if (frames->used == 0 && atomic_compare_exchange_strong(&frames->used, &unused, 1)) {
            frames->depth = 0;
            frames->attach = 0;
            mine = frames;
            pthread_setspecific(key, frames);
            return frames;
        }
    }
    return NULL;
}

static struct frames *
frames_get(void)
{
    struct frames *frames = mine;
    uint64_t attach = ring_producer_attachment();

    if (frames == NULL) {
        frames = frames_claim();
        if (frames == NULL)
            return NULL;
    }
    if (__builtin_expect(frames->attach != attach, 0)) {
        frames->depth = 0;
        frames->attach = attach;
    }
    return frames;
}

uint64_t
frames_enter(const struct shim_call *call)
{
    struct frames *frames = frames_get();
    uintptr_t here = (uintptr_t)call;
    uint64_t parent = 0;
    uint32_t depth;

    if (__builtin_expect(frames == NULL, 0))
        return 0;
    depth = frames->depth;
    while (depth > 0) {
        uint32_t last =
            depth < DEPTH ? depth - 1 : DEPTH - 1; /* for those that are not kept, the last that is */
        uintptr_t address = frames->frame[last].address;

        parent = frames->frame[last].seq;
        if (address > here || here - address > SAME_STACK)
            break;
        parent = 0;
        depth = last;
    }
    /* The depth first: a signal handler in between then works above this entry. Until this event has
     * its number, what is nested in it is nested in its parent. */
    frames->depth = depth + 1;
    if (__builtin_expect(depth >= DEPTH, 0))
        return parent;
    atomic_signal_fence(memory_order_seq_cst);
    frames->frame[depth].seq = parent;
    frames->frame[depth].address = here;
    return parent;
}

void
frames_number(const struct shim_call *call)
{
    struct frames *frames = mine;

    /* A forked child that began to record with this very event starts anew: it is the first frame there. */
    if (frames == NULL)
        return;
    if (__builtin_expect(frames->attach != call->attach, 0)) {
        frames->attach = call->attach;
        frames->depth = 1;
        frames->frame[0].address = (uintptr_t)call;
    }
    if (frames->depth - 1 < DEPTH && frames->frame[frames->depth - 1].address == (uintptr_t)call)
        frames->frame[frames->depth - 1].seq = call->seq;
}

void
frames_pop(const struct shim_call *call)
{
    struct frames *frames = mine;

    if (frames == NULL || frames->attach != call->attach)
        return;
    if (frames->depth > DEPTH) {
        frames->depth--;
        return;
    }
    for (uint32_t at = frames->depth; at-- > 0;)
        if (frames->frame[at].address == (uintptr_t)call) {
            frames->depth = at;
            return;
        }
}
