// SPDX-License-Identifier: MIT
#include "cli/fuzz_options.h"

#include <string.h>

#include "cli/verb.h"
#include "cli/way.h"

enum {
    OPTION_SEED = 1000,
    OPTION_TIME,
    OPTION_RUNS,
    OPTION_STOP,
    OPTION_VIA,
    OPTION_SDK,
    OPTION_NO_FORK,
    OPTION_HANG,
    OPTION_PROFILE,
    OPTION_ONLY,
    OPTION_ORACLE,
    OPTION_IGNORE,
    OPTION_CORPUS,
    OPTION_JSON,
    OPTION_STACK,
};

static const struct option table[] = {
    {"output", required_argument, NULL, 'o'},
    {"jobs", required_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"time", required_argument, NULL, OPTION_TIME},
    {"runs", required_argument, NULL, OPTION_RUNS},
    {"stop-after", required_argument, NULL, OPTION_STOP},
    {"via", required_argument, NULL, OPTION_VIA},
    {"sdk", required_argument, NULL, OPTION_SDK},
    {"no-fork", no_argument, NULL, OPTION_NO_FORK},
    {"hang-timeout", required_argument, NULL, OPTION_HANG},
    {"profile", required_argument, NULL, OPTION_PROFILE},
    {"only", required_argument, NULL, OPTION_ONLY},
    {"oracle", required_argument, NULL, OPTION_ORACLE},
    {"ignore", required_argument, NULL, OPTION_IGNORE},
    {"corpus", required_argument, NULL, OPTION_CORPUS},
    {"json", no_argument, NULL, OPTION_JSON},
    {"stack-to", required_argument, NULL, OPTION_STACK}, /* the tracer's: not for users */
    {0},
};

const char fuzz_options_help[] =
    "Changes what is on the tape (payloads, codes, the order of callbacks, which come twice, late, or not "
    "at\n"
    "all, whose ids they have) and plays it into the unmodified app, over and over. What the app breaks on "
    "is\n"
    "made small, said in a sentence, and kept as a tape that `timtape replay` plays.\n"
    "\n"
    "  -o, --output DIR       where findings go; default NAME.findings. What is there already is kept, and "
    "is\n"
    "                         not found again\n"
    "      --time T           stop after that time (60s, 10m); default: until Ctrl-C\n"
    "      --runs N           stop after that many runs\n"
    "      --stop-after N     stop after that many findings\n"
    "      --seed N           other changes; the same seed and --runs find the same with one worker. Default "
    "1\n"
    "  -j, --jobs N           so many workers, each with an app of its own; default 1\n"
    "      --only SELECTION   change only these callbacks: 12, 10-40, @3, TIMRecv*; may be repeated\n"
    "      --oracle KINDS     only these count: crash, sanitizer, oracle, hang, leak, memory, exit; with "
    "commas\n"
    "      --ignore KINDS     these do not count\n"
    "      --hang-timeout T   a callback that takes longer hangs; default 1s\n"
    "      --profile NAME     what is right in a payload: page (default), newest, or a version (6.6)\n"
    "      --corpus DIR       begin with the tapes in it, too, and put there what reaches something new\n"
    "      --no-fork          start the app anew for each run (much slower)\n"
    "      --via WAY          how to get in front of the SDK: best, audit or preload\n"
    "      --sdk FILE         the SDK's file name, if it is not libImSDK.so\n"
    "      --json             the findings as JSON on standard output\n"
    "  -q, --quiet            say nothing but the findings\n"
    "\n"
    "Ctrl-C ends it and keeps everything; a second one ends it at once.\n"
    "Exit status: 0 nothing was found, 1 something was; 64 usage, 65 bad tape, or an app that breaks on it "
    "as it\n"
    "is, 126 and 127 the app cannot be run or is not there, 70 our own fault.\n";

static int
read_kinds(const char *option, const char *text, unsigned *kinds, struct fault *fault)
{
    *kinds = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        enum finding_kind kind = FINDING_CRASH;

        while (kind <= FINDING_EXIT && (strlen(finding_kind_name(kind)) != length ||
                                        strncmp(finding_kind_name(kind), text, length) != 0))
            kind++;
        if (kind > FINDING_EXIT)
            return verb_usage(
                fault,
                "%s takes crash, sanitizer, oracle, hang, leak, memory, exit with commas between, "
                "not '%.*s'",
                option, (int)length, text);
        *kinds |= 1u << kind;
        text += length + (text[length] == ',');
    }
    return *kinds != 0 ? 0 : verb_usage(fault, "%s needs at least one kind", option);
}

static int
read_via(struct fuzz_line *line, struct fault *fault)
{
    static const enum loader_way ways[] = {[RECORDER_VIA_BEST] = LOADER_AUTO,
                                           [RECORDER_VIA_AUDIT] = LOADER_AUDIT,
                                           [RECORDER_VIA_PRELOAD] = LOADER_PRELOAD};

    if (way_via(optarg, &line->run.via, fault) != 0)
        return -1;
    line->loop.via = ways[line->run.via];
    return 0;
}

static int
read_limit(int option, struct loop_options *loop, struct fault *fault)
{
    uint64_t number;

    switch (option) {
    case OPTION_TIME:
        return verb_span(optarg, 1e9, &loop->time_ns)
                   ? 0
                   : verb_usage(fault, "--time takes a time (60s, 10m), not '%s'", optarg);
    case OPTION_HANG:
        return verb_span(optarg, 1e9, &loop->hang_ns) && loop->hang_ns >= 10000000
                   ? 0
                   : verb_usage(fault, "--hang-timeout takes seconds (or 500ms), at least 10ms, not '%s'",
                                optarg);
    case OPTION_RUNS:
        return verb_number("--runs", "a number of at least 1", optarg, 1, INT64_MAX, &loop->runs, fault);
    case OPTION_SEED:
        return verb_number("--seed", "a number", optarg, 0, UINT64_MAX, &loop->seed, fault);
    case OPTION_STOP:
        if (verb_number("--stop-after", "a number from 1 to 1000000", optarg, 1, 1000000, &number, fault) !=
            0)
            return -1;
        loop->stop_after = (unsigned)number;
        return 0;
    default: /* 'j' */
        if (verb_number("--jobs", "a number from 1 to 64", optarg, 1, LOOP_JOBS, &number, fault) != 0)
            return -1;
        loop->jobs = (unsigned)number;
        return 0;
    }
}

static int
read_option(int option, struct fuzz_line *line, struct fault *fault)
{
    unsigned kinds;

    switch (option) {
    case 'o':
        line->loop.out = optarg;
        return *optarg != '\0' ? 0 : verb_usage(fault, "--output needs the name of a folder");
    case 'q':
        line->quiet = true;
        return 0;
    case OPTION_VIA:
        return read_via(line, fault);
    case OPTION_SDK:
        return way_sdk(optarg, &line->loop.sdk, fault);
    case OPTION_NO_FORK:
        line->loop.restart = true;
        return 0;
    case OPTION_PROFILE:
        return model_profile_parse(optarg, &line->loop.profile, fault);
    case OPTION_ONLY:
        line->selected = true;
        return select_add(&line->only, optarg, fault);
    case OPTION_ORACLE:
        return read_kinds("--oracle", optarg, &line->loop.kinds, fault);
    case OPTION_IGNORE:
        if (read_kinds("--ignore", optarg, &kinds, fault) != 0)
            return -1;
        line->loop.kinds &= ~kinds;
        return 0;
    case OPTION_CORPUS:
        line->loop.corpus = optarg;
        return 0;
    case OPTION_JSON:
        line->json = true;
        return 0;
    case OPTION_STACK:
        line->stack_to = optarg;
        return 0;
    default:
        return read_limit(option, &line->loop, fault);
    }
}

/* "call.tape" -> "call.findings", here. */
static void
name_output(struct fuzz_line *line)
{
    const char *slash = strrchr(line->loop.tape, '/'), *name = slash == NULL ? line->loop.tape : slash + 1;
    const char *dot = strrchr(name, '.');

    snprintf(line->out, sizeof line->out, "%.*s.findings",
             dot == NULL || dot == name ? (int)strlen(name) : (int)(dot - name), name);
    line->loop.out = line->out;
}

int
fuzz_options_read(int argc, char **argv, struct fuzz_line *line, struct fault *fault)
{
    int option;

    *line = (struct fuzz_line){
        .loop = {.seed = 1, .jobs = 1, .profile = {.page = true}, .kinds = ~0u & ~(1u << FINDING_NONE)},
        .run = {.output = -1}};
    while ((option = verb_option(argc, argv, table, fault)) != -1) {
        if (option == VERB_BAD || read_option(option, line, fault) != 0)
            return -1;
    }
    if (line->stack_to == NULL) {
        line->loop.tape = optind < argc ? argv[optind++] : NULL;
        if (line->loop.tape == NULL)
            return verb_usage(fault, "which tape?");
        if (optind < argc && strcmp(argv[optind], "--") == 0)
            optind++;
    }
    if (optind >= argc)
        return verb_usage(fault, "which app? Its command comes behind the tape");
    line->loop.argv = argv + optind;
    if (line->loop.out == NULL && line->loop.tape != NULL)
        name_output(line);
    return 0;
}
