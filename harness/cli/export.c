// SPDX-License-Identifier: MIT
/* timtape export: a tape as text. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/place.h"
#include "cli/verb.h"
#include "traces/ndjson.h"

struct export_options {
    const char *tape, *out;
    bool force;
};

static int
export_options(int argc, char **argv, struct export_options *options, struct fault *fault)
{
    static const struct option table[] = {
        {"output", required_argument, NULL, 'o'}, {"force", no_argument, NULL, 'f'}, {0}};
    int option;
    while ((option = verb_option(argc, argv, table, fault)) != -1) {
        if (option == VERB_BAD)
            return -1;
        if (option == 'o')
            options->out = optarg;
        else if (option == 'f')
            options->force = true;
    }
    if (optind + 1 < argc)
        return verb_usage(fault, "one tape at a time: what is '%s'?", argv[optind + 1]);
    if (optind < argc)
        options->tape = argv[optind];
    return options->tape != NULL ? 0 : verb_usage(fault, "which tape?");
}

/* As private as the tape is. */
static FILE *
create_private(const char *path, struct fault *fault)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out == NULL) {
        fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot create", path);
        if (fd >= 0)
            close(fd);
    }
    return out;
}

static int
export_to_file(struct tape_reader *tape, const struct export_options *options, struct fault *fault)
{
    struct stat status;
    /* A pipe or device is written to, not replaced. */
    if (stat(options->out, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
        FILE *out = fopen(options->out, "we");
        if (out == NULL)
            return fault_errno(fault, FAULT_CANNOT_RUN, "%s", options->out);
        int result = ndjson_export(tape, out, fault);
        if (fclose(out) != 0 && result == 0)
            result = fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot write", options->out);
        return result;
    }
    const char *name = place_begin(options->out, options->force, fault);
    if (name == NULL)
        return -1;
    FILE *out = create_private(name, fault);
    int result = out != NULL ? ndjson_export(tape, out, fault) : -1;
    if (out != NULL && fclose(out) != 0 && result == 0)
        result = fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot write", options->out);
    return place_end(result == 0, fault) == 0 ? result : -1;
}

static int
export_run(int argc, char **argv, struct fault *fault)
{
    struct export_options options = {0};
    if (export_options(argc, argv, &options, fault) != 0)
        return -1;
    struct tape_reader *tape = tape_open(options.tape, fault);
    if (tape == NULL)
        return -1;
    int result;
    if (options.out != NULL && strcmp(options.out, "-") != 0)
        result = export_to_file(tape, &options, fault);
    else
        result = ndjson_export(tape, stdout, fault);
    tape_close(tape);
    return result;
}

const struct verb verb_export = {
    .name = "export",
    .usage = "TAPE [-o FILE] [--force]",
    .summary = "write a tape as text (NDJSON), to read, diff or edit",
    .help =
        "Writes the header, the processes and threads, and then every event in order, one JSON object a\n"
        "line. Nothing is lost: `timtape import` makes an equal tape from it. Strings that are not UTF-8\n"
        "are written as {\"$bytes\":\"hex\"}.\n\n"
        "  -o, --output FILE  write there (0600, like a tape) instead of to standard output\n"
        "  -f, --force        replace FILE\n\n"
        "  timtape export bug.tape | jq -c 'select(.callback)'\n",
    .anywhere = true,
    .streams = true,
    .run = export_run,
};
