// SPDX-License-Identifier: MIT
/* Text of tapes and apps, which may be any bytes, made harmless in each of the formats we write. */
#ifndef REPLAY_REPORT_ESCAPE_H
#define REPLAY_REPORT_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Bytes that are no UTF-8 become U+FFFD. With the quotes around it. */
void escape_json(FILE *stream, const char *text, size_t bytes);
/* XML 1.0 has no way to write most control characters: they become visible ("\x1b"), what is no character
 * U+FFFD. In an attribute, line breaks and tabs are kept from being normalised away. */
void escape_xml(FILE *stream, const char *text, size_t bytes, bool attribute);
/* A workflow command's message, or one of its properties, as GitHub's runner decodes it. */
void escape_github(FILE *stream, const char *text, bool property);

#endif
