// SPDX-License-Identifier: MIT
/*
 * Waits for descriptors. The kernel waits without a timeout, and for one descriptor more: an eventfd of this
 * wait, which the poker writes to when the time has come. A set too large for that is looked at in slices.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "replay/clock/inside.h"

#define POLL_ROOM 1024u /* descriptors that are copied, onto the stack */
#define HIGH_FD 700     /* the app's own descriptors keep the numbers that they would have */

static const struct timespec no_time;

static int
wake_fd(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), high;

    if (fd < 0)
        return -1;
    high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
    if (high < 0)
        return fd;
    close(fd);
    return high;
}

void
clock_open_fd(struct clock_open *open, uint64_t deadline, bool fits)
{
    open->fd = fits && poker_start() ? wake_fd() : -1;
    open->wait =
        score_wait_enter(clock_score, clock_owner(), open->fd >= 0 ? SCORE_WAIT_POKE : SCORE_WAIT_SLICE,
                         deadline, open->fd >= 0 ? POKER_FD(open->fd) : 0, NULL);
}

/* `all` has room for one more than `count`. */
static int
poll_until(struct pollfd *fds, struct pollfd *all, nfds_t count, uint64_t deadline, const sigset_t *mask)
{
    CLOCK_OPEN(open);
    struct pollfd *set = all != NULL ? all : fds;
    nfds_t more = 0, i;

    clock_open_fd(&open, deadline, all != NULL);
    if (all != NULL)
        memcpy(all, fds, count * sizeof *all);
    if (open.fd >= 0)
        all[count + more++] = (struct pollfd){.fd = open.fd, .events = POLLIN};
    for (;;) {
        struct timespec nap = clock_nap(&open);
        int ready = clock_real.ppoll(set, count + more, &nap, mask);

        if (ready < 0)
            return -1;
        if (more != 0 && all[count].revents != 0)
            ready--;
        for (i = 0; all != NULL && i < count; i++)
            fds[i].revents = all[i].revents;
        if (ready > 0 || clock_now() >= deadline)
            return ready;
    }
}

/* `timeout` ns, SCORE_NEVER: none. */
static int
poll_for(struct pollfd *fds, nfds_t count, uint64_t timeout, const sigset_t *mask)
{
    struct pollfd *all = NULL;
    uint64_t deadline;
    int ready;

    if (timeout == SCORE_NEVER)
        return clock_real.ppoll(fds, count, NULL, mask);
    ready = clock_real.ppoll(fds, count, &no_time, mask);
    if (ready != 0 || timeout == 0)
        return ready;
    deadline = clock_now() + timeout + clock_slack(timeout);
    if (count < POLL_ROOM)
        all = __builtin_alloca((count + 1) * sizeof *all);
    return poll_until(fds, all, count, deadline, mask);
}

CLOCK_EXPORT int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
    if (!clock_on())
        return clock_real.poll(fds, count, timeout);
    return poll_for(fds, count, timeout < 0 ? SCORE_NEVER : (uint64_t)timeout * 1000000u, NULL);
}

CLOCK_EXPORT int
ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    uint64_t ns;

    if (!clock_on() || timeout == NULL || timeout->tv_sec < 0 || !clock_join(timeout, &ns))
        return clock_real.ppoll(fds, count, timeout, mask);
    return poll_for(fds, count, ns, mask);
}

/* What -D_FORTIFY_SOURCE makes of them where it knows the array. */
CLOCK_EXPORT int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t bytes);
CLOCK_EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                             const sigset_t *mask, size_t bytes);

CLOCK_EXPORT int
__poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t bytes)
{
    if (bytes / sizeof *fds < count)
        __builtin_trap(); /* as libc ends it, too */
    return poll(fds, count, timeout);
}

CLOCK_EXPORT int
__ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
            size_t bytes)
{
    if (bytes / sizeof *fds < count)
        __builtin_trap();
    return ppoll(fds, count, timeout, mask);
}

/* An epoll is itself a descriptor that can be waited for, so the app's set stays as it is. */
static int
epoll_for(int epoll, struct epoll_event *events, int most, uint64_t timeout, const sigset_t *mask)
{
    CLOCK_OPEN(open);
    struct pollfd set[2];
    uint64_t deadline;
    int ready = clock_real.epoll_pwait(epoll, events, most, 0, mask);

    if (ready != 0 || timeout == 0)
        return ready;
    deadline = clock_now() + timeout + clock_slack(timeout);
    clock_open_fd(&open, deadline, true);
    for (;;) {
        struct timespec nap = clock_nap(&open);

        set[0] = (struct pollfd){.fd = epoll, .events = POLLIN};
        set[1] = (struct pollfd){.fd = open.fd, .events = POLLIN};
        if (clock_real.ppoll(set, 2, &nap, mask) < 0)
            return -1;
        ready = set[0].revents == 0 ? 0 : clock_real.epoll_wait(epoll, events, most, 0);
        if (ready != 0 || clock_now() >= deadline)
            return ready;
    }
}

CLOCK_EXPORT int
epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    if (!clock_on() || timeout < 0)
        return clock_real.epoll_wait(epoll, events, most, timeout);
    return epoll_for(epoll, events, most, (uint64_t)timeout * 1000000u, NULL);
}

CLOCK_EXPORT int
epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout, const sigset_t *mask)
{
    if (!clock_on() || timeout < 0)
        return clock_real.epoll_pwait(epoll, events, most, timeout, mask);
    return epoll_for(epoll, events, most, (uint64_t)timeout * 1000000u, mask);
}

CLOCK_EXPORT int
epoll_pwait2(int epoll, struct epoll_event *events, int most, const struct timespec *timeout,
             const sigset_t *mask)
{
    uint64_t ns;

    if (clock_on() && timeout != NULL && timeout->tv_sec >= 0 && clock_join(timeout, &ns))
        return epoll_for(epoll, events, most, ns, mask);
    if (clock_real.epoll_pwait2 != NULL)
        return clock_real.epoll_pwait2(epoll, events, most, timeout, mask);
    errno = ENOSYS;
    return -1;
}
