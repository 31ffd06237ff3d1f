// SPDX-License-Identifier: MIT
/* When is a live call the recorded one? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "replay/judge/match.h"

static struct tape_value
text(const char *string)
{
    if (string == NULL)
        return (struct tape_value){.type = TAPE_NULL};
    return (struct tape_value){.type = TAPE_TEXT, .text = string, .bytes = strlen(string)};
}

static struct tape_value
integer(int64_t value)
{
    return (struct tape_value){.type = TAPE_INT, .i = value};
}

static struct tape_value
number(uint64_t value)
{
    return (struct tape_value){.type = TAPE_UINT, .u = value};
}

static struct tape_event
event(const char *name)
{
    const struct api_entry *entry = api_find(name);
    assert_non_null(entry);
    struct tape_event call = {.name = name, .entry = entry, .nargs = entry->nparams};
    return call;
}

/* TIMMsgSendMessage(conv_id, conv_type, json_msg_param, message_id_buffer, cb, user_data) */
static struct tape_event
send(const char *to, int64_t type, const char *json)
{
    struct tape_event call = event("TIMMsgSendMessage");
    call.args[0] = text(to);
    call.args[1] = integer(type);
    call.args[2] = text(json);
    call.args[3] = (struct tape_value){.type = TAPE_ABSENT};
    call.args[4] = number(0x1000);
    return call;
}

#define HELLO                                                                                                \
    "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"hello\"}],\"message_seq\":"           \
    "9007199254740993}"

static void
same(const struct tape_event *recorded, const struct tape_event *live)
{
    struct match_difference first;
    int different = match_call(recorded, live, NULL, &first);
    if (different != 0)
        fail_msg("%s at %s: expected %s, got %s", first.name, first.path, first.expected, first.got);
}

static struct match_difference
differs(const struct tape_event *recorded, const struct tape_event *live)
{
    struct match_difference first;
    assert_int_equal(match_call(recorded, live, NULL, &first), 1);
    assert_int_equal(match_call(recorded, live, NULL, NULL), 1);
    assert_true(first.count > 0);
    return first;
}

static void
equal_calls(void **state)
{
    (void)state;
    struct tape_event a = send("bob", 1, HELLO), b = send("bob", 1, HELLO);
    b.args[4] = number(0x2000); /* another address, the same callback */
    same(&a, &b);
}

static void
json_is_compared_as_json(void **state)
{
    (void)state;
    struct tape_event a = send("bob", 1, HELLO);
    struct tape_event b = send("bob", 1,
                               " { \"message_seq\" : 9007199254740993.0,\n \"message_elem_array\" : [ "
                               "{\"text_elem_content\":\"h\\u0065llo\",\"elem_type\":0e0} ] } ");
    same(&a, &b);
}

static void
all_64_bits_count(void **state)
{
    (void)state;
    struct tape_event a = send("bob", 1, "{\"message_seq\":9007199254740993}");
    struct tape_event b = send("bob", 1, "{\"message_seq\":9007199254740992}");
    struct match_difference first = differs(&a, &b);
    assert_int_equal(first.param, 2);
    assert_string_equal(first.path, "$.message_seq");
    assert_string_equal(first.expected, "9007199254740993");
    assert_string_equal(first.got, "9007199254740992");
}

static void
first_difference_has_a_path(void **state)
{
    (void)state;
    struct tape_event a = send("bob", 1, HELLO);
    struct tape_event b = send("bob", 1,
                               "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"bye\"}],"
                               "\"message_seq\":1}");
    struct match_difference first = differs(&a, &b);
    assert_string_equal(first.path, "$.message_elem_array[0].text_elem_content");
    assert_string_equal(first.expected, "\"hello\"");
    assert_string_equal(first.got, "\"bye\"");
    assert_int_equal(first.count, 2);
}

static void
documented_changes_are_tolerated(void **state)
{
    (void)state;
    struct tape_event a = send("bob", 1, "{\"message_client_time\":1,\"message_rand\":2,\"message_seq\":3}");
    struct tape_event b = send("bob", 1, "{\"message_client_time\":5,\"message_rand\":6,\"message_seq\":3}");
    same(&a, &b);
    b = send("bob", 1, "{\"message_client_time\":5,\"message_rand\":6,\"message_seq\":4}");
    assert_string_equal(differs(&a, &b).path, "$.message_seq");
    /* That a time is there, and that it is a number, still counts. */
    b = send("bob", 1, "{\"message_rand\":6,\"message_seq\":3}");
    assert_string_equal(differs(&a, &b).got, "absent");
    b = send("bob", 1, "{\"message_client_time\":\"5\",\"message_rand\":6,\"message_seq\":3}");
    assert_string_equal(differs(&a, &b).path, "$.message_client_time");
}

static void
paths_are_tolerated_inside_elements(void **state)
{
    (void)state;
    struct tape_event a =
        send("bob", 1, "{\"message_elem_array\":[{\"elem_type\":4,\"file_elem_file_path\":\"/a/x\"}]}");
    struct tape_event b =
        send("bob", 1, "{\"message_elem_array\":[{\"elem_type\":4,\"file_elem_file_path\":\"/b/x\"}]}");
    same(&a, &b);
}

static void
text_that_is_no_json_is_bytes(void **state)
{
    (void)state;
    struct tape_event a = send("bob", 1, "not json"), b = send("bob", 1, "not  json");
    struct match_difference first = differs(&a, &b);
    assert_string_equal(first.path, "");
    assert_string_equal(first.expected, "\"not json\"");
    b = send("bob", 1, "not json");
    same(&a, &b);
    b = send("bob", 1, HELLO);
    differs(&a, &b);
}

static void
null_is_not_empty(void **state)
{
    (void)state;
    struct tape_event a = send("bob", 1, ""), b = send("bob", 1, NULL);
    struct match_difference first = differs(&a, &b);
    assert_string_equal(first.expected, "\"\"");
    assert_string_equal(first.got, "null");
    a = send(NULL, 1, HELLO);
    b = send(NULL, 1, HELLO);
    same(&a, &b);
}

static void
numbers_and_plain_text(void **state)
{
    (void)state;
    struct tape_event a = send("bob", 1, HELLO), b = send("bob", 2, HELLO);
    struct match_difference first = differs(&a, &b);
    assert_int_equal(first.param, 1);
    assert_string_equal(first.expected, "1");
    assert_string_equal(first.got, "2");
    b = send("Bob", 1, HELLO);
    assert_int_equal(differs(&a, &b).param, 0);
    /* Signed here, unsigned there: the same number. Negative and huge are not. */
    b = send("bob", 0, HELLO);
    b.args[1] = number(1);
    same(&a, &b);
    a.args[1] = integer(-1);
    b.args[1] = number(UINT64_MAX);
    differs(&a, &b);
}

static void
callbacks_count_only_as_null_or_not(void **state)
{
    (void)state;
    struct tape_event a = send("bob", 1, HELLO), b = send("bob", 1, HELLO);
    b.args[4] = number(0);
    struct match_difference first = differs(&a, &b);
    assert_string_equal(first.expected, "a callback");
    assert_string_equal(first.got, "NULL");
}

static void
out_buffers_count_only_as_null_or_not(void **state)
{
    (void)state;
    struct tape_event a = send("bob", 1, HELLO), b = send("bob", 1, HELLO);
    a.args[3] = text("144115-1700000000-1");
    same(&a, &b);
    b.args[3] = text(NULL);
    assert_string_equal(differs(&a, &b).got, "NULL");
}

static void
secrets_are_never_compared(void **state)
{
    (void)state;
    struct tape_event a = event("TIMLogin"), b = event("TIMLogin");
    a.args[0] = b.args[0] = text("alice");
    a.args[1] = text("one");
    b.args[1] = text("another");
    same(&a, &b);
    b.args[1] = text(NULL);
    differs(&a, &b);
}

static void
other_functions_differ_most(void **state)
{
    (void)state;
    struct tape_event a = event("TIMLogin"), b = event("TIMLogout");
    struct match_difference first = differs(&a, &b);
    assert_int_equal(first.param, -1);
    assert_string_equal(first.expected, "TIMLogin");
    assert_true(first.count > API_MAX_PARAMS);
}

static void
unknown_functions_are_compared_by_bytes(void **state)
{
    (void)state;
    struct tape_event a = {.name = "TIMNew", .nargs = 1, .args = {text("{\"a\":1}")}}, b = a;
    same(&a, &b);
    b.args[0] = text("{\"a\": 1}");
    assert_string_equal(differs(&a, &b).name, "argument 1");
    b.nargs = 2;
    b.args[0] = a.args[0];
    b.args[1] = integer(1);
    assert_string_equal(differs(&a, &b).expected, "absent");
}

static void
listeners_are_removed_by_flow(void **state)
{
    (void)state;
    struct match_flow flow = {0};
    struct match_terms terms = {.listeners = &flow};
    struct match_difference first;
    struct tape_event add = event("TIMAddRecvNewMsgCallback"), live_add = add;
    struct tape_event gone = event("TIMRemoveRecvNewMsgCallback"), live_gone = gone;
    for (uint64_t i = 1; i <= 3; i++) {
        add.args[0] = number(i);
        live_add.args[0] = number(i * 0x1000);
        assert_int_equal(match_flow_learn(&flow, &add, &live_add), 0);
        assert_int_equal(match_flow_learn(&flow, &add, &live_add), 0);
    }
    assert_int_equal(flow.count, 3);
    gone.args[0] = number(2);
    live_gone.args[0] = number(0x2000);
    assert_int_equal(match_call(&gone, &live_gone, &terms, &first), 0);
    live_gone.args[0] = number(0x3000);
    assert_int_equal(match_call(&gone, &live_gone, &terms, &first), 1);
    assert_string_equal(first.got, "another listener");
    /* Both are strangers: nothing speaks against it. */
    gone.args[0] = number(9);
    live_gone.args[0] = number(0x9000);
    assert_int_equal(match_call(&gone, &live_gone, &terms, &first), 0);
    live_gone.args[0] = number(0x1000);
    assert_int_equal(match_call(&gone, &live_gone, &terms, &first), 1);
    match_flow_clear(&flow);
}

static void
long_values_are_cut_between_characters(void **state)
{
    (void)state;
    char many[2001] = "";
    for (int i = 0; i < 2000; i += 2)
        memcpy(many + i, "\xc3\xa4", 3);
    for (size_t room = 16; room < 40; room++) {
        char cut[64];
        struct tape_value value = text(many);
        match_describe(&value, cut, room);
        size_t length = strlen(cut);
        assert_true(length < room);
        assert_string_equal(cut + length - 3, "...");
        assert_int_equal((length - 4) % 2, 0);
    }
    struct tape_event a = send(many, 1, many), b = send("x", 1, "y");
    assert_true(strlen(differs(&a, &b).expected) < MATCH_TEXT);
}

static void
quoting(void **state)
{
    (void)state;
    char quoted[64];
    struct tape_value value = text("a\"\\\n\x01");
    match_describe(&value, quoted, sizeof quoted);
    assert_string_equal(quoted, "\"a\\\"\\\\\\n\\u0001\"");
    value = text("");
    match_describe(&value, quoted, sizeof quoted);
    assert_string_equal(quoted, "\"\"");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_calls),
        cmocka_unit_test(json_is_compared_as_json),
        cmocka_unit_test(all_64_bits_count),
        cmocka_unit_test(first_difference_has_a_path),
        cmocka_unit_test(documented_changes_are_tolerated),
        cmocka_unit_test(paths_are_tolerated_inside_elements),
        cmocka_unit_test(text_that_is_no_json_is_bytes),
        cmocka_unit_test(null_is_not_empty),
        cmocka_unit_test(numbers_and_plain_text),
        cmocka_unit_test(callbacks_count_only_as_null_or_not),
        cmocka_unit_test(out_buffers_count_only_as_null_or_not),
        cmocka_unit_test(secrets_are_never_compared),
        cmocka_unit_test(other_functions_differ_most),
        cmocka_unit_test(unknown_functions_are_compared_by_bytes),
        cmocka_unit_test(listeners_are_removed_by_flow),
        cmocka_unit_test(long_values_are_cut_between_characters),
        cmocka_unit_test(quoting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
