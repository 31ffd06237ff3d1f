// SPDX-License-Identifier: MIT
/* Sleeps ten times a tenth of a second, each from where the last one ended, and prints how long that took, in
 * hundredths of a second. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <timtape/tim.h>

int
main(void)
{
    struct timespec from, to;
    TIMUninit();
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < 10; i++)
        usleep(100000);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%ld\n", (to.tv_sec - from.tv_sec) * 100 + (to.tv_nsec - from.tv_nsec) / 10000000);
    return 0;
}
