// SPDX-License-Identifier: MIT
/* What starting under timtape costs, and what it costs an app that never touches the SDK. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 40
#define IDLE_ROUNDS 150

static void
start_lines(struct bench *bench)
{
    char tape[BENCH_PATH], output[BENCH_PATH];
    double bare[ROUNDS], audited[ROUNDS], recorded[ROUNDS], more[ROUNDS], whole[ROUNDS];
    struct fault fault = {0};
    run_scratch(bench, tape, "start.tape");
    run_scratch(bench, output, "start.out");
    char *plain[] = {(char *)"true", NULL};
    char *record[] = {bench->timtape, (char *)"record", (char *)"-o", tape,
                      (char *)"--",   (char *)"true",   NULL};
    struct ring_reader *ring = ring_create(&(struct ring_options){0}, &fault);
    if (ring == NULL) {
        report_failure(bench, "%s", fault.text);
        return;
    }
    char **environment = run_environment(bench, ring_path(ring));
    for (int i = -2; i < ROUNDS; i++) {
        unlink(tape);
        uint64_t a = 0, b = 0, c = 0;
        for (int k = 0; k < 3; k++) { /* what runs after the recording finds the machine still cleaning up */
            switch ((k + i + 3) % 3) {
            case 0:
                a = run_timed(plain, NULL, output);
                break;
            case 1:
                b = run_timed(plain, environment, output);
                break;
            default:
                c = run_timed(record, NULL, output);
            }
        }
        if (a == 0 || b == 0 || c == 0) {
            report_failure(bench, "`true` did not run under timtape");
            goto done;
        }
        if (i < 0)
            continue;
        bare[i] = (double)a / 1e6, audited[i] = (double)b / 1e6, recorded[i] = (double)c / 1e6;
        more[i] = audited[i] - bare[i];
        whole[i] = recorded[i] - bare[i];
    }
    double base = stat_median(bare, ROUNDS), extra = stat_median(more, ROUNDS),
           all = stat_median(whole, ROUNDS);
    report(bench, &(struct figure){.name = "`true`, in the app (audit object loaded)",
                                   .value = stat_median(audited, ROUNDS),
                                   .unit = "ms",
                                   .beside = "bare",
                                   .beside_value = base,
                                   .ratio = 1 + extra / base,
                                   .judged = extra,
                                   .sense = BAR_MOST,
                                   .bar = 2,
                                   .bar_text = "<= bare + 2 ms"});
    report(bench, &(struct figure){.name = "`timtape record -- true`, start to finished tape",
                                   .value = stat_median(recorded, ROUNDS),
                                   .unit = "ms",
                                   .beside = "bare",
                                   .beside_value = base,
                                   .ratio = 1 + all / base});
done:
    ring_close(ring);
    ring_destroy(ring, true);
    unlink(tape);
}

static double
idle_ns(struct bench *bench, char *const environment[])
{
    char program[BENCH_PATH + 32], output[BENCH_PATH];
    struct table table;
    snprintf(program, sizeof program, "%s/bench/idle", bench->build);
    run_scratch(bench, output, "idle.out");
    char *words[] = {program, (char *)"3000000", NULL};
    if (run_timed(words, environment, output) == 0 || table_read(&table, output, 1) != 0)
        return 0;
    double ns = table_at(&table, 0, 0);
    table_free(&table);
    return ns;
}

static void
idle_line(struct bench *bench)
{
    double bare[IDLE_ROUNDS], audited[IDLE_ROUNDS];
    char **environment = run_environment(bench, NULL);
    for (int i = 0; i < IDLE_ROUNDS; i++) {
        /* Which one goes first takes turns: the second of a pair finds a warmer machine. */
        if (i % 2 == 0)
            bare[i] = idle_ns(bench, NULL);
        audited[i] = idle_ns(bench, environment);
        if (i % 2 != 0)
            bare[i] = idle_ns(bench, NULL);
        if (bare[i] == 0 || audited[i] == 0) {
            report_failure(bench, "the idle app did not run");
            return;
        }
    }
    /* Where the loader puts things decides more about one run than we do: medians of many runs, then the
     * ratio. */
    double value = stat_median(audited, IDLE_ROUNDS) / stat_median(bare, IDLE_ROUNDS);
    report(bench, &(struct figure){.name = "app without the SDK: a call through its PLT",
                                   .value = stat_median(audited, IDLE_ROUNDS),
                                   .unit = "ns",
                                   .beside = "bare",
                                   .beside_value = stat_median(bare, IDLE_ROUNDS),
                                   .ratio = value,
                                   .judged = value,
                                   .sense = BAR_MOST,
                                   .bar = 1.05});
}

void
bench_startup(struct bench *bench)
{
    report_section("startup, and an app that never touches the SDK");
    start_lines(bench);
    idle_line(bench);
}
