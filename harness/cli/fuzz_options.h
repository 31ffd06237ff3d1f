// SPDX-License-Identifier: MIT
/* The options of `timtape fuzz`, read; and what the verb prints. */
#ifndef CLI_FUZZ_OPTIONS_H
#define CLI_FUZZ_OPTIONS_H

#include "cli/select.h"
#include "fuzz/app/loop.h"
#include "replay/run/run.h"

struct fuzz_line {
    struct loop_options loop;
    struct run_options run; /* how a kept tape is replayed to check it */
    struct select only;
    bool selected, json, quiet;
    char out[4096];
    const char *stack_to; /* this is the tracer: where to write what was seen; NULL: it is not */
};

/* Reads options and tape; optind is then the app's first word. 0, or -1 with the fault filled. */
int fuzz_options_read(int argc, char **argv, struct fuzz_line *line, struct fault *fault);
extern const char fuzz_options_help[];

/* The line that is written over (on a terminal every second, else a new one every ten). */
void fuzz_progress(void *context, const struct loop_state *state);
void fuzz_progress_begin(const struct fuzz_line *line);
void fuzz_progress_end(void);
/* What was found, as a table in words or as JSON on stdout. */
int fuzz_report(const struct fuzz_line *line, const struct loop_state *state, struct fault *fault);

#endif
