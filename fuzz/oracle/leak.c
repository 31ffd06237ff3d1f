// SPDX-License-Identifier: MIT
/*
 * Leaks per message: the same input again and again, and every time more memory is held. What a target with a
 * timtape_fuzz_reset still holds is lost; without one only what nobody points to any more (LeakSanitizer
 * says).
 */
#include <malloc.h>

#include "fuzz/oracle/inside.h"

#define WARM_UP 2 // buffers that are kept find their size
#define ROUNDS 8

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static size_t at_begin;

static size_t
held(void)
{
    if (__sanitizer_get_current_allocated_bytes != NULL)
        return __sanitizer_get_current_allocated_bytes();
    return mallinfo2().uordblks;
}

void
leak_begin(void)
{
    at_begin = held();
}

void
leak_end(const struct fuzz_case *c)
{
    struct fuzz_case same = *c;
    size_t start = 0, last = held();

    if (last <= at_begin)
        return;
    for (unsigned round = 0; round < WARM_UP + ROUNDS; round++) {
        again_deliver(&same, NULL);
        size_t more = held();
        if (round >= WARM_UP && more <= last)
            return;
        last = more;
        if (round + 1 == WARM_UP)
            start = last;
    }
    if (!oracle.host->resets &&
        (__lsan_do_recoverable_leak_check == NULL || __lsan_do_recoverable_leak_check() == 0))
        return;
    oracle_violated(
        ORACLE_LEAK,
        "%s: the same input delivered %d times again leaves more memory each time, %zu bytes a time%s",
        oracle_where(c->count > 0 ? &c->events[c->count - 1] : NULL), ROUNDS, (last - start) / ROUNDS,
        oracle.host->resets ? "; timtape_fuzz_reset does not give it back" : "");
}
