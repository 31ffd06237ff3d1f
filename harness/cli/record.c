// SPDX-License-Identifier: MIT
/* timtape record: runs an app and puts everything that crosses the SDK's API on a tape. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/verb.h"
#include "cli/way.h"
#include "recorder/recorder.h"

enum {
    OPTION_FORCE = 256,
    OPTION_ON_FULL,
    OPTION_RING_SIZE,
    OPTION_RING_DIR,
    OPTION_VIA,
    OPTION_SDK,
    OPTION_CLOCK
};

static const struct option options[] = {
    {"output", required_argument, NULL, 'o'},
    {"force", no_argument, NULL, OPTION_FORCE},
    {"on-full", required_argument, NULL, OPTION_ON_FULL},
    {"ring-size", required_argument, NULL, OPTION_RING_SIZE},
    {"ring-dir", required_argument, NULL, OPTION_RING_DIR},
    {"via", required_argument, NULL, OPTION_VIA},
    {"sdk", required_argument, NULL, OPTION_SDK},
    {"clock", required_argument, NULL, OPTION_CLOCK},
    {"quiet", no_argument, NULL, 'q'},
    {0},
};

/* "64M" or "65536" in bytes, a power of two; 0: neither. */
static uint64_t
parse_size(const char *text)
{
    char *end;
    errno = 0;
    uint64_t size = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *text == '-')
        return 0;
    unsigned shift = 0;
    if (*end == 'k' || *end == 'K')
        shift = 10;
    else if (*end == 'm' || *end == 'M')
        shift = 20;
    else if (*end == 'g' || *end == 'G')
        shift = 30;
    if (shift != 0)
        end++;
    if (shift != 0 && *end == 'i')
        end++;
    if (shift != 0 && *end == 'B')
        end++;
    if (*end != '\0' || size > UINT64_MAX >> shift)
        return 0;
    size <<= shift;
    return size >= 65536 && (size & (size - 1)) == 0 ? size : 0;
}

/* A value out of two words; -1: neither. */
static int
one_of(const char *text, const char *first, const char *second)
{
    return strcmp(text, first) == 0 ? 0 : strcmp(text, second) == 0 ? 1 : -1;
}

static int
take_option(int option, struct recorder_options *wanted, struct fault *fault)
{
    int which = 0;
    switch (option) {
    case 'o':
        if (*optarg == '\0' || strcmp(optarg, "-") == 0)
            return verb_usage(fault, "--output '%s': a tape is a file and needs a name", optarg);
        wanted->output = optarg;
        break;
    case 'q':
        say_quiet(true);
        break;
    case OPTION_FORCE:
        wanted->replace = true;
        break;
    case OPTION_ON_FULL:
        which = one_of(optarg, "wait", "drop");
        wanted->ring.on_full = which == 0 ? RING_WAIT : RING_DROP;
        break;
    case OPTION_RING_SIZE:
        wanted->ring.slot_bytes = parse_size(optarg);
        if (wanted->ring.slot_bytes == 0)
            return verb_usage(fault, "--ring-size %s: not a power of two of at least 64K", optarg);
        break;
    case OPTION_RING_DIR:
        wanted->ring.directory = optarg;
        break;
    case OPTION_VIA:
        return way_via(optarg, &wanted->via, fault);
    case OPTION_SDK:
        return way_sdk(optarg, &wanted->sdk, fault);
    case OPTION_CLOCK:
        which = one_of(optarg, "monotonic", "tsc");
        wanted->ring.clock = which == 0 ? RING_CLOCK_MONOTONIC : RING_CLOCK_TSC;
        break;
    default:
        return -1;
    }
    if (which < 0)
        return verb_usage(fault, "'%s' is no value for this option", optarg);
    return 0;
}

/* A name that is free: app.tape, app-2.tape ... malloc'd. The tape itself is created exclusively,
 * so a race ends in a clear refusal. */
static char *
free_name(const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *base = slash != NULL ? slash + 1 : program;
    char *name;
    for (unsigned i = 1; i < 10000; i++) {
        int made = i == 1 ? asprintf(&name, "%s.tape", base) : asprintf(&name, "%s-%u.tape", base, i);
        if (made < 0)
            return NULL;
        if (access(name, F_OK) != 0)
            return name;
        free(name);
    }
    return NULL;
}

static void
words(const char *text)
{
    say("%s", text);
}

static void
tell(const struct recorder_report *report, const char *path, const char *app)
{
    char size[32], span[32], waited[32], lost[160] = "nothing lost";
    if (report->dropped + report->missing > 0)
        snprintf(lost, sizeof lost, "%" PRIu64 " edges dropped, %" PRIu64 " numbers missing", report->dropped,
                 report->missing);
    if (report->tape_unfinished) {
        say("%s\n%s is not finished; make room, then run: timtape recover %s", report->trouble, path, path);
        return;
    }
    if (report->tape_bytes == 0)
        say("%s is no longer there: it was moved or removed while it was being recorded", path);
    if (report->edges == 0 && report->dropped > 0)
        say("there was no room for the rings, so the tape has no events; make room, or name a folder that "
            "has "
            "some with --ring-dir");
    else if (!report->sdk_seen && report->edges == 0 && !report->unseen)
        say("%s never loaded the SDK through us, so the tape has no events; `timtape doctor -- %s` says why",
            app, app);
    say("%" PRIu64 " calls, %" PRIu64 " callbacks, %u thread%s, %s, %s, %s in %s", report->calls,
        report->callbacks, report->threads, report->threads == 1 ? "" : "s", lost,
        out_span(span, report->duration_ns), out_size(size, report->tape_bytes), path);
    if (report->waits > 0)
        say("the ring was full %" PRIu64
            " times, and the app waited %s in all; --ring-size 64M gives it more room",
            report->waits, out_span(waited, (int64_t)report->waited_ns));
    if (report->in_flight > 0)
        say("%" PRIu64 " event%s in flight at the end", report->in_flight,
            report->in_flight == 1 ? " was" : "s were");
    if (report->tape_failed)
        say("the tape is not whole: %s", report->trouble);
    else if (report->edges > 0)
        say("next: timtape show %s, or: timtape replay %s -- %s", path, path, app);
}

/* Ends as the app did: our caller sees the same exit status, or death by the same signal. */
static int
end_like(int status)
{
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    int number = WTERMSIG(status);
    struct rlimit none = {0, 0};
    sigset_t set;
    fflush(NULL);
    /* The core that matters is the app's, not ours. */
    setrlimit(RLIMIT_CORE, &none);
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    return 128 + number;
}

static int
record(struct recorder_options *wanted, char **app, struct fault *fault)
{
    struct recorder_report report;
    struct recorder *recorder = recorder_open(wanted, fault);
    if (recorder == NULL)
        return -1;
    if (recorder_spawn(recorder, app, fault) != 0) {
        recorder_free(recorder);
        return -1;
    }
    int failed = recorder_run(recorder, fault);
    if (failed == 0)
        failed = recorder_finish(recorder, &report, fault);
    recorder_free(recorder);
    if (failed != 0)
        return -1;
    tell(&report, wanted->output, app[0]);
    return report.ended ? end_like(report.status) : FAULT_INTERNAL;
}

static int
record_run(int argc, char **argv, struct fault *fault)
{
    struct recorder_options wanted = {.words = words};
    int option;
    while ((option = verb_option(argc, argv, options, fault)) != -1) {
        if (option == VERB_BAD || take_option(option, &wanted, fault) != 0)
            return -1;
    }
    if (optind >= argc)
        return verb_usage(fault, "which app?");
    char *name = wanted.output == NULL ? free_name(argv[optind]) : strdup(wanted.output);
    if (name == NULL)
        return fault_set(fault, FAULT_INTERNAL, "no name for the tape; give one with -o");
    wanted.output = name;
    int status = record(&wanted, argv + optind, fault);
    free(name);
    return status;
}

const struct verb verb_record = {
    .name = "record",
    .usage = "[-o FILE] [options] [--] app [arguments]",
    .summary = "run an app and record what crosses the SDK's API",
    .help =
        "Runs the app, unmodified, with its SDK, and writes every call and callback with all its\n"
        "arguments on a tape. The app is not slowed down by it and is never stopped: when the tape\n"
        "cannot be written any more it goes on unrecorded. All it had done is on the tape even if it\n"
        "crashes or is killed. Secrets (user_sig, passwords) are masked before they leave the app.\n"
        "\n"
        "  -o, --output FILE      the tape; without it app.tape, or app-2.tape ... if that exists\n"
        "      --force            replace FILE if it exists\n"
        "  -q, --quiet            no words at the end\n"
        "      --on-full WHAT     when a thread is faster than the disk for long: wait (default) or drop\n"
        "      --ring-size SIZE   room per thread for bursts: a power of two, 16M by default (less from the\n"
        "                         17th thread on)\n"
        "      --ring-dir DIR     where the rings live; by default a file system in memory\n"
        "      --via WAY          audit, preload or best (default): how to get in front of the SDK (see\n"
        "                         `timtape help doctor`)\n"
        "      --sdk NAME         file name of the SDK when it is not libImSDK.so\n"
        "      --clock WHICH      tsc (default where the kernel trusts it) or monotonic\n"
        "\n"
        "Exit status: the app's own; if a signal killed it, timtape dies of the same signal. 127 no such\n"
        "program, 126 it cannot be run or recorded, 64 a mistake in the command line.\n",
    .run = record_run,
};
