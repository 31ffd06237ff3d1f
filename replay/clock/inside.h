// SPDX-License-Identifier: MIT
/*
 * What the parts of the clock share. The library is preloaded into the app by `replay --time virtual`: its
 * functions stand in front of libc's. Inside the app: libc only, no malloc, nothing printed, no lock held
 * while app code runs. Without a score that has a clock everything is forwarded.
 *
 *   attach.c  the score in this process, and libc's own functions
 *   now.c     reading clocks
 *   sleep.c   waits for nothing but a moment
 *   poll.c    ... for descriptors
 *   select.c  ... for descriptors, the older way
 *   cond.c    ... for conditions
 *   lock.c    ... for locks, semaphores and threads
 *   futex.c   ... that C++ and Rust build theirs from
 *   timer.c   timers that nobody waits in
 *   poker.c   the thread that wakes those whom nobody outside can wake
 */
#ifndef CLOCK_INSIDE_H
#define CLOCK_INSIDE_H

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

#include "replay/score/score_clock.h"

#define CLOCK_EXPORT __attribute__((visibility("default")))

/* Waits that cannot be woken look at the clock so often (real ns). */
#define CLOCK_SLICE_NS 2000000u

extern const struct score *clock_score;
extern struct score_clock *clock_state; /* NULL: time is real, forward everything */

/* libc's own, or those of a sanitizer that stands between us and libc. */
struct clock_real {
    long (*syscall)(long, ...);
    int (*clock_gettime)(clockid_t, struct timespec *);
    int (*gettimeofday)(struct timeval *, void *);
    time_t (*time)(time_t *);
    int (*timespec_get)(struct timespec *, int);
    int (*nanosleep)(const struct timespec *, struct timespec *);
    int (*clock_nanosleep)(clockid_t, int, const struct timespec *, struct timespec *);
    int (*usleep)(useconds_t);
    unsigned (*sleep)(unsigned);
    int (*thrd_sleep)(const struct timespec *, struct timespec *);
    int (*poll)(struct pollfd *, nfds_t, int);
    int (*ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
    int (*select)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
    int (*pselect)(int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *);
    int (*epoll_wait)(int, struct epoll_event *, int, int);
    int (*epoll_pwait)(int, struct epoll_event *, int, int, const sigset_t *);
    int (*epoll_pwait2)(int, struct epoll_event *, int, const struct timespec *, const sigset_t *);
    int (*pthread_cond_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    int (*pthread_cond_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
    int (*cnd_timedwait)(void *, void *, const struct timespec *);
    int (*sem_timedwait)(sem_t *, const struct timespec *);
    int (*sem_clockwait)(sem_t *, clockid_t, const struct timespec *);
    int (*pthread_mutex_timedlock)(pthread_mutex_t *, const struct timespec *);
    int (*pthread_mutex_clocklock)(pthread_mutex_t *, clockid_t, const struct timespec *);
    int (*mtx_timedlock)(void *, const struct timespec *);
    int (*pthread_rwlock_timedrdlock)(pthread_rwlock_t *, const struct timespec *);
    int (*pthread_rwlock_timedwrlock)(pthread_rwlock_t *, const struct timespec *);
    int (*pthread_rwlock_clockrdlock)(pthread_rwlock_t *, clockid_t, const struct timespec *);
    int (*pthread_rwlock_clockwrlock)(pthread_rwlock_t *, clockid_t, const struct timespec *);
    int (*pthread_timedjoin_np)(pthread_t, void **, const struct timespec *);
    int (*pthread_clockjoin_np)(pthread_t, void **, clockid_t, const struct timespec *);
    int (*sigtimedwait)(const sigset_t *, siginfo_t *, const struct timespec *);
    int (*timerfd_create)(int, int);
    int (*timerfd_settime)(int, int, const struct itimerspec *, struct itimerspec *);
    int (*timerfd_gettime)(int, struct itimerspec *);
    unsigned (*alarm)(unsigned);
    int (*setitimer)(int, const struct itimerval *, struct itimerval *);
    int (*getitimer)(int, struct itimerval *);
    int (*timer_create)(clockid_t, struct sigevent *, timer_t *);
};
extern struct clock_real clock_real;

/* ---- attach.c ---- */
void clock_load(void);
/* Before anything else in each function of libc's that is ours. True: time is virtual. */
extern _Atomic uint32_t clock_loaded;
static inline bool
clock_on(void)
{
    if (atomic_load_explicit(&clock_loaded, memory_order_acquire) == 0)
        clock_load();
    return clock_state != NULL;
}
/* Live pid << 32 | tid of this thread. */
uint64_t clock_owner(void);

/* ---- now.c ---- */
static inline uint64_t
clock_now(void)
{
    return atomic_load(&clock_state->now);
}
/* Clocks that follow the tape: what to add to the monotonic one; false: not such a clock. */
bool clock_offset(clockid_t id, int64_t *offset);
struct timespec clock_split(uint64_t ns);
/* False: not a time. Huge ones are cut to about 146 years. */
bool clock_join(const struct timespec *ts, uint64_t *ns);
/* The moment of an absolute time of that clock on the monotonic one. */
uint64_t clock_moment(uint64_t ns, int64_t offset);
/* A moment of the machine's own monotonic clock, so much from now. */
struct timespec clock_real_in(uint64_t ns);

/* ---- sleep.c ---- */
/* By how much the kernel oversleeps: as it would in reality, or an app's own timers would run ahead of
 * the tape's callbacks. `timeout`: of poll and its like, whose slack grows with it; else 0. */
uint64_t clock_slack(uint64_t timeout);

/* A wait in the table, and a descriptor that wakes it or -1. */
struct clock_open {
    struct score_wait wait;
    int fd;
};
/* Ends it, also when the thread is cancelled. */
void clock_close(struct clock_open *open);
#define CLOCK_OPEN(name) struct clock_open name __attribute__((cleanup(clock_close))) = {.fd = -1}

/* ---- poll.c ---- */
/* A wait that ends when descriptors say so or `open->fd` becomes readable; that is -1 where the wait has to
 * be sliced. */
void clock_open_fd(struct clock_open *open, uint64_t deadline, bool fits);
/* How long such a wait may sleep at a time. */
static inline struct timespec
clock_nap(const struct clock_open *open)
{
    return clock_split(open->fd >= 0 ? SCORE_NAP_NS : CLOCK_SLICE_NS);
}

/* ---- poker.c ---- */
/* Starts this process's poker, once; false: there is none. */
bool poker_start(void);
#define POKER_COND(cond) ((uint64_t)(uintptr_t)(cond))
#define POKER_FUTEX(word) ((uint64_t)(uintptr_t)(word) | 2)
#define POKER_FD(fd) ((uint64_t)(uint32_t)(fd) << 1 | 1)
#define TIMER_TARGET(fd, id, what) ((uint64_t)(what) << 32 | (uint64_t)(id) << 24 | (uint64_t)(uint32_t)(fd))
#define TIMER_FD(target) ((int)((target)&0xffffff))
#define TIMER_CLOCK(target) ((clockid_t)((target) >> 24 & 0xff))
#define TIMER_WHAT(target) ((uint32_t)((target) >> 32))
/* What tells an eventfd from the next one with the same number; 0: it is none. */
uint32_t timer_identity(int fd);

#endif
