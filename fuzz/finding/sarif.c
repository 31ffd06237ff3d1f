// SPDX-License-Identifier: MIT
/* SARIF 2.1.0, as code hosts read it: one rule a severity, one result a finding. */
#include <string.h>

#include "base/escape.h"
#include "fuzz/finding/inside.h"

static const char *const severities[] = {"write",     "read",   "null deref", "recursion", "race",
                                         "undefined", "abort",  "crash",      "hang",      "leak",
                                         "memory",    "oracle", "exit",       "diverged"};
#define SEVERITIES (sizeof severities / sizeof severities[0])

static void
put(FILE *stream, const char *before, const char *text)
{
    fputs(before, stream);
    escape_json(stream, text, strlen(text));
}

/* An identifier: "null-deref". */
static void
put_rule(FILE *stream, const char *severity)
{
    char text[40];
    snprintf(text, sizeof text, "timtape/%.24s", severity);
    for (char *at = text; *at != '\0'; at++)
        *at = *at == ' ' ? '-' : *at;
    put(stream, "", text);
}

static const char *
level(const char *severity)
{
    return strcmp(severity, "leak") == 0 || strcmp(severity, "undefined") == 0 ||
                   strcmp(severity, "diverged") == 0 || strcmp(severity, "exit") == 0
               ? "warning"
               : "error";
}

/* A file's path as the relative reference that a URI may be. */
static void
put_uri(FILE *stream, const char *path)
{
    char text[600];
    size_t used = 0;
    bool absolute = path[0] == '/';
    used += (size_t)snprintf(text, sizeof text, "%s", absolute ? "file://" : "");
    for (; *path != '\0' && used < sizeof text - 4; path++) {
        unsigned char byte = (unsigned char)*path;
        if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
            strchr("-._~/+", byte) != NULL)
            text[used++] = (char)byte;
        else
            used += (size_t)snprintf(text + used, sizeof text - used, "%%%02X", byte);
    }
    text[used] = '\0';
    put(stream, "", text);
}

static void
put_location(FILE *stream, const struct finding_row *row)
{
    fputs(",\"locations\":[{", stream);
    if (row->file[0] != '\0') {
        fputs("\"physicalLocation\":{\"artifactLocation\":{\"uri\":", stream);
        put_uri(stream, row->file);
        putc('}', stream);
        if (row->line > 0)
            fprintf(stream, ",\"region\":{\"startLine\":%u}", row->line);
        fputs("},", stream);
    }
    put(stream, "\"logicalLocations\":[{\"kind\":\"function\",\"name\":", row->function);
    fputs("}]}]", stream);
}

static void
put_result(FILE *stream, const struct finding_row *row)
{
    char text[700];
    fputs("\n{\"ruleId\":", stream);
    put_rule(stream, row->severity);
    fprintf(stream, ",\"level\":\"%s\"", level(row->severity));
    snprintf(text, sizeof text, "%s in %s. %s", row->what,
             row->function[0] != '\0' ? row->function : "unknown code", row->sentence);
    put(stream, ",\"message\":{\"text\":", text);
    putc('}', stream);
    put_location(stream, row);
    put(stream, ",\"partialFingerprints\":{\"timtape/v1\":", row->signature);
    fprintf(stream, "},\"occurrenceCount\":%u", row->count > 0 ? row->count : 1);
    put(stream, ",\"properties\":{\"name\":", row->name);
    put(stream, ",\"again\":", row->again);
    fprintf(stream, ",\"bytes\":%zu}}", row->bytes);
}

int
finding_sarif(FILE *stream, const struct finding_row *rows, size_t count)
{
    fputs("{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{"
          "\"tool\":{\"driver\":{\"name\":\"timtape\",\"version\":\"" TIMTAPE_VERSION "\",\"rules\":[",
          stream);
    for (size_t i = 0; i < SEVERITIES; i++) {
        fputs(i > 0 ? "," : "", stream);
        fputs("{\"id\":", stream);
        put_rule(stream, severities[i]);
        put(stream, ",\"shortDescription\":{\"text\":", severities[i]);
        fputs("}}", stream);
    }
    fputs("]}},\"columnKind\":\"utf16CodeUnits\",\"results\":[", stream);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? "," : "", stream);
        put_result(stream, &rows[i]);
    }
    fputs("]}]}\n", stream);
    return ferror(stream) ? -1 : 0;
}
