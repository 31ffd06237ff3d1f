// SPDX-License-Identifier: MIT
/* timtape help: the list of verbs, or everything about one. */
#include <string.h>

#include "cli/verb.h"

static void
overview(void)
{
    printf("timtape records, replays and checks what crosses the Tencent IM SDK's C API.\n\n"
           "usage: timtape VERB [options] ...\n\n");
    const struct verb *verb;
    for (size_t i = 0; (verb = verb_at(i)) != NULL; i++)
        printf("  %-9s %s\n", verb->name, verb->summary);
    printf("\nTo begin:\n"
           "  timtape record -o bug.tape -- ./app     record an app, unmodified\n"
           "  timtape replay bug.tape -- ./app        replay it, without SDK, network or account\n"
           "  timtape help VERB                       all about one verb\n");
}

static int
help_run(int argc, char **argv, struct fault *fault)
{
    if (argc < 2) {
        overview();
        return 0;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    const struct verb *verb = verb_find(name);
    if (verb == NULL) {
        const char *near = verb_nearest(name);
        return fault_set(fault, FAULT_USAGE, "there is no verb '%s'%s%s%s", name,
                         near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                         near != NULL ? "'?" : "");
    }
    printf("timtape %s - %s\n\nusage: timtape %s %s\n\n%s", verb->name, verb->summary, verb->name,
           verb->usage, verb->help);
    return 0;
}

const struct verb verb_help = {
    .name = "help",
    .usage = "[VERB]",
    .summary = "say what timtape can do, or all about one verb",
    .help = "Without a verb, lists them all. `timtape VERB --help` says the same as `timtape help VERB`.\n",
    .run = help_run,
};
