// SPDX-License-Identifier: MIT
/* Inside traces/ only: what an open tape is, shared by the files that open, read and check it. */
#ifndef TRACES_TAPE_READER_H
#define TRACES_TAPE_READER_H

#include <sqlite3.h>

#include "traces/tape.h"
#include "traces/tape_schema.h"

/* A function or callback type as the tape describes it. */
struct tape_api {
    char *name; /* NULL: no such row */
    const struct api_entry *entry;
    bool is_callback;
    uint8_t returns;
    uint8_t nparams;
    uint8_t types[API_MAX_PARAMS];
};

struct tape_pair {
    char *key, *value;
};

enum tape_query {
    QUERY_EVENTS,
    QUERY_THREADS,
    QUERY_PROCESSES,
    QUERY_LOSSES,
    QUERY_HOLES,
    QUERY_COUNTS,
    QUERIES
};

struct tape_reader {
    sqlite3 *db;
    char *path;
    struct tape_api *apis; /* by row number, apis[0] unused */
    unsigned napis;
    struct tape_pair *meta;
    unsigned nmeta, next_meta;
    sqlite3_stmt *queries[QUERIES];
    uint64_t events_read; /* since the last rewind */
};

/* Fills apis and meta (tape_load.c). */
int tape_load(struct tape_reader *tape, struct fault *fault);
/* A column that must be an integer between 0 and `most`; `optional`: NULL reads as 0. False: it is not. */
bool tape_column(sqlite3_stmt *row, int column, bool optional, uint64_t most, uint64_t *value);
/* A column's text, NULL for NULL; fails on a NUL byte inside. Lives until the next step. */
bool tape_column_text(sqlite3_stmt *row, int column, const char **text, size_t *bytes);

#endif
