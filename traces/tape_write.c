// SPDX-License-Identifier: MIT
/*
 * The tape's writer. While recording the file is in WAL mode with synchronous off: that
 * survives the death of any process (only not of the machine), costs one sequential write per
 * commit, and lets other programs read meanwhile. One INSERT per event, values bound where
 * they lie (nothing is copied before SQLite builds the row).
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

#include "traces/tape.h"
#include "traces/tape_schema.h"
#include "traces/utf8.h"

#define LOCK_TRIES 20 /* a second */

enum statement {
    PUT_EVENT,
    PUT_LEAVE,
    PUT_API,
    PUT_PARAM,
    PUT_THREAD,
    PUT_PROCESS,
    PUT_LOSS,
    PUT_HOLE,
    PUT_META,
    PUT_STATE,
    DROP_STATE,
    GET_STATE,
    STATEMENTS
};

static const char *const texts[STATEMENTS] = {
    [PUT_EVENT] =
        "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
        "?16, ?17, ?18, ?19, ?20)",
    /* An out-buffer is known only now; any other argument stays what it was. */
    [PUT_LEAVE] =
        "UPDATE event SET threw = ?2, end_seq = ?3, took_ns = coalesce(?4, ?5 - at_ns), result = ?6, "
        "a1 = coalesce(?7, a1), a2 = coalesce(?8, a2), a3 = coalesce(?9, a3), a4 = coalesce(?10, a4), "
        "a5 = coalesce(?11, a5), a6 = coalesce(?12, a6), a7 = coalesce(?13, a7), a8 = coalesce(?14, a8) "
        "WHERE seq = ?1",
    [PUT_API] = "INSERT INTO api VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [PUT_PARAM] = "INSERT INTO param VALUES (?1, ?2, ?3, ?4, ?5)",
    [PUT_THREAD] = "INSERT OR REPLACE INTO thread VALUES (?1, ?2, ?3, ?4)",
    [PUT_PROCESS] = "INSERT OR REPLACE INTO process VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [PUT_LOSS] = "INSERT OR REPLACE INTO loss VALUES (?1, ?2, ?3, ?4)",
    [PUT_HOLE] = "INSERT OR REPLACE INTO hole VALUES (?1, ?2)",
    [PUT_META] = "INSERT OR REPLACE INTO header VALUES (?1, ?2)",
    [PUT_STATE] = "INSERT OR REPLACE INTO state VALUES (?1, ?2)",
    [DROP_STATE] = "DELETE FROM state WHERE key = ?1",
    [GET_STATE] = "SELECT value FROM state WHERE key = ?1",
};

struct tape_writer {
    sqlite3 *db;
    char *path;
    int lock; /* descriptor that holds the flock; SQLite's own locks are of another kind */
    bool open;
    unsigned bound; /* argument columns bound by the last PUT_EVENT */
    unsigned apis;  /* rows in `api` */
    sqlite3_stmt *statements[STATEMENTS];
    uint16_t api[API_ENTRIES]; /* entry -> row in `api`, 0: none yet */
};

static int
broken(struct tape_writer *tape, struct fault *fault, const char *what)
{
    return tape_db_fault(tape->db, fault, FAULT_CANNOT_RUN, tape->path, what);
}

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
        return broken(tape, fault, "cannot open");
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
        if (sqlite3_prepare_v3(tape->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &tape->statements[i],
                               NULL) != SQLITE_OK)
            return broken(tape, fault, "cannot prepare");
    }
    return 0;
}

/* Removes a tape and what belongs to it. */
static int
remove_old(const char *path, struct fault *fault)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    struct stat status;
    if (lstat(path, &status) != 0)
        return 0;
    if (!S_ISREG(status.st_mode))
        return fault_set(fault, FAULT_USAGE, "%s: not a regular file, so it is not replaced", path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(fd);
        return fault_set(fault, FAULT_CANNOT_RUN, "%s: still being written by a living recorder", path);
    }
    if (fd >= 0)
        close(fd);
    for (unsigned i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char name[4096];
        if (snprintf(name, sizeof name, "%s%s", path, tails[i]) >= (int)sizeof name)
            return fault_set(fault, FAULT_USAGE, "%s: name too long", path);
        if (unlink(name) != 0 && errno != ENOENT)
            return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot replace", name);
    }
    return 0;
}

struct tape_writer *
tape_create(const char *path, bool replace, struct fault *fault)
{
    struct tape_writer *tape = fresh(path, fault);
    if (tape == NULL)
        return NULL;
    if (replace && remove_old(path, fault) != 0) {
        release(tape);
        return NULL;
    }
    tape->lock = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (tape->lock < 0) {
        if (errno == EEXIST)
            fault_set(fault, FAULT_USAGE, "%s exists already; give another name, or --force to replace it",
                      path);
        else
            fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot create the tape", path);
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
    return code == SQLITE_DONE ? 0 : broken(tape, fault, "cannot read the functions");
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

/* ---- rows ------------------------------------------------------------------------------------- */

static int
begin(struct tape_writer *tape, struct fault *fault)
{
    if (tape->open)
        return 0;
    if (sqlite3_exec(tape->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        return broken(tape, fault, "cannot begin");
    tape->open = true;
    return 0;
}

static int
run(struct tape_writer *tape, enum statement which, struct fault *fault, const char *what)
{
    sqlite3_stmt *statement = tape->statements[which];
    if (sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK)
        return 0;
    int failed = broken(tape, fault, what);
    sqlite3_reset(statement);
    return failed;
}

static void
bind_unsigned(sqlite3_stmt *statement, int column, uint64_t value)
{
    if (value <= INT64_MAX) {
        sqlite3_bind_int64(statement, column, (sqlite3_int64)value);
        return;
    }
    /* SQLite's integers end here: digits, and `param.type` says that they are a number. */
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    sqlite3_bind_text(statement, column, digits, -1, SQLITE_TRANSIENT);
}

static void
bind_optional(sqlite3_stmt *statement, int column, uint64_t number)
{
    if (number == 0)
        sqlite3_bind_null(statement, column);
    else
        sqlite3_bind_int64(statement, column, (sqlite3_int64)number);
}

static void
bind_words(sqlite3_stmt *statement, int column, const char *words)
{
    if (words == NULL)
        sqlite3_bind_null(statement, column);
    else if (utf8_valid(words, strlen(words)))
        sqlite3_bind_text(statement, column, words, -1, SQLITE_STATIC);
    else
        sqlite3_bind_blob64(statement, column, words, strlen(words), SQLITE_STATIC);
}

static void
bind_value(sqlite3_stmt *statement, int column, const struct tape_value *value)
{
    switch (value->type) {
    case TAPE_INT:
        sqlite3_bind_int64(statement, column, value->i);
        break;
    case TAPE_UINT:
        bind_unsigned(statement, column, value->u);
        break;
    case TAPE_TEXT:
        if (utf8_valid(value->text, value->bytes))
            sqlite3_bind_text64(statement, column, value->text, value->bytes, SQLITE_STATIC, SQLITE_UTF8);
        else
            sqlite3_bind_blob64(statement, column, value->text, value->bytes, SQLITE_STATIC);
        break;
    default:
        sqlite3_bind_null(statement, column);
        break;
    }
}

/* The row in `api` of an entry, made when it is first needed, so that the tape describes itself. */
static unsigned
api_row(struct tape_writer *tape, const struct api_entry *entry, struct fault *fault)
{
    if (tape->api[entry->id] != 0)
        return tape->api[entry->id];
    unsigned row = tape->apis + 1;
    sqlite3_stmt *api = tape->statements[PUT_API], *param = tape->statements[PUT_PARAM];
    sqlite3_bind_int(api, 1, (int)row);
    bind_words(api, 2, entry->name);
    bind_words(api, 3, tape_kind_name(entry->kind));
    bind_words(api, 4, tape_type_name(entry->returns));
    bind_optional(api, 5, (uint64_t)(entry->code + 1));
    bind_optional(api, 6, (uint64_t)(entry->payload + 1));
    bind_words(api, 7, entry->since);
    if (run(tape, PUT_API, fault, "cannot write a function") != 0)
        return 0;
    for (unsigned i = 0; i < entry->nparams; i++) {
        const struct api_param *p = &entry->params[i];
        bool string = p->type == API_STR || p->type == API_OUT;
        sqlite3_bind_int(param, 1, (int)row);
        sqlite3_bind_int(param, 2, (int)i + 1);
        bind_words(param, 3, p->name);
        bind_words(param, 4, tape_type_name(p->type));
        bind_words(param, 5, !string ? NULL : p->content == API_JSON ? "json" : "text");
        if (run(tape, PUT_PARAM, fault, "cannot write a parameter") != 0)
            return 0;
    }
    tape->apis = row;
    tape->api[entry->id] = (uint16_t)row;
    return row;
}

int
tape_write_event(struct tape_writer *tape, const struct tape_event *event, struct fault *fault)
{
    const struct api_entry *entry = event->entry;
    if (entry == NULL)
        return fault_set(fault, FAULT_DATA, "%s: event %llu: this version does not know %s", tape->path,
                         (unsigned long long)event->seq, event->name != NULL ? event->name : "it");
    if (event->seq == 0 || event->seq > INT64_MAX || event->nargs > API_MAX_PARAMS)
        return fault_set(fault, FAULT_DATA, "%s: event %llu: not a possible event", tape->path,
                         (unsigned long long)event->seq);
    if (begin(tape, fault) != 0)
        return -1;
    unsigned row = api_row(tape, entry, fault);
    if (row == 0)
        return -1;
    sqlite3_stmt *put = tape->statements[PUT_EVENT];
    sqlite3_bind_int64(put, 1, (sqlite3_int64)event->seq);
    sqlite3_bind_int(put, 2, (int)row);
    sqlite3_bind_int64(put, 3, event->thread);
    sqlite3_bind_int64(put, 4, event->at_ns);
    bind_optional(put, 5, event->parent_is_callback ? 0 : event->parent);
    bind_optional(put, 6, event->parent_is_callback ? event->parent : 0);
    bind_optional(put, 7, event->cause);
    bind_optional(put, 8, event->via);
    bind_optional(put, 9, event->threw);
    bind_optional(put, 10, event->end_seq);
    if (event->end_seq != 0)
        sqlite3_bind_int64(put, 11, event->took_ns);
    else
        sqlite3_bind_null(put, 11);
    bind_value(put, 12, &event->result);
    for (unsigned i = 0; i < event->nargs; i++) {
        if (event->args[i].type == TAPE_ABSENT && i < entry->nparams && entry->params[i].type == API_OUT)
            sqlite3_bind_int(put, (int)i + 13, 0); /* a buffer nobody has filled yet */
        else
            bind_value(put, (int)i + 13, &event->args[i]);
    }
    for (unsigned i = event->nargs; i < tape->bound; i++)
        sqlite3_bind_null(put, (int)i + 13);
    tape->bound = event->nargs;
    return run(tape, PUT_EVENT, fault, "cannot write an event");
}

int
tape_write_leave(struct tape_writer *tape, const struct tape_event *event, struct fault *fault)
{
    if (begin(tape, fault) != 0)
        return -1;
    sqlite3_stmt *put = tape->statements[PUT_LEAVE];
    sqlite3_clear_bindings(put);
    sqlite3_bind_int64(put, 1, (sqlite3_int64)event->seq);
    bind_optional(put, 2, event->threw);
    bind_optional(put, 3, event->end_seq);
    if (event->took_ns >= 0)
        sqlite3_bind_int64(put, 4, event->took_ns);
    else
        sqlite3_bind_int64(put, 5, event->at_ns);
    bind_value(put, 6, &event->result);
    for (unsigned i = 0; i < event->nargs && i < API_MAX_PARAMS; i++) {
        if (event->args[i].type == TAPE_TEXT)
            bind_value(put, (int)i + 7, &event->args[i]);
    }
    return run(tape, PUT_LEAVE, fault, "cannot write a return");
}

int
tape_write_thread(struct tape_writer *tape, const struct tape_thread *thread, struct fault *fault)
{
    if (begin(tape, fault) != 0)
        return -1;
    sqlite3_stmt *put = tape->statements[PUT_THREAD];
    sqlite3_bind_int64(put, 1, thread->thread);
    sqlite3_bind_int64(put, 2, thread->pid);
    sqlite3_bind_int64(put, 3, thread->tid);
    bind_words(put, 4, thread->name);
    return run(tape, PUT_THREAD, fault, "cannot write a thread");
}

int
tape_write_process(struct tape_writer *tape, const struct tape_process *process, struct fault *fault)
{
    if (begin(tape, fault) != 0)
        return -1;
    sqlite3_stmt *put = tape->statements[PUT_PROCESS];
    sqlite3_bind_int64(put, 1, process->pid);
    bind_optional(put, 2, process->parent);
    bind_words(put, 3, process->program);
    bind_optional(put, 4, process->exit_seq);
    bind_words(put, 5, process->ended);
    bind_words(put, 6, process->sdk);
    bind_words(put, 7, process->sdk_version);
    return run(tape, PUT_PROCESS, fault, "cannot write a process");
}

int
tape_write_loss(struct tape_writer *tape, const struct tape_loss *loss, struct fault *fault)
{
    if (begin(tape, fault) != 0)
        return -1;
    sqlite3_stmt *put = tape->statements[PUT_LOSS];
    sqlite3_bind_int64(put, 1, loss->thread);
    sqlite3_bind_int64(put, 2, (sqlite3_int64)loss->waits);
    sqlite3_bind_int64(put, 3, (sqlite3_int64)loss->waited_ns);
    sqlite3_bind_int64(put, 4, (sqlite3_int64)loss->dropped);
    return run(tape, PUT_LOSS, fault, "cannot write the losses");
}

int
tape_write_hole(struct tape_writer *tape, const struct tape_hole *hole, struct fault *fault)
{
    if (begin(tape, fault) != 0)
        return -1;
    sqlite3_stmt *put = tape->statements[PUT_HOLE];
    sqlite3_bind_int64(put, 1, (sqlite3_int64)hole->first);
    sqlite3_bind_int64(put, 2, (sqlite3_int64)hole->last);
    return run(tape, PUT_HOLE, fault, "cannot write the losses");
}

int
tape_write_meta(struct tape_writer *tape, const char *key, const char *value, struct fault *fault)
{
    if (begin(tape, fault) != 0)
        return -1;
    sqlite3_stmt *put = tape->statements[PUT_META];
    bind_words(put, 1, key);
    bind_words(put, 2, value);
    return run(tape, PUT_META, fault, "cannot write the header");
}

int
tape_write_state(struct tape_writer *tape, const char *key, const void *data, size_t bytes,
                 struct fault *fault)
{
    if (begin(tape, fault) != 0)
        return -1;
    if (data == NULL) {
        bind_words(tape->statements[DROP_STATE], 1, key);
        return run(tape, DROP_STATE, fault, "cannot write the recorder's state");
    }
    sqlite3_stmt *put = tape->statements[PUT_STATE];
    bind_words(put, 1, key);
    sqlite3_bind_blob64(put, 2, data, bytes, SQLITE_STATIC);
    return run(tape, PUT_STATE, fault, "cannot write the recorder's state");
}

int
tape_read_state(struct tape_writer *tape, const char *key, void **data, size_t *bytes, struct fault *fault)
{
    sqlite3_stmt *get = tape->statements[GET_STATE];
    *data = NULL;
    *bytes = 0;
    bind_words(get, 1, key);
    int code = sqlite3_step(get);
    if (code == SQLITE_ROW) {
        const void *stored = sqlite3_column_blob(get, 0);
        *bytes = (size_t)sqlite3_column_bytes(get, 0);
        /* A byte more: an empty value is still a value. */
        *data = malloc(*bytes + 1);
        if (*data != NULL && *bytes > 0)
            memcpy(*data, stored, *bytes);
        code = *data != NULL ? SQLITE_DONE : SQLITE_NOMEM;
    }
    if (code != SQLITE_DONE)
        broken(tape, fault, "cannot read the recorder's state");
    sqlite3_reset(get);
    return code == SQLITE_DONE ? 0 : -1;
}

int
tape_commit(struct tape_writer *tape, struct fault *fault)
{
    if (!tape->open)
        return 0;
    if (sqlite3_exec(tape->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return broken(tape, fault, "cannot commit");
    tape->open = false;
    return 0;
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
    release(tape);
    if (path != NULL)
        remove_old(path, NULL);
    free(path);
}
