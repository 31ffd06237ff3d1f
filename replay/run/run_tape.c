// SPDX-License-Identifier: MIT
#include "replay/run/run_tape.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replay/run/run.h"
#include "traces/ndjson.h"

/* A scenario is text: its first byte that is neither white space nor part of a comment is a brace. */
static bool
is_scenario(const char *path)
{
    struct stat status;
    /* A FIFO must not hang us, and what can be read only once is of no use here. */
    FILE *file = stat(path, &status) == 0 && S_ISREG(status.st_mode) ? fopen(path, "re") : NULL;
    int c = EOF;
    bool comment = false;
    if (file == NULL)
        return false;
    while ((c = getc(file)) != EOF) {
        if (comment || c == '#')
            comment = c != '\n';
        else if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
            break;
    }
    fclose(file);
    return c == '{';
}

static int
import(const char *path, const char *payloads, FILE *stream, struct tape_writer *tape, struct fault *fault)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    bool complete = false;
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 2,
             slash != NULL ? path : "./");
    struct ndjson_source source = {.stream = stream, .name = path};
    source.payloads = open(payloads != NULL ? payloads : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (source.payloads < 0 && payloads != NULL) {
        fault_errno(fault, FAULT_USAGE, "--payloads: cannot open the folder %s", payloads);
        tape_discard(tape);
        return -1;
    }
    int result = ndjson_import(&source, tape, &complete, fault);
    if (source.payloads >= 0)
        close(source.payloads);
    if (result != 0) {
        tape_discard(tape);
        return -1;
    }
    return tape_finish(tape, complete, fault);
}

static int
import_scenario(const char *path, const char *payloads, char *imported, size_t room, struct fault *fault)
{
    const char *folder = getenv("TMPDIR");
    char name[256];
    struct tape_writer *tape;
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return fault_errno(fault, FAULT_DATA, "cannot read %s", path);
    snprintf(name, sizeof name, "%.200s/timtape-XXXXXX", folder != NULL && *folder != '\0' ? folder : "/tmp");
    /* A folder of our own: nobody else can put a file in the tape's place. */
    if (mkdtemp(name) == NULL) {
        fclose(stream);
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot make a folder for the imported scenario: %s",
                           name);
    }
    snprintf(imported, room, "%s/scenario.tape", name);
    tape = tape_create(imported, false, fault);
    int result = tape != NULL ? import(path, payloads, stream, tape, fault) : -1;
    fclose(stream);
    return result;
}

struct tape_reader *
run_tape_open(const char *path, const char *payloads, char *imported, size_t room, struct fault *fault)
{
    imported[0] = '\0';
    if (!is_scenario(path))
        return tape_open(path, fault);
    if (import_scenario(path, payloads, imported, room, fault) != 0)
        return NULL;
    return tape_open(imported, fault);
}

void
run_tape_forget(char *imported)
{
    if (imported[0] == '\0')
        return;
    unlink(imported);
    *strrchr(imported, '/') = '\0';
    rmdir(imported);
}

/* The app's own process: the one that no other process of the tape made. */
static struct judge_end
process_end(struct tape_reader *tape)
{
    struct tape_process process;
    struct judge_end end = {.how = JUDGE_END_UNKNOWN};
    uint32_t pids[256], parents[256], count = 0;
    struct judge_end ends[256];
    while (tape_next_process(tape, &process, NULL) == 1) {
        if (count == sizeof pids / sizeof *pids)
            continue;
        pids[count] = process.pid;
        parents[count] = process.parent;
        ends[count++] = judge_parse_end(process.ended);
    }
    for (uint32_t i = count; i-- > 0;) {
        bool made_here = false;
        for (uint32_t j = 0; j < count; j++)
            made_here |= pids[j] == parents[i] && j != i;
        if (!made_here)
            end = ends[i];
    }
    return end;
}

struct judge_end
run_tape_end(struct tape_reader *tape)
{
    const char *ended = tape_meta(tape, "ended");
    return ended != NULL ? judge_parse_end(ended) : process_end(tape);
}

int64_t
run_tape_duration(struct tape_reader *tape)
{
    const char *text = tape_meta(tape, "duration_ns");
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

void
run_tape_notes(struct tape_reader *tape, struct verdict *verdict)
{
    struct tape_loss loss;
    struct tape_hole hole;
    uint64_t lost = 0;
    while (tape_next_loss(tape, &loss, NULL) == 1)
        lost += loss.dropped;
    while (tape_next_hole(tape, &hole, NULL) == 1)
        lost += hole.last - hole.first + 1;
    if (lost > 0)
        verdict_note(verdict,
                     "the tape itself has lost %" PRIu64 " edges: what needs them cannot be replayed", lost);
    if (!tape_complete(tape))
        verdict_note(verdict, "the tape was not finished; `timtape recover` finishes it");
}

void
run_tape_words(char *const argv[], char *text, size_t room)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; argv[i] != NULL; i++) {
        if (used + 2 * strlen(argv[i]) + 16 > room) {
            snprintf(text, room, "APP");
            return;
        }
        if (i > 0)
            text[used++] = ' ';
        judge_quote(argv[i], text + used, room - used);
        used += strlen(text + used);
    }
}

char *
run_recorded_command(const char *path)
{
    struct fault fault;
    struct tape_reader *tape = is_scenario(path) ? NULL : tape_open(path, &fault);
    if (tape == NULL)
        return NULL;
    const char *command = tape_meta(tape, "command");
    char *text = command != NULL ? strdup(command) : NULL;
    tape_close(tape);
    return text;
}
