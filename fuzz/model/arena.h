// SPDX-License-Identifier: MIT
/*
 * Memory of one mutation: taken by adding, given back all at once. The fuzz libraries are built with a
 * private, hidden copy of cJSON whose hooks are these functions, so trees cost no malloc and need no
 * cJSON_Delete.
 *
 * One arena per thread of execution that mutates; one is current at a time (libFuzzer, afl-fuzz and `timtape
 * fuzz` mutate on one thread of a process). Nothing here aborts: out of memory is NULL.
 */
#ifndef FUZZ_MODEL_ARENA_H
#define FUZZ_MODEL_ARENA_H

#include <stddef.h>

struct arena;

/* NULL: no memory. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);
/* All that was taken is gone; the largest block is kept for the next round. */
void arena_reset(struct arena *arena);
void *arena_take(struct arena *arena, size_t bytes); /* aligned for anything, not cleared */
char *arena_text(struct arena *arena, const char *bytes, size_t count); /* copy, NUL-terminated */
size_t arena_used(const struct arena *arena);

/* cJSON's memory comes from this arena until the next call; NULL: from malloc, as cJSON is by itself. */
void arena_use(struct arena *arena);

#endif
