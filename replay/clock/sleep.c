// SPDX-License-Identifier: MIT
/* Waits for nothing but a moment: a futex in the score, which the outside wakes. */
#include <errno.h>
#include <sys/prctl.h>
#include <threads.h>
#include <unistd.h>

#include "replay/clock/inside.h"

/* poll, select and epoll_wait allow themselves a thousandth of the timeout (fs/select.c). */
#define POLL_SHARE 1000u
#define POLL_MOST 100000000u

uint64_t
clock_slack(uint64_t timeout)
{
    int own = prctl(PR_GET_TIMERSLACK);
    uint64_t slack = own > 0 ? (uint64_t)own : 0, share = timeout / POLL_SHARE;

    if (share > POLL_MOST)
        share = POLL_MOST;
    return (share > slack ? share : slack) + clock_state->wake_ns;
}

void
clock_close(struct clock_open *open)
{
    int error = errno;

    score_wait_leave(clock_score, &open->wait);
    if (open->fd >= 0)
        close(open->fd);
    errno = error;
}

/* The kernel's part, a cancellation point: not inlined, so that wherever in it a thread is cancelled its
 * caller cleans up. With a timeout, so that a signal handler always ends it. */
static __attribute__((noinline)) int
doze(_Atomic uint32_t *word)
{
    struct timespec nap = clock_split(SCORE_NAP_NS);
    int before, error;

    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
    error = clock_real.syscall(SYS_futex, word, FUTEX_WAIT, SCORE_DUE_NO, &nap, NULL, 0) == 0 ? 0 : errno;
    pthread_setcanceltype(before, NULL);
    return error;
}

/* 0, or EINTR. */
static int
sleep_until(uint64_t deadline)
{
    static _Atomic uint32_t nothing;
    CLOCK_OPEN(open);

    open.wait = score_wait_enter(clock_score, clock_owner(), SCORE_WAIT_WORD, deadline, 0, NULL);
    while (clock_now() < deadline) {
        if (doze(open.wait.slot == NULL ? &nothing : &open.wait.slot->due) == EINTR)
            return EINTR;
    }
    return 0;
}

static void
remain(uint64_t until, struct timespec *rest)
{
    uint64_t now = clock_now();

    if (rest != NULL)
        *rest = clock_split(until > now ? until - now : 0);
}

/* 0 or an error number. */
static int
sleep_for(uint64_t ns, struct timespec *rest)
{
    uint64_t until = clock_now() + ns;
    int error = sleep_until(until + clock_slack(0));

    if (error != 0)
        remain(until, rest);
    return error;
}

CLOCK_EXPORT int
nanosleep(const struct timespec *wanted, struct timespec *rest)
{
    uint64_t ns;
    int error;

    if (!clock_on() || wanted == NULL)
        return clock_real.nanosleep(wanted, rest);
    error = wanted->tv_sec >= 0 && clock_join(wanted, &ns) ? sleep_for(ns, rest) : EINVAL;
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

CLOCK_EXPORT int
clock_nanosleep(clockid_t id, int flags, const struct timespec *wanted, struct timespec *rest)
{
    int64_t offset;
    uint64_t ns, until;

    if (!clock_on() || wanted == NULL || !clock_offset(id, &offset) || id == CLOCK_MONOTONIC_RAW ||
        id == CLOCK_MONOTONIC_COARSE || id == CLOCK_REALTIME_COARSE)
        return clock_real.clock_nanosleep(id, flags, wanted, rest);
    if (wanted->tv_sec < 0 || !clock_join(wanted, &ns))
        return EINVAL;
    if ((flags & TIMER_ABSTIME) == 0)
        return sleep_for(ns, rest);
    until = clock_moment(ns, offset);
    if (until <= clock_now()) {
        pthread_testcancel();
        return 0;
    }
    return sleep_until(until + clock_slack(0));
}

CLOCK_EXPORT int
usleep(useconds_t us)
{
    int error;

    if (!clock_on())
        return clock_real.usleep(us);
    error = sleep_for((uint64_t)us * 1000, NULL);
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

CLOCK_EXPORT unsigned
sleep(unsigned seconds)
{
    struct timespec rest;

    if (!clock_on())
        return clock_real.sleep(seconds);
    if (sleep_for((uint64_t)seconds * 1000000000u, &rest) == 0)
        return 0;
    return (unsigned)rest.tv_sec; /* cut off, as libc does */
}

CLOCK_EXPORT int
thrd_sleep(const struct timespec *wanted, struct timespec *rest)
{
    uint64_t ns;

    if (!clock_on())
        return clock_real.thrd_sleep(wanted, rest);
    if (wanted->tv_sec < 0 || !clock_join(wanted, &ns))
        return -2;
    return sleep_for(ns, rest) == 0 ? 0 : -1;
}
