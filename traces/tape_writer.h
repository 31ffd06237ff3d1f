// SPDX-License-Identifier: MIT
/* Inside traces/ only: what an open writer is, shared by the files that make, fill and finish a tape. */
#ifndef TRACES_TAPE_WRITER_H
#define TRACES_TAPE_WRITER_H

#include <sqlite3.h>

#include "traces/tape.h"
#include "traces/tape_schema.h"

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

struct tape_writer {
    sqlite3 *db;
    char *path;
    int lock; /* descriptor that holds the flock; SQLite's own locks are of another kind */
    bool open;
    bool aside;     /* a tape of that name waits, out of the way, for what becomes of this one */
    unsigned bound; /* argument columns bound by the last PUT_EVENT */
    unsigned apis;  /* rows in `api` */
    sqlite3_stmt *statements[STATEMENTS];
    uint16_t api[API_ENTRIES]; /* entry -> row in `api`, 0: none yet */
};

/* The statements' SQL (tape_write.c). */
extern const char *const tape_statements[STATEMENTS];

int tape_writer_fault(struct tape_writer *tape, struct fault *fault, const char *what);

#endif
