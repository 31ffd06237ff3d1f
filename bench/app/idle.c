// SPDX-License-Identifier: MIT
/* An app that never touches the SDK: a hot loop of calls through the PLT. Prints ns per call. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Lives in a library beside it, so that the call is bound lazily, as most calls of most apps are. */
int bench_far(int value);

int
main(int argc, char **argv)
{
    long count = argc > 1 ? atol(argv[1]) : 1000000;
    struct timespec from, to;
    int value = argc;
    value = bench_far(value);
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (long i = 0; i < count; i++)
        value = bench_far(value);
    clock_gettime(CLOCK_MONOTONIC, &to);
    double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    printf("%.4f\n", ns / (double)count);
    return value == 42;
}
