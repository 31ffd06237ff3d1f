// SPDX-License-Identifier: MIT
/*
 * Who owns the slots: takes them from the dead, and keeps spare ones allocated and touched, so that a
 * thread's first event does not pay for zeroing megabytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ring/consumer.h"
#include "ring/consumer_internal.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#define SPARES 2

/* Start time of a thread, 0 when it is gone (or a zombie), UINT64_MAX when /proc does not tell. */
static uint64_t
thread_born(uint64_t owner)
{
    uint32_t pid = (uint32_t)(owner >> 32), tid = (uint32_t)owner;
    char path[64], text[1024];
    int fd;

    snprintf(path, sizeof path, "/proc/%u/task/%u/stat", pid, tid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t got = read(fd, text, sizeof text - 1);
        char *at;
        unsigned long long born = 0;

        close(fd);
        text[got > 0 ? got : 0] = '\0';
        at = strrchr(text, ')'); /* the name may hold anything */
        if (at != NULL && (at[1] == '\0' || at[2] == 'Z' || at[2] == 'X'))
            return 0;
        /* Field 22 overall; the state is field 3. */
        for (int field = 2; at != NULL && field < 22; field++)
            at = strchr(at + 1, ' ');
        if (at != NULL)
            born = strtoull(at + 1, NULL, 10);
        return born != 0 ? born : UINT64_MAX;
    }
    if (syscall(SYS_tgkill, pid, tid, 0) != 0 && errno == ESRCH)
        return 0;
    return UINT64_MAX;
}

/* Whether the owner lives; a start time that changed is another thread with a used number. */
static bool
owner_lives(struct ring_view *view, uint64_t owner)
{
    uint64_t born = thread_born(owner);

    if (born == 0)
        return false;
    if (view->owner != owner) {
        view->owner = owner;
        view->born = born;
        return true;
    }
    return born == UINT64_MAX || view->born == UINT64_MAX || born == view->born;
}

/* Allocates and touches a free slot; held by us meanwhile, so that no producer takes it half made. */
static bool
spare_make(struct ring_reader *ring, uint32_t index)
{
    struct ring_slot *slot = &ring->slot[index];
    uint64_t none = 0, mine = (uint64_t)getpid() << 32 | (uint32_t)syscall(SYS_gettid);
    off_t offset = (off_t)(ring->data_offset + index * ring->slot_bytes),
          size = (off_t)ring_new_bytes(ring->session, index);
    bool made = false;

    if (!atomic_compare_exchange_strong(&slot->owner, &none, mine))
        return false;
    if (slot->bytes == 0 && slot->head == slot->tail &&
        fallocate(ring->fd, FALLOC_FL_KEEP_SIZE, offset, size) == 0) {
        void *map = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, offset);

        if (map != MAP_FAILED) {
            (void)madvise(map, (size_t)size, MADV_POPULATE_WRITE);
            munmap(map, (size_t)size);
            atomic_store_explicit(&slot->bytes, (uint64_t)size, memory_order_relaxed);
            made = true;
        }
    }
    atomic_store_explicit(&slot->owner, 0, memory_order_release);
    return made;
}

uint32_t
ring_tend(struct ring_reader *ring)
{
    uint32_t live = 0, spares = 0;

    for (uint32_t i = 0; i < ring->slots; i++) {
        struct ring_slot *slot = &ring->slot[i];
        struct ring_view *view = &ring->view[i];
        uint64_t owner = atomic_load_explicit(&slot->owner, memory_order_acquire);

        if ((owner & RING_FOREIGN) != 0)
            continue;
        if (owner != 0 && !owner_lives(view, owner)) {
            /* The dead do not write any more: what head says now is final and stays to be drained. */
            if (atomic_compare_exchange_strong(&slot->owner, &owner, 0))
                owner = 0;
            view->owner = 0;
        }
        if (owner != 0)
            live++;
        else if (slot->bytes != 0)
            spares++;
    }
    for (uint32_t i = 0; i < ring->slots && spares < SPARES; i++) {
        if (ring->slot[i].owner != 0 || ring->slot[i].bytes != 0)
            continue;
        if (!spare_make(ring, i))
            break; /* no room, or a thread was faster: next time */
        spares++;
    }
    return live;
}
