// SPDX-License-Identifier: MIT
/*
 * Waits for conditions: libc's own wait, without a deadline. When the time has come the poker broadcasts: who
 * waits for the same condition for another reason sees a spurious wake-up, which every such wait must expect.
 */
#include <errno.h>
#include <threads.h>

#include "replay/clock/inside.h"

/* glibc keeps a condition's clock there (since 2.25). */
#define COND_MONOTONIC 2u

static int
cond_until(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline)
{
    CLOCK_OPEN(open);
    bool poked = poker_start();

    open.wait = score_wait_enter(clock_score, clock_owner(), poked ? SCORE_WAIT_POKE : SCORE_WAIT_SLICE,
                                 deadline, POKER_COND(cond), NULL);
    for (;;) {
        struct timespec nap = clock_real_in(poked ? SCORE_NAP_NS : CLOCK_SLICE_NS);
        int error = clock_real.pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &nap);

        /* A signal that came is not to be lost: only our own wake-up means that the time is over. */
        if (error == 0 && open.wait.slot != NULL && atomic_load(&open.wait.slot->due) >= SCORE_DUE_TAKEN)
            return ETIMEDOUT;
        if (error != ETIMEDOUT)
            return error;
        if (clock_now() >= deadline)
            return ETIMEDOUT;
    }
}

static int
cond_at(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *end, int64_t offset)
{
    static const struct timespec past = {.tv_nsec = 1};
    uint64_t ns;

    if (!clock_join(end, &ns))
        return EINVAL;
    ns = clock_moment(ns, offset);
    if (ns <= clock_now())
        return clock_real.pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &past);
    return cond_until(cond, mutex, ns + clock_slack(0));
}

CLOCK_EXPORT int
pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                       const struct timespec *restrict end)
{
    int64_t offset;

    if (!clock_on())
        return clock_real.pthread_cond_timedwait(cond, mutex, end);
    clock_offset((cond->__data.__wrefs & COND_MONOTONIC) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME, &offset);
    return cond_at(cond, mutex, end, offset);
}

CLOCK_EXPORT int
pthread_cond_clockwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex, clockid_t id,
                       const struct timespec *restrict end)
{
    int64_t offset;

    if (!clock_on() || (id != CLOCK_MONOTONIC && id != CLOCK_REALTIME) || !clock_offset(id, &offset))
        return clock_real.pthread_cond_clockwait(cond, mutex, id, end);
    return cond_at(cond, mutex, end, offset);
}

/* C11's are POSIX's under another name. */
CLOCK_EXPORT int
cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex, const struct timespec *restrict end)
{
    int error;

    if (!clock_on())
        return clock_real.cnd_timedwait(cond, mutex, end);
    error = pthread_cond_timedwait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex, end);
    return error == 0 ? thrd_success : error == ETIMEDOUT ? thrd_timedout : thrd_error;
}
