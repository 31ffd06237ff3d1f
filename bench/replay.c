// SPDX-License-Identifier: MIT
/*
 * How late the app sees replayed callbacks: it stamps each one; the stamp minus the recorded time is constant
 * but for lateness, and the earliest one is taken as on time (delivery is never early).
 */
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

static size_t
recorded_times(const char *tape, double *at, size_t room)
{
    sqlite3 *database;
    sqlite3_stmt *query;
    size_t n = 0;
    if (sqlite3_open_v2(tape, &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        return 0;
    if (sqlite3_prepare_v2(
            database, "SELECT at_ns FROM callbacks WHERE callback = 'TIMRecvNewMsgCallback' ORDER BY seq", -1,
            &query, NULL) == SQLITE_OK) {
        while (n < room && sqlite3_step(query) == SQLITE_ROW)
            at[n++] = (double)sqlite3_column_int64(query, 0);
        sqlite3_finalize(query);
    }
    sqlite3_close(database);
    return n;
}

/* How late a bare timer is on this machine: p50, p99, max in us. */
static int
timer(struct bench *bench, size_t count, double floor[3])
{
    char arguments[64];
    struct table table;
    snprintf(arguments, sizeof arguments, "timer %zu 100000 2000000", count);
    struct run run = {.way = RUN_BARE, .arguments = arguments};
    if (run_app(bench, &run) != 0 || table_read(&table, run.out, 1) != 0)
        return -1;
    floor[0] = stat_percentile(table.cell, table.rows, 50) / 1000;
    floor[1] = stat_percentile(table.cell, table.rows, 99) / 1000;
    floor[2] = table.cell[table.rows - 1] / 1000;
    table_free(&table);
    return 0;
}

static void
lateness(struct bench *bench, const char *tape, const char *arguments, size_t count)
{
    struct table table;
    double before[3], floor[3];
    struct run run = {.way = RUN_REPLAY, .tape = tape, .arguments = arguments};
    if (timer(bench, count / 4, before) != 0 || run_app(bench, &run) != 0)
        return;
    double *late = calloc(2 * count, sizeof *late), *at = late + count;
    if (table_read(&table, run.out, 1) != 0 || table.rows != count ||
        recorded_times(tape, at, count) != count) {
        report_failure(bench, "%zu callbacks replayed of %zu", table.rows, count);
        free(late);
        return;
    }
    double earliest = INFINITY;
    for (size_t i = 0; i < count; i++) {
        late[i] = (table_at(&table, i, 0) - table_at(&table, 0, 0)) - (at[i] - at[0]);
        earliest = late[i] < earliest ? late[i] : earliest;
    }
    for (size_t i = 0; i < count; i++)
        late[i] = (late[i] - earliest) / 1000;
    if (timer(bench, count / 4, floor) != 0)
        goto done;
    for (int i = 0; i < 3; i++) /* a busy moment may fall on either side of the replay */
        floor[i] = (floor[i] + before[i]) / 2;
    size_t tenth = count / 10;
    double *part = calloc(tenth, sizeof *part);
    for (size_t i = 0; i < tenth; i++)
        part[i] = late[i];
    double begin = stat_median(part, tenth);
    for (size_t i = 0; i < tenth; i++)
        part[i] = late[count - tenth + i];
    double drift = fabs(stat_median(part, tenth) - begin), seconds = (at[count - 1] - at[0]) / 1e9;
    report(bench, &(struct figure){.name = "late, p50",
                                   .value = stat_percentile(late, count, 50),
                                   .unit = "us",
                                   .beside = "bare timer",
                                   .beside_value = floor[0],
                                   .judged = stat_percentile(late, count, 50),
                                   .sense = BAR_MOST,
                                   .bar = 1,
                                   .bar_text = "<= 1 us"});
    report(bench, &(struct figure){.name = "late, p99",
                                   .value = stat_percentile(late, count, 99),
                                   .unit = "us",
                                   .beside = "bare timer",
                                   .beside_value = floor[1],
                                   .ratio = stat_percentile(late, count, 99) / floor[1],
                                   .judged = stat_percentile(late, count, 99),
                                   .sense = BAR_MOST,
                                   .bar = floor[1] > 25 ? floor[1] : 25,
                                   .bar_text = floor[1] > 25 ? "<= bare timer" : "<= 25 us"});
    report(bench, &(struct figure){.name = "late, max",
                                   .value = late[count - 1],
                                   .unit = "us",
                                   .beside = "bare timer",
                                   .beside_value = floor[2]});
    report(bench, &(struct figure){.name = "drift, last tenth against first",
                                   .value = drift,
                                   .unit = "us",
                                   .beside = "run of s",
                                   .beside_value = seconds,
                                   .judged = drift,
                                   .sense = BAR_MOST,
                                   .bar = 5,
                                   .bar_text = "<= 5 us"});
    free(part);
done:
    free(late);
    table_free(&table);
}

void
bench_replay(struct bench *bench)
{
    char tape[BENCH_PATH], arguments[64];
    size_t count = bench->longer ? 57000 : 9500; /* gaps of 0.1 to 2 ms: a minute or ten seconds */
    report_section("replay: delivery as the app sees it, original speed (an idle machine is assumed)");
    run_scratch(bench, tape, "replay.tape");
    snprintf(arguments, sizeof arguments, "gaps 600 %zu 100000 2000000", count);
    struct run run = {.way = RUN_RECORD, .tape = tape, .arguments = arguments};
    if (run_app(bench, &run) == 0)
        lateness(bench, tape, arguments, count);
    unlink(tape);
}
