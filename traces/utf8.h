// SPDX-License-Identifier: MIT
/* Is it text? Decides between TEXT and BLOB on the tape, and between string and $bytes outside. */
#ifndef TRACES_UTF8_H
#define TRACES_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* True for well-formed UTF-8 (no surrogates, nothing overlong, nothing past U+10FFFF) without NUL. */
bool utf8_valid(const char *text, size_t bytes);

#endif
