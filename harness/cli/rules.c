// SPDX-License-Identifier: MIT
/* timtape rules: what differs between recordings of one scenario, as a rules file to be read and kept. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/verb.h"
#include "replay/compare/compare.h"
#include "traces/scenario.h"

#define TAPES 16

static int
open_sides(char **paths, unsigned count, struct compare_side *sides, struct fault *fault)
{
    for (unsigned i = 0; i < count; i++) {
        char imported[512];
        sides[i].tape = scenario_open(paths[i], NULL, imported, sizeof imported, fault);
        if (sides[i].tape != NULL)
            sides[i].flow = tape_open(imported[0] != '\0' ? imported : paths[i], fault);
        scenario_forget(imported);
        if (sides[i].flow == NULL)
            return -1;
    }
    return 0;
}

static int
write_file(const char *path, bool force, const char *text, size_t bytes, struct fault *fault)
{
    FILE *out = fopen(path, force ? "we" : "wxe");
    if (out == NULL && errno == EEXIST)
        return fault_set(fault, FAULT_USAGE, "%s exists; --force replaces it", path);
    if (out == NULL)
        return fault_errno(fault, FAULT_USAGE, "cannot write %s", path);
    bool failed = fwrite(text, 1, bytes, out) != bytes;
    if (fclose(out) != 0 || failed)
        return fault_errno(fault, FAULT_INTERNAL, "cannot write %s", path);
    return 0;
}

static int
propose(char **paths, unsigned count, const char *output, bool force, struct fault *fault)
{
    struct compare_side sides[TAPES] = {{NULL, NULL}};
    char *text = NULL;
    size_t bytes = 0;
    uint64_t left = 0;
    FILE *out = open_memstream(&text, &bytes);
    int result = out == NULL ? fault_set(fault, FAULT_INTERNAL, "out of memory") : 0;
    if (result == 0)
        result = open_sides(paths, count, sides, fault);
    if (result == 0)
        result = compare_propose(sides, (const char *const *)paths, count, out, &left, fault);
    if (out != NULL && fclose(out) != 0 && result == 0)
        result = fault_set(fault, FAULT_INTERNAL, "out of memory");
    if (result == 0 && output != NULL)
        result = write_file(output, force, text, bytes, fault);
    else if (result == 0)
        fwrite(text, 1, bytes, stdout);
    for (unsigned i = 0; i < count; i++) {
        tape_close(sides[i].tape);
        tape_close(sides[i].flow);
    }
    free(text);
    if (result != 0)
        return -1;
    if (left > 0)
        say("%" PRIu64 " differences are left that no rule can say; `timtape diff --rules` shows them", left);
    return left > 0;
}

static int
rules_run(int argc, char **argv, struct fault *fault)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'}, {"force", no_argument, NULL, 'f'}, {0}};
    const char *output = NULL;
    bool force = false;
    int option;
    while ((option = verb_option(argc, argv, options, fault)) != -1) {
        if (option == VERB_BAD)
            return -1;
        if (option == 'o')
            output = optarg;
        else
            force = true;
    }
    unsigned count = (unsigned)(argc - optind);
    if (count < 2)
        return verb_usage(fault, "which tapes? Two or more recordings of one scenario show what differs");
    if (count > TAPES)
        return verb_usage(fault, "%u tapes: %d at most", count, TAPES);
    if (output != NULL && !force && access(output, F_OK) == 0)
        return fault_set(fault, FAULT_USAGE, "%s exists; --force replaces it", output);
    return propose(argv + optind, count, output, force, fault);
}

const struct verb verb_rules = {
    .name = "rules",
    .usage = "[-o FILE] TAPE TAPE ...",
    .summary = "propose a rules file from several recordings of one scenario",
    .help =
        "Compares recordings of the same scenario, as `timtape diff` does, and writes what differs between\n"
        "them as rules, each with a comment that says what was seen: values that may be others, keys that\n"
        "may be absent, calls that may be repeated, be missing or change places. Read the file, strike what\n"
        "should not differ, and keep it beside the tape for `replay --rules` and `diff --rules`\n"
        "(docs/rules.md). What the API description lets differ needs no rule.\n"
        "\n"
        "  -o, --output FILE   where the rules go (standard output by default)\n"
        "  -f, --force         replace FILE\n"
        "\n"
        "  timtape rules monday.tape tuesday.tape -o chat.rules\n"
        "  timtape replay --rules chat.rules monday.tape -- ./app\n"
        "\n"
        "Exit status: 0; 1 something differs that no rule can say; 64 a mistake in the command line; 65 a\n"
        "tape is bad.\n",
    .anywhere = true,
    .run = rules_run,
};
