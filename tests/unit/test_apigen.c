// SPDX-License-Identifier: MIT
/* The generator: what it says to mistakes, and that another SDK needs another description only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], generator[4096], said[8192];

/* A small SDK of our own, with one of everything. */
static const char small[] =
    "sdk BELL {\n" /* line 1 */
    "    library \"libbell.so\"; guard BELL_API; version BellVersion;\n"
    "    status BellResult; missing BELL_WRONG; errors BellCode;\n"
    "}\n"
    "versions 1.0 1.5 2.0;\n" /* line 5 */
    "enum BellResult { BELL_OK = 0; BELL_WRONG = -7; }\n"
    "enum BellCode { BELL_DONE = 0; BELL_LATE = 3 since 1.5; }\n"
    "enum BellTone { bellLow = 0 was 1 until 1.0; bellHigh = 1 was 2 until 1.0; }\n"
    "object Ring {\n" /* line 9 */
    "    string ring_name bellRingName rw required;\n"
    "    uint:BellTone ring_tone bellRingTone rw was ring_tune until 1.5;\n"
    "    string ring_pin bellRingPin wo secret; string[] ring_by bellRingBy ro id user;"
    " uint ring_count bellRingCount ro counts ring_by; bool[] ring_loud bellRingLoud ro parallel ring_by;\n"
    "}\n"
    "callback BellDone(int32_t:BellCode code, json result json_params, user);\n" /* 14 */
    "callback BellRang(json Ring ring, bool loud, user);\n"
    "sync text BellVersion() getter;\n"
    "async int BellStrike(json Ring ring, out id[64]?, BellDone cb, user) -> Ring guessed;\n"
    "register void BellOnRang(BellRang cb, user);\n"; /* line 18 */

static int
run(const char *command)
{
    FILE *out = popen(command, "r");
    size_t bytes;
    int status;

    assert_non_null(out);
    bytes = fread(said, 1, sizeof(said) - 1, out);
    said[bytes] = '\0';
    status = pclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
setup(void **state)
{
    ssize_t bytes = readlink("/proc/self/exe", generator, sizeof(generator) - 64);

    (void)state;
    assert_true(bytes > 0);
    generator[bytes] = '\0';
    *strrchr(generator, '/') = '\0';
    strcpy(strrchr(generator, '/'), "/apigen");
    strcpy(folder, "/tmp/timtape-apigen-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int
teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return run(command);
}

static void
write_description(const char *text)
{
    char path[128];
    FILE *out;

    snprintf(path, sizeof(path), "%s/bad.tim", folder);
    out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static int
check(const char *text)
{
    char command[5000];

    write_description(text);
    snprintf(command, sizeof(command), "cd %s && %s --check bad.tim 2>&1", folder, generator);
    return run(command);
}

/* The small SDK with one text replaced must be refused with `message` at `line`. */
static void
refuse(const char *from, const char *to, int line, const char *message)
{
    char text[sizeof(small) + 512], want[256];
    const char *at = strstr(small, from);

    assert_non_null(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - small), small, to, at + strlen(from));
    assert_int_equal(check(text), 1);
    snprintf(want, sizeof(want), "bad.tim:%d: ", line);
    if (strncmp(said, want, strlen(want)) != 0 || strstr(said, message) == NULL)
        fail_msg("'%s' -> '%s': wanted %s...%s, it said %s", from, to, want, message, said);
}

static void
test_good(void **state)
{
    (void)state;
    assert_int_equal(check(small), 0);
    assert_string_equal(said, "");
}

static void
test_words(void **state)
{
    (void)state;
    refuse("enum BellTone", "enumm BellTone", 8, "'enumm' begins no declaration");
    refuse("BELL_OK = 0;", "BELL_OK = zero;", 6, "a number expected instead of 'zero'");
    refuse("BELL_OK = 0;", "BELL_OK = 99999999999999999999;", 6, "is not a number that fits");
    refuse("\"libbell.so\"", "\"libbell.so", 2, "does not end on its line");
    refuse("guard BELL_API", "@guard BELL_API", 2, "'@' means nothing here");
    refuse("rw required", "rw needed", 10, "a key cannot be 'needed'");
    refuse("bool loud,", "bool loud shy,", 15, "a parameter cannot be 'shy'");
    refuse("BellOnRang(BellRang cb, user);\n", "BellOnRang(BellRang cb, user)\n", 19,
           "no mark of a function");
    refuse("getter;", "gets;", 16, "'gets' is no mark of a function");
    refuse("Ring guessed", "Ring from hearsay", 17, "page, header or binding, not 'hearsay'");
    refuse("object Ring {", "object Ring", 10, "'{' expected");
}

static void
test_names(void **state)
{
    (void)state;
    refuse("json Ring ring, bool", "json Rong ring, bool", 15, "no object and no JSON type is called 'Rong'");
    refuse("bool loud", "boool loud", 15, "unknown type 'boool'");
    refuse("BellDone cb", "BellDun cb", 17, "unknown type 'BellDun'");
    refuse("uint:BellTone", "uint:BellTune", 11, "no enum is called 'BellTune'");
    refuse("ring_pin bell", "ring_name bell", 12,
           "key 'ring_name' is there twice; the first is at bad.tim:10");
    refuse("was ring_tune", "was ring_name", 11, "key 'ring_name' is there twice");
    refuse("bellRingPin", "bellRingName", 12, "constant 'bellRingName' is there twice");
    refuse("callback BellRang", "callback BellDone", 15, "'BellDone' is there twice");
    refuse("bool loud", "bool ring", 15, "parameter 'ring' is there twice");
    refuse("bellHigh", "bellLow", 8, "constant 'bellLow' is there twice");
    refuse("enum BellTone", "enum BellCode", 8, "enum 'BellCode' is there twice");
    refuse("missing BELL_WRONG", "missing BELL_GONE", 1, "BellResult has no constant 'BELL_GONE'");
    refuse("version BellVersion", "version BellAge", 1, "'BellAge' names the version");
    refuse("rw required", "rw required when bellLow", 10, "'when' needs to know which key");
    refuse("object Ring {", "object Ring on ring_size {", 9, "Ring has no key 'ring_size'");
    refuse("counts ring_by", "counts ring_pin", 12, "'counts ring_pin': Ring has no array of that name");
    refuse("parallel ring_by", "parallel ring_of", 12, "'parallel ring_of': Ring has no array");
    refuse("counts ring_by", "parallel ring_by", 12, "'ring_count' is no array");
    refuse("Ring ring, bool", "Ring ring seen Ring, bool", 15, "as one Ring or an array of them only");
    refuse("bool loud", "uint32_t at index ring_pin", 15, "no JSON beside 'at' has an array of that name");
}

static void
test_shapes(void **state)
{
    (void)state;
    refuse("bool loud, user);", "bool loud);", 15, "needs exactly one user parameter");
    refuse("bool loud,", "BellDone done,", 15, "takes a callback; that cannot be recorded");
    refuse("BellDone cb, user) ->", "BellDone cb) ->", 17, "needs a callback and user data");
    refuse("out id[64]?", "out id[0]?", 17, "has no usable size");
    refuse("getter;", "getter -> Ring guessed;", 16, "only async functions have a result");
    refuse("async int", "async float", 17, "returns unknown type 'float'");
    refuse("bellLow = 0", "bellLow = 4294967295", 8, "only flags may use the top bit");
    refuse("bool loud,", "bool a, bool b, bool c, bool d, bool e, bool f, bool g,", 15,
           "more than 8 parameters");
}

static void
test_versions(void **state)
{
    (void)state;
    refuse("since 1.5", "since 1.6", 7, "version 1.6 is not in the list");
    refuse("ring_tune until 1.5", "ring_tune until 1.7", 11, "version 1.7 is not in the list");
    refuse("rw required", "rw since 2.0 until 1.0", 10, "since 2.0 is after until 1.0");
    refuse("versions 1.0 1.5 2.0;", "versions 1.0 1.0 2.0 1.5;", 1, "version 1.0 is listed twice");
    refuse("register void", "async int BellStrike(BellDone cb, user) until 1.0;\nregister void", 18,
           "Two signatures need versions that do not overlap");
}

static void
test_files(void **state)
{
    char command[5000];

    (void)state;
    snprintf(command, sizeof(command), "cd %s && %s --check none.tim 2>&1", folder, generator);
    assert_int_equal(run(command), 1);
    assert_string_equal(said, "none.tim:1: cannot read this file: No such file or directory\n");
    snprintf(command, sizeof(command), "%s 2>&1", generator);
    assert_int_equal(run(command), 64);
    write_description(small);
    snprintf(command, sizeof(command), "cd %s && %s --out none --header x.h bad.tim 2>&1", folder, generator);
    assert_int_equal(run(command), 1);
    assert_non_null(strstr(said, "cannot write none/api_ids.h"));
}

/* Another SDK, with two signatures of one name: all outputs compile, twice the same bytes. */
static void
test_another_sdk(void **state)
{
    char text[sizeof(small) + 512], command[14000];

    (void)state;
    snprintf(
        text, sizeof(text),
        "%sasync int BellChime(text name, BellDone cb, user) until 1.5;\n"
        "async int BellChime(text name, uint32_t times, BellDone cb, user) since 2.0;\n"
        "callback BellFar(text name, user) until 1.0;\n"
        "callback BellFar(text name, uint32_t meters, user) since 1.5;\n"
        "register void BellAddFar(BellFar cb, user) list;\nunregister void BellRemoveFar(BellFar cb) list;\n"
        "strings BellPlaces { bellTower = \"tower\"; }\nflags BellSides { bellLeft = 1; bellRight = "
        "0x80000000; }\nundeclared BellSecret;\n",
        small);
    assert_int_equal(check(text), 0);
    snprintf(command, sizeof(command),
             "cd %s && mkdir -p a/bell b/bell && %s --out a --header a/bell/bell.h bad.tim 2>&1 &&"
             " %s --out b --header b/bell/bell.h bad.tim 2>&1 && diff -r a b",
             folder, generator, generator);
    assert_int_equal(run(command), 0);
    snprintf(command, sizeof(command),
             "for f in api_tables shim_gen standin_gen invoke_gen; do"
             " ${CC:-cc} -std=c11 -Wall -Wextra -Werror -D_GNU_SOURCE -I%s/a -Iharness -I. -c %s/a/$f.c"
             " -o /dev/null 2>&1 || exit 1; done",
             folder, folder);
    if (run(command) != 0)
        fail_msg("%s", said);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),        cmocka_unit_test(test_words),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_shapes),      cmocka_unit_test(test_versions), cmocka_unit_test(test_files),
        cmocka_unit_test(test_another_sdk),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
