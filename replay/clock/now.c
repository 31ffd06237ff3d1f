// SPDX-License-Identifier: MIT
/* Reading clocks. Those of the CPU's time, and of devices, stay real. */
#include <errno.h>
#include <sys/timeb.h>

#include "replay/clock/inside.h"

#define BILLION 1000000000u
#define MOST_SECONDS (INT64_MAX / 2 / BILLION)

bool
clock_offset(clockid_t id, int64_t *offset)
{
    switch (id) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
        *offset = 0;
        return true;
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *offset = atomic_load(&clock_state->boot_ns);
        return true;
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        *offset = atomic_load(&clock_state->wall_ns);
        return true;
    default:
        return false;
    }
}

struct timespec
clock_split(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / BILLION), .tv_nsec = (long)(ns % BILLION)};
}

bool
clock_join(const struct timespec *ts, uint64_t *ns)
{
    if (ts->tv_nsec < 0 || ts->tv_nsec >= (long)BILLION)
        return false;
    if (ts->tv_sec > MOST_SECONDS)
        *ns = (uint64_t)MOST_SECONDS * BILLION;
    else
        *ns = ts->tv_sec < 0 ? 0 : (uint64_t)ts->tv_sec * BILLION + (uint64_t)ts->tv_nsec;
    return true;
}

uint64_t
clock_moment(uint64_t ns, int64_t offset)
{
    return (int64_t)ns > offset ? (uint64_t)((int64_t)ns - offset) : 0;
}

struct timespec
clock_real_in(uint64_t ns)
{
    return clock_split(score_real_now() + ns);
}

/* What the app reads. Counted: an app that does nothing but look at the clock will wait for ever. */
static uint64_t
read_at(int64_t offset)
{
    atomic_fetch_add_explicit(&clock_state->reads, 1, memory_order_relaxed);
    return (uint64_t)((int64_t)clock_now() + offset);
}

static uint64_t
read_wall(void)
{
    return read_at(atomic_load(&clock_state->wall_ns));
}

CLOCK_EXPORT int
clock_gettime(clockid_t id, struct timespec *ts)
{
    int64_t offset;

    if (clock_on() && clock_offset(id, &offset)) {
        *ts = clock_split(read_at(offset));
        return 0;
    }
    /* Too early for libc's: somebody reads the clock while we look for it. */
    return clock_real.clock_gettime != NULL ? clock_real.clock_gettime(id, ts)
                                            : (int)syscall(SYS_clock_gettime, id, ts);
}

CLOCK_EXPORT int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec ts;

    if (!clock_on() || zone != NULL)
        return clock_real.gettimeofday != NULL ? clock_real.gettimeofday(tv, zone)
                                               : (int)syscall(SYS_gettimeofday, tv, zone);
    ts = clock_split(read_wall());
    *tv = (struct timeval){.tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000};
    return 0;
}

CLOCK_EXPORT time_t
time(time_t *to)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (to != NULL)
        *to = now.tv_sec;
    return now.tv_sec;
}

CLOCK_EXPORT int
timespec_get(struct timespec *ts, int base)
{
    if (!clock_on() || base != TIME_UTC)
        return clock_real.timespec_get != NULL ? clock_real.timespec_get(ts, base) : 0;
    *ts = clock_split(read_wall());
    return base;
}

CLOCK_EXPORT int ftime(struct timeb *to);

CLOCK_EXPORT int
ftime(struct timeb *to)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    *to = (struct timeb){.time = now.tv_sec, .millitm = (unsigned short)(now.tv_nsec / 1000000)};
    return 0;
}
