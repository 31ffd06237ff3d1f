// SPDX-License-Identifier: MIT
/*
 * A finding: an input on which the app or a fuzz target broke, and what is known of it. One folder a finding:
 *
 *   DIR/NAME/finding.json   kind, group key, frames, sentence, command, minimised from how much, when
 *   DIR/NAME/bug.tape       the smallest tape that does it (timtape replay DIR/NAME/bug.tape -- ./app)
 *   DIR/NAME/input.ndjson   the case that does it, as a fuzz target reads it
 *   DIR/NAME/payload.json   the payload of the callback it died in
 *   DIR/NAME/report.txt     what the sanitizer, or the stack, said
 *   DIR/NAME/test_NAME.c    a CMocka test to keep (timtape/replay.h)
 *   DIR/known.ndjson        what the mutator steps round (mutate_options.known)
 *
 *   outcome.c    how a process ended, told from its wait status and what it printed
 *   stack.c      frames: from a sanitizer's report; of a core signal without one
 *   signature.c  the first own frame and line; equal signatures are one bug
 *   minimise.c   JSON tree and event list, the same signature kept
 *   store.c      the folder above
 *   sarif.c junit.c   reports over a folder of findings
 */
#ifndef FUZZ_FINDING_H
#define FUZZ_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum finding_kind {
    FINDING_NONE,      /* nothing wrong */
    FINDING_CRASH,     /* a core signal */
    FINDING_SANITIZER, /* a sanitizer's report */
    FINDING_ORACLE,    /* one of fuzz/oracle's */
    FINDING_HANG,
    FINDING_LEAK,
    FINDING_MEMORY, /* out of memory */
    FINDING_EXIT,   /* it ended itself where the tape does not */
    FINDING_DIVERGED,
};
const char *finding_kind_name(enum finding_kind kind);

#define FINDING_FRAMES 32
struct finding_frame {
    char function[96];
    char file[160]; /* as in the debug information, "" unknown */
    unsigned line;  /* 0 unknown */
    char module[64];
    uint64_t offset; /* in the module */
};

/* How one run of one input ended. */
struct finding_outcome {
    enum finding_kind kind;
    int status;    /* wait status */
    char what[64]; /* "heap-buffer-overflow READ 8", "SIGSEGV", "timeout" */
    unsigned nframes;
    struct finding_frame frames[FINDING_FRAMES]; /* innermost first */
    unsigned own;                                /* index of the first frame that is the app's own */
    char signature[200]; /* equal for equal bugs: what@function:line of the first own frame */
    char *report;        /* malloc'd text, or NULL */
};

#endif
