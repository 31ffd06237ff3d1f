// SPDX-License-Identifier: MIT
/* Where the results of `timtape replay` go besides the terminal: --json, --junit, --annotate. */
#ifndef CLI_REPLAY_RESULTS_H
#define CLI_REPLAY_RESULTS_H

#include "cli/replay_options.h"
#include "replay/report/report.h"

struct replay_results {
    FILE *json, *junit, *github, *gitlab;
};

/* Opens them all: before the app starts, so that a path that cannot be written costs no run. */
int replay_results_open(const struct replay_line *line, struct replay_results *results, struct fault *fault);
/* Writes and closes them. */
int replay_results_write(const struct replay_line *line, struct replay_results *results,
                         const struct report_set *set, struct fault *fault);

/* What the replay of one tape comes to; stays where it is from open to close. */
struct replay_single {
    struct verdict verdict; /* filled by who replays */
    struct report_case one;
    struct report_set set;
    struct replay_results results;
    char command[1000];
    uint64_t start;
};
/* Before the app starts; the clock runs from here. */
int replay_single_open(const struct replay_line *line, char **app, struct replay_single *single,
                       struct fault *fault);
/* `result`: of the replay, 0 or -1 with the fault filled. Writes the results; 0, or -1 when that or the
 * replay failed. */
int replay_single_close(const struct replay_line *line, struct replay_single *single, int result,
                        struct fault *fault);

/* Nanoseconds of a clock that only goes forward. */
uint64_t replay_now(void);
/* The verdict in words, to stderr. */
void replay_print(const struct verdict *verdict);

/* The ways to replay: each runs the app (argv from its name on) and returns the exit status, or -1 with the
 * fault filled. */
int replay_one(struct replay_line *line, char **app, struct fault *fault);
int replay_loop(struct replay_line *line, char **app, struct fault *fault);
int replay_chaos(struct replay_line *line, char **app, struct fault *fault);
int replay_many(struct replay_line *line, char **app, struct fault *fault);

#endif
