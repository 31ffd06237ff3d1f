// SPDX-License-Identifier: MIT
/*
 * The names of places as text, one line a place, so that a file of counters says itself what it counts:
 *
 *   CALLBACK tab FUNCTION tab PARAMETER tab PATH tab ENUM tab VARIATIONS
 *
 * VARIATIONS are numbers of enum model_variation, ascending ("0,1,12-19"); their counters follow each other.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/coverage/table.h"

static void
write_variations(const struct table_row *row, FILE *out)
{
    bool first = true;
    for (unsigned v = 0; v < MODEL_VARIATIONS; v++) {
        if (table_slot(row, v) == TABLE_NONE)
            continue;
        unsigned end = v;
        while (end + 1 < MODEL_VARIATIONS && table_slot(row, end + 1) != TABLE_NONE)
            end++;
        fprintf(out, first ? "%u" : ",%u", v);
        if (end > v)
            fprintf(out, "-%u", end);
        first = false;
        v = end;
    }
}

char *
layout_write(const struct coverage *coverage, size_t *bytes)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);
    if (out == NULL)
        return NULL;
    for (uint32_t i = 0; i < coverage->nplaces; i++) {
        const struct table_row *row = &coverage->rows[i];
        fprintf(out, "%s\t%s\t%s\t%s\t%s\t", row->callback, row->function, row->param, row->path,
                row->enumeration);
        write_variations(row, out);
        fputc('\n', out);
    }
    bool bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad) {
        free(text);
        return NULL;
    }
    return text;
}

/* A field ends at a tab; names are printable ASCII. NULL: they are not. */
static char *
next_field(char **at)
{
    char *field = *at;
    if (field == NULL)
        return NULL;
    char *end = field;
    while (*end > 0x1f && *end < 0x7f)
        end++;
    *at = *end == '\t' ? end + 1 : NULL;
    if (*end != '\t' && *end != '\0')
        return NULL;
    *end = '\0';
    return field;
}

static int
read_variations(struct table_row *row, const char *text)
{
    unsigned next = 0;
    while (*text != '\0') {
        char *end;
        unsigned long low = strtoul(text, &end, 10), high = low;
        if (end == text)
            return -1;
        if (*end == '-') {
            text = end + 1;
            high = strtoul(text, &end, 10);
            if (end == text)
                return -1;
        }
        if (low < next || high < low || high >= MODEL_VARIATIONS || (*end != ',' && *end != '\0'))
            return -1;
        for (unsigned v = (unsigned)low; v <= high; v++) {
            row->possible[v / 64] |= UINT64_C(1) << v % 64;
            row->count++;
        }
        next = (unsigned)high + 1;
        text = *end == ',' ? end + 1 : end;
    }
    return 0;
}

static int
read_row(struct table_row *row, char *line)
{
    const char **const fields[] = {&row->callback, &row->function, &row->param, &row->path,
                                   &row->enumeration};
    for (unsigned i = 0; i < sizeof fields / sizeof *fields; i++) {
        *fields[i] = next_field(&line);
        if (*fields[i] == NULL)
            return -1;
    }
    const char *variations = next_field(&line);
    return variations != NULL && line == NULL ? read_variations(row, variations) : -1;
}

int
layout_read(struct coverage *coverage, char *text, size_t bytes, const char *file, struct fault *fault)
{
    for (char *line = text, *end; line < text + bytes; line = end + 1) {
        end = memchr(line, '\n', (size_t)(text + bytes - line));
        struct table_row row = {.first = coverage->slots};
        if (end != NULL)
            *end = '\0';
        if (end == NULL || coverage->nplaces >= TABLE_MOST_PLACES || read_row(&row, line) != 0)
            return fault_set(fault, FAULT_DATA,
                             "%s: line %u of its names is none that timtape writes; it is damaged, or of a "
                             "newer timtape",
                             file, coverage->nplaces + 1);
        coverage->slots += row.count;
        if (coverage->slots > TABLE_MOST_SLOTS ||
            table_grow((void **)&coverage->rows, coverage->nplaces, &coverage->place_room,
                       sizeof *coverage->rows) != 0)
            return fault_set(fault, FAULT_DATA, "%s: it names more than fits into memory", file);
        coverage->rows[coverage->nplaces++] = row;
    }
    return 0;
}
