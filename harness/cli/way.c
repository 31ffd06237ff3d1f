// SPDX-License-Identifier: MIT
#include "cli/way.h"

#include <string.h>

#include "cli/verb.h"

int
way_via(const char *text, enum recorder_via *via, struct fault *fault)
{
    static const struct {
        const char *name;
        enum recorder_via via;
    } ways[] = {{"best", RECORDER_VIA_BEST},
                {"auto", RECORDER_VIA_BEST},
                {"audit", RECORDER_VIA_AUDIT},
                {"preload", RECORDER_VIA_PRELOAD}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(text, ways[i].name) == 0) {
            *via = ways[i].via;
            return 0;
        }
    }
    return verb_usage(fault, "--via takes 'audit', 'preload' or 'best', not '%s'", text);
}

int
way_sdk(const char *text, const char **sdk, struct fault *fault)
{
    if (*text == '\0' || strchr(text, '/') != NULL)
        return verb_usage(fault, "--sdk %s: the file's name without folders is meant", text);
    *sdk = text;
    return 0;
}
