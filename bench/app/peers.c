// SPDX-License-Identifier: MIT
/* What else a callback could do to keep its payload: write(2), an INSERT, an LTTng tracepoint. */
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"

static int file = -1;
static sqlite3 *database;
static sqlite3_stmt *insert;
static void (*tracepoint)(const char *json);

/* BENCH_SCRATCH is a directory on the disk the tapes go to; the driver makes and removes it. */
static void
scratch(char *path, size_t bytes, const char *name)
{
    const char *directory = getenv("BENCH_SCRATCH");
    snprintf(path, bytes, "%s/%s", directory != NULL ? directory : ".", name);
}

int
peer_write_open(void)
{
    char path[4096];
    scratch(path, sizeof path, "peer.log");
    file = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    return file < 0 ? -1 : 0;
}

void
peer_write(const char *json, const void *user)
{
    (void)user;
    if (write(file, json, strlen(json)) < 0)
        abort();
}

int
peer_sqlite_open(void)
{
    char path[4096];
    scratch(path, sizeof path, "peer.db");
    unlink(path);
    if (sqlite3_open(path, &database) != SQLITE_OK)
        return -1;
    if (sqlite3_exec(database,
                     "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
                     "CREATE TABLE event(seq INTEGER PRIMARY KEY, at INTEGER, json TEXT);",
                     NULL, NULL, NULL) != SQLITE_OK)
        return -1;
    return sqlite3_prepare_v2(database, "INSERT INTO event(at, json) VALUES(?1, ?2)", -1, &insert, NULL) ==
                   SQLITE_OK
               ? 0
               : -1;
}

/* One transaction per event: what an app gets that logs each callback and wants to find it after a crash. */
void
peer_sqlite(const char *json, const void *user)
{
    (void)user;
    sqlite3_bind_int64(insert, 1, (sqlite3_int64)app_now());
    sqlite3_bind_text(insert, 2, json, -1, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE)
        abort();
    sqlite3_reset(insert);
}

/* In an object of its own: the tracing library starts threads as soon as it is loaded. */
int
peer_lttng_open(void)
{
    const char *path = getenv("BENCH_LTTNG");
    void *object = path != NULL ? dlopen(path, RTLD_NOW) : NULL;
    if (object == NULL)
        return -1;
    void *symbol = dlsym(object, "bench_tracepoint");
    memcpy(&tracepoint, &symbol, sizeof tracepoint);
    return tracepoint != NULL ? 0 : -1;
}

void
peer_lttng(const char *json, const void *user)
{
    (void)user;
    tracepoint(json);
}
