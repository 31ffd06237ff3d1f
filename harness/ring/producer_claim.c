// SPDX-License-Identifier: MIT
/*
 * Getting hold of a session and of slots in it, from inside the app. System calls are made raw: libc's
 * wrappers are cancellation points, and a thread cancelled in here would leave a slot half claimed.
 */
#include "ring/producer_claim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ring/producer.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define PAGE 4096u
#define PATH_BYTES 4096
#define RETRY_BEATS 64u

static struct ring_page unattached;
struct ring_page *_Atomic ring_page = &unattached;
struct ring_session *ring_session;
bool ring_tsc;
_Thread_local struct ring_mine ring_mine;

static struct ring_writer writers[RING_MOST_SLOTS];
static uint32_t slots;
static char session_path[PATH_BYTES];
static _Atomic int refused; /* no session, or not one of ours: never look again */
static pthread_key_t release_key;
static bool release_key_valid;

static uint64_t
session_bytes(const struct ring_session *session)
{
    return session->data_offset + session->slots * session->slot_bytes;
}

/* The file comes from the environment: nothing in it is believed before it was checked. */
static bool
session_valid(const struct ring_session *session, uint64_t file_bytes)
{
    uint64_t size = session->slot_bytes;

    if (memcmp(session->magic, RING_MAGIC, sizeof session->magic) != 0 || session->layout != RING_LAYOUT)
        return false;
    if (session->slots == 0 || session->slots > (1u << 16))
        return false;
    if (size < PAGE * 4 || size > (1u << 30) || (size & (size - 1)) != 0)
        return false;
    if (session->slots_offset < sizeof *session || session->slots_offset % RING_LINE != 0 ||
        session->slots_offset > PAGE * 1024)
        return false;
    if (session->data_offset % PAGE != 0 || session->data_offset > (1u << 30) ||
        session->data_offset < session->slots_offset + session->slots * sizeof(struct ring_slot))
        return false;
    if (session->clock != RING_CLOCK_MONOTONIC && session->clock != RING_CLOCK_TSC)
        return false;
#if !defined(__x86_64__)
    if (session->clock == RING_CLOCK_TSC)
        return false;
#endif
    return session_bytes(session) <= file_bytes;
}

static int
session_open(void)
{
    long fd = syscall(SYS_openat, AT_FDCWD, session_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);

    return fd < 0 ? -1 : (int)fd;
}

static bool
session_map(void)
{
    struct ring_session probe;
    struct stat status;
    void *map = MAP_FAILED;
    int fd = session_open();

    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
        syscall(SYS_pread64, fd, &probe, sizeof probe, 0L) == (long)sizeof probe &&
        session_valid(&probe, (uint64_t)status.st_size))
        map = mmap(NULL, probe.data_offset, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (map == MAP_FAILED)
        return false;
    /* Old kernels do not know this advice; new ones say here what would be a SIGBUS later. */
    if (madvise(map, probe.data_offset, MADV_POPULATE_WRITE) != 0 && errno != EINVAL) {
        munmap(map, probe.data_offset);
        return false;
    }
    ring_session = map;
    ring_tsc = probe.clock == RING_CLOCK_TSC;
    slots = probe.slots < RING_MOST_SLOTS ? probe.slots : RING_MOST_SLOTS;
    return true;
}

static void
page_wipe(void)
{
    struct ring_page *page = ring_page;

    if (page != &unattached)
        memset(page, 0, sizeof *page);
}

/* The page comes before the session: it also holds the lock of attaching, which must be free in a
 * child whose parent was attaching on another thread. */
static struct ring_page *
page_get(void)
{
    struct ring_page *page = ring_page, *expected = &unattached;

    if (page != &unattached)
        return page;
    page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return NULL;
    bool wipes = madvise(page, PAGE, MADV_WIPEONFORK) == 0;
    if (!atomic_compare_exchange_strong(&ring_page, &expected, page)) {
        munmap(page, PAGE);
        return expected;
    }
    if (!wipes)
        pthread_atfork(NULL, NULL, page_wipe);
    return page;
}

/* Gives a dying thread's slots back. If other destructors record after this one, the thread
 * claims again and this runs once more. */
static void
thread_release(void *unused)
{
    struct ring_mine *mine = &ring_mine;

    (void)unused;
    if (mine->token == 0 || mine->token != ring_producer_attachment())
        return;
    for (unsigned level = 0; level < RING_LEVELS; level++) {
        struct ring_writer *writer = mine->writer[level];

        mine->writer[level] = NULL;
        if (writer != NULL)
            atomic_store_explicit(&writer->slot->owner, 0, memory_order_release);
    }
}

/* Keys past the first 32 would make pthread_setspecific allocate; then the consumer finds out by itself. */
static void
release_key_make(void)
{
    if (release_key_valid || pthread_key_create(&release_key, thread_release) != 0)
        return;
    if ((unsigned)release_key >= 32)
        pthread_key_delete(release_key);
    else
        release_key_valid = true;
}

uint64_t
ring_kernel_ns(void)
{
    struct timespec now = {0, 0};

    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct ring_slot *
slot_at(uint32_t index)
{
    return (struct ring_slot *)((uint8_t *)ring_session + ring_session->slots_offset) + index;
}

/* Addresses that the kernel chose for this program; all copies of this code in it see the same. */
static uint64_t
image_number(void)
{
    return (uint64_t)getauxval(AT_RANDOM) ^ (uint64_t)getauxval(AT_SYSINFO_EHDR) << 20;
}

/* After exec the thread that did it lives on, and from outside so does the owner of its slots. Only our own
 * thread's are looked at: another one may be just claiming, through another copy of this code. */
static void
image_sweep(uint64_t owner)
{
    for (uint32_t i = 0; i < slots; i++) {
        struct ring_slot *slot = slot_at(i);
        uint64_t held = atomic_load_explicit(&slot->owner, memory_order_acquire);

        if (held == owner && slot->image != image_number())
            atomic_compare_exchange_strong(&slot->owner, &held, 0);
    }
}

static bool
attach_locked(struct ring_page *page)
{
    bool first = ring_session == NULL;
    struct stat status;

    if (first) {
        if (session_path[0] == '\0') {
            const char *path = getenv(RING_ENV_SESSION);

            if (path == NULL || path[0] != '/' || strlen(path) >= sizeof session_path) {
                refused = 1;
                return false;
            }
            strcpy(session_path, path);
        }
        if (!session_map()) {
            refused = 1;
            return false;
        }
        release_key_make();
    }
    page->pid = (uint32_t)syscall(SYS_getpid);
    page->foreign = 0;
    if (ring_session->namespace != 0 &&
        (stat("/proc/self/ns/pid", &status) != 0 || status.st_ino != ring_session->namespace))
        page->foreign = RING_FOREIGN;
    if (first && page->foreign == 0) /* two sandboxes may have the same pids */
        image_sweep((uint64_t)page->pid << 32 | (uint32_t)syscall(SYS_gettid));
    /* Another one than the parent's, even if the clock is coarse or both have a pid of 1. */
    atomic_store_explicit(&page->token, (uint64_t)page->pid << 32 | (uint32_t)ring_kernel_ns() | 1,
                          memory_order_release);
    return true;
}

bool
ring_producer_attach(void)
{
    struct ring_page *page = ring_page;
    bool attached;
    int saved = errno;

    if (atomic_load_explicit(&page->token, memory_order_acquire) != 0)
        return atomic_load_explicit(&ring_session->state, memory_order_relaxed) == RING_OPEN;
    if (refused)
        return false;
    page = page_get();
    if (page == NULL) {
        errno = saved;
        return false;
    }
    uint32_t tid = (uint32_t)syscall(SYS_gettid), holder = 0;
    for (unsigned tries = 0; !atomic_compare_exchange_strong(&page->busy, &holder, tid); tries++) {
        /* Our own thread: this is a signal handler that interrupted attaching. */
        if (holder == tid || tries == 1000) {
            errno = saved;
            return false;
        }
        holder = 0;
        struct timespec pause = {0, 100000};
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL);
    }
    attached = atomic_load(&page->token) != 0 || (!refused && attach_locked(page));
    atomic_store(&page->busy, 0);
    errno = saved;
    return attached && atomic_load_explicit(&ring_session->state, memory_order_relaxed) == RING_OPEN;
}

uint64_t
ring_producer_attachment(void)
{
    return atomic_load_explicit(&ring_page->token, memory_order_acquire);
}

struct ring_session *
ring_producer_session(void)
{
    return ring_producer_attachment() != 0 ? ring_session : NULL;
}

uint64_t
ring_producer_current(void)
{
    uint64_t owner, current = 0;

    if (ring_producer_session() == NULL)
        return 0;
    owner = ring_page->foreign | (uint64_t)syscall(SYS_getpid) << 32 | (uint32_t)syscall(SYS_gettid);
    for (uint32_t i = 0; i < slots; i++) {
        struct ring_slot *slot = slot_at(i);

        if (atomic_load_explicit(&slot->owner, memory_order_relaxed) == owner && slot->current > current)
            current = slot->current;
    }
    return current;
}

/* Makes every page present in this process's own page table. */
static bool
data_populate(uint8_t *data, uint64_t bytes, bool allocated)
{
    if (madvise(data, bytes, MADV_POPULATE_WRITE) == 0)
        return true;
    if (errno != EINVAL || !allocated)
        return false;
    for (uint64_t at = 0; at < bytes; at += PAGE)
        atomic_fetch_or_explicit((_Atomic uint8_t *)(data + at), 0, memory_order_relaxed);
    return true;
}

static uint8_t *
data_map(int fd, uint32_t index, uint64_t bytes)
{
    uint64_t offset = ring_session->data_offset + index * ring_session->slot_bytes;
    void *data = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);

    return data == MAP_FAILED ? NULL : data;
}

/* Maps `bytes` of a slot, allocated in the file first. NULL: no room in the file or address space. */
static uint8_t *
data_make(int fd, uint32_t index, uint64_t bytes)
{
    uint64_t offset = ring_session->data_offset + index * ring_session->slot_bytes;
    bool allocated = syscall(SYS_fallocate, fd, FALLOC_FL_KEEP_SIZE, offset, bytes) == 0;
    uint8_t *data;

    if (!allocated && errno != EOPNOTSUPP && errno != ENOSYS)
        return NULL;
    data = data_map(fd, index, bytes);
    if (data != NULL && !data_populate(data, bytes, allocated)) {
        munmap(data, bytes);
        data = NULL;
    }
    if (data == NULL)
        syscall(SYS_fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes);
    return data;
}

static void
writer_unmap(struct ring_writer *writer)
{
    uint64_t bytes = writer->mask + 1;

    /* In this order, so that a child forked by another thread right here never trusts a mapping that is gone.
     */
    writer->mask = 0;
    if (bytes != 1)
        munmap(writer->data, bytes);
    writer->data = NULL;
}

/*
 * Maps the data of a slot that was just claimed. A ring may change its size only while it is empty, since
 * positions are taken modulo the size.
 */
static bool
writer_map(struct ring_writer *writer, uint32_t index, bool empty)
{
    struct ring_slot *slot = slot_at(index);
    uint64_t bytes = atomic_load_explicit(&slot->bytes, memory_order_relaxed);
    uint64_t largest = ring_session->slot_bytes;
    bool made = bytes >= PAGE && bytes <= largest && (bytes & (bytes - 1)) == 0;
    int fd;

    if (made && writer->mask == bytes - 1 && data_populate(writer->data, bytes, true))
        return true;
    if (!made && !empty)
        return false;
    fd = session_open();
    if (fd < 0)
        return false;
    writer_unmap(writer);
    if (made) {
        writer->data = data_map(fd, index, bytes);
        if (writer->data != NULL && !data_populate(writer->data, bytes, true)) {
            munmap(writer->data, bytes);
            writer->data = NULL;
        }
    }
    if (writer->data == NULL && empty) {
        uint64_t least = largest < RING_LEAST_BYTES ? largest : RING_LEAST_BYTES;

        for (bytes = made ? bytes / 2 : ring_new_bytes(ring_session, index);
             bytes >= least && writer->data == NULL; bytes /= 2) {
            writer->data = data_make(fd, index, bytes);
            if (writer->data != NULL) {
                atomic_store_explicit(&slot->bytes, bytes, memory_order_relaxed);
                break;
            }
        }
    }
    syscall(SYS_close, fd);
    if (writer->data == NULL)
        return false;
    writer->mask = bytes - 1;
    return true;
}

/* Takes slot `index` for `owner`; the caller saw it free. */
static struct ring_writer *
slot_claim(uint32_t index, uint64_t owner, uint64_t token)
{
    struct ring_slot *slot = slot_at(index);
    struct ring_writer *writer = &writers[index];
    uint64_t none = 0, head, tail;

    if (!atomic_compare_exchange_strong_explicit(&slot->owner, &none, owner, memory_order_acquire,
                                                 memory_order_relaxed))
        return NULL;
    head = atomic_load_explicit(&slot->head, memory_order_relaxed);
    tail = atomic_load_explicit(&slot->tail, memory_order_relaxed);
    if (head % 8 != 0 || !writer_map(writer, index, head == tail) || head - tail > writer->mask + 1) {
        atomic_store_explicit(&slot->owner, 0, memory_order_release);
        return NULL;
    }
    slot->image = image_number();
    writer->slot = slot;
    writer->head = head;
    writer->limit = 0; /* the first record takes the slow way, which announces the thread */
    writer->check = tail + (writer->mask + 1) / 2;
    writer->ahead = head & ~63ull;
    writer->gap = 0;
    writer->token = token;
    writer->announce = true;
    return writer;
}

static struct ring_writer *
claim_any(uint64_t owner, uint64_t token)
{
    /* Best first: already mapped here, allocated and touched by the consumer, any. */
    for (int pass = 0; pass < 3; pass++) {
        unsigned failed = 0;

        for (uint32_t i = 0; i < slots && failed < 4; i++) {
            struct ring_slot *slot = slot_at(i);
            uint64_t bytes = atomic_load_explicit(&slot->bytes, memory_order_relaxed);

            if (atomic_load_explicit(&slot->owner, memory_order_relaxed) != 0)
                continue;
            if (pass < 2 && bytes == 0)
                continue;
            if (pass == 0 && writers[i].mask != bytes - 1)
                continue;
            struct ring_writer *writer = slot_claim(i, owner, token);
            if (writer != NULL)
                return writer;
            failed++;
        }
    }
    return NULL;
}

struct ring_writer *
ring_claim(unsigned level)
{
    struct ring_mine *mine = &ring_mine;
    struct ring_writer *writer = NULL;
    int saved = errno;

    if (!ring_producer_attach())
        return NULL;

    uint64_t token = ring_producer_attachment();
    uint32_t beat = atomic_load_explicit(&ring_session->heartbeat, memory_order_relaxed);
    if (mine->token != token) {
        /* A new thread, or a forked child whose writers belong to the parent. */
        memset(mine->writer, 0, sizeof mine->writer);
        mine->retry = beat;
        mine->token = token;
    }
    if (level < RING_LEVELS && (int32_t)(beat - mine->retry) >= 0) {
        uint64_t pid = (uint64_t)syscall(SYS_getpid);

        /* A vfork child borrows its parent's memory: a slot in its name would outlive it. */
        if (pid == ring_page->pid)
            writer = claim_any(ring_page->foreign | pid << 32 | (uint32_t)syscall(SYS_gettid), token);
        if (writer == NULL)
            mine->retry = beat + RETRY_BEATS;
        else if (release_key_valid)
            pthread_setspecific(release_key, mine);
    }
    if (level < RING_LEVELS)
        mine->writer[level] = writer;
    if (writer == NULL)
        atomic_fetch_add_explicit(&ring_session->unrecorded, 1, memory_order_relaxed);
    errno = saved;
    return writer;
}
