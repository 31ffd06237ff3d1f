// SPDX-License-Identifier: MIT
/*
 * Opening a tape to read. A tape from a stranger is hostile: it is opened read-only, with
 * SQLite's own defences on, nothing of its schema is ever run (no view, trigger or function:
 * an authorizer sees to it), and its tables are checked to be plain tables with
 * the columns we ask for. Damage inside is found by SQLite while reading.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "traces/tape_reader.h"

static int
bad(struct tape_reader *tape, struct fault *fault, const char *what)
{
    return fault_set(fault, FAULT_DATA, "%s: %s", tape->path, what);
}

static uint32_t
big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* SQLite opens what lies beside a database under these names; a FIFO there would hang it. */
static int
check_side_files(struct tape_reader *tape, struct fault *fault)
{
    static const char *const tails[] = {"-wal", "-shm", "-journal"};
    for (unsigned i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char name[4096];
        struct stat status;
        if (snprintf(name, sizeof name, "%s%s", tape->path, tails[i]) < (int)sizeof name &&
            lstat(name, &status) == 0 && !S_ISREG(status.st_mode))
            return fault_set(fault, FAULT_DATA, "%s: not a regular file, so %s is not opened; remove it",
                             name, tape->path);
    }
    return 0;
}

/* Before SQLite opens it: a FIFO given as a tape must not hang us. */
static int
check_file(struct tape_reader *tape, struct fault *fault)
{
    struct stat status;
    if (stat(tape->path, &status) != 0)
        return fault_errno(fault, FAULT_DATA, "%s: cannot open", tape->path);
    if (!S_ISREG(status.st_mode))
        return bad(tape, fault, "not a tape (not a regular file)");
    if (status.st_size == 0)
        return bad(tape, fault, "not a tape (the file is empty)");
    return check_side_files(tape, fault);
}

/* With a WAL beside it the file itself may end early: its recorder died between the two. */
static bool
has_wal(const char *path)
{
    char name[4096];
    struct stat status;
    return snprintf(name, sizeof name, "%s-wal", path) < (int)sizeof name && stat(name, &status) == 0 &&
           status.st_size > 0;
}

/* The file's first 100 bytes tell what it is, before SQLite makes anything of it. Read through
 * SQLite's own descriptor: closing another one would drop the locks of a writer in this process. */
static int
check_head(struct tape_reader *tape, struct fault *fault)
{
    unsigned char head[100];
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    if (sqlite3_file_control(tape->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        file == NULL || file->pMethods == NULL || file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return tape_db_fault(tape->db, fault, FAULT_DATA, tape->path, "cannot open");
    if (file->pMethods->xRead(file, head, sizeof head, 0) != SQLITE_OK)
        return bad(tape, fault, "not a tape (not a SQLite file)");
    if (memcmp(head, "version https://git-lfs", 23) == 0)
        return bad(tape, fault,
                   "not a tape, but what Git LFS leaves in its place; `git lfs pull` fetches it");
    if (memcmp(head, "SQLite format 3", 16) != 0)
        return bad(tape, fault, "not a tape (not a SQLite file)");
    if (big_endian(head + 68) == 0 && big_endian(head + 28) <= 1)
        return bad(tape, fault,
                   "not a tape (an empty database: a recorder killed before the app began leaves one; "
                   "remove it and record again)");
    if (big_endian(head + 68) != TAPE_APPLICATION_ID)
        return bad(tape, fault, "not a tape (a SQLite file of another application)");
    if (big_endian(head + 56) != 1)
        return bad(tape, fault, "not a tape (its text is not UTF-8)");
    uint32_t version = big_endian(head + 60);
    if (version > TAPE_VERSION)
        return fault_set(fault, FAULT_DATA,
                         "%s: tape format %u is newer than this timtape (format %d); use a newer timtape",
                         tape->path, version, TAPE_VERSION);
    if (version == 0)
        return bad(tape, fault, "not a tape (no format version)");
    uint32_t page = (uint32_t)head[16] << 8 | head[17];
    if (page == 1)
        page = 65536;
    uint64_t whole = (uint64_t)page * big_endian(head + 28);
    if (big_endian(head + 24) == big_endian(head + 92) && (uint64_t)size < whole && !has_wal(tape->path))
        return fault_set(fault, FAULT_DATA, "%s: truncated: %llu of %llu bytes are there; copy it again",
                         tape->path, (unsigned long long)size, (unsigned long long)whole);
    return 0;
}

/* Only reading of plain tables; no view, no trigger, no attached file, no function but those
 * that our own queries use. */
static int
authorize(void *context, int action, const char *first, const char *second, const char *third,
          const char *inner)
{
    (void)context;
    (void)third;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
        return inner == NULL ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA:
        return SQLITE_OK; /* ours: a tape cannot issue statements */
    case SQLITE_FUNCTION:
        return strcmp(second, "count") == 0 || strcmp(second, "min") == 0 || strcmp(second, "max") == 0
                   ? SQLITE_OK
                   : SQLITE_DENY;
    case SQLITE_TRANSACTION:
        return first == NULL || strcmp(first, "ROLLBACK") == 0 || strcmp(first, "BEGIN") == 0 ||
                       strcmp(first, "COMMIT") == 0
                   ? SQLITE_OK
                   : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

static void
harden(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 100);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
    sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 200);
    sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 5);
    sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
    sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
}

/* Every column we ask for is there, and none is computed. */
static int
check_columns(struct tape_reader *tape, const struct tape_table *table, struct fault *fault)
{
    char sql[96], wanted[256], found[1024] = " ";
    snprintf(sql, sizeof sql, "PRAGMA main.table_xinfo(%s)", table->name);
    sqlite3_stmt *rows;
    if (sqlite3_prepare_v2(tape->db, sql, -1, &rows, NULL) != SQLITE_OK)
        return tape_db_fault(tape->db, fault, FAULT_DATA, tape->path, "cannot read the schema");
    int code;
    bool plain = true;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(rows, 1);
        size_t used = strlen(found);
        if (sqlite3_column_int(rows, 6) != 0)
            plain = false;
        if (name != NULL && used + strlen(name) + 2 < sizeof found)
            snprintf(found + used, sizeof found - used, "%s ", name);
    }
    sqlite3_finalize(rows);
    if (code != SQLITE_DONE)
        return tape_db_fault(tape->db, fault, FAULT_DATA, tape->path, "cannot read the schema");
    if (!plain)
        return fault_set(fault, FAULT_DATA, "%s: not a proper tape: table %s has computed columns",
                         tape->path, table->name);
    snprintf(wanted, sizeof wanted, "%s", table->columns);
    char *rest = NULL;
    for (char *word = strtok_r(wanted, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        char spaced[64];
        snprintf(spaced, sizeof spaced, " %s ", word);
        if (strstr(found, spaced) == NULL)
            return fault_set(fault, FAULT_DATA, "%s: not a proper tape: table %s has no column %s",
                             tape->path, table->name, word);
    }
    return 0;
}

static int
check_tables(struct tape_reader *tape, struct fault *fault)
{
    sqlite3_stmt *row;
    if (sqlite3_prepare_v2(tape->db, "SELECT type, rootpage FROM main.sqlite_schema WHERE name = ?1", -1,
                           &row, NULL) != SQLITE_OK)
        return tape_db_fault(tape->db, fault, FAULT_DATA, tape->path, "cannot read the schema");
    int result = 0;
    for (unsigned i = 0; i < tape_table_count && result == 0; i++) {
        const struct tape_table *table = &tape_tables[i];
        sqlite3_bind_text(row, 1, table->name, -1, SQLITE_STATIC);
        int code = sqlite3_step(row);
        if (code != SQLITE_ROW && code != SQLITE_DONE) {
            result = tape_db_fault(tape->db, fault, FAULT_DATA, tape->path, "cannot read the schema");
        } else {
            const char *type = code == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
            /* A virtual table has no root page. */
            if (type == NULL || strcmp(type, "table") != 0 || sqlite3_column_int64(row, 1) <= 0)
                result = fault_set(fault, FAULT_DATA, "%s: not a proper tape: %s is not a plain table",
                                   tape->path, table->name);
        }
        sqlite3_reset(row);
        if (result == 0)
            result = check_columns(tape, table, fault);
    }
    sqlite3_finalize(row);
    return result;
}

static int
open_database(struct tape_reader *tape, struct fault *fault)
{
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(tape->path, &tape->db, flags, NULL) != SQLITE_OK)
        return tape_db_fault(tape->db, fault, FAULT_DATA, tape->path, "cannot open");
    harden(tape->db);
    if (check_head(tape, fault) != 0)
        return -1;
    sqlite3_busy_timeout(tape->db, 2000);
    if (sqlite3_exec(tape->db, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA query_only=ON", NULL,
                     NULL, NULL) != SQLITE_OK)
        return tape_db_fault(tape->db, fault, FAULT_DATA, tape->path, "cannot open");
    sqlite3_set_authorizer(tape->db, authorize, NULL);
    /* One snapshot for everything that follows, also of a tape that is still being written. */
    if (sqlite3_exec(tape->db, "BEGIN; SELECT rootpage FROM main.sqlite_schema", NULL, NULL, NULL) !=
        SQLITE_OK) {
        int code = sqlite3_errcode(tape->db);
        if (sqlite3_extended_errcode(tape->db) == SQLITE_READONLY_ROLLBACK)
            return fault_set(fault, FAULT_DATA,
                             "%s: its recorder was killed while finishing it; run `timtape recover %s`",
                             tape->path, tape->path);
        if (code == SQLITE_CANTOPEN || code == SQLITE_READONLY)
            return fault_set(
                fault, FAULT_DATA,
                "%s: unfinished, and its folder cannot be written to; copy it with its -wal file to "
                "a folder of your own and run `timtape recover` there",
                tape->path);
        return tape_db_fault(tape->db, fault, FAULT_DATA, tape->path, "damaged");
    }
    return 0;
}

struct tape_reader *
tape_open(const char *path, struct fault *fault)
{
    struct tape_reader *tape = calloc(1, sizeof *tape);
    if (tape == NULL || (tape->path = strdup(path)) == NULL) {
        free(tape);
        fault_errno(fault, FAULT_INTERNAL, "%s", path);
        return NULL;
    }
    if (check_file(tape, fault) != 0 || open_database(tape, fault) != 0 || check_tables(tape, fault) != 0 ||
        tape_load(tape, fault) != 0) {
        tape_close(tape);
        return NULL;
    }
    return tape;
}

void
tape_close(struct tape_reader *tape)
{
    if (tape == NULL)
        return;
    for (unsigned i = 0; i < QUERIES; i++)
        sqlite3_finalize(tape->queries[i]);
    sqlite3_close(tape->db);
    for (unsigned i = 0; i < tape->napis; i++)
        free(tape->apis[i].name);
    for (unsigned i = 0; i < tape->nmeta; i++) {
        free(tape->meta[i].key);
        free(tape->meta[i].value);
    }
    free(tape->apis);
    free(tape->meta);
    free(tape->path);
    free(tape);
}
