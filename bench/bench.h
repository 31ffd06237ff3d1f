// SPDX-License-Identifier: MIT
/*
 * The bench driver: what its files share. Every figure stands beside a floor or a peer that was
 * measured in the same run, interleaved with it, because machines are noisy and only ratios last.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"
#include "ring/consumer.h"

#define BENCH_PATH 1024

struct bench {
    char build[BENCH_PATH];   /* the build directory, absolute */
    char app[BENCH_PATH];     /* bench/app */
    char sdk[BENCH_PATH];     /* the bench's SDK */
    char timtape[BENCH_PATH]; /* the command under test */
    char scratch[BENCH_PATH]; /* on the disk where the build directory is; removed at the end */
    bool longer;              /* BENCH_LONG=1: a minute where ten seconds are the default */
    unsigned cores;
    bool tsc;     /* the kernel trusts the TSC, so it is the default clock of a recording */
    int misses;   /* bars not reached */
    int failures; /* things that did not work at all */
};

/* ---- stat.c ---- */
uint64_t bench_now(void);
/* Sorts in place. `percent` 0..100; 50 is the median. 0 when there is nothing. */
double stat_percentile(double *values, size_t count, double percent);
double stat_median(double *values, size_t count);

/* Rows of numbers as the app writes them. */
struct table {
    double *cell;
    size_t rows, columns;
};
int table_read(struct table *table, const char *path, size_t columns);
double table_at(const struct table *table, size_t row, size_t column);
void table_free(struct table *table);
/* Callbacks on a tape, -1 when it cannot be read. */
long tape_rows(const char *tape);

/* ---- report.c ---- */
enum bar { BAR_NONE, BAR_MOST, BAR_LEAST };

/* One line of the report. */
struct figure {
    const char *name;
    double value;
    const char *unit;
    const char *beside; /* name of the floor or peer, or NULL */
    double beside_value;
    double ratio;   /* median of the rounds' ratios, or 0 */
    double judged;  /* what the bar is held against */
    enum bar sense; /* BAR_NONE: nothing was promised */
    double bar;
    const char *bar_text; /* what the bar says */
};

void report_head(void);
void report_section(const char *title);
void report(struct bench *bench, const struct figure *figure);
void report_skip(const char *name, const char *reason);
/* Something that had to work did not; counted, and the run ends with 1. */
void report_failure(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- run.c ---- */
enum run_way {
    RUN_BARE,    /* without timtape */
    RUN_SESSION, /* the real loader and shim, the ring read by this process */
    RUN_RECORD,  /* under `timtape record` */
    RUN_REPLAY,  /* under `timtape replay` */
};

struct run {
    enum run_way way;
    struct ring_options ring; /* RUN_SESSION */
    bool live;                /* RUN_SESSION: read while the app writes, else only between its rounds */
    const char *tape;         /* RUN_RECORD, RUN_REPLAY */
    const char *speed;        /* RUN_REPLAY, or NULL */
    const char *prefix;       /* RUN_BARE, RUN_SESSION: words put before the app's command line, or NULL */
    const char *arguments;    /* of the app: MODE and what comes after SDK and OUT, blank separated */
    /* out */
    char out[BENCH_PATH]; /* what the app wrote */
    int status;           /* as of waitpid */
    uint64_t records;     /* RUN_SESSION: records read */
    uint64_t waits;       /* RUN_SESSION: times the ring was full */
    uint64_t lost;        /* RUN_SESSION: edges that could not be recorded */
    uint64_t from_ns, to_ns;
};

/* Runs the app to its end; -1 after a report_failure. */
int run_app(struct bench *bench, struct run *run);
/* Runs a command line of `words` (NULL terminated) with `environment` added; wall ns, or 0 on failure. */
uint64_t run_timed(char *const words[], char *const environment[], const char *output);
void run_scratch(const struct bench *bench, char *path, const char *name);
/* LD_AUDIT=... and so on, as `timtape record` sets them; `session` may be NULL. Returns a NULL-terminated
 * list that lives until the next call. */
char **run_environment(const struct bench *bench, const char *session);

/* ---- what is measured ---- */
void bench_ring(struct bench *bench);
void bench_peers(struct bench *bench);
void bench_pace(struct bench *bench);
void bench_drain(struct bench *bench);
void bench_syscalls(struct bench *bench);
void bench_replay(struct bench *bench);
void bench_speed(struct bench *bench);
void bench_startup(struct bench *bench);
void bench_memory(struct bench *bench);

#endif
