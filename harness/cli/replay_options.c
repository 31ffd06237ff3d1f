// SPDX-License-Identifier: MIT
#include "cli/replay_options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "cli/way.h"

enum {
    OPTION_TIME = 1000,
    OPTION_MAX_GAP,
    OPTION_ORDER,
    OPTION_CHAOS,
    OPTION_CHAOS_RUNS,
    OPTION_CHAOS_OUT,
    OPTION_MATCH,
    OPTION_RULES,
    OPTION_UNMATCHED,
    OPTION_LATE,
    OPTION_STALL,
    OPTION_UNTIL,
    OPTION_FROM,
    OPTION_HOLD,
    OPTION_STEP,
    OPTION_KEYS,
    OPTION_STATUS,
    OPTION_LOOP,
    OPTION_GDB,
    OPTION_GDB_ARG,
    OPTION_MARK,
    OPTION_END,
    OPTION_LINGER,
    OPTION_RECORD,
    OPTION_FORCE,
    OPTION_VIA,
    OPTION_SDK,
    OPTION_PAYLOADS,
    OPTION_JSON,
    OPTION_JUNIT,
    OPTION_ANNOTATE,
};

static const struct option table[] = {
    {"speed", required_argument, NULL, 's'},
    {"time", required_argument, NULL, OPTION_TIME},
    {"max-gap", required_argument, NULL, OPTION_MAX_GAP},
    {"order", required_argument, NULL, OPTION_ORDER},
    {"chaos", required_argument, NULL, OPTION_CHAOS},
    {"chaos-runs", required_argument, NULL, OPTION_CHAOS_RUNS},
    {"chaos-out", required_argument, NULL, OPTION_CHAOS_OUT},
    {"match", required_argument, NULL, OPTION_MATCH},
    {"rules", required_argument, NULL, OPTION_RULES},
    {"unmatched", required_argument, NULL, OPTION_UNMATCHED},
    {"max-late", required_argument, NULL, OPTION_LATE},
    {"stall-timeout", required_argument, NULL, OPTION_STALL},
    {"until", required_argument, NULL, OPTION_UNTIL},
    {"from", required_argument, NULL, OPTION_FROM},
    {"hold", no_argument, NULL, OPTION_HOLD},
    {"step", no_argument, NULL, OPTION_STEP},
    {"keys", no_argument, NULL, OPTION_KEYS},
    {"status", no_argument, NULL, OPTION_STATUS},
    {"loop", required_argument, NULL, OPTION_LOOP},
    {"gdb", required_argument, NULL, OPTION_GDB},
    {"gdb-arg", required_argument, NULL, OPTION_GDB_ARG},
    {"mark", no_argument, NULL, OPTION_MARK},
    {"at-end", required_argument, NULL, OPTION_END},
    {"linger", required_argument, NULL, OPTION_LINGER},
    {"jobs", required_argument, NULL, 'j'},
    {"record", required_argument, NULL, OPTION_RECORD},
    {"force", no_argument, NULL, OPTION_FORCE},
    {"via", required_argument, NULL, OPTION_VIA},
    {"sdk", required_argument, NULL, OPTION_SDK},
    {"payloads", required_argument, NULL, OPTION_PAYLOADS},
    {"json", required_argument, NULL, OPTION_JSON},
    {"junit", required_argument, NULL, OPTION_JUNIT},
    {"annotate", required_argument, NULL, OPTION_ANNOTATE},
    {"quiet", no_argument, NULL, 'q'},
    {0},
};

static int
read_speed(const char *text, double *speed, struct fault *fault)
{
    char *end;
    if (strcmp(text, "max") == 0) {
        *speed = 0;
        return 0;
    }
    errno = 0;
    *speed = strtod(text, &end);
    if (end > text && strcmp(end, "x") == 0)
        end++;
    if (end == text || *end != '\0' || errno != 0 || !isfinite(*speed) || *speed < 0.001 || *speed > 1e6)
        return verb_usage(fault, "--speed takes a number from 0.001 to 1000000, or 'max', not '%s'", text);
    return 0;
}

static int
read_count(const char *option, const char *text, unsigned *count, struct fault *fault)
{
    uint64_t number;
    if (verb_number(option, "a number from 1 to 1000000", text, 1, 1000000, &number, fault) != 0)
        return -1;
    *count = (unsigned)number;
    return 0;
}

/* One of a few words: its place among them, or -1. `words` ends with NULL. */
static int
read_word(const char *option, const char *text, const char *const *words, struct fault *fault)
{
    char all[128] = "";
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0)
            return i;
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s'%s'",
                 i == 0                 ? ""
                 : words[i + 1] == NULL ? " or "
                                        : ", ",
                 words[i]);
    }
    return verb_usage(fault, "%s takes %s, not '%s'", option, all, text);
}

static int
read_unmatched(const char *text, struct run_options *run, struct fault *fault)
{
    char *end;
    if (strcmp(text, "fail") == 0) {
        run->unmatched = JUDGE_UNMATCHED_FAIL;
    } else if (strcmp(text, "default") == 0) {
        run->unmatched = JUDGE_UNMATCHED_DEFAULT;
    } else {
        bool code = strncmp(text, "code:", 5) == 0;
        errno = 0;
        long number = code ? strtol(text + 5, &end, 10) : 0;
        if (!code || end == text + 5 || *end != '\0' || errno != 0 || number < INT32_MIN ||
            number > INT32_MAX)
            return verb_usage(fault, "--unmatched takes 'fail', 'default' or 'code:N', not '%s'", text);
        run->unmatched = JUDGE_UNMATCHED_CODE;
        run->unmatched_code = (int32_t)number;
    }
    return 0;
}

static int
read_annotate(const char *text, struct replay_line *line, struct fault *fault)
{
    if (strcmp(text, "github") == 0)
        line->github = "-";
    else if (strncmp(text, "github:", 7) == 0 && text[7] != '\0')
        line->github = text + 7;
    else if (strncmp(text, "gitlab:", 7) == 0 && text[7] != '\0')
        line->gitlab = text + 7;
    else
        return verb_usage(fault, "--annotate takes 'github', 'github:FILE' or 'gitlab:FILE', not '%s'", text);
    return 0;
}

static int
add_word(const char *option, const char **list, size_t most, struct fault *fault)
{
    size_t count = 0;
    while (list[count] != NULL)
        count++;
    if (count >= most)
        return verb_usage(fault, "%s at most %zu times", option, most);
    list[count] = optarg;
    return 0;
}

static int
read_time_option(int option, struct run_options *run, struct fault *fault)
{
    static const char *const times[] = {"real", "compress", "virtual", NULL};
    uint64_t ns;
    int word;
    switch (option) {
    case 's':
        return read_speed(optarg, &run->speed, fault);
    case OPTION_TIME:
        if ((word = read_word("--time", optarg, times, fault)) < 0)
            return -1;
        run->time = (enum run_time)word;
        return 0;
    case OPTION_MAX_GAP:
        if (!verb_span(optarg, 0, &ns))
            return verb_usage(fault, "--max-gap takes a time above 0 with its unit (500ms, 2s), not '%s'",
                              optarg);
        run->max_gap_ns = (int64_t)ns;
        return 0;
    case OPTION_LATE:
        if (!verb_span(optarg, 0, &run->max_late_ns))
            return verb_usage(
                fault, "--max-late takes a time above 0 with its unit (500us, 5ms, 1s), not '%s'", optarg);
        return 0;
    case OPTION_LINGER:
        if (!verb_span(optarg, 0, &run->linger_ns))
            return verb_usage(fault, "--linger takes a time above 0 with its unit (1ms, 2s), not '%s'",
                              optarg);
        return 0;
    default: /* OPTION_STALL */
        if (!verb_span(optarg, 1e9, &run->stall_ns) || run->stall_ns < 1000000)
            return verb_usage(fault, "--stall-timeout takes seconds (or 500ms, 2m), at least 1ms, not '%s'",
                              optarg);
        return 0;
    }
}

static int
read_judging(int option, struct replay_line *line, struct fault *fault)
{
    static const char *const orders[] = {"strict", "causal", NULL};
    static const char *const matches[] = {"normal", "strict", "loose", NULL};
    struct run_options *run = &line->run;
    int word;
    switch (option) {
    case OPTION_ORDER:
        if ((word = read_word("--order", optarg, orders, fault)) < 0)
            return -1;
        run->order = word == 0 ? RUN_ORDER_STRICT : RUN_ORDER_CAUSAL;
        return 0;
    case OPTION_CHAOS:
        run->chaos = true;
        return verb_number("--chaos", "a number", optarg, 0, UINT64_MAX, &run->chaos_seed, fault);
    case OPTION_CHAOS_RUNS:
        return read_count("--chaos-runs", optarg, &line->chaos_runs, fault);
    case OPTION_CHAOS_OUT:
        line->chaos_out = optarg;
        return 0;
    case OPTION_MATCH:
        if ((word = read_word("--match", optarg, matches, fault)) < 0)
            return -1;
        run->match = (enum match_mode)word;
        return 0;
    case OPTION_RULES:
        run->rules = line->rules;
        return add_word("--rules", line->rules, REPLAY_RULES_MOST, fault);
    default: /* OPTION_UNMATCHED */
        return read_unmatched(optarg, run, fault);
    }
}

static int
read_control(int option, struct replay_line *line, struct fault *fault)
{
    static const char *const ends[] = {"wait", "term", "kill", NULL};
    struct run_options *run = &line->run;
    int word;
    switch (option) {
    case OPTION_UNTIL:
        return verb_number("--until", "the number of an event", optarg, 1, INT64_MAX, &run->until, fault);
    case OPTION_FROM:
        return verb_number("--from", "the number of an event", optarg, 1, INT64_MAX, &run->from, fault);
    case OPTION_GDB:
        return verb_number("--gdb", "the number of an event", optarg, 1, INT64_MAX, &run->control.gdb, fault);
    case OPTION_GDB_ARG:
        run->control.gdb_args = line->gdb_args;
        return add_word("--gdb-arg", line->gdb_args, REPLAY_GDB_MOST, fault);
    case OPTION_HOLD:
        run->hold = true;
        return 0;
    case OPTION_STEP:
        run->control.step = true;
        return 0;
    case OPTION_KEYS:
        run->control.keys = true;
        return 0;
    case OPTION_STATUS:
        line->status = true;
        return 0;
    case OPTION_MARK:
        run->mark = true;
        return 0;
    case OPTION_LOOP:
        return read_count("--loop", optarg, &line->loop, fault);
    default: /* OPTION_END */
        if ((word = read_word("--at-end", optarg, ends, fault)) < 0)
            return -1;
        run->at_end = (enum run_at_end)word;
        return 0;
    }
}

static int
read_result(int option, struct replay_line *line, struct fault *fault)
{
    struct run_options *run = &line->run;
    switch (option) {
    case 'j':
        return read_count("--jobs", optarg, &line->jobs, fault);
    case OPTION_PAYLOADS:
        run->payloads = optarg;
        return 0;
    case OPTION_RECORD:
        run->record = optarg;
        return 0;
    case OPTION_FORCE:
        run->replace = true;
        return 0;
    case OPTION_VIA:
        return way_via(optarg, &run->via, fault);
    case OPTION_SDK:
        return way_sdk(optarg, &run->sdk, fault);
    case OPTION_JSON:
        line->json = optarg;
        return 0;
    case OPTION_JUNIT:
        line->junit = optarg;
        return 0;
    case OPTION_ANNOTATE:
        return read_annotate(optarg, line, fault);
    default: /* 'q' */
        line->quiet = true;
        return 0;
    }
}

static int
read_option(int option, struct replay_line *line, struct fault *fault)
{
    switch (option) {
    case 's':
    case OPTION_TIME:
    case OPTION_MAX_GAP:
    case OPTION_LATE:
    case OPTION_LINGER:
    case OPTION_STALL:
        return read_time_option(option, &line->run, fault);
    case OPTION_ORDER:
    case OPTION_CHAOS:
    case OPTION_CHAOS_RUNS:
    case OPTION_CHAOS_OUT:
    case OPTION_MATCH:
    case OPTION_RULES:
    case OPTION_UNMATCHED:
        return read_judging(option, line, fault);
    case OPTION_UNTIL:
    case OPTION_FROM:
    case OPTION_GDB:
    case OPTION_GDB_ARG:
    case OPTION_HOLD:
    case OPTION_STEP:
    case OPTION_KEYS:
    case OPTION_STATUS:
    case OPTION_MARK:
    case OPTION_LOOP:
    case OPTION_END:
        return read_control(option, line, fault);
    default:
        return read_result(option, line, fault);
    }
}

/* What does not go together. */
static int
check(struct replay_line *line, struct fault *fault)
{
    struct run_options *run = &line->run;
    bool chaos = run->chaos || line->chaos_runs > 0;
    if (run->max_late_ns != 0 && run->speed <= 0)
        return verb_usage(fault, "--max-late means nothing at --speed max, where nothing waits for its time");
    if (run->hold && run->until == 0)
        return verb_usage(fault, "--hold is for --until EVENT");
    if (run->replace && run->record == NULL && line->chaos_runs == 0)
        return verb_usage(fault, "--force is for --record OUT.tape and --chaos-runs N");
    if (run->time == RUN_TIME_VIRTUAL && run->speed != 1)
        return verb_usage(fault, "--time virtual has no --speed: its time goes as fast as the app lets it");
    if (run->time == RUN_TIME_VIRTUAL && (run->max_gap_ns != 0 || run->from != 0))
        return verb_usage(
            fault, "--time virtual plays all of the tape's time, which the app's timers count: no --max-gap "
                   "or --from");
    if (run->time == RUN_TIME_VIRTUAL &&
        (run->control.keys || run->control.step || run->control.gdb != 0 || run->hold))
        return verb_usage(fault, "--time virtual goes on by itself: no --step, --keys, --hold or --gdb");
    if (run->time == RUN_TIME_VIRTUAL && chaos)
        return verb_usage(fault, "--time virtual holds the app to the recorded order: no --chaos with it");
    if (chaos && run->order == RUN_ORDER_STRICT)
        return verb_usage(fault, "--chaos is another order than --order strict");
    if (line->chaos_out != NULL && line->chaos_runs == 0)
        return verb_usage(fault, "--chaos-out is for --chaos-runs N");
    if (line->chaos_runs > 0 && line->loop > 1)
        return verb_usage(fault, "--chaos-runs and --loop: one of the two");
    if (run->control.gdb != 0 && (run->control.step || run->control.keys))
        return verb_usage(fault, "--gdb has the terminal to itself: no --step and no --keys beside it");
    if (run->control.gdb_args != NULL && run->control.gdb == 0)
        return verb_usage(fault, "--gdb-arg is for --gdb EVENT");
    if ((run->control.gdb != 0 || run->control.step || run->hold) && (line->loop > 1 || line->chaos_runs > 0))
        return verb_usage(fault, "--gdb, --step and --hold are for one replay");
    if (line->chaos_runs > 0 && !run->chaos)
        run->chaos_seed = 1;
    run->chaos = chaos;
    if (run->time == RUN_TIME_COMPRESS && run->max_gap_ns == 0)
        run->max_gap_ns = RUN_COMPRESS_NS;
    return 0;
}

int
replay_options_read(int argc, char **argv, struct replay_line *line, struct fault *fault)
{
    int option;
    while ((option = verb_option(argc, argv, table, fault)) != -1) {
        if (option == VERB_BAD || read_option(option, line, fault) != 0)
            return -1;
    }
    if (optind >= argc)
        return verb_usage(fault, "which tape is to be replayed?");
    line->run.tape = argv[optind++];
    if (optind < argc && strcmp(argv[optind], "--") == 0)
        optind++;
    return check(line, fault);
}
