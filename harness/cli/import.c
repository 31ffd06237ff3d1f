// SPDX-License-Identifier: MIT
/* timtape import: a tape from text, exported or written by hand. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/place.h"
#include "cli/verb.h"
#include "traces/ndjson.h"

struct import_options {
    const char *text, *tape, *payloads;
    bool force;
};

static int
import_options(int argc, char **argv, struct import_options *options, struct fault *fault)
{
    static const struct option table[] = {{"output", required_argument, NULL, 'o'},
                                          {"payloads", required_argument, NULL, 'p'},
                                          {"force", no_argument, NULL, 'f'},
                                          {0}};
    int option;
    while ((option = verb_option(argc, argv, table, fault)) != -1) {
        if (option == VERB_BAD)
            return -1;
        if (option == 'o')
            options->tape = optarg;
        else if (option == 'p')
            options->payloads = optarg;
        else if (option == 'f')
            options->force = true;
    }
    if (optind + 1 < argc)
        return verb_usage(fault, "one text at a time: what is '%s'?", argv[optind + 1]);
    if (optind < argc)
        options->text = argv[optind];
    if (options->text == NULL)
        return verb_usage(fault, "which text? - is standard input");
    return options->tape != NULL ? 0 : verb_usage(fault, "where should the tape go? -o OUT.tape");
}

static int
import_into(const struct ndjson_source *source, const struct import_options *options, struct fault *fault)
{
    const char *name = place_begin(options->tape, options->force, fault);
    if (name == NULL)
        return -1;
    struct tape_writer *tape = tape_create(name, false, fault);
    bool complete = false;
    int result = tape != NULL ? ndjson_import(source, tape, &complete, fault) : -1;
    if (tape != NULL && result != 0)
        tape_discard(tape);
    else if (tape != NULL)
        result = tape_finish(tape, complete, fault);
    return place_end(result == 0, fault) == 0 ? result : -1;
}

static int
import_run(int argc, char **argv, struct fault *fault)
{
    struct import_options options = {0};
    if (import_options(argc, argv, &options, fault) != 0)
        return -1;
    bool standard = strcmp(options.text, "-") == 0;
    struct ndjson_source source = {.name = standard ? "standard input" : options.text, .payloads = -1};
    source.stream = standard ? stdin : fopen(options.text, "re");
    if (source.stream == NULL)
        return fault_errno(fault, errno == ENOENT ? FAULT_NOT_FOUND : FAULT_CANNOT_RUN, "%s", options.text);
    int result = 0;
    if (options.payloads != NULL) {
        source.payloads = open(options.payloads, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (source.payloads < 0)
            result = fault_errno(fault, FAULT_CANNOT_RUN, "%s", options.payloads);
    }
    if (result == 0)
        result = import_into(&source, &options, fault);
    if (source.payloads >= 0)
        close(source.payloads);
    if (!standard)
        fclose(source.stream);
    return result;
}

const struct verb verb_import = {
    .name = "import",
    .usage = "FILE|- -o TAPE [--payloads FOLDER] [--force]",
    .summary = "make a tape from text, exported or written by hand",
    .help =
        "Reads what `timtape export` wrote, exactly, and scenarios that people wrote. Those may leave out\n"
        "nearly everything but what happens:\n\n"
        "  {\"timtape\":1}\n"
        "  {\"call\":\"TIMAddRecvNewMsgCallback\"}\n"
        "  # Lines that begin with # say nothing, like empty ones.\n"
        "  "
        "{\"callback\":\"TIMRecvNewMsgCallback\",\"after_ms\":20,\"args\":{\"json_msg_array\":{\"$json\":[]}}"
        "}\n\n"
        "Strings may be {\"$json\": value}, {\"$bytes\": \"hex\"} or, below --payloads, {\"$file\": "
        "\"path\"}; enum\n"
        "constants may be given by name. \"cause\" and \"in\" name a \"label\" or a function of a line "
        "above;\n"
        "\"in\" puts an event inside that one, \"during\" before its end on another thread. "
        "traces/NDJSON.md\n"
        "has it all, traces/samples/ has examples.\n\n"
        "  -o, --output TAPE      the tape to make; nothing is left of it when the text has a mistake\n"
        "  -p, --payloads FOLDER  what {\"$file\": \"path\"} may read\n"
        "  -f, --force            replace TAPE\n",
    .anywhere = true,
    .run = import_run,
};
