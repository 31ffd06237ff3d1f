// SPDX-License-Identifier: MIT
/* Schema coverage as a table for people and as JSON. */
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "fuzz/coverage/table.h"

static uint32_t
covered_of(const struct coverage *coverage, const struct table_row *row)
{
    uint32_t covered = 0;
    for (uint32_t i = 0; i < row->count; i++)
        covered += coverage->count[row->first + i] != 0;
    return covered;
}

static bool
same_target(const struct table_row *a, const struct table_row *b)
{
    return strcmp(a->callback, b->callback) == 0 && strcmp(a->function, b->function) == 0;
}

/* Rows of one target follow each other: the end of the run that begins at `from`. */
static uint32_t
target_end(const struct coverage *coverage, uint32_t from, uint64_t *covered, uint64_t *all)
{
    uint32_t end = from;
    for (*covered = *all = 0; end < coverage->nplaces; end++) {
        const struct table_row *row = &coverage->rows[end];
        if (!same_target(row, &coverage->rows[from]))
            break;
        *covered += covered_of(coverage, row);
        *all += row->count;
    }
    return end;
}

static double
percent(uint64_t covered, uint64_t all)
{
    return all > 0 ? 100.0 * (double)covered / (double)all : 100.0;
}

/* ---- text ---- */

static void
put_missing(const struct coverage *coverage, const struct table_row *row, FILE *out)
{
    const char *before = "      missing: ";
    for (uint32_t i = 0; i < row->count; i++) {
        if (coverage->count[row->first + i] != 0)
            continue;
        fprintf(out, "%s%s", before, table_variation_text(row, table_variation(row, i)));
        before = ", ";
    }
    fputc('\n', out);
}

static void
put_rows(const struct coverage *coverage, uint32_t from, uint32_t end, bool missing, FILE *out)
{
    for (uint32_t i = from; i < end; i++) {
        const struct table_row *row = &coverage->rows[i];
        uint32_t covered = covered_of(coverage, row);
        fprintf(out, "  %3" PRIu32 " of %-3" PRIu32 "  %s%s%s\n", covered, row->count, row->param,
                row->path[0] != '\0' ? " " : "", row->path);
        if (missing && covered < row->count)
            put_missing(coverage, row, out);
    }
}

static void
put_lines(const struct coverage_lines *lines, FILE *out)
{
    fprintf(out, "\nlines: %" PRIu64 " of %" PRIu64 " (%.1f %%)\n", lines->covered, lines->all,
            percent(lines->covered, lines->all));
    for (uint32_t i = 0; i < lines->count; i++) {
        const struct lines_file *file = &lines->files[i];
        fprintf(out, "  %5" PRIu64 " of %-5" PRIu64 "  %5.1f %%  ", file->covered, file->all,
                percent(file->covered, file->all));
        escape_json(out, file->name, strlen(file->name));
        fputc('\n', out);
    }
}

void
coverage_text(const struct coverage *coverage, const struct coverage_report *report, FILE *out)
{
    uint64_t covered, all;
    coverage_count(coverage, &covered, &all);
    fprintf(out, "schema coverage: %" PRIu64 " of %" PRIu64 " variations delivered (%.1f %%)\n", covered, all,
            percent(covered, all));
    for (uint32_t from = 0, end; from < coverage->nplaces; from = end) {
        const struct table_row *row = &coverage->rows[from];
        end = target_end(coverage, from, &covered, &all);
        fprintf(out, "\n%s%s%s: %" PRIu64 " of %" PRIu64 " (%.1f %%)\n", row->callback,
                row->function[0] != '\0' ? ":" : "", row->function, covered, all, percent(covered, all));
        put_rows(coverage, from, end, report->missing, out);
    }
    if (report->lines != NULL)
        put_lines(report->lines, out);
}

/* ---- JSON ---- */

static void
json_member(FILE *out, const char *key, const char *text)
{
    fprintf(out, "\"%s\":", key);
    escape_json(out, text, strlen(text));
    fputc(',', out);
}

static void
json_place(const struct coverage *coverage, const struct table_row *row, FILE *out)
{
    fputc('{', out);
    json_member(out, "parameter", row->param);
    json_member(out, "path", row->path);
    fprintf(out, "\"delivered\":{");
    const char *comma = "";
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < row->count; i++) {
            uint32_t count = coverage->count[row->first + i];
            if ((count != 0) != (pass == 0))
                continue;
            const char *text = table_variation_text(row, table_variation(row, i));
            fprintf(out, "%s", comma);
            escape_json(out, text, strlen(text));
            if (pass == 0)
                fprintf(out, ":%" PRIu32, count);
            comma = ",";
        }
        fputs(pass == 0 ? "},\"missing\":[" : "]}", out);
        comma = "";
    }
}

static void
json_lines(const struct coverage_lines *lines, FILE *out)
{
    fprintf(out, ",\n\"lines\":{\"covered\":%" PRIu64 ",\"all\":%" PRIu64 ",\"files\":[", lines->covered,
            lines->all);
    for (uint32_t i = 0; i < lines->count; i++) {
        const struct lines_file *file = &lines->files[i];
        fprintf(out, i > 0 ? ",\n{" : "\n{");
        json_member(out, "file", file->name);
        fprintf(out, "\"covered\":%" PRIu64 ",\"all\":%" PRIu64 "}", file->covered, file->all);
    }
    fputs("]}", out);
}

void
coverage_json(const struct coverage *coverage, const struct coverage_report *report, FILE *out)
{
    uint64_t covered, all;
    coverage_count(coverage, &covered, &all);
    fprintf(out, "{\"covered\":%" PRIu64 ",\"all\":%" PRIu64 ",\n\"callbacks\":[", covered, all);
    for (uint32_t from = 0, end; from < coverage->nplaces; from = end) {
        const struct table_row *row = &coverage->rows[from];
        end = target_end(coverage, from, &covered, &all);
        fprintf(out, from > 0 ? ",\n{" : "\n{");
        json_member(out, "callback", row->callback);
        if (row->function[0] != '\0')
            json_member(out, "function", row->function);
        fprintf(out, "\"covered\":%" PRIu64 ",\"all\":%" PRIu64 ",\"places\":[", covered, all);
        for (uint32_t i = from; i < end; i++) {
            fprintf(out, i > from ? ",\n " : "\n ");
            json_place(coverage, &coverage->rows[i], out);
        }
        fputs("]}", out);
    }
    fputs("]", out);
    if (report->lines != NULL)
        json_lines(report->lines, out);
    fputs("}\n", out);
}
