// SPDX-License-Identifier: MIT
/*
 * Waits for locks, semaphores, threads and signals that end after a time. Nothing wakes such a waiter without
 * giving it what it waits for, so it looks at the clock in slices.
 */
#include <errno.h>
#include <threads.h>

#include "replay/clock/inside.h"

/* One try until a moment of the machine's monotonic clock: 0 or an error number. */
typedef int try_fn(void *object, const struct timespec *end);

static int
try_sem(void *sem, const struct timespec *end)
{
    return clock_real.sem_clockwait(sem, CLOCK_MONOTONIC, end) == 0 ? 0 : errno;
}

static int
try_mutex(void *mutex, const struct timespec *end)
{
    return clock_real.pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, end);
}

static int
try_read(void *lock, const struct timespec *end)
{
    return clock_real.pthread_rwlock_clockrdlock(lock, CLOCK_MONOTONIC, end);
}

static int
try_write(void *lock, const struct timespec *end)
{
    return clock_real.pthread_rwlock_clockwrlock(lock, CLOCK_MONOTONIC, end);
}

struct join {
    pthread_t thread;
    void **value;
};

static int
try_join(void *join, const struct timespec *end)
{
    const struct join *it = join;

    return clock_real.pthread_clockjoin_np(it->thread, it->value, CLOCK_MONOTONIC, end);
}

static int
lock_until(try_fn *try, void *object, uint64_t deadline)
{
    CLOCK_OPEN(open);

    open.wait = score_wait_enter(clock_score, clock_owner(), SCORE_WAIT_SLICE, deadline, 0, NULL);
    for (;;) {
        struct timespec slice = clock_real_in(CLOCK_SLICE_NS);
        int error = try(object, &slice);

        if (error != ETIMEDOUT || clock_now() >= deadline)
            return error;
    }
}

static int
lock_at(try_fn *try, void *object, clockid_t id, const struct timespec *end)
{
    static const struct timespec past = {.tv_nsec = 1};
    int64_t offset;
    uint64_t ns;
    int error;

    /* What can be had at once is had, whatever the time says. */
    error = try(object, &past);
    if (error != ETIMEDOUT)
        return error;
    if ((id != CLOCK_MONOTONIC && id != CLOCK_REALTIME) || !clock_offset(id, &offset) ||
        !clock_join(end, &ns))
        return EINVAL;
    ns = clock_moment(ns, offset);
    return ns <= clock_now() ? ETIMEDOUT : lock_until(try, object, ns + clock_slack(0));
}

static int
failed(int error)
{
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

CLOCK_EXPORT int
sem_timedwait(sem_t *restrict sem, const struct timespec *restrict end)
{
    return clock_on() ? failed(lock_at(try_sem, sem, CLOCK_REALTIME, end))
                      : clock_real.sem_timedwait(sem, end);
}

CLOCK_EXPORT int
sem_clockwait(sem_t *restrict sem, clockid_t id, const struct timespec *restrict end)
{
    return clock_on() ? failed(lock_at(try_sem, sem, id, end)) : clock_real.sem_clockwait(sem, id, end);
}

CLOCK_EXPORT int
pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict end)
{
    return clock_on() ? lock_at(try_mutex, mutex, CLOCK_REALTIME, end)
                      : clock_real.pthread_mutex_timedlock(mutex, end);
}

CLOCK_EXPORT int
pthread_mutex_clocklock(pthread_mutex_t *restrict mutex, clockid_t id, const struct timespec *restrict end)
{
    return clock_on() ? lock_at(try_mutex, mutex, id, end)
                      : clock_real.pthread_mutex_clocklock(mutex, id, end);
}

CLOCK_EXPORT int
mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict end)
{
    int error;

    if (!clock_on())
        return clock_real.mtx_timedlock(mutex, end);
    error = lock_at(try_mutex, mutex, CLOCK_REALTIME, end);
    return error == 0 ? thrd_success : error == ETIMEDOUT ? thrd_timedout : thrd_error;
}

CLOCK_EXPORT int
pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict lock, const struct timespec *restrict end)
{
    return clock_on() ? lock_at(try_read, lock, CLOCK_REALTIME, end)
                      : clock_real.pthread_rwlock_timedrdlock(lock, end);
}

CLOCK_EXPORT int
pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict lock, const struct timespec *restrict end)
{
    return clock_on() ? lock_at(try_write, lock, CLOCK_REALTIME, end)
                      : clock_real.pthread_rwlock_timedwrlock(lock, end);
}

CLOCK_EXPORT int
pthread_rwlock_clockrdlock(pthread_rwlock_t *restrict lock, clockid_t id, const struct timespec *restrict end)
{
    return clock_on() ? lock_at(try_read, lock, id, end)
                      : clock_real.pthread_rwlock_clockrdlock(lock, id, end);
}

CLOCK_EXPORT int
pthread_rwlock_clockwrlock(pthread_rwlock_t *restrict lock, clockid_t id, const struct timespec *restrict end)
{
    return clock_on() ? lock_at(try_write, lock, id, end)
                      : clock_real.pthread_rwlock_clockwrlock(lock, id, end);
}

CLOCK_EXPORT int
pthread_timedjoin_np(pthread_t thread, void **value, const struct timespec *end)
{
    struct join join = {thread, value};

    return clock_on() && end != NULL ? lock_at(try_join, &join, CLOCK_REALTIME, end)
                                     : clock_real.pthread_timedjoin_np(thread, value, end);
}

CLOCK_EXPORT int
pthread_clockjoin_np(pthread_t thread, void **value, clockid_t id, const struct timespec *end)
{
    struct join join = {thread, value};

    return clock_on() && end != NULL ? lock_at(try_join, &join, id, end)
                                     : clock_real.pthread_clockjoin_np(thread, value, id, end);
}

CLOCK_EXPORT int
sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info, const struct timespec *restrict timeout)
{
    CLOCK_OPEN(open);
    static const struct timespec no_time;
    const struct timespec slice = clock_split(CLOCK_SLICE_NS);
    uint64_t ns, deadline;
    int number;

    if (!clock_on() || timeout == NULL || !clock_join(timeout, &ns) || ns == 0)
        return clock_real.sigtimedwait(set, info, timeout);
    number = clock_real.sigtimedwait(set, info, &no_time);
    if (number >= 0 || errno != EAGAIN)
        return number;
    deadline = clock_now() + ns + clock_slack(0);
    open.wait = score_wait_enter(clock_score, clock_owner(), SCORE_WAIT_SLICE, deadline, 0, NULL);
    do {
        number = clock_real.sigtimedwait(set, info, &slice);
    } while (number < 0 && errno == EAGAIN && clock_now() < deadline);
    return number;
}
