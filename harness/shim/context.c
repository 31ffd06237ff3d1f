// SPDX-License-Identifier: MIT
/*
 * What travels through the SDK in place of the app's user data. The SDK may keep it longer than
 * documented and call again, so a finished context stays intact until QUARANTINE others have finished after
 * it. Lock-free: callbacks also come in signal handlers.
 */
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "shim/inside.h"

#define CHUNK 1024u   /* contexts per mapping */
#define CHUNKS 16384u /* 16 million contexts alive */
#define QUARANTINE 65536u
#define QUEUE (QUARANTINE * 4)

static struct shim_context *_Atomic chunks[CHUNKS];
static _Atomic uint32_t made; /* contexts ever taken from chunks */
/* Finished contexts in order, as index + 1; 0: empty. What a race overwrites is merely never reused. */
static _Atomic uint32_t queue[QUEUE];
static _Atomic uint64_t queue_head, queue_tail;

static struct shim_context *
context_at(uint32_t index)
{
    struct shim_context *chunk, *expected = NULL;
    size_t bytes = CHUNK * sizeof *chunk;

    if (index / CHUNK >= CHUNKS)
        return NULL;
    chunk = atomic_load_explicit(&chunks[index / CHUNK], memory_order_acquire);
    if (chunk == NULL) {
        chunk = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (chunk == MAP_FAILED)
            return NULL;
        if (!atomic_compare_exchange_strong(&chunks[index / CHUNK], &expected, chunk)) {
            munmap(chunk, bytes);
            chunk = expected;
        }
    }
    return &chunk[index % CHUNK];
}

static uint32_t
queue_take(void)
{
    uint64_t head = atomic_load_explicit(&queue_head, memory_order_relaxed);

    if (atomic_load_explicit(&queue_tail, memory_order_acquire) - head <= QUARANTINE)
        return 0;
    if (!atomic_compare_exchange_strong(&queue_head, &head, head + 1))
        return 0; /* somebody else reuses that one */
    return atomic_exchange(&queue[head % QUEUE], 0);
}

struct shim_context *
context_new(uint16_t api)
{
    uint32_t index = queue_take();

    if (index == 0) {
        index = atomic_fetch_add(&made, 1) + 1;
        if (index >= CHUNK * CHUNKS) {
            atomic_fetch_sub(&made, 1);
            return NULL;
        }
    }
    struct shim_context *context = context_at(index - 1);
    if (context == NULL)
        return NULL;
    memset(context, 0, sizeof *context);
    context->index = index;
    context->api = api;
    return context;
}

void
context_retire(struct shim_context *context)
{
    uint64_t at = atomic_fetch_add_explicit(&queue_tail, 1, memory_order_acq_rel);

    atomic_store_explicit(&queue[at % QUEUE], context->index, memory_order_release);
}
