// SPDX-License-Identifier: MIT
/* timtape version. */
#include <sqlite3.h>

#include "api/api.h"
#include "cli/verb.h"
#include "ring/ring.h"
#include "traces/tape.h"

static int
version_run(int argc, char **argv, struct fault *fault)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
    bool json = false;
    int option;
    while ((option = verb_option(argc, argv, options, fault)) != -1) {
        if (option == VERB_BAD)
            return -1;
        json = true;
    }
    if (json)
        printf("{\"timtape\":\"%s\",\"tape_format\":%d,\"ring_layout\":%d,\"functions\":%d,\"entries\":%d,"
               "\"sqlite\":\"%s\"}\n",
               TIMTAPE_VERSION, TAPE_VERSION, RING_LAYOUT, (int)API_FUNCTIONS, (int)API_ENTRIES,
               sqlite3_libversion());
    else
        printf("timtape %s (tape format %d, %d functions described, SQLite %s)\n", TIMTAPE_VERSION,
               TAPE_VERSION, (int)API_FUNCTIONS, sqlite3_libversion());
    return 0;
}

const struct verb verb_version = {
    .name = "version",
    .usage = "[--json]",
    .summary = "say which timtape this is",
    .help = "  --json   as JSON\n",
    .anywhere = true,
    .run = version_run,
};
