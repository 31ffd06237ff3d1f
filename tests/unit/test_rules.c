// SPDX-License-Identifier: MIT
/* Rules: what they say, what they mean, and that no text breaks the reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/judge/match.h"
#include "replay/judge/rules.h"
#include "traces/jtree.h"

static struct fault fault;

static struct rules *
read_rules(const char *lines)
{
    struct rules *rules = NULL;
    char text[4096];
    snprintf(text, sizeof text, RULES_FIRST_LINE "\n%s\n", lines);
    if (rules_parse(&rules, "x.rules", text, strlen(text), &fault) != 0)
        fail_msg("%s", fault.text);
    return rules;
}

/* The rule is refused, in line 2, at that column, with these words. */
static void
refused(const char *line, unsigned column, const char *words)
{
    struct rules *rules = NULL;
    char text[4096], at[40];
    snprintf(text, sizeof text, RULES_FIRST_LINE "\n%s", line);
    snprintf(at, sizeof at, "x.rules:2:%u: ", column);
    memset(&fault, 0, sizeof fault);
    assert_int_equal(rules_parse(&rules, "x.rules", text, strlen(text), &fault), -1);
    assert_int_equal(fault.kind, FAULT_DATA);
    if (strncmp(fault.text, at, strlen(at)) != 0 || strstr(fault.text, words) == NULL ||
        strstr(fault.text, "a correct line: ") == NULL)
        fail_msg("'%s' begins not with '%s', or says not '%s'", fault.text, at, words);
    /* The line that it offers is right. */
    const char *example = strstr(fault.text, "a correct line: ") + strlen("a correct line: ");
    char offered[2048];
    snprintf(offered, sizeof offered, RULES_FIRST_LINE "\n%s\n", example);
    rules_free(rules);
    rules = NULL;
    if (rules_parse(&rules, "offered", offered, strlen(offered), &fault) != 0)
        fail_msg("%s", fault.text);
    rules_free(rules);
}

/* May a value of TIMMsgSendMessage's json_msg_param at `path` differ so? NULL: absent. */
static bool
allows(struct rules *rules, const char *path, const char *expected, const char *got)
{
    struct rules_place place = {.entry = api_find("TIMMsgSendMessage"), .param = 2, .path = path};
    cJSON *a = expected != NULL ? jtree_parse(expected, strlen(expected), NULL, NULL) : NULL;
    cJSON *b = got != NULL ? jtree_parse(got, strlen(got), NULL, NULL) : NULL;
    bool may = rules_allow_value(rules, &place, a, b);
    cJSON_Delete(a);
    cJSON_Delete(b);
    return may;
}

static void
one(const char *rule, const char *path, const char *expected, const char *got, bool may)
{
    struct rules *rules = read_rules(rule);
    if (allows(rules, path, expected, got) != may)
        fail_msg("%s: %s at %s became %s", rule, expected, path, got);
    assert_int_equal(rules_used(rules), may ? 1 : 0);
    rules_free(rules);
}

#define SEND "value TIMMsgSendMessage json_msg_param "

static void
kinds_of_values(void **state)
{
    (void)state;
    one(SEND "$.a any", "$.a", "1", "\"x\"", true);
    one(SEND "$.a any", "$.a", "1", NULL, false);
    one(SEND "$.a any", "$.b", "1", "2", false);
    one(SEND "$.a any # why", "$.a.b[3]", "1", NULL, true); /* inside what may be anything */
    one(SEND "$.a same-kind", "$.a", "1", "2", true);
    one(SEND "$.a same-kind", "$.a", "1", "\"2\"", false);
    one(SEND "$.a within 2", "$.a", "7", "9", true);
    one(SEND "$.a within 2", "$.a", "7", "10", false);
    one(SEND "$.a within 2", "$.a", "9", "7", true);
    one(SEND "$.a within 2", "$.a", "\"7\"", "\"8\"", false);
    one(SEND "$.a within 0.5", "$.a", "1.25", "1.5", true);
    one(SEND "$.a within 0.1", "$.a", "1.25", "1.5", false);
    /* All 64 bits count. */
    one(SEND "$.a within 1", "$.a", "9007199254740992", "9007199254740994", false);
    one(SEND "$.a within 2", "$.a", "9007199254740992", "9007199254740994", true);
    one(SEND "$.a within 1", "$.a", "18446744073709551615", "18446744073709551614", true);
    one(SEND "$.a within 1", "$.a", "-9223372036854775808", "9223372036854775807", false);
    one(SEND "$.a optional", "$.a", "1", NULL, true);
    one(SEND "$.a optional", "$.a", NULL, "1", true);
    one(SEND "$.a optional", "$.a", "1", "2", false);
    one(SEND "$ any", "", "\"x\"", "\"y\"", true);
    one(SEND "$ any", "$.deep[1].x", "1", NULL, true);
}

static void
times(void **state)
{
    (void)state;
    one(SEND "$.t time within 10s", "$.t", "1700000000", "1700000009", true);
    one(SEND "$.t time within 10s", "$.t", "1700000000", "1700000011", false);
    one(SEND "$.t time within 10s", "$.t", "1700000000000", "1700000009000", true); /* milliseconds */
    one(SEND "$.t time within 10s", "$.t", "1700000000000", "1700000011000", false);
    one(SEND "$.t time within 1m", "$.t", "\"1700000000\"", "\"1700000059\"", true);
    one(SEND "$.t time within 1m", "$.t", "\"1700000000\"", "1700000001", false);
    one(SEND "$.t time within 1m", "$.t", "\"yesterday\"", "\"today\"", false);
    /* Counted from where each run began. */
    struct rules *rules = read_rules(SEND "$.t time within 2s");
    rules_clock(rules, 1700000000000000000, 1800000000000000000);
    assert_true(allows(rules, "$.t", "1700000005", "1800000006"));
    assert_false(allows(rules, "$.t", "1700000005", "1800000009"));
    rules_free(rules);
}

static void
patterns(void **state)
{
    (void)state;
    one(SEND "$.a matches /[0-9a-f]{4}/", "$.a", "\"00ff\"", "\"a0b1\"", true);
    one(SEND "$.a matches /[0-9a-f]{4}/", "$.a", "\"00ff\"", "\"a0b1c\"", false); /* the whole text */
    one(SEND "$.a matches /[0-9a-f]{4}/", "$.a", "\"00fg\"", "\"a0b1\"", false);
    one(SEND "$.a matches /a|b/", "$.a", "\"a\"", "\"b\"", true);
    one(SEND "$.a matches /a|b/", "$.a", "\"ax\"", "\"xb\"", false);
    one(SEND "$.a matches /\\/tmp\\/.*/", "$.a", "\"/tmp/a\"", "\"/tmp/b\"", true);
    one(SEND "$.a matches /a # b/", "$.a", "\"a # b\"", "\"a # b\"", true);
    one(SEND "$.a matches /[0-9]+/", "$.a", "12", "345", true);
    one(SEND "$.a matches /[0-9]+/", "$.a", "12", "\"345\"", false);
    refused(SEND "$.a matches [0-9]", 52, "between slashes");
    refused(SEND "$.a matches /[0-9", 52, "does not end with a slash");
    refused(SEND "$.a matches //", 52, "is empty");
    refused(SEND "$.a matches /(/", 52, "no POSIX extended regular expression");
    refused(SEND "$.a matches /(a)\\1/", 52, "no back references");
    refused(SEND "$.a matches /((a{99}){99}){99}/", 52, "multiply to more than 1000");
}

static void
paths(void **state)
{
    (void)state;
    one(SEND "$.l[*].a any", "$.l[7].a", "1", "2", true);
    one(SEND "$.l[*].a any", "$.l.x.a", "1", "2", false);
    one(SEND "$.l[1].a any", "$.l[1].a", "1", "2", true);
    one(SEND "$.l[1].a any", "$.l[11].a", "1", "2", false);
    one(SEND "$..a any", "$.a", "1", "2", true);
    one(SEND "$..a any", "$.l[0].x.a", "1", "2", true);
    one(SEND "$..a any", "$.l[0].x.ab", "1", "2", false);
    one(SEND "$.x..a.b any", "$.x.a.c.a.b", "1", "2", true);
    one(SEND "$.x..a.b any", "$.y.a.b", "1", "2", false);
    one(SEND "$.*.a any", "$.x.a", "1", "2", true);
    one(SEND "$.*.a any", "$.x.y.a", "1", "2", false);
    one(SEND "$[\"odd key\"].a any", "$[\"odd key\"].a", "1", "2", true);
    one(SEND "$[\"plain\"] any", "$.plain", "1", "2", true);
    one(SEND "$[\"a\\u0062.c\"] any", "$[\"ab.c\"]", "1", "2", true);
    one(SEND "$.a any", "$.a(2)", "1", "2", true);
    one(SEND "$..[*] any", "$.a.b[3]", "1", "2", true);
    refused(SEND "a any", 40, "begins with $");
    refused(SEND "$a any", 41, "goes on with .key or with [index]");
    refused(SEND "$. any", 42, "a key has to follow the dot");
    refused(SEND "$.a[x] any", 44, "an index, * for any");
    refused(SEND "$.a[1 any", 43, "not closed");
    refused(SEND "$[\"a any", 42, "quoted key does not end");
    refused(SEND "$[\"\\q\"] any", 42, "like a JSON string");
}

static void
names(void **state)
{
    (void)state;
    one("value * * $.a any", "$.a", "1", "2", true);
    one("value TIMMsg* * $.a any", "$.a", "1", "2", true);
    one("value TIMConv* * $.a any", "$.a", "1", "2", false);
    one("value TIMMsgSendMessage conv_id $.a any", "$.a", "1", "2", false);
    one("value TIMMsgSendMessage json_params $.a any", "$.a", "1", "2", false);
    refused("value TIMMsgSendMesage json_msg_param $.a any", 7, "did you mean TIMMsgSendMessage");
    refused("value Foo json_msg_param $.a any", 7, "no function or callback 'Foo'");
    refused("value TIM*Send json_msg_param $.a any", 7, "the rest of a name");
    refused("value TIMMsgSendMessage msg $.a any", 25, "has no parameter 'msg'");
    refused("value", 6, "here stands a function");
    refused("value TIMInit", 14, "name of a parameter");
    refused("value TIMInit json_sdk_config", 30, "path of the value");
    refused("value TIMInit json_sdk_config $.a", 34, "what may differ");
    refused("value TIMInit json_sdk_config $.a anything", 35, "what may differ");
    refused("value TIMInit json_sdk_config $.a any thing", 39, "the rule ends before this");
    refused("value TIMInit json_sdk_config $.a within", 41, "how far apart");
    refused("value TIMInit json_sdk_config $.a within -1", 42, "how far apart");
    refused("value TIMInit json_sdk_config $.a time 10s", 40, "within");
    refused("value TIMInit json_sdk_config $.a time within 10", 47, "a span is a number");
    refused("allow TIMInit", 1, "begins with value, repeat, missing or swap");
    refused("\xff\xfe", 1, "not text");

    /* A completion's rule may name the call, a listener's the registration. */
    struct rules *rules = read_rules("value TIMConvGetConvList json_params $[*].t any");
    struct rules_place place = {.entry = api_find("TIMCommCallback"),
                                .cause = api_find("TIMConvGetConvList"),
                                .param = 2,
                                .path = "$[0].t"};
    cJSON *value = jtree_new_int64(1);
    assert_true(rules_allow_value(rules, &place, value, value));
    place.cause = api_find("TIMLogin");
    assert_false(rules_allow_value(rules, &place, value, value));
    rules_free(rules);
    rules = read_rules("value TIMGetServerTime result $ within 5");
    place = (struct rules_place){.entry = api_find("TIMGetServerTime"), .param = RULES_RESULT, .path = ""};
    assert_true(rules_allow_value(rules, &place, value, value));
    cJSON_Delete(value);
    rules_free(rules);
}

static void
functions(void **state)
{
    (void)state;
    struct rules *rules = read_rules("repeat TIMConvGetConvList\nmissing TIMGet*\n"
                                     "swap TIMConvGetConvList TIMLogin # both ways");
    assert_int_equal(rules_count(rules), 3);
    assert_true(rules_allow_repeat(rules, "TIMConvGetConvList"));
    assert_false(rules_allow_repeat(rules, "TIMLogin"));
    assert_true(rules_allow_missing(rules, "TIMGetLoginStatus"));
    assert_false(rules_allow_missing(rules, "TIMConvGetConvList"));
    assert_string_equal(rules_unused(rules, 2), "x.rules:4");
    assert_true(rules_allow_swap(rules, "TIMLogin", "TIMConvGetConvList"));
    assert_true(rules_allow_swap(rules, "TIMConvGetConvList", "TIMLogin"));
    assert_false(rules_allow_swap(rules, "TIMLogin", "TIMLogin"));
    assert_int_equal(rules_used(rules), 4);
    assert_null(rules_unused(rules, 2));
    assert_null(rules_unused(rules, 99));
    rules_free(rules);
    refused("swap TIMLogin", 14, "here stands a function");
    /* Nobody gave rules. */
    assert_false(rules_allow_repeat(NULL, "TIMLogin"));
    assert_false(allows(NULL, "$.a", "1", "2"));
    assert_int_equal(rules_count(NULL) + rules_used(NULL), 0);
    rules_clock(NULL, 1, 1);
    rules_free(NULL);
}

static void
first_line(void **state)
{
    static const char *const bad[] = {"", "# only words\n", "repeat TIMLogin\n", "timtape rules\n",
                                      "timtape rules 1 and more\n"};
    struct rules *rules = NULL;
    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(rules_parse(&rules, "f", bad[i], strlen(bad[i]), &fault), -1);
        assert_non_null(strstr(fault.text, "its first line has to be: timtape rules 1"));
    }
    assert_int_equal(rules_parse(&rules, "f", "timtape rules 2\n", 16, &fault), -1);
    assert_non_null(strstr(fault.text, "reads version 1"));
    const char text[] = "\n# words\r\n  timtape rules 1  # of today\r\n\r\nrepeat TIMLogin\r\n";
    assert_int_equal(rules_parse(&rules, "f", text, strlen(text), &fault), 0);
    assert_int_equal(rules_count(rules), 1);
    rules_free(rules);
}

static void
files(void **state)
{
    char path[] = "/tmp/timtape-rules.XXXXXX";
    struct rules *rules = NULL;
    int file = mkstemp(path);
    (void)state;
    assert_true(file >= 0);
    assert_int_equal(dprintf(file, RULES_FIRST_LINE "\nrepeat TIMLogin\n") > 0, 1);
    assert_int_equal(rules_read(&rules, path, &fault), 0);
    assert_int_equal(rules_read(&rules, path, &fault), 0); /* a second file adds */
    assert_int_equal(rules_count(rules), 2);
    assert_int_equal(ftruncate(file, (off_t)RULES_FILE_BYTES + 10), 0);
    assert_int_equal(rules_read(&rules, path, &fault), -1);
    assert_non_null(strstr(fault.text, "larger than 4 MiB"));
    close(file);
    unlink(path);
    assert_int_equal(rules_read(&rules, path, &fault), -1);
    assert_non_null(strstr(fault.text, path));
    rules_free(rules);
}

/* Whatever the text: read or refused, never more; and what was read can be asked. */
static void
hostile_texts(void **state)
{
    static const char *const words[] = {"value",    "repeat",     "swap",
                                        "missing",  "TIMLogin",   "TIM*",
                                        "*",        "**",         "json_msg_param",
                                        "result",   "$",          "$..a[*]",
                                        "$.a",      "$[\"x y\"]", "$[",
                                        "$[\"",     "any",        "within",
                                        "time",     "5",          "10s",
                                        "matches",  "/a+/",       "/[/",
                                        "/(a*)*b/", "optional",   "any-order",
                                        "#",        "\n",         "\n",
                                        "\r\n",     "\t",         " ",
                                        "\xc3",     "/",          "\"",
                                        "\\"};
    unsigned seed = 20261123, read = 0;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        char text[1024] = RULES_FIRST_LINE "\n";
        size_t used = strlen(text);
        unsigned count = (seed = seed * 1103515245 + 12345) >> 16 & 31;
        for (unsigned i = 0; i < count; i++) {
            seed = seed * 1103515245 + 12345;
            const char *word = words[(seed >> 16) % (sizeof words / sizeof *words)];
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", word,
                                     (seed & 0x8000) != 0 ? " " : "");
        }
        if (round % 4 == 0 && used > 20)
            text[16 + seed % (used - 16)] = (char)(seed >> 8);
        struct rules *rules = NULL;
        if (rules_parse(&rules, "h", text, used, &fault) == 0) {
            read++;
            allows(rules, "$.a[3].b", "\"aaaa\"", "5");
            rules_allow_swap(rules, "TIMLogin", "TIMInit");
        }
        rules_free(rules);
    }
    assert_true(read > 100);
}

/* ---- in the matcher ------------------------------------------------------------------------------- */

static struct tape_event
sending(const char *json)
{
    const struct api_entry *entry = api_find("TIMMsgSendMessage");
    struct tape_event call = {.seq = 100, .name = entry->name, .entry = entry, .nargs = entry->nparams};
    call.args[0] = (struct tape_value){.type = TAPE_TEXT, .text = "bob", .bytes = 3};
    call.args[1] = (struct tape_value){.type = TAPE_INT, .i = 1};
    call.args[2] = (struct tape_value){.type = TAPE_TEXT, .text = json, .bytes = strlen(json)};
    return call;
}

static int
compare(const char *rule, const char *recorded, const char *live, enum match_mode mode)
{
    struct rules *rules = rule != NULL ? read_rules(rule) : NULL;
    struct match_terms terms = {.mode = mode, .rules = rules};
    struct tape_event a = sending(recorded), b = sending(live);
    struct match_difference first;
    int different = match_call(&a, &b, &terms, &first);
    assert_int_equal(different == 0 && rule != NULL, rules_used(rules) > 0);
    rules_free(rules);
    return different;
}

static void
rules_in_the_matcher(void **state)
{
    (void)state;
    assert_int_equal(compare(NULL, "{\"x\":1,\"l\":[1,2]}", "{\"x\":2,\"l\":[1,2]}", MATCH_NORMAL), 1);
    assert_int_equal(compare(SEND "$.x any", "{\"x\":1}", "{\"x\":2}", MATCH_NORMAL), 0);
    assert_int_equal(compare(SEND "$.x any", "{\"x\":1,\"y\":1}", "{\"x\":2,\"y\":2}", MATCH_NORMAL), 1);
    assert_int_equal(compare(SEND "$.x optional", "{\"x\":1}", "{}", MATCH_NORMAL), 0);
    assert_int_equal(
        compare(SEND "$.l any-order", "{\"l\":[1,2,{\"a\":3}]}", "{\"l\":[{\"a\":3.0},2,1]}", MATCH_NORMAL),
        0);
    assert_int_equal(compare(SEND "$.l any-order", "{\"l\":[1,2,2]}", "{\"l\":[1,1,2]}", MATCH_NORMAL), 1);
    assert_int_equal(compare(SEND "$.l any-order", "{\"l\":[1,2]}", "{\"l\":[2,1,3]}", MATCH_NORMAL), 1);
    assert_int_equal(compare(SEND "$ any-order", "[1,2]", "[2,1]", MATCH_NORMAL), 0);
    /* Inside a set, too, what may differ may. */
    assert_int_equal(compare(SEND "$.l any-order\n" SEND "$.l[*].t any",
                             "{\"l\":[{\"i\":1,\"t\":1},{\"i\":2,\"t\":2}]}",
                             "{\"l\":[{\"i\":2,\"t\":5},{\"i\":1,\"t\":6}]}", MATCH_NORMAL),
                     0);
    /* Not JSON: as a whole. */
    assert_int_equal(compare(SEND "$ any", "words", "other words", MATCH_NORMAL), 0);
    assert_int_equal(compare("value * conv_id $ any", "words", "other words", MATCH_NORMAL), 1);
}

static void
modes(void **state)
{
    static const char a[] = "{\"message_client_time\":1}", b[] = "{\"message_client_time\":2}";
    (void)state;
    assert_int_equal(compare(NULL, a, b, MATCH_NORMAL), 0);
    assert_int_equal(compare(NULL, a, b, MATCH_LOOSE), 0);
    assert_int_equal(compare(NULL, a, b, MATCH_STRICT), 1);
    assert_int_equal(compare(SEND "$.message_client_time any", a, b, MATCH_STRICT), 0);
    assert_int_equal(compare(NULL, "{\"http_proxy_info_password\":\"a\"}",
                             "{\"http_proxy_info_password\":\"b\"}", MATCH_STRICT),
                     1); /* no key of a message */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_values), cmocka_unit_test(times),
        cmocka_unit_test(patterns),        cmocka_unit_test(paths),
        cmocka_unit_test(names),           cmocka_unit_test(functions),
        cmocka_unit_test(first_line),      cmocka_unit_test(files),
        cmocka_unit_test(hostile_texts),   cmocka_unit_test(rules_in_the_matcher),
        cmocka_unit_test(modes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
