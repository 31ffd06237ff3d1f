// SPDX-License-Identifier: MIT
/* How a run ended: what it printed first, then its wait status. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "fuzz/finding/inside.h"

static const char *const names[] = {"none", "crash",  "sanitizer", "oracle",  "hang",
                                    "leak", "memory", "exit",      "diverged"};

const char *
finding_kind_name(enum finding_kind kind)
{
    return (unsigned)kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

void
finding_outcome_free(struct finding_outcome *outcome)
{
    free(outcome->report);
    outcome->report = NULL;
}

static bool
core_signal(int status)
{
    static const int signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    for (size_t i = 0; WIFSIGNALED(status) && i < sizeof signals / sizeof signals[0]; i++) {
        if (WTERMSIG(status) == signals[i])
            return true;
    }
    return false;
}

/* A race has two stacks, and either may be told first. */
static void
race_order(struct finding_outcome *outcome, const char *text, const char *end)
{
    struct finding_outcome *other = calloc(1, sizeof *other);
    if (other == NULL)
        return;
    snprintf(other->what, sizeof other->what, "%s", outcome->what);
    other->kind = outcome->kind;
    other->nframes = report_frames(text, end, other->frames, FINDING_FRAMES, NULL);
    finding_sign(outcome);
    finding_sign(other);
    if (other->nframes > 0 && strcmp(other->signature, outcome->signature) < 0) {
        memcpy(outcome->frames, other->frames, sizeof other->frames);
        outcome->nframes = other->nframes;
    }
    free(other);
}

static void
read_stack(struct finding_outcome *outcome, const struct report *report, const char *end)
{
    const char *after = end;
    struct finding_frame *frames = calloc(FINDING_FRAMES, sizeof *frames);
    unsigned count = frames != NULL && report->stack != NULL
                         ? report_frames(report->stack, end, frames, FINDING_FRAMES, &after)
                         : 0;
    if (count > 0) {
        memcpy(outcome->frames, frames, sizeof outcome->frames);
        outcome->nframes = count;
    } else if (report->file[0] != '\0' && outcome->nframes == 0) {
        snprintf(outcome->frames[0].file, sizeof outcome->frames[0].file, "%s", report->file);
        outcome->frames[0].line = report->line;
        outcome->nframes = 1;
    }
    free(frames);
    if (count > 0 && report->other != NULL)
        race_order(outcome, after, end);
}

/* Undefined behaviour in a macro or an inlined function: the sanitizer knows the line, the stack may not. */
int
finding_tell(struct finding_outcome *outcome, int status, bool hung, const char *text, size_t bytes)
{
    const char *end = text + bytes;
    struct report report;

    outcome->status = status;
    free(outcome->report);
    outcome->report = malloc(bytes + 1);
    if (outcome->report == NULL)
        return -1;
    memcpy(outcome->report, text, bytes);
    outcome->report[bytes] = '\0';
    report_read(text, end, &report);
    outcome->kind = report.kind;
    if (report.kind != FINDING_NONE)
        snprintf(outcome->what, sizeof outcome->what, "%s", report.what);
    memcpy(outcome->callback, report.callback, sizeof outcome->callback);
    bool ended = report.kind == FINDING_NONE ||
                 (report.kind == FINDING_SANITIZER && WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
                  strncmp(report.what, "undefined", 9) == 0);
    if (hung) {
        outcome->kind = FINDING_HANG;
        snprintf(outcome->what, sizeof outcome->what, "timeout");
    } else if (ended && core_signal(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        outcome->kind = FINDING_CRASH;
        if (report.what[0] != '\0' && report.kind == FINDING_NONE)
            snprintf(outcome->what, sizeof outcome->what, "%s", report.what);
        else
            snprintf(outcome->what, sizeof outcome->what, "SIG%s", name != NULL ? name : "?");
    }
    if (!hung)
        read_stack(outcome, &report, end);
    finding_sign(outcome);
    return 0;
}
