// SPDX-License-Identifier: MIT
/*
 * A callback that sleeps holds up everything that the SDK's one thread would deliver. Told from a slow
 * machine by what the kernel counts: time that passed, less the time this thread ran, less the time it waited
 * for a CPU.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/oracle/inside.h"

#define LIMIT_MS 500

static struct {
    uint64_t wall, cpu, queued;
} start;

static uint64_t
now(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* How long this thread was ready to run and did not, in ns. 0 where the kernel does not count it. */
static uint64_t
queued_now(void)
{
    char text[80] = "";
    unsigned long long ran, waited = 0;
    int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        close(fd);
    return got > 0 && sscanf(text, "%llu %llu", &ran, &waited) == 2 ? waited : 0;
}

void
block_before(void)
{
    start.queued = queued_now();
    start.cpu = now(CLOCK_THREAD_CPUTIME_ID);
    start.wall = now(CLOCK_MONOTONIC);
}

static uint64_t
limit_ms(void)
{
    const char *text = getenv("TIMTAPE_FUZZ_BLOCK_MS");
    uint64_t limit = text != NULL ? strtoull(text, NULL, 10) : 0;
    return limit != 0 ? limit : LIMIT_MS;
}

void
block_after(const struct case_event *event)
{
    uint64_t wall = now(CLOCK_MONOTONIC) - start.wall, limit = limit_ms();

    if (wall < limit * 1000000u)
        return;
    uint64_t busy = now(CLOCK_THREAD_CPUTIME_ID) - start.cpu + (queued_now() - start.queued);
    uint64_t asleep = wall > busy ? (wall - busy) / 1000000u : 0;
    if (asleep >= limit)
        oracle_violated(
            ORACLE_BLOCK,
            "%s: the handler slept %llu ms before it returned (limit %llu, TIMTAPE_FUZZ_BLOCK_MS); all "
            "other callbacks wait meanwhile",
            oracle_where(event), (unsigned long long)asleep, (unsigned long long)limit);
}
