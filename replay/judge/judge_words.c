// SPDX-License-Identifier: MIT
/* Words of a shell command, for the commands that a verdict advises. */
#include <string.h>

#include "replay/judge/judge_parts.h"

void
judge_quote(const char *word, char *text, size_t room)
{
    size_t used = 0;
    bool plain = *word != '\0' &&
                 strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:@%,") ==
                     strlen(word);
    if (!plain && used + 1 < room)
        text[used++] = '\'';
    for (; *word != '\0' && used + 6 < room; word++) {
        if (*word == '\'') {
            memcpy(text + used, "'\\''", 4);
            used += 4;
        } else {
            text[used++] = *word;
        }
    }
    if (!plain)
        text[used++] = '\'';
    text[used] = '\0';
}
