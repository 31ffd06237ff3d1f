// SPDX-License-Identifier: MIT
/* The verdict in words for people: one sentence, then the evidence. */
#include <inttypes.h>
#include <string.h>

#include "replay/report/report.h"

static void
print_event(FILE *stream, const char *label, const struct verdict_event *event)
{
    char text[256];
    if (event->name[0] != '\0')
        fprintf(stream, "  %-11s %s\n", label, verdict_name_event(event, text, sizeof text));
}

static void
print_difference(FILE *stream, const struct match_difference *difference)
{
    fprintf(stream, "  %-11s %s%s%s", "differs in", difference->name,
            difference->path[0] != '\0' ? " at " : "", difference->path);
    if (difference->count > 1)
        fprintf(stream, "   (first of %u differences)", difference->count);
    fprintf(stream, "\n    %-9s %s\n    %-9s %s\n", "expected", difference->expected, "got", difference->got);
}

static void
print_pace(FILE *stream, const struct verdict_lateness *late)
{
    char p50[32], p99[32], max[32], slip[32];
    if (!late->known)
        return;
    fprintf(stream, "  %-11s p50 %s, p99 %s, max %s; slip %s", "lateness",
            verdict_duration(late->p50_ns, p50, sizeof p50), verdict_duration(late->p99_ns, p99, sizeof p99),
            verdict_duration(late->max_ns, max, sizeof max),
            verdict_duration(late->slip_ns, slip, sizeof slip));
    if (late->app_max_ns != 0)
        fprintf(stream, "; the app at most %s late", verdict_duration(late->app_max_ns, max, sizeof max));
    putc('\n', stream);
}

/* What was let through because the user said so. */
static void
print_allowed(FILE *stream, const struct verdict *verdict)
{
    if (verdict->unmatched > 0)
        fprintf(stream, "  %-11s %" PRIu64 " call%s that the tape does not have (--unmatched)\n",
                "let through", verdict->unmatched, verdict->unmatched == 1 ? "" : "s");
    if (verdict->rules_used > 0)
        fprintf(stream, "  %-11s %" PRIu64 " difference%s (--rules)\n", "allowed", verdict->rules_used,
                verdict->rules_used == 1 ? "" : "s");
}

/* Several lines under one label. */
static void
print_block(FILE *stream, const char *label, const char *lines)
{
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        fprintf(stream, "  %-11s %.*s\n", label, (int)length, lines);
        label = "";
        lines += length + (lines[length] == '\n');
    }
}

static void
print_replayed(FILE *stream, const struct verdict *verdict)
{
    char took[32];
    fprintf(
        stream, "  %-11s calls %" PRIu64 "/%" PRIu64 " matched, callbacks %" PRIu64 "/%" PRIu64 " delivered",
        "replayed", verdict->calls_matched, verdict->calls, verdict->callbacks_delivered, verdict->callbacks);
    if (verdict->duration_ns != 0)
        fprintf(stream, ", in %s", verdict_duration(verdict->duration_ns, took, sizeof took));
    putc('\n', stream);
}

void
report_text(const struct verdict *verdict, FILE *stream)
{
    bool good = verdict->class == VERDICT_AS_RECORDED;
    fprintf(stream, "timtape: %s\n", verdict->sentence);
    if (!good) {
        fprintf(stream, "  %-11s %s\n", "class", verdict_class_name(verdict->class));
        print_event(stream, "where", &verdict->event);
        print_event(stream, "nearest", &verdict->nearest);
        if (verdict->has_difference)
            print_difference(stream, &verdict->difference);
        print_event(stream, verdict->after ? "after" : "inside", &verdict->reacting);
        print_block(stream, "app threads", verdict->doing);
        if (verdict->recorded_end[0] != '\0' && strcmp(verdict->recorded_end, verdict->live_end) != 0)
            fprintf(stream, "  %-11s recorded: %s; now: %s\n", "end", verdict->recorded_end,
                    verdict->live_end);
    }
    if (good || verdict->calls + verdict->callbacks > 0) /* a search that was stopped has none */
        print_replayed(stream, verdict);
    print_allowed(stream, verdict);
    print_pace(stream, &verdict->late);
    print_block(stream, "order", verdict->order);
    for (unsigned i = 0; i < sizeof verdict->notes / sizeof *verdict->notes; i++) {
        if (verdict->notes[i][0] != '\0')
            fprintf(stream, "  %-11s %s\n", "note", verdict->notes[i]);
    }
    if (!good && verdict->next[0] != '\0')
        print_block(stream, "next", verdict->next);
}

/* ---- many ---- */

#define LINES_SHOWN 20

struct totals {
    FILE *stream;
    const char *comma;
};

static void
print_class(void *context, const char *class, size_t count)
{
    struct totals *totals = context;
    if (strcmp(class, verdict_class_name(VERDICT_AS_RECORDED)) == 0)
        return;
    fprintf(totals->stream, "%s%zu %s", totals->comma, count, class);
    totals->comma = ", ";
}

/* The last lines, each behind a bar: nobody, not even a CI server, takes them for words of ours. */
static void
print_tail(FILE *stream, const char *output, size_t bytes)
{
    size_t at = bytes;
    unsigned lines = 0;
    if (at > 0 && output[at - 1] == '\n')
        at--;
    bytes = at;
    while (at > 0 && (output[at - 1] != '\n' || ++lines < LINES_SHOWN))
        at--;
    fprintf(stream, "    the app's last output:\n");
    while (at < bytes) {
        const char *line = output + at, *end = memchr(line, '\n', bytes - at);
        size_t length = end != NULL ? (size_t)(end - line) : bytes - at;
        fputs("    | ", stream);
        for (size_t i = 0; i < length; i++) {
            if (line[i] == '\0')
                fputs("\\x00", stream);
            else
                putc(line[i], stream);
        }
        putc('\n', stream);
        at += length + 1;
    }
}

static void
print_case(FILE *stream, const struct report_case *one)
{
    fprintf(stream, "  %s: %s\n    %s\n", one->tape, report_class(one), report_sentence(one));
    if (one->again != NULL)
        fprintf(stream, "    again: %s\n", one->again);
    if (one->output != NULL && one->output_bytes > 0)
        print_tail(stream, one->output, one->output_bytes);
}

void
report_set_text(const struct report_set *set, FILE *stream)
{
    char took[32];
    size_t good = report_set_good(set);
    struct totals totals = {.stream = stream, .comma = ": "};
    fprintf(stream, "timtape: %zu replay%s in %s: %zu as recorded", set->count, set->count == 1 ? "" : "s",
            verdict_duration(set->took_ns, took, sizeof took), good);
    if (good < set->count) {
        fprintf(stream, ", %zu not", set->count - good);
        report_set_classes(set, print_class, &totals);
    }
    putc('\n', stream);
    for (size_t i = 0; i < set->count; i++) {
        if (report_status(&set->cases[i]) != 0)
            print_case(stream, &set->cases[i]);
    }
}
