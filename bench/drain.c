// SPDX-License-Identifier: MIT
/*
 * How fast the recorder empties the ring: one thread calls back as fast as it can under
 * `timtape record`, from the first callback to the finished tape. Beside it the least any SQLite tape
 * needs: the same payloads inserted in batches by a program that does nothing else.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define BYTES 600
#define ROUNDS 3

static double
plain_rate(struct bench *bench, long count)
{
    sqlite3 *database;
    sqlite3_stmt *insert;
    char path[BENCH_PATH], text[BYTES + 1];
    run_scratch(bench, path, "plain.db");
    unlink(path);
    memset(text, 'x', BYTES);
    text[BYTES] = '\0';
    uint64_t from = bench_now();
    if (sqlite3_open(path, &database) != SQLITE_OK ||
        sqlite3_exec(
            database,
            "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
            "CREATE TABLE event(seq INTEGER PRIMARY KEY, at INTEGER, took INTEGER, json TEXT); BEGIN;",
            NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(database, "INSERT INTO event VALUES(?1, ?2, ?3, ?4)", -1, &insert, NULL) !=
            SQLITE_OK)
        return 0;
    for (long i = 0; i < count; i++) {
        sqlite3_bind_int64(insert, 1, i * 2 + 1);
        sqlite3_bind_int64(insert, 2, i * 1000);
        sqlite3_bind_int64(insert, 3, 50);
        sqlite3_bind_text(insert, 4, text, BYTES, SQLITE_STATIC);
        sqlite3_step(insert);
        sqlite3_reset(insert);
        if (i % 1000 == 999)
            sqlite3_exec(database, "COMMIT; BEGIN;", NULL, NULL, NULL);
    }
    sqlite3_finalize(insert);
    sqlite3_exec(database, "COMMIT; PRAGMA journal_mode=DELETE;", NULL, NULL, NULL);
    sqlite3_close(database);
    double seconds = (double)(bench_now() - from) / 1e9;
    unlink(path);
    return (double)count / seconds;
}

void
bench_drain(struct bench *bench)
{
    long count = bench->longer ? 2000000 : 500000;
    double rate[ROUNDS], plain[ROUNDS], ratio[ROUNDS], size[ROUNDS];
    char tape[BENCH_PATH], arguments[64];
    struct stat stat_;
    report_section("drain: callbacks of 600 B flat out under `timtape record`, until the tape is finished "
                   "(SQLite WAL, synchronous OFF)");
    run_scratch(bench, tape, "drain.tape");
    snprintf(arguments, sizeof arguments, "flat %d 1 %ld", BYTES, count);
    for (int i = 0; i < ROUNDS; i++) {
        struct run run = {.way = RUN_RECORD, .tape = tape, .arguments = arguments};
        struct table table;
        plain[i] = plain_rate(bench, count);
        if (run_app(bench, &run) != 0)
            return;
        if (table_read(&table, run.out, 2) != 0 || stat(tape, &stat_) != 0) {
            report_failure(bench, "%s: no tape or nothing measured", arguments);
            return;
        }
        rate[i] = (double)count / (((double)run.to_ns - table_at(&table, 0, 0)) / 1e9);
        ratio[i] = rate[i] / plain[i];
        size[i] = (double)stat_.st_size / ((double)count * BYTES);
        table_free(&table);
        long rows = tape_rows(tape);
        if (rows != count)
            report_failure(bench, "the tape holds %ld callbacks of %ld", rows, count);
        unlink(tape);
    }
    double beside = stat_median(plain, ROUNDS) / 1000, value = stat_median(rate, ROUNDS) / 1000;
    report(bench, &(struct figure){.name = "recorder, one producer",
                                   .value = value,
                                   .unit = "k ev/s",
                                   .beside = "plain INSERT, batched",
                                   .beside_value = beside,
                                   .ratio = stat_median(ratio, ROUNDS),
                                   .judged = value,
                                   .sense = BAR_LEAST,
                                   .bar = 300,
                                   .bar_text = ">= 300 k ev/s"});
    double bytes = stat_median(size, ROUNDS);
    report(bench, &(struct figure){.name = "tape",
                                   .value = bytes * BYTES,
                                   .unit = "B/event",
                                   .beside = "payload",
                                   .beside_value = BYTES,
                                   .ratio = bytes,
                                   .judged = bytes,
                                   .sense = BAR_MOST,
                                   .bar = 1.15});
}
