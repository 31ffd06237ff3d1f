// SPDX-License-Identifier: MIT
/* The verdict's statuses, words and JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "replay/report/report.h"
#include "traces/jtree.h"

static void
statuses(void **state)
{
    (void)state;
    static const struct {
        enum verdict_class class;
        int signal, status;
    } cases[] = {
        {VERDICT_AS_RECORDED, 0, 0},    {VERDICT_MISSING_CALL, 0, 1},
        {VERDICT_EXTRA_CALL, 0, 1},     {VERDICT_DIFFERENT_ARGUMENT, 0, 1},
        {VERDICT_DIFFERENT_EXIT, 0, 1}, {VERDICT_CRASHED, 11, 139},
        {VERDICT_HUNG, 0, 1},           {VERDICT_NOT_CONSUMED, 0, 3},
        {VERDICT_LATE, 0, 4},           {VERDICT_INTERRUPTED, 2, 130},
        {VERDICT_BROKEN, 0, 70},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct verdict verdict = {.class = cases[i].class, .signal = cases[i].signal};
        assert_int_equal(verdict_status(&verdict), cases[i].status);
        assert_string_not_equal(verdict_class_name(cases[i].class), "unknown");
    }
}

static void
durations(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(verdict_duration(999, text, sizeof text), "999 ns");
    assert_string_equal(verdict_duration(1500, text, sizeof text), "1.5 us");
    assert_string_equal(verdict_duration(2500000, text, sizeof text), "2.5 ms");
    assert_string_equal(verdict_duration(10000000000u, text, sizeof text), "10.00 s");
}

static struct verdict
example(void)
{
    struct verdict verdict = {
        .class = VERDICT_DIFFERENT_ARGUMENT, .calls = 7, .calls_matched = 3, .callbacks = 9};
    snprintf(verdict.sentence, sizeof verdict.sentence, "diverged: \"x\"\n\\");
    snprintf(verdict.tape, sizeof verdict.tape, "a \xff.tape");
    verdict.nearest = (struct verdict_event){.seq = UINT64_MAX, .name = "TIMMsgSendMessage", .thread = 2};
    verdict.reacting = (struct verdict_event){.seq = 5, .name = "TIMRecvNewMsgCallback", .is_callback = true};
    verdict.has_difference = true;
    verdict.difference = (struct match_difference){.param = 2,
                                                   .name = "json_msg_param",
                                                   .path = "$.message_elem_array[0].text_elem_content",
                                                   .expected = "\"yes\"",
                                                   .got = "\"no\"",
                                                   .count = 1};
    verdict.late.known = true;
    verdict.late.max_ns = 12345;
    verdict_note(&verdict, "note %d", 1);
    return verdict;
}

static char *
print(const struct verdict *verdict, void (*printer)(const struct verdict *, FILE *))
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    assert_non_null(stream);
    printer(verdict, stream);
    fclose(stream);
    return text;
}

static void
json_is_json(void **state)
{
    (void)state;
    struct verdict verdict = example();
    char *text = print(&verdict, report_json);
    cJSON *tree = jtree_parse(text, strlen(text), NULL, NULL);
    assert_non_null(tree);
    const char *seq = jtree_number(jtree_at(tree, "$.nearest.seq"));
    assert_string_equal(seq, "18446744073709551615");
    assert_string_equal(cJSON_GetStringValue(jtree_get(tree, "verdict")), "different argument");
    assert_string_equal(cJSON_GetStringValue(jtree_at(tree, "$.difference.path")), verdict.difference.path);
    assert_string_equal(cJSON_GetStringValue(jtree_at(tree, "$.tape")), "a \xef\xbf\xbd.tape");
    assert_true(jtree_kind(jtree_get(tree, "event")) == JTREE_NULL);
    assert_string_equal(cJSON_GetStringValue(jtree_at(tree, "$.notes[0]")), "note 1");
    cJSON_Delete(tree);
    free(text);
}

static void
empty_json_is_json(void **state)
{
    (void)state;
    struct verdict verdict = {0};
    char *text = print(&verdict, report_json);
    assert_int_equal(jtree_check(text, strlen(text), NULL, NULL), 0);
    free(text);
}

static void
words_name_everything(void **state)
{
    (void)state;
    struct verdict verdict = example();
    char *text = print(&verdict, report_text);
    static const char *const wanted[] = {"TIMMsgSendMessage",
                                         "on thread 2",
                                         "json_msg_param at $.message_elem_array[0]",
                                         "expected",
                                         "\"yes\"",
                                         "\"no\"",
                                         "inside",
                                         "TIMRecvNewMsgCallback",
                                         "calls 3/7 matched",
                                         "max 12.3 us",
                                         "note 1"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (strstr(text, wanted[i]) == NULL)
            fail_msg("no \"%s\" in:\n%s", wanted[i], text);
    }
    free(text);
}

static void
notes_are_bounded(void **state)
{
    (void)state;
    struct verdict verdict = {0};
    for (int i = 0; i < 20; i++)
        verdict_note(&verdict, "%0400d", i);
    assert_int_equal(strlen(verdict.notes[3]), sizeof verdict.notes[3] - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses),
        cmocka_unit_test(durations),
        cmocka_unit_test(json_is_json),
        cmocka_unit_test(empty_json_is_json),
        cmocka_unit_test(words_name_everything),
        cmocka_unit_test(notes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
