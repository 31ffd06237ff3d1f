// SPDX-License-Identifier: MIT
/*
 * Ticks to nanoseconds. Every pass takes an anchor after it has looked at the heads, so what it
 * hands out lies between two anchors that never change again: times are monotone in the ticks.
 */
#include "ring/consumer_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

/* How often an anchor goes into the session for whoever comes after us: 64 of them span 6.4 s. */
#define STORE_NS 100000000u
#define STILL_NS 1000u /* closer anchors would only add jitter */

uint64_t
ring_monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

enum ring_clock
ring_clock_best(void)
{
#if defined(__x86_64__)
    unsigned a, b, c, d;
    char source[16] = "";
    int fd;

    /* Invariant: constant rate in all power states. The kernel also watches for cores that disagree. */
    if (__get_cpuid(0x80000007, &a, &b, &c, &d) == 0 || (d & (1u << 8)) == 0)
        return RING_CLOCK_MONOTONIC;
    fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return RING_CLOCK_MONOTONIC;
    ssize_t got = read(fd, source, sizeof source - 1);
    close(fd);
    if (got == 4 && memcmp(source, "tsc\n", 4) == 0)
        return RING_CLOCK_TSC;
#endif
    return RING_CLOCK_MONOTONIC;
}

/* Both clocks at one moment: of a few tries the one with the least time between its readings. */
static struct ring_anchor
look(uint32_t kind)
{
    struct ring_anchor best = {0, 0};

#if defined(__x86_64__)
    if (kind == RING_CLOCK_TSC) {
        uint64_t least = UINT64_MAX;

        for (int i = 0; i < 3; i++) {
            uint64_t before = __rdtsc(), ns = ring_monotonic(), after = __rdtsc();

            if (after - before < least) {
                least = after - before;
                best = (struct ring_anchor){before + (after - before) / 2, ns};
            }
        }
        return best;
    }
#endif
    (void)kind;
    best.ticks = best.ns = ring_monotonic();
    return best;
}

static const struct ring_anchor *
point(const struct ring_reader *ring, uint64_t index)
{
    return &ring->point[index % RING_CLOCK_POINTS];
}

void
ring_anchor_take(struct ring_reader *ring)
{
    struct ring_anchor now = look(ring->clock);

    if (ring->points > 0) {
        const struct ring_anchor *last = point(ring, ring->points - 1);

        if (now.ticks <= last->ticks || now.ns < last->ns + STILL_NS)
            return;
    }
    ring->point[ring->points++ % RING_CLOCK_POINTS] = now;
    if (ring->points == 1 || now.ns - ring->stored_ns >= STORE_NS) {
        struct ring_session *session = ring->session;
        uint32_t count = atomic_load_explicit(&session->anchors, memory_order_relaxed);

        session->anchor[count % RING_ANCHORS] = now;
        atomic_store_explicit(&session->anchors, count + 1, memory_order_release);
        ring->stored_ns = now.ns;
    }
}

void
ring_anchor_load(struct ring_reader *ring)
{
    const struct ring_session *session = ring->session;
    uint32_t count = atomic_load_explicit(&ring->session->anchors, memory_order_acquire);
    uint32_t first = count > RING_ANCHORS ? count - RING_ANCHORS : 0;

    for (uint32_t i = first; i != count; i++) {
        struct ring_anchor anchor = session->anchor[i % RING_ANCHORS];

        /* Out of order is damage: such an anchor is worth nothing. */
        if (ring->points > 0 && (anchor.ticks <= point(ring, ring->points - 1)->ticks ||
                                 anchor.ns < point(ring, ring->points - 1)->ns))
            continue;
        ring->point[ring->points++ % RING_CLOCK_POINTS] = anchor;
        ring->stored_ns = anchor.ns;
    }
}

static uint64_t
line(const struct ring_anchor *a, const struct ring_anchor *b, uint64_t ticks)
{
    __int128 ns = (__int128)ticks - (__int128)a->ticks;
    uint64_t span = b->ticks - a->ticks;

    if (span == 0)
        return a->ns;
    ns = ns * (__int128)(b->ns - a->ns) / (__int128)span + (__int128)a->ns;
    return ns < 0 ? 0 : ns > INT64_MAX ? INT64_MAX : (uint64_t)ns;
}

uint64_t
ring_time(const struct ring_reader *ring, uint64_t ticks)
{
    uint64_t last = ring->points, first = last > RING_CLOCK_POINTS ? last - RING_CLOCK_POINTS : 0;

    if (ring->clock != RING_CLOCK_TSC)
        return ticks;
    if (last - first < 2)
        return last > first ? point(ring, first)->ns : ring->session->start_ns;
    /* Outside what was seen: the rate over everything seen is the best guess. */
    if (ticks < point(ring, first)->ticks)
        return line(point(ring, first), point(ring, last - 1), ticks);
    if (ticks >= point(ring, last - 1)->ticks) {
        struct ring_anchor end = *point(ring, last - 1), begin = *point(ring, first);
        struct ring_anchor next = {end.ticks + (end.ticks - begin.ticks), end.ns + (end.ns - begin.ns)};

        return line(&end, &next, ticks);
    }
    /* Most lookups are for the newest segment. */
    uint64_t low = first, high = last - 1;
    if (ticks >= point(ring, high - 1)->ticks)
        low = high - 1;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;

        if (point(ring, middle)->ticks <= ticks)
            low = middle;
        else
            high = middle;
    }
    return line(point(ring, low), point(ring, high), ticks);
}
