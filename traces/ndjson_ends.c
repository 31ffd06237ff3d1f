// SPDX-License-Identifier: MIT
// A heap of leave-edge numbers.
#include "traces/ndjson_ends.h"

#include <stdlib.h>

static void
swap(uint64_t *a, uint64_t *b)
{
    uint64_t other = *a;
    *a = *b;
    *b = other;
}

int
ndjson_ends_add(struct ndjson_ends *ends, uint64_t number)
{
    if (ends->count == ends->room) {
        size_t room = ends->room == 0 ? 64 : ends->room * 2;
        uint64_t *grown = realloc(ends->numbers, room * sizeof *grown);
        if (grown == NULL)
            return -1;
        ends->numbers = grown;
        ends->room = room;
    }
    size_t at = ends->count++;
    ends->numbers[at] = number;
    for (; at > 0 && ends->numbers[(at - 1) / 2] > ends->numbers[at]; at = (at - 1) / 2)
        swap(&ends->numbers[(at - 1) / 2], &ends->numbers[at]);
    return 0;
}

static void
remove_first(struct ndjson_ends *ends)
{
    ends->numbers[0] = ends->numbers[--ends->count];
    for (size_t at = 0, child; (child = 2 * at + 1) < ends->count; at = child) {
        if (child + 1 < ends->count && ends->numbers[child + 1] < ends->numbers[child])
            child++;
        if (ends->numbers[at] <= ends->numbers[child])
            break;
        swap(&ends->numbers[at], &ends->numbers[child]);
    }
}

uint64_t
ndjson_ends_pass(struct ndjson_ends *ends, uint64_t number)
{
    while (ends->count > 0 && ends->numbers[0] <= number) {
        uint64_t first = ends->numbers[0];
        remove_first(ends);
        if (first == number || (ends->count > 0 && ends->numbers[0] == first))
            return first;
    }
    return 0;
}
