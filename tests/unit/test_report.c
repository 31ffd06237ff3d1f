// SPDX-License-Identifier: MIT
/* Reports of one and of many: whatever bytes a tape or an app has, what comes out can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "replay/report/report.h"
#include "replay/report/report_path.h"
#include "traces/jtree.h"
#include "traces/utf8.h"

/* All bytes but NUL, and what is a trap in one of the formats. */
#define TRAPS                                                                                                \
    "]]> <!-- &amp; \xC0\xAF \xED\xA0\x80 \xEF\xBF\xBE \xEF\xBF\xBF \xF4\x90\x80\x80 \xE4\xBD\xA0 "          \
    "\xF0\x9F\x99\x82 \xC2\x80 :: %0A , \r\n\t"

static char hostile[700];

static int
make_hostile(void **state)
{
    (void)state;
    size_t used = 0;
    for (int byte = 1; byte < 256; byte++)
        hostile[used++] = (char)byte;
    snprintf(hostile + used, sizeof hostile - used, "%s", TRAPS);
    return 0;
}

typedef void teller(const struct report_set *set, FILE *stream);

static char *
tell(teller *how, const struct report_set *told)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    assert_non_null(stream);
    how(told, stream);
    fclose(stream);
    assert_int_equal(strlen(text), bytes);
    assert_true(utf8_valid(text, bytes));
    return text;
}

/* Three cases of hostile text: a verdict, a fault, not replayed; and one that is well. */
static struct verdict bad, good;
static struct fault fault;
static struct report_case cases[4];
static struct report_set set = {.name = hostile, .app = hostile, .cases = cases, .count = 4, .folder = true};

static int
make_set(void **state)
{
    static char output[sizeof hostile + 1];
    make_hostile(state);
    bad = (struct verdict){.class = VERDICT_CRASHED, .signal = 11};
    snprintf(bad.sentence, sizeof bad.sentence, "%.690s", hostile);
    snprintf(bad.tape, sizeof bad.tape, "%.500s", hostile);
    snprintf(bad.doing, sizeof bad.doing, "%.500s", hostile);
    snprintf(bad.order, sizeof bad.order, "seed 7\nmoved this\nmoved that");
    bad.event = (struct verdict_event){.seq = 3, .thread = 1};
    snprintf(bad.event.name, sizeof bad.event.name, "%.90s", hostile);
    bad.has_difference = true;
    snprintf(bad.difference.got, sizeof bad.difference.got, "%.60s", hostile);
    bad.unmatched = 2;
    bad.rules_used = 1;
    bad.late = (struct verdict_lateness){.known = true, .app_max_ns = 1500};
    good = (struct verdict){.class = VERDICT_AS_RECORDED, .sentence = "as recorded"};
    fault.kind = FAULT_DATA;
    snprintf(fault.text, sizeof fault.text, "%s", hostile);
    /* The app's output has NUL bytes, too, and stops in the middle of a character. */
    memcpy(output, hostile, sizeof hostile);
    memcpy(output + sizeof hostile - 2, "\0\xE4", 2);
    cases[0] = (struct report_case){.tape = hostile,
                                    .verdict = &bad,
                                    .output = output,
                                    .output_bytes = sizeof hostile,
                                    .again = hostile,
                                    .took_ns = 1234567890};
    cases[1] = (struct report_case){.tape = "a/b.tape", .fault = &fault};
    cases[2] = (struct report_case){.tape = "a/c.tape"};
    cases[3] = (struct report_case){.tape = "a/d.tape", .verdict = &good};
    return 0;
}

/* ---- XML ------------------------------------------------------------------------------------------------
 */

/* A reader of the little XML that we write: nesting, quoting, and no character that XML does not have. */
static void
assert_xml(const char *text)
{
    char open[16][32];
    int depth = 0;
    assert_int_equal(strncmp(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", 39), 0);
    for (const char *at = text + 39; *at != '\0';) {
        unsigned char c = (unsigned char)*at;
        assert_true(c >= 0x20 || c == '\n' || c == '\t');
        assert_int_not_equal(strncmp(at, "]]>", 3), 0);
        if (c == '&') {
            size_t length = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz#0123456789");
            assert_true(length >= 2 && at[1 + length] == ';');
        }
        if (c != '<') {
            assert_int_not_equal(c, '>');
            at++;
            continue;
        }
        bool close = at[1] == '/';
        size_t length = strcspn(at + 1 + close, " />");
        assert_true(length > 0 && length < sizeof open[0]);
        if (close) {
            assert_true(depth > 0);
            depth--;
            assert_int_equal(strncmp(open[depth], at + 2, length), 0);
        } else {
            assert_true(depth < 16);
            snprintf(open[depth++], sizeof open[0], "%.*s", (int)length, at + 1);
        }
        bool quoted = false;
        for (at++; quoted || *at != '>'; at++) {
            assert_int_not_equal(*at, '\0');
            assert_int_not_equal(*at, '<');
            assert_false(quoted && (*at == '\n' || *at == '\t' || *at == '\r'));
            quoted ^= *at == '"';
        }
        if (at[-1] == '/')
            depth--;
        at++;
    }
    assert_int_equal(depth, 0);
}

static void
junit_is_xml(void **state)
{
    (void)state;
    char *text = tell(report_junit, &set);
    assert_xml(text);
    static const char *const wanted[] = {
        "tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\"",
        "<failure type=\"crashed\" message=\"\\x01",
        "<error type=\"bad tape\"",
        "<skipped/>",
        "time=\"1.234\"",
        "classname=\"a\" name=\"b.tape\" file=\"a/b.tape\"",
        "\\x1b", /* visible, since XML cannot hold it */
        "]]&gt;",
        "&#10;",
        "\xE4\xBD\xA0",
        "\xF0\x9F\x99\x82",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (strstr(text, wanted[i]) == NULL)
            fail_msg("no %s in\n%s", wanted[i], text);
    }
    assert_null(strstr(text, "\xEF\xBF\xBE")); /* U+FFFE is no character of XML */
    free(text);
}

/* ---- JSON -----------------------------------------------------------------------------------------------
 */

static void
json_of_many(void **state)
{
    (void)state;
    char *text = tell(report_set_json, &set);
    cJSON *tree = jtree_parse(text, strlen(text), NULL, NULL);
    assert_non_null(tree);
    assert_string_equal(jtree_number(jtree_at(tree, "$.totals.replays")), "4");
    assert_string_equal(jtree_number(jtree_at(tree, "$.totals.crashed")), "1");
    assert_string_equal(jtree_number(jtree_at(tree, "$.status")), "65");
    assert_string_equal(jtree_number(jtree_at(tree, "$.replays[0].status")), "139");
    assert_string_equal(cJSON_GetStringValue(jtree_at(tree, "$.replays[1].verdict")), "bad tape");
    assert_string_equal(cJSON_GetStringValue(jtree_at(tree, "$.replays[2].verdict")), "not replayed");
    assert_string_equal(jtree_number(jtree_at(tree, "$.replays[0].unmatched")), "2");
    assert_string_equal(jtree_number(jtree_at(tree, "$.replays[0].rules_used")), "1");
    assert_string_equal(jtree_number(jtree_at(tree, "$.replays[0].app_late_ns")), "1500");
    assert_non_null(strstr(cJSON_GetStringValue(jtree_at(tree, "$.replays[0].order")), "moved that"));
    cJSON_Delete(tree);
    free(text);
}

/* One replay: the same object as ever, also when there is no verdict. */
static void
json_of_one(void **state)
{
    (void)state;
    struct report_case one = {.tape = "x.tape", .fault = &fault, .runs = 3, .runs_asked = 9};
    struct report_set single = {.name = "x.tape", .app = "app", .cases = &one, .count = 1};
    char *text = tell(report_set_json, &single);
    cJSON *tree = jtree_parse(text, strlen(text), NULL, NULL);
    assert_non_null(tree);
    assert_string_equal(cJSON_GetStringValue(jtree_get(tree, "verdict")), "bad tape");
    assert_string_equal(cJSON_GetStringValue(jtree_get(tree, "tape")), "x.tape");
    assert_string_equal(jtree_number(jtree_at(tree, "$.runs.done")), "3");
    cJSON_Delete(tree);
    free(text);
}

static void
gitlab_is_json(void **state)
{
    (void)state;
    char *text = tell(report_gitlab, &set), *again = tell(report_gitlab, &set);
    cJSON *tree = jtree_parse(text, strlen(text), NULL, NULL);
    assert_non_null(tree);
    assert_int_equal(cJSON_GetArraySize(tree), 2);
    const char *first = cJSON_GetStringValue(jtree_at(tree, "$[0].fingerprint")),
               *second = cJSON_GetStringValue(jtree_at(tree, "$[1].fingerprint"));
    assert_int_equal(strlen(first), 32);
    assert_string_not_equal(first, second);
    assert_string_equal(cJSON_GetStringValue(jtree_at(tree, "$[0].severity")), "critical");
    assert_string_equal(cJSON_GetStringValue(jtree_at(tree, "$[1].check_name")), "timtape: bad tape");
    assert_string_equal(cJSON_GetStringValue(jtree_at(tree, "$[1].location.path")), "a/b.tape");
    assert_string_equal(jtree_number(jtree_at(tree, "$[1].location.lines.begin")), "1");
    assert_string_equal(text, again);
    cJSON_Delete(tree);
    free(text);
    free(again);
}

/* The same trouble in another run, with other numbers in its sentence. */
static void
fingerprints_are_stable(void **state)
{
    (void)state;
    struct verdict one = {.class = VERDICT_LATE, .sentence = "5 ms late"}, other = one, third = one;
    snprintf(other.sentence, sizeof other.sentence, "6 ms late");
    third.class = VERDICT_HUNG;
    struct report_case three[] = {{.tape = "./a.tape", .verdict = &one},
                                  {.tape = "a.tape", .verdict = &other},
                                  {.tape = "a.tape", .verdict = &third}};
    struct report_set all = {.name = "x", .app = "x", .cases = three, .count = 3};
    char *text = tell(report_gitlab, &all);
    cJSON *tree = jtree_parse(text, strlen(text), NULL, NULL);
    assert_string_equal(cJSON_GetStringValue(jtree_at(tree, "$[0].fingerprint")),
                        cJSON_GetStringValue(jtree_at(tree, "$[1].fingerprint")));
    assert_string_not_equal(cJSON_GetStringValue(jtree_at(tree, "$[0].fingerprint")),
                            cJSON_GetStringValue(jtree_at(tree, "$[2].fingerprint")));
    cJSON_Delete(tree);
    free(text);
}

/* ---- GitHub ---------------------------------------------------------------------------------------------
 */

static void
github_is_escaped(void **state)
{
    (void)state;
    struct verdict verdict = {.class = VERDICT_REORDERED, .sentence = "100%: a, b\r\n::error::x"};
    struct report_case one = {.tape = "a,b:c%/d\n.tape", .verdict = &verdict};
    struct report_set single = {.name = "x", .app = "x", .cases = &one, .count = 1};
    char *text = tell(report_github, &single);
    assert_string_equal(text, "::error file=a%2Cb%3Ac%25/d%0A.tape,title=timtape%3A reordered::"
                              "100%25: a, b%0D%0A::error::x\n");
    free(text);
    /* A line is a command: two cases with something wrong, two lines, whatever is in them. */
    text = tell(report_github, &set);
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 2);
    assert_null(strpbrk(text, "\r\x1b\x01"));
    free(text);
}

/* ---- totals, words --------------------------------------------------------------------------------------
 */

static int
status_of(const struct report_case *some, size_t count)
{
    struct report_set all = {.cases = some, .count = count};
    return report_set_status(&all);
}

static void
the_worst_decides(void **state)
{
    (void)state;
    static const enum verdict_class classes[] = {VERDICT_AS_RECORDED,  VERDICT_LATE,    VERDICT_NOT_CONSUMED,
                                                 VERDICT_MISSING_CALL, VERDICT_CRASHED, VERDICT_BROKEN,
                                                 VERDICT_INTERRUPTED};
    static const int statuses[] = {0, 4, 3, 1, 139, 70, 130};
    struct fault tape = {.kind = FAULT_DATA}, absent = {.kind = FAULT_NOT_FOUND};
    struct verdict verdicts[7];
    struct report_case some[10];
    for (size_t i = 0; i < 7; i++) {
        verdicts[i] = (struct verdict){.class = classes[i], .signal = i == 4 ? 11 : 2};
        some[i] = (struct report_case){.tape = "x", .verdict = &verdicts[i]};
        assert_int_equal(status_of(some, i + 1), statuses[i]);
    }
    some[5] = (struct report_case){.tape = "x"};
    assert_int_equal(status_of(some, 6), 139); /* not replayed has nothing to say */
    some[6] = (struct report_case){.tape = "x", .fault = &tape};
    assert_int_equal(status_of(some, 7), 65);
    some[7] = (struct report_case){.tape = "x", .fault = &absent};
    assert_int_equal(status_of(some, 8), 127);
    some[8] = (struct report_case){.tape = "x", .verdict = &(struct verdict){.class = VERDICT_BROKEN}};
    assert_int_equal(status_of(some, 9), 70);
    assert_int_equal(status_of(some + 4, 5), 70);
    assert_int_equal(status_of(some, 0), 0);
}

static void
words_of_many(void **state)
{
    (void)state;
    char output[600] = "";
    for (int i = 1; i <= 30; i++)
        snprintf(output + strlen(output), sizeof output - strlen(output), "line %d\n", i);
    struct verdict verdict = {.class = VERDICT_HUNG, .sentence = "it hung"};
    struct report_case two[] = {{.tape = "a.tape", .verdict = &good},
                                {.tape = "b.tape",
                                 .verdict = &verdict,
                                 .output = output,
                                 .output_bytes = strlen(output),
                                 .again = "go"}};
    struct report_set both = {.name = "x", .app = "x", .cases = two, .count = 2, .took_ns = 2000000000};
    char *text = tell(report_set_text, &both);
    assert_string_equal(text, "timtape: 2 replays in 2.00 s: 1 as recorded, 1 not: 1 hung\n"
                              "  b.tape: hung\n"
                              "    it hung\n"
                              "    again: go\n"
                              "    the app's last output:\n"
                              "    | line 11\n    | line 12\n    | line 13\n    | line 14\n    | line 15\n"
                              "    | line 16\n    | line 17\n    | line 18\n    | line 19\n    | line 20\n"
                              "    | line 21\n    | line 22\n    | line 23\n    | line 24\n    | line 25\n"
                              "    | line 26\n    | line 27\n    | line 28\n    | line 29\n    | line 30\n");
    free(text);
}

static void
words_of_new_fields(void **state)
{
    (void)state;
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    report_text(&bad, stream);
    fclose(stream);
    assert_non_null(strstr(text, "let through 2 calls"));
    assert_non_null(strstr(text, "allowed     1 difference"));
    assert_non_null(strstr(text, "order       seed 7\n              moved this\n"));
    assert_non_null(strstr(text, "the app at most 1.5 us late"));
    free(text);
}

static void
paths(void **state)
{
    (void)state;
    assert_string_equal(report_path(".//./a/b.tape"), "a/b.tape");
    assert_string_equal(report_path("../a.tape"), "../a.tape");
    assert_string_equal(report_path("/nowhere/a.tape"), "/nowhere/a.tape");
    assert_string_equal(report_base("a/b.tape"), "b.tape");
    assert_string_equal(report_base("b.tape"), "b.tape");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(junit_is_xml, make_set),
        cmocka_unit_test_setup(json_of_many, make_set),
        cmocka_unit_test_setup(json_of_one, make_set),
        cmocka_unit_test_setup(gitlab_is_json, make_set),
        cmocka_unit_test(fingerprints_are_stable),
        cmocka_unit_test_setup(github_is_escaped, make_set),
        cmocka_unit_test(the_worst_decides),
        cmocka_unit_test_setup(words_of_many, make_set),
        cmocka_unit_test_setup(words_of_new_fields, make_set),
        cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
