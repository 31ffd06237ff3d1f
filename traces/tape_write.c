// SPDX-License-Identifier: MIT
/*
 * Rows of a tape. One INSERT per event, values bound where they lie: nothing is copied before
 * SQLite builds the row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/tape_writer.h"
#include "traces/utf8.h"

const char *const tape_statements[STATEMENTS] = {
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

int
tape_writer_fault(struct tape_writer *tape, struct fault *fault, const char *what)
{
    return tape_db_fault(tape->db, fault, FAULT_CANNOT_RUN, tape->path, what);
}

/* ---- rows ------------------------------------------------------------------------------------- */

static int
begin(struct tape_writer *tape, struct fault *fault)
{
    if (tape->open)
        return 0;
    if (sqlite3_exec(tape->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        return tape_writer_fault(tape, fault, "cannot begin");
    tape->open = true;
    return 0;
}

static int
run(struct tape_writer *tape, enum statement which, struct fault *fault, const char *what)
{
    sqlite3_stmt *statement = tape->statements[which];
    if (sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK)
        return 0;
    int failed = tape_writer_fault(tape, fault, what);
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
        if (i < entry->nparams && entry->params[i].type == API_OUT && event->args[i].type == TAPE_ABSENT)
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

/* Counters out of a foreign process's memory; SQLite's integers are signed. */
static sqlite3_int64
counter(uint64_t value)
{
    return value > INT64_MAX ? INT64_MAX : (sqlite3_int64)value;
}

int
tape_write_loss(struct tape_writer *tape, const struct tape_loss *loss, struct fault *fault)
{
    if (begin(tape, fault) != 0)
        return -1;
    sqlite3_stmt *put = tape->statements[PUT_LOSS];
    sqlite3_bind_int64(put, 1, loss->thread);
    sqlite3_bind_int64(put, 2, counter(loss->waits));
    sqlite3_bind_int64(put, 3, counter(loss->waited_ns));
    sqlite3_bind_int64(put, 4, counter(loss->dropped));
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
        tape_writer_fault(tape, fault, "cannot read the recorder's state");
    sqlite3_reset(get);
    return code == SQLITE_DONE ? 0 : -1;
}

int
tape_commit(struct tape_writer *tape, struct fault *fault)
{
    if (!tape->open)
        return 0;
    if (sqlite3_exec(tape->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return tape_writer_fault(tape, fault, "cannot commit");
    tape->open = false;
    return 0;
}
