// SPDX-License-Identifier: MIT
/* Waits for descriptors, the older way; as in poll.c. */
#include <errno.h>

#include "replay/clock/inside.h"

struct sets {
    fd_set *read, *write, *other;
};

static int
try_select(int count, const struct sets *sets, const struct timespec *timeout, const sigset_t *mask)
{
    return clock_real.pselect(count, sets->read, sets->write, sets->other, timeout, mask);
}

static void
store(const struct sets *to, const struct sets *from)
{
    if (to->read != NULL)
        *to->read = *from->read;
    if (to->write != NULL)
        *to->write = *from->write;
    if (to->other != NULL)
        *to->other = *from->other;
}

static void
clear(const struct sets *sets)
{
    if (sets->read != NULL)
        FD_ZERO(sets->read);
    if (sets->write != NULL)
        FD_ZERO(sets->write);
    if (sets->other != NULL)
        FD_ZERO(sets->other);
}

static int
select_until(int count, const struct sets *sets, uint64_t deadline, const sigset_t *mask)
{
    CLOCK_OPEN(open);

    clock_open_fd(&open, deadline, true);
    for (;;) {
        struct timespec nap = clock_nap(&open);
        fd_set read, write, other;
        struct sets live = {.read = &read,
                            .write = sets->write == NULL ? NULL : &write,
                            .other = sets->other == NULL ? NULL : &other};
        bool listening = open.fd >= 0 && open.fd < FD_SETSIZE;
        int ready;

        FD_ZERO(&read);
        if (sets->read != NULL)
            read = *sets->read;
        if (live.write != NULL)
            write = *sets->write;
        if (live.other != NULL)
            other = *sets->other;
        if (listening)
            FD_SET(open.fd, &read);
        else
            nap = clock_split(CLOCK_SLICE_NS);
        ready = try_select(listening && open.fd >= count ? open.fd + 1 : count, &live, &nap, mask);
        if (ready < 0)
            return -1;
        if (listening && FD_ISSET(open.fd, &read)) {
            FD_CLR(open.fd, &read);
            ready--;
        }
        if (ready > 0) {
            store(sets, &live);
            return ready;
        }
        if (clock_now() >= deadline) {
            clear(sets);
            return 0;
        }
    }
}

static int
select_for(int count, const struct sets *sets, uint64_t timeout, const sigset_t *mask)
{
    static const struct timespec no_time;
    fd_set read, write, other;
    struct sets probe = {.read = sets->read == NULL ? NULL : &read,
                         .write = sets->write == NULL ? NULL : &write,
                         .other = sets->other == NULL ? NULL : &other};
    int ready;

    if (timeout == 0)
        return try_select(count, sets, &no_time, mask);
    store(&probe, sets);
    ready = try_select(count, &probe, &no_time, mask);
    if (ready > 0)
        store(sets, &probe);
    if (ready != 0)
        return ready;
    return select_until(count, sets, clock_now() + timeout + clock_slack(timeout), mask);
}

CLOCK_EXPORT int
select(int count, fd_set *read, fd_set *write, fd_set *other, struct timeval *timeout)
{
    const struct sets sets = {read, write, other};
    struct timespec wanted;
    uint64_t ns, end, now;
    int ready;

    /* Sets larger than the type's, which some programs allocate themselves, are not ours to copy. */
    if (!clock_on() || timeout == NULL || timeout->tv_sec < 0 || timeout->tv_usec < 0 || count > FD_SETSIZE)
        return clock_real.select(count, read, write, other, timeout);
    wanted = (struct timespec){.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000,
                               .tv_nsec = timeout->tv_usec % 1000000 * 1000};
    clock_join(&wanted, &ns);
    end = clock_now() + ns;
    ready = select_for(count, &sets, ns, NULL);
    now = clock_now();
    wanted = clock_split(end > now ? end - now : 0);
    *timeout = (struct timeval){.tv_sec = wanted.tv_sec, .tv_usec = wanted.tv_nsec / 1000};
    return ready;
}

CLOCK_EXPORT int
pselect(int count, fd_set *read, fd_set *write, fd_set *other, const struct timespec *timeout,
        const sigset_t *mask)
{
    const struct sets sets = {read, write, other};
    uint64_t ns;

    if (!clock_on() || timeout == NULL || timeout->tv_sec < 0 || !clock_join(timeout, &ns) ||
        count > FD_SETSIZE)
        return clock_real.pselect(count, read, write, other, timeout, mask);
    return select_for(count, &sets, ns, mask);
}
