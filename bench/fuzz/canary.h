// SPDX-License-Identifier: MIT
/*
 * Planted bugs that can be counted without dying: each check notes that its bug was reached with the input
 * that makes it one, and when, in a file shared with the bench (PLANTED_LOG). The file is compiled without
 * instrumentation and the checks hand the comparison over as values, so that no fuzzer sees a gradient
 * towards them.
 */
#ifndef BENCH_FUZZ_CANARY_H
#define BENCH_FUZZ_CANARY_H

#include <stdint.h>

#define CANARY_MOST 32

struct canary_log {
    uint64_t executions;
    uint64_t start_ns;
    uint64_t hit_ns[CANARY_MOST]; /* since start, 0: never */
};

/* Parts of a condition: 1 or 0. */
int canary_null(const void *pointer);
int canary_below(int64_t a, int64_t b);
int canary_above(int64_t a, int64_t b);
int canary_is(int64_t a, int64_t b);
int canary_longer(const char *text, int64_t count);
int canary_has(const char *text, int character);
int canary_rounded(const char *digits);
/* The bug happens when all of the conditions, joined by &, hold. Returns that; the caller then gives up the
 * input. With PLANTED_DIE=1 it aborts. */
int canary_bug(unsigned bug, int condition);
void canary_execution(void);

#endif
