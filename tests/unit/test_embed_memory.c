// SPDX-License-Identifier: MIT
// link: embed
// timtape/replay.h without memory: every single allocation fails once; nothing crashes, nothing leaks, every
// error is told, and what failed can be done again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "memory_fixture.h"
#include "replay/embed/replay.h"
#include "traces/scenario.h"

#ifndef SANITIZED
static struct timtape_replay *replay;
static int messages, results;
static bool answered;

static void
on_result(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)desc;
    (void)user;
    results += code == 0 && json != NULL;
}

static void
on_message(const char *json, const void *user)
{
    static const char text[] = "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"yes!\"}]}";
    char id[128];

    (void)user;
    messages++;
    if (strstr(json, "report?") == NULL)
        return;
    for (int tries = 0; tries < 2 && !answered; tries++) {
        answered =
            timtape_replay_expect(replay, "TIMMsgSendMessage", "bob", 1, text, id, on_result, NULL) != NULL;
        assert_true(answered || timtape_replay_error(replay)[0] != '\0');
    }
}

/* -1: not opened; else whether all came, after each step that failed was tried again. */
static int
work(const char *path)
{
    char error[256] = "";
    int bound, step, tries = 0;

    messages = results = 0;
    answered = false;
    replay = timtape_replay_open(path, error, sizeof error);
    if (replay == NULL) {
        assert_true(error[0] != '\0');
        return -1;
    }
    for (tries = 0; tries < 2; tries++) {
        bound = timtape_replay_bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_message, NULL);
        if (bound == 0)
            break;
        assert_true(timtape_replay_error(replay)[0] != '\0');
    }
    assert_int_equal(bound, 0);
    int64_t count = timtape_replay_count(replay, "TIMCommCallback:TIMMsgSendMessage");
    assert_true(count == 2 || (count == -1 && timtape_replay_error(replay)[0] != '\0'));
    for (tries = 0; tries < 2;) {
        step = timtape_replay_step(replay);
        if (step == 0)
            break;
        assert_true(step == 1 || timtape_replay_error(replay)[0] != '\0');
        tries += step < 0;
    }
    assert_int_equal(step, 0);
    timtape_replay_close(replay);
    return messages == 3 && results == 1 && answered;
}

static void
no_allocation_is_trusted(void **state)
{
    char imported[256];
    struct fault fault;
    struct tape_reader *tape =
        scenario_open("traces/samples/chat.ndjson", NULL, imported, sizeof imported, &fault);

    (void)state;
    assert_non_null(tape);
    tape_close(tape);
    assert_int_equal(work(imported), 1);
    long before = blocks;
    assert_int_equal(work(imported), 1);
    assert_int_equal(blocks, before);
    bool failed = true;
    long tried = 0, unopened = 0;
    for (; failed; tried++) {
        left = tried;
        int all = work(imported);
        failed = left == -1; /* it came to the allocation that fails */
        left = -1;
        if (blocks != before)
            fail_msg("allocation %ld: %ld blocks are left", tried, blocks - before);
        unopened += all < 0;
        assert_true(all != 0);
    }
    assert_true(tried > 100 && unopened > 50 && unopened < tried - 10);
    scenario_forget(imported);
}
#else
static void
no_allocation_is_trusted(void **state)
{
    (void)state;
    print_message("sanitizers bring their own allocator\n");
    skip();
}
#endif

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_allocation_is_trusted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
