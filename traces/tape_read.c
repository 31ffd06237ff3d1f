// SPDX-License-Identifier: MIT
/* Reading an open tape: events, threads, header and the smaller tables, row by row. Every value is
 * checked against the type the tape gives for it; nothing is converted silently. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "traces/tape_reader.h"

static const char *const queries[QUERIES] = {
    [QUERY_EVENTS] =
        "SELECT seq, api, thread, at_ns, in_call, in_callback, cause, via, threw, end_seq, took_ns, "
        "result, a1, a2, a3, a4, a5, a6, a7, a8 FROM main.event NOT INDEXED WHERE seq >= ?1 ORDER BY seq",
    [QUERY_THREADS] = "SELECT thread, pid, tid, name FROM main.thread NOT INDEXED ORDER BY thread",
    [QUERY_PROCESSES] = "SELECT pid, parent, program, exit_seq, ended, sdk, sdk_version FROM main.process "
                        "NOT INDEXED ORDER BY pid",
    [QUERY_LOSSES] = "SELECT thread, waits, waited_ns, dropped FROM main.loss NOT INDEXED ORDER BY thread",
    [QUERY_HOLES] = "SELECT first, last FROM main.hole NOT INDEXED ORDER BY first",
    [QUERY_COUNTS] = "SELECT api, count(*), count(end_seq) FROM main.event NOT INDEXED GROUP BY api ORDER BY "
                     "min(seq)",
};
#define FIRST_ARGUMENT 12

static int
damaged(struct tape_reader *tape, struct fault *fault)
{
    return tape_db_fault(tape->db, fault, FAULT_DATA, tape->path, "damaged");
}

/* One step of a query: 1 a row, 0 the end (the next step begins anew), -1 a fault. */
static int
step(struct tape_reader *tape, enum tape_query which, sqlite3_stmt **row, struct fault *fault)
{
    if (tape->queries[which] == NULL &&
        sqlite3_prepare_v2(tape->db, queries[which], -1, &tape->queries[which], NULL) != SQLITE_OK)
        return damaged(tape, fault);
    *row = tape->queries[which];
    int code = sqlite3_step(*row);
    if (code == SQLITE_ROW)
        return 1;
    int result = code == SQLITE_DONE ? 0 : damaged(tape, fault);
    sqlite3_reset(*row);
    return result;
}

static int
wrong(struct tape_reader *tape, uint64_t seq, const char *what, struct fault *fault)
{
    return fault_set(fault, FAULT_DATA, "%s: event %llu: %s", tape->path, (unsigned long long)seq, what);
}

static int
odd(struct tape_reader *tape, const char *what, struct fault *fault)
{
    return fault_set(fault, FAULT_DATA, "%s: not a proper tape: %s", tape->path, what);
}

/* ---- values ----------------------------------------------------------------------------------- */

/* Digits of a number that is too large for SQLite's integers, and nothing else. */
static bool
parse_unsigned(const char *text, size_t bytes, uint64_t *value)
{
    *value = 0;
    if (bytes != 19 && bytes != 20)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(*value, (uint64_t)10, value) ||
            __builtin_add_overflow(*value, (uint64_t)digit, value))
            return false;
    }
    return *value > INT64_MAX;
}

static bool
take_integer(sqlite3_stmt *row, int column, int type, struct tape_value *value)
{
    static const uint64_t most[] = {
        [API_U32] = UINT32_MAX, [API_U64] = UINT64_MAX, [API_BOOL] = UINT8_MAX, [API_FN] = INT64_MAX};
    int stored = sqlite3_column_type(row, column);
    if (stored == SQLITE_TEXT && type == API_U64) {
        value->type = TAPE_UINT;
        return parse_unsigned((const char *)sqlite3_column_text(row, column),
                              (size_t)sqlite3_column_bytes(row, column), &value->u);
    }
    if (stored != SQLITE_INTEGER)
        return false;
    int64_t number = sqlite3_column_int64(row, column);
    if (type == API_I32 || type == API_I64) {
        value->type = TAPE_INT;
        value->i = number;
        return type == API_I64 || (number >= INT32_MIN && number <= INT32_MAX);
    }
    value->type = TAPE_UINT;
    value->u = (uint64_t)number;
    return number >= 0 && value->u <= most[type];
}

static bool
take_value(sqlite3_stmt *row, int column, int type, struct tape_value *value)
{
    *value = (struct tape_value){.type = TAPE_ABSENT};
    switch (type) {
    case API_VOID:
    case API_USER:
        return true;
    case API_OUT:
        if (sqlite3_column_type(row, column) == SQLITE_INTEGER)
            return sqlite3_column_int64(row, column) == 0;
        /* fall through */
    case API_STR:
        if (!tape_column_text(row, column, &value->text, &value->bytes))
            return false;
        value->type = value->text != NULL ? TAPE_TEXT : TAPE_NULL;
        return true;
    default:
        return take_integer(row, column, type, value);
    }
}

/* ---- events ----------------------------------------------------------------------------------- */

int
tape_rewind(struct tape_reader *tape, uint64_t first, struct fault *fault)
{
    sqlite3_stmt **query = &tape->queries[QUERY_EVENTS];
    if (*query == NULL && sqlite3_prepare_v2(tape->db, queries[QUERY_EVENTS], -1, query, NULL) != SQLITE_OK)
        return damaged(tape, fault);
    sqlite3_reset(*query);
    tape->events_read = 0;
    sqlite3_bind_int64(*query, 1, first > INT64_MAX ? INT64_MAX : (sqlite3_int64)first);
    return 0;
}

static bool
take_edges(sqlite3_stmt *row, struct tape_event *event)
{
    uint64_t thread, call, callback, via, threw, took;
    if (!tape_column(row, 2, false, UINT32_MAX, &thread) || sqlite3_column_type(row, 3) != SQLITE_INTEGER ||
        !tape_column(row, 4, true, INT64_MAX, &call) || !tape_column(row, 5, true, INT64_MAX, &callback) ||
        !tape_column(row, 6, true, INT64_MAX, &event->cause) || !tape_column(row, 7, true, 1, &via) ||
        !tape_column(row, 8, true, 1, &threw) || !tape_column(row, 9, true, INT64_MAX, &event->end_seq) ||
        !tape_column(row, 10, true, INT64_MAX, &took))
        return false;
    if ((call != 0 && callback != 0) || call >= event->seq || callback >= event->seq ||
        event->cause >= event->seq || (event->end_seq != 0 && event->end_seq <= event->seq))
        return false;
    event->thread = (uint32_t)thread;
    event->at_ns = sqlite3_column_int64(row, 3);
    event->parent = call != 0 ? call : callback;
    event->parent_is_callback = callback != 0;
    event->via = (uint8_t)via;
    event->threw = threw != 0;
    event->took_ns = (int64_t)took;
    return true;
}

int
tape_next(struct tape_reader *tape, struct tape_event *event, struct fault *fault)
{
    sqlite3_stmt *row;
    if (tape->queries[QUERY_EVENTS] == NULL && tape_rewind(tape, 0, fault) != 0)
        return -1;
    int more = step(tape, QUERY_EVENTS, &row, fault);
    if (more <= 0) {
        progress_end();
        return more;
    }
    progress_tick("events read", ++tape->events_read);
    memset(event, 0, sizeof *event);
    uint64_t id;
    if (!tape_column(row, 0, false, INT64_MAX, &event->seq) || event->seq == 0)
        return odd(tape, "an event has a number below 1", fault);
    if (!tape_column(row, 1, false, UINT32_MAX, &id) || id >= tape->napis || tape->apis[id].name == NULL)
        return wrong(tape, event->seq, "its function is unknown to the tape", fault);
    const struct tape_api *api = &tape->apis[id];
    event->name = api->name;
    event->entry = api->entry;
    event->is_callback = api->is_callback;
    event->nargs = api->nparams;
    if (!take_edges(row, event))
        return wrong(tape, event->seq, "its numbers contradict each other or have the wrong type", fault);
    if (event->end_seq != 0 && !take_value(row, 11, api->returns, &event->result))
        return wrong(tape, event->seq, "its result has the wrong type", fault);
    for (unsigned i = 0; i < event->nargs; i++) {
        if (!take_value(row, FIRST_ARGUMENT + (int)i, api->types[i], &event->args[i])) {
            char what[64];
            snprintf(what, sizeof what, "argument %u has the wrong type", i + 1);
            return wrong(tape, event->seq, what, fault);
        }
    }
    return 1;
}

/* ---- the smaller tables ----------------------------------------------------------------------- */

int
tape_next_thread(struct tape_reader *tape, struct tape_thread *thread, struct fault *fault)
{
    sqlite3_stmt *row;
    int more = step(tape, QUERY_THREADS, &row, fault);
    if (more <= 0)
        return more;
    uint64_t number, pid, tid;
    size_t bytes;
    if (!tape_column(row, 0, false, UINT32_MAX, &number) || number == 0 ||
        !tape_column(row, 1, false, UINT32_MAX, &pid) || !tape_column(row, 2, false, UINT32_MAX, &tid) ||
        !tape_column_text(row, 3, &thread->name, &bytes))
        return odd(tape, "a thread's row has the wrong types", fault);
    thread->thread = (uint32_t)number;
    thread->pid = (uint32_t)pid;
    thread->tid = (uint32_t)tid;
    return 1;
}

int
tape_next_process(struct tape_reader *tape, struct tape_process *process, struct fault *fault)
{
    sqlite3_stmt *row;
    int more = step(tape, QUERY_PROCESSES, &row, fault);
    if (more <= 0)
        return more;
    uint64_t pid, parent;
    size_t bytes;
    if (!tape_column(row, 0, false, UINT32_MAX, &pid) || !tape_column(row, 1, true, UINT32_MAX, &parent) ||
        !tape_column_text(row, 2, &process->program, &bytes) ||
        !tape_column(row, 3, true, INT64_MAX, &process->exit_seq) ||
        !tape_column_text(row, 4, &process->ended, &bytes) ||
        !tape_column_text(row, 5, &process->sdk, &bytes) ||
        !tape_column_text(row, 6, &process->sdk_version, &bytes))
        return odd(tape, "a process's row has the wrong types", fault);
    process->pid = (uint32_t)pid;
    process->parent = (uint32_t)parent;
    return 1;
}

int
tape_next_loss(struct tape_reader *tape, struct tape_loss *loss, struct fault *fault)
{
    sqlite3_stmt *row;
    int more = step(tape, QUERY_LOSSES, &row, fault);
    if (more <= 0)
        return more;
    uint64_t thread;
    if (!tape_column(row, 0, false, UINT32_MAX, &thread) ||
        !tape_column(row, 1, false, INT64_MAX, &loss->waits) ||
        !tape_column(row, 2, false, INT64_MAX, &loss->waited_ns) ||
        !tape_column(row, 3, false, INT64_MAX, &loss->dropped))
        return odd(tape, "a loss's row has the wrong types", fault);
    loss->thread = (uint32_t)thread;
    return 1;
}

int
tape_next_hole(struct tape_reader *tape, struct tape_hole *hole, struct fault *fault)
{
    sqlite3_stmt *row;
    int more = step(tape, QUERY_HOLES, &row, fault);
    if (more <= 0)
        return more;
    if (!tape_column(row, 0, false, INT64_MAX, &hole->first) ||
        !tape_column(row, 1, false, INT64_MAX, &hole->last) || hole->first == 0 || hole->last < hole->first)
        return odd(tape, "a hole's row has the wrong types", fault);
    return 1;
}

int
tape_next_count(struct tape_reader *tape, struct tape_count *count, struct fault *fault)
{
    sqlite3_stmt *row;
    int more = step(tape, QUERY_COUNTS, &row, fault);
    if (more <= 0)
        return more;
    uint64_t id, ended;
    if (!tape_column(row, 0, false, UINT32_MAX, &id) || id >= tape->napis || tape->apis[id].name == NULL ||
        !tape_column(row, 1, false, INT64_MAX, &count->events) ||
        !tape_column(row, 2, false, INT64_MAX, &ended))
        return odd(tape, "an event's function is unknown to the tape", fault);
    count->name = tape->apis[id].name;
    count->is_callback = tape->apis[id].is_callback;
    count->in_flight = count->events - ended;
    return 1;
}

/* ---- the header ------------------------------------------------------------------------------- */

int
tape_next_meta(struct tape_reader *tape, const char **key, const char **value, struct fault *fault)
{
    (void)fault;
    if (tape->next_meta >= tape->nmeta) {
        tape->next_meta = 0;
        return 0;
    }
    *key = tape->meta[tape->next_meta].key;
    *value = tape->meta[tape->next_meta].value;
    tape->next_meta++;
    return 1;
}

const char *
tape_meta(struct tape_reader *tape, const char *key)
{
    for (unsigned i = 0; i < tape->nmeta; i++) {
        if (strcmp(tape->meta[i].key, key) == 0)
            return tape->meta[i].value;
    }
    return NULL;
}

bool
tape_complete(struct tape_reader *tape)
{
    const char *mark = tape_meta(tape, "complete");
    return mark != NULL && strcmp(mark, "1") == 0;
}

/* ---- the whole -------------------------------------------------------------------------------- */

int
tape_check(struct tape_reader *tape, struct fault *fault)
{
    sqlite3_stmt *row;
    sqlite3_set_authorizer(tape->db, NULL, NULL);
    if (sqlite3_prepare_v2(tape->db, "PRAGMA main.quick_check(1)", -1, &row, NULL) != SQLITE_OK)
        return damaged(tape, fault);
    int code = sqlite3_step(row);
    const char *said = code == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
    int result = 0;
    if (said == NULL)
        result = damaged(tape, fault);
    else if (strcmp(said, "ok") != 0)
        result = fault_set(fault, FAULT_DATA, "%s: damaged: %s", tape->path, said);
    sqlite3_finalize(row);
    if (result != 0)
        return result;
    struct tape_event event;
    int more;
    if (tape_rewind(tape, 0, fault) != 0)
        return -1;
    while ((more = tape_next(tape, &event, fault)) > 0)
        ;
    return more;
}
