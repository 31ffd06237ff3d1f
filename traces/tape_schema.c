// SPDX-License-Identifier: MIT
/*
 * The tape's schema. FORMAT.md explains it to readers; this is the only place that spells it.
 *
 * The views use nothing that SQLite 3.40's own shell lacks, and no correlated look-up on the
 * event table: a scan of a view is one scan of `event`, plus look-ups in tables of a few
 * hundred rows. CROSS JOIN is SQLite's way to fix the order of the loops, so that no
 * planner puts `api` outside and scans the events once per function.
 */
#include "traces/tape_schema.h"

#include <stdio.h>
#include <string.h>

#define ARGUMENT                                                                                             \
    "CASE p.pos WHEN 1 THEN e.a1 WHEN 2 THEN e.a2 WHEN 3 THEN e.a3 WHEN 4 THEN e.a4 "                        \
    "WHEN 5 THEN e.a5 WHEN 6 THEN e.a6 WHEN 7 THEN e.a7 WHEN 8 THEN e.a8 END"
#define COLUMN(which)                                                                                        \
    "CASE " which " WHEN 1 THEN e.a1 WHEN 2 THEN e.a2 WHEN 3 THEN e.a3 WHEN 4 THEN e.a4 "                    \
    "WHEN 5 THEN e.a5 WHEN 6 THEN e.a6 WHEN 7 THEN e.a7 WHEN 8 THEN e.a8 END"

/* Text as it is; bytes that are not UTF-8 in their one escape. */
#define ESCAPED(value)                                                                                       \
    "CASE typeof(" value ") WHEN 'blob' THEN '{\"$bytes\":\"' || lower(hex(" value ")) || '\"}' ELSE " value \
    " END"

#define WALL "((SELECT CAST(value AS INTEGER) FROM header WHERE key = 'started_ns') + e.at_ns)"
#define TIME                                                                                                 \
    "strftime('%Y-%m-%dT%H:%M:%S', " WALL " / 1000000000, 'unixepoch') || "                                  \
    "printf('.%06dZ', " WALL " / 1000 % 1000000)"

/* An object by parameter name, without callbacks and user data; an out-buffer that nobody has
 * filled yet (stored as 0) is left out. */
#define ARGS                                                                                                 \
    "(SELECT '{' || coalesce(group_concat(json_quote(p.name) || ':' || CASE typeof(" ARGUMENT ") "           \
    "WHEN 'blob' THEN '{\"$bytes\":\"' || lower(hex(" ARGUMENT ")) || '\"}' "                                \
    "WHEN 'text' THEN CASE WHEN p.type IN ('str', 'out') THEN json_quote(" ARGUMENT ") ELSE " ARGUMENT       \
    " END "                                                                                                  \
    "WHEN 'integer' THEN CASE WHEN p.type = 'bool' AND " ARGUMENT " = 0 THEN 'false' "                       \
    "WHEN p.type = 'bool' AND " ARGUMENT " = 1 THEN 'true' ELSE " ARGUMENT " END "                           \
    "ELSE 'null' END, ','), '') || '}' FROM param AS p WHERE p.api = e.api "                                 \
    "AND p.type NOT IN ('fn', 'user') AND NOT (p.type = 'out' AND typeof(" ARGUMENT ") = 'integer'))"

const char tape_schema[] =
    /* Text by key: how the recording was made and how it ended. */
    "CREATE TABLE header (key TEXT NOT NULL PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    /* Functions and callback types that occur, in the signature they were recorded with.
     * code, json: position (from 1) of the result code and of the JSON payload. */
    "CREATE TABLE api (api INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL,"
    " returns TEXT NOT NULL, code INTEGER, json INTEGER, since TEXT);"
    "CREATE TABLE param (api INTEGER NOT NULL, pos INTEGER NOT NULL, name TEXT NOT NULL,"
    " type TEXT NOT NULL, content TEXT, PRIMARY KEY (api, pos)) WITHOUT ROWID;"
    /* One row per call or callback. The arguments come last: a row's short columns are read
     * without touching the overflow pages of a long payload. */
    "CREATE TABLE event (seq INTEGER PRIMARY KEY, api INTEGER NOT NULL, thread INTEGER NOT NULL,"
    " at_ns INTEGER NOT NULL, in_call INTEGER, in_callback INTEGER, cause INTEGER, via INTEGER,"
    " threw INTEGER, end_seq INTEGER, took_ns INTEGER, result, a1, a2, a3, a4, a5, a6, a7, a8);"
    "CREATE TABLE thread (thread INTEGER PRIMARY KEY, pid INTEGER NOT NULL, tid INTEGER NOT NULL,"
    " name TEXT);"
    "CREATE TABLE process (pid INTEGER PRIMARY KEY, parent INTEGER, program TEXT, exit_seq INTEGER,"
    " ended TEXT, sdk TEXT, sdk_version TEXT);"
    "CREATE TABLE loss (thread INTEGER PRIMARY KEY, waits INTEGER NOT NULL, waited_ns INTEGER NOT NULL,"
    " dropped INTEGER NOT NULL);"
    "CREATE TABLE hole (first INTEGER PRIMARY KEY, last INTEGER NOT NULL);"
    /* What the recorder needs to go on exactly where it was; dropped when the tape is finished. */
    "CREATE TABLE state (key TEXT NOT NULL PRIMARY KEY, value BLOB) WITHOUT ROWID;"

    "CREATE VIEW callbacks (seq, time, at_ns, thread, callback, code, json, args, cause, in_call, json_ok) AS"
    " SELECT e.seq, " TIME ", e.at_ns, e.thread, a.name, " COLUMN("a.code") ", " ESCAPED(COLUMN(
        "a.json")) ", " ARGS ", e.cause, e.in_call,"
                   " CASE typeof(" COLUMN("a.json") ") WHEN 'text' THEN json_valid(" COLUMN(
                       "a.json") ") ELSE 0 END"
                                 " FROM event AS e CROSS JOIN api AS a ON a.api = e.api WHERE a.kind = "
                                 "'callback';"

                                 "CREATE VIEW calls (seq, time, at_ns, thread, function, args, result, "
                                 "in_callback) AS"
                                 " SELECT e.seq, " TIME ", e.at_ns, e.thread, a.name, " ARGS
                                 ", " ESCAPED("e.result") ", e.in_callback"
                                                          " FROM event AS e CROSS JOIN api AS a ON a.api = "
                                                          "e.api WHERE a.kind <> 'callback';"

                                                          "CREATE VIEW threads (thread, pid, tid, name) AS "
                                                          "SELECT thread, pid, tid, name FROM thread;"
                                                          "CREATE VIEW meta (key, value) AS SELECT key, "
                                                          "value FROM header;"
                                                          "CREATE VIEW processes (pid, parent, program, "
                                                          "exit_seq, ended, sdk, sdk_version) AS"
                                                          " SELECT pid, parent, program, exit_seq, ended, "
                                                          "sdk, sdk_version FROM process;"
                                                          "CREATE VIEW in_flight (seq, time, at_ns, thread, "
                                                          "name, kind, args) AS"
                                                          " SELECT e.seq, " TIME
                                                          ", e.at_ns, e.thread, a.name,"
                                                          " CASE a.kind WHEN 'callback' THEN 'callback' ELSE "
                                                          "'call' END, " ARGS
                                                          " FROM event AS e CROSS JOIN api AS a ON a.api = "
                                                          "e.api WHERE e.end_seq IS NULL;"
                                                          "CREATE VIEW losses (thread, name, waits, "
                                                          "waited_ns, dropped) AS"
                                                          " SELECT l.thread, t.name, l.waits, l.waited_ns, "
                                                          "l.dropped FROM loss AS l LEFT JOIN thread AS t"
                                                          " ON t.thread = l.thread;";

const struct tape_table tape_tables[] = {
    {"header", "key value"},
    {"api", "api name kind returns code json since"},
    {"param", "api pos name type content"},
    {"event", "seq api thread at_ns in_call in_callback cause via threw end_seq took_ns result "
              "a1 a2 a3 a4 a5 a6 a7 a8"},
    {"thread", "thread pid tid name"},
    {"process", "pid parent program exit_seq ended sdk sdk_version"},
    {"loss", "thread waits waited_ns dropped"},
    {"hole", "first last"},
};
const unsigned tape_table_count = sizeof tape_tables / sizeof tape_tables[0];

static const char *const type_names[] = {
    [API_VOID] = "void", [API_I32] = "i32", [API_U32] = "u32", [API_I64] = "i64", [API_U64] = "u64",
    [API_BOOL] = "bool", [API_STR] = "str", [API_OUT] = "out", [API_FN] = "fn",   [API_USER] = "user",
};
static const char *const kinds[] = {
    [API_ASYNC] = "async",           [API_SYNC] = "sync",         [API_REGISTER] = "register",
    [API_UNREGISTER] = "unregister", [API_CALLBACK] = "callback",
};

const char *
tape_type_name(int type)
{
    return type >= 0 && type < (int)(sizeof type_names / sizeof type_names[0]) ? type_names[type] : NULL;
}

int
tape_type_of(const char *name)
{
    for (int i = 0; i < (int)(sizeof type_names / sizeof type_names[0]); i++) {
        if (strcmp(type_names[i], name) == 0)
            return i;
    }
    return -1;
}

const char *
tape_kind_name(int kind)
{
    return kind >= 0 && kind < (int)(sizeof kinds / sizeof kinds[0]) ? kinds[kind] : NULL;
}

const struct api_entry *
tape_entry(const char *name, bool is_callback, int returns, unsigned nparams, const uint8_t *types)
{
    for (unsigned id = 0; id < API_ENTRIES; id++) {
        const struct api_entry *entry = &api_entries[id];
        if (entry->nparams != nparams || entry->returns != returns ||
            (entry->kind == API_CALLBACK) != is_callback || strcmp(entry->name, name) != 0)
            continue;
        unsigned same = 0;
        while (same < nparams && entry->params[same].type == types[same])
            same++;
        if (same == nparams)
            return entry;
    }
    return NULL;
}

int
tape_db_fault(sqlite3 *db, struct fault *fault, enum fault_kind kind, const char *path, const char *what)
{
    const char *why = db != NULL ? sqlite3_errmsg(db) : "out of memory";
    if (db != NULL && sqlite3_errcode(db) == SQLITE_FULL)
        why = "the disk is full";
    return fault_set(fault, kind, "%s: %s: %s", path, what, why);
}

int
tape_db_exec(sqlite3 *db, struct fault *fault, enum fault_kind kind, const char *path, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return tape_db_fault(db, fault, kind, path, "cannot write");
}
