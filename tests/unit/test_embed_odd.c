// SPDX-License-Identifier: MIT
// link: embed
// timtape/replay.h where things go otherwise: handlers that do not return, tapes that are none, several
// replays at once.
#include "embed_fixture.h"

#include <pthread.h>

/* ---- handlers that do not return, or go on themselves --------------------------------------------- */

static jmp_buf away;

static void
on_leap(const char *json, const void *user)
{
    note(json, user);
    longjmp(away, 1);
}

static void
on_step(const char *json, const void *user)
{
    char before[4096];
    int depth = got.times;

    note(json, user);
    snprintf(before, sizeof before, "%s", json);
    if (depth < 2)
        assert_int_equal(timtape_replay_step(got.replay), 1);
    assert_string_equal(before, json); /* still its own text */
    assert_string_equal(timtape_replay_current(got.replay)->json, json);
}

static void
test_leaving(void **state)
{
    struct timtape_replay *replay = opened(CHAT);

    (void)state;
    got.replay = replay;
    bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_leap, NULL);
    got.times = 0;
    if (setjmp(away) == 0)
        timtape_replay_step(replay);
    assert_int_equal(got.times, 1);
    if (setjmp(away) == 0)
        timtape_replay_step(replay);
    assert_int_equal(got.times, 2);
    assert_int_equal(timtape_replay_seek(replay, 0), 0);
    assert_null(timtape_replay_current(replay));
    bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_step, NULL);
    got.times = 0;
    assert_int_equal(timtape_replay_step(replay), 1);
    assert_int_equal(got.times, 3);
    timtape_replay_close(replay);
}

/* ---- bad tapes ------------------------------------------------------------------------------------ */

static void
cannot_open(const char *name, const char *says)
{
    strcpy(error, "");
    assert_null(timtape_replay_open(name, error, sizeof error));
    if (strstr(error, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error, says);
    assert_null(timtape_replay_open(name, NULL, 0));
}

static void
write_file(const char *bytes)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(bytes, file);
    fclose(file);
}

static void
test_bad_tapes(void **state)
{
    (void)state;
    cannot_open(NULL, "no path");
    cannot_open("/nowhere/x.tape", "/nowhere/x.tape");
    cannot_open(folder, folder);
    write_file("");
    cannot_open(path, path);
    write_file(
        "this is not a tape, and long enough to have a header of SQLite's length: no, really, it is not");
    cannot_open(path, "not a tape");
    write_file("{\"timtape\":1}\n{\"callback\":\"TIMRecvNewMsgCallback\",\"args\":{\"no_such\":1}}\n");
    cannot_open(path, ":2:");
    unlink(path);
    /* An argument of the wrong type, found while playing: before it all is delivered, it never is. */
    struct tape_writer *tape = create();
    put_message(tape, 1, words("first"));
    put_message(tape, 3, words("second"));
    finish(tape);
    free(sql("UPDATE event SET thread = -5 WHERE seq = 3"));
    struct timtape_replay *replay = opened(path);
    bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_message, NULL);
    assert_int_equal(timtape_replay_step(replay), 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(timtape_replay_step(replay), -1);
        error_says(replay, "event 3");
        assert_string_equal(got.text, "first");
    }
    assert_null(timtape_replay_peek(replay));
    error_says(replay, "event 3");
    assert_int_equal(timtape_replay_count(replay, NULL), -1);
    assert_int_equal(timtape_replay_run(replay, 0), -1);
    assert_int_equal(timtape_replay_seek(replay, 0), 0);
    assert_int_equal(timtape_replay_step(replay), 1);
    timtape_replay_close(replay);
}

static void
test_several(void **state)
{
    struct timtape_replay *replays[8];
    int rounds = 0;

    (void)state;
    for (int i = 0; i < 8; i++) {
        replays[i] = opened(CHAT);
        bind(replays[i], "TIMRecvNewMsgCallback", (timtape_function)on_message, &replays[i]);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 8; i++, rounds++) {
            assert_int_equal(timtape_replay_step(replays[i]), 1);
            assert_ptr_equal(got.user, &replays[i]);
        }
    }
    for (int i = 0; i < 8; i++) {
        assert_int_equal(timtape_replay_step(replays[i]), 0);
        timtape_replay_close(replays[i]);
    }
}

/* No global state: one replay a thread. */
static void
on_count(const char *json, const void *user)
{
    *(int *)user += json[0] == '[';
}

static void *
play(void *user)
{
    char why[512];
    struct timtape_replay *replay = timtape_replay_open(CHAT, why, sizeof why);

    if (replay == NULL)
        return "cannot open";
    timtape_replay_bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_count, user);
    timtape_replay_bind(replay, "TIMNothing", (timtape_function)on_count, user);
    int64_t delivered = timtape_replay_run(replay, 0);
    if (delivered == 3)
        delivered = timtape_replay_seek(replay, 0) == 0 ? timtape_replay_run(replay, 0) : -1;
    timtape_replay_close(replay);
    return delivered == 3 ? NULL : "cannot play";
}

static void
test_threads(void **state)
{
    pthread_t threads[4];
    int counts[4] = {0};

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, play, &counts[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong;

        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
        assert_int_equal(counts[i], 6);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaving),
        cmocka_unit_test_setup_teardown(test_bad_tapes, folder_make, folder_remove),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
