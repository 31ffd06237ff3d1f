// SPDX-License-Identifier: MIT
/* The kinds of callback the bench compares: nothing, the floor, the recorded one, the peers. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "app.h"

#define FLOOR_BYTES ((size_t)64 << 20)

/* The floor's own memory: per thread, populated, as large as the steadiest ring. */
static _Thread_local uint8_t *floor_memory;
static _Thread_local size_t floor_at;

__attribute__((noinline, cold)) static void
floor_open(void)
{
    floor_memory =
        mmap(NULL, FLOOR_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (floor_memory == MAP_FAILED) {
        perror("bench: floor memory");
        exit(1);
    }
}

static inline uint8_t *
floor_copy(const char *json)
{
    if (__builtin_expect(floor_memory == NULL, 0))
        floor_open();
    size_t length = strlen(json);
    size_t room = (16 + length + 7) & ~(size_t)7;
    if (floor_at + room > FLOOR_BYTES)
        floor_at = 0;
    uint8_t *to = floor_memory + floor_at;
    floor_at += room;
    memcpy(to + 16, json, length);
    memcpy(to + 8, &length, 8);
    return to;
}

/* What nobody who keeps the payload and says when can do without: strlen, memcpy, one clock read. */
static void
floor_clock(const char *json, const void *user)
{
    (void)user;
    uint8_t *to = floor_copy(json);
    uint64_t at = app_now();
    memcpy(to, &at, 8);
}

void
kind_nothing(const char *json, const void *user)
{
    (void)json;
    (void)user;
    __asm__ volatile("");
}

static const struct kind kinds[] = {
    {.name = "nothing", .fn = kind_nothing, .divisor = 1},
    {.name = "floor", .fn = floor_clock, .divisor = 1},
    {.name = "listener", .fn = NULL, .divisor = 1},
    {.name = "write", .fn = peer_write, .divisor = 10, .open = peer_write_open},
    {.name = "sqlite", .fn = peer_sqlite, .divisor = 100, .open = peer_sqlite_open},
    {.name = "lttng", .fn = peer_lttng, .divisor = 10, .open = peer_lttng_open},
};

const struct kind *
kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    fprintf(stderr, "bench: no kind of callback is called %s\n", name);
    return NULL;
}
