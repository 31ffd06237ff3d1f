// SPDX-License-Identifier: MIT
/*
 * JUnit XML as the readers of CI servers take it (Jenkins' and its xUnit plugin, GitLab, the GitHub actions):
 * one suite, one test case per tape. "failure" is a verdict against the app, "error" a tape or replay that
 * came to none, "skipped" one that was not begun. What only some readers know is left out.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "replay/report/report.h"
#include "replay/report/report_path.h"

#define FOLDER_MOST 512

static void
put_attribute(FILE *stream, const char *name, const char *value)
{
    fprintf(stream, " %s=\"", name);
    escape_xml(stream, value, strlen(value), true);
    putc('"', stream);
}

static void
put_seconds(FILE *stream, uint64_t ns)
{
    fprintf(stream, " time=\"%" PRIu64 ".%03u\"", ns / 1000000000, (unsigned)(ns / 1000000 % 1000));
}

static void
put_property(FILE *stream, const char *name, const char *value)
{
    fputs("      <property", stream);
    put_attribute(stream, "name", name);
    put_attribute(stream, "value", value);
    fputs("/>\n", stream);
}

/* Readers sort by class as by a package: a folder is one. */
static void
put_class_name(FILE *stream, const char *path)
{
    char name[FOLDER_MOST];
    size_t length = (size_t)(report_base(path) - path);
    while (length > 0 && path[length - 1] == '/')
        length--;
    while (length > 0 && path[0] == '/') {
        path++;
        length--;
    }
    if (length == 0 || length >= sizeof name) {
        put_attribute(stream, "classname", "timtape");
        return;
    }
    for (size_t i = 0; i < length; i++)
        name[i] = path[i] == '/' ? '.' : path[i];
    name[length] = '\0';
    put_attribute(stream, "classname", name);
}

/* The whole verdict in words, with what to do next. */
static void
put_words(FILE *stream, const struct report_case *one)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *words = open_memstream(&text, &bytes);
    if (words != NULL) {
        if (one->verdict != NULL)
            report_text(one->verdict, words);
        else
            fprintf(words, "timtape: %s\n", report_sentence(one));
        if (one->again != NULL)
            fprintf(words, "  again       %s\n", one->again);
        if (fclose(words) == 0)
            escape_xml(stream, text, bytes, false);
    }
    free(text);
}

static void
put_trouble(FILE *stream, const struct report_case *one, const char *element)
{
    fprintf(stream, "      <%s", element);
    put_attribute(stream, "type", report_class(one));
    put_attribute(stream, "message", report_sentence(one));
    putc('>', stream);
    put_words(stream, one);
    fprintf(stream, "</%s>\n", element);
}

static bool
was_skipped(const struct report_case *one)
{
    return one->verdict == NULL && one->fault == NULL;
}

static void
put_case(FILE *stream, const struct report_case *one)
{
    const char *path = report_path(one->tape);
    fputs("    <testcase", stream);
    put_class_name(stream, path);
    put_attribute(stream, "name", report_base(path));
    put_attribute(stream, "file", path);
    put_seconds(stream, one->took_ns);
    fputs(">\n", stream);
    if (was_skipped(one))
        fputs("      <skipped/>\n", stream);
    else if (report_is_error(one))
        put_trouble(stream, one, "error");
    else if (report_status(one) != 0)
        put_trouble(stream, one, "failure");
    if (one->output != NULL && one->output_bytes > 0) {
        fputs("      <system-out>", stream);
        escape_xml(stream, one->output, one->output_bytes, false);
        fputs("</system-out>\n", stream);
    }
    fputs("    </testcase>\n", stream);
}

static void
put_counts(FILE *stream, const struct report_set *set)
{
    size_t errors = 0, failures = 0, skipped = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct report_case *one = &set->cases[i];
        if (was_skipped(one))
            skipped++;
        else if (report_is_error(one))
            errors++;
        else if (report_status(one) != 0)
            failures++;
    }
    fprintf(stream, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", set->count, failures,
            errors, skipped);
    put_seconds(stream, set->took_ns);
}

static void
put_class(void *context, const char *class, size_t count)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", count);
    put_property(context, class, text);
}

static void
put_properties(FILE *stream, const struct report_set *set)
{
    char runs[64];
    fputs("    <properties>\n", stream);
    put_property(stream, "timtape", TIMTAPE_VERSION);
    put_property(stream, "app", set->app);
    report_set_classes(set, put_class, stream);
    if (set->count == 1 && set->cases[0].runs_asked > 0) {
        snprintf(runs, sizeof runs, "%u of %u", set->cases[0].runs, set->cases[0].runs_asked);
        put_property(stream, "runs", runs);
    }
    fputs("    </properties>\n", stream);
}

void
report_junit(const struct report_set *set, FILE *stream)
{
    struct tm utc = {0};
    char began[64];
    gmtime_r(&set->began, &utc);
    strftime(began, sizeof began, "%Y-%m-%dT%H:%M:%S", &utc);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"timtape\"", stream);
    put_counts(stream, set);
    fputs(">\n  <testsuite", stream);
    put_attribute(stream, "name", set->name);
    put_counts(stream, set);
    put_attribute(stream, "timestamp", began);
    fputs(">\n", stream);
    put_properties(stream, set);
    for (size_t i = 0; i < set->count; i++)
        put_case(stream, &set->cases[i]);
    fputs("  </testsuite>\n</testsuites>\n", stream);
}
