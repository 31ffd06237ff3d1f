// SPDX-License-Identifier: MIT
// Memory of a mutation: aligned, kept until the reset, cJSON's only while it is used.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz/model/arena.h"
#include "traces/jtree.h"

static void
gives_aligned_memory_that_stays(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    unsigned char *taken[2000];
    for (unsigned i = 0; i < 2000; i++) {
        size_t bytes = i * 7 % 999 + 1;
        taken[i] = arena_take(arena, bytes);
        assert_non_null(taken[i]);
        assert_int_equal((uintptr_t)taken[i] % 16, 0);
        memset(taken[i], (int)(i & 255), bytes);
    }
    for (unsigned i = 0; i < 2000; i++)
        for (size_t k = 0; k < i * 7 % 999 + 1; k++)
            assert_int_equal(taken[i][k], i & 255);
    assert_true(arena_used(arena) > 900000);
    arena_reset(arena);
    assert_int_equal(arena_used(arena), 0);
    assert_non_null(arena_take(arena, 10));
    arena_free(arena);
}

static void
settles_on_one_block(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (unsigned i = 0; i < 300; i++)
        assert_non_null(arena_take(arena, 1000));
    arena_reset(arena);
    size_t room;
    char *space = arena_space(arena, &room);
    assert_true(room >= 65536);
    assert_ptr_equal(arena_take(arena, room), space);
    arena_reset(arena);
    assert_ptr_equal(arena_take(arena, 1), space);
    arena_free(arena);
}

static void
refuses_what_no_machine_has(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_null(arena_take(arena, SIZE_MAX));
    assert_null(arena_take(arena, SIZE_MAX - 100));
    assert_null(arena_text(arena, "", SIZE_MAX));
    assert_string_equal(arena_text(arena, "abc", 2), "ab");
    arena_free(arena);
    arena_free(NULL);
}

static void
is_where_trees_live(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_null(arena_use(arena));
    size_t before = arena_used(arena);
    cJSON *tree = jtree_parse("[1,{\"a\":\"b\"}]", 13, NULL, NULL);
    assert_non_null(tree);
    assert_true(arena_used(arena) > before + 4 * sizeof(cJSON));
    cJSON_Delete(tree);
    assert_ptr_equal(arena_use(NULL), arena);
    before = arena_used(arena);
    cJSON_Delete(jtree_parse("[1,2]", 5, NULL, NULL));
    assert_int_equal(arena_used(arena), before);
    arena_use(arena);
    arena_free(arena); /* cJSON is back at malloc */
    cJSON_Delete(jtree_parse("[1,2]", 5, NULL, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_aligned_memory_that_stays),
        cmocka_unit_test(settles_on_one_block),
        cmocka_unit_test(refuses_what_no_machine_has),
        cmocka_unit_test(is_where_trees_live),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
