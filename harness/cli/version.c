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
    bool json;
    if (verb_reads(argc, argv, &json, NULL, fault) != 0)
        return -1;
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
