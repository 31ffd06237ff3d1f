// SPDX-License-Identifier: MIT
/*
 * The score in this process, and libc's own functions. All are looked up at once when the library is
 * loaded: a lookup in the middle of a call may allocate, and an allocator may read a clock.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "replay/clock/inside.h"

const struct score *clock_score;
struct score_clock *clock_state;
struct clock_real clock_real;
_Atomic uint32_t clock_loaded;

static void
find(void *to, const char *name)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    memcpy(to, &symbol, sizeof symbol);
}

#define FIND(name) find(&clock_real.name, #name)

static void
find_all(void)
{
    FIND(syscall);
    FIND(clock_gettime);
    FIND(gettimeofday);
    FIND(time);
    FIND(timespec_get);
    FIND(nanosleep);
    FIND(clock_nanosleep);
    FIND(usleep);
    FIND(sleep);
    FIND(thrd_sleep);
    FIND(poll);
    FIND(ppoll);
    FIND(select);
    FIND(pselect);
    FIND(epoll_wait);
    FIND(epoll_pwait);
    FIND(epoll_pwait2);
    FIND(pthread_cond_timedwait);
    FIND(pthread_cond_clockwait);
    FIND(cnd_timedwait);
    FIND(sem_timedwait);
    FIND(sem_clockwait);
    FIND(pthread_mutex_timedlock);
    FIND(pthread_mutex_clocklock);
    FIND(mtx_timedlock);
    FIND(pthread_rwlock_timedrdlock);
    FIND(pthread_rwlock_timedwrlock);
    FIND(pthread_rwlock_clockrdlock);
    FIND(pthread_rwlock_clockwrlock);
    FIND(pthread_timedjoin_np);
    FIND(pthread_clockjoin_np);
    FIND(sigtimedwait);
    FIND(timerfd_create);
    FIND(timerfd_settime);
    FIND(timerfd_gettime);
    FIND(alarm);
    FIND(setitimer);
    FIND(getitimer);
    FIND(timer_create);
}

static void
map_score(const char *path)
{
    struct score *score;
    struct stat st;
    void *map;
    int fd;

    fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size > sizeof *score) {
        map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        score = map;
        if (map != MAP_FAILED && (memcmp(score->magic, SCORE_MAGIC, sizeof score->magic) != 0 ||
                                  score->layout != SCORE_LAYOUT || score->bytes != (uint64_t)st.st_size ||
                                  score->clock_at == 0 || mprotect(map, score->fixed, PROT_READ) != 0)) {
            munmap(map, (size_t)st.st_size);
        } else if (map != MAP_FAILED) {
            clock_score = score;
            clock_state = score_clock(score);
        }
    }
    close(fd);
}

/* What another program of this process left behind: exec ends all threads and closes what timerfds are. */
static void
forget_timers(void)
{
    uint32_t used = atomic_load(&clock_state->used), pid = (uint32_t)getpid(), i;

    for (i = 0; i < used; i++) {
        struct score_waiter *slot = &clock_state->waiters[i];
        uint64_t ticket = atomic_load(&slot->ticket);

        if (ticket > SCORE_TICKET_FILLING && atomic_load(&slot->owner) >> 32 == pid &&
            atomic_load(&slot->kind) != SCORE_WAIT_SIGNAL)
            atomic_compare_exchange_strong(&slot->ticket, &ticket, 0);
    }
}

/* Earlier constructors of other libraries may be here before ours; there is one thread then. */
__attribute__((constructor(101))) void
clock_load(void)
{
    static _Atomic uint32_t loading;
    const char *path;

    if (atomic_exchange(&loading, 1) != 0)
        return;
    find_all();
    path = getenv(SCORE_ENV);
    if (path != NULL)
        map_score(path);
    if (clock_state != NULL)
        forget_timers();
    atomic_store_explicit(&clock_loaded, 1, memory_order_release);
}

uint64_t
clock_owner(void)
{
    return (uint64_t)(uint32_t)syscall(SYS_getpid) << 32 | (uint32_t)syscall(SYS_gettid);
}
