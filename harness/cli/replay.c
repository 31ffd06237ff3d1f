// SPDX-License-Identifier: MIT
/* timtape replay: an app against a tape instead of the SDK, with a verdict. */
#include "replay/run.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/verb.h"
#include "cli/way.h"

enum {
    OPTION_STALL = 1000,
    OPTION_RECORD,
    OPTION_FORCE,
    OPTION_VIA,
    OPTION_SDK,
    OPTION_LATE,
    OPTION_JSON,
    OPTION_END,
    OPTION_PAYLOADS,
    OPTION_UNTIL,
    OPTION_HOLD,
};

static const struct option table[] = {
    {"speed", required_argument, NULL, 's'},
    {"stall-timeout", required_argument, NULL, OPTION_STALL},
    {"max-late", required_argument, NULL, OPTION_LATE},
    {"at-end", required_argument, NULL, OPTION_END},
    {"until", required_argument, NULL, OPTION_UNTIL},
    {"hold", no_argument, NULL, OPTION_HOLD},
    {"payloads", required_argument, NULL, OPTION_PAYLOADS},
    {"record", required_argument, NULL, OPTION_RECORD},
    {"force", no_argument, NULL, OPTION_FORCE},
    {"via", required_argument, NULL, OPTION_VIA},
    {"sdk", required_argument, NULL, OPTION_SDK},
    {"json", required_argument, NULL, OPTION_JSON},
    {"quiet", no_argument, NULL, 'q'},
    {0},
};

struct replay_line {
    struct run_options run;
    const char *json;
    bool quiet;
};

/* A positive number with an optional unit out of `units` ("ns us ms s"); false: it is none. */
static bool
read_span(const char *text, double plain, uint64_t *ns)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"min", 60e9}};
    char *end;
    errno = 0;
    double value = strtod(text, &end), unit = *end == '\0' ? plain : 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].name) == 0)
            unit = units[i].ns;
    }
    value *= unit;
    if (end == text || errno != 0 || !isfinite(value) || value < 1 || value > 9e18)
        return false;
    *ns = (uint64_t)value;
    return true;
}

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
read_event(const char *text, uint64_t *seq, struct fault *fault)
{
    char *end;
    errno = 0;
    *seq = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || *seq == 0)
        return verb_usage(fault, "--until takes the number of an event, not '%s'", text);
    return 0;
}

static int
read_option(int option, struct replay_line *line, struct fault *fault)
{
    struct run_options *run = &line->run;
    switch (option) {
    case 's':
        return read_speed(optarg, &run->speed, fault);
    case OPTION_STALL:
        if (!read_span(optarg, 1e9, &run->stall_ns) || run->stall_ns < 1000000)
            return verb_usage(fault, "--stall-timeout takes seconds (or 500ms, 2m), not '%s'", optarg);
        return 0;
    case OPTION_LATE:
        if (!read_span(optarg, 0, &run->max_late_ns))
            return verb_usage(fault, "--max-late takes a time with its unit (500us, 5ms, 1s), not '%s'",
                              optarg);
        return 0;
    case OPTION_END:
        run->end_app = strcmp(optarg, "end") == 0;
        if (!run->end_app && strcmp(optarg, "wait") != 0)
            return verb_usage(fault, "--at-end takes 'wait' or 'end', not '%s'", optarg);
        return 0;
    case OPTION_UNTIL:
        return read_event(optarg, &run->until, fault);
    case OPTION_HOLD:
        run->hold = true;
        return 0;
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
    case 'q':
        line->quiet = true;
        return 0;
    default:
        return fault_set(fault, FAULT_INTERNAL, "option %d has no meaning", option);
    }
}

static int
read_line(int argc, char **argv, struct replay_line *line, struct fault *fault)
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
    if (line->run.max_late_ns != 0 && line->run.speed <= 0)
        return verb_usage(fault, "--max-late means nothing at --speed max, where nothing waits for its time");
    if (line->run.hold && line->run.until == 0)
        return verb_usage(fault, "--hold is for --until EVENT");
    if (line->run.replace && line->run.record == NULL)
        return verb_usage(fault, "--force is for --record OUT.tape");
    return 0;
}

/* The app has to be named; what was recorded is what one mostly wants. */
static int
no_app(const struct replay_line *line, struct fault *fault)
{
    char *command = run_recorded_command(line->run.tape);
    if (command == NULL)
        return verb_usage(fault, "which app is to be replayed? Put it behind the tape");
    verb_usage(fault, "which app is to be replayed? Recorded was:\n    timtape replay %s -- %s",
               line->run.tape, command);
    free(command);
    return -1;
}

/* Opened before the app starts, so that a path that cannot be written costs no run. */
static FILE *
open_json(const char *path, struct fault *fault)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    FILE *stream = file < 0 ? NULL : fdopen(file, "w");
    if (stream == NULL) {
        fault_errno(fault, FAULT_USAGE, "--json: cannot write %s", path);
        if (file >= 0)
            close(file);
    }
    return stream;
}

static int
close_json(FILE *stream, const char *path, struct fault *fault)
{
    bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed)
        return fault_errno(fault, FAULT_INTERNAL, "--json: cannot write %s", path);
    return 0;
}

static void
words(const char *text)
{
    say("%s", text);
}

/* It quotes the tape and the app. */
static void
print_verdict(const struct verdict *verdict)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL) {
        say("out of memory");
        return;
    }
    verdict_print(verdict, stream);
    if (fclose(stream) == 0)
        out_lines(stderr, text);
    free(text);
}

static int
run(int argc, char **argv, struct fault *fault)
{
    struct replay_line line = {.run = {.speed = 1, .words = words}};
    struct verdict verdict = {0};
    FILE *json = NULL;
    if (read_line(argc, argv, &line, fault) != 0)
        return -1;
    if (optind >= argc)
        return no_app(&line, fault);
    say_quiet(line.quiet);
    if (line.json != NULL && (json = open_json(line.json, fault)) == NULL)
        return -1;
    int result = run_replay(&line.run, argv + optind, &verdict, fault);
    if (json != NULL) {
        if (result == 0)
            verdict_json(&verdict, json);
        if (close_json(json, line.json, result == 0 ? fault : NULL) != 0)
            result = -1;
    }
    if (result != 0)
        return -1;
    int status = verdict_status(&verdict);
    if (!line.quiet || status != 0)
        print_verdict(&verdict);
    return status;
}

const struct verb verb_replay = {
    .name = "replay",
    .usage = "[options] TAPE [--] app [args]",
    .summary = "run an app against a tape instead of the SDK, and say whether it behaves as recorded",
    .help =
        "The app gets the recorded callbacks, in the recorded order and at the recorded pace, and\n"
        "its calls are compared with the recorded ones. No SDK, network or account is needed. TAPE is\n"
        "a tape or a scenario (NDJSON). The app's own output goes where it always goes; the verdict goes\n"
        "to standard error.\n"
        "\n"
        "  -s, --speed N          N times as fast as recorded (default 1); 'max': wait for nothing\n"
        "      --stall-timeout S  seconds (default 10) the app may be late with what is due before the\n"
        "                         replay is called diverged; also 500ms, 2m\n"
        "      --max-late TIME    status 4 if a callback was delivered later than this (5ms, 1s)\n"
        "      --at-end WHAT      after the last event: 'wait' for the app to end as recorded (default),\n"
        "                         or 'end' it, for programs that never end\n"
        "      --until EVENT      stop just before the event of that number, and end the app there\n"
        "      --hold             ... or let it stand there (for a debugger) until you interrupt\n"
        "      --payloads DIR     where the payload files of a scenario are (default: beside it)\n"
        "      --record OUT.tape  record the replay; --force replaces an existing tape\n"
        "      --via WAY          how to get between app and SDK: audit, preload or best (default)\n"
        "      --sdk NAME         file name of the SDK when it is not libImSDK.so\n"
        "      --json FILE        the verdict as JSON, too (one object; /dev/fd/3 works)\n"
        "  -q, --quiet            no words unless something is wrong\n"
        "\n"
        "A tape that ends in a signal to the app, or breaks off, is replayed up to there; then the app is\n"
        "ended, and that counts as recorded.\n"
        "\n"
        "Exit status: 0 as recorded; 1 diverged; 3 all calls matched but callbacks were left undelivered;\n"
        "4 --max-late missed; 128+N the app died of signal N, which is not on the tape; 64 usage; 65 bad\n"
        "tape; 70 our fault; 126, 127 the app cannot be run, is not there.\n",
    .run = run,
};
