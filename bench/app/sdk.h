// SPDX-License-Identifier: MIT
/*
 * What the bench's own SDK offers beside the API: threads that call a callback as often
 * and as fast as asked. An export of its own, so the shim leaves it untouched.
 */
#ifndef BENCH_APP_SDK_H
#define BENCH_APP_SDK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_THREADS 64
#define BENCH_PAYLOADS 64 /* rotating: one payload alone would stay hot in the first-level cache */

/* One order to the SDK's threads. */
struct bench_job {
    void (*fn)(const char *json, const void *user); /* NULL: the registered listener */
    const void *user;                               /* for `fn`; a listener has its own */
    unsigned threads;
    bool pinned;         /* thread N on core N */
    bool marked;         /* a getppid() before and after the loop, for strace to find it */
    uint64_t count;      /* callbacks per thread */
    size_t bytes;        /* length of each payload */
    uint64_t gap_min_ns; /* 0: back to back; else one callback per gap, drawn from min..max */
    uint64_t gap_max_ns;
    uint32_t *took_ns;                  /* with a gap: the time of each callback of thread 0, or NULL */
    uint64_t elapsed_ns[BENCH_THREADS]; /* out: the loop alone, per thread */
};

#define BENCH_FIRE "bench_fire"
/* Runs the job on threads that live as long as the process. 0, or -1 when it cannot. */
typedef int bench_fire_fn(struct bench_job *job);

#endif
