// SPDX-License-Identifier: MIT
#include "fuzz/engine/afl_trim.h"

#define STEPS 256 /* runs of the target that one entry is worth */

int
afl_trim_init(struct afl_trim *trim, struct mutator *mutator)
{
    trim->mutator = mutator;
    trim->arena = arena_new();
    trim->next = arena_new();
    return trim->arena != NULL && trim->next != NULL ? 0 : -1;
}

void
afl_trim_free(struct afl_trim *trim)
{
    arena_free(trim->arena);
    arena_free(trim->next);
}

int
afl_trim_begin(struct afl_trim *trim, const char *text, size_t size)
{
    trim->candidate = 0;
    trim->steps = 0;
    trim->ended = true;
    arena_reset(trim->arena);
    /* A bare payload is left as it is: as a case it would be larger. */
    if (size > sizeof trim->text || case_read(&trim->now, trim->arena, text, size, NULL) != 0 ||
        trim->now.count == 0)
        return 0;
    trim->ended = false;
    return 1;
}

size_t
afl_trim_next(struct afl_trim *trim, const char **text)
{
    size_t size = 0;

    *text = trim->text;
    arena_reset(trim->next);
    trim->smaller = (struct fuzz_case){0};
    if (trim->ended || trim->steps++ >= STEPS ||
        mutator_smaller(trim->mutator, &trim->now, trim->candidate, &trim->smaller, trim->next) != 1)
        trim->ended = true;
    else
        size = case_write(&trim->smaller, trim->next, trim->text, sizeof trim->text);
    return size;
}

int
afl_trim_took(struct afl_trim *trim, bool held)
{
    if (!held) {
        trim->candidate++;
    } else if (!trim->ended) {
        /* The same number again: the candidates before it have been tried, on a larger case. */
        struct arena *arena = trim->arena;

        trim->arena = trim->next;
        trim->next = arena;
        trim->now = trim->smaller;
    }
    return trim->ended;
}
