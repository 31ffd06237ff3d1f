// SPDX-License-Identifier: MIT
/* What `timtape triage` and `timtape minimize` have in common: how a target is run, and for how long. */
#ifndef CLI_FINDING_OPTIONS_H
#define CLI_FINDING_OPTIONS_H

#include "fuzz/finding/finding.h"

/* Values of `struct option` that finding_option takes. */
enum { FINDING_O_TIMEOUT = 1000, FINDING_O_MEMORY, FINDING_O_RUNS, FINDING_O_TIME };
#define FINDING_OPTIONS                                                                                      \
    {"timeout", required_argument, NULL, FINDING_O_TIMEOUT},                                                 \
        {"memory", required_argument, NULL, FINDING_O_MEMORY},                                               \
        {"runs", required_argument, NULL, FINDING_O_RUNS},                                                   \
    {                                                                                                        \
        "time", required_argument, NULL, FINDING_O_TIME                                                      \
    }

struct finding_options {
    struct finding_limits limits;
    struct finding_effort effort;
};
/* 1: `option` was one of them; 0: it was not; -1: bad value, fault filled. */
int finding_option(int option, const char *value, struct finding_options *options, struct fault *fault);

/* The target's words: what is behind the operands, that is argv from `at` on (one "--" between is passed
 * over). NULL: there are none; fault filled. */
char *const *finding_words(int argc, char **argv, int at, struct fault *fault);

#endif
