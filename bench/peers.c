// SPDX-License-Identifier: MIT
/* What a callback would cost that keeps its payload in another way, in the same run as ours. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

/* Column 0 is the empty callback, 1 the floor; prints `column` over the floor. */
static double
column_line(struct bench *bench, const struct table *table, size_t column, const char *name, double ours)
{
    double *ns = calloc(table->rows * 3, sizeof *ns), *ratio = ns + table->rows, *floor = ratio + table->rows;
    for (size_t i = 0; i < table->rows; i++) {
        ns[i] = table_at(table, i, column) - table_at(table, i, 0);
        floor[i] = table_at(table, i, 1) - table_at(table, i, 0);
        ratio[i] = ns[i] / floor[i];
    }
    double value = stat_median(ns, table->rows);
    struct figure figure = {.name = name,
                            .value = value,
                            .unit = "ns",
                            .beside = "floor",
                            .beside_value = stat_median(floor, table->rows),
                            .ratio = stat_median(ratio, table->rows)};
    if (ours != 0) { /* a peer is there to be beaten */
        figure.sense = BAR_LEAST;
        figure.judged = value;
        figure.bar = ours;
        figure.bar_text = "dearer than ours";
    }
    report(bench, &figure);
    free(ns);
    return value;
}

static int
session(const struct bench *bench, const char *verb)
{
    char command[2 * BENCH_PATH + 64];
    const char *source = getenv("BENCH_SOURCE");
    snprintf(command, sizeof command, "sh '%s/lttng.sh' %s '%s'", source != NULL ? source : "bench", verb,
             bench->scratch);
    return system(command);
}

/* How many events its last session threw away; they were cheap. */
static long
discarded(const struct bench *bench)
{
    char path[BENCH_PATH];
    long count = 0;
    run_scratch(bench, path, "lttng.discarded");
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return 0;
    if (fscanf(in, "%ld", &count) != 1)
        count = 0;
    fclose(in);
    return count;
}

static void
lttng(struct bench *bench, double ours)
{
    const char *name = "LTTng-UST string tracepoint";
    char object[BENCH_PATH + 32];
    snprintf(object, sizeof object, "%s/bench/lttng.so", bench->build);
    if (access(object, R_OK) != 0 || system("command -v lttng lttng-sessiond >/dev/null 2>&1") != 0) {
        report_skip(name, "liblttng-ust-dev or lttng-tools is not installed");
        return;
    }
    if (session(bench, "start") != 0) {
        report_skip(name, "no LTTng session could be started");
        return;
    }
    struct table table;
    struct run run = {.way = RUN_BARE, .arguments = "cost 600 1 5000 80 nothing floor lttng"};
    setenv("BENCH_LTTNG", object, 1);
    bool measured = run_app(bench, &run) == 0 && table_read(&table, run.out, 3) == 0;
    session(bench, "stop");
    if (!measured)
        return;
    if (discarded(bench) != 0)
        report_skip(name, "it discarded events, so the figure would flatter it");
    else
        column_line(bench, &table, 2, name, ours);
    table_free(&table);
}

void
bench_peers(struct bench *bench)
{
    struct table table;
    double ours = 0;
    report_section("peers: other ways for a callback to keep 600 bytes");
    setenv("BENCH_SCRATCH", bench->scratch, 1);
    struct run run = {.way = RUN_SESSION,
                      .arguments = "cost 600 1 10000 40 nothing floor listener write sqlite"};
    if (run_app(bench, &run) == 0 && table_read(&table, run.out, 5) == 0) {
        ours = column_line(bench, &table, 2, "timtape, default clock", 0);
        column_line(bench, &table, 3, "write(2) per event", ours);
        column_line(bench, &table, 4, "SQLite INSERT per event (WAL, sync OFF)", ours);
        table_free(&table);
    }
    lttng(bench, ours);
}
