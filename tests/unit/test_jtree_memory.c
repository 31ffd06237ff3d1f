// SPDX-License-Identifier: MIT
// The exact JSON tree without memory: every single allocation fails once; nothing crashes, nothing leaks.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory_fixture.h"
#include "traces/jtree.h"

#ifndef SANITIZED
static int
see(void *context, const struct jtree_difference *difference)
{
    ++*(int *)context;
    return difference->place.path[0] != '$';
}

/* Everything once; the number of steps that worked. */
static int
work(void)
{
    static const char a[] =
        " { \"a\\u0000\" : [ 1 , \"x\\ud800\" , { \"k\\n\" : \"v\\t\" } ] , \"b\" : 1e3, \"odd key\" : { } }";
    static const char b[] = "{\"b\":7,\"a\\u0000\":[1,\"y\\ud800\",{\"k\\n\":\"w\\t\"}],\"c\":null}";
    struct jtree_options options = {.keep_layout = true};
    struct jtree_error error = {0};
    int steps = 0, differences = 0;
    cJSON *x = jtree_parse(a, sizeof a - 1, &options, &error);
    cJSON *y = jtree_parse(b, sizeof b - 1, NULL, &error);
    if (x == NULL || y == NULL) {
        assert_true(left != -1 || error.problem == JTREE_MEMORY);
    } else {
        char *text = jtree_print(x, JTREE_EXACT, NULL);
        if (text != NULL) {
            assert_string_equal(text, a);
            steps++;
        }
        free(text);
        int same = jtree_equal(x, y);
        assert_true(same == 0 || same == -1);
        steps += same == 0;
        struct jtree_diff_options diff = {.report = see, .context = &differences};
        int found = jtree_diff(x, y, &diff);
        assert_true(found == 1 || found == -1);
        steps += found == 1;
        steps += jtree_at(x, "$[\"a\\u0000\"][2]") != NULL;
        cJSON *value = jtree_new_string("\0\xED\xA0\x80", 4);
        if (value != NULL && jtree_add_member(x, "n\0", 2, value) == 0)
            steps++;
        else
            cJSON_Delete(value);
    }
    cJSON_Delete(x);
    cJSON_Delete(y);
    return steps;
}

static void
no_allocation_is_trusted(void **state)
{
    (void)state;
    assert_int_equal(work(), 5);
    long before = blocks;
    assert_int_equal(work(), 5);
    assert_int_equal(blocks, before);
    bool failed = true;
    long tried = 0;
    for (; failed; tried++) {
        left = tried;
        int steps = work();
        failed = left == -1; /* it came to the allocation that fails */
        left = -1;
        assert_int_equal(blocks, before);
        assert_true(failed || steps == 5);
    }
    assert_true(tried > 60);
}
#else
static void
no_allocation_is_trusted(void **state)
{
    (void)state;
    print_message("sanitizers bring their own allocator\n");
    skip();
}
#endif

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_allocation_is_trusted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
