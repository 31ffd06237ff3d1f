// SPDX-License-Identifier: MIT
/* finding.json: all that is known of a finding, for programs and for the next run. */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "fuzz/finding/inside.h"

static void
put_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, ",\n \"%s\":", key);
    escape_json(out, text, strlen(text));
}

static void
put_frames(FILE *out, const struct finding_outcome *outcome)
{
    fputs(",\n \"frames\":[", out);
    for (unsigned i = 0; i < outcome->nframes; i++) {
        const struct finding_frame *frame = &outcome->frames[i];
        fprintf(out, "%s\n  {\"function\":", i > 0 ? "," : "");
        escape_json(out, frame->function, strlen(frame->function));
        fputs(",\"file\":", out);
        escape_json(out, frame->file, strlen(frame->file));
        fprintf(out, ",\"line\":%u,\"module\":", frame->line);
        escape_json(out, frame->module, strlen(frame->module));
        fprintf(out, ",\"offset\":%llu,\"own\":%s}", (unsigned long long)frame->offset,
                i == outcome->own ? "true" : "false");
    }
    fputs("]", out);
}

/* A word for a shell. */
static void
put_word(FILE *out, const char *word)
{
    size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%");
    if (*word != '\0' && word[plain] == '\0') {
        fputs(word, out);
        return;
    }
    putc('\'', out);
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            fputs("'\\''", out);
        else
            putc(*word, out);
    }
    putc('\'', out);
}

static char *
again(const char *dir, const struct finding *finding)
{
    char *text = NULL, *path = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    if (out == NULL)
        return NULL;
    const char *file = finding->app ? "bug.tape" : "input.ndjson";
    char **command = NULL;
    if (asprintf(&path, "%s/%s/%s", dir, finding->name, file) < 0)
        path = NULL;
    if (path != NULL && finding->app) {
        fputs("timtape replay ", out);
        put_word(out, path);
        fputs(" --", out);
    }
    command = path != NULL && finding->command != NULL
                  ? finding_command(finding->command, finding->app ? NULL : path)
                  : NULL;
    for (size_t i = 0; command != NULL && command[i] != NULL; i++) {
        if (i > 0 || finding->app)
            putc(' ', out);
        put_word(out, command[i]);
    }
    free(command);
    free(path);
    return fclose(out) == 0 ? text : NULL;
}

char *
record_json(const char *dir, const struct finding *finding, const char *input, size_t *bytes)
{
    const struct finding_outcome *outcome = &finding->outcome;
    struct finding_frame none = {.line = 0};
    snprintf(none.function, sizeof none.function, "%s", outcome->callback);
    const struct finding_frame *own = outcome->own < outcome->nframes ? &outcome->frames[outcome->own]
                                      : outcome->nframes > 0 && outcome->callback[0] == '\0'
                                          ? &outcome->frames[0]
                                          : &none;
    char *text = NULL, *how = again(dir, finding);
    FILE *out = open_memstream(&text, bytes);
    if (out == NULL || how == NULL) {
        free(how);
        return NULL;
    }
    fputs("{\"timtape_finding\":1", out);
    put_text(out, "name", finding->name);
    put_text(out, "kind", finding_kind_name(outcome->kind));
    put_text(out, "what", outcome->what);
    put_text(out, "severity", finding_severity(outcome));
    put_text(out, "signature", outcome->signature);
    put_text(out, "function", own->function);
    put_text(out, "file", own->file);
    fprintf(out, ",\n \"line\":%u", own->line);
    put_text(out, "through", outcome->through);
    put_text(out, "sentence", finding->cause.sentence);
    put_text(out, "callback", finding->cause.callback);
    put_text(out, "param", finding->cause.param);
    put_text(out, "path", finding->cause.path);
    put_text(out, "variation", finding->cause.variation);
    put_text(out, "input", input);
    put_text(out, "first", finding->first != NULL ? finding->first : "");
    fprintf(out,
            ",\n \"count\":%u,\n \"bytes\":%zu,\n \"bytes_was\":%zu,\n \"events\":%zu,\n \"events_was\":%zu",
            finding->count, finding->small.bytes_is, finding->small.bytes_was, finding->small.events_is,
            finding->small.events_was);
    fprintf(out, ",\n \"runs\":%u,\n \"smallest\":%s", finding->small.runs,
            finding->small.whole ? "true" : "false");
    put_text(out, "again", how);
    put_text(out, "no_replay", finding->no_replay);
    put_frames(out, outcome);
    fputs("}\n", out);
    free(how);
    return fclose(out) == 0 ? text : NULL;
}
