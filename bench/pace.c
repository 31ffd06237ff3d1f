// SPDX-License-Identifier: MIT
/* One callback per millisecond, as real apps get them: cold caches, the real recorder polling beside it. */
#include <stdlib.h>

#include "bench.h"

void
bench_pace(struct bench *bench)
{
    char tape[BENCH_PATH], arguments[128];
    struct table table;
    report_section("one 600-byte callback per millisecond, under `timtape record`");
    run_scratch(bench, tape, "pace.tape");
    snprintf(arguments, sizeof arguments, "pace 600 %d 50 nothing floor listener",
             bench->longer ? 20000 : 3000);
    struct run run = {.way = RUN_RECORD, .tape = tape, .arguments = arguments};
    if (run_app(bench, &run) != 0)
        return;
    if (table_read(&table, run.out, 3) != 0) {
        report_failure(bench, "nothing measured");
        return;
    }
    if (tape_rows(tape) < (long)table.rows) {
        report_failure(bench, "the tape holds %ld callbacks of %zu", tape_rows(tape), table.rows);
        table_free(&table);
        return;
    }
    double *column[3];
    for (size_t k = 0; k < 3; k++) {
        column[k] = calloc(table.rows, sizeof **column);
        for (size_t i = 0; i < table.rows; i++)
            column[k][i] = table_at(&table, i, k);
    }
    double nothing = stat_median(column[0], table.rows);
    double floor = stat_median(column[1], table.rows), own = stat_median(column[2], table.rows);
    report(bench, &(struct figure){.name = "p50 (an empty callback subtracted)",
                                   .value = own - nothing,
                                   .unit = "ns",
                                   .beside = "floor",
                                   .beside_value = floor - nothing,
                                   .judged = own - floor,
                                   .ratio = (own - nothing) / (floor - nothing > 1 ? floor - nothing : 1),
                                   .sense = BAR_MOST,
                                   .bar = 200,
                                   .bar_text = "<= floor + 200"});
    double floor99 = stat_percentile(column[1], table.rows, 99),
           own99 = stat_percentile(column[2], table.rows, 99);
    report(bench, &(struct figure){.name = "p99",
                                   .value = own99 - nothing,
                                   .unit = "ns",
                                   .beside = "floor",
                                   .beside_value = floor99 - nothing,
                                   .ratio = (own99 - nothing) / (floor99 - nothing)});
    for (size_t k = 0; k < 3; k++)
        free(column[k]);
    table_free(&table);
}
