// SPDX-License-Identifier: MIT
/* What a reader keeps in memory: the header and the functions. Their sizes are bounded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/tape_reader.h"

#define MOST_APIS 4096
#define MOST_META 4096

bool
tape_column(sqlite3_stmt *row, int column, bool optional, uint64_t most, uint64_t *value)
{
    *value = 0;
    int type = sqlite3_column_type(row, column);
    if (type == SQLITE_NULL)
        return optional;
    sqlite3_int64 number = sqlite3_column_int64(row, column);
    if (type != SQLITE_INTEGER || number < 0 || (uint64_t)number > most)
        return false;
    *value = (uint64_t)number;
    return true;
}

bool
tape_column_text(sqlite3_stmt *row, int column, const char **text, size_t *bytes)
{
    *text = NULL;
    *bytes = 0;
    int type = sqlite3_column_type(row, column);
    if (type == SQLITE_NULL)
        return true;
    if (type != SQLITE_TEXT && type != SQLITE_BLOB)
        return false;
    /* Asked for as text, a blob, too, gets its NUL behind; its bytes stay the same. */
    *text = (const char *)sqlite3_column_text(row, column);
    *bytes = (size_t)sqlite3_column_bytes(row, column);
    return *text != NULL && memchr(*text, 0, *bytes) == NULL;
}

static int
bad(struct tape_reader *tape, struct fault *fault, const char *what)
{
    return fault_set(fault, FAULT_DATA, "%s: not a proper tape: %s", tape->path, what);
}

/* Runs `take` for every row of a query. */
static int
each(struct tape_reader *tape, const char *sql,
     int (*take)(struct tape_reader *, sqlite3_stmt *, struct fault *), struct fault *fault)
{
    sqlite3_stmt *row;
    if (sqlite3_prepare_v2(tape->db, sql, -1, &row, NULL) != SQLITE_OK)
        return tape_db_fault(tape->db, fault, FAULT_DATA, tape->path, "damaged");
    int code, result = 0;
    while (result == 0 && (code = sqlite3_step(row)) != SQLITE_DONE) {
        if (code != SQLITE_ROW)
            result = tape_db_fault(tape->db, fault, FAULT_DATA, tape->path, "damaged");
        else
            result = take(tape, row, fault);
    }
    sqlite3_finalize(row);
    return result;
}

static int
take_meta(struct tape_reader *tape, sqlite3_stmt *row, struct fault *fault)
{
    const char *key, *value;
    size_t key_bytes, value_bytes;
    if (!tape_column_text(row, 0, &key, &key_bytes) || key == NULL ||
        !tape_column_text(row, 1, &value, &value_bytes))
        return bad(tape, fault, "a header value is not text");
    if (tape->nmeta == MOST_META)
        return bad(tape, fault, "too many header values");
    struct tape_pair *more = realloc(tape->meta, (tape->nmeta + 1) * sizeof *more);
    if (more == NULL)
        return bad(tape, fault, "out of memory");
    tape->meta = more;
    struct tape_pair *pair = &tape->meta[tape->nmeta];
    pair->key = strdup(key);
    pair->value = value != NULL ? strdup(value) : NULL;
    tape->nmeta++;
    return pair->key != NULL && (value == NULL || pair->value != NULL) ? 0
                                                                       : bad(tape, fault, "out of memory");
}

/* Names are shown, and are keys of JSON, as they are. */
static bool
is_name(const char *text, size_t bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return bytes > 0 && bytes <= 200 && strspn(text, letters) == bytes;
}

static int
take_api(struct tape_reader *tape, sqlite3_stmt *row, struct fault *fault)
{
    uint64_t id;
    const char *name, *kind, *returns;
    size_t bytes;
    if (!tape_column(row, 0, false, MOST_APIS, &id) || id == 0)
        return bad(tape, fault, "a function's number is out of range");
    if (!tape_column_text(row, 1, &name, &bytes) || name == NULL || !is_name(name, bytes))
        return bad(tape, fault, "a function has no proper name");
    if (!tape_column_text(row, 2, &kind, &bytes) || kind == NULL ||
        !tape_column_text(row, 3, &returns, &bytes) || returns == NULL || tape_type_of(returns) < 0)
        return bad(tape, fault, "a function's kind or result type is unknown");
    if (id >= tape->napis) {
        struct tape_api *more = realloc(tape->apis, (id + 1) * sizeof *more);
        if (more == NULL)
            return bad(tape, fault, "out of memory");
        memset(more + tape->napis, 0, (id + 1 - tape->napis) * sizeof *more);
        tape->apis = more;
        tape->napis = (unsigned)id + 1;
    }
    struct tape_api *api = &tape->apis[id];
    api->returns = (uint8_t)tape_type_of(returns);
    api->is_callback = strcmp(kind, "callback") == 0;
    api->name = strdup(name);
    if (api->name == NULL)
        return bad(tape, fault, "out of memory");
    return 0;
}

static int
take_param(struct tape_reader *tape, sqlite3_stmt *row, struct fault *fault)
{
    uint64_t id, position;
    const char *type;
    size_t bytes;
    if (!tape_column(row, 0, false, MOST_APIS, &id) || id >= tape->napis || tape->apis[id].name == NULL)
        return bad(tape, fault, "a parameter of no function");
    struct tape_api *api = &tape->apis[id];
    /* In order of position, from 1. */
    if (!tape_column(row, 1, false, API_MAX_PARAMS, &position) || position != api->nparams + 1u)
        return bad(tape, fault, "a parameter's position is out of order");
    if (!tape_column_text(row, 2, &type, &bytes) || type == NULL || tape_type_of(type) < 0)
        return bad(tape, fault, "a parameter's type is unknown");
    api->types[api->nparams++] = (uint8_t)tape_type_of(type);
    return 0;
}

int
tape_load(struct tape_reader *tape, struct fault *fault)
{
    if (each(tape, "SELECT key, value FROM main.header ORDER BY key", take_meta, fault) != 0 ||
        each(tape, "SELECT api, name, kind, returns FROM main.api NOT INDEXED ORDER BY api", take_api,
             fault) != 0 ||
        each(tape, "SELECT api, pos, type FROM main.param ORDER BY api, pos", take_param, fault) != 0)
        return -1;
    for (unsigned i = 0; i < tape->napis; i++) {
        struct tape_api *api = &tape->apis[i];
        if (api->name != NULL)
            api->entry = tape_entry(api->name, api->is_callback, api->returns, api->nparams, api->types);
    }
    return 0;
}
