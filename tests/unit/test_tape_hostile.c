// SPDX-License-Identifier: MIT
/* Tapes from strangers, broken tapes, and places where a tape cannot be written. */
#include "tape_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* A good tape with a call and two callbacks. */
static void
good(void)
{
    struct tape_writer *tape = create();
    for (unsigned i = 1; i < 6; i += 2) {
        struct tape_event back = event(i, "TIMCommCallback");
        back.args[0] = number(0);
        back.args[1] = words("");
        back.args[2] = words("{}");
        put(tape, &back);
    }
    finish(tape);
}

/* SQL on the tape from outside, as anybody can. */
static void
tamper(const char *statements)
{
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, statements, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", statements, message);
    sqlite3_close(db);
}

static void
write_file(const void *data, size_t bytes)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fwrite(data, 1, bytes, file);
    fclose(file);
}

static void
test_other_files(void **state)
{
    (void)state;
    unlink(path);
    refused("No such file");
    write_file("", 0);
    refused("empty");
    write_file("hello", 5);
    refused("not a SQLite file");
    char junk[8192];
    memset(junk, 'x', sizeof junk);
    write_file(junk, sizeof junk);
    refused("not a SQLite file");
    unlink(path);
    tamper("CREATE TABLE t (x)");
    refused("another application");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    refused("regular");
    unlink(path);
}

static void
test_marks(void **state)
{
    (void)state;
    good();
    tamper("PRAGMA user_version = 2");
    refused("newer");
    tamper("PRAGMA user_version = 0");
    refused("format version");
    tamper("PRAGMA user_version = 1; PRAGMA application_id = 7");
    refused("another application");
}

static void
test_schema(void **state)
{
    (void)state;
    good();
    tamper("ALTER TABLE event RENAME TO other; CREATE VIEW event AS SELECT * FROM other");
    refused("plain table");
    good();
    tamper("DROP TABLE hole");
    refused("hole");
    good();
    tamper("ALTER TABLE event DROP COLUMN threw");
    refused("threw");
    good();
    tamper("DROP TABLE loss; CREATE TABLE loss (thread, waits, waited_ns, dropped AS (zeroblob(1000000)))");
    refused("computed");
    good();
    tamper("DROP TABLE header; CREATE VIRTUAL TABLE header USING fts5(key, value)");
    refused("header");
    /* What is none of our business does not disturb. */
    good();
    tamper("CREATE TABLE notes (x); CREATE VIEW v AS SELECT load_extension('x');"
           "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM event; END;"
           "CREATE INDEX i ON event (thread); ALTER TABLE event ADD COLUMN later");
    struct tape_reader *tape = reopen();
    struct tape_event got;
    unsigned count = 0;
    while (tape_next(tape, &got, &fault) > 0)
        count++;
    assert_int_equal(count, 3);
    tape_close(tape);
}

static void
test_values(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "UPDATE event SET a1 = 'x' WHERE seq = 3",
        "UPDATE event SET a1 = 1.5 WHERE seq = 3",
        "UPDATE event SET a1 = NULL WHERE seq = 3",
        "UPDATE event SET a1 = 5000000000 WHERE seq = 3",
        "UPDATE event SET a2 = 7 WHERE seq = 3",
        "UPDATE event SET a2 = x'410042' WHERE seq = 3",
        "UPDATE event SET thread = 'x' WHERE seq = 3",
        "UPDATE event SET thread = -1 WHERE seq = 3",
        "UPDATE event SET at_ns = 'soon' WHERE seq = 3",
        "UPDATE event SET end_seq = 2 WHERE seq = 3",
        "UPDATE event SET cause = 3 WHERE seq = 3",
        "UPDATE event SET in_call = 4 WHERE seq = 3",
        "UPDATE event SET in_call = 1, in_callback = 1 WHERE seq = 3",
        "UPDATE event SET api = 77 WHERE seq = 3",
        "UPDATE event SET api = 'x' WHERE seq = 3",
        "UPDATE event SET seq = -3 WHERE seq = 3",
        "UPDATE event SET via = 9 WHERE seq = 3",
        "UPDATE event SET took_ns = -9 WHERE seq = 3",
    };
    for (unsigned i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        good();
        tamper(statements[i]);
        struct tape_reader *tape = tape_open(path, &fault);
        struct tape_event got;
        int more = -1;
        while (tape != NULL && (more = tape_next(tape, &got, &fault)) > 0)
            ;
        if (i == 15 && more == 0) {
            tape_close(tape); /* numbers below 1 are never asked for */
            continue;
        }
        if (more != -1 || fault.kind != FAULT_DATA)
            fail_msg("read after: %s", statements[i]);
        tape_close(tape);
    }
}

static void
test_descriptions(void **state)
{
    (void)state;
    good();
    tamper("UPDATE api SET name = x''");
    refused("name");
    good();
    tamper("UPDATE api SET returns = 'struct'");
    refused("type");
    good();
    tamper("UPDATE param SET type = 'double'");
    refused("type");
    good();
    tamper("UPDATE param SET pos = pos + 30");
    refused("position");
    good();
    tamper("INSERT INTO param VALUES (99, 1, 'x', 'i32', NULL)");
    refused("no function");
    good();
    tamper("UPDATE header SET value = x'4100' WHERE key = 'complete'");
    refused("header");
    good();
    tamper("INSERT INTO api VALUES (4000000000, 'x', 'sync', 'i32', NULL, NULL, NULL)");
    refused("out of range");
    /* A function of the future is read by its own description. */
    good();
    tamper("UPDATE api SET name = 'TIMFutureCallback'");
    struct tape_reader *tape = reopen();
    struct tape_event got;
    assert_int_equal(tape_next(tape, &got, &fault), 1);
    assert_null(got.entry);
    assert_string_equal(got.name, "TIMFutureCallback");
    assert_int_equal(got.args[0].type, TAPE_INT);
    tape_close(tape);
    /* So is one whose parameters are not those that we know. */
    tamper("UPDATE api SET name = 'TIMCommCallback'; UPDATE param SET type = 'i64' WHERE pos = 1");
    tape = reopen();
    assert_int_equal(tape_next(tape, &got, &fault), 1);
    assert_null(got.entry);
    tape_close(tape);
}

static void
test_truncated(void **state)
{
    (void)state;
    good();
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    for (off_t size = 1; size < status.st_size; size += size < 200 ? 13 : 16384) {
        good();
        assert_int_equal(truncate(path, size), 0);
        struct tape_reader *tape = tape_open(path, &fault);
        assert_null(tape);
        assert_int_equal(fault.kind, FAULT_DATA);
    }
}

/* Any byte may be anything: no crash, no endless loop; an error or an answer. */
static void
test_flipped(void **state)
{
    (void)state;
    good();
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    unsigned char *original = malloc((size_t)status.st_size);
    FILE *file = fopen(path, "r");
    assert_int_equal(fread(original, 1, (size_t)status.st_size, file), status.st_size);
    fclose(file);
    uint32_t random = 1;
    for (unsigned round = 0; round < 400; round++) {
        unsigned char *copy = malloc((size_t)status.st_size);
        memcpy(copy, original, (size_t)status.st_size);
        for (unsigned i = 0; i < 1 + round % 8; i++) {
            random = random * 1664525 + 1013904223;
            size_t at = round % 2 == 0 ? random % (size_t)status.st_size : random % 4096;
            copy[at] = (unsigned char)(random >> 24);
        }
        write_file(copy, (size_t)status.st_size);
        free(copy);
        struct tape_reader *tape = tape_open(path, &fault);
        struct tape_event got;
        struct tape_count count;
        unsigned events = 0;
        while (tape != NULL && events++ < 100 && tape_next(tape, &got, &fault) > 0)
            ;
        assert_true(events <= 100);
        while (tape != NULL && tape_next_count(tape, &count, &fault) > 0)
            ;
        if (tape != NULL)
            tape_check(tape, &fault);
        tape_close(tape);
    }
    free(original);
}

/* A file that may not grow any more is a full disk to SQLite. */
static void
test_full(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {600000, 600000};
        struct tape_writer *tape = tape_create(path, true, &fault);
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        char big[4000];
        memset(big, 'x', sizeof big);
        int result = 0;
        unsigned committed = 0;
        for (unsigned i = 1; i < 2000 && result == 0; i += 2) {
            struct tape_event back = event(i, "TIMLogCallback");
            back.args[0] = number(1);
            back.args[1] = text(big, sizeof big);
            result = tape_write_event(tape, &back, &fault);
            if (result == 0 && i % 16 == 15) {
                result = tape_commit(tape, &fault);
                committed = result == 0 ? i : committed;
            }
        }
        if (result == 0 || fault.kind != FAULT_CANNOT_RUN || committed == 0)
            _exit(1);
        tape_rollback(tape);
        tape_abandon(tape);
        /* What was committed is there. */
        struct tape_reader *reader = tape_open(path, &fault);
        struct tape_event got;
        unsigned last = 0;
        while (reader != NULL && tape_next(reader, &got, &fault) > 0)
            last = (unsigned)got.seq;
        tape_close(reader);
        _exit(last == committed ? 0 : 2);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    /* With room again it can be gone on with. */
    struct tape_writer *tape = tape_resume(path, &fault);
    assert_non_null(tape);
    finish(tape);
    struct tape_reader *reader = reopen();
    assert_true(tape_complete(reader));
    tape_close(reader);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_files),  cmocka_unit_test(test_marks),
        cmocka_unit_test(test_schema),       cmocka_unit_test(test_values),
        cmocka_unit_test(test_descriptions), cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_flipped),      cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
