// SPDX-License-Identifier: MIT
// link: host producer
/* Ring records become events on a tape: pairing, strings in parts, threads, tokens, and exactly once
 * when the recorder is killed anywhere. The test is the producer, too. */
#include "tape_fixture.h"

#include <pthread.h>
#include <sys/wait.h>

#include "recorder/command.h"
#include "recorder/inbox.h"
#include "recorder/map.h"
#include "ring/producer.h"

static struct ring_reader *ring;
static struct inbox inbox;

static void
begin(uint64_t slot_bytes)
{
    struct ring_options options = {.slots = 8, .slot_bytes = slot_bytes};
    ring = ring_create(&options, &fault);
    if (ring == NULL)
        fail_msg("%s", fault.text);
    setenv(RING_ENV_SESSION, ring_path(ring), 1);
    struct tape_writer *tape = create();
    assert_int_equal(inbox_open(&inbox, ring, tape, &fault), 0);
    assert_int_equal(tape_write_state(tape, "ring", ring_path(ring), strlen(ring_path(ring)), &fault), 0);
    assert_int_equal(tape_commit(tape, &fault), 0);
}

static size_t
take(size_t limit)
{
    size_t seen;
    assert_int_equal(ring_drain(ring, limit, inbox_take, &inbox, &seen), 0);
    return seen;
}

static void
flush(void)
{
    if (inbox_flush(&inbox, &fault) != 0)
        fail_msg("%s", fault.text);
}

static void
end(void)
{
    struct tape_writer *tape = inbox.tape;
    inbox_close(&inbox);
    ring_destroy(ring, true);
    finish(tape);
}

/* The recorder is killed: nothing of it is left but files; another one takes them up. */
static void
kill_and_resume(void)
{
    char name[256];
    snprintf(name, sizeof name, "%s", ring_path(ring));
    tape_abandon(inbox.tape);
    inbox_close(&inbox);
    ring_destroy(ring, false);
    ring = ring_attach(name, &fault);
    if (ring == NULL)
        fail_msg("%s", fault.text);
    struct tape_writer *tape = tape_resume(path, &fault);
    assert_non_null(tape);
    assert_int_equal(inbox_open(&inbox, ring, tape, &fault), 0);
    struct tape_reader *people = reopen();
    assert_int_equal(inbox_restore_people(&inbox, people, &fault), 0);
    tape_close(people);
    if (inbox_restore(&inbox, &fault) != 0)
        fail_msg("%s", fault.text);
}

/* ---- producing -------------------------------------------------------------------------------- */

/* Runs in a child: this process may attach to one session only. */
static void
in_child(void (*work)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close_range(3, ~0u, 0); /* the tape's lock would live on in the child */
        work();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static uint64_t
comm_enter(uint64_t parent, uint64_t cause, int64_t code, const char *json)
{
    uint16_t id = api_find("TIMCommCallback")->id;
    struct ring_piece pieces[] = {
        {&code, sizeof code, false}, {"ok", 2, true}, {json, json != NULL ? strlen(json) : 0, true}};
    return ring_put(RING_BACK_ENTER, 0, id, parent, cause, pieces, 3);
}

static void
comm_leave(uint64_t enter)
{
    ring_put(RING_BACK_LEAVE, 0, api_find("TIMCommCallback")->id, enter, 0, NULL, 0);
}

static uint64_t
send_enter(const char *json, uint64_t fn)
{
    const struct api_entry *entry = api_find("TIMMsgSendMessage");
    struct ring_piece pieces[API_MAX_PARAMS];
    static const int64_t type = 1;
    static const uint32_t none = 0;
    unsigned count = 0;
    for (unsigned i = 0; i < entry->nparams; i++) {
        const struct api_param *param = &entry->params[i];
        if (param->type == API_I32)
            pieces[count++] = (struct ring_piece){&type, sizeof type, false};
        else if (param->type == API_STR)
            pieces[count++] = (struct ring_piece){json, strlen(json), true};
        else if (param->type == API_OUT)
            pieces[count++] = (struct ring_piece){&none, sizeof none, false};
        else if (param->type == API_FN)
            pieces[count++] = (struct ring_piece){&fn, sizeof fn, false};
    }
    return ring_put(RING_CALL_ENTER, 0, entry->id, 0, 0, pieces, count);
}

static void
send_leave(uint64_t enter, const char *id)
{
    int64_t result = 0;
    struct ring_piece pieces[] = {{&result, sizeof result, false}, {id, strlen(id), true}};
    ring_put(RING_CALL_LEAVE, 0, api_find("TIMMsgSendMessage")->id, enter, 0, pieces, 2);
}

static void
produce_nested(void)
{
    uint64_t call = send_enter("{}", 0x1000), back = comm_enter(call, call, 6013, "[1]");
    comm_leave(back);
    send_leave(call, "message-1");
    uint64_t second = send_enter("{}", 0x2000);
    send_leave(second, "message-2");
    uint64_t third = send_enter("{}", 0x1000);
    (void)third; /* in flight */
    comm_leave(comm_enter(0, call, 0, NULL));
}

static void
test_pairing(void **state)
{
    (void)state;
    begin(1 << 20);
    in_child(produce_nested);
    /* One record a batch: each leave edge comes in another transaction than its enter edge. */
    while (take(1) > 0) {
        flush();
        ring_release(ring);
    }
    assert_int_equal(inbox.open.used, 1);
    assert_int_equal(inbox.damaged, 0);
    assert_int_equal(inbox_missing(&inbox), 0);
    end();
    sql_is(
        "SELECT group_concat(seq || ':' || code || ':' || coalesce(json, 'null') || ':' || cause || ':' || "
        "coalesce(in_call, '-')) FROM callbacks",
        "2:6013:[1]:1:1,8:0:null:1:-");
    sql_is("SELECT group_concat(result) FROM calls", "0,0");
    sql_is("SELECT group_concat(json_extract(args, '$.message_id_buffer')) FROM calls",
           "message-1,message-2");
    sql_is("SELECT seq FROM in_flight", "7");
    /* Equal pointers, equal tokens, in order of first sight. */
    sql_is("SELECT group_concat(a5) FROM event JOIN api USING (api) WHERE name = 'TIMMsgSendMessage'",
           "1,2,1");
    sql_is("SELECT count(*) FROM threads WHERE thread = 1", "1");
}

/* Both batches of one and all at once give the same tape. */
static void
test_batches(void **state)
{
    (void)state;
    char *one;
    static const char all[] =
        "SELECT group_concat(quote(seq) || quote(end_seq) || quote(result) || quote(a1) || quote(a3) || "
        "quote(a4) || quote(a5) || quote(in_call)) FROM event";
    begin(1 << 20);
    in_child(produce_nested);
    while (take(1) > 0)
        flush();
    end();
    one = sql(all);
    begin(1 << 20);
    in_child(produce_nested);
    take(0);
    flush();
    end();
    sql_is(all, one);
    free(one);
}

/* Killed after any number of records, having committed or not, having released or not. */
static void
test_resumed(void **state)
{
    (void)state;
    for (size_t at = 0; at < 12; at++) {
        for (unsigned how = 0; how < 3; how++) {
            begin(1 << 20);
            in_child(produce_nested);
            take(at);
            if (how > 0)
                flush();
            if (how > 1)
                ring_release(ring);
            if (at == 0)
                take(1); /* limit 0 takes all: then nothing is left */
            kill_and_resume();
            while (take(1) > 0)
                flush();
            /* Nothing was read a second time, either. */
            assert_int_equal(inbox.damaged, 0);
            end();
            sql_is("SELECT group_concat(seq) FROM event", "1,2,5,7,8");
            sql_is("SELECT group_concat(end_seq) FROM event", "4,3,6,9");
            sql_is("SELECT group_concat(a5) FROM event JOIN api USING (api) WHERE name = 'TIMMsgSendMessage'",
                   "1,2,1");
            sql_is("SELECT count(*) FROM thread", "1");
            sql_is("SELECT count(*) FROM hole", "0");
        }
    }
}

#define LONG (3 << 20)
static char *long_text;

static void
produce_long(void)
{
    struct ring_piece pieces[] = {{&(int64_t){7}, 8, false}, {long_text, 100, true}, {long_text, LONG, true}};
    uint64_t seq = ring_put(RING_BACK_ENTER, 0, api_find("TIMCommCallback")->id, 0, 0, pieces, 3);
    comm_leave(seq);
    comm_leave(comm_enter(0, 0, 1, "{}"));
}

/* A string longer than the ring, the recorder killed in the middle of it. */
static void
test_long(void **state)
{
    (void)state;
    long_text = malloc(LONG);
    for (unsigned i = 0; i < LONG; i++)
        long_text[i] = (char)('a' + i % 26);
    for (unsigned kill_at = 0; kill_at < 40; kill_at += 9) {
        begin(1 << 18);
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
            close_range(3, ~0u, 0);
            produce_long();
            _exit(0);
        }
        unsigned batches = 0;
        int status = 0;
        bool gone = false;
        for (;;) {
            size_t seen = take(1);
            flush();
            ring_release(ring);
            if (seen > 0 && ++batches == kill_at)
                kill_and_resume();
            if (seen == 0 && gone)
                break;
            if (seen == 0)
                gone = waitpid(pid, &status, WNOHANG) == pid;
        }
        assert_int_equal(status, 0);
        assert_int_equal(inbox.damaged, 0);
        end();
        sql_is("SELECT length(json) || substr(json, 1000000, 5) FROM callbacks WHERE code = 7",
               "3145728nopqr");
        sql_is("SELECT count(*) FROM callbacks", "2");
    }
    free(long_text);
}

static void
produce_people(void)
{
    comm_leave(comm_enter(0, 0, 1, "parent"));
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        comm_leave(comm_enter(0, 0, 2, "child"));
        ring_put(RING_EXIT, 0, 0, 0, 0, NULL, 0);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    struct ring_piece sdk[] = {{"/opt/x/libImSDK.so", 18, true}, {"8.0.1", 5, true}};
    ring_put(RING_SDK, 0, 0, 0, 0, sdk, 2);
    uint64_t hash = ring_hash("hidden!", 7);
    uint32_t bytes = 7;
    ring_put(RING_SECRET, 0, 0, 0, 0,
             (struct ring_piece[]){{&hash, sizeof hash, false}, {&bytes, sizeof bytes, false}}, 2);
    ring_put(RING_EXIT, 0, 0, 0, 0, NULL, 0);
}

static void
test_people(void **state)
{
    (void)state;
    begin(1 << 20);
    in_child(produce_people);
    take(0);
    flush();
    assert_true(inbox.sdk_seen);
    assert_int_equal(inbox.nprocesses, 2);
    char *argv[] = {(char *)"./my app",          (char *)"--user",
                    (char *)"--user-sig=abcdef", (char *)"--password",
                    (char *)"hunter2",           (char *)"sh -c 'x hidden!' hidden",
                    (char *)"hidden!hidden!",    NULL};
    char *command = command_words(argv, inbox.masks, inbox.nmasks);
    assert_string_equal(command,
                        "'./my app' --user --user-sig=*** --password *** 'sh -c '\\''x ***'\\'' hidden' ***");
    free(command);
    end();
    sql_is("SELECT count(DISTINCT pid) FROM threads", "2");
    sql_is("SELECT group_concat(json) FROM callbacks", "parent,child");
    sql_is("SELECT value FROM meta WHERE key = 'sdk_path'", "libImSDK.so");
    sql_is("SELECT value FROM meta WHERE key = 'sdk_version'", "8.0.1");
    sql_is("SELECT count(*) FROM processes WHERE exit_seq IS NOT NULL", "2");
}

/* What a mad app may put into its ring. */
static void
produce_nonsense(void)
{
    uint16_t comm = api_find("TIMCommCallback")->id, log = api_find("TIMInit")->id;
    uint32_t many = 4000000;
    struct ring_piece wrong = {&many, sizeof many, false};
    ring_put(RING_BACK_ENTER, 0, comm, 0, 0, NULL, 0);
    ring_put(RING_BACK_ENTER, 0, comm, 0, 0, &wrong, 1);
    ring_put(RING_CALL_ENTER, 0, comm, 0, 0, NULL, 0);
    ring_put(RING_BACK_ENTER, 0, log, 0, 0, NULL, 0);
    ring_put(RING_CALL_ENTER, 0, 60000, 0, 0, NULL, 0);
    ring_put(RING_CALL_LEAVE, 0, log, 12345, 0, NULL, 0);
    ring_put(RING_BACK_LEAVE, 0, comm, 1, 0, NULL, 0);
    ring_put(RING_CHUNK, 0, 0, 0, 1u << 30, &wrong, 1);
    ring_put(RING_SECRET, 0, 0, 0, 0, NULL, 0);
    ring_put(RING_SDK, 0, 0, 0, 0, &wrong, 1);
    ring_put(RING_ABSENT, 0, 0, 0, 1000, &wrong, 1);
    comm_leave(comm_enter(77777, 88888, 1, "{}"));
}

static void
test_nonsense(void **state)
{
    (void)state;
    begin(1 << 20);
    in_child(produce_nonsense);
    take(0);
    flush();
    assert_true(inbox.damaged >= 8);
    end();
    sql_is("SELECT json || coalesce(in_call, '-') || coalesce(cause, '-') FROM callbacks", "{}--");
}

static void
test_holes(void **state)
{
    (void)state;
    begin(1 << 20);
    atomic_store(&ring_header(ring)->seq, 3); /* 1 to 3 went to somebody who died */
    in_child(produce_nested);
    while (take(0) > 0)
        ;
    assert_int_equal(inbox_missing(&inbox), 3);
    atomic_fetch_add(&ring_header(ring)->seq, 2);
    inbox_tail(&inbox, ring_header(ring)->seq);
    assert_int_equal(inbox_missing(&inbox), 5);
    assert_int_equal(inbox.nholes, 2);
    flush();
    end();
}

/* A process that scribbles over its ring must not cost the tape: numbers that come twice, counters
 * past what SQLite can hold. */
static void
test_scribbled(void **state)
{
    (void)state;
    begin(1 << 20);
    in_child(produce_nested);
    take(0);
    uint64_t last = ring_header(ring)->seq, calls = inbox.calls;
    flush();
    atomic_store(&ring_header(ring)->seq, 0);
    in_child(produce_nested);
    assert_int_equal(ring_header(ring)->seq, last);
    take(0);
    assert_int_equal(inbox.damaged, last);
    assert_int_equal(inbox.calls, calls);
    for (unsigned i = 0; i < 8; i++) {
        ring_slot_header(ring, i)->dropped = UINT64_MAX;
        ring_slot_header(ring, i)->waited_ns = INT64_MAX;
        inbox_losses(&inbox, i);
        ring_slot_header(ring, i)->waited_ns = UINT64_MAX;
        inbox_losses(&inbox, i);
    }
    flush();
    end();
    struct tape_reader *tape = reopen();
    struct tape_loss loss;
    unsigned losses = 0;
    int more;
    while ((more = tape_next_loss(tape, &loss, &fault)) > 0) {
        losses++;
        assert_int_equal(loss.dropped, INT64_MAX);
        assert_int_equal(loss.waited_ns, INT64_MAX);
    }
    assert_int_equal(more, 0);
    assert_true(losses > 0);
    tape_close(tape);
}

static void
test_map(void **state)
{
    (void)state;
    struct map map = {0};
    static uint8_t there[5000];
    uint32_t random = 7;
    for (unsigned i = 0; i < 200000; i++) {
        random = random * 1664525 + 1013904223;
        uint64_t key = 1 + (random >> 8) % 4999;
        if (random >> 31) {
            assert_int_equal(map_put(&map, key, key * 3), 0);
            there[key] = 1;
        } else {
            map_delete(&map, key);
            there[key] = 0;
        }
    }
    size_t count = 0;
    for (uint64_t key = 1; key < 5000; key++) {
        const uint64_t *value = map_get(&map, key);
        assert_int_equal(value != NULL, there[key]);
        if (value != NULL)
            assert_int_equal(*value, key * 3);
        count += there[key];
    }
    assert_int_equal(map.used, count);
    map_free(&map);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map),      cmocka_unit_test(test_pairing), cmocka_unit_test(test_batches),
        cmocka_unit_test(test_resumed),  cmocka_unit_test(test_long),    cmocka_unit_test(test_people),
        cmocka_unit_test(test_nonsense), cmocka_unit_test(test_holes),   cmocka_unit_test(test_scribbled),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
