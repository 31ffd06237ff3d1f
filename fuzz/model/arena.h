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
/* Must not be in use by cJSON trees any more; NULL is allowed. */
void arena_free(struct arena *arena);
/* All that was taken is gone; the largest block is kept for the next round (up to 64 MiB). */
void arena_reset(struct arena *arena);
void *arena_take(struct arena *arena, size_t bytes); /* aligned for anything, not cleared */
char *arena_text(struct arena *arena, const char *bytes, size_t count); /* copy, NUL-terminated */
size_t arena_used(const struct arena *arena);
/* What can be taken without a new block, to be written into first and taken then: the next arena_take() of at
 * most this many bytes returns this address. */
char *arena_space(struct arena *arena, size_t *bytes);

/*
 * cJSON's memory comes from this arena until the next call; NULL: from malloc, as cJSON is by itself. Returns
 * what was used before, to be put back. While an arena is used cJSON frees nothing; a tree from an arena must
 * not be freed or added to after arena_use(NULL), one from malloc not be freed before it.
 */
struct arena *arena_use(struct arena *arena);

#endif
