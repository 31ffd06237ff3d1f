// SPDX-License-Identifier: MIT
/* How the changes of a trace are told, and texts put into payloads. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/app/change_parts.h"

static const char *const names[CHANGE_KINDS] = {
    "left out", "twice",  "swapped", "error", "late", "early",  "again", "moved",
    "delayed",  "replay", "split",   "merge", "id",   "rename", "value",
};

const char *
change_name(enum change_kind kind)
{
    return (unsigned)kind < CHANGE_KINDS ? names[kind] : "unknown";
}

const struct tape_event *
change_event(const struct changer *changer, const struct trace_step *step)
{
    return step->of < changer->base->nevents ? &changer->base->events[step->of] : NULL;
}

const char *
change_who(const struct changer *changer, const struct trace_step *step, char *text, size_t room)
{
    const struct tape_event *event = change_event(changer, step);
    const struct api_entry *function = step->event.function;
    bool answer = function != NULL && function->kind != API_REGISTER;
    char number[32] = "a new callback";

    if (event != NULL)
        snprintf(number, sizeof number, "callback %llu", (unsigned long long)event->seq);
    snprintf(text, room, "%s (%s%s%s)", number, step->event.callback->name, answer ? " of " : "",
             answer ? function->name : "");
    return text;
}

void
change_say(struct change_work *work, enum change_kind kind, const char *format, ...)
{
    const struct trace_step *step = &work->trace->steps[work->at];
    va_list values;

    work->done->kind = kind;
    work->done->of = step->of;
    work->done->key = change_key(kind, step->of);
    va_start(values, format);
    vsnprintf(work->done->sentence, sizeof work->done->sentence, format, values);
    va_end(values);
}

uint64_t
change_key(enum change_kind kind, uint32_t of)
{
    return ((uint64_t)kind << 32 | of) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

struct case_value *
change_payload(struct trace_step *step)
{
    const struct api_entry *callback = step->event.callback;

    if (callback->payload < 0 || step->event.args[callback->payload].kind != CASE_TEXT)
        return NULL;
    return &step->event.args[callback->payload];
}

int
change_splice(struct case_value *value, struct arena *arena, struct span span, const char *text, size_t bytes)
{
    size_t count = value->count - (span.to - span.from) + bytes;
    char *made = arena_take(arena, count + 1);

    if (made == NULL)
        return -1;
    memcpy(made, value->bytes, span.from);
    memcpy(made + span.from, text, bytes);
    memcpy(made + span.from + bytes, value->bytes + span.to, value->count - span.to);
    made[count] = '\0';
    value->bytes = made;
    value->count = count;
    return 1;
}
