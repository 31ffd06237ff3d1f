// SPDX-License-Identifier: MIT
/* The verdict for programs: one JSON object. Keys are only ever added. */
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "replay/report/report.h"

static void
put_string(FILE *stream, const char *text)
{
    escape_json(stream, text, strlen(text));
}

static void
put_text(FILE *stream, const char *key, const char *value)
{
    fprintf(stream, ",\"%s\":", key);
    if (value == NULL || value[0] == '\0')
        fputs("null", stream);
    else
        put_string(stream, value);
}

static void
put_number(FILE *stream, const char *key, uint64_t value)
{
    fprintf(stream, ",\"%s\":%" PRIu64, key, value);
}

static void
put_event(FILE *stream, const char *key, const struct verdict_event *event)
{
    fprintf(stream, ",\"%s\":", key);
    if (event->name[0] == '\0') {
        fputs("null", stream);
        return;
    }
    fputs("{\"seq\":", stream);
    if (event->seq != 0)
        fprintf(stream, "%" PRIu64, event->seq);
    else
        fputs("null", stream);
    fprintf(stream, ",\"kind\":\"%s\"", event->is_callback ? "callback" : "call");
    put_text(stream, "name", event->name);
    put_number(stream, "thread", event->thread);
    put_text(stream, "thread_name", event->thread_name);
    putc('}', stream);
}

static void
put_difference(FILE *stream, const struct match_difference *difference)
{
    fputs(",\"difference\":{\"param\":", stream);
    put_string(stream, difference->name);
    fputs(",\"path\":", stream);
    put_string(stream, difference->path);
    fputs(",\"expected\":", stream);
    put_string(stream, difference->expected);
    fputs(",\"got\":", stream);
    put_string(stream, difference->got);
    fprintf(stream, ",\"count\":%u}", difference->count);
}

static void
put_pace(FILE *stream, const struct verdict *verdict)
{
    const struct verdict_lateness *late = &verdict->late;
    if (late->known) {
        fprintf(stream, ",\"lateness_ns\":{\"p50\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"max\":%" PRIu64 "}",
                late->p50_ns, late->p99_ns, late->max_ns);
        put_number(stream, "slip_ns", late->slip_ns);
        put_number(stream, "app_late_ns", late->app_max_ns);
    } else {
        fputs(",\"lateness_ns\":null,\"slip_ns\":null,\"app_late_ns\":null", stream);
    }
    if (verdict->max_late_ns != 0)
        put_number(stream, "max_late_ns", verdict->max_late_ns);
    put_number(stream, "duration_ns", verdict->duration_ns);
}

static void
put_notes(FILE *stream, const struct verdict *verdict)
{
    const char *comma = "";
    fputs(",\"notes\":[", stream);
    for (unsigned i = 0; i < sizeof verdict->notes / sizeof *verdict->notes; i++) {
        if (verdict->notes[i][0] == '\0')
            continue;
        fputs(comma, stream);
        put_string(stream, verdict->notes[i]);
        comma = ",";
    }
    putc(']', stream);
}

/* All but the closing brace. */
static void
put_verdict(FILE *stream, const struct verdict *verdict)
{
    fprintf(stream, "{\"verdict\":\"%s\",\"status\":%d", verdict_class_name(verdict->class),
            verdict_status(verdict));
    put_text(stream, "sentence", verdict->sentence);
    put_text(stream, "tape", verdict->tape);
    put_event(stream, "event", &verdict->event);
    put_event(stream, "nearest", &verdict->nearest);
    if (verdict->has_difference)
        put_difference(stream, &verdict->difference);
    else
        fputs(",\"difference\":null", stream);
    put_event(stream, "reacting_to", &verdict->reacting);
    fprintf(stream, ",\"inside\":%s",
            verdict->reacting.name[0] != '\0' && !verdict->after ? "true" : "false");
    put_text(stream, "app_threads", verdict->doing);
    fprintf(stream, ",\"calls\":{\"recorded\":%" PRIu64 ",\"matched\":%" PRIu64 "}", verdict->calls,
            verdict->calls_matched);
    fprintf(stream, ",\"callbacks\":{\"recorded\":%" PRIu64 ",\"delivered\":%" PRIu64 "}", verdict->callbacks,
            verdict->callbacks_delivered);
    put_number(stream, "unmatched", verdict->unmatched);
    put_number(stream, "rules_used", verdict->rules_used);
    put_pace(stream, verdict);
    put_text(stream, "order", verdict->order);
    put_text(stream, "recorded_end", verdict->recorded_end);
    put_text(stream, "end", verdict->live_end);
    put_notes(stream, verdict);
    put_text(stream, "next", verdict->next);
}

void
report_json(const struct verdict *verdict, FILE *stream)
{
    put_verdict(stream, verdict);
    fputs("}\n", stream);
}

static void
put_case(FILE *stream, const struct report_case *one)
{
    if (one->verdict != NULL) {
        put_verdict(stream, one->verdict);
    } else {
        fprintf(stream, "{\"verdict\":\"%s\",\"status\":%d", report_class(one), report_status(one));
        put_text(stream, "sentence", report_sentence(one));
        put_text(stream, "tape", one->tape);
    }
    put_number(stream, "took_ns", one->took_ns);
    if (one->runs_asked > 0)
        fprintf(stream, ",\"runs\":{\"asked\":%u,\"done\":%u}", one->runs_asked, one->runs);
    if (one->output != NULL) {
        fputs(",\"output\":", stream);
        escape_json(stream, one->output, one->output_bytes);
    }
    if (one->again != NULL)
        put_text(stream, "again", one->again);
    putc('}', stream);
}

static void
put_class(void *context, const char *class, size_t count)
{
    FILE *stream = context;
    fprintf(stream, ",\"%s\":%zu", class, count);
}

void
report_set_json(const struct report_set *set, FILE *stream)
{
    if (!set->folder && set->count > 0) {
        put_case(stream, &set->cases[0]);
        putc('\n', stream);
        return;
    }
    fputs("{\"folder\":", stream);
    put_string(stream, set->name);
    fprintf(stream, ",\"status\":%d,\"totals\":{\"replays\":%zu", report_set_status(set), set->count);
    report_set_classes(set, put_class, stream);
    putc('}', stream);
    put_number(stream, "took_ns", set->took_ns);
    fputs(",\"replays\":[", stream);
    for (size_t i = 0; i < set->count; i++) {
        fputs(i == 0 ? "\n" : ",\n", stream);
        put_case(stream, &set->cases[i]);
    }
    fputs("\n]}\n", stream);
}
