// SPDX-License-Identifier: MIT
/* What the tape's tests share: a folder of their own, events made short, SQL on a finished tape. */
#ifndef TAPE_FIXTURE_H
#define TAPE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "traces/tape.h"

static char folder[64];
static char path[128];
static struct fault fault;

static int __attribute__((unused)) folder_make(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/timtape-unit.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/x.tape", folder);
    return 0;
}

static int __attribute__((unused)) folder_remove(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static struct tape_value __attribute__((unused)) text(const char *bytes, size_t length)
{
    return (struct tape_value){.type = TAPE_TEXT, .text = bytes, .bytes = length};
}

static struct tape_value __attribute__((unused)) words(const char *string)
{
    return text(string, strlen(string));
}

static struct tape_value __attribute__((unused)) number(int64_t i)
{
    return (struct tape_value){.type = TAPE_INT, .i = i};
}

static struct tape_value __attribute__((unused)) natural(uint64_t u)
{
    return (struct tape_value){.type = TAPE_UINT, .u = u};
}

#define NOTHING ((struct tape_value){.type = TAPE_ABSENT})
#define NULL_TEXT ((struct tape_value){.type = TAPE_NULL})

/* An event of the newest signature of that name, without arguments yet. */
static struct tape_event __attribute__((unused)) event(uint64_t seq, const char *name)
{
    const struct api_entry *entry = api_find(name);
    assert_non_null(entry);
    return (struct tape_event){.seq = seq,
                               .name = entry->name,
                               .entry = entry,
                               .is_callback = entry->kind == API_CALLBACK,
                               .thread = 1,
                               .at_ns = (int64_t)seq * 1000,
                               .end_seq = seq + 1,
                               .took_ns = 500,
                               .nargs = entry->nparams};
}

static struct tape_writer *__attribute__((unused)) create(void)
{
    struct tape_writer *tape = tape_create(path, true, &fault);
    if (tape == NULL)
        fail_msg("%s", fault.text);
    assert_int_equal(tape_write_meta(tape, "started_ns", "1795461928311876001", &fault), 0);
    return tape;
}

static void __attribute__((unused)) put(struct tape_writer *tape, const struct tape_event *event_)
{
    if (tape_write_event(tape, event_, &fault) != 0)
        fail_msg("%s", fault.text);
}

static void __attribute__((unused)) finish(struct tape_writer *tape)
{
    if (tape_finish(tape, true, &fault) != 0)
        fail_msg("%s", fault.text);
}

/* The first column of all rows, joined by '\n', as the shell would print it. malloc'd. */
static char *__attribute__((unused)) sql(const char *statement)
{
    sqlite3 *db;
    sqlite3_stmt *rows;
    char *out = calloc(1, 1 << 16);
    size_t used = 0;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, statement, -1, &rows, NULL) != SQLITE_OK)
        fail_msg("%s: %s", statement, sqlite3_errmsg(db));
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        const unsigned char *column = sqlite3_column_text(rows, 0);
        used += (size_t)snprintf(out + used, (1 << 16) - used, "%s%s", used > 0 ? "\n" : "",
                                 column != NULL ? (const char *)column : "(null)");
    }
    if (code != SQLITE_DONE)
        fail_msg("%s: %s", statement, sqlite3_errmsg(db));
    sqlite3_finalize(rows);
    sqlite3_close(db);
    return out;
}

static void __attribute__((unused)) sql_is(const char *statement, const char *wanted)
{
    char *got = sql(statement);
    assert_string_equal(got, wanted);
    free(got);
}

static __attribute__((unused)) struct tape_reader *
reopen(void)
{
    struct tape_reader *tape = tape_open(path, &fault);
    if (tape == NULL)
        fail_msg("%s", fault.text);
    return tape;
}

/* Refused with FAULT_DATA, and with words that hold `word`. */
static void __attribute__((unused)) refused(const char *word)
{
    memset(&fault, 0, sizeof fault);
    struct tape_reader *tape = tape_open(path, &fault);
    assert_null(tape);
    assert_int_equal(fault.kind, FAULT_DATA);
    if (strstr(fault.text, word) == NULL)
        fail_msg("'%s' does not say '%s'", fault.text, word);
}

#endif
