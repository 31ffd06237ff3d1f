// SPDX-License-Identifier: MIT
/* JUnit, one failed test a finding: what CI systems show without a plugin. */
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "fuzz/finding/inside.h"

static void
attribute(FILE *stream, const char *name, const char *value)
{
    fprintf(stream, " %s=\"", name);
    escape_xml(stream, value, strlen(value), true);
    putc('"', stream);
}

static void
put_case(FILE *stream, const struct finding_row *row)
{
    char text[900];
    fputs("    <testcase", stream);
    attribute(stream, "name", row->name);
    attribute(stream, "classname", "timtape.finding");
    attribute(stream, "file", row->file[0] != '\0' ? row->file : "unknown");
    fputs(" time=\"0.000\">\n      <failure", stream);
    attribute(stream, "message", row->sentence[0] != '\0' ? row->sentence : row->what);
    attribute(stream, "type", row->severity);
    putc('>', stream);
    snprintf(text, sizeof text, "%.60s in %.90s (%.150s:%u), %u input%s\nagain: %.500s\n", row->what,
             row->function, row->file, row->line, row->count, row->count == 1 ? "" : "s", row->again);
    escape_xml(stream, text, strlen(text), false);
    fputs("</failure>\n    </testcase>\n", stream);
}

int
finding_junit(FILE *stream, const struct finding_row *rows, size_t count)
{
    char counts[200], now[40] = "";
    time_t seconds = time(NULL);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(counts, sizeof counts,
             " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" time=\"0.000\"", count, count);
    fprintf(stream,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"timtape\"%s>\n"
            "  <testsuite name=\"findings\"%s timestamp=\"%s\">\n",
            counts, counts, now);
    for (size_t i = 0; i < count; i++)
        put_case(stream, &rows[i]);
    fputs("  </testsuite>\n</testsuites>\n", stream);
    return ferror(stream) ? -1 : 0;
}
