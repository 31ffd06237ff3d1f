// SPDX-License-Identifier: MIT
/* The verdict's small vocabulary: class names, exit status, events and durations in words. */
#include "replay/judge/verdict.h"

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
    [VERDICT_REORDERED] = {"reordered", 1},
    [VERDICT_WRONG_THREAD] = {"wrong thread", 1},
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
    if ((size_t)used >= room)
        return text;
    if (event->thread == 0) { /* one that the tape does not have */
        if (event->thread_name[0] != '\0')
            snprintf(text + used, room - (size_t)used, " on thread \"%s\"", event->thread_name);
        return text;
    }
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
