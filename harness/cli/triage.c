// SPDX-License-Identifier: MIT
/* timtape triage: many inputs that break a target, and which bugs they are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/finding_options.h"
#include "cli/verb.h"

struct triage_line {
    struct finding_options options;
    const char *from, *out, *sarif, *junit;
    char *const *target;
    bool json, quiet;
};

static int
triage_options(int argc, char **argv, struct triage_line *line, struct fault *fault)
{
    static const struct option table[] = {{"output", required_argument, NULL, 'o'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"sarif", required_argument, NULL, 's'},
                                          {"junit", required_argument, NULL, 'x'},
                                          {"quiet", no_argument, NULL, 'q'},
                                          FINDING_OPTIONS,
                                          {0}};
    int option;
    /* The folder may come first: `triage DIR [options] -- ./target`. */
    if (argc > 1 && argv[1][0] != '-') {
        line->from = argv[1];
        optind = 2;
    }
    while ((option = verb_option(argc, argv, table, fault)) != -1) {
        if (option == VERB_BAD || finding_option(option, optarg, &line->options, fault) < 0)
            return -1;
        if (option == 'o')
            line->out = optarg;
        else if (option == 's')
            line->sarif = optarg;
        else if (option == 'x')
            line->junit = optarg;
        else if (option == 'j')
            line->json = true;
        else if (option == 'q')
            line->quiet = true;
    }
    if (line->from == NULL && optind < argc && strcmp(argv[optind - 1], "--") != 0)
        line->from = argv[optind++];
    if (line->from == NULL)
        return verb_usage(fault, "which folder of inputs?");
    line->target = finding_words(argc, argv, optind, fault);
    return line->target != NULL ? 0 : -1;
}

static void
triage_progress(void *context, const char *what, size_t done, size_t all)
{
    char text[120];
    (void)context;
    if (!out_moves(stderr))
        return;
    snprintf(text, sizeof text, "%zu of %zu %s", done, all, what);
    out_line(text);
}

static void
triage_table(const struct finding_row *rows, size_t count)
{
    int width = out_width(stdout, 0);
    for (size_t i = 0; i < count; i++) {
        const struct finding_row *row = &rows[i];
        char where[300];
        if (row->function[0] == '\0' && row->file[0] == '\0')
            snprintf(where, sizeof where, "%s in a place unknown (build the target with -g)", row->what);
        else if (row->file[0] == '\0')
            snprintf(where, sizeof where, "%s", row->function);
        else
            snprintf(where, sizeof where, "%.90s %.150s:%u", row->function,
                     strrchr(row->file, '/') != NULL ? strrchr(row->file, '/') + 1 : row->file, row->line);
        printf("%5u  %-10s  ", row->count, row->severity);
        out_text(stdout, where, strlen(where), sizeof where);
        printf("  (%s, %zu B)\n       ", row->name, row->bytes);
        out_text(stdout, row->sentence, strlen(row->sentence),
                 width > 20 ? (size_t)width - 8 : sizeof row->sentence);
        printf("\n       ");
        out_text(stdout, row->again, strlen(row->again), sizeof row->again);
        putchar('\n');
    }
}

static int
triage_file(const char *path, int (*writer)(FILE *, const struct finding_row *, size_t),
            const struct finding_row *rows, size_t count, struct fault *fault)
{
    if (path == NULL)
        return 0;
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s", path);
    int result = writer(file, rows, count);
    if (fclose(file) != 0 || result != 0)
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s", path);
    return 0;
}

/* Findings that are gone are told, and are not among the results. */
static size_t
triage_living(struct finding_row *rows, size_t count, const char *fixed)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        const char *at = strstr(fixed, rows[i].name);
        size_t length = strlen(rows[i].name);
        if (at == NULL || (at[length] != '\0' && at[length] != ',') || (at != fixed && at[-1] != ' '))
            rows[left++] = rows[i];
    }
    return left;
}

static void
triage_say(const struct triage_line *line, const struct finding_triage *triage)
{
    if (triage->files == 0)
        say("%s: there is no input in it, so nothing was run (libFuzzer writes crash-* where it "
            "was started, or where -artifact_prefix= says; AFL++ into OUT/default/crashes)",
            line->from);
    else if (triage->findings == 0)
        say("%zu input%s: nothing is wrong with this target on %s", triage->files,
            triage->files == 1 ? "" : "s", triage->files == 1 ? "it" : "them");
    else if (triage->findings > 0)
        say("%zu input%s: %zu bug%s (%zu new) in %s", triage->files, triage->files == 1 ? "" : "s",
            triage->findings, triage->findings == 1 ? "" : "s", triage->fresh, line->out);
    if (triage->odd > 0)
        say("%zu of them ended with status %d and no report of a bug%s%s%s: does the target take a file?",
            triage->odd, triage->odd_status, triage->odd_words[0] != '\0' ? ", saying \"" : "",
            triage->odd_words, triage->odd_words[0] != '\0' ? "\"" : "");
    if (triage->quiet > 0 && triage->findings > 0)
        say("%zu of them did nothing wrong this time", triage->quiet);
}

static int
triage_show(const struct triage_line *line, const struct finding_triage *triage, struct fault *fault)
{
    struct finding_row *rows = NULL;
    size_t count = 0;
    struct fault none;
    if (triage->odd > 0 && triage->odd == triage->files)
        return fault_set(
            fault, FAULT_CANNOT_RUN,
            "%s ended with status %d on every input, without a report of a bug%s%s%s: does it start, "
            "and take a file?",
            line->target[0], triage->odd_status, triage->odd_words[0] != '\0' ? ", saying \"" : "",
            triage->odd_words, triage->odd_words[0] != '\0' ? "\"" : "");
    if (finding_load(line->out, &rows, &count, &none) != 0 && none.kind != FAULT_NOT_FOUND)
        return fault_set(fault, none.kind, "%s", none.text);
    count = triage_living(rows, count, triage->fixed_names);
    if (line->json)
        finding_json(stdout, rows, count);
    else
        triage_table(rows, count);
    int result = triage_file(line->sarif, finding_sarif, rows, count, fault);
    if (result == 0)
        result = triage_file(line->junit, finding_junit, rows, count, fault);
    free(rows);
    if (result != 0)
        return -1;
    triage_say(line, triage);
    if (triage->fixed > 0)
        say("fixed since: %s (fuzzing steps round %s no more)", triage->fixed_names,
            triage->fixed == 1 ? "it" : "them");
    return count > 0 ? 1 : 0;
}

static int
triage_run(int argc, char **argv, struct fault *fault)
{
    struct triage_line line = {.out = "findings"};
    if (triage_options(argc, argv, &line, fault) != 0)
        return -1;
    say_quiet(line.quiet);
    struct finding_triage triage = {.argv = line.target,
                                    .limits = line.options.limits,
                                    .effort = line.options.effort,
                                    .profile = {.page = true},
                                    .from = line.from,
                                    .out = line.out,
                                    .progress = line.quiet ? NULL : triage_progress};
    int result = finding_triage(&triage, fault);
    if (out_moves(stderr))
        out_line(NULL);
    return result == 0 ? triage_show(&line, &triage, fault) : -1;
}

const struct verb verb_triage = {
    .name = "triage",
    .usage = "DIR [options] -- target [args]",
    .summary = "group the inputs that break a fuzz target into bugs, and make each small",
    .help =
        "Runs the target on every input in DIR and tells which of them are one bug: equal kind, function and "
        "line of\n"
        "the first frame that is the app's own. The smallest input of each bug is made smaller as long as it "
        "stays the\n"
        "same bug, and is kept in the output folder: input.ndjson, bug.tape (for timtape replay), "
        "payload.json,\n"
        "report.txt, a CMocka test, finding.json. known.ndjson beside them says what fuzzing steps round.\n\n"
        "DIR: libFuzzer's crash-*, leak-*, timeout-*, oom-*; AFL++'s crashes and hangs; a folder of "
        "findings; or else\n"
        "all its files. The target gets the input's path as its last argument, or in the place of @@.\n"
        "It sees TIMTAPE_FUZZ_HERE=1, so that the regression runner delivers in the process that is "
        "started.\n"
        "Exit status: 0 nothing is wrong, 1 there are findings.\n\n"
        "  -o, --output FOLDER    where findings go (default: findings); those that are there are kept, told "
        "to be\n"
        "                         fixed when the target does them no more\n"
        "  -j, --json             the findings as JSON\n"
        "  -s, --sarif FILE       SARIF 2.1.0, for code hosts\n"
        "  -x, --junit FILE       JUnit XML, one failed test a finding\n"
        "  -q, --quiet            no words on standard error\n"
        "      --timeout SECONDS  a run that takes longer hangs (default 5; decimals allowed)\n"
        "      --memory MIB       a run that takes more is out of memory (default 2048)\n"
        "      --runs N           most runs to make one finding smaller (default 2000)\n"
        "      --time SECONDS     most time for that (default 60)\n",
    .run = triage_run,
};
