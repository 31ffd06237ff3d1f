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
    fprintf(stream, "  %-11s p50 %s, p99 %s, max %s; slip %s\n", "lateness",
            verdict_duration(late->p50_ns, p50, sizeof p50), verdict_duration(late->p99_ns, p99, sizeof p99),
            verdict_duration(late->max_ns, max, sizeof max),
            verdict_duration(late->slip_ns, slip, sizeof slip));
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
    fprintf(stream,
            "  %-11s calls %" PRIu64 "/%" PRIu64 " matched, callbacks %" PRIu64 "/%" PRIu64 " delivered\n",
            "replayed", verdict->calls_matched, verdict->calls, verdict->callbacks_delivered,
            verdict->callbacks);
    print_pace(stream, &verdict->late);
    for (unsigned i = 0; i < sizeof verdict->notes / sizeof *verdict->notes; i++) {
        if (verdict->notes[i][0] != '\0')
            fprintf(stream, "  %-11s %s\n", "note", verdict->notes[i]);
    }
    if (!good && verdict->next[0] != '\0')
        print_block(stream, "next", verdict->next);
}
