// SPDX-License-Identifier: MIT
/*
 * Session files: making one, attaching to one that a dead recorder left, letting go of it.
 */
#include "ring/consumer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ring/consumer_internal.h"

#define DEFAULT_SLOTS 256u
#define DEFAULT_BYTES (16u << 20)
#define DEFAULT_STALL 2000000000u
/* Where there is less room than for this many rings, look elsewhere. */
#define ROOM_SLOTS 4

static uint64_t
round_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

static struct ring_reader *
reader_new(const char *path, int fd, const struct ring_session *header, struct fault *fault)
{
    struct ring_reader *ring = calloc(1, sizeof *ring + header->slots * sizeof ring->view[0]);

    if (ring == NULL)
        goto memory;
    ring->fd = -1;
    ring->path = strdup(path);
    ring->point = calloc(RING_CLOCK_POINTS, sizeof *ring->point);
    ring->heap = calloc(header->slots, sizeof *ring->heap);
    if (ring->path == NULL || ring->point == NULL || ring->heap == NULL)
        goto memory;
    ring->slots = header->slots;
    ring->slot_bytes = header->slot_bytes;
    ring->data_offset = header->data_offset;
    ring->clock = header->clock;
    void *map = mmap(NULL, header->data_offset, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        fault_errno(fault, FAULT_INTERNAL, "%s: cannot map the session", path);
        ring_destroy(ring, false);
        return NULL;
    }
    ring->mapped = header->data_offset;
    ring->session = map;
    ring->slot = (struct ring_slot *)((uint8_t *)map + header->slots_offset);
    return ring;
memory:
    if (ring != NULL)
        ring_destroy(ring, false);
    fault_set(fault, FAULT_INTERNAL, "out of memory for a session of %u slots", (unsigned)header->slots);
    return NULL;
}

static bool
has_room(const char *directory, bool tmpfs_only, uint64_t bytes)
{
    struct statfs kind;
    struct statvfs room;

    if (tmpfs_only && (statfs(directory, &kind) != 0 || kind.f_type != TMPFS_MAGIC))
        return false;
    if (access(directory, W_OK | X_OK) != 0 || statvfs(directory, &room) != 0)
        return false;
    return (uint64_t)room.f_bavail * room.f_frsize >= bytes;
}

static const char *
choose_directory(const struct ring_options *options, uint64_t slot_bytes)
{
    const char *temporary = getenv("TMPDIR");

    if (options->directory != NULL)
        return options->directory;
    if (has_room("/dev/shm", true, slot_bytes * ROOM_SLOTS))
        return "/dev/shm";
    if (temporary != NULL && temporary[0] == '/' && has_room(temporary, false, slot_bytes * ROOM_SLOTS))
        return temporary;
    return "/tmp";
}

/* An unpredictable name that did not exist. */
static int
make_file(const char *directory, char *path, size_t size, struct fault *fault)
{
    for (int tries = 0; tries < 100; tries++) {
        uint64_t random[2];
        int fd;

        if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
            return fault_errno(fault, FAULT_INTERNAL, "no random numbers for the name of the session file");
        if ((size_t)snprintf(path, size, "%s/timtape-%016llx%016llx", directory,
                             (unsigned long long)random[0], (unsigned long long)random[1]) >= size)
            return fault_set(fault, FAULT_USAGE, "%s: path too long for a session file", directory);
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        /* Held as long as we live: `doctor` tells rings that nobody drains any more by that. */
        if (fd >= 0)
            (void)flock(fd, LOCK_EX | LOCK_NB);
        if (fd >= 0 || errno != EEXIST)
            return fd >= 0 ? fd
                           : fault_errno(fault, FAULT_CANNOT_RUN,
                                         "%s: cannot create the session file there; set TMPDIR to a writable "
                                         "directory",
                                         directory);
    }
    return fault_set(fault, FAULT_INTERNAL, "%s: no free name for a session file", directory);
}

static int
options_header(const struct ring_options *options, struct ring_session *header, struct fault *fault)
{
    struct timespec wall;
    struct stat pids;

    memset(header, 0, sizeof *header);
    memcpy(header->magic, RING_MAGIC, sizeof header->magic);
    header->layout = RING_LAYOUT;
    header->slots = options->slots != 0 ? options->slots : DEFAULT_SLOTS;
    header->slot_bytes = options->slot_bytes != 0 ? options->slot_bytes : DEFAULT_BYTES;
    header->clock = options->clock != 0 ? options->clock : ring_clock_best();
    header->on_full = options->on_full != 0 ? options->on_full : RING_WAIT;
    header->stall_ns = options->stall_ns != 0 ? options->stall_ns : DEFAULT_STALL;
    header->slots_offset = round_up(sizeof *header, RING_LINE);
    header->data_offset =
        round_up(header->slots_offset + header->slots * sizeof(struct ring_slot), RING_PAGE);
    header->state = RING_OPEN;
    if (header->slots > RING_MOST_SLOTS)
        return fault_set(fault, FAULT_USAGE, "%u rings are too many; %u is the most", (unsigned)header->slots,
                         RING_MOST_SLOTS);
    if (header->slot_bytes < RING_PAGE * 4 || header->slot_bytes > (1u << 30) ||
        (header->slot_bytes & (header->slot_bytes - 1)) != 0)
        return fault_set(fault, FAULT_USAGE,
                         "%llu bytes per ring: it must be a power of two from 16 KiB to 1 GiB",
                         (unsigned long long)header->slot_bytes);
    if (stat("/proc/self/ns/pid", &pids) == 0)
        header->namespace = pids.st_ino;
    clock_gettime(CLOCK_REALTIME, &wall);
    header->start_wall = (uint64_t)wall.tv_sec * 1000000000u + (uint64_t)wall.tv_nsec;
    header->start_ns = ring_monotonic();
    return 0;
}

struct ring_reader *
ring_create(const struct ring_options *options, struct fault *fault)
{
    static const struct ring_options defaults;
    struct ring_reader *ring = NULL;
    struct ring_session header;
    char path[4096];
    const char *directory;
    uint64_t bytes;
    int fd;

    if (options == NULL)
        options = &defaults;
    if (options_header(options, &header, fault) != 0)
        return NULL;
    directory = choose_directory(options, header.slot_bytes);
    char *absolute = realpath(directory, NULL);
    if (absolute == NULL) {
        fault_errno(fault, FAULT_CANNOT_RUN, "%s: no directory for the session file", directory);
        return NULL;
    }
    fd = make_file(absolute, path, sizeof path, fault);
    free(absolute);
    if (fd < 0)
        return NULL;
    bytes = header.data_offset + header.slots * header.slot_bytes;
    /* Header and slots are allocated for real: neither side may meet a full file system there. */
    if (ftruncate(fd, (off_t)bytes) != 0 ||
        (fallocate(fd, 0, 0, (off_t)header.data_offset) != 0 && errno != EOPNOTSUPP)) {
        fault_errno(fault, FAULT_CANNOT_RUN,
                    "%s: no room for a session; free some, or set TMPDIR to a directory with room", path);
        goto failed;
    }
    ring = reader_new(path, fd, &header, fault);
    if (ring == NULL)
        goto failed;
    ring->fd = fd;
    ring->expected = 1;
    /* The magic last: who attaches early finds no session rather than half of one. */
    memcpy((uint8_t *)ring->session + sizeof header.magic, (uint8_t *)&header + sizeof header.magic,
           sizeof header - sizeof header.magic);
    ring_anchor_take(ring);
    atomic_thread_fence(memory_order_release);
    memcpy(ring->session->magic, header.magic, sizeof header.magic);
    return ring;
failed:
    unlink(path);
    close(fd);
    return NULL;
}

static const char *
header_problem(const struct ring_session *header, uint64_t file_bytes)
{
    uint64_t size = header->slot_bytes;

    if (memcmp(header->magic, RING_MAGIC, sizeof header->magic) != 0)
        return "it is no timtape session";
    if (header->layout != RING_LAYOUT)
        return "it was made by another version of timtape";
    if (header->slots == 0 || header->slots > RING_MOST_SLOTS)
        return "damaged (number of slots)";
    if (size < RING_PAGE * 4 || size > (1u << 30) || (size & (size - 1)) != 0)
        return "damaged (size of the rings)";
    if (header->slots_offset < sizeof *header || header->slots_offset % RING_LINE != 0 ||
        header->slots_offset > RING_PAGE * 16)
        return "damaged (place of the slots)";
    if (header->data_offset % RING_PAGE != 0 || header->data_offset > (64u << 20) ||
        header->data_offset < header->slots_offset + header->slots * sizeof(struct ring_slot))
        return "damaged (place of the data)";
    if (header->data_offset + header->slots * size > file_bytes)
        return "cut short";
    if (header->clock != RING_CLOCK_MONOTONIC && header->clock != RING_CLOCK_TSC)
        return "damaged (clock)";
    return NULL;
}

struct ring_reader *
ring_attach(const char *path, struct fault *fault)
{
    struct ring_session header;
    struct ring_reader *ring = NULL;
    struct stat status;
    const char *problem = "it is no timtape session";
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        fault_errno(fault, FAULT_DATA, "%s: cannot open the session file", path);
        return NULL;
    }
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        pread(fd, &header, sizeof header, 0) == (ssize_t)sizeof header)
        problem = header_problem(&header, (uint64_t)status.st_size);
    if (problem != NULL) {
        fault_set(fault, FAULT_DATA, "%s: not usable as a session file: %s", path, problem);
        close(fd);
        return NULL;
    }
    ring = reader_new(path, fd, &header, fault);
    if (ring == NULL) {
        close(fd);
        return NULL;
    }
    ring->fd = fd;
    ring_anchor_load(ring);
    for (uint32_t i = 0; i < ring->slots; i++) {
        struct ring_slot *slot = &ring->slot[i];
        uint64_t head = slot->head, tail = slot->tail;

        ring->view[i].position = tail;
        if (tail % 8 != 0 || head % 8 != 0 || head - tail > ring->slot_bytes) {
            ring->view[i].damaged = true;
            ring->damaged++;
        }
    }
    return ring;
}

const char *
ring_path(const struct ring_reader *ring)
{
    return ring->path;
}

struct ring_session *
ring_header(struct ring_reader *ring)
{
    return ring->session;
}

struct ring_slot *
ring_slot_header(struct ring_reader *ring, uint32_t slot)
{
    return slot < ring->slots ? &ring->slot[slot] : NULL;
}

void
ring_wait(struct ring_reader *ring, uint64_t timeout_ns)
{
    struct ring_session *session = ring->session;
    struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / 1000000000u),
                               .tv_nsec = (long)(timeout_ns % 1000000000u)};
    uint32_t wake = atomic_load_explicit(&session->wake, memory_order_acquire);

    atomic_store_explicit(&session->asleep, 1, memory_order_seq_cst);
    syscall(SYS_futex, &session->wake, FUTEX_WAIT, wake, &timeout, NULL, 0);
    atomic_store_explicit(&session->asleep, 0, memory_order_relaxed);
}

void
ring_close(struct ring_reader *ring)
{
    atomic_store_explicit(&ring->session->state, RING_CLOSED, memory_order_release);
}

void
ring_destroy(struct ring_reader *ring, bool remove)
{
    if (ring == NULL)
        return;
    for (uint32_t i = 0; i < ring->slots; i++)
        if (ring->view[i].bytes != 0)
            munmap((void *)(uintptr_t)ring->view[i].data, ring->view[i].bytes);
    if (ring->session != NULL)
        munmap(ring->session, ring->mapped);
    if (remove && ring->path != NULL)
        unlink(ring->path);
    if (ring->fd >= 0)
        close(ring->fd);
    free(ring->path);
    free(ring->point);
    free(ring->heap);
    free(ring);
}
