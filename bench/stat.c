// SPDX-License-Identifier: MIT
/* Medians and percentiles, the tables of numbers that the app leaves, and what a tape holds. */
#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

uint64_t
bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double
stat_percentile(double *values, size_t count, double percent)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, compare);
    double place = percent / 100 * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count)
        return values[count - 1];
    return values[below] + (place - (double)below) * (values[below + 1] - values[below]);
}

double
stat_median(double *values, size_t count)
{
    return stat_percentile(values, count, 50);
}

int
table_read(struct table *table, const char *path, size_t columns)
{
    FILE *in = fopen(path, "re");
    size_t room = 0, used = 0;
    double value;
    *table = (struct table){.columns = columns};
    if (in == NULL)
        return -1;
    while (fscanf(in, "%lf", &value) == 1) {
        if (used == room) {
            room = room != 0 ? room * 2 : 4096;
            double *more = realloc(table->cell, room * sizeof *more);
            if (more == NULL)
                break;
            table->cell = more;
        }
        table->cell[used++] = value;
    }
    fclose(in);
    table->rows = used / columns;
    return table->rows > 0 ? 0 : -1;
}

double
table_at(const struct table *table, size_t row, size_t column)
{
    return table->cell[row * table->columns + column];
}

void
table_free(struct table *table)
{
    free(table->cell);
    *table = (struct table){0};
}

long
tape_rows(const char *tape)
{
    sqlite3 *database;
    sqlite3_stmt *query;
    long rows = -1;
    if (sqlite3_open_v2(tape, &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        return -1;
    if (sqlite3_prepare_v2(database, "SELECT count(*) FROM callbacks", -1, &query, NULL) == SQLITE_OK) {
        if (sqlite3_step(query) == SQLITE_ROW)
            rows = (long)sqlite3_column_int64(query, 0);
        sqlite3_finalize(query);
    }
    sqlite3_close(database);
    return rows;
}
