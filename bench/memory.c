// SPDX-License-Identifier: MIT
/* Memory in the app's process per thread that calls back: its ring, populated before use. */
#include "bench.h"

static double
resident(struct bench *bench, enum run_way way, int threads)
{
    char arguments[64];
    struct table table;
    struct run run = {.way = way, .arguments = arguments};
    snprintf(arguments, sizeof arguments, "memory %d", threads);
    if (run_app(bench, &run) != 0 || table_read(&table, run.out, 2) != 0)
        return -1;
    double kib = table_at(&table, 0, 0);
    table_free(&table);
    return kib;
}

void
bench_memory(struct bench *bench)
{
    enum { FEW = 1, MANY = 5 };
    report_section("memory in the app's process (Rss)");
    double bare_few = resident(bench, RUN_BARE, FEW), bare_many = resident(bench, RUN_BARE, MANY);
    double few = resident(bench, RUN_SESSION, FEW), many = resident(bench, RUN_SESSION, MANY);
    if (bare_few < 0 || bare_many < 0 || few < 0 || many < 0)
        return;
    double bare = (bare_many - bare_few) / (MANY - FEW) / 1024, own = (many - few) / (MANY - FEW) / 1024;
    report(bench, &(struct figure){.name = "per thread that calls back",
                                   .value = own - bare,
                                   .unit = "MiB",
                                   .beside = "ring of 16 MiB; bare",
                                   .beside_value = bare,
                                   .judged = own - bare,
                                   .sense = BAR_MOST,
                                   .bar = 16.5,
                                   .bar_text = "<= 16.5 MiB"});
    report(bench, &(struct figure){.name = "once per process (the main thread's ring not counted)",
                                   .value = (few - bare_few) / 1024 - 2 * (own - bare),
                                   .unit = "MiB",
                                   .beside = "bare process",
                                   .beside_value = bare_few / 1024});
}
