// SPDX-License-Identifier: MIT
// The exact JSON tree: what it accepts, keeps, prints, compares.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "traces/jtree.h"

#define T(text) text, sizeof(text) - 1

static const struct {
    const char *text;
    size_t bytes;
} valid[] = {
    {T("null")},
    {T("true")},
    {T("false")},
    {T(" \t\r\n null \n")},
    {T("0")},
    {T("-0")},
    {T("-0.0e-0")},
    {T("0e0")},
    {T("1E+2")},
    {T("1.50")},
    {T("123456789012345678901234567890")},
    {T("0.1e-99999999999999999999")},
    {T("18446744073709551615")},
    {T("\"\"")},
    {T("\"a\"")},
    {T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")},
    {T("\"\\u0000\"")},
    {T("\"\\u0001\\u001f\\u001F\\u0020\\u007f\"")},
    {T("\"\\uD83D\\uDE00\"")},
    {T("\"\\ud83d\"")},
    {T("\"\\ude00\\ud83d\"")},
    {T("\"\\uD83Dx\\uDE00\"")},
    {T("\"\x7f\"")},
    {T("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"")},
    {T("\"\xe2\x80\xa8\xe2\x80\xa9\"")},
    {T("[]")},
    {T("[ ]")},
    {T("{}")},
    {T("{\n}")},
    {T("[1,2]")},
    {T(" [ 1 , \"a\" , [ ] , { } , null ] ")},
    {T("{\"a\":1,\"a\":2}")},
    {T("{ \"a\" : { \"b\" : [ 1 , 2 ] } , \"\" : 0 }")},
    {T("{\"\\u0061\":1,\"\\/\":2,\"\\u0000\":3}")},
    {T("[[[[[[[[[[]]]]]]]]]]")},
    {T("[true,false,null]")},
    {T("[1\n,\r\n2]")},
    {T("{\",\":1,\" , \":2}")},
    {T("{\"\\/\":{\"a\":{\"\\u0000\":[{\"b\" :1}]}}}")},
};

/* text, offset of the byte that is wrong */
static const struct {
    const char *text;
    size_t bytes, offset;
} invalid[] = {
    {T(""), 0},
    {T(" "), 1},
    {T("\0"), 0},
    {T("nul"), 3},
    {T("nulL"), 3},
    {T("True"), 0},
    {T("NaN"), 0},
    {T("Infinity"), 0},
    {T("-Infinity"), 1},
    {T("undefined"), 0},
    {T("truefalse"), 4},
    {T("1 2"), 2},
    {T("01"), 1},
    {T("-01"), 2},
    {T("-"), 1},
    {T("+1"), 0},
    {T("1."), 2},
    {T(".5"), 0},
    {T("1e"), 2},
    {T("1e+"), 3},
    {T("0x1f"), 1},
    {T("1_000"), 1},
    {T("1.e1"), 2},
    {T("--1"), 1},
    {T("\""), 1},
    {T("\"a"), 2},
    {T("'a'"), 0},
    {T("\"\n\""), 1},
    {T("\"\t\""), 1},
    {T("\"\0\""), 1},
    {T("\"\\x41\""), 2},
    {T("\"\\"), 2},
    {T("\"\\\""), 3},
    {T("\"\\u12\""), 5},
    {T("\"\\u123g\""), 6},
    {T("\"\\u"), 3},
    {T("\"\\U0041\""), 2},
    {T("\"\x80\""), 1},
    {T("\"\xc0\x80\""), 1},
    {T("\"\xc1\xbf\""), 1},
    {T("\"\xe0\x9f\xbf\""), 1},
    {T("\"\xed\xa0\x80\""), 1},
    {T("\"\xf0\x8f\xbf\xbf\""), 1},
    {T("\"\xf4\x90\x80\x80\""), 1},
    {T("\"\xf5\x80\x80\x80\""), 1},
    {T("\"\xff\""), 1},
    {T("\"\xc3"), 1},
    {T("\"\xe2\x82\""), 1},
    {T("\xef\xbb\xbf{}"), 0},
    {T("\xc2\xa0[]"), 0},
    {T("\f[]"), 0},
    {T("["), 1},
    {T("]"), 0},
    {T("[1"), 2},
    {T("[1,"), 3},
    {T("[1,]"), 3},
    {T("[,1]"), 1},
    {T("[1 2]"), 3},
    {T("[1:2]"), 2},
    {T("[1}"), 2},
    {T("[...]"), 1},
    {T("[1,...]"), 3},
    {T("[]]"), 2},
    {T("{"), 1},
    {T("}"), 0},
    {T("{a:1}"), 1},
    {T("{1:1}"), 1},
    {T("{\"a\"}"), 4},
    {T("{\"a\",1}"), 4},
    {T("{\"a\":}"), 5},
    {T("{\"a\":1,}"), 7},
    {T("{\"a\":1 \"b\":2}"), 7},
    {T("{\"a\":1]"), 6},
    {T("{,}"), 1},
    {T("{\"a\"::1}"), 5},
    {T("{\"a\":1}}"), 7},
    {T("// c\n1"), 0},
    {T("/* c */1"), 0},
    {T("1 # c"), 2},
    {T("[1]\0"), 3},
};

static cJSON *
parse(const char *text)
{
    struct jtree_error error;
    cJSON *root = jtree_parse(text, strlen(text), NULL, &error);
    if (root == NULL)
        fail_msg("%s: %zu:%zu: %s", text, error.line, error.column, error.text);
    return root;
}

static void
accepts_and_prints_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        struct jtree_options options = {.keep_layout = true};
        struct jtree_error error = {.text = ""};
        size_t bytes;
        assert_int_equal(jtree_check(valid[i].text, valid[i].bytes, NULL, NULL), 0);
        cJSON *root = jtree_parse(valid[i].text, valid[i].bytes, &options, &error);
        if (root == NULL)
            fail_msg("valid %zu refused: %s", i, error.text);
        char *exact = jtree_print(root, JTREE_EXACT, &bytes);
        assert_int_equal(bytes, valid[i].bytes);
        assert_memory_equal(exact, valid[i].text, bytes);
        for (int style = JTREE_COMPACT; style <= JTREE_INDENTED; style++) {
            char *text = jtree_print(root, (enum jtree_style)style, &bytes);
            cJSON *again = jtree_parse(text, bytes, NULL, NULL);
            assert_non_null(again);
            assert_int_equal(jtree_equal(root, again), 1);
            assert_int_equal(jtree_diff(root, again, NULL), 0);
            cJSON_Delete(again);
            free(text);
        }
        cJSON *twin = cJSON_Duplicate(root, true);
        char *copied = jtree_print(twin, JTREE_COMPACT, NULL);
        char *compact = jtree_print(root, JTREE_COMPACT, NULL);
        assert_string_equal(copied, compact);
        free(copied);
        free(compact);
        free(exact);
        cJSON_Delete(twin);
        cJSON_Delete(root);
    }
}

static void
refuses_at_the_right_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        struct jtree_error error = {0};
        if (jtree_parse(invalid[i].text, invalid[i].bytes, NULL, &error) != NULL)
            fail_msg("invalid %zu (%s) accepted", i, invalid[i].text);
        if (error.offset != invalid[i].offset)
            fail_msg("invalid %zu (%s): offset %zu, not %zu: %s", i, invalid[i].text, error.offset,
                     invalid[i].offset, error.text);
        assert_true(strlen(error.text) > 10);
        assert_int_equal(jtree_check(invalid[i].text, invalid[i].bytes, NULL, NULL), -1);
    }
}

static void
says_line_and_column(void **state)
{
    (void)state;
    struct jtree_error error;
    const char *text = "{\n  \"\xe4\xbd\xa0\xe5\xa5\xbd\" : [1,\n \"\xe4\xbd\xa0\", ]\n}";
    assert_null(jtree_parse(text, strlen(text), NULL, &error));
    assert_int_equal(error.line, 3);
    assert_int_equal(error.column, 7);
    assert_int_equal(error.problem, JTREE_SYNTAX);
    assert_string_equal(error.text, "here must be a value, not ']'");
}

static void
limits_depth_and_number(void **state)
{
    (void)state;
    char deep[2 * 5000 + 1];
    memset(deep, '[', 5000);
    memset(deep + 5000, ']', 5000);
    struct jtree_error error;
    struct jtree_options options = {.max_depth = JTREE_MAX_DEPTH + 5000};
    assert_null(jtree_parse(deep, 10000, NULL, &error));
    assert_int_equal(error.problem, JTREE_TOO_DEEP);
    assert_int_equal(error.offset, JTREE_DEPTH);
    assert_null(jtree_parse(deep, 10000, &options, &error));
    assert_int_equal(error.offset, JTREE_MAX_DEPTH);
    cJSON *root = jtree_parse(deep + 5000 - JTREE_MAX_DEPTH, 2 * JTREE_MAX_DEPTH, &options, NULL);
    assert_non_null(root);
    assert_int_equal(jtree_diff(root, root, NULL), 0);
    cJSON_Delete(root);
    options = (struct jtree_options){.max_nodes = 3};
    assert_null(jtree_parse("[1,2,3]", 7, &options, &error));
    assert_int_equal(error.problem, JTREE_TOO_MANY);
    cJSON_Delete(root = jtree_parse("[1,2]", 5, &options, &error));
    assert_non_null(root);
}

static void
numbers_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"1", "1.0", true},
        {"1", "1e0", true},
        {"1", "10e-1", true},
        {"1", "0.001e3", true},
        {"0", "-0", true},
        {"0", "0.00e99", true},
        {"-1", "1", false},
        {"100", "1e2", true},
        {"1e2", "1e3", false},
        {"12", "21", false},
        {"1.10", "1.1", true},
        {"123.456", "123456e-3", true},
        {"9007199254740993", "9007199254740992", false},
        {"18446744073709551615", "18446744073709551616", false},
        {"18446744073709551615", "1.8446744073709551615e19", true},
        {"1e400", "1e401", false},
        {"1e400", "10e399", true},
        {"1e99999999999999999999", "10e99999999999999999998", true},
        {"1e100000000000000000000", "10e99999999999999999999", true},
        {"1e99999999999999999999", "1e99999999999999999998", false},
        {"1e99999999999999999999", "1e-99999999999999999999", false},
        {"1e-100000000000000000000", "0.1e-99999999999999999999", true},
        {"1e0000000000000000000000000001", "10", true},
        {"0.1", "0.10000000000000000000000000000000000000000001", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (jtree_number_equal(cases[i].a, cases[i].b) != cases[i].same ||
            jtree_number_equal(cases[i].b, cases[i].a) != cases[i].same)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
    }
    static const struct {
        const char *text;
        bool is_signed, is_unsigned;
        uint64_t value;
    } integers[] = {
        {"0", true, true, 0},
        {"-0", true, true, 0},
        {"7.0", true, true, 7},
        {"1e3", true, true, 1000},
        {"12.5e1", true, true, 125},
        {"1.5", false, false, 0},
        {"1e-1", false, false, 0},
        {"9223372036854775807", true, true, INT64_MAX},
        {"9223372036854775808", false, true, (uint64_t)INT64_MAX + 1},
        {"-9223372036854775808", true, false, (uint64_t)INT64_MIN},
        {"-9223372036854775809", false, false, 0},
        {"18446744073709551615", false, true, UINT64_MAX},
        {"18446744073709551616", false, false, 0},
        {"1e20", false, false, 0},
        {"1e99999999999999999999999", false, false, 0},
        {"0e99999999999999999999999", true, true, 0},
        {"-1", true, false, (uint64_t)-1},
    };
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        cJSON *node = parse(integers[i].text);
        int64_t s = 0;
        uint64_t u = 0;
        assert_int_equal(jtree_int64(node, &s), integers[i].is_signed);
        assert_int_equal(jtree_uint64(node, &u), integers[i].is_unsigned);
        if (integers[i].is_signed)
            assert_true(s == (int64_t)integers[i].value);
        if (integers[i].is_unsigned)
            assert_true(u == integers[i].value);
        cJSON_Delete(node);
    }
    assert_null(jtree_new_number("1x"));
    assert_null(jtree_new_number(""));
    cJSON *made = jtree_new_uint64(UINT64_MAX);
    assert_string_equal(jtree_number(made), "18446744073709551615");
    cJSON_Delete(made);
}

static void
strings_keep_their_bytes(void **state)
{
    (void)state;
    struct jtree_text text;
    cJSON *node = parse("\"a\\u0000b\\uD83D\\uDE00\\ud800\\/\"");
    assert_int_equal(jtree_text(node, &text), 0);
    assert_int_equal(text.bytes, 11);
    assert_memory_equal(text.data, "a\0b\xF0\x9F\x98\x80\xED\xA0\x80/", 11);
    cJSON *made = jtree_new_string(text.data, text.bytes);
    assert_int_equal(jtree_equal(node, made), 1);
    jtree_text_free(&text);
    cJSON_Delete(made);
    cJSON_Delete(node);
    assert_null(jtree_new_string("\xff", 1));
    assert_null(jtree_new_string("\xED\xA0\xBD\xED\xB8\x80", 6)); /* would read back as one character */
    made = jtree_new_string("\xED\xB8\x80\xED\xA0\xBD", 6);
    char *printed = jtree_print(made, JTREE_COMPACT, NULL);
    assert_string_equal(printed, "\"\\ude00\\ud83d\"");
    free(printed);
    cJSON_Delete(made);
    cJSON *object = cJSON_CreateObject();
    assert_int_equal(jtree_add_member(object, "k\0\"", 3, jtree_new_int64(-5)), 0);
    assert_int_equal(jtree_add_member(object, "k\0\"", 3, jtree_new_string("\x01\n", 2)), 0);
    printed = jtree_print(object, JTREE_COMPACT, NULL);
    assert_string_equal(printed, "{\"k\\u0000\\\"\":-5,\"k\\u0000\\\"\":\"\\u0001\\n\"}");
    free(printed);
    cJSON_Delete(object);
}

static void
equality_is_of_meaning(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int same;
    } cases[] = {
        {"{\"a\":1,\"b\":2}", "{ \"b\" : 2.0, \"a\" : 1e0 }", 1},
        {"\"\\u0041\\/\"", "\"A/\"", 1},
        {"{\"\\u0061\":1}", "{\"a\":1}", 1},
        {"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}", 1},
        {"{\"a\":1,\"a\":2}", "{\"a\":2,\"a\":1}", 0},
        {"{\"a\":1,\"b\":0,\"a\":2}", "{\"b\":0,\"a\":1,\"a\":2}", 1},
        {"{\"a\":1,\"a\":1}", "{\"a\":1}", 0},
        {"[1,2]", "[2,1]", 0},
        {"[1]", "[1,1]", 0},
        {"null", "false", 0},
        {"0", "\"0\"", 0},
        {"[]", "{}", 0},
        {"true", "false", 0},
        {"{\"a\":{\"x\":[1,{\"y\":null}]}}", "{\"a\":{\"x\":[1,{\"y\":null}]}}", 1},
        {"\"\\u0000\"", "\"\"", 0},
        {"\"\\ud800\"", "\"\\ud801\"", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cJSON *a = parse(cases[i].a), *b = parse(cases[i].b);
        if (jtree_equal(a, b) != cases[i].same || jtree_equal(b, a) != cases[i].same ||
            jtree_diff(a, b, NULL) == cases[i].same)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        cJSON_Delete(a);
        cJSON_Delete(b);
    }
}

struct log {
    char text[4000];
    size_t used;
    int stop_after;
};

static int
note(void *context, const struct jtree_difference *difference)
{
    static const char *const names[] = {"missing", "extra", "changed", "retyped"};
    struct log *log = context;
    log->used += (size_t)snprintf(log->text + log->used, sizeof log->text - log->used, "%s %s %s>%s;",
                                  names[difference->change], difference->place.path,
                                  difference->expected != NULL ? difference->expected : "",
                                  difference->got != NULL ? difference->got : "");
    return log->stop_after > 0 && --log->stop_after == 0;
}

static bool
ignore_rand(void *context, const struct jtree_place *place)
{
    (void)context;
    return place->key != NULL && strcmp(place->key, "message_rand") == 0;
}

static void
diff_names_places(void **state)
{
    (void)state;
    cJSON *a =
        parse("{\"message_elem_array\":[{\"text_elem_content\":\"x\",\"elem_type\":0},2],\"message_rand\":1,"
              "\"odd key\":1,\"d\":1,\"d\":2,\"gone\":{}}");
    cJSON *b = parse(
        "{\"message_elem_array\":[{\"elem_type\":\"0\",\"text_elem_content\":\"y\"}],\"message_rand\":2,"
        "\"odd key\":2,\"d\":1,\"d\":3,\"new\":[1]}");
    struct log log = {.text = ""};
    struct jtree_diff_options options = {.ignore = ignore_rand, .report = note, .context = &log};
    assert_int_equal(jtree_diff(a, b, &options), 1);
    assert_string_equal(log.text, "changed $.message_elem_array[0].text_elem_content \"x\">\"y\";"
                                  "retyped $.message_elem_array[0].elem_type 0>\"0\";"
                                  "missing $.message_elem_array[1] 2>;"
                                  "changed $[\"odd key\"] 1>2;"
                                  "changed $.d(2) 2>3;"
                                  "missing $.gone {}>;"
                                  "extra $.new >[1];");
    log = (struct log){.stop_after = 2};
    assert_int_equal(jtree_diff(a, b, &options), 1);
    assert_non_null(strstr(log.text, "retyped"));
    assert_null(strstr(log.text, "missing"));
    static const char *const paths[] = {"$.message_elem_array[0].text_elem_content", "$[\"odd key\"]",
                                        "$.d(2)", "$.message_elem_array[1]", "$"};
    static const char *const values[] = {"\"x\"", "1", "2", "2", NULL};
    for (int i = 0; i < 5; i++) {
        cJSON *found = jtree_at(a, paths[i]);
        assert_non_null(found);
        char *text = jtree_print(found, JTREE_COMPACT, NULL);
        if (values[i] != NULL)
            assert_string_equal(text, values[i]);
        free(text);
    }
    static const char *const nowhere[] = {
        "$.x",   "$[0]", "$.d(3)",        "$.",     "",
        "$[",    "$[\"", "$[\"odd key\"", "$.d(x)", "$.message_elem_array[9]",
        "$.d.e", "x",    "$[\"\\x\"]",    "$..d"};
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++)
        assert_null(jtree_at(a, nowhere[i]));
    cJSON_Delete(a);
    cJSON_Delete(b);
}

/* ---- random trees ---- */

static uint64_t seed = 88172645463325252U;

static unsigned
dice(unsigned sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % sides;
}

struct text {
    char bytes[1 << 16];
    size_t used;
};

static void
add(struct text *text, const char *piece)
{
    size_t length = strlen(piece);
    if (text->used + length < sizeof text->bytes) {
        memcpy(text->bytes + text->used, piece, length);
        text->used += length;
    }
}

static void
random_space(struct text *text)
{
    static const char *const spaces[] = {"", "", "", " ", "\n  ", "\t", "\r\n"};
    add(text, spaces[dice(7)]);
}

static void
random_string(struct text *text)
{
    static const char *const pieces[] = {"a",
                                         "key",
                                         "\\n",
                                         "\\u0041",
                                         "\\u0000",
                                         "\\ud800",
                                         "\\udc00",
                                         "\\uD83D\\uDE00",
                                         "\xe4\xbd\xa0",
                                         "\xf0\x9f\x98\x80",
                                         "\\/",
                                         "\\\"",
                                         "\\\\",
                                         "\\u001f",
                                         " ",
                                         ","};
    add(text, "\"");
    for (unsigned i = dice(5); i > 0; i--)
        add(text, pieces[dice(16)]);
    add(text, "\"");
}

static void
random_value(struct text *text, unsigned depth)
{
    static const char *const scalars[] = {
        "null", "true", "false", "0", "-0.0", "1e5", "18446744073709551615", "1.25E-3"};
    unsigned kind = dice(depth > 0 ? 10 : 6);
    if (kind < 3) {
        add(text, scalars[dice(8)]);
    } else if (kind < 6) {
        random_string(text);
    } else {
        bool object = kind < 8;
        add(text, object ? "{" : "[");
        for (unsigned i = dice(5); i > 0; i--) {
            random_space(text);
            if (object) {
                random_string(text);
                random_space(text);
                add(text, ":");
                random_space(text);
            }
            random_value(text, depth - 1);
            random_space(text);
            if (i > 1)
                add(text, ",");
        }
        add(text, object ? "}" : "]");
    }
}

static void
random_trees_survive(void **state)
{
    (void)state;
    static struct text text;
    unsigned parsed = 0;
    for (int round = 0; round < 4000; round++) {
        struct jtree_options options = {.keep_layout = true};
        size_t bytes;
        text.used = 0;
        random_space(&text);
        random_value(&text, 6);
        random_space(&text);
        cJSON *root = jtree_parse(text.bytes, text.used, &options, NULL);
        assert_non_null(root);
        parsed++;
        char *exact = jtree_print(root, JTREE_EXACT, &bytes);
        assert_int_equal(bytes, text.used);
        assert_memory_equal(exact, text.bytes, bytes);
        char *compact = jtree_print(root, JTREE_COMPACT, &bytes);
        cJSON *again = jtree_parse(compact, bytes, NULL, NULL);
        assert_int_equal(jtree_equal(root, again), 1);
        /* A broken copy must be refused or read, never crash; a cut one is never a whole document again
         * unless it is a number or only white space was cut. */
        if (text.used > 0) {
            text.bytes[dice((unsigned)text.used)] ^= (char)(1 << dice(8));
            cJSON_Delete(jtree_parse(text.bytes, text.used, &options, NULL));
            cJSON_Delete(jtree_parse(text.bytes, dice((unsigned)text.used), &options, NULL));
        }
        free(exact);
        free(compact);
        cJSON_Delete(again);
        cJSON_Delete(root);
    }
    assert_int_equal(parsed, 4000);
}

static void
layout_survives_changes(void **state)
{
    (void)state;
    struct jtree_options options = {.keep_layout = true};
    const char *source = " { \"a\" : [ 1 , 2 , 3 ] , \"b\" : { } } ";
    cJSON *root = jtree_parse(source, strlen(source), &options, NULL);
    cJSON *array = jtree_get(root, "a");
    cJSON_DeleteItemFromArray(array, 1);
    jtree_add_element(array, jtree_new_number("1e9"));
    jtree_add_element(array, jtree_new_string("new", 3));
    cJSON_Delete(cJSON_DetachItemFromObjectCaseSensitive(root, "b"));
    char *text = jtree_print(root, JTREE_EXACT, NULL);
    cJSON *again = jtree_parse(text, strlen(text), NULL, NULL);
    assert_non_null(again);
    assert_int_equal(jtree_equal(root, again), 1);
    free(text);
    cJSON_Delete(again);
    cJSON *part = cJSON_DetachItemFromObjectCaseSensitive(root, "a");
    text = jtree_print(part, JTREE_COMPACT, NULL);
    assert_string_equal(text, "[1,3,1e9,\"new\"]");
    free(text);
    cJSON_Delete(part);
    cJSON_Delete(root);
}

static void
large_documents_take_linear_time(void **state)
{
    (void)state;
    size_t room = 4000000, used = 0;
    char *a = malloc(room), *b = malloc(room);
    used = (size_t)sprintf(a, "{\"list\":[");
    for (int i = 0; i < 100000; i++)
        used += (size_t)sprintf(a + used, "%s%d", i > 0 ? "," : "", i);
    used += (size_t)sprintf(a + used, "],\"map\":{");
    for (int i = 0; i < 20000; i++)
        used += (size_t)sprintf(a + used, "%s\"key_%d\":%d", i > 0 ? "," : "", i, i);
    sprintf(a + used, "}}");
    used = (size_t)sprintf(b, "{\"map\":{");
    for (int i = 19999; i >= 0; i--)
        used += (size_t)sprintf(b + used, "\"key_%d\":%d%s", i, i, i > 0 ? "," : "");
    used += (size_t)sprintf(b + used, "},\"list\":[");
    for (int i = 0; i < 100000; i++)
        used += (size_t)sprintf(b + used, "%s%d.0", i > 0 ? "," : "", i);
    sprintf(b + used, "]}");
    clock_t start = clock();
    cJSON *x = parse(a), *y = parse(b);
    assert_int_equal(jtree_equal(x, y), 1);
    assert_int_equal(jtree_diff(x, y, NULL), 0);
    char *text = jtree_print(x, JTREE_COMPACT, NULL);
    assert_string_equal(text, a);
    free(text);
    cJSON_Delete(x);
    cJSON_Delete(y);
    /* 0.1 s here; quadratic would be minutes, valgrind is 40 times slower. */
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 20);
    free(a);
    free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_and_prints_back),
        cmocka_unit_test(refuses_at_the_right_byte),
        cmocka_unit_test(says_line_and_column),
        cmocka_unit_test(limits_depth_and_number),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(strings_keep_their_bytes),
        cmocka_unit_test(equality_is_of_meaning),
        cmocka_unit_test(diff_names_places),
        cmocka_unit_test(random_trees_survive),
        cmocka_unit_test(layout_survives_changes),
        cmocka_unit_test(large_documents_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
