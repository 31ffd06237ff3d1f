// SPDX-License-Identifier: MIT
/* Rows of keys: aligned in order, as long as possible where they are alike, and in bounded time where not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "replay/compare/compare_parts.h"

#define SHORT 40

static unsigned seed = 20261123;

static unsigned
next(unsigned below)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % below;
}

/* In order, each at most once, and equal. Returns how many. */
static uint32_t
checked(const uint64_t *a, uint32_t n, const uint64_t *b, uint32_t m, const uint32_t *match)
{
    uint32_t count = 0, behind = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (match[i] == COMPARE_NONE)
            continue;
        assert_true(match[i] < m && match[i] >= behind);
        assert_true(a[i] == b[match[i]]);
        behind = match[i] + 1;
        count++;
    }
    return count;
}

static uint32_t
longest(const uint64_t *a, uint32_t n, const uint64_t *b, uint32_t m)
{
    uint32_t best[SHORT + 1][SHORT + 1] = {{0}};
    for (uint32_t i = n; i-- > 0;) {
        for (uint32_t j = m; j-- > 0;)
            best[i][j] = a[i] == b[j]                      ? best[i + 1][j + 1] + 1
                         : best[i + 1][j] > best[i][j + 1] ? best[i + 1][j]
                                                           : best[i][j + 1];
    }
    return best[0][0];
}

static void
short_rows_are_aligned_best(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t a[SHORT], b[SHORT];
        uint32_t match[SHORT], n = next(SHORT + 1), m = next(SHORT + 1), letters = 1 + next(6);
        bool windowed = false;
        for (uint32_t i = 0; i < n; i++)
            a[i] = next(letters);
        for (uint32_t i = 0; i < m; i++)
            b[i] = next(letters);
        assert_int_equal(compare_align(a, n, b, m, match, &windowed), 0);
        assert_int_equal(checked(a, n, b, m, match), longest(a, n, b, m));
        assert_false(windowed);
    }
}

/* Shuffled, disjoint, and much longer than the other: done, and said to be in pieces. */
static void
rows_that_have_nothing_in_common(void **state)
{
    enum { LONG = 20000 };
    uint64_t *a = malloc(LONG * sizeof *a), *b = malloc(LONG * sizeof *b);
    uint32_t *match = malloc(LONG * sizeof *match);
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        uint32_t n = LONG, m = kind == 3 ? 1500 : LONG;
        bool windowed = false;
        for (uint32_t i = 0; i < LONG; i++) {
            a[i] = i;
            b[i] = kind == 0 ? LONG - i : kind == 1 ? LONG + i : next(LONG);
        }
        assert_int_equal(compare_align(a, n, b, m, match, &windowed), 0);
        checked(a, n, b, m, match);
        assert_true(windowed);
    }
    free(a);
    free(b);
    free(match);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_rows_are_aligned_best),
        cmocka_unit_test(rows_that_have_nothing_in_common),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
