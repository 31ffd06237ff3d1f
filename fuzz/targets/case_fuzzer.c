// SPDX-License-Identifier: MIT
/* Our own reader of fuzz inputs: any bytes; what is a case is written, read again, and is the same then. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/model/case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_twice(struct arena *arena, struct fuzz_case *c, size_t room)
{
    struct fuzz_case again = {0};
    struct fault fault;
    char *first = malloc(room), *second = malloc(room);
    size_t bytes = case_write(c, arena, first, room);
    if (bytes > 0) {
        if (case_read(&again, arena, first, bytes, &fault) != 0 ||
            case_write(&again, arena, second, room) != bytes || memcmp(first, second, bytes) != 0)
            abort();
    }
    free(first);
    free(second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    struct fuzz_case c = {0};
    struct fault fault;
    if (arena == NULL)
        arena = arena_new();
    arena_reset(arena);
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    if (case_read(&c, arena, text, size, &fault) == 0 && c.count > 0) {
        case_lane(&c, arena);
        write_twice(arena, &c, size * 8 + 65536);
    }
    free(text);
    return 0;
}
