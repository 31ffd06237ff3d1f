// SPDX-License-Identifier: MIT
/* Tests without memory: the allocation that `left` counts down to fails; `blocks` says what was not freed.
 * With a sanitizer, which brings its own allocator, SANITIZED is defined and nothing else. */
#ifndef MEMORY_FIXTURE_H
#define MEMORY_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

#ifndef SANITIZED
static volatile long left = -1; /* allocations until one fails; -1: none does */
static volatile long blocks;    /* allocated and not freed */

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *block, size_t bytes);
extern void __libc_free(void *block);

static bool
fails(void)
{
    return left >= 0 && left-- == 0;
}

/* The program's own definitions go before those of libc, for libcjson, too: they must be seen outside. */
#define VISIBLE __attribute__((visibility("default")))

VISIBLE void *
malloc(size_t bytes)
{
    void *block = fails() ? NULL : __libc_malloc(bytes);
    blocks += block != NULL;
    return block;
}

VISIBLE void *
calloc(size_t count, size_t bytes)
{
    void *block = fails() ? NULL : __libc_calloc(count, bytes);
    blocks += block != NULL;
    return block;
}

VISIBLE void *
realloc(void *old, size_t bytes)
{
    void *block = fails() ? NULL : __libc_realloc(old, bytes);
    blocks += block != NULL && old == NULL;
    return block;
}

VISIBLE void
free(void *block)
{
    blocks -= block != NULL;
    __libc_free(block);
}
#endif

#endif
