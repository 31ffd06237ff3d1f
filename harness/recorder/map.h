// SPDX-License-Identifier: MIT
/* A map from numbers (never 0) to numbers: linear probing, no tombstones. */
#ifndef RECORDER_MAP_H
#define RECORDER_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_pair {
    uint64_t key, value;
};
struct map {
    struct map_pair *pairs; /* `size` of them, a power of two; key 0: free */
    size_t size, used;
};

/* 0, or -1 when there is no memory. Replaces. */
int map_put(struct map *map, uint64_t key, uint64_t value);
/* The value's place (valid until the next put or delete), or NULL. */
uint64_t *map_get(const struct map *map, uint64_t key);
void map_delete(struct map *map, uint64_t key);
void map_free(struct map *map);

#endif
