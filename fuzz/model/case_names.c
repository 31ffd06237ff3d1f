// SPDX-License-Identifier: MIT
// A small hash table: a hostile text must not make reading quadratic.
#include "fuzz/model/case_names.h"

#include <stdint.h>
#include <string.h>

struct case_name {
    struct case_name *next;
    const char *text;
    size_t bytes;
    const struct api_entry *function;
};

static unsigned
slot(const char *text, size_t bytes)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return (hash ^ hash >> 8 ^ hash >> 16) & 255;
}

int
case_names_add(struct case_names *names, struct arena *arena, const char *text, size_t bytes,
               const struct api_entry *function)
{
    struct case_name *name = arena_take(arena, sizeof *name);
    struct case_name **head = &names->heads[slot(text, bytes)];
    if (name == NULL)
        return -1;
    *name = (struct case_name){*head, text, bytes, function};
    *head = name;
    return 0;
}

const struct api_entry *
case_names_find(const struct case_names *names, const char *text, size_t bytes)
{
    for (const struct case_name *name = names->heads[slot(text, bytes)]; name != NULL; name = name->next)
        if (name->bytes == bytes && memcmp(name->text, text, bytes) == 0)
            return name->function;
    return NULL;
}
