// SPDX-License-Identifier: MIT
// Oracles of fuzz targets: what they say, and above all when they say nothing.
// link: oracle
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* after what it needs */
#include <cmocka.h>

#include "fuzz/oracle/inside.h"
#include "fuzz/oracle/sdk.h"

static char said[2048];
static struct arena *arena;

static void
note_end(const char *name, const char *sentence)
{
    if (*said == '\0')
        snprintf(said, sizeof said, "%s: %s", name, sentence);
}

/* ---- one input, one call ---- */

static const char *call_json; /* what the handler sends, or NULL: the payload as it came */
static int64_t call_type = 1; /* TIMConvType */
static const char *call_conv = "user2";
static unsigned deliveries;

static void
report(const char *json)
{
    union api_value values[5] = {
        {.s = call_conv}, {.i = call_type}, {.s = json}, {.fn = NULL}, {.user = NULL}};
    timtape_fuzz_call(API_TIMMsgRevoke, values);
}

static void
deliver(void *context, struct fuzz_case *c)
{
    void (*handler)(const char *) = *(void (**)(const char *))context;

    deliveries++;
    for (size_t i = 0; i < c->count; i++) {
        struct case_event *event = &c->events[i];
        union api_value values[API_MAX_PARAMS] = {{.u = 0}};
        for (unsigned k = 0; k < event->callback->nparams; k++) {
            struct case_value *value = &event->args[k];
            if (value->kind == CASE_TREE || value->kind == CASE_TEXT) {
                assert_int_equal(case_print(value, arena), 0);
                values[k].s = value->bytes;
            } else if (value->kind == CASE_NUMBER) {
                values[k].i = value->number;
            }
        }
        oracle_before(event, values);
        handler(values[event->callback->payload].s);
        oracle_after(event);
        oracle_settle();
    }
}

static void (*handler)(const char *);
static struct oracle_host host = {.deliver = deliver, .context = &handler, .resets = true};

/* What is said of a handler that gets this text (a case). */
static const char *
run(const char *names, const char *text, void (*function)(const char *))
{
    struct fuzz_case c;
    struct fault fault = {0};

    *said = '\0';
    deliveries = 0;
    handler = function;
    oracle.end = note_end;
    assert_int_equal(oracle_setup(names, &host, &fault), 0);
    if (arena == NULL)
        arena = arena_new();
    arena_reset(arena);
    if (case_read(&c, arena, text, strlen(text), &fault) != 0)
        fail_msg("%s", fault.text);
    oracle_begin(&c);
    deliver(&handler, &c);
    oracle_end(&c, arena);
    return said;
}

static const char *
message(const char *members)
{
    static char text[2048];
    snprintf(text, sizeof text,
             "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":[{%s}]}}}\n",
             members);
    return text;
}

static void
send_given(const char *json)
{
    (void)json;
    report(call_json);
}

/* ---- names ---- */

static void
test_names(void **state)
{
    struct fault fault = {0};
    unsigned chosen = 1;

    (void)state;
    assert_int_equal(oracle_parse(NULL, &chosen, &fault), 0);
    assert_int_equal(chosen, 0);
    assert_int_equal(oracle_parse("", &chosen, &fault), 0);
    assert_int_equal(chosen, 0);
    assert_int_equal(oracle_parse("ids,user-data", &chosen, &fault), 0);
    assert_int_equal(chosen, 1u << ORACLE_IDS | 1u << ORACLE_USER_DATA);
    assert_int_equal(oracle_parse("all", &chosen, &fault), 0);
    assert_int_equal(chosen, (1u << ORACLES) - 1);
    assert_int_equal(oracle_parse("ids,idss", &chosen, &fault), -1);
    assert_int_equal(fault.kind, FAULT_USAGE);
    assert_non_null(strstr(fault.text, "\"idss\""));
    for (enum oracle_name name = 0; name < ORACLES; name++)
        assert_non_null(strstr(fault.text, oracle_text(name)));
}

/* ---- ids ---- */

static void
test_ids(void **state)
{
    static const struct {
        const char *in, *out;
        const char *how; /* NULL: nothing to say */
    } cases[] = {
        {"\"message_seq\":9007199254740993", "{\"message_seq\":9007199254740993}", NULL},
        {"\"message_seq\":9007199254740993", "{\"message_seq\":9007199254740992}",
         "rounded through a double"},
        {"\"message_seq\":9007199254740993", "{\"message_seq\":9.00719925474099e+15}",
         "rounded through a double"},
        {"\"message_seq\":9007199254740993", "{\"message_unique_id\":9007199254740992}",
         "rounded through a double"},
        {"\"message_seq\":18446744073709551615", "{\"message_seq\":18446744073709551615}", NULL},
        {"\"message_seq\":18446744073709551614", "{\"message_seq\":2147483647}", "clamped to 32 bits"},
        {"\"message_seq\":1311768467463790320", "{\"message_seq\":2596069104}", "cut to 32 bits"},
        /* a small number is a number of its own */
        {"\"message_seq\":4294967297", "{\"message_seq\":1}", NULL},
        {"\"message_seq\":9007199254740993", "{\"message_seq\":7}", NULL},
        /* exact: a double holds it; both were delivered; another id altogether */
        {"\"message_seq\":9007199254740992", "{\"message_seq\":9007199254740992}", NULL},
        {"\"message_seq\":9007199254740993,\"message_rand\":9007199254740992",
         "{\"message_seq\":9007199254740992}", NULL},
        {"\"message_seq\":9007199254740993", "{\"message_seq\":9007199254740995}", NULL},
        /* a number in a place that is none of an id */
        {"\"message_seq\":1311768467463790320",
         "{\"message_elem_array\":[{\"elem_type\":0,\"sound_elem_file_size\":2596069104}]}", NULL},
        /* texts */
        {"\"message_msg_id\":\"144115198244471703-1551080111-21304\"",
         "{\"message_msg_id\":\"144115198244471703-1551080111-21304\"}", NULL},
        {"\"message_msg_id\":\"144115198244471703-1551080111-21304\"",
         "{\"message_msg_id\":\"144115198244471703-1551080111-2\"}", "cut short"},
        {"\"message_sender\":\"user\xc3\xa4-of-us\"", "{\"message_sender\":\"user?-of-us\"}",
         "another character set"},
        {"\"message_sender\":\"user12\"", "{\"message_sender\":\"user1\"}", NULL},
        {"\"message_msg_id\":\"9007199254740993\"", "{\"message_msg_id\":\"9007199254740992\"}", "rounded"},
        {"\"message_cloud_custom_str\":\"a long text that is no id\"",
         "{\"message_cloud_custom_str\":\"a long text that\"}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        call_json = cases[i].out;
        const char *got = run("ids", message(cases[i].in), send_given);
        if (cases[i].how == NULL ? *got != '\0' : strstr(got, cases[i].how) == NULL)
            fail_msg("%s -> %s: said \"%s\", wanted %s", cases[i].in, cases[i].out, got,
                     cases[i].how != NULL ? cases[i].how : "nothing");
    }
    call_json = NULL;
}

/* ---- calls ---- */

static void
send_back(const char *json)
{
    char text[1024];
    const char *from = strchr(json, '{'), *to = strrchr(json, '}');

    // The only message of the array, as it came.
    snprintf(text, sizeof text, "%.*s", (int)(to - from) + 1, from);
    report(text);
}

static void
test_calls(void **state)
{
    static const struct {
        const char *out;
        const char *what;
    } cases[] = {
        {"{\"message_seq\":1}", NULL},
        {"{\"message_seq\":1", "json_msg_param is not JSON"},
        {"", "json_msg_param is empty"},
        {NULL, "json_msg_param is NULL"},
        {"[]", "at $ is an array"},
        {"{\"message_elem_array\":{}}", "at $.message_elem_array is an object, declared is an array"},
        {"{\"message_elem_array\":[{\"elem_type\":\"0\"}]}",
         "at $.message_elem_array[0].elem_type is a string"},
        {"{\"message_conv_type\":77}", "at $.message_conv_type is 77, which is no TIMConvType"},
        {"{\"message_is_read\":1}", NULL},
        {"{\"message_sender\":null}", NULL},
        {"{\"my_own_key\":{}}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        call_json = cases[i].out;
        const char *got = run("calls", message("\"message_seq\":1"), send_given);
        if (cases[i].what == NULL ? *got != '\0' : strstr(got, cases[i].what) == NULL)
            fail_msg("%s: said \"%s\"", cases[i].out != NULL ? cases[i].out : "NULL", got);
    }
    call_json = "{}";
    call_type = 9;
    assert_non_null(strstr(run("calls", message(""), send_given), "conv_type is 9, which is no TIMConvType"));
    call_type = 1;
    // What the SDK itself has sent in that way may go back.
    assert_string_equal(run("calls", message("\"message_elem_array\":7"), send_back), "");
    assert_string_equal(run("calls", message("\"message_conv_type\":77"), send_back), "");
}

/* ---- deliveries that are compared ---- */

static unsigned rounds;

static void
send_a_count(const char *json)
{
    char text[64];

    (void)json;
    snprintf(text, sizeof text, "{\"message_seq\":%u}", ++rounds);
    report(text);
}

static void
send_nothing(const char *json)
{
    (void)json;
}

static void
send_first_byte(const char *json)
{
    char text[64];

    snprintf(text, sizeof text, "{\"message_seq\":%d}", json[2]); // [{x
    report(text);
}

static void
test_spelling(void **state)
{
    const char *two = "\"message_seq\":1,\"message_sender\":\"a\"";

    (void)state;
    assert_string_equal(run("spelling", message(two), send_back), ""); // handed on as it came: the same JSON
    assert_true(deliveries > 4);
    assert_string_equal(run("spelling", message(two), send_a_count), ""); // never the same: no verdict
    assert_non_null(strstr(run("spelling", message(two), send_first_byte), "white space between the tokens"));
    assert_string_equal(run("spelling", message("\"message_sender\":\"\\u001b[a\\\\b\""), send_back), "");
    // The order of equal keys means something.
    run("spelling", message("\"a\":1,\"a\":2"), send_back);
    assert_string_equal(said, "");
}

static void
send_if_any(const char *json)
{
    if (json != NULL && *json != '\0')
        report("{}");
}

static void
test_code(void **state)
{
    const char *failed =
        "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMConvGetConvList\",\"args\":{\"code\":6013,"
        "\"desc\":\"\",\"json_params\":{\"$json\":[]}}}\n";
    const char *worked =
        "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMConvGetConvList\",\"args\":{\"code\":0,"
        "\"desc\":\"\",\"json_params\":{\"$json\":[]}}}\n";
    const char *carries =
        "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMMsgModifyMessage\",\"args\":{\"code\":6013,"
        "\"desc\":\"\",\"json_params\":{\"$json\":{}}}}\n";

    (void)state;
    assert_non_null(strstr(run("code", failed, send_if_any), "used although code is 6013"));
    assert_non_null(strstr(said, "does not call TIMMsgRevoke"));
    assert_string_equal(run("code", worked, send_if_any), "");
    assert_string_equal(run("code", carries, send_if_any), ""); // documented to carry a message then
    assert_string_equal(run("code", failed, send_nothing), "");
    assert_string_equal(run("code", failed, send_a_count), "");
}

/* ---- the SDK's side ---- */

static unsigned completed;
static const void *completed_user;

static void
on_done(int32_t code, const char *desc, const char *json, const void *user)
{
    union api_value values[5] = {
        {.s = "user2"}, {.i = 1}, {.s = "{}"}, {.fn = (void (*)(void))on_done}, {.user = user}};

    assert_int_equal(code, 0);
    assert_non_null(desc);
    assert_non_null(json);
    completed++;
    completed_user = user;
    assert_int_equal(timtape_fuzz_call(API_TIMMsgRevoke, values).i, 0); // asks again, for ever
}

static char listed[4096];

static void
on_list(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)code, (void)desc, (void)user;
    snprintf(listed, sizeof listed, "%s", json);
}

static void
ask_for_list(const char *json)
{
    union api_value values[2] = {{.fn = (void (*)(void))on_list}, {.user = NULL}};

    (void)json;
    timtape_fuzz_call(API_TIMConvGetConvList, values);
}

static void
ask_once(const char *json)
{
    union api_value values[5] = {
        {.s = "user2"}, {.i = 1}, {.s = "{}"}, {.fn = (void (*)(void))on_done}, {.user = &completed}};

    (void)json;
    timtape_fuzz_call(API_TIMMsgRevoke, values);
    assert_int_equal(completed, 0); // not before the handler has returned
}

static void
test_sdk(void **state)
{
    char id[128] = "";
    union api_value values[6] = {{.s = "user2"}, {.i = 1},     {.s = "{}"},
                                 {.out = id},    {.fn = NULL}, {.user = NULL}};

    (void)state;
    completed = 0;
    run("", message(""), ask_once);
    assert_int_equal(completed, SDK_COMPLETIONS);
    assert_ptr_equal(completed_user, &completed);
    // An ordinary result, the same each time.
    char before[sizeof listed];
    run("", message(""), ask_for_list);
    assert_non_null(strstr(listed, "\"conv_id\":\""));
    strcpy(before, listed);
    run("", message(""), ask_for_list);
    assert_string_equal(listed, before);
    assert_int_equal(timtape_fuzz_call(API_TIMMsgSendMessage, values).i, 0);
    assert_true(strlen(id) > 10);
    assert_non_null(timtape_fuzz_call(API_TIMGetSDKVersion, values).s);
    assert_int_equal(timtape_fuzz_call(API_TIMGetLoginStatus, values).i, 1);
    assert_int_equal(timtape_fuzz_signature(API_TIMMsgRevoke), API_TIMMsgRevoke);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),    cmocka_unit_test(test_ids),  cmocka_unit_test(test_calls),
        cmocka_unit_test(test_spelling), cmocka_unit_test(test_code), cmocka_unit_test(test_sdk),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
