// SPDX-License-Identifier: MIT
/* Inside traces/ only: the tape's tables and views as SQL, and how values are written in them. */
#ifndef TRACES_TAPE_SCHEMA_H
#define TRACES_TAPE_SCHEMA_H

#include <sqlite3.h>

#include "api/api.h"
#include "base/fault.h"

/* Everything that is created on a new tape. */
extern const char tape_schema[];

/* The tables that a reader needs, with the columns it asks for. */
struct tape_table {
    const char *name;
    const char *columns; /* space separated */
};
extern const struct tape_table tape_tables[];
extern const unsigned tape_table_count;

/* enum api_type and enum api_kind as the tape spells them; a negative result: no such word. */
const char *tape_type_name(int type);
int tape_type_of(const char *name);
const char *tape_kind_name(int kind);

/* The entry of this build that has exactly this signature, or NULL. */
const struct api_entry *tape_entry(const char *name, bool is_callback, int returns, unsigned nparams,
                                   const uint8_t *types);

/* A fault from the database's last error: "PATH: WHAT: why". Returns -1. */
int tape_db_fault(sqlite3 *db, struct fault *fault, enum fault_kind kind, const char *path, const char *what);
int tape_db_exec(sqlite3 *db, struct fault *fault, enum fault_kind kind, const char *path, const char *sql);

#endif
