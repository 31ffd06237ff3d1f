// SPDX-License-Identifier: MIT
/* Findings as JSON, for programs. */
#include <string.h>

#include "base/escape.h"
#include "fuzz/finding/inside.h"

static void
put_text(FILE *stream, const char *key, const char *text)
{
    fprintf(stream, ",\"%s\":", key);
    escape_json(stream, text, strlen(text));
}

int
finding_json(FILE *stream, const struct finding_row *rows, size_t count)
{
    fputs("{\"findings\":[", stream);
    for (size_t i = 0; i < count; i++) {
        const struct finding_row *row = &rows[i];
        fprintf(stream, "%s\n {\"name\":", i > 0 ? "," : "");
        escape_json(stream, row->name, strlen(row->name));
        put_text(stream, "kind", row->kind);
        put_text(stream, "what", row->what);
        put_text(stream, "severity", row->severity);
        put_text(stream, "signature", row->signature);
        put_text(stream, "function", row->function);
        put_text(stream, "file", row->file);
        fprintf(stream, ",\"line\":%u,\"count\":%u,\"bytes\":%zu,\"events\":%zu", row->line, row->count,
                row->bytes, row->events);
        put_text(stream, "sentence", row->sentence);
        put_text(stream, "again", row->again);
        put_text(stream, "no_replay", row->no_replay);
        putc('}', stream);
    }
    fprintf(stream, "%s]}\n", count > 0 ? "\n" : "");
    return ferror(stream) ? -1 : 0;
}
