// SPDX-License-Identifier: MIT
/*
 * The score and the ring's header in this process. The score is mapped when the library is loaded, since
 * the app may clear its environment later; what it says is fixed is write-protected, so that an app
 * that scribbles over what it was handed fails where it does so.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "replay/score/score_edge.h"
#include "replay/standin/inside.h"
#include "ring/producer.h"

_Thread_local struct standin_thread standin_thread;
const struct score *standin_score;
struct standin_process *standin_process;
uint32_t standin_image;

struct score *
standin_map(const char *path, int flags)
{
    struct score *score = NULL;
    struct stat st;
    void *map;
    int fd;

    fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size > sizeof *score) {
        map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd, 0);
        if (map != MAP_FAILED) {
            score = map;
            /* A score of another build numbers the functions differently. */
            if (memcmp(score->magic, SCORE_MAGIC, sizeof score->magic) != 0 ||
                score->layout != SCORE_LAYOUT || score->entries != API_ENTRIES ||
                score->bytes != (uint64_t)st.st_size || mprotect(map, score->fixed, PROT_READ) != 0) {
                munmap(map, (size_t)st.st_size);
                score = NULL;
            }
        }
    }
    close(fd);
    return score;
}

static void
attach_forked(void)
{
    if (standin_process != NULL)
        memset(standin_process, 0, sizeof *standin_process);
}

void
standin_use(struct score *score)
{
    size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return;
    /* Where the kernel does not do it (before 4.14, some sandboxes), libc tells us of its own forks. */
    if (madvise(page, bytes, MADV_WIPEONFORK) != 0 && pthread_atfork(NULL, NULL, attach_forked) != 0)
        return;
    standin_process = page;
    standin_score = score;
    standin_image = atomic_fetch_add(&score_live(score)->images, 1) + 1;
    standin_thread = (struct standin_thread){0};
}

__attribute__((constructor)) static void
attach_load(void)
{
    const char *path = getenv(SCORE_ENV);
    struct score *score = path == NULL ? NULL : standin_map(path, 0);

    if (score != NULL)
        standin_use(score);
}

/* A new process (or the first call of this one): several threads may come here at once. */
static void
attach_process(void)
{
    struct standin_process *process = standin_process;
    uint32_t none = 0, i;

    if (!atomic_compare_exchange_strong(&process->ready, &none, 1)) {
        while (atomic_load(&process->ready) != 2)
            syscall(SYS_sched_yield);
        return;
    }
    process->pid = (uint32_t)syscall(SYS_getpid);
    /* After exec the process is known already, only its threads are gone. */
    for (i = 0; i < standin_score->processes; i++) {
        if (atomic_load(&score_process_live(standin_score, i)->pid) == process->pid)
            atomic_store(&process->recorded, i + 1);
    }
    ring_producer_attach();
    if (standin_score->tracer != 0)
        prctl(PR_SET_PTRACER, (unsigned long)standin_score->tracer, 0, 0, 0);
    atomic_store(&process->ready, 2);
}

bool
standin_attach(void)
{
    struct standin_thread *thread = &standin_thread;

    if (standin_process == NULL)
        return false;
    if (atomic_load_explicit(&standin_process->ready, memory_order_acquire) != 2)
        attach_process();
    if (thread->pid != standin_process->pid)
        *thread = (struct standin_thread){.pid = standin_process->pid, .tid = (uint32_t)syscall(SYS_gettid)};
    return true;
}

static struct ring_slot *
attach_slots(uint32_t *count)
{
    struct ring_session *session = ring_producer_session();

    *count = session == NULL ? 0 : session->slots;
    return session == NULL ? NULL : (struct ring_slot *)((char *)session + session->slots_offset);
}

struct ring_slot *
standin_slot_of(uint64_t owner)
{
    uint32_t count, i;
    struct ring_slot *slots = attach_slots(&count);

    for (i = 0; i < count; i++) {
        if ((atomic_load_explicit(&slots[i].owner, memory_order_acquire) & ~RING_FOREIGN) == owner)
            return &slots[i];
    }
    return NULL;
}

struct ring_slot *
standin_slot(void)
{
    struct standin_thread *thread = &standin_thread;
    uint64_t owner = standin_owner();

    if (thread->slot == NULL ||
        (atomic_load_explicit(&thread->slot->owner, memory_order_relaxed) & ~RING_FOREIGN) != owner)
        thread->slot = standin_slot_of(owner);
    return thread->slot;
}

uint32_t
standin_slot_index(const struct ring_slot *slot)
{
    uint32_t count;
    const struct ring_slot *slots = attach_slots(&count);

    return slot == NULL ? 0 : (uint32_t)(slot - slots) + 1;
}

struct ring_slot *
standin_slot_at(uint32_t index)
{
    uint32_t count;
    struct ring_slot *slots = attach_slots(&count);

    return index == 0 || index > count ? NULL : &slots[index - 1];
}

uint64_t
standin_ring_seq(void)
{
    struct ring_session *session = ring_producer_session();

    return session == NULL ? 0 : atomic_load(&session->seq);
}

void
standin_ring_wake(void)
{
    struct ring_session *session = ring_producer_session();

    if (session != NULL && atomic_load(&session->asleep) != 0) {
        atomic_fetch_add(&session->wake, 1);
        score_futex_wake(&session->wake);
    }
}
