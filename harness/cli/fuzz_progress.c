// SPDX-License-Identifier: MIT
/* What `timtape fuzz` says while it runs, and what it has to show in the end. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/fuzz_options.h"
#include "cli/verb.h"

static struct {
    uint64_t began_ns, next_ns, runs;
    uint64_t then_ns; /* when `runs` was so many */
    bool moves, quiet, told;
} shown;

static uint64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t
pause_ns(void)
{
    return shown.moves ? UINT64_C(1000000000) : UINT64_C(10000000000);
}

void
fuzz_progress_begin(const struct fuzz_line *line)
{
    shown.began_ns = shown.then_ns = now_ns();
    shown.moves = out_moves(stderr);
    shown.quiet = line->quiet;
    shown.next_ns = shown.began_ns + pause_ns();
}

/* What was reached in the app, and of what the SDK's description has. */
static void
reached_of(const struct loop_state *state, char *text, size_t room)
{
    char coverage[96], schema[64] = "";

    if (state->covered)
        snprintf(coverage, sizeof coverage, "%" PRIu32 " edges", state->edges);
    else
        snprintf(coverage, sizeof coverage, "no coverage: the app is not built with afl-clang-fast");
    if (state->schema_all > 0)
        snprintf(schema, sizeof schema, ", schema %.1f %%",
                 100.0 * (double)state->schema / (double)state->schema_all);
    snprintf(text, room, "%s%s", coverage, schema);
}

static void
line_of(const struct loop_state *state, uint64_t now, char *text, size_t room)
{
    double seconds = (double)(now - shown.then_ns) / 1e9;
    char news[32], reached[160];

    reached_of(state, reached, sizeof reached);
    out_span(news, state->news_ns == 0 || state->news_ns > now ? 0 : (int64_t)(now - state->news_ns));
    snprintf(text, room, "%" PRIu64 " runs (%.0f/s), %" PRIu32 " finding%s, last news %s ago, %s",
             state->runs, seconds > 0 ? (double)(state->runs - shown.runs) / seconds : 0.0, state->findings,
             state->findings == 1 ? "" : "s", news, reached);
}

void
fuzz_progress(void *context, const struct loop_state *state)
{
    uint64_t now = now_ns();
    char text[300];

    (void)context;
    if (!shown.told && state->no_fork[0] != '\0' && !shown.quiet) {
        say("the app is started for each run, which is slow: %s", state->no_fork);
        shown.told = true;
    }
    if (shown.quiet || now < shown.next_ns)
        return;
    line_of(state, now, text, sizeof text);
    if (shown.moves)
        out_line(text);
    else
        say("%s", text);
    shown.next_ns = now + pause_ns();
    shown.runs = state->runs;
    shown.then_ns = now;
}

void
fuzz_progress_end(void)
{
    if (shown.moves && !shown.quiet)
        out_line(NULL);
}

static void
report_row(const struct finding_row *row)
{
    printf("%s: %s", row->name, row->what);
    if (row->function[0] != '\0')
        printf(" in %s", row->function);
    if (row->line > 0)
        printf(" (%s:%u)", row->file, row->line);
    printf("\n  ");
    out_lines(stdout, row->sentence);
    printf("\n  ");
    out_lines(stdout, row->again);
    if (row->no_replay[0] != '\0') {
        printf("\n  does not replay: ");
        out_lines(stdout, row->no_replay);
    }
    printf("\n");
}

int
fuzz_report(const struct fuzz_line *line, const struct loop_state *state, struct fault *fault)
{
    struct finding_row *rows = NULL;
    size_t count = 0;
    double seconds = (double)(now_ns() - shown.began_ns) / 1e9;
    char reached[160];

    if (finding_load(line->loop.out, &rows, &count, fault) != 0)
        return -1;
    reached_of(state, reached, sizeof reached);
    say("reached: %s", reached);
    say("%" PRIu64 " runs in %.1f s (%.0f/s): %" PRIu32 " new finding%s%s", state->runs, seconds,
        seconds > 0 ? (double)state->runs / seconds : 0.0, state->findings, state->findings == 1 ? "" : "s",
        count > state->findings ? ", with those of earlier runs:"
        : count > 0             ? ":"
                                : "");
    if (state->flaky > 0)
        say("%" PRIu64 " time%s the app broke and did not do so again: not kept", state->flaky,
            state->flaky == 1 ? "" : "s");
    if (line->json && finding_json(stdout, rows, count) != 0) {
        free(rows);
        return fault_set(fault, FAULT_INTERNAL, "cannot write to standard output");
    }
    for (size_t i = 0; !line->json && i < count; i++)
        report_row(&rows[i]);
    free(rows);
    return 0;
}
