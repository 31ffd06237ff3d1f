// SPDX-License-Identifier: MIT
/* Progress is silent at first, then shown, then taken away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/progress.h"

static uint64_t shown, last;
static unsigned ended;

static void
display(const char *what, uint64_t done)
{
    if (what == NULL) {
        ended++;
        return;
    }
    assert_string_equal(what, "things");
    shown++;
    last = done;
}

static void
test_short_work_shows_nothing(void **state)
{
    (void)state;
    shown = ended = 0;
    progress_to(display);
    for (uint64_t i = 0; i < 1000; i++)
        progress_tick("things", i);
    progress_end();
    assert_int_equal(shown, 0);
    assert_int_equal(ended, 0);
}

static void
test_long_work_is_shown_and_taken_away(void **state)
{
    uint64_t i = 0;

    (void)state;
    shown = ended = 0;
    progress_to(display);
    while (shown < 2)
        progress_tick("things", ++i);
    assert_int_equal(last, i);
    progress_end();
    assert_int_equal(ended, 1);
    progress_end();
    assert_int_equal(ended, 1);
}

static void
test_nobody_wants_it(void **state)
{
    (void)state;
    shown = ended = 0;
    progress_to(NULL);
    for (uint64_t i = 0; i < 100000; i++)
        progress_tick("things", i);
    progress_end();
    assert_int_equal(shown + ended, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_work_shows_nothing),
        cmocka_unit_test(test_long_work_is_shown_and_taken_away),
        cmocka_unit_test(test_nobody_wants_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
