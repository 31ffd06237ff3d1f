// SPDX-License-Identifier: MIT
/* What is told from reports: recorded ones of all sanitizers, and hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz/finding/finding.h"

#define EXITED (1 << 8)
#define SEGV 11
#define ABRT 6

static struct finding_outcome outcome;

static void
tell(const char *text, int status, const char *kind, const char *what, const char *severity,
     const char *signature)
{
    memset(&outcome, 0, sizeof outcome);
    assert_int_equal(finding_tell(&outcome, status, false, text, strlen(text)), 0);
    assert_string_equal(finding_kind_name(outcome.kind), kind);
    assert_string_equal(outcome.what, what);
    assert_string_equal(finding_severity(&outcome), severity);
    assert_string_equal(outcome.signature, signature);
    finding_outcome_free(&outcome);
}

#define TAIL                                                                                                 \
    "    #3 0x7f19c5c13249 in __libc_start_call_main csu/../sysdeps/nptl/libc_start_call_main.h:58:16\n"

static void
test_address(void **state)
{
    (void)state;
    tell("==7==ERROR: AddressSanitizer: global-buffer-overflow on address 0x560e82138ef0 at pc 0x5 bp 0x7 sp "
         "0x7\n"
         "WRITE of size 33 at 0x560e82138ef0 thread T0\n"
         "    #0 0x560e81749966 in strcpy (/app/t+0x8f966) (BuildId: 65bb)\n"
         "    #1 0x560e8179a49e in take_type /app/bugs.c:30:9\n"
         "    #2 0x560e8179a0b2 in on_messages /app/bugs.c:114:13\n" TAIL
         "\n0x560e82138ef0 is located 0 bytes to the right of global variable 'name'\n",
         EXITED, "sanitizer", "global-buffer-overflow WRITE 33", "write", "crash@take_type:bugs.c:30");
    assert_int_equal(outcome.nframes, 4);
    assert_int_equal(outcome.own, 1);
    /* gcc's way; the same line, the same bug, however far the access went. */
    tell("AddressSanitizer:DEADLYSIGNAL\n"
         "==7==ERROR: AddressSanitizer: SEGV on unknown address 0x000000000000 (pc 0x5 bp 0x7 sp 0x7 T0)\n"
         "==7==The signal is caused by a WRITE memory access.\n==7==Hint: address points to the zero page.\n"
         "    #0 0x560e81749966 in take_type /app/bugs.c:30\n" TAIL,
         EXITED, "sanitizer", "SEGV WRITE null", "null deref", "crash@take_type:bugs.c:30");
    tell("==7==ERROR: AddressSanitizer: attempting free on address which was not malloc()-ed: 0x5 in thread "
         "T0\n"
         "    #0 0x1 in __interceptor_free (/app/t+0x1)\n    #1 0x2 in cJSON_Delete "
         "(/usr/lib/libcjson.so.1+0x2)\n"
         "    #2 0x3 in rename_message /app/bugs.c:63:9\n",
         EXITED, "sanitizer", "bad-free", "write", "crash@rename_message:bugs.c:63");
    assert_string_equal(outcome.through, "cJSON");
    tell("==7==ERROR: AddressSanitizer: requested allocation size 0xffff exceeds maximum supported size of "
         "0x1\n"
         "    #0 0x1 in malloc (/app/t+0x1)\n    #1 0x3 in grow /app/a.c:6:9\n",
         EXITED, "memory", "requested allocation size", "memory", "memory@grow:a.c:6");
}

static void
test_recursion(void **state)
{
    char text[4000];
    size_t used = (size_t)snprintf(
        text, sizeof text,
        "==7==ERROR: AddressSanitizer: stack-overflow on address 0x7 (pc 0x5 bp 0x7 sp 0x7)\n");
    (void)state;
    for (unsigned i = 0; i < 30; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "    #%u 0x1 in %s /app/a.c:%u:2\n", i,
                                 i % 2 ? "walk_list" : "visit", 10 + i % 3);
    tell(text, EXITED, "sanitizer", "stack-overflow", "recursion", "recursion@visit:a.c");
}

static void
test_undefined(void **state)
{
    const char *headline =
        "/app/bugs.c:93:13: runtime error: signed integer overflow: 77777 + 2147483000 cannot be\n";
    char text[900];
    (void)state;
    snprintf(text, sizeof text,
             "%sSUMMARY: UndefinedBehaviorSanitizer: undefined-behavior /app/bugs.c:93:13 in\n", headline);
    tell(text, 0, "sanitizer", "undefined: signed integer overflow", "undefined", "crash@:bugs.c:93");
    /* What ends the run goes before what only was said. */
    snprintf(text, sizeof text,
             "%s==7==ERROR: AddressSanitizer: SEGV on unknown address 0x9 (pc 0x5)\n"
             "    #0 0x5 in f /app/b.c:3:1\n",
             headline);
    tell(text, EXITED, "sanitizer", "SEGV", "crash", "crash@f:b.c:3");
    /* A leak behind it is told later. */
    snprintf(text, sizeof text,
             "%s    #0 0x5 in add_time /app/bugs.c:93:13\n\n"
             "==7==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 8 byte(s)\n"
             "    #0 0x5 in malloc\n    #1 0x5 in g /app/b.c:4:1\n",
             headline);
    tell(text, EXITED, "sanitizer", "undefined: signed integer overflow", "undefined",
         "crash@add_time:bugs.c:93");
}

static void
test_others(void **state)
{
    (void)state;
    tell("==7==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 8 byte(s) in 1 object(s) "
         "allocated from:\n"
         "    #0 0x56 in __interceptor_malloc (/app/t+0xa51ce) (BuildId: 65bb)\n"
         "    #1 0x56 in remember /app/bugs.c:78:18\n\nSUMMARY: AddressSanitizer: 8 byte(s) leaked\n",
         EXITED, "leak", "leak", "leak", "leak@remember:bugs.c:78");
    const char *race = "WARNING: ThreadSanitizer: data race (pid=7)\n  Write of size 4 at 0x5 by thread T1:\n"
                       "    #0 %s (t+0xd0184)\n\n  Previous write of size 4 at 0x5 by main thread:\n"
                       "    #0 %s (t+0xd011a)\n";
    char text[600];
    snprintf(text, sizeof text, race, "work /app/ts.c:3:44", "main /app/ts.c:4:66");
    tell(text, 66 << 8, "sanitizer", "data race", "race", "race@main:ts.c:4");
    snprintf(text, sizeof text, race, "main /app/ts.c:4:66", "work /app/ts.c:3:44");
    tell(text, 66 << 8, "sanitizer", "data race", "race", "race@main:ts.c:4");
    tell("==7==WARNING: MemorySanitizer: use-of-uninitialized-value\n    #0 0x55 in main /app/ms.c:2:56\n",
         EXITED, "sanitizer", "use-of-uninitialized-value", "crash", "crash@main:ms.c:2");
    tell("==7== ERROR: libFuzzer: deadly signal\n    #0 0x5 in __sanitizer_print_stack_trace (/app/t+0x1)\n"
         "    #1 0x5 in fuzzer::Fuzzer::CrashCallback() (/app/t+0x2)\n    #2 0x5 in f(char const*) "
         "/app/a.cpp:9:1\n",
         77 << 8, "crash", "deadly signal", "crash", "crash@f:a.cpp:9");
    tell("timtape: oracle leak: TIMCommCallback:TIMLogin: the same input delivered 10 times again\n"
         "    #0 0x1 in end_run /src/fuzz/oracle/names.c:67\n    #1 0x2 in session_input "
         "/src/fuzz/engine/session.c:8\n"
         "    #2 0x3 in fuzzer::Fuzzer::Loop() (/x/t+0x3)\n    #3 0x4 in main (/x/t+0x4)\n",
         EXITED, "oracle", "leak", "oracle", "oracle-leak@TIMCommCallback:TIMLogin");
    tell("timtape: oracle exact-ids: message_seq came back as another number\n"
         "==7==ERROR: AddressSanitizer: ABRT on unknown address 0x5 (pc 0x5)\n    #0 0x5 in raise "
         "(/lib/libc.so.6+0x3)\n"
         "    #1 0x5 in oracle_say /src/fuzz/oracle/say.c:5\n    #2 0x6 in reply /app/a.c:7:2\n",
         EXITED, "oracle", "exact-ids", "oracle", "oracle-exact-ids@reply:a.c:7");
    tell("terminate called after throwing an instance of 'Json::LogicError'\n", ABRT, "crash",
         "exception Json::LogicError", "abort", "crash@exception Json::LogicError");
    tell("", SEGV, "crash", "SIGSEGV", "crash", "crash@SIGSEGV");
    tell("all is well\n", 0, "none", "", "none", "");
}

/* Whatever an app prints is read: bytes of all kinds, cut anywhere. */
static void
test_hostile(void **state)
{
    static const char seed[] =
        "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x5 at pc\nREAD of size 8 at 0x5\n"
        "    #0 0x5 in f(a, b) /app/x y.c:12:3 (/app/t+0xffffffffffffffffffffff) (BuildId: \n"
        "    #1 0x (+0x) ()\n    #99999999999999999999 0x\n    #2 in :1:2:3:4\n"
        "/a:1:2: runtime error: '\ntimtape: oracle :\nterminate called after throwing an instance of '\n";
    char text[sizeof seed];
    uint64_t random = 1;
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        memcpy(text, seed, sizeof seed);
        size_t cut = i < sizeof seed ? i : sizeof seed - 1;
        for (unsigned j = 0; j < i % 7; j++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            text[(random >> 33) % (sizeof seed - 1)] = (char)(random >> 25);
        }
        char *exact = malloc(cut + 1); /* no byte more: the address sanitizer sees what is read past it */
        assert_non_null(exact);
        memcpy(exact, text, cut);
        exact = realloc(exact, cut > 0 ? cut : 1);
        memset(&outcome, 0, sizeof outcome);
        assert_int_equal(finding_tell(&outcome, (int)(i % 140) << 8, false, exact, cut), 0);
        assert_true(outcome.nframes <= FINDING_FRAMES);
        assert_true(strlen(outcome.signature) < sizeof outcome.signature);
        finding_outcome_free(&outcome);
        free(exact);
    }
}

static void
test_command(void **state)
{
    char *plain[] = {"t", "-x", NULL}, *placed[] = {"t", "@@", "-x", NULL};
    (void)state;
    char **command = finding_command(plain, "in");
    assert_string_equal(command[2], "in");
    assert_null(command[3]);
    free(command);
    command = finding_command(placed, "in");
    assert_string_equal(command[1], "in");
    assert_null(command[3]);
    free(command);
}

/* Minimising: the smallest with the same answer; nothing is lost when the effort is over. */
static int
has_key(void *context, struct fuzz_case *c, struct arena *arena, struct fault *fault)
{
    char text[4096];
    size_t bytes = case_write(c, arena, text, sizeof text - 1);
    (void)fault;
    ++*(unsigned *)context;
    text[bytes] = '\0';
    return strstr(text, "\"elem_type\":7") != NULL && strstr(text, "message_seq") != NULL;
}

static void
minimise(unsigned most, const char *wanted)
{
    static const char text[] = "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$"
                               "json\":[{\"message_rand\":5}]}}}\n"
                               "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$"
                               "json\":[{\"message_seq\":12345,"
                               "\"message_sender\":\"somebody\",\"message_elem_array\":[{\"elem_type\":0},{"
                               "\"elem_type\":7,\"x\":[1,2,3]}]},"
                               "{\"message_rand\":5}]}}}\n";
    struct arena *arena = arena_new(), *scratch = arena_new();
    struct finding_effort effort = {.runs = most};
    struct finding_small small;
    struct fuzz_case c = {0};
    struct fault fault;
    unsigned runs = 0;
    char left[4096];

    assert_int_equal(case_read(&c, arena, text, sizeof text - 1, &fault), 0);
    assert_int_equal(finding_minimise(&c, arena, &effort, has_key, &runs, &small, &fault), 0);
    left[case_write(&c, scratch, left, sizeof left - 1)] = '\0';
    assert_int_equal(small.runs, runs);
    assert_true(runs <= (most != 0 ? most : 100));
    assert_true(small.bytes_is <= small.bytes_was);
    assert_int_equal(small.whole, most == 0);
    assert_int_equal(has_key(&runs, &c, scratch, &fault), 1);
    if (wanted != NULL)
        assert_string_equal(left, wanted);
    arena_free(arena);
    arena_free(scratch);
}

static void
test_minimise(void **state)
{
    (void)state;
    minimise(
        0,
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"json_msg_array\":{\"$json\":[{\"message_seq\":0,"
        "\"message_elem_array\":[{\"elem_type\":7}]}]}}}\n");
    for (unsigned most = 1; most < 12; most++)
        minimise(most, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address),  cmocka_unit_test(test_recursion), cmocka_unit_test(test_undefined),
        cmocka_unit_test(test_others),   cmocka_unit_test(test_hostile),   cmocka_unit_test(test_command),
        cmocka_unit_test(test_minimise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
