// SPDX-License-Identifier: MIT
// A small hash table of names (open addressing, never more than half full).
#include "traces/ndjson_names.h"

#include <stdlib.h>
#include <string.h>

static size_t
hash(const char *name)
{
    uint64_t value = 0xCBF29CE484222325U; /* FNV-1a, 64 bit */
    for (; *name != '\0'; name++)
        value = (value ^ (unsigned char)*name) * 0x100000001B3U;
    return (size_t)(value ^ value >> 29);
}

static struct ndjson_name *
place(struct ndjson_name *places, size_t room, const char *name)
{
    size_t i = hash(name) & (room - 1);
    while (places[i].name != NULL && strcmp(places[i].name, name) != 0)
        i = (i + 1) & (room - 1);
    return &places[i];
}

struct ndjson_name *
ndjson_names_find(const struct ndjson_names *names, const char *name)
{
    if (names->room == 0)
        return NULL;
    struct ndjson_name *found = place(names->places, names->room, name);
    return found->name != NULL ? found : NULL;
}

static int
grow(struct ndjson_names *names)
{
    size_t room = names->room == 0 ? 64 : names->room * 2;
    struct ndjson_name *places = calloc(room, sizeof *places);
    if (places == NULL)
        return -1;
    for (size_t i = 0; i < names->room; i++)
        if (names->places[i].name != NULL)
            *place(places, room, names->places[i].name) = names->places[i];
    free(names->places);
    names->places = places;
    names->room = room;
    return 0;
}

struct ndjson_name *
ndjson_names_make(struct ndjson_names *names, const char *name)
{
    if (names->used * 2 >= names->room && grow(names) != 0)
        return NULL;
    struct ndjson_name *made = place(names->places, names->room, name);
    if (made->name == NULL) {
        made->name = strdup(name);
        if (made->name == NULL)
            return NULL;
        names->used++;
    }
    return made;
}

void
ndjson_names_free(struct ndjson_names *names)
{
    for (size_t i = 0; i < names->room; i++)
        free(names->places[i].name);
    free(names->places);
    *names = (struct ndjson_names){0};
}
