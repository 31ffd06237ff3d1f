// SPDX-License-Identifier: MIT
/*
 * Timers that nobody waits in. A timerfd is an eventfd here, which counts, blocks and polls in the same way;
 * the poker adds its expirations. alarm() and setitimer() bring SIGALRM from outside. timer_create() is
 * refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "replay/clock/inside.h"

uint32_t
timer_identity(int fd)
{
    static const char key[] = "eventfd-id:";
    char path[64], text[256];
    const char *at;
    ssize_t bytes;
    int info;

    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    info = open(path, O_RDONLY | O_CLOEXEC);
    if (info < 0)
        return 0;
    bytes = read(info, text, sizeof text - 1);
    close(info);
    if (bytes <= 0)
        return 0;
    text[bytes] = '\0';
    at = strstr(text, "eventfd-count:");
    if (at == NULL)
        return 0;
    at = strstr(text, key); /* since Linux 5.2 */
    return at == NULL ? 1 : (uint32_t)strtoul(at + sizeof key - 1, NULL, 10) + 2;
}

static uint64_t
owner_process(void)
{
    return clock_owner() >> 32 << 32;
}

/* This process's timer of that kind (timerfds: of that number). */
static struct score_waiter *
find_timer(enum score_wait_kind kind, int fd)
{
    uint64_t owner = owner_process();
    uint32_t used = atomic_load(&clock_state->used), i;

    for (i = 0; i < used; i++) {
        struct score_waiter *slot = &clock_state->waiters[i];

        if (atomic_load(&slot->ticket) > SCORE_TICKET_FILLING && atomic_load(&slot->owner) == owner &&
            atomic_load(&slot->kind) == kind &&
            (kind != SCORE_WAIT_TIMER || TIMER_FD(atomic_load(&slot->target)) == fd))
            return slot;
    }
    return NULL;
}

/* Nobody else touches the timer until it is given back. */
static void
take_timer(struct score_waiter *slot)
{
    uint32_t due = atomic_load(&slot->due);

    while (due == SCORE_DUE_TAKEN || !atomic_compare_exchange_weak(&slot->due, &due, SCORE_DUE_TAKEN)) {
        sched_yield();
        due = atomic_load(&slot->due);
    }
}

static void
give_timer(struct score_waiter *slot)
{
    atomic_store(&slot->due, SCORE_DUE_NO);
    score_wait_ring(clock_state);
}

static void
state_of(const struct score_waiter *slot, uint64_t *left, uint64_t *interval)
{
    uint64_t deadline = slot == NULL ? SCORE_NEVER : atomic_load(&slot->deadline), now = clock_now();

    *interval = slot == NULL ? 0 : atomic_load(&slot->interval);
    *left = deadline == SCORE_NEVER ? 0 : deadline > now ? deadline - now : 1;
}

/* ---- timerfd ---- */

CLOCK_EXPORT int
timerfd_create(int id, int flags)
{
    struct score_waiter *slot;
    int64_t offset;
    uint64_t target;
    int fd;

    if (!clock_on() || !clock_offset(id, &offset) || (flags & ~(TFD_NONBLOCK | TFD_CLOEXEC)) != 0)
        return clock_real.timerfd_create(id, flags);
    if (!poker_start()) {
        errno = ENOMEM;
        return -1;
    }
    fd = eventfd(0, ((flags & TFD_NONBLOCK) != 0 ? EFD_NONBLOCK : 0) |
                        ((flags & TFD_CLOEXEC) != 0 ? EFD_CLOEXEC : 0));
    if (fd < 0)
        return -1;
    target = TIMER_TARGET(fd, id, timer_identity(fd));
    slot = find_timer(SCORE_WAIT_TIMER, fd);
    if (slot == NULL) {
        score_wait_enter(clock_score, owner_process(), SCORE_WAIT_TIMER, SCORE_NEVER, target, NULL);
        return fd;
    }
    /* Closed since: its number is this one's now. */
    take_timer(slot);
    atomic_store(&slot->target, target);
    atomic_store(&slot->interval, 0);
    atomic_store(&slot->deadline, SCORE_NEVER);
    give_timer(slot);
    return fd;
}

static struct score_waiter *
timer_of(int fd)
{
    struct score_waiter *slot = find_timer(SCORE_WAIT_TIMER, fd);

    return slot != NULL && timer_identity(fd) == TIMER_WHAT(atomic_load(&slot->target)) ? slot : NULL;
}

static void
describe(const struct score_waiter *slot, struct itimerspec *old)
{
    uint64_t left, interval;

    state_of(slot, &left, &interval);
    *old = (struct itimerspec){.it_value = clock_split(left), .it_interval = clock_split(interval)};
}

static void
empty(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    static const struct timespec no_time;
    uint64_t count;

    if (clock_real.ppoll(&ready, 1, &no_time, NULL) == 1 && read(fd, &count, sizeof count) < 0)
        return;
}

CLOCK_EXPORT int
timerfd_settime(int fd, int flags, const struct itimerspec *wanted, struct itimerspec *old)
{
    struct score_waiter *slot = clock_on() ? timer_of(fd) : NULL;
    uint64_t value, interval;
    int64_t offset = 0;

    if (slot == NULL)
        return clock_real.timerfd_settime(fd, flags, wanted, old);
    if (!clock_join(&wanted->it_value, &value) || !clock_join(&wanted->it_interval, &interval)) {
        errno = EINVAL;
        return -1;
    }
    take_timer(slot);
    if (old != NULL)
        describe(slot, old);
    clock_offset(TIMER_CLOCK(atomic_load(&slot->target)), &offset);
    empty(fd);
    atomic_store(&slot->interval, interval);
    if (value == 0)
        value = SCORE_NEVER;
    else
        value = (flags & TFD_TIMER_ABSTIME) != 0 ? clock_moment(value, offset) : clock_now() + value;
    atomic_store(&slot->deadline, value);
    give_timer(slot);
    return 0;
}

CLOCK_EXPORT int
timerfd_gettime(int fd, struct itimerspec *now)
{
    struct score_waiter *slot = clock_on() ? timer_of(fd) : NULL;

    if (slot == NULL)
        return clock_real.timerfd_gettime(fd, now);
    describe(slot, now);
    return 0;
}

/* ---- SIGALRM ---- */

static void
set_alarm(uint64_t value, uint64_t interval, uint64_t *left, uint64_t *before)
{
    struct score_waiter *slot = find_timer(SCORE_WAIT_SIGNAL, 0);

    state_of(slot, left, before);
    if (slot == NULL && value == 0)
        return;
    if (slot == NULL)
        slot = score_wait_enter(clock_score, owner_process(), SCORE_WAIT_SIGNAL, SCORE_NEVER, 0, NULL).slot;
    if (slot == NULL)
        return;
    take_timer(slot);
    atomic_store(&slot->interval, interval);
    atomic_store(&slot->deadline, value == 0 ? SCORE_NEVER : clock_now() + value);
    give_timer(slot);
}

CLOCK_EXPORT unsigned
alarm(unsigned seconds)
{
    uint64_t left, before;

    if (!clock_on())
        return clock_real.alarm(seconds);
    set_alarm((uint64_t)seconds * 1000000000u, 0, &left, &before);
    return left == 0 ? 0 : left < 1000000000u ? 1 : (unsigned)((left + 500000000u) / 1000000000u);
}

static uint64_t
from_timeval(const struct timeval *tv)
{
    return (uint64_t)tv->tv_sec * 1000000000u + (uint64_t)tv->tv_usec * 1000u;
}

static struct timeval
to_timeval(uint64_t ns)
{
    return (struct timeval){.tv_sec = (time_t)(ns / 1000000000u),
                            .tv_usec = (suseconds_t)(ns % 1000000000u / 1000u)};
}

static bool
is_time(const struct timeval *tv)
{
    return tv->tv_sec >= 0 && tv->tv_sec < INT32_MAX && tv->tv_usec >= 0 && tv->tv_usec < 1000000;
}

CLOCK_EXPORT int
setitimer(__itimer_which_t which, const struct itimerval *restrict wanted, struct itimerval *restrict old)
{
    uint64_t left, before;

    if (!clock_on() || which != ITIMER_REAL || wanted == NULL || !is_time(&wanted->it_value) ||
        !is_time(&wanted->it_interval))
        return clock_real.setitimer((int)which, wanted, old);
    set_alarm(from_timeval(&wanted->it_value), from_timeval(&wanted->it_interval), &left, &before);
    if (old != NULL)
        *old = (struct itimerval){.it_value = to_timeval(left), .it_interval = to_timeval(before)};
    return 0;
}

CLOCK_EXPORT int
getitimer(__itimer_which_t which, struct itimerval *now)
{
    uint64_t left, interval;

    if (!clock_on() || which != ITIMER_REAL)
        return clock_real.getitimer((int)which, now);
    state_of(find_timer(SCORE_WAIT_SIGNAL, 0), &left, &interval);
    *now = (struct itimerval){.it_value = to_timeval(left), .it_interval = to_timeval(interval)};
    return 0;
}

/* Its expirations are signals with values, or threads: the outside says that it cannot carry them. */
CLOCK_EXPORT int
timer_create(clockid_t id, struct sigevent *restrict event, timer_t *restrict timer)
{
    int64_t offset;

    if (!clock_on() || !clock_offset(id, &offset))
        return clock_real.timer_create(id, event, timer);
    atomic_store(&clock_state->refused_for, clock_owner());
    atomic_store(&clock_state->refused, SCORE_REFUSE_TIMER);
    errno = ENOTSUP;
    return -1;
}
