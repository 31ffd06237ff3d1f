// SPDX-License-Identifier: MIT
// Memory that is only added to, in blocks that double.
#include "fuzz/model/arena.h"

#include <cjson/cJSON.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK ((size_t)64 << 10)
#define LARGEST_KEPT ((size_t)64 << 20) /* one huge case must not hold its memory for the rest of a soak */
#define ALIGN alignof(max_align_t)

struct block {
    struct block *older;
    size_t bytes; /* behind this header */
    alignas(max_align_t) char memory[];
};

struct arena {
    struct block *block; /* the newest and largest */
    size_t used;         /* of the newest */
    size_t older;        /* bytes taken from the others */
};

/* cJSON's hooks carry no context. */
static struct arena *current;

struct arena *
arena_new(void)
{
    return calloc(1, sizeof(struct arena));
}

static void
free_blocks(struct block *block)
{
    while (block != NULL) {
        struct block *older = block->older;
        free(block);
        block = older;
    }
}

void
arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    if (arena == current)
        arena_use(NULL);
    free_blocks(arena->block);
    free(arena);
}

void
arena_reset(struct arena *arena)
{
    struct block *block = arena->block;
    arena->used = arena->older = 0;
    if (block == NULL)
        return;
    free_blocks(block->older);
    block->older = NULL;
    if (block->bytes > LARGEST_KEPT) {
        free(block);
        arena->block = NULL;
    }
}

static void *
grow(struct arena *arena, size_t bytes)
{
    size_t room = arena->block == NULL ? FIRST_BLOCK : arena->block->bytes * 2;
    if (room < bytes)
        room = bytes;
    if (room > PTRDIFF_MAX - sizeof(struct block)) /* no object is larger; ASan's malloc would abort */
        return NULL;
    struct block *block = malloc(sizeof *block + room);
    if (block == NULL)
        return NULL;
    block->older = arena->block;
    block->bytes = room;
    arena->older += arena->used;
    arena->block = block;
    arena->used = bytes;
    return block->memory;
}

void *
arena_take(struct arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGN)
        return NULL;
    bytes = (bytes + ALIGN - 1) & ~(ALIGN - 1);
    if (arena->block == NULL || bytes > arena->block->bytes - arena->used)
        return grow(arena, bytes);
    void *taken = arena->block->memory + arena->used;
    arena->used += bytes;
    return taken;
}

char *
arena_space(struct arena *arena, size_t *bytes)
{
    if (arena->block == NULL && grow(arena, 0) == NULL) {
        *bytes = 0;
        return NULL;
    }
    *bytes = arena->block->bytes - arena->used;
    return arena->block->memory + arena->used;
}

char *
arena_text(struct arena *arena, const char *bytes, size_t count)
{
    char *text = count < SIZE_MAX ? arena_take(arena, count + 1) : NULL;
    if (text != NULL) {
        if (count > 0)
            memcpy(text, bytes, count);
        text[count] = '\0';
    }
    return text;
}

size_t
arena_used(const struct arena *arena)
{
    return arena->older + arena->used;
}

static void *
take_current(size_t bytes)
{
    return arena_take(current, bytes);
}

static void
leave(void *memory)
{
    (void)memory;
}

struct arena *
arena_use(struct arena *arena)
{
    static cJSON_Hooks hooks = {take_current, leave};
    struct arena *before = current;
    if (arena != before) {
        current = arena;
        cJSON_InitHooks(arena != NULL ? &hooks : NULL);
    }
    return before;
}
