// SPDX-License-Identifier: MIT
#include "cli/finding_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "loader/plan.h"

static int
number(const char *name, const char *text, double most, double *value, struct fault *fault)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(*value > 0) || *value > most)
        return verb_usage(fault, "--%s %s: a number above 0 and up to %.0f is needed", name, text, most);
    return 1;
}

int
finding_option(int option, const char *text, struct finding_options *options, struct fault *fault)
{
    double value = 0;
    int result = 0;
    if (option == FINDING_O_TIMEOUT && (result = number("timeout", text, 86400, &value, fault)) == 1)
        options->limits.ms = value < 0.001 ? 1 : (unsigned)(value * 1000);
    else if (option == FINDING_O_MEMORY && (result = number("memory", text, 1e6, &value, fault)) == 1)
        options->limits.mbytes = value < 1 ? 1 : (unsigned)value;
    else if (option == FINDING_O_RUNS && (result = number("runs", text, 1e9, &value, fault)) == 1)
        options->effort.runs = value < 1 ? 1 : (unsigned)value;
    else if (option == FINDING_O_TIME && (result = number("time", text, 1e6, &value, fault)) == 1)
        options->effort.seconds = value < 1 ? 1 : (unsigned)value;
    return result;
}

char *const *
finding_words(int argc, char **argv, int at, struct fault *fault)
{
    if (at < argc && strcmp(argv[at], "--") == 0)
        at++;
    if (at >= argc) {
        verb_usage(fault, "which target? Its command comes last, behind --");
        return NULL;
    }
    /* Before any work, and also when there is no input to run it on. */
    struct loader_plan *plan = malloc(sizeof *plan);
    int found = plan != NULL ? loader_plan(argv[at], LOADER_AUTO, false, "", plan, fault)
                             : fault_set(fault, FAULT_INTERNAL, "out of memory");
    free(plan);
    return found == 0 ? argv + at : NULL;
}
