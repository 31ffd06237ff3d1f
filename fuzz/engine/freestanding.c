// SPDX-License-Identifier: MIT
/*
 * The string functions that the fuzz library calls, under names of its own (engine.mk renames the calls). A
 * sanitizer replaces libc's: each of our calls would be checked, and what it compares would be taken for the
 * target's and fed to libFuzzer's table of recent compares. Nothing here is called by the target.
 */
#include "fuzz/engine/freestanding.h"

#include <stdint.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

void *
plain_memcpy(void *to, const void *from, size_t count)
{
    void *result = to;

#if defined(__x86_64__)
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
#else
    char *a = to;
    for (const char *b = from; count > 0; count--)
        *a++ = *b++;
#endif
    return result;
}

void *
plain_memmove(void *to, const void *from, size_t count)
{
    char *a = to;
    const char *b = from;

    if (a <= b || a >= b + count)
        return plain_memcpy(to, from, count);
    while (count-- > 0)
        a[count] = b[count];
    return to;
}

void *
plain_memset(void *to, int byte, size_t count)
{
    void *result = to;

#if defined(__x86_64__)
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(byte) : "memory");
#else
    for (char *a = to; count > 0; count--)
        *a++ = (char)byte;
#endif
    return result;
}

int
plain_memcmp(const void *a, const void *b, size_t count)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < count; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

size_t
plain_strlen(const char *text)
{
#if defined(__x86_64__)
    /* Aligned blocks never cross a page, so what is read before and behind the text is there. */
    uintptr_t off = (uintptr_t)text & 15;
    const __m128i *block = (const __m128i *)((uintptr_t)text - off), zero = _mm_setzero_si128();
    unsigned found = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(block), zero)) >> off << off;

    while (found == 0)
        found = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(++block), zero));
    return (size_t)((const char *)block - text) + (unsigned)__builtin_ctz(found);
#else
    const char *end = text;

    while (*end != '\0')
        end++;
    return (size_t)(end - text);
#endif
}

int
plain_strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

int
plain_strncmp(const char *a, const char *b, size_t count)
{
    for (; count > 0; a++, b++, count--) {
        if (*a != *b)
            return (unsigned char)*a - (unsigned char)*b;
        if (*a == '\0')
            break;
    }
    return 0;
}

char *
plain_strchr(const char *text, int byte)
{
    for (;; text++) {
        if (*text == (char)byte)
            return (char *)(uintptr_t)text;
        if (*text == '\0')
            return NULL;
    }
}

void *
plain_memchr(const void *memory, int byte, size_t count)
{
    for (const unsigned char *at = memory; count > 0; at++, count--)
        if (*at == (unsigned char)byte)
            return (void *)(uintptr_t)at;
    return NULL;
}
