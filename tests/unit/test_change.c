// SPDX-License-Identifier: MIT
/* The trace mutator: the same seed makes the same history, callbacks stay where they could have been,
 * sentences and ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz/app/change_parts.h"

static struct fault fault;
static struct trace_base *base;
static struct changer *changer;
static struct arena *arena;

static const char *
scenario(void)
{
    static char path[4096];
    const char *top = getenv("TOP");

    snprintf(path, sizeof path, "%s/tests/consumers/orderly.ndjson", top == NULL ? "." : top);
    return path;
}

static int
begin(void **state)
{
    struct change_options options = {0};

    (void)state;
    base = trace_load(scenario(), &fault);
    changer = base == NULL ? NULL : changer_new(base, &options, &fault);
    arena = arena_new();
    return changer == NULL || arena == NULL ? -1 : 0;
}

static int
end(void **state)
{
    (void)state;
    changer_free(changer);
    trace_unload(base);
    arena_free(arena);
    return 0;
}

static void
test_same_seed(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct trace a = {0}, b = {0};
        struct change_list first = {0}, second = {0};

        assert_int_equal(trace_begin(&a, base), 0);
        assert_int_equal(trace_begin(&b, base), 0);
        assert_int_equal(changer_step(changer, &a, arena, seed, &first),
                         changer_step(changer, &b, arena, seed, &second));
        assert_int_equal(first.count, second.count);
        assert_int_equal(a.nsteps, b.nsteps);
        for (unsigned i = 0; i < first.count; i++)
            assert_string_equal(first.list[i].sentence, second.list[i].sentence);
        for (uint32_t i = 0; i < a.nsteps; i++)
            assert_true(a.steps[i].at_ns == b.steps[i].at_ns && a.steps[i].of == b.steps[i].of);
        trace_free(&a);
        trace_free(&b);
    }
}

/* Nothing before the call that brought it, nothing after the session was closed. */
static void
test_places(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct trace trace = {0};
        struct change_list done = {0};

        assert_int_equal(trace_begin(&trace, base), 0);
        assert_true(changer_step(changer, &trace, arena, seed, &done) >= 0);
        for (uint32_t i = 0; i < trace.nsteps; i++) {
            const struct trace_step *step = &trace.steps[i];
            const struct tape_event *last = &base->events[base->nevents - 1];

            assert_true(step->cause < base->nevents && step->at_ns > base->events[step->cause].at_ns);
            assert_true(step->at_ns < last->at_ns + last->took_ns);
        }
        trace_free(&trace);
        arena_reset(arena);
    }
}

/* Each callback is left out, delivered twice, ... once, and told so. */
static void
test_pass(void **state)
{
    unsigned made[CHANGE_PASS] = {0};
    struct trace trace = {0};

    (void)state;
    for (uint64_t i = 0; i < changer_pass(changer); i++) {
        struct change_list done;
        uint32_t before;
        int result;

        assert_int_equal(trace_begin(&trace, base), 0);
        before = trace.nsteps;
        result = changer_one(changer, i, &trace, arena, &done);
        assert_true(result >= 0);
        if (result == 0)
            continue;
        made[done.list[0].kind]++;
        if (done.list[0].kind == CHANGE_DROP) {
            assert_int_equal(trace.nsteps, before - 1);
            assert_non_null(strstr(done.list[0].sentence, "left out"));
        } else if (done.list[0].kind == CHANGE_TWICE) {
            assert_int_equal(trace.nsteps, before + 1);
            assert_non_null(strstr(done.list[0].sentence, "delivered twice"));
        } else if (done.list[0].kind == CHANGE_ERROR) {
            assert_non_null(strstr(done.list[0].sentence, "instead of success"));
        }
        trace_free(&trace);
    }
    assert_int_equal(made[CHANGE_DROP], changer->nbacks);
    assert_int_equal(made[CHANGE_TWICE], changer->nbacks);
    assert_int_equal(made[CHANGE_ERROR], 4); /* login, list, send, search */
    assert_true(made[CHANGE_SWAP] > changer->nbacks / 2 && made[CHANGE_LATE] > changer->nbacks / 2);
    assert_int_equal(changer_one(changer, changer_pass(changer), &trace, arena, &(struct change_list){0}), 0);
    trace_free(&trace);
}

static void
test_fields(void **state)
{
    static const char json[] =
        "[{\"a_id\":\"x\\\"y\",\"n\": -1.5e3,\"in\":{\"msg_id\":\"\"},\"l\":[\"s\"]}, 2 ,[3,4]]";
    struct span_field fields[8];
    struct span elements[8];

    (void)state;
    assert_int_equal(span_fields(json, sizeof json - 1, fields, 8), 3);
    assert_memory_equal(json + fields[0].value.from, "x\\\"y", 4);
    assert_memory_equal(json + fields[1].value.from, "-1.5e3", 6);
    assert_int_equal(fields[2].value.to - fields[2].value.from, 0);
    assert_int_equal(span_elements(json, sizeof json - 1, elements, 8), 3);
    assert_memory_equal(json + elements[2].from, "[3,4]", 5);
    /* Ends that never come, at every length. */
    for (size_t i = 0; i < sizeof json; i++) {
        char *copy = malloc(i + 1);

        assert_non_null(copy);
        memcpy(copy, json, i);
        span_fields(copy, i, fields, 8);
        assert_true(i == sizeof json - 1 || span_elements(copy, i, elements, 8) == 0);
        free(copy);
    }
}

static void
test_kinds_of_ids(void **state)
{
    (void)state;
    assert_int_equal(change_id_kind("message_locator_msg_id", 22), ID_MESSAGE);
    assert_int_equal(change_id_kind("conv_id", 7), ID_CONVERSATION);
    assert_int_equal(change_id_kind("group_tips_elem_group_id", 24), ID_GROUP);
    assert_int_equal(change_id_kind("message_sender", 14), ID_USER);
    assert_int_equal(change_id_kind("text_elem_content", 17), ID_NONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed), cmocka_unit_test(test_places),       cmocka_unit_test(test_pass),
        cmocka_unit_test(test_fields),    cmocka_unit_test(test_kinds_of_ids),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
