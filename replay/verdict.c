// SPDX-License-Identifier: MIT
/* The verdict's words, its exit status and its small vocabulary; verdict_json.c has the JSON. */
#include "replay/verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static const struct {
    const char *name;
    int status;
} classes[] = {
    [VERDICT_AS_RECORDED] = {"as recorded", 0},
    [VERDICT_MISSING_CALL] = {"missing call", 1},
    [VERDICT_EXTRA_CALL] = {"extra call", 1},
    [VERDICT_DIFFERENT_ARGUMENT] = {"different argument", 1},
    [VERDICT_DIFFERENT_EXIT] = {"different exit", 1},
    [VERDICT_CRASHED] = {"crashed", 128},
    [VERDICT_HUNG] = {"hung", 1},
    [VERDICT_NOT_CONSUMED] = {"not consumed", 3},
    [VERDICT_LATE] = {"late", 4},
    [VERDICT_INTERRUPTED] = {"interrupted", 128},
    [VERDICT_BROKEN] = {"broken", 70},
};

const char *verdict_class_name(enum verdict_class class)
{
    return (unsigned)class < sizeof classes / sizeof *classes ? classes[class].name : "unknown";
}

int
verdict_status(const struct verdict *verdict)
{
    int status = classes[verdict->class].status;
    return status == 128 ? 128 + verdict->signal : status;
}

void
verdict_note(struct verdict *verdict, const char *format, ...)
{
    for (unsigned i = 0; i < sizeof verdict->notes / sizeof *verdict->notes; i++) {
        char *note = verdict->notes[i];
        if (note[0] != '\0')
            continue;
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(note, sizeof verdict->notes[i], format, arguments);
        va_end(arguments);
        return;
    }
}

const char *
verdict_name_event(const struct verdict_event *event, char *text, size_t room)
{
    int used = 0;
    text[0] = '\0';
    if (event->seq != 0)
        used = snprintf(text, room, "event %" PRIu64 ", ", event->seq);
    if (used < 0 || (size_t)used >= room)
        return text;
    used += snprintf(text + used, room - (size_t)used, "%s %s", event->is_callback ? "callback" : "call",
                     event->name);
    if (event->thread == 0 || (size_t)used >= room)
        return text;
    used += snprintf(text + used, room - (size_t)used, " on thread %" PRIu32, event->thread);
    if (event->thread_name[0] != '\0' && (size_t)used < room)
        snprintf(text + used, room - (size_t)used, " (%s)", event->thread_name);
    return text;
}

const char *
verdict_duration(uint64_t ns, char *text, size_t room)
{
    if (ns < 1000)
        snprintf(text, room, "%" PRIu64 " ns", ns);
    else if (ns < 1000000)
        snprintf(text, room, "%.1f us", (double)ns / 1e3);
    else if (ns < 1000000000)
        snprintf(text, room, "%.1f ms", (double)ns / 1e6);
    else
        snprintf(text, room, "%.2f s", (double)ns / 1e9);
    return text;
}

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
verdict_print(const struct verdict *verdict, FILE *stream)
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
