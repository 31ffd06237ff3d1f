// SPDX-License-Identifier: MIT
#include "recorder/map.h"

#include <stdlib.h>

static size_t
home(const struct map *map, uint64_t key)
{
    return (size_t)((key * 0x9E3779B97F4A7C15u) >> 32) & (map->size - 1);
}

static struct map_pair *
find(const struct map *map, uint64_t key)
{
    size_t at = home(map, key);
    while (map->pairs[at].key != 0 && map->pairs[at].key != key)
        at = (at + 1) & (map->size - 1);
    return &map->pairs[at];
}

static int
grow(struct map *map)
{
    struct map larger = {.size = map->size == 0 ? 64 : 2 * map->size, .used = map->used};
    larger.pairs = calloc(larger.size, sizeof *larger.pairs);
    if (larger.pairs == NULL)
        return -1;
    for (size_t i = 0; i < map->size; i++) {
        if (map->pairs[i].key != 0)
            *find(&larger, map->pairs[i].key) = map->pairs[i];
    }
    free(map->pairs);
    *map = larger;
    return 0;
}

int
map_put(struct map *map, uint64_t key, uint64_t value)
{
    if (4 * map->used >= 3 * map->size && grow(map) != 0)
        return -1;
    struct map_pair *pair = find(map, key);
    if (pair->key == 0)
        map->used++;
    *pair = (struct map_pair){key, value};
    return 0;
}

uint64_t *
map_get(const struct map *map, uint64_t key)
{
    if (map->size == 0)
        return NULL;
    struct map_pair *pair = find(map, key);
    return pair->key != 0 ? &pair->value : NULL;
}

void
map_delete(struct map *map, uint64_t key)
{
    if (map->size == 0)
        return;
    struct map_pair *pair = find(map, key);
    if (pair->key == 0)
        return;
    size_t hole = (size_t)(pair - map->pairs), at = hole;
    map->used--;
    /* Whoever was pushed past the hole by a collision moves back into it. */
    for (;;) {
        at = (at + 1) & (map->size - 1);
        if (map->pairs[at].key == 0)
            break;
        size_t wanted = home(map, map->pairs[at].key);
        if (((at - wanted) & (map->size - 1)) >= ((at - hole) & (map->size - 1))) {
            map->pairs[hole] = map->pairs[at];
            hole = at;
        }
    }
    map->pairs[hole].key = 0;
}

void
map_free(struct map *map)
{
    free(map->pairs);
    *map = (struct map){0};
}
