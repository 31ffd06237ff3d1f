// SPDX-License-Identifier: MIT
/* timtape corpus: recorded tapes, cases and payloads as the files that a fuzz target starts from. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "cli/corpus.h"
#include "cli/place.h"

struct corpus_options {
    const char *out, *html, *lines;
    struct model_profile profile;
    bool whole, prune, coverage, missing, json, force, quiet;
};

static int
corpus_options(int argc, char **argv, struct corpus_options *options, struct fault *fault)
{
    static const struct option table[] = {
        {"output", required_argument, NULL, 'o'}, {"whole", no_argument, NULL, 'w'},
        {"prune", no_argument, NULL, 'p'},        {"coverage", no_argument, NULL, 'c'},
        {"missing", no_argument, NULL, 'm'},      {"html", required_argument, NULL, 'H'},
        {"lines", required_argument, NULL, 'l'},  {"profile", required_argument, NULL, 'P'},
        {"json", no_argument, NULL, 'j'},         {"force", no_argument, NULL, 'f'},
        {"quiet", no_argument, NULL, 'q'},        {0}};
    int option;
    while ((option = verb_option(argc, argv, table, fault)) != -1) {
        switch (option) {
        case 'o':
            options->out = optarg;
            break;
        case 'w':
            options->whole = true;
            break;
        case 'p':
            options->prune = true;
            break;
        case 'c':
            options->coverage = true;
            break;
        case 'm':
            options->missing = options->coverage = true;
            break;
        case 'H':
            options->html = optarg;
            options->coverage = true;
            break;
        case 'l':
            options->lines = optarg;
            options->coverage = true;
            break;
        case 'j':
            options->json = options->coverage = true;
            break;
        case 'f':
            options->force = true;
            break;
        case 'q':
            options->quiet = true;
            break;
        case 'P':
            if (model_profile_parse(optarg, &options->profile, fault) != 0)
                return -1;
            break;
        default:
            return -1;
        }
    }
    if (optind == argc)
        return verb_usage(fault, "which tapes, cases or folders?");
    if (options->out == NULL && !options->coverage)
        return verb_usage(fault, "where should the cases go? -o DIR (or --coverage)");
    return 0;
}

static int
write_html(const struct coverage *coverage, const struct coverage_report *report,
           const struct corpus_options *options, struct fault *fault)
{
    const char *name = place_begin(options->html, options->force, fault);
    if (name == NULL)
        return -1;
    FILE *out = fopen(name, "we");
    int result = 0;
    if (out == NULL) {
        result = fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot create", options->html);
    } else {
        coverage_html(coverage, report, out);
        bool bad = ferror(out) != 0;
        if (fclose(out) != 0 || bad)
            result = fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot write", options->html);
    }
    return place_end(result == 0, fault) == 0 ? result : -1;
}

static int
report_coverage(struct corpus *corpus, const char *title, const struct corpus_options *options,
                struct fault *fault)
{
    struct coverage_report report = {.title = title, .missing = options->missing};
    struct coverage_lines *lines = NULL;
    if (options->lines != NULL && (lines = coverage_lines_read(options->lines, fault)) == NULL)
        return -1;
    report.lines = lines;
    struct coverage *coverage = corpus->covered != NULL ? coverage_open(corpus->covered, fault)
                                                        : corpus_cover(corpus, &options->profile, fault);
    int result = coverage != NULL ? 0 : -1;
    if (result == 0 && options->html != NULL)
        result = write_html(coverage, &report, options, fault);
    if (result == 0 && options->json)
        coverage_json(coverage, &report, stdout);
    else if (result == 0 && options->html == NULL)
        coverage_text(coverage, &report, stdout);
    coverage_free(coverage);
    coverage_lines_free(lines);
    return result;
}

static void
say_what(const struct corpus *corpus)
{
    if (corpus->foreign > 0)
        say("%zu file%s of the folders hold%s no case; the first: %s", corpus->foreign,
            corpus->foreign == 1 ? "" : "s", corpus->foreign == 1 ? "s" : "", corpus->example);
    if (corpus->unknown > 0)
        say("%zu callback%s left out: this timtape does not know %s", corpus->unknown,
            corpus->unknown == 1 ? "" : "s", corpus->unknown == 1 ? "it" : "them");
}

static int
make_corpus(struct corpus *corpus, const struct corpus_options *options, struct fault *fault)
{
    size_t written, already, all = corpus->count;
    if (corpus->covered != NULL)
        return verb_usage(fault, "%s holds coverage, no cases: leave it out, or leave out -o",
                          corpus->covered);
    if (options->prune && corpus_prune(corpus, &options->profile, fault) != 0)
        return -1;
    if (corpus_write(corpus, options->out, &written, &already, fault) != 0)
        return -1;
    say("%zu case%s written to %s, %zu already there, %zu equal to another%s", written,
        written == 1 ? "" : "s", options->out, already, corpus->twice, options->prune ? "" : ".");
    if (options->prune)
        say("pruned: %zu of %zu deliver all that all deliver", corpus->count, all);
    return 0;
}

static int
run_on(struct corpus *corpus, int argc, char **argv, const struct corpus_options *options,
       struct fault *fault)
{
    int first = optind;
    for (int i = first; i < argc; i++) {
        if (corpus_add(corpus, argv[i], fault) != 0)
            return -1;
    }
    progress_end();
    if (corpus->covered != NULL && corpus->count > 0)
        return verb_usage(fault, "%s holds coverage already: report on it, or on cases", corpus->covered);
    corpus_sort(corpus);
    say_what(corpus);
    if (corpus->count == 0 && corpus->covered == NULL)
        return fault_set(fault, FAULT_DATA, "%s: there is no callback in it that could become a case",
                         argv[first]);
    if (options->out != NULL && make_corpus(corpus, options, fault) != 0)
        return -1;
    return options->coverage ? report_coverage(corpus, argv[first], options, fault) : 0;
}

static int
corpus_run(int argc, char **argv, struct fault *fault)
{
    struct corpus_options options = {0};
    if (model_profile_parse("page", &options.profile, fault) != 0 ||
        corpus_options(argc, argv, &options, fault) != 0)
        return -1;
    say_quiet(options.quiet);
    struct corpus corpus = {.whole = options.whole, .arena = arena_new()};
    int result = corpus.arena != NULL ? run_on(&corpus, argc, argv, &options, fault)
                                      : fault_set(fault, FAULT_INTERNAL, "no memory for the corpus");
    corpus_free(&corpus);
    return result;
}

const struct verb verb_corpus = {
    .name = "corpus",
    .usage = "INPUT... -o DIR [--prune] | INPUT... --coverage [--html FILE]",
    .summary = "make, merge and prune fuzz inputs; what a corpus covers",
    .help =
        "An INPUT is a tape, a scenario, a fuzz input or crash file, a payload in a folder with its\n"
        "callback's name (TIMRecvNewMsgCallback/x.json, TIMCommCallback/TIMConvGetConvList/x.json), or a\n"
        "folder of those. Each callback of a tape becomes one file in DIR, named by its content; fuzz "
        "inputs\n"
        "stay whole. Several inputs are merged; equal ones become one file. Inputs are never changed or\n"
        "removed, files of DIR never replaced. What was masked on a tape is masked in its cases.\n\n"
        "  -o, --output DIR   where the cases go\n"
        "  -w, --whole        a tape is one case, not one a callback (in pieces of 64 callbacks)\n"
        "  -p, --prune        write only a small set that delivers every variation that all deliver\n"
        "  -c, --coverage     which variations of which keys the cases deliver; INPUT may also be a "
        "coverage\n"
        "                     file that a fuzz target or `timtape fuzz` kept\n"
        "  -m, --missing      with the variations that are missing\n"
        "  -H, --html FILE    the same as a page to look at\n"
        "  -l, --lines FILE   line coverage beside it: `llvm-cov export -summary-only`, or lcov's .info\n"
        "  -P, --profile NAME what is as declared: page (default), newest, or a version like 6.6\n"
        "  -j, --json         coverage as JSON\n"
        "  -f, --force        replace the page\n"
        "  -q, --quiet        say nothing on standard error\n\n"
        "  timtape corpus bug.tape -o seeds && ./handlers_fuzzer seeds\n"
        "  timtape corpus seeds nightly --prune -o small\n"
        "  timtape corpus seeds --html coverage.html\n",
    .anywhere = true,
    .run = corpus_run,
};
