// SPDX-License-Identifier: MIT
/*
 * What recording costs the SDK's thread: a callback through the real shim, both edges, minus the same
 * callback without it, over strlen + memcpy + clock_gettime. The ring is emptied between
 * the rounds ("gated") or all the while ("live").
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define DEFAULT_SLOT ((uint64_t)16 << 20)

struct cost {
    double ns, floor_ns, ratio;
    unsigned long waits;
};

struct shape {
    size_t bytes;
    unsigned threads;
    enum ring_clock clock;
    bool live;
    uint64_t slot_bytes; /* 0: default */
};

/* Bursts fill at most two thirds of a ring: a full one is another matter (it waits). */
static unsigned long
burst(const struct shape *shape)
{
    uint64_t room = (shape->slot_bytes != 0 ? shape->slot_bytes : DEFAULT_SLOT) / 3 * 2;
    uint64_t count = room / (shape->bytes + 160);
    return (unsigned long)(count < 20000 ? count : 20000);
}

static int
measure(struct bench *bench, const struct shape *shape, struct cost *cost)
{
    char arguments[256];
    struct table table;
    unsigned long count = burst(shape), rounds = shape->bytes > 10000 ? 100 : 200;
    struct run run = {.way = RUN_SESSION,
                      .live = shape->live,
                      .arguments = arguments,
                      .ring = {.clock = shape->clock, .slot_bytes = shape->slot_bytes}};
    snprintf(arguments, sizeof arguments, "cost %zu %u %lu %lu nothing floor listener", shape->bytes,
             shape->threads, count, rounds);
    if (run_app(bench, &run) != 0)
        return -1;
    uint64_t edges = 2 * (uint64_t)count * shape->threads * (rounds + 2);
    if (run.lost != 0 || run.records < edges) {
        report_failure(bench, "%s: %llu records of %llu, %llu lost", arguments,
                       (unsigned long long)run.records, (unsigned long long)edges,
                       (unsigned long long)run.lost);
        return -1;
    }
    if (table_read(&table, run.out, 3) != 0) {
        report_failure(bench, "%s: nothing measured", arguments);
        return -1;
    }
    double *own = calloc(table.rows * 3, sizeof *own);
    double *floor = own + table.rows, *ratio = floor + table.rows;
    for (size_t i = 0; i < table.rows; i++) {
        own[i] = table_at(&table, i, 2) - table_at(&table, i, 0);
        floor[i] = table_at(&table, i, 1) - table_at(&table, i, 0);
        ratio[i] = own[i] / floor[i];
    }
    cost->ns = stat_median(own, table.rows);
    cost->floor_ns = stat_median(floor, table.rows);
    cost->ratio = stat_median(ratio, table.rows);
    cost->waits = (unsigned long)run.waits;
    free(own);
    table_free(&table);
    return 0;
}

static void
line(struct bench *bench, const struct shape *shape, double bar, double above, struct cost *cost)
{
    char name[96], text[32], size[32];
    if (measure(bench, shape, cost) != 0)
        return;
    if (shape->bytes < 10000)
        snprintf(size, sizeof size, "%zu B", shape->bytes);
    else
        snprintf(size, sizeof size, "%zu KB", shape->bytes >> 10);
    snprintf(name, sizeof name, "%s, %s, %u producer%s, %s%s%s", size,
             shape->clock == RING_CLOCK_TSC ? "TSC" : "clock_gettime", shape->threads,
             shape->threads > 1 ? "s" : "", shape->live ? "live" : "gated",
             shape->slot_bytes != 0 ? ", 64 MiB rings" : "", cost->waits != 0 ? " (waited!)" : "");
    struct figure figure = {.name = name,
                            .value = cost->ns,
                            .unit = "ns",
                            .beside = "floor",
                            .beside_value = cost->floor_ns,
                            .ratio = cost->ratio,
                            .judged = cost->ratio,
                            .sense = bar != 0 ? BAR_MOST : BAR_NONE,
                            .bar = bar};
    if (above != 0) {
        figure.bar = above + 0.3;
        snprintf(text, sizeof text, "<= %.1f + 0.3", above);
        figure.bar_text = text;
        figure.sense = BAR_MOST;
    }
    report(bench, &figure);
}

static void
clock_lines(struct bench *bench, enum ring_clock clock, double bar)
{
    struct cost one = {0}, other;
    struct shape shape = {.bytes = 600, .threads = 1, .clock = clock};
    line(bench, &shape, bar, 0, &one);
    shape.threads = 2;
    if (bench->cores < 2)
        report_skip("600 B, 2 producers", "one core: they would not run in parallel");
    else
        line(bench, &shape, 0, bar, &other);
    shape.threads = 1;
    shape.live = true;
    line(bench, &shape, 0, 0, &other);
    shape.live = false;
    shape.slot_bytes = (uint64_t)64 << 20;
    line(bench, &shape, 0, 0, &other);
    shape.slot_bytes = 0;
    shape.bytes = 100;
    line(bench, &shape, 0, 0, &other);
    shape.bytes = 4096;
    line(bench, &shape, 0, 0, &other);
    shape.bytes = 50 << 10;
    line(bench, &shape, 1.2, 0, &other);
}

void
bench_ring(struct bench *bench)
{
    report_section("cost of a recorded callback on the SDK's thread, both edges (floor: strlen + memcpy + "
                   "clock_gettime)");
    if (bench->tsc)
        clock_lines(bench, RING_CLOCK_TSC, 2.0);
    else
        report_skip("TSC", "the kernel does not trust this machine's TSC");
    clock_lines(bench, RING_CLOCK_MONOTONIC, 2.5);
}
