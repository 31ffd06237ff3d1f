// SPDX-License-Identifier: MIT
/* The options of `timtape replay`, read. */
#ifndef CLI_REPLAY_OPTIONS_H
#define CLI_REPLAY_OPTIONS_H

#include "replay/run/run.h"

#define REPLAY_RULES_MOST 16
#define REPLAY_GDB_MOST 16

struct replay_line {
    struct run_options run;
    const char *rules[REPLAY_RULES_MOST + 1];
    const char *gdb_args[REPLAY_GDB_MOST + 1];
    unsigned chaos_runs;   /* 0: one replay */
    const char *chaos_out; /* where a failing schedule is saved, or NULL */
    unsigned loop;         /* how often, at least 1 */
    unsigned jobs;         /* a folder of tapes: how many at once; 0: as many as processors */
    const char *json, *junit;
    const char *github, *gitlab; /* where annotations go; github "-": standard output */
    bool status;                 /* a live line on the terminal */
    bool quiet;
    char *const *words; /* the options as they were given, so many words */
    size_t words_count;
};

/* Reads options and tape; optind is then the app's first word. 0, or -1 with the fault filled. */
int replay_options_read(int argc, char **argv, struct replay_line *line, struct fault *fault);
extern const char replay_options_help[];

#endif
