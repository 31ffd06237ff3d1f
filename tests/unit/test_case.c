// SPDX-License-Identifier: MIT
// Cases: what is read, that what is written reads back the same, and that no text harms the reader.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz/model/case.h"
#include "fuzz/model/random.h"
#include "traces/jtree.h"

static struct arena *arena;

static void
read_text(struct fuzz_case *c, const char *text)
{
    struct fault fault = {0};
    if (case_read(c, arena, text, strlen(text), &fault) != 0)
        fail_msg("%s: %s", text, fault.text);
}

static const char *
write_text(const struct fuzz_case *c)
{
    static char text[1 << 16];
    size_t count = case_write(c, arena, text, sizeof text - 1);
    text[count] = '\0';
    return text;
}

static const char message[] =
    "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":"
    "[{\"message_seq\":18446744073709551615,\"message_sender\":\"\xe5\xbc\xa0\"}]}}}\n";

static void
reads_the_documented_lines(void **state)
{
    (void)state;
    struct fuzz_case c;
    read_text(&c, message);
    assert_int_equal(c.count, 1);
    assert_string_equal(c.events[0].callback->name, "TIMRecvNewMsgCallback");
    assert_null(c.events[0].function);
    assert_int_equal(c.events[0].args[0].kind, CASE_TEXT);
    assert_string_equal(c.events[0].args[0].bytes,
                        "[{\"message_seq\":18446744073709551615,\"message_sender\":\"\xe5\xbc\xa0\"}]");
    read_text(&c, "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMConvGetConvList\","
                  "\"args\":{\"code\":-7,\"desc\":null,\"json_params\":{\"$json\":[]}}}\n");
    assert_string_equal(c.events[0].function->name, "TIMConvGetConvList");
    assert_int_equal(c.events[0].args[0].number, -7);
    assert_int_equal(c.events[0].args[1].kind, CASE_NULL);
    assert_string_equal(c.events[0].args[2].bytes, "[]");
    assert_int_equal(c.events[0].args[3].kind, CASE_ABSENT);
}

static void
reads_all_spellings(void **state)
{
    (void)state;
    static const char *const same[] = {
        "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMConvGetConvList\",\"args\":{\"code\":0,\"desc\":"
        "\"\\u0041"
        "\\n\",\"json_params\":{\"$json\" : [ 1 , {\"a\" : \" \\\" \"} ] } } }",
        "\xEF\xBB\xBF# words\n\n{\"timtape\":1,\"meta\":{\"sdk_version\":\"8.0.5906\",\"x\":[1,{}]}}\n"
        "{\"process\":12,\"program\":\"app\"}\n{\"thread\":1,\"pid\":3,\"tid\":4,\"name\":\"main\"}\r\n"
        "{\"seq\":7,\"call\":\"TIMConvGetConvList\",\"thread\":1,\"at_ns\":9,\"args\":{\"cb\":1},\"result\":"
        "0,"
        "\"end_seq\":8,\"took_ns\":3}\n"
        "{\"seq\":9,\"callback\":\"TIMCommCallback\",\"thread\":2,\"at_ns\":10,\"cause\":7,\"args\":{"
        "\"code\":0.0e0,\"desc\":{\"$bytes\":\"410A\"},\"json_params\":\"[1,{\\\"a\\\":\\\" \\\\\\\" "
        "\\\"}]\"},"
        "\"end_seq\":10,\"took_ns\":1}",
        "{\"call\":\"TIMConvGetConvList\",\"label\":\"l\"}\n{\"args\":{\"json_params\":{\"$json\":[1,{\"a\":"
        "\" \\\" "
        "\"}]},\"desc\":\"A\\n\",\"code\":0},\"cause\":\"l\",\"callback\":\"TIMCommCallback\"}",
    };
    char *first = NULL;
    for (unsigned i = 0; i < sizeof same / sizeof *same; i++) {
        struct fuzz_case c;
        read_text(&c, same[i]);
        assert_int_equal(c.count, 1);
        if (i == 0)
            first = strdup(write_text(&c));
        assert_string_equal(write_text(&c), first);
    }
    assert_string_equal(
        first, "{\"callback\":\"TIMCommCallback\",\"cause\":\"TIMConvGetConvList\",\"args\":{\"code\":"
               "0,\"desc\":\"A\\n\",\"json_params\":{\"$json\":[1,{\"a\":\" \\\" \"}]}}}\n");
    free(first);
}

static void
knows_scalars_constants_and_older_signatures(void **state)
{
    (void)state;
    struct fuzz_case c;
    read_text(&c, "{\"callback\":\"TIMConvEventCallback\",\"args\":{\"conv_event\":\"kTIMConvEvent_Start\","
                  "\"json_conv_array\":\"\"}}");
    assert_string_equal(write_text(&c), "{\"callback\":\"TIMConvEventCallback\",\"args\":{\"conv_event\":3,"
                                        "\"json_conv_array\":\"\"}}\n");
    static const char older[] =
        "{\"callback\":\"TIMConvConversationsDeletedFromGroupCallback\",\"since\":\"6.5\","
        "\"args\":{\"group_id\":\"g\",\"conversation_id_array\":{\"$json\":[]}}}\n";
    const struct api_entry *entry = api_find_version("TIMConvConversationsDeletedFromGroupCallback", "6.6");
    if (entry != NULL && entry->newest != entry->id) {
        struct fault fault;
        if (case_read(&c, arena, older, strlen(older), &fault) == 0)
            assert_int_equal(c.events[0].callback->id, entry->id);
    }
}

static void
says_what_is_wrong(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "x",
        "[]",
        "{}",
        "{\"callback\":\"TIMRecvNewMsgCallback\"}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{}}",
        "{\"callback\":\"TIMInit\",\"args\":{}}",
        "{\"callback\":\"Nobody\",\"args\":{}}",
        "{\"callback\":3,\"args\":{}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":1}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\"\",\"json_msg_array\":\"\"}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\"\",\"more\":\"\"}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"odd\":1,\"args\":{\"json_msg_array\":\"\"}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\"\\u0000\"}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$bytes\":\"0\"}}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$bytes\":\"00\"}}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$bytes\":[]}}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":1,\"x\":2}}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$file\":\"x\"}}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{}}}",
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":[]}",
        "{\"callback\":\"TIMCommCallback\",\"cause\":\"Nobody\",\"args\":{\"code\":0,\"desc\":\"\",\"x\":0}}",
        "{\"callback\":\"TIMCommCallback\",\"args\":{\"code\":2147483648,\"desc\":\"\",\"x\":\"\"}}",
        "{\"callback\":\"TIMCommCallback\",\"args\":{\"code\":0.5,\"desc\":\"\",\"json_params\":\"\"}}",
        "{\"callback\":\"TIMCommCallback\",\"args\":{\"code\":true,\"desc\":\"\",\"json_params\":\"\"}}",
        "{\"callback\":\"TIMCommCallback\",\"args\":{\"code\":\"x\",\"desc\":\"\",\"json_params\":\"\"}}",
        "{\"call\":\"TIMInit\",\"callback\":\"TIMCommCallback\"}",
        "{\"call\":\"Nobody\"}",
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fuzz_case c;
        struct fault fault = {0};
        if (case_read(&c, arena, bad[i], strlen(bad[i]), &fault) == 0)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(fault.kind, FAULT_DATA);
        assert_ptr_equal(strstr(fault.text, "line 1, byte "), fault.text);
        arena_reset(arena);
    }
}

static void
same_case(const struct fuzz_case *a, const struct fuzz_case *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_ptr_equal(a->events[i].callback, b->events[i].callback);
        assert_ptr_equal(a->events[i].function, b->events[i].function);
        for (unsigned p = 0; p < API_MAX_PARAMS; p++) {
            const struct case_value *x = &a->events[i].args[p], *y = &b->events[i].args[p];
            assert_int_equal(x->kind, y->kind);
            assert_int_equal(x->number, y->number);
            assert_int_equal(x->count, y->count);
            if (x->kind == CASE_TEXT)
                assert_memory_equal(x->bytes, y->bytes, x->count + 1);
        }
    }
}

/* Any text without NUL: JSON, nearly JSON, bytes. */
static const char *
some_text(struct model_random *random, size_t *count)
{
    static const char *const pieces[] = {"[",
                                         "]",
                                         "{",
                                         "}",
                                         ":",
                                         ",",
                                         "\"",
                                         "\\",
                                         "\\u0000",
                                         "1",
                                         "-0.5e3",
                                         " ",
                                         "\n",
                                         "null",
                                         "true",
                                         "\"a\":",
                                         "\xe5\xbc\xa0",
                                         "\xff",
                                         "\xed\xa0\x80",
                                         "$json",
                                         "\x01",
                                         "{\"$json\":",
                                         "[]",
                                         "{}",
                                         "\"x\""};
    char text[400] = "";
    size_t used = 0;
    for (uint64_t n = random_below(random, 12); n > 0; n--) {
        const char *piece = pieces[random_below(random, sizeof pieces / sizeof *pieces)];
        memcpy(text + used, piece, strlen(piece));
        used += strlen(piece);
    }
    *count = used;
    return arena_text(arena, text, used);
}

static void
gives_back_what_was_written(void **state)
{
    (void)state;
    struct model_random random = {7};
    static char text[1 << 16];
    for (unsigned round = 0; round < 30000; round++) {
        struct fuzz_case c = {0}, again;
        arena_reset(arena);
        for (uint64_t n = random_below(&random, 3) + 1; n > 0; n--) {
            struct case_event event = {.callback = NULL};
            do
                event.callback = api_entry((unsigned)random_below(&random, API_ENTRIES));
            while (event.callback->kind != API_CALLBACK);
            if (event.callback->code >= 0)
                do
                    event.function = api_entry((unsigned)random_below(&random, API_FUNCTIONS));
                while (event.function->kind != API_ASYNC);
            for (unsigned p = 0; p < event.callback->nparams; p++) {
                struct case_value *value = &event.args[p];
                static const int bits[] = {[API_I32] = 32, [API_U32] = 32, [API_I64] = 64, [API_U64] = 64};
                int type = event.callback->params[p].type;
                if (type == API_STR && random_once_in(&random, 5)) {
                    value->kind = CASE_NULL;
                } else if (type == API_STR) {
                    value->kind = CASE_TEXT;
                    value->bytes = some_text(&random, &value->count);
                } else if (type == API_BOOL) {
                    value->kind = CASE_NUMBER;
                    value->number = (int64_t)random_below(&random, 256);
                } else if (type != API_USER && type != API_FN) {
                    value->kind = CASE_NUMBER;
                    value->number = (int64_t)(random_next(&random) >> random_below(&random, 64));
                    if (bits[type] == 32)
                        value->number = type == API_I32 ? (int64_t)(int32_t)value->number
                                                        : (int64_t)(uint32_t)value->number;
                }
            }
            assert_int_equal(case_add(&c, arena, &event), 0);
        }
        size_t count = case_write(&c, arena, text, sizeof text);
        assert_true(count > 0);
        struct fault fault;
        if (case_read(&again, arena, text, count, &fault) != 0)
            fail_msg("%.*s: %s", (int)count, text, fault.text);
        same_case(&c, &again);
        /* Through trees and back nothing changes but white space. */
        for (size_t i = 0; i < again.count; i++)
            for (unsigned p = 0; p < API_MAX_PARAMS; p++)
                if (p < again.events[i].callback->nparams && case_is_json(&again.events[i], p) &&
                    case_parse(&again.events[i].args[p], arena))
                    assert_int_equal(case_print(&again.events[i].args[p], arena), 0);
        struct fuzz_case copy, third;
        struct arena *other = arena_new();
        assert_int_equal(case_copy(&copy, &again, other), 0);
        char *second = malloc(sizeof text);
        size_t length = case_write(&copy, other, second, sizeof text);
        assert_true(length > 0 && length <= count + 200);
        assert_int_equal(case_read(&third, other, second, length, &fault), 0);
        assert_int_equal(third.count, c.count);
        assert_int_equal(case_write(&third, other, text, sizeof text), length);
        assert_memory_equal(text, second, length);
        assert_int_equal(case_write(&third, other, text, length), length);
        assert_int_equal(case_write(&third, other, text, length - 1), 0);
        free(second);
        arena_free(other);
    }
}

static void
survives_any_bytes(void **state)
{
    (void)state;
    static const char seed[] = "{\"seq\":3,\"call\":\"TIMConvGetConvList\",\"label\":\"x\"}\n"
                               "{\"callback\":\"TIMCommCallback\",\"cause\":3,\"args\":{\"code\":0,\"desc\":"
                               "\"\\u00e9\",\"json_params\":{"
                               "\"$json\":[1,{\"a\":[true,null,\"\\\\\"]}]}}}\n"
                               "{\"callback\":\"TIMRecvNewMsgCallback\",\"since\":\"4\",\"args\":{\"json_msg_"
                               "array\":{\"$bytes\":\"ff41\"}}}\n";
    struct model_random random = {11};
    unsigned read = 0;
    for (unsigned round = 0; round < 200000; round++) {
        size_t count = sizeof seed - 1;
        arena_reset(arena);
        char *text = malloc(count), *again = malloc(8192);
        memcpy(text, seed, count);
        for (uint64_t n = random_below(&random, 4) + 1; n > 0; n--) {
            size_t at = random_below(&random, count);
            if (random_once_in(&random, 2))
                text[at] = seed[random_below(&random, sizeof seed - 1)];
            else if (random_once_in(&random, 2))
                text[at] = (char)random_next(&random);
            else if (random_once_in(&random, 2))
                count = at + 1;
            else
                memmove(text + at, text + random_below(&random, at + 1), 1);
        }
        struct fuzz_case c, second;
        struct fault fault = {0};
        /* An exact allocation, so that a sanitizer sees a byte read too many. */
        text = realloc(text, count);
        if (case_read(&c, arena, text, count, &fault) == 0) {
            size_t length = case_write(&c, arena, again, 8192);
            read++;
            assert_int_equal(length > 0, c.count > 0);
            assert_int_equal(case_read(&second, arena, again, length, &fault), 0);
            same_case(&c, &second);
        } else {
            assert_true(fault.text[0] != '\0');
        }
        free(text);
        free(again);
    }
    assert_true(read > 1000);
}

static void
takes_no_more_than_its_text(void **state)
{
    (void)state;
    enum { DEEP = 5000 };
    char *text = malloc(DEEP * 2 + 200);
    struct fuzz_case c;
    struct fault fault;
    int used =
        sprintf(text, "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":");
    memset(text + used, '[', DEEP);
    assert_int_equal(case_read(&c, arena, text, (size_t)used + DEEP, &fault), -1);
    /* Just as deep as a payload may be, and one more: written as a string then, not as a line nobody reads.
     */
    for (size_t depth = JTREE_DEPTH; depth <= JTREE_DEPTH + 1; depth++) {
        char payload[2 * JTREE_DEPTH + 3] = "";
        memset(payload, '[', depth);
        memset(payload + depth, ']', depth);
        struct case_event event = {.callback = api_find("TIMRecvNewMsgCallback")};
        struct fuzz_case deep = {0}, again;
        event.args[0] = (struct case_value){.kind = CASE_TEXT, .bytes = payload, .count = 2 * depth};
        case_add(&deep, arena, &event);
        const char *line = write_text(&deep);
        assert_int_equal(strstr(line, "$json") != NULL, depth == JTREE_DEPTH);
        read_text(&again, line);
        same_case(&deep, &again);
    }
    free(text);
}

static void
tells_the_lanes_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum case_lane lane;
    } cases[] = {
        {"{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\"\"}}", CASE_VALID},
        {"{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":null}}", CASE_VALID},
        {"{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\"[ 1 ]\"}}", CASE_VALID},
        {"{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":\"[1,]\"}}", CASE_SYNTAX},
        {"{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$bytes\":\"ff\"}}}",
         CASE_SYNTAX},
        {"{\"callback\":\"TIMCommCallback\",\"args\":{\"code\":0,\"desc\":\"{\",\"json_params\":\"\"}}",
         CASE_VALID},
        {"{\"callback\":\"TIMCommCallback\",\"args\":{\"code\":0,\"desc\":{\"$bytes\":\"ff\"},\"json_"
         "params\":\"\"}}",
         CASE_SYNTAX},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fuzz_case c;
        read_text(&c, cases[i].text);
        assert_int_equal(case_lane(&c, arena), cases[i].lane);
    }
}

static int
setup(void **state)
{
    (void)state;
    arena = arena_new();
    return arena == NULL;
}

static int
teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_documented_lines),
        cmocka_unit_test(reads_all_spellings),
        cmocka_unit_test(knows_scalars_constants_and_older_signatures),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(gives_back_what_was_written),
        cmocka_unit_test(survives_any_bytes),
        cmocka_unit_test(takes_no_more_than_its_text),
        cmocka_unit_test(tells_the_lanes_apart),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
