// SPDX-License-Identifier: MIT
/*
 * How fast callbacks come when nothing waits for time: `timtape replay --speed max` into an app whose
 * listener only looks at the clock, and timtape/replay.h into an empty handler. The floor is a bare loop that
 * reads the same columns of the same rows with SQLite, which is what any way of getting a payload from a tape
 * has to do.
 */
#include <sqlite3.h>
#include <unistd.h>

#include "bench.h"
#include "replay/embed/replay.h"

#define COUNT 200000
#define ROUNDS 5

/* Rows per second, 0: no such rows. */
static double
bare_rate(const char *tape)
{
    sqlite3 *database;
    sqlite3_stmt *query;
    long rows = 0;
    uint64_t sum = 0; /* of something from each column, so that none can be left out */
    if (sqlite3_open_v2(tape, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(
            database,
            "SELECT seq, api, thread, at_ns, in_call, in_callback, cause, via, threw, end_seq, took_ns, "
            "result, a1, a2, a3, a4, a5, a6, a7, a8 FROM event ORDER BY seq",
            -1, &query, NULL) != SQLITE_OK) {
        sqlite3_close(database);
        return 0;
    }
    uint64_t from = bench_now();
    while (sqlite3_step(query) == SQLITE_ROW) {
        for (int i = 0; i < 12; i++)
            sum += (uint64_t)sqlite3_column_int64(query, i);
        for (int i = 12; i < 20; i++) {
            if (sqlite3_column_type(query, i) == SQLITE_TEXT)
                sum += sqlite3_column_text(query, i)[sqlite3_column_bytes(query, i) / 2];
        }
        rows++;
    }
    double seconds = (double)(bench_now() - from) / 1e9;
    sqlite3_finalize(query);
    sqlite3_close(database);
    return rows >= COUNT && sum != 0 ? (double)rows / seconds : 0;
}

static void
on_message(const char *json, const void *user)
{
    (void)json;
    (void)user;
}

/* Callbacks per second into an empty handler in this process; 0: it did not work. */
static double
embed_rate(struct bench *bench, const char *tape)
{
    char error[512];
    struct timtape_replay *replay = timtape_replay_open(tape, error, sizeof error);
    if (replay == NULL) {
        report_failure(bench, "%s", error);
        return 0;
    }
    timtape_replay_bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_message, NULL);
    uint64_t from = bench_now();
    int64_t delivered = timtape_replay_run(replay, 0);
    double seconds = (double)(bench_now() - from) / 1e9;
    if (delivered != COUNT)
        report_failure(bench, "%ld callbacks delivered of %d: %s", (long)delivered, COUNT,
                       timtape_replay_error(replay));
    timtape_replay_close(replay);
    return delivered == COUNT ? COUNT / seconds : 0;
}

/* ... and in an app of its own: from its first to its last callback, and from the command's start to its end.
 */
static int
replay_rates(struct bench *bench, const char *tape, double *first_to_last, double *whole)
{
    struct table table;
    struct run run = {.way = RUN_REPLAY, .tape = tape, .speed = "max", .arguments = "gaps 600 200000 0 0"};
    if (run_app(bench, &run) != 0)
        return -1;
    if (table_read(&table, run.out, 1) != 0 || table.rows != COUNT) {
        report_failure(bench, "%zu callbacks replayed of %d", table.rows, COUNT);
        return -1;
    }
    *first_to_last = COUNT / ((table_at(&table, COUNT - 1, 0) - table_at(&table, 0, 0)) / 1e9);
    *whole = COUNT / ((double)(run.to_ns - run.from_ns) / 1e9);
    table_free(&table);
    return 0;
}

static void
tell(struct bench *bench, const char *name, double *rate, const double *bare)
{
    double ratio[ROUNDS], floor[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        ratio[i] = rate[i] / bare[i];
        floor[i] = bare[i];
    }
    report(bench, &(struct figure){.name = name,
                                   .value = stat_median(rate, ROUNDS) / 1000,
                                   .unit = "k ev/s",
                                   .beside = "bare SELECT, k rows/s",
                                   .beside_value = stat_median(floor, ROUNDS) / 1000,
                                   .ratio = stat_median(ratio, ROUNDS)});
}

void
bench_speed(struct bench *bench)
{
    char tape[BENCH_PATH];
    double bare[ROUNDS], embed[ROUNDS], inside[ROUNDS], whole[ROUNDS];
    report_section(
        "speed: callbacks of 600 B with no waiting (--speed max), beside a loop that only reads the rows");
    run_scratch(bench, tape, "speed.tape");
    struct run run = {.way = RUN_RECORD, .tape = tape, .arguments = "gaps 600 200000 0 0"};
    if (run_app(bench, &run) != 0)
        return;
    for (int i = 0; i < ROUNDS; i++) {
        bare[i] = bare_rate(tape);
        embed[i] = embed_rate(bench, tape);
        if (bare[i] == 0 || embed[i] == 0 || replay_rates(bench, tape, &inside[i], &whole[i]) != 0) {
            report_failure(bench, "round %d of the speed measurement", i + 1);
            unlink(tape);
            return;
        }
    }
    tell(bench, "timtape/replay.h, empty handler", embed, bare);
    tell(bench, "--speed max, first to last callback", inside, bare);
    tell(bench, "--speed max, the whole command", whole, bare);
    unlink(tape);
}
