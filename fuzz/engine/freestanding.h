// SPDX-License-Identifier: MIT
/* libc's functions of these names without the prefix, uninstrumented; see freestanding.c. */
#ifndef FUZZ_ENGINE_FREESTANDING_H
#define FUZZ_ENGINE_FREESTANDING_H

#include <stddef.h>

void *plain_memcpy(void *to, const void *from, size_t count);
void *plain_memmove(void *to, const void *from, size_t count);
void *plain_memset(void *to, int byte, size_t count);
int plain_memcmp(const void *a, const void *b, size_t count);
void *plain_memchr(const void *memory, int byte, size_t count);
size_t plain_strlen(const char *text);
int plain_strcmp(const char *a, const char *b);
int plain_strncmp(const char *a, const char *b, size_t count);
char *plain_strchr(const char *text, int byte);

#endif
