// SPDX-License-Identifier: MIT
// A tape as NDJSON: one line a row, always spelled the same way.
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "traces/ndjson.h"
#include "traces/ndjson_text.h"
#include "traces/utf8.h"

static void
put_escaped(FILE *out, const char *text, size_t bytes)
{
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    const char *from = text, *end = text + bytes;
    for (const char *p = text; p < end; p++) {
        unsigned char c = (unsigned char)*p;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        fwrite(from, 1, (size_t)(p - from), out);
        from = p + 1;
        const char *name = named;
        while (*name != '\0' && *name != (char)c)
            name += 2;
        if (*name != '\0')
            fprintf(out, "\\%c", name[1]);
        else
            fprintf(out, "\\u%04x", c);
    }
    fwrite(from, 1, (size_t)(end - from), out);
}

static void
put_hex(FILE *out, const char *text, size_t bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes; i++) {
        putc(digits[(unsigned char)text[i] >> 4], out);
        putc(digits[(unsigned char)text[i] & 15], out);
    }
}

static void
put_text(FILE *out, const char *text, size_t bytes)
{
    if (text == NULL) {
        fputs("null", out);
    } else if (utf8_valid(text, bytes)) {
        putc('"', out);
        put_escaped(out, text, bytes);
        putc('"', out);
    } else {
        fputs("{\"" NDJSON_BYTES "\":\"", out);
        put_hex(out, text, bytes);
        fputs("\"}", out);
    }
}

/* A key cannot be an object: bytes get a prefix, and so does a text that begins like it. */
static void
put_key(FILE *out, const char *key)
{
    size_t bytes = strlen(key);
    putc('"', out);
    if (utf8_valid(key, bytes) && strncmp(key, NDJSON_KEY_BYTES, strlen(NDJSON_KEY_BYTES)) != 0) {
        put_escaped(out, key, bytes);
    } else {
        fputs(NDJSON_KEY_BYTES, out);
        put_hex(out, key, bytes);
    }
    fputs("\":", out);
}

static void
put_optional(FILE *out, const char *key, const char *text)
{
    if (text == NULL)
        return;
    fprintf(out, ",\"%s\":", key);
    put_text(out, text, strlen(text));
}

static void
put_pair(FILE *out, bool *first, const char *key, const char *value)
{
    if (!*first)
        putc(',', out);
    *first = false;
    put_key(out, key);
    put_text(out, value, value != NULL ? strlen(value) : 0);
}

static int
put_meta(struct tape_reader *tape, FILE *out, struct fault *fault)
{
    static const char mark[] = "complete";
    const char *key, *value;
    int more;
    /* A tape that was never finished has no mark: its copy will be finished, and must say that it is not
     * whole. */
    bool first = true, missing = tape_meta(tape, mark) == NULL;
    fprintf(out, "{\"timtape\":%d,\"meta\":{", TAPE_VERSION);
    while ((more = tape_next_meta(tape, &key, &value, fault)) > 0) {
        if (missing && strcmp(key, mark) > 0) {
            put_pair(out, &first, mark, "0");
            missing = false;
        }
        if (strcmp(key, mark) != 0 || value != NULL)
            put_pair(out, &first, key, value);
    }
    if (missing)
        put_pair(out, &first, mark, "0");
    fputs("}}\n", out);
    return more;
}

static int
put_tables(struct tape_reader *tape, FILE *out, struct fault *fault)
{
    struct tape_process process;
    struct tape_thread thread;
    struct tape_loss loss;
    struct tape_hole hole;
    int more;
    while ((more = tape_next_process(tape, &process, fault)) > 0) {
        fprintf(out, "{\"process\":%" PRIu32, process.pid);
        if (process.parent != 0)
            fprintf(out, ",\"parent\":%" PRIu32, process.parent);
        put_optional(out, "program", process.program);
        if (process.exit_seq != 0)
            fprintf(out, ",\"exit_seq\":%" PRIu64, process.exit_seq);
        put_optional(out, "ended", process.ended);
        put_optional(out, "sdk", process.sdk);
        put_optional(out, "sdk_version", process.sdk_version);
        fputs("}\n", out);
    }
    while (more == 0 && (more = tape_next_thread(tape, &thread, fault)) > 0) {
        fprintf(out, "{\"thread\":%" PRIu32 ",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32, thread.thread,
                thread.pid, thread.tid);
        put_optional(out, "name", thread.name);
        fputs("}\n", out);
        more = 0;
    }
    while (more == 0 && (more = tape_next_loss(tape, &loss, fault)) > 0) {
        fprintf(out,
                "{\"loss\":%" PRIu32 ",\"waits\":%" PRIu64 ",\"waited_ns\":%" PRIu64 ",\"dropped\":%" PRIu64
                "}\n",
                loss.thread, loss.waits, loss.waited_ns, loss.dropped);
        more = 0;
    }
    while (more == 0 && (more = tape_next_hole(tape, &hole, fault)) > 0) {
        fprintf(out, "{\"hole\":[%" PRIu64 ",%" PRIu64 "]}\n", hole.first, hole.last);
        more = 0;
    }
    return more;
}

static void
put_value(FILE *out, const struct tape_value *value, int type)
{
    if (value->type == TAPE_INT)
        fprintf(out, "%" PRId64, value->i);
    else if (value->type == TAPE_UINT && type == API_BOOL && value->u <= 1)
        fputs(value->u != 0 ? "true" : "false", out);
    else if (value->type == TAPE_UINT)
        fprintf(out, "%" PRIu64, value->u);
    else if (value->type == TAPE_TEXT)
        put_text(out, value->text, value->bytes);
    else
        fputs("null", out);
}

static void
put_args(FILE *out, const struct tape_event *event)
{
    bool first = true;
    fputs(",\"args\":{", out);
    for (unsigned i = 0; i < event->nargs; i++) {
        if (event->args[i].type == TAPE_ABSENT)
            continue;
        fprintf(out, "%s\"%s\":", first ? "" : ",", event->entry->params[i].name);
        put_value(out, &event->args[i], event->entry->params[i].type);
        first = false;
    }
    putc('}', out);
}

static void
put_event(FILE *out, const struct tape_event *event)
{
    const struct api_entry *entry = event->entry;
    fprintf(out, "{\"seq\":%" PRIu64 ",\"%s\":\"%s\"", event->seq, event->is_callback ? "callback" : "call",
            entry->name);
    if (entry->newest != entry->id)
        fprintf(out, ",\"since\":\"%s\"", entry->since);
    fprintf(out, ",\"thread\":%" PRIu32 ",\"at_ns\":%" PRId64, event->thread, event->at_ns);
    if (event->cause != 0)
        fprintf(out, ",\"cause\":%" PRIu64, event->cause);
    else if (event->is_callback)
        fputs(",\"cause\":null", out);
    if (event->via != 0)
        fprintf(out, ",\"via\":%u", event->via);
    if (event->parent != 0)
        fprintf(out, ",\"%s\":%" PRIu64, event->parent_is_callback ? "in_callback" : "in_call",
                event->parent);
    put_args(out, event);
    if (event->end_seq == 0) {
        fprintf(out, "%s,\"end_seq\":null}\n", event->threw ? ",\"threw\":true" : "");
        return;
    }
    if (event->result.type != TAPE_ABSENT) {
        fputs(",\"result\":", out);
        put_value(out, &event->result, entry->returns);
    }
    fprintf(out, "%s,\"end_seq\":%" PRIu64 ",\"took_ns\":%" PRId64 "}\n",
            event->threw ? ",\"threw\":true" : "", event->end_seq, event->took_ns);
}

int
ndjson_export(struct tape_reader *tape, FILE *out, struct fault *fault)
{
    struct tape_event event;
    int more = put_meta(tape, out, fault);
    if (more == 0)
        more = put_tables(tape, out, fault);
    if (more == 0)
        more = tape_rewind(tape, 0, fault);
    while (more == 0 && (more = tape_next(tape, &event, fault)) > 0) {
        if (event.entry == NULL)
            return fault_set(fault, FAULT_DATA,
                             "event %" PRIu64
                             ": this timtape does not know %s as the tape has it; export the tape "
                             "with the version that recorded it or a newer one",
                             event.seq, event.name);
        put_event(out, &event);
        more = ferror(out) ? -1 : 0;
        if (more != 0)
            break;
    }
    if (more == 0 && fflush(out) != 0)
        more = -1;
    if (ferror(out))
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot write the text");
    return more;
}
