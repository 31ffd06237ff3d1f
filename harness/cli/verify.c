// SPDX-License-Identifier: MIT
/* timtape verify: is a tape complete and fit to be replayed in CI? */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "cli/verb.h"
#include "replay/score/score_make.h"
#include "traces/tape.h"

/* What is wrong with a tape, collected. */
struct reasons {
    char text[16][200];
    unsigned count;
};

static void because(struct reasons *reasons, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
because(struct reasons *reasons, const char *format, ...)
{
    va_list arguments;
    if (reasons->count == 16)
        return;
    va_start(arguments, format);
    vsnprintf(reasons->text[reasons->count++], 200, format, arguments);
    va_end(arguments);
}

/* A hostile tape must not count around to nothing. */
static uint64_t
sum(uint64_t a, uint64_t b)
{
    uint64_t both;
    return __builtin_add_overflow(a, b, &both) ? UINT64_MAX : both;
}

static int
check_losses(struct tape_reader *tape, struct reasons *reasons, struct fault *fault)
{
    struct tape_loss loss;
    struct tape_hole hole;
    uint64_t dropped = 0, missing = 0;
    int more;
    while ((more = tape_next_loss(tape, &loss, fault)) > 0)
        dropped = sum(dropped, loss.dropped);
    while (more == 0 && (more = tape_next_hole(tape, &hole, fault)) > 0) {
        missing = sum(missing, hole.last - hole.first + 1);
        more = 0;
    }
    if (dropped > 0)
        because(reasons, "%" PRIu64 " edges were dropped because a ring was full", dropped);
    if (missing > 0)
        because(reasons, "%" PRIu64 " sequence numbers never arrived (a thread was killed while writing)",
                missing);
    const char *unrecorded = tape_meta(tape, "lost_damaged");
    if (unrecorded != NULL && strcmp(unrecorded, "0") != 0)
        because(reasons, "%s records could not be understood", unrecorded);
    return more;
}

static int
check_events(struct tape_reader *tape, struct reasons *reasons, struct fault *fault)
{
    struct tape_event event;
    uint64_t unknown = 0, events = 0;
    const char *name = NULL;
    char first[80];
    int more;
    while ((more = tape_next(tape, &event, fault)) > 0) {
        events++;
        if (event.entry != NULL)
            continue;
        if (unknown++ == 0) {
            snprintf(first, sizeof first, "%s", event.name);
            name = first;
        }
    }
    if (more == 0 && events == 0)
        because(reasons, "it has no events: the app never loaded the SDK through timtape");
    if (unknown > 0)
        because(reasons,
                "%" PRIu64 " events are of functions that this timtape does not know (%s); use a newer one",
                unknown, name);
    return more;
}

/* What replay would refuse: references and order that cannot be. */
static int
check_score(struct tape_reader *tape, struct reasons *reasons, struct fault *fault)
{
    struct score_file score = {0};
    struct score_options options = {.speed = 0};
    struct fault why = {0};
    int result = score_create(&score, tape, &options, &why);
    score_destroy(&score);
    if (result == 0)
        return 0;
    if (why.kind != FAULT_DATA) {
        *fault = why;
        return -1;
    }
    because(reasons, "it cannot be replayed: %s", why.text);
    return 0;
}

static int
judge(struct tape_reader *tape, struct reasons *reasons, struct fault *fault)
{
    const char *complete = tape_meta(tape, "complete"), *ended = tape_meta(tape, "ended");
    if (complete == NULL)
        because(reasons,
                "it is not finished: the recorder still runs, or was killed (then: timtape recover)");
    else if (strcmp(complete, "1") != 0)
        because(reasons, "it is not whole: %s",
                tape_meta(tape, "trouble") != NULL ? tape_meta(tape, "trouble")
                                                   : "what the recorder had not written is lost");
    else if (ended == NULL || strcmp(ended, "unknown") == 0)
        because(reasons, "how the app ended is not known");
    if (check_losses(tape, reasons, fault) != 0 || check_events(tape, reasons, fault) != 0)
        return -1;
    return tape_check(tape, fault) == 0 ? check_score(tape, reasons, fault) : -1;
}

static void
print_json(const char *path, const struct reasons *reasons)
{
    printf("{\"tape\":");
    out_json_string(stdout, path, strlen(path));
    printf(",\"fit\":%s,\"reasons\":[", reasons->count == 0 ? "true" : "false");
    for (unsigned i = 0; i < reasons->count; i++) {
        if (i > 0)
            putchar(',');
        out_json_string(stdout, reasons->text[i], strlen(reasons->text[i]));
    }
    printf("]}\n");
}

static int
verify_run(int argc, char **argv, struct fault *fault)
{
    struct reasons reasons = {.count = 0};
    const char *path;
    bool json;
    if (verb_reads(argc, argv, &json, &path, fault) != 0)
        return -1;
    struct tape_reader *tape = tape_open(path, fault);
    if (tape == NULL)
        return -1;
    int result = judge(tape, &reasons, fault);
    tape_close(tape);
    if (result != 0)
        return -1;
    if (json) {
        print_json(path, &reasons);
    } else if (reasons.count == 0) {
        out_lines(stdout, path);
        printf(": complete and fit for CI\n");
    } else {
        out_lines(stdout, path);
        printf(": not fit for CI\n");
        for (unsigned i = 0; i < reasons.count; i++) {
            printf("  - ");
            out_lines(stdout, reasons.text[i]);
            putchar('\n');
        }
    }
    return reasons.count == 0 ? 0 : 1;
}

const struct verb verb_verify = {
    .name = "verify",
    .usage = "[--json] TAPE",
    .summary = "say whether a tape is complete and fit for CI",
    .help = "Reads the whole tape. Fit means: finished, nothing lost, the app's end known, every function "
            "known,\n"
            "every page and value sound, and nothing in it that replay would refuse.\n"
            "\n"
            "  --json   as JSON: {\"tape\", \"fit\", \"reasons\"}\n"
            "\n"
            "Exit status: 0 fit; 1 not fit, with the reasons; 65 not a tape, or damaged.\n",
    .anywhere = true,
    .run = verify_run,
};
