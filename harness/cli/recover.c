// SPDX-License-Identifier: MIT
/* timtape recover: finishes a tape whose recorder was killed. */
#include <inttypes.h>

#include "cli/verb.h"
#include "recorder/recorder.h"

static int
recover_run(int argc, char **argv, struct fault *fault)
{
    static const struct option options[] = {{"quiet", no_argument, NULL, 'q'}, {0}};
    struct recover_report report;
    int option;
    while ((option = verb_option(argc, argv, options, fault)) != -1) {
        if (option == VERB_BAD)
            return -1;
        say_quiet(true);
    }
    const char *path = verb_tape(argc, argv, fault);
    if (path == NULL)
        return -1;
    if (recorder_recover(path, &report, fault) != 0)
        return -1;
    char size[32];
    if (report.was_complete) {
        say("%s is finished already; there is nothing to recover", path);
        return 0;
    }
    say("%s: %" PRIu64 " calls, %" PRIu64 " callbacks, %u threads, %s", path, report.tape.calls,
        report.tape.callbacks, report.tape.threads, out_size(size, report.tape.tape_bytes));
    if (report.ring_gone)
        say("the rings are gone (%s): what had not reached the tape is lost, and how much that was nobody "
            "knows",
            report.ring_trouble);
    else
        say("%" PRIu64 " records were still in the rings and are on the tape now; %" PRIu64
            " dropped, %" PRIu64 " missing",
            report.drained, report.tape.dropped, report.tape.missing);
    if (report.app_alive)
        say("the app is still running; it goes on unrecorded");
    return 0;
}

const struct verb verb_recover = {
    .name = "recover",
    .usage = "[--quiet] TAPE",
    .summary = "finish a tape whose recorder was killed",
    .help =
        "When `timtape record` is killed, the app goes on, and what it did until then waits in shared "
        "memory\n"
        "and in TAPE with TAPE-wal beside it. This verb puts the one into the other, each event once, and\n"
        "makes TAPE a single finished file. How the app ended is unknown on such a tape.\n"
        "\n"
        "  -q, --quiet   no words\n"
        "\n"
        "Exit status: 0 finished (or it was already); 65 not a tape; 126 its recorder is still alive.\n",
    .anywhere = true,
    .run = recover_run,
};
