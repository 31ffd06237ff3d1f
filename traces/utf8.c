// SPDX-License-Identifier: MIT
#include "traces/utf8.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the sequence that starts at `p`, 0 when it is not well-formed. */
static unsigned
sequence(const unsigned char *p, size_t room)
{
    unsigned char low = 0x80, high = 0xBF;
    unsigned more;
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        more = 1;
    else if (p[0] >= 0xE0 && p[0] <= 0xEF)
        more = 2;
    else if (p[0] >= 0xF0 && p[0] <= 0xF4)
        more = 3;
    else
        return 0;
    if (p[0] == 0xE0)
        low = 0xA0;
    else if (p[0] == 0xED)
        high = 0x9F;
    else if (p[0] == 0xF0)
        low = 0x90;
    else if (p[0] == 0xF4)
        high = 0x8F;
    if (more >= room || p[1] < low || p[1] > high)
        return 0;
    for (unsigned i = 2; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    }
    return more + 1;
}

bool
utf8_valid(const char *text, size_t bytes)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0;
    while (i < bytes) {
        /* Eight at a time while all are ASCII and none is NUL: nearly all payloads are. */
        while (i + 8 <= bytes) {
            uint64_t word;
            memcpy(&word, p + i, 8);
            uint64_t zero = (word - 0x0101010101010101u) & ~word;
            if (((word | zero) & 0x8080808080808080u) != 0)
                break;
            i += 8;
        }
        if (i == bytes)
            break;
        if (p[i] == 0)
            return false;
        if (p[i] < 0x80) {
            i++;
            continue;
        }
        unsigned step = sequence(p + i, bytes - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}
