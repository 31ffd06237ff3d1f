// SPDX-License-Identifier: MIT
/*
 * A tape's beginning and end. While recording the file is in WAL mode with synchronous off: that
 * survives the death of any process (only not of the machine), costs one sequential write per
 * commit, and lets other programs read meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "traces/tape_replace.h"
#include "traces/tape_writer.h"

#define LOCK_TRIES 20 /* a second */

/* ---- opening ---------------------------------------------------------------------------------- */

static void
release(struct tape_writer *tape)
{
    for (unsigned i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(tape->statements[i]);
    sqlite3_close(tape->db);
    /* Last: closing any descriptor of the file would drop SQLite's locks. */
    if (tape->lock >= 0)
        close(tape->lock);
    free(tape->path);
    free(tape);
}

static struct tape_writer *
fresh(const char *path, struct fault *fault)
{
    struct tape_writer *tape = calloc(1, sizeof *tape);
    if (tape == NULL || (tape->path = strdup(path)) == NULL) {
        free(tape);
        fault_errno(fault, FAULT_INTERNAL, "%s", path);
        return NULL;
    }
    tape->lock = -1;
    return tape;
}

static int
lock_file(struct tape_writer *tape, struct fault *fault)
{
    const struct timespec pause = {0, 50000000};
    int tries = 0;
    /* A recorder that was just killed holds its lock until the kernel has taken it apart. */
    while (flock(tape->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || tries++ == LOCK_TRIES)
            break;
        nanosleep(&pause, NULL);
    }
    if (tries <= LOCK_TRIES && flock(tape->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return fault_set(fault, FAULT_CANNOT_RUN, "%s: still being written by a living recorder", tape->path);
    return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot lock", tape->path);
}

static int
open_database(struct tape_writer *tape, struct fault *fault)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(tape->path, &tape->db, flags, NULL) != SQLITE_OK)
        return tape_writer_fault(tape, fault, "cannot open");
    sqlite3_db_config(tape->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(tape->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(tape->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_busy_timeout(tape->db, 5000);
    /* What is deleted (the recorder's state) is overwritten, not left in free pages. */
    return tape_db_exec(tape->db, fault, FAULT_CANNOT_RUN, tape->path,
                        "PRAGMA page_size=16384; PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL;"
                        "PRAGMA secure_delete=ON; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY");
}

static int
prepare(struct tape_writer *tape, struct fault *fault)
{
    for (unsigned i = 0; i < STATEMENTS; i++) {
        if (sqlite3_prepare_v3(tape->db, tape_statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &tape->statements[i], NULL) != SQLITE_OK)
            return tape_writer_fault(tape, fault, "cannot prepare");
    }
    return 0;
}

struct tape_writer *
tape_create(const char *path, bool replace, struct fault *fault)
{
    struct tape_writer *tape = fresh(path, fault);
    if (tape == NULL)
        return NULL;
    int aside = replace ? tape_set_aside(path, fault) : 0;
    if (aside < 0) {
        release(tape);
        return NULL;
    }
    tape->aside = aside > 0;
    tape->lock = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (tape->lock < 0) {
        if (errno == EEXIST)
            fault_set(fault, FAULT_USAGE, "%s exists already; give another name, or --force to replace it",
                      path);
        else
            fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot create the tape", path);
        if (tape->aside)
            tape_put_back(path);
        release(tape);
        return NULL;
    }
    char mark[80];
    snprintf(mark, sizeof mark, "PRAGMA application_id=%d; PRAGMA user_version=%d;", TAPE_APPLICATION_ID,
             TAPE_VERSION);
    /* The checkpoint: even a copy of the bare file, without its WAL, is known for a tape. */
    if (lock_file(tape, fault) != 0 || open_database(tape, fault) != 0 ||
        tape_db_exec(tape->db, fault, FAULT_CANNOT_RUN, path, "BEGIN") != 0 ||
        tape_db_exec(tape->db, fault, FAULT_CANNOT_RUN, path, mark) != 0 ||
        tape_db_exec(tape->db, fault, FAULT_CANNOT_RUN, path, tape_schema) != 0 ||
        tape_db_exec(tape->db, fault, FAULT_CANNOT_RUN, path, "COMMIT") != 0 ||
        tape_db_exec(tape->db, fault, FAULT_CANNOT_RUN, path, "PRAGMA wal_checkpoint(TRUNCATE)") != 0 ||
        prepare(tape, fault) != 0) {
        tape_discard(tape);
        return NULL;
    }
    return tape;
}

/* Which functions the tape has rows for already. */
static int
load_api(struct tape_writer *tape, struct fault *fault)
{
    static const char text[] = "SELECT a.api, a.name, a.kind = 'callback', a.returns, p.type FROM api AS a "
                               "LEFT JOIN param AS p ON p.api = a.api ORDER BY a.api, p.pos";
    sqlite3_stmt *rows = NULL;
    sqlite3_int64 last = 0;
    unsigned nparams = 0;
    uint8_t types[API_MAX_PARAMS];
    memset(tape->api, 0, sizeof tape->api);
    tape->apis = 0;
    int code = sqlite3_prepare_v2(tape->db, text, -1, &rows, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        sqlite3_int64 row = sqlite3_column_int64(rows, 0);
        const char *name = (const char *)sqlite3_column_text(rows, 1);
        const char *returns = (const char *)sqlite3_column_text(rows, 3);
        const char *type = (const char *)sqlite3_column_text(rows, 4);
        code = SQLITE_OK;
        if (row != last)
            nparams = 0;
        last = row;
        if (name == NULL || returns == NULL || row <= 0 || row >= UINT16_MAX || nparams == API_MAX_PARAMS)
            continue;
        if (type != NULL)
            types[nparams++] = (uint8_t)tape_type_of(type);
        if (row > tape->apis)
            tape->apis = (unsigned)row;
        /* A prefix of its parameters may be somebody else's signature: the longest one counts. */
        for (unsigned id = 0; id < API_ENTRIES; id++) {
            if (tape->api[id] == row)
                tape->api[id] = 0;
        }
        const struct api_entry *entry =
            tape_entry(name, sqlite3_column_int(rows, 2) != 0, tape_type_of(returns), nparams, types);
        if (entry != NULL)
            tape->api[entry->id] = (uint16_t)row;
    }
    sqlite3_finalize(rows);
    return code == SQLITE_DONE ? 0 : tape_writer_fault(tape, fault, "cannot read the functions");
}

struct tape_writer *
tape_resume(const char *path, struct fault *fault)
{
    /* The reader's checks first: what is resumed may come from anywhere. */
    struct tape_reader *check = tape_open(path, fault);
    if (check == NULL)
        return NULL;
    bool complete = tape_complete(check);
    tape_close(check);
    if (complete) {
        fault_set(fault, FAULT_DATA, "%s: the tape is finished; there is nothing to go on with", path);
        return NULL;
    }
    struct tape_writer *tape = fresh(path, fault);
    if (tape == NULL)
        return NULL;
    tape->lock = open(path, O_RDWR | O_CLOEXEC);
    if (tape->lock < 0) {
        fault_errno(fault, FAULT_CANNOT_RUN, "%s", path);
        release(tape);
        return NULL;
    }
    if (lock_file(tape, fault) != 0 || open_database(tape, fault) != 0 || load_api(tape, fault) != 0 ||
        tape_db_exec(
            tape->db, fault, FAULT_CANNOT_RUN, path,
            "CREATE TABLE IF NOT EXISTS state (key TEXT NOT NULL PRIMARY KEY, value BLOB) WITHOUT ROWID") !=
            0 ||
        prepare(tape, fault) != 0) {
        release(tape);
        return NULL;
    }
    return tape;
}

/* A file that calls itself a tape, with something of SQLite's beside it. */
static bool
has_rest(const char *path, int fd)
{
    static const char *const tails[] = {"-journal", "-wal"};
    unsigned char head[72];
    struct stat status;
    if (pread(fd, head, sizeof head, 0) != (ssize_t)sizeof head || memcmp(head, "SQLite format 3", 16) != 0 ||
        memcmp(head + 68, "TIMT", 4) != 0)
        return false;
    for (unsigned i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char name[4096];
        if (snprintf(name, sizeof name, "%s%s", path, tails[i]) < (int)sizeof name &&
            lstat(name, &status) == 0 && S_ISREG(status.st_mode))
            return true;
    }
    return false;
}

int
tape_settle(const char *path, bool fold, struct fault *fault)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return 0; /* opening it says what is wrong */
    struct tape_writer *tape = fresh(path, fault);
    if (tape == NULL)
        return -1;
    int result = 0;
    tape->lock = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (tape->lock >= 0 && has_rest(path, tape->lock)) {
        int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
        result = lock_file(tape, fault);
        if (result == 0 && sqlite3_open_v2(path, &tape->db, flags, NULL) != SQLITE_OK)
            result = tape_writer_fault(tape, fault, "cannot open");
        if (result == 0) {
            sqlite3_db_config(tape->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
            sqlite3_db_config(tape->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
            sqlite3_busy_timeout(tape->db, 5000);
            result =
                tape_db_exec(tape->db, fault, FAULT_DATA, path, "SELECT rootpage FROM sqlite_schema LIMIT 1");
        }
        if (result == 0 && fold)
            result = tape_db_exec(tape->db, fault, FAULT_CANNOT_RUN, path,
                                  "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE");
    }
    release(tape);
    return result;
}

/* ---- the end ---------------------------------------------------------------------------------- */

void
tape_rollback(struct tape_writer *tape)
{
    if (tape->db == NULL)
        return;
    if (!sqlite3_get_autocommit(tape->db))
        sqlite3_exec(tape->db, "ROLLBACK", NULL, NULL, NULL);
    tape->open = false;
    load_api(tape, NULL); /* rows of functions may have gone with it */
}

static int
exec(struct tape_writer *tape, struct fault *fault, const char *sql)
{
    return tape_db_exec(tape->db, fault, FAULT_CANNOT_RUN, tape->path, sql);
}

int
tape_finish(struct tape_writer *tape, bool complete, struct fault *fault)
{
    static const char checkpoint[] = "PRAGMA wal_checkpoint(TRUNCATE)";
    /* What takes room comes first: when the disk is full the tape can still be gone on with. */
    int result = tape_commit(tape, fault);
    if (result == 0)
        result = exec(tape, fault, checkpoint);
    if (result == 0)
        result = tape_write_meta(tape, "complete", complete ? "1" : "0", fault);
    for (unsigned i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(tape->statements[i]);
        tape->statements[i] = NULL;
    }
    /* The mark and the end of the state are one transaction: a tape is either to be gone on
     * with or finished, whatever happens in between. */
    if (result == 0)
        result = exec(tape, fault, "DROP TABLE IF EXISTS state");
    if (result == 0)
        result = exec(tape, fault, "COMMIT");
    /* Somebody who is reading just now keeps the tape in two files; it is complete all the same. */
    if (result == 0 && exec(tape, NULL, checkpoint) == 0)
        exec(tape, NULL, "PRAGMA journal_mode=DELETE");
    if (result == 0 && tape->aside)
        tape_drop_aside(tape->path);
    release(tape);
    return result;
}

void
tape_abandon(struct tape_writer *tape)
{
    if (tape == NULL)
        return;
    tape_rollback(tape);
    release(tape);
}

void
tape_discard(struct tape_writer *tape)
{
    if (tape == NULL)
        return;
    char *path = strdup(tape->path);
    bool aside = tape->aside;
    release(tape);
    if (path != NULL)
        tape_remove(path, NULL);
    if (path != NULL && aside)
        tape_put_back(path);
    free(path);
}
