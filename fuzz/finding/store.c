// SPDX-License-Identifier: MIT
/* The folder of a finding. */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/finding/inside.h"

#define INPUT_MOST ((size_t)16 << 20)

/* A C identifier and a file's name: function and how bad it is. */
static void
make_name(struct finding *finding)
{
    const struct finding_outcome *outcome = &finding->outcome;
    const char *function =
        outcome->own < outcome->nframes ? outcome->frames[outcome->own].function : outcome->callback;
    char text[200];
    snprintf(text, sizeof text, "%.50s_%s", function[0] != '\0' ? function : "unknown",
             outcome->kind == FINDING_ORACLE ? outcome->what : finding_severity(outcome));
    size_t used = 0;
    for (const char *at = text; *at != '\0' && used < sizeof finding->name - 8; at++) {
        if (isalnum((unsigned char)*at))
            finding->name[used++] = (char)tolower((unsigned char)*at);
        else if (used > 0 && finding->name[used - 1] != '_')
            finding->name[used++] = '_';
    }
    while (used > 0 && finding->name[used - 1] == '_')
        used--;
    finding->name[used] = '\0';
}

/* The finding of this signature that is there, or -1. */
static long
find_row(const struct finding_row *rows, size_t count, const char *signature)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].signature, signature) == 0)
            return (long)i;
    }
    return -1;
}

/* A name that no other finding has. */
static void
free_name(struct finding *finding, const struct finding_row *rows, size_t count)
{
    char base[sizeof finding->name];
    if (finding->name[0] == '\0')
        make_name(finding);
    snprintf(base, sizeof base, "%.70s", finding->name);
    for (unsigned n = 2;; n++) {
        bool taken = false;
        for (size_t i = 0; i < count; i++)
            taken = taken || strcmp(rows[i].name, finding->name) == 0;
        if (!taken)
            return;
        snprintf(finding->name, sizeof finding->name, "%.70s_%u", base, n);
    }
}

/* The payload of the last callback: the one it died in, once the case is small. */
static int
write_payload(int folder, const struct finding *finding, struct arena *arena, struct fault *fault)
{
    const struct fuzz_case *c = finding->c;
    if (c == NULL || c->count == 0)
        return 0;
    const struct case_event *event = &c->events[c->count - 1];
    int payload = event->callback->payload;
    if (payload < 0)
        return 0;
    struct case_value value = event->args[payload];
    if (value.kind == CASE_TREE && case_print(&value, arena) != 0)
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    return value.kind == CASE_TREE || value.kind == CASE_TEXT
               ? finding_write(folder, "payload.json", value.bytes, value.count, fault)
               : 0;
}

static int
write_input(int folder, struct finding *finding, struct arena *arena, struct fault *fault)
{
    if (finding->c == NULL || finding->c->count == 0)
        return finding_write(folder, "input.ndjson", finding->input != NULL ? finding->input : "",
                             finding->input_bytes, fault);
    char *text = malloc(INPUT_MOST);
    size_t bytes = text != NULL ? case_write(finding->c, arena, text, INPUT_MOST) : 0;
    int result = bytes > 0 ? finding_write(folder, "input.ndjson", text, bytes, fault)
                           : fault_set(fault, FAULT_INTERNAL, "the finding's input cannot be written");
    free(text);
    return result;
}

static int
write_test(int folder, const struct finding *finding, struct fault *fault)
{
    char name[120];
    size_t bytes;
    if (finding->c == NULL || finding->c->count == 0)
        return 0;
    char *text = replay_test(finding, &bytes);
    snprintf(name, sizeof name, "test_%s.c", finding->name);
    int result = text != NULL ? finding_write(folder, name, text, bytes, fault)
                              : fault_set(fault, FAULT_INTERNAL, "out of memory");
    free(text);
    return result;
}

static int
write_record(const char *dir, int folder, const struct finding *finding, struct fault *fault)
{
    size_t bytes;
    char *text = record_json(dir, finding, "input.ndjson", &bytes);
    int result = text != NULL ? finding_write(folder, "finding.json", text, bytes, fault)
                              : fault_set(fault, FAULT_INTERNAL, "out of memory");
    free(text);
    return result;
}

static int
write_all(const char *dir, int folder, struct finding *finding, struct fault *fault)
{
    const char *report = finding->outcome.report != NULL ? finding->outcome.report : "";
    struct arena *arena = arena_new();
    int result = arena != NULL ? 0 : fault_set(fault, FAULT_INTERNAL, "out of memory");
    if (result == 0)
        result = write_input(folder, finding, arena, fault);
    if (result == 0)
        result = write_payload(folder, finding, arena, fault);
    if (result == 0)
        result = finding_write(folder, "report.txt", report, strlen(report), fault);
    int tape = result == 0 ? replay_tape(folder, finding, fault) : -1;
    if (tape < 0)
        result = -1;
    if (tape == 1)
        result = write_test(folder, finding, fault);
    if (result == 0)
        result = write_record(dir, folder, finding, fault);
    arena_use(NULL);
    if (arena != NULL)
        arena_free(arena);
    return result;
}

/* The record of a finding that stays: only how often it was seen changes. */
static int
count_again(int folder, unsigned count, struct fault *fault)
{
    size_t bytes;
    char *text = finding_read(folder, "finding.json", (size_t)1 << 20, &bytes, fault), *after = NULL;
    char *at =
        text != NULL ? strstr(text, "\n \"count\":") : NULL; /* at the start of a line: as we write it */
    int result = text != NULL ? 0 : -1;
    if (at != NULL) {
        at += 10;
        result = asprintf(&after, "%.*s%u%s", (int)(at - text), text, count, at + strspn(at, "0123456789"));
        result = result < 0 ? fault_set(fault, FAULT_INTERNAL, "out of memory")
                            : finding_write(folder, "finding.json", after, strlen(after), fault);
        free(after);
    }
    free(text);
    return result;
}

static int
store_in(const char *dir, int parent, struct finding *finding, const struct finding_row *old,
         struct fault *fault)
{
    enum finding_stored stored = old == NULL                            ? FINDING_NEW
                                 : finding->small.bytes_is < old->bytes ? FINDING_BETTER
                                                                        : FINDING_SEEN;
    int folder = finding_folder(parent, finding->name, true, fault);
    if (folder < 0)
        return -1;
    if (old != NULL && !finding->recount)
        finding->count += old->count;
    int result = stored == FINDING_SEEN ? count_again(folder, finding->count, fault)
                                        : write_all(dir, folder, finding, fault);
    if (result == 0 && stored != FINDING_SEEN)
        result = known_change(parent, finding->outcome.signature, finding, fault);
    close(folder);
    return result == 0 ? (int)stored : -1;
}

int
finding_store(const char *dir, struct finding *finding, struct fault *fault)
{
    struct finding_row *rows = NULL;
    size_t count = 0;
    int parent = finding_folder(AT_FDCWD, dir, true, fault);
    int result = parent >= 0 ? finding_load(dir, &rows, &count, fault) : -1;
    if (result == 0) {
        long at = find_row(rows, count, finding->outcome.signature);
        if (at >= 0)
            memcpy(finding->name, rows[at].name, sizeof finding->name);
        else
            free_name(finding, rows, count);
        result = store_in(dir, parent, finding, at >= 0 ? &rows[at] : NULL, fault);
    }
    free(rows);
    if (parent >= 0)
        close(parent);
    return result;
}
