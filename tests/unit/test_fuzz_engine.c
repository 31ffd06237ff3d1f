// SPDX-License-Identifier: MIT
// link: engine
// fuzz/engine: which handler gets a callback, with what; what an input is; the environment; the shared pass.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz/engine/deliver.h"
#include "fuzz/engine/input.h"
#include "fuzz/engine/options.h"
#include "fuzz/engine/pass.h"

static char said[1024];
static size_t told;

static void
say(const char *who, const char *text, long long number, const void *user_data)
{
    told += (size_t)snprintf(said + told, sizeof said - told, "%s %s %lld %s\n", who,
                             text != NULL ? text : "NULL", number, (const char *)user_data);
}

static void
on_message(const char *json, const void *user_data)
{
    say("message", json, 0, user_data);
}

static void
on_any(int32_t code, const char *desc, const char *json, const void *user_data)
{
    say(desc != NULL ? desc : "no desc", json, code, user_data);
}

static void
on_list(int32_t code, const char *desc, const char *json, const void *user_data)
{
    say("list", json, code, user_data);
    (void)desc;
}

static void
on_progress(const char *json, uint32_t index, uint32_t cur_size, uint32_t total_size, const void *user_data)
{
    say("progress", json, (long long)index * 10000 + cur_size * 100LL + total_size, user_data);
}

static const struct timtape_fuzz_binding bindings[] = {
    {"TIMCommCallback", (timtape_fuzz_fn)on_any, "any"},
    {"TIMCommCallback:TIMConvGetConvList", (timtape_fuzz_fn)on_list, "list"},
    {"TIMRecvNewMsgCallback", (timtape_fuzz_fn)on_message, "new"},
    {"TIMMsgElemUploadProgressCallback", (timtape_fuzz_fn)on_progress, "up"},
    {0},
};

/* What the handlers said to this input. */
static const char *
delivered(const char *text, int kind)
{
    struct arena *arena = arena_new();
    struct deliver_table table;
    struct fault fault;
    struct fuzz_case c;

    told = 0;
    said[0] = '\0';
    assert_int_equal(deliver_table_read(&table, bindings, &fault), 0);
    assert_int_equal(input_read(&c, arena, table.targets, table.count, text, strlen(text), &fault), kind);
    if (kind != INPUT_NOTHING)
        assert_true(deliver_case(&table, &c, arena, NULL) >= 0);
    free(table.targets);
    arena_free(arena);
    return said;
}

static void
handlers_get_what_the_text_says(void **state)
{
    (void)state;
    assert_string_equal(
        delivered(
            "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":[1]}}}\n"
            "{\"callback\":\"TIMMsgElemUploadProgressCallback\",\"args\":{\"json_msg\":null,\"index\":7,"
            "\"cur_size\":2,\"total_size\":3}}\n",
            INPUT_CASE),
        "message [1] 0 new\nprogress NULL 70203 up\n");
}

static void
answers_go_to_the_handler_of_their_function(void **state)
{
    (void)state;
    assert_string_equal(
        delivered(
            "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMConvGetConvList\",\"args\":{\"code\":-1,"
            "\"desc\":\"d\",\"json_params\":\"\"}}\n"
            "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMLogin\",\"args\":{\"code\":6,\"desc\":"
            "\"why\",\"json_params\":\"\"}}\n"
            "{\"callback\":\"TIMCommCallback\",\"args\":{\"code\":7,\"desc\":\"who\",\"json_params\":null}}\n"
            "{\"callback\":\"TIMKickedOfflineCallback\"}\n",
            INPUT_CASE),
        "list  -1 list\nwhy  6 any\nwho NULL 7 any\n");
}

static void
other_bytes_are_a_payload(void **state)
{
    (void)state;
    assert_string_equal(delivered("{\"message_seq\":18446744073709551615}\n", INPUT_RAW),
                        " {\"message_seq\":18446744073709551615} 0 any\n");
    assert_string_equal(delivered("{\"callback\":", INPUT_RAW), " {\"callback\": 0 any\n");
    assert_string_equal(delivered("{\"timtape\":1}\n{\"call\":\"TIMLogin\"}\n", INPUT_NOTHING), "");
    assert_string_equal(delivered(" \n\n", INPUT_NOTHING), "");
    assert_string_equal(delivered("", INPUT_NOTHING), "");
}

static void
tables_are_checked(void **state)
{
    static const struct timtape_fuzz_binding none[] = {{0}};
    static const struct timtape_fuzz_binding typo[] = {{"TIMRecvNewMsg", (timtape_fuzz_fn)on_message, NULL},
                                                       {0}};
    static const struct timtape_fuzz_binding empty[] = {{"TIMRecvNewMsgCallback", NULL, NULL}, {0}};
    struct deliver_table table;
    struct fault fault;

    (void)state;
    assert_int_equal(deliver_table_read(&table, none, &fault), -1);
    assert_non_null(strstr(fault.text, "is empty"));
    assert_int_equal(deliver_table_read(&table, typo, &fault), -1);
    assert_string_equal(
        fault.text, "timtape_fuzz_bindings[0]: \"TIMRecvNewMsg\": the API has no callback type of that name");
    free(table.targets);
    assert_int_equal(deliver_table_read(&table, empty, &fault), -1);
    assert_non_null(strstr(fault.text, "has no handler"));
    free(table.targets);
}

static void
environment_is_checked(void **state)
{
    static const char *const wrong[][2] = {{"TIMTAPE_FUZZ_SYNTAX", "101"}, {"TIMTAPE_FUZZ_SYNTAX", "-1"},
                                           {"TIMTAPE_FUZZ_BUDGET", "2k"},  {"TIMTAPE_FUZZ_SEED", "x"},
                                           {"TIMTAPE_FUZZ_MUTATOR", "no"}, {"TIMTAPE_FUZZ_PROFILE", "paper"}};
    struct engine_options options;
    struct fault fault;

    (void)state;
    assert_int_equal(engine_options_read(&options, &fault), 0);
    assert_int_equal(options.budget, OPTIONS_BUDGET);
    assert_int_equal(options.syntax, OPTIONS_SYNTAX);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        setenv(wrong[i][0], wrong[i][1], 1);
        assert_int_equal(engine_options_read(&options, &fault), -1);
        assert_int_equal(strncmp(fault.text, wrong[i][0], strlen(wrong[i][0])), 0);
        unsetenv(wrong[i][0]);
    }
    setenv("TIMTAPE_FUZZ_SEED", "18446744073709551615", 1);
    assert_int_equal(engine_options_read(&options, &fault), 0);
    assert_true(options.seed == UINT64_MAX);
    unsetenv("TIMTAPE_FUZZ_SEED");
}

static void
processes_share_a_pass(void **state)
{
    char *alone[] = {"target", "-runs=1", NULL}, *many[] = {"target", "-jobs=4", NULL};

    (void)state;
    assert_null(pass_share(2, alone));
    struct producer_pass *first = pass_share(2, many);
    assert_non_null(first);
    assert_non_null(getenv("TIMTAPE_FUZZ_PASS"));
    /* A child of libFuzzer's gets neither -jobs nor -fork. */
    struct producer_pass *child = pass_share(2, alone);
    assert_non_null(child);
    first->taken = 5;
    assert_int_equal(child->taken, 5);
    setenv("TIMTAPE_FUZZ_PASS", "0", 1);
    assert_null(pass_share(2, alone));
    unsetenv("TIMTAPE_FUZZ_PASS");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handlers_get_what_the_text_says),
        cmocka_unit_test(answers_go_to_the_handler_of_their_function),
        cmocka_unit_test(other_bytes_are_a_payload),
        cmocka_unit_test(tables_are_checked),
        cmocka_unit_test(environment_is_checked),
        cmocka_unit_test(processes_share_a_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
