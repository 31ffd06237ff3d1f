// SPDX-License-Identifier: MIT
#include "bench/fuzz/canary.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static struct canary_log *canary_log;
static struct canary_log canary_own;
static int canary_dies;

static uint64_t
canary_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The log is made by the bench, zeroed, with the start time in it: the same for all processes of a trial. */
static void
canary_open(void)
{
    const char *path = getenv("PLANTED_LOG");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    canary_dies = getenv("PLANTED_DIE") != NULL;
    canary_log = &canary_own;
    if (fd < 0)
        return;
    if (ftruncate(fd, sizeof *canary_log) == 0) {
        void *map = mmap(NULL, sizeof *canary_log, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

        if (map != MAP_FAILED)
            canary_log = map;
    }
    close(fd);
    if (canary_log->start_ns == 0)
        canary_log->start_ns = canary_now();
}

int
canary_null(const void *pointer)
{
    return pointer == NULL;
}

int
canary_below(int64_t a, int64_t b)
{
    return a < b;
}

int
canary_above(int64_t a, int64_t b)
{
    return a > b;
}

int
canary_is(int64_t a, int64_t b)
{
    return a == b;
}

int
canary_longer(const char *text, int64_t count)
{
    return text != NULL && (int64_t)strlen(text) > count;
}

int
canary_has(const char *text, int character)
{
    return text != NULL && strchr(text, character) != NULL;
}

int
canary_rounded(const char *digits)
{
    char *end;
    uint64_t exact = digits == NULL ? 0 : strtoull(digits, &end, 10);

    return digits != NULL && *end == '\0' && exact < UINT64_MAX && (uint64_t)(double)exact != exact;
}

int
canary_bug(unsigned bug, int condition)
{
    if (canary_log == NULL)
        canary_open();
    if (!condition || bug >= CANARY_MOST)
        return 0;
    if (canary_dies)
        abort();
    if (canary_log->hit_ns[bug] == 0)
        canary_log->hit_ns[bug] = canary_now() - canary_log->start_ns + 1;
    return 1;
}

void
canary_execution(void)
{
    if (canary_log == NULL)
        canary_open();
    __atomic_fetch_add(&canary_log->executions, 1, __ATOMIC_RELAXED);
}
