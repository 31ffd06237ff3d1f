// SPDX-License-Identifier: MIT
/*
 * Which bug is it? The first frame of the app itself, function, file and line, and of what class. Not the
 * kind of access: one wild index reads over the end of an array, or far away, as the payload has it. Not the
 * frames above and below: one bug is reached on many ways.
 */
#include <string.h>

#include "fuzz/finding/inside.h"

#define RECURSION 6 /* a function that is so often among the innermost frames recurs */

static const char *
class_of(const struct finding_outcome *outcome)
{
    switch (outcome->kind) {
    case FINDING_LEAK:
        return "leak";
    case FINDING_HANG:
        return "hang";
    case FINDING_MEMORY:
        return "memory";
    case FINDING_ORACLE:
        return "oracle";
    case FINDING_EXIT:
        return "exit";
    case FINDING_DIVERGED:
        return "diverged";
    case FINDING_NONE:
        return "";
    default:
        return strncmp(outcome->what, "data race", 9) == 0 ? "race" : "crash";
    }
}

/* Where an input is taken in: what is below has no part in any bug, also when it is called main. */
static bool
is_engine(const struct finding_frame *frame)
{
    static const char *const names[] = {"session_input", "LLVMFuzzerTestOneInput", "timtape_fuzz_main"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(frame->function, names[i]) == 0)
            return true;
    }
    return false;
}

static unsigned
first_own(struct finding_outcome *outcome)
{
    outcome->through[0] = '\0';
    for (unsigned i = 0; i < outcome->nframes; i++) {
        enum own own = own_frame(&outcome->frames[i]);
        /* What delivers a callback is below the app; an oracle speaks from above it. */
        if (own == OWN_DELIVERY && (outcome->kind != FINDING_ORACLE || is_engine(&outcome->frames[i])))
            break;
        if (own == OWN_JSON && outcome->through[0] == '\0')
            snprintf(outcome->through, sizeof outcome->through, "%s", own_library(&outcome->frames[i]));
        if (own == OWN_APP)
            return i;
    }
    return outcome->nframes;
}

static unsigned
times(const struct finding_outcome *outcome, const char *function)
{
    unsigned count = 0;
    for (unsigned i = 0; i < outcome->nframes; i++)
        count += strcmp(outcome->frames[i].function, function) == 0;
    return count;
}

/* The stack was used up: whichever frame of the circle it was, the circle is the bug. The first of its
 * functions by name stands for it. */
static bool
recursion(struct finding_outcome *outcome)
{
    bool said = strstr(outcome->what, "stack-overflow") != NULL;
    unsigned best = outcome->nframes;
    if (!said && strncmp(outcome->what, "SIGSEGV", 7) != 0)
        return false;
    for (unsigned i = 0; i < outcome->nframes; i++) {
        const struct finding_frame *frame = &outcome->frames[i];
        if (frame->function[0] == '\0' || own_frame(frame) != OWN_APP ||
            times(outcome, frame->function) < RECURSION)
            continue;
        if (best == outcome->nframes || strcmp(frame->function, outcome->frames[best].function) < 0)
            best = i;
    }
    if (best == outcome->nframes)
        return false;
    if (!said)
        snprintf(outcome->what, sizeof outcome->what, "stack-overflow (SIGSEGV)");
    outcome->own = best;
    snprintf(outcome->signature, sizeof outcome->signature, "recursion@%s:%s", outcome->frames[best].function,
             finding_base(outcome->frames[best].file));
    return true;
}

void
finding_sign(struct finding_outcome *outcome)
{
    const char *class = class_of(outcome);
    char name[80];

    outcome->signature[0] = '\0';
    outcome->own = first_own(outcome);
    if (outcome->kind == FINDING_NONE || recursion(outcome))
        return;
    snprintf(name, sizeof name, "%s%s%s", class, outcome->kind == FINDING_ORACLE ? "-" : "",
             outcome->kind == FINDING_ORACLE ? outcome->what : "");
    bool nameless = outcome->own == outcome->nframes || (outcome->frames[outcome->own].function[0] == '\0' &&
                                                         outcome->frames[outcome->own].file[0] == '\0');
    if (outcome->kind == FINDING_ORACLE && nameless && outcome->callback[0] != '\0') {
        outcome->own = outcome->nframes;
        /* What delivered again, or looked at the clock, is the same for every callback. */
        snprintf(outcome->signature, sizeof outcome->signature, "%s@%s", name, outcome->callback);
        return;
    }
    if (outcome->nframes == 0) {
        snprintf(outcome->signature, sizeof outcome->signature, "%s@%s", name, outcome->what);
        return;
    }
    const struct finding_frame *frame = &outcome->frames[outcome->own < outcome->nframes ? outcome->own : 0];
    if (frame->function[0] == '\0' && frame->file[0] == '\0')
        snprintf(outcome->signature, sizeof outcome->signature, "%s@%s+0x%llx", name, frame->module,
                 (unsigned long long)frame->offset);
    else if (outcome->kind == FINDING_HANG || frame->line == 0) /* it is caught anywhere in its loop */
        snprintf(outcome->signature, sizeof outcome->signature, "%s@%s:%s", name, frame->function,
                 frame->file[0] != '\0' ? finding_base(frame->file) : frame->module);
    else
        snprintf(outcome->signature, sizeof outcome->signature, "%s@%s:%s:%u", name, frame->function,
                 finding_base(frame->file), frame->line);
}

const char *
finding_severity(const struct finding_outcome *outcome)
{
    const char *what = outcome->what;
    switch (outcome->kind) {
    case FINDING_NONE:
        return "none";
    case FINDING_LEAK:
        return "leak";
    case FINDING_HANG:
        return "hang";
    case FINDING_MEMORY:
        return "memory";
    case FINDING_ORACLE:
        return "oracle";
    case FINDING_EXIT:
        return "exit";
    case FINDING_DIVERGED:
        return "diverged";
    default:
        break;
    }
    if (strstr(what, "stack-overflow") != NULL)
        return "recursion";
    if (strstr(what, " null") != NULL || strstr(what, "null pointer") != NULL)
        return "null deref";
    if (strstr(what, "WRITE") != NULL || strstr(what, "double-free") != NULL ||
        strstr(what, "bad-free") != NULL)
        return "write";
    if (strstr(what, "READ") != NULL)
        return "read";
    if (strncmp(what, "data race", 9) == 0)
        return "race";
    if (strncmp(what, "undefined", 9) == 0)
        return "undefined";
    if (strstr(what, "ABRT") != NULL || strncmp(what, "assertion", 9) == 0 ||
        strncmp(what, "exception", 9) == 0)
        return "abort";
    return "crash";
}
