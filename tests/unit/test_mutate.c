// SPDX-License-Identifier: MIT
// The mutator's steps: every operation occurs, results keep their lane, size and types, the same seed gives
// the same result, and what was done can be read.
#include "mutate_fixture.h"

#define MANY 20000

static void
test_every_operation_occurs(void **state)
{
    struct rig *rig = rig_new();
    unsigned seen[OPERATIONS] = {0};
    (void)state;
    rig->options.syntax = 10;
    rig_start(rig);
    for (size_t i = 0; i < RIG_SEEDS; i++) {
        rig_read(rig, rig_seeds[i]);
        for (size_t e = 0; e < rig->c.count; e++)
            for (unsigned p = 0; p < rig->c.events[e].callback->nparams; p++)
                case_parse(&rig->c.events[e].args[p], rig->arena);
        assert_int_equal(mutator_learn(rig->mutator, &rig->c), 0);
    }
    for (uint64_t i = 0; i < MANY; i++) {
        rig_read(rig, rig_seeds[i % RIG_SEEDS]);
        assert_true(mutator_step(rig->mutator, &rig->c, rig->arena, i, &rig->done) >= 0);
        for (unsigned k = 0; k < rig->done.count; k++)
            seen[rig->done.list[k].operation]++;
    }
    for (unsigned i = 0; i < OPERATIONS; i++)
        if (seen[i] == 0)
            fail_msg("never: %s", mutate_operation_name(i));
    rig_free(rig);
}

/* A chain of steps, each from the last result, as libFuzzer does it: shares, and the budget. */
static void
test_results_stay_valid_and_typed(void **state)
{
    struct rig *rig = rig_new();
    unsigned valid = 0, typed = 0, changed = 0, large = 0, deviations = 0;
    (void)state;
    rig_start(rig);
    for (uint64_t i = 0; i < MANY; i++) {
        char parent[1 << 14];
        struct model_place excused[MUTATE_MOST];
        rig_read(rig, rig_seeds[i % RIG_SEEDS]);
        assert_true(mutator_step(rig->mutator, &rig->c, rig->arena, i, &rig->done) >= 0);
        assert_int_equal(rig->done.lane, CASE_VALID);
        changed += rig->done.count > 0;
        deviations += rig->done.count;
        size_t length = case_write(&rig->c, rig->arena, parent, sizeof parent);
        assert_true(length > 0);
        large += length > 2048 + 512;
        parent[length] = '\0';
        valid += case_lane(&rig->c, rig->arena) == CASE_VALID;
        for (unsigned k = 0; k < rig->done.count; k++)
            excused[k] = (struct model_place){rig->done.list[k].event, rig->done.list[k].param,
                                              rig->done.list[k].path};
        typed += model_check_case(&rig->c, &rig->options.profile, rig->arena, excused, rig->done.count, NULL,
                                  NULL) == 0;
    }
    print_message("valid %u typed %u changed %u large %u deviations %u of %d\n", valid, typed, changed, large,
                  deviations, MANY);
    assert_true(valid >= MANY * 95 / 100);
    assert_true(typed >= MANY * 85 / 100);
    assert_true(changed >= MANY * 97 / 100);
    assert_true(large <= MANY * 2 / 100);
    /* One most of the time, several sometimes. */
    assert_in_range(deviations, MANY * 12 / 10, MANY * 25 / 10);
    rig_free(rig);
}

static void
test_same_seed_same_result(void **state)
{
    struct rig *one = rig_new(), *two = rig_new();
    unsigned different = 0;
    (void)state;
    one->options.syntax = two->options.syntax = 20;
    rig_start(one);
    rig_start(two);
    for (uint64_t i = 0; i < 2000; i++) {
        rig_read(one, rig_seeds[i % RIG_SEEDS]);
        rig_read(two, rig_seeds[i % RIG_SEEDS]);
        mutator_step(one->mutator, &one->c, one->arena, i, &one->done);
        mutator_step(two->mutator, &two->c, two->arena, i, &two->done);
        assert_string_equal(rig_write(one), rig_write(two));
        rig_read(two, rig_seeds[i % RIG_SEEDS]);
        mutator_step(two->mutator, &two->c, two->arena, i + 100000, &two->done);
        different += strcmp(one->text, rig_write(two)) != 0;
    }
    assert_true(different > 1800);
    rig_free(one);
    rig_free(two);
}

/* The wall: a syntax case has syntax children, or children that have nothing of it. */
static void
test_syntax_never_feeds_the_valid_lane(void **state)
{
    struct rig *rig = rig_new();
    unsigned syntax = 0, afresh = 0;
    (void)state;
    rig_start(rig);
    for (uint64_t i = 0; i < 2000; i++) {
        rig_read(rig, "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\"[{"
                      "\\\"marker\\\":1,}]\"}}\n"
                      "{\"callback\":\"TIMConvEventCallback\",\"args\":{\"conv_event\":31337,\"json_conv_"
                      "array\":{\"$json\":"
                      "[{\"conv_id\":\"marker\"}]}}}\n");
        mutator_step(rig->mutator, &rig->c, rig->arena, i, &rig->done);
        if (rig->done.lane == CASE_SYNTAX) {
            syntax++;
            continue;
        }
        afresh++;
        assert_null(strstr(rig_write(rig), "marker"));
        assert_null(strstr(rig->text, "31337"));
    }
    assert_true(syntax > 500 && afresh > 500);
    rig_free(rig);
}

static void
test_sentences(void **state)
{
    struct rig *rig = rig_new();
    char text[512];
    (void)state;
    rig_start(rig);
    rig_read(rig, rig_seeds[0]);
    struct mutation mutation = {
        .operation = OP_MISSING, .path = "$[0].message_elem_array", .was = "an array of 1"};
    size_t length = mutation_sentence(&rig->c, &mutation, text, sizeof text);
    assert_string_equal(
        text, "TIMRecvNewMsgCallback json_msg_array $[0].message_elem_array: left out (was an array of 1)");
    assert_int_equal(length, strlen(text));
    assert_int_equal(mutation_sentence(&rig->c, &mutation, text, 10), 9);
    assert_string_equal(text, "TIMRecvNe");
    for (uint64_t i = 0; i < 3000; i++) {
        rig_read(rig, rig_seeds[i % RIG_SEEDS]);
        mutator_step(rig->mutator, &rig->c, rig->arena, i, &rig->done);
        for (unsigned k = 0; k < rig->done.count; k++) {
            length = mutation_sentence(&rig->c, &rig->done.list[k], text, sizeof text);
            assert_true(length > 20 && length < sizeof text);
            assert_null(strstr(text, "(null)"));
        }
    }
    rig_free(rig);
}

/* The path of a record leads to what the record says. */
static void
test_records_are_true(void **state)
{
    struct rig *rig = rig_new();
    unsigned looked = 0;
    (void)state;
    rig_start(rig);
    for (uint64_t i = 0; i < 5000; i++) {
        rig_read(rig, rig_seeds[i % RIG_SEEDS]);
        mutator_step(rig->mutator, &rig->c, rig->arena, i, &rig->done);
        const struct mutation *mutation = &rig->done.list[0];
        if (rig->done.count != 1 || mutation->path == NULL)
            continue;
        struct case_value *value = &rig->c.events[mutation->event].args[mutation->param];
        if (value->kind != CASE_TREE)
            continue;
        const cJSON *at = jtree_at(value->tree, mutation->path);
        looked++;
        if (mutation->variation == MODEL_NULL)
            assert_true(at != NULL && jtree_kind(at) == JTREE_NULL);
        if (mutation->variation == MODEL_ABSENT)
            assert_null(at);
        if (mutation->operation == OP_WRONG)
            assert_non_null(at);
    }
    assert_true(looked > 1000);
    rig_free(rig);
}

static void
test_cross_takes_from_the_other(void **state)
{
    struct rig *rig = rig_new(), *other = rig_new();
    unsigned took = 0;
    (void)state;
    rig_start(rig);
    rig_start(other);
    for (uint64_t i = 0; i < 1000; i++) {
        rig_read(rig, rig_seeds[0]);
        rig_read(other, "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":[{"
                        "\"message_elem_"
                        "array\":[{\"elem_type\":6,\"face_elem_buf\":\"FROM-OTHER\"}],\"message_conv_id\":"
                        "\"FROM-OTHER\"}]}}}\n");
        for (unsigned p = 0; p < 1; p++)
            case_parse(&other->c.events[0].args[p], other->arena);
        if (mutator_cross(rig->mutator, &rig->c, &other->c, rig->arena, i, &rig->done) == 1)
            took += strstr(rig_write(rig), "FROM-OTHER") != NULL;
    }
    assert_true(took > 700);
    rig_free(rig);
    rig_free(other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_operation_occurs),
        cmocka_unit_test(test_results_stay_valid_and_typed),
        cmocka_unit_test(test_same_seed_same_result),
        cmocka_unit_test(test_syntax_never_feeds_the_valid_lane),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_records_are_true),
        cmocka_unit_test(test_cross_takes_from_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
