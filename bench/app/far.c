// SPDX-License-Identifier: MIT
/* The other side of idle.c's calls. */
__attribute__((visibility("default"))) int bench_far(int value);

int
bench_far(int value)
{
    return value + 1;
}
