// SPDX-License-Identifier: MIT
/* A scenario opened like a tape: imported into a temporary one. */
#include "traces/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/ndjson.h"

/* A scenario is text: its first byte that is neither white space nor part of a comment is a brace. */
bool
scenario_is(const char *path)
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
scenario_open(const char *path, const char *payloads, char *imported, size_t room, struct fault *fault)
{
    imported[0] = '\0';
    if (!scenario_is(path))
        return tape_open(path, fault);
    if (import_scenario(path, payloads, imported, room, fault) != 0)
        return NULL;
    return tape_open(imported, fault);
}

void
scenario_forget(char *imported)
{
    if (imported[0] == '\0')
        return;
    unlink(imported);
    *strrchr(imported, '/') = '\0';
    rmdir(imported);
}
