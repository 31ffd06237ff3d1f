// SPDX-License-Identifier: MIT
/* One line per figure: name, value, what it stands beside, ratio, bar, ok or MISS. */
#include <stdarg.h>
#include <string.h>

#include "bench.h"

void
report_head(void)
{
    printf("%-52s %14s  %-28s %7s  %-16s\n", "figure", "value", "floor or peer", "ratio", "bar");
}

void
report_section(const char *title)
{
    printf("\n== %s\n", title);
    fflush(stdout);
}

void
report(struct bench *bench, const struct figure *figure)
{
    char value[40], beside[64] = "", ratio[24] = "", bar[48] = "";
    const char *verdict = "";
    int digits = figure->value < 10 ? 2 : figure->value < 1000 ? 1 : 0;
    snprintf(value, sizeof value, "%.*f %s", digits, figure->value, figure->unit);
    if (figure->beside != NULL) {
        digits = figure->beside_value < 10 ? 2 : figure->beside_value < 1000 ? 1 : 0;
        snprintf(beside, sizeof beside, "%s %.*f", figure->beside, digits, figure->beside_value);
    }
    if (figure->ratio != 0)
        snprintf(ratio, sizeof ratio, "%.2f", figure->ratio);
    if (figure->sense != BAR_NONE) {
        bool good = figure->sense == BAR_MOST ? figure->judged <= figure->bar : figure->judged >= figure->bar;
        if (figure->bar_text != NULL)
            snprintf(bar, sizeof bar, "%s", figure->bar_text);
        else
            snprintf(bar, sizeof bar, "%s %.*f",
                     figure->sense == BAR_MOST ? "<=" : ">=", figure->bar < 100 ? 2 : 0, figure->bar);
        verdict = good ? "ok" : "MISS";
        bench->misses += !good;
    }
    printf("%-52s %14s  %-28s %7s  %-16s %s\n", figure->name, value, beside, ratio, bar, verdict);
    fflush(stdout);
}

void
report_skip(const char *name, const char *reason)
{
    printf("%-52s skipped: %s\n", name, reason);
    fflush(stdout);
}

void
report_failure(struct bench *bench, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("FAILED: ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
    bench->failures++;
}
