// SPDX-License-Identifier: MIT
/* Shared by the ring tests: a session, and producers that run in forked children, as in real life. */
#ifndef TESTS_UNIT_RING_FIXTURE_H
#define TESTS_UNIT_RING_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ring/consumer.h"
#include "ring/producer.h"

static inline struct ring_reader *
session_new(uint32_t slots, uint64_t bytes, enum ring_on_full on_full, uint64_t stall_ns)
{
    struct ring_options options = {
        .slots = slots, .slot_bytes = bytes, .on_full = on_full, .stall_ns = stall_ns};
    struct fault fault = {0};
    struct ring_reader *ring = ring_create(&options, &fault);

    if (ring == NULL)
        fail_msg("%s", fault.text);
    setenv(RING_ENV_SESSION, ring_path(ring), 1);
    return ring;
}

/* Runs `work` in a child; the child's exit status is 0 when it returned 0. */
static inline pid_t
child(int (*work)(void *), void *context)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        _exit(work(context));
    assert_true(pid > 0);
    return pid;
}

static inline bool
ended(pid_t pid, int *status)
{
    return waitpid(pid, status, WNOHANG) == pid;
}

static inline uint64_t
monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Drains until the child is gone and nothing is left; returns its wait status. */
static inline int
drain_all(struct ring_reader *ring, pid_t pid, ring_sink *sink, void *context)
{
    int status = 0;
    bool over = false;
    size_t seen;

    for (;;) {
        assert_int_equal(ring_drain(ring, 0, sink, context, &seen), 0);
        ring_release(ring);
        if (seen == 0) {
            if (over)
                return status;
            over = ended(pid, &status);
            if (!over)
                ring_wait(ring, 1000000);
        }
    }
}

static inline void *
shared_page(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(page != MAP_FAILED);
    return page;
}

#endif
