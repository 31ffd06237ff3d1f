// SPDX-License-Identifier: MIT
/* The verdict for programs: one JSON object on one line. Keys are only ever added. */
#include <inttypes.h>

#include "replay/report/report.h"

/* Valid UTF-8 sequence at `text`, its length; 0 when it is none. */
static int
utf8_length(const unsigned char *text)
{
    static const unsigned minimum[] = {0, 0, 0x80, 0x800, 0x10000};
    if (text[0] < 0x80)
        return 1;
    int length = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;
    if (text[0] < 0xC2 || text[0] > 0xF4)
        return 0;
    unsigned code = text[0] & (0xFFu >> (length + 1));
    for (int i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3Fu);
    }
    if (code < minimum[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0;
    return length;
}

/* Bytes that are no UTF-8 (they can come from the app) become U+FFFD: the output is always valid. */
static void
put_string(FILE *stream, const char *string)
{
    const unsigned char *text = (const unsigned char *)string;
    putc('"', stream);
    while (*text != '\0') {
        int length = utf8_length(text);
        if (length == 0) {
            fputs("\xEF\xBF\xBD", stream);
            text++;
        } else if (*text == '"' || *text == '\\') {
            fprintf(stream, "\\%c", *text++);
        } else if (*text == '\n') {
            fputs("\\n", stream);
            text++;
        } else if (*text < 0x20) {
            fprintf(stream, "\\u%04x", *text++);
        } else {
            fwrite(text, 1, (size_t)length, stream);
            text += length;
        }
    }
    putc('"', stream);
}

static void
put_text(FILE *stream, const char *key, const char *value)
{
    fprintf(stream, ",\"%s\":", key);
    if (value[0] == '\0')
        fputs("null", stream);
    else
        put_string(stream, value);
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
    fprintf(stream, ",\"thread\":%" PRIu32, event->thread);
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

void
report_json(const struct verdict *verdict, FILE *stream)
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
    if (verdict->late.known)
        fprintf(stream,
                ",\"lateness_ns\":{\"p50\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"max\":%" PRIu64
                "},\"slip_ns\":%" PRIu64,
                verdict->late.p50_ns, verdict->late.p99_ns, verdict->late.max_ns, verdict->late.slip_ns);
    else
        fputs(",\"lateness_ns\":null,\"slip_ns\":null", stream);
    if (verdict->max_late_ns != 0)
        fprintf(stream, ",\"max_late_ns\":%" PRIu64, verdict->max_late_ns);
    put_text(stream, "recorded_end", verdict->recorded_end);
    put_text(stream, "end", verdict->live_end);
    fputs(",\"notes\":[", stream);
    const char *comma = "";
    for (unsigned i = 0; i < sizeof verdict->notes / sizeof *verdict->notes; i++) {
        if (verdict->notes[i][0] == '\0')
            continue;
        fputs(comma, stream);
        put_string(stream, verdict->notes[i]);
        comma = ",";
    }
    putc(']', stream);
    put_text(stream, "next", verdict->next);
    fputs("}\n", stream);
}
