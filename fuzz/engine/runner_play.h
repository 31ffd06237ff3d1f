// SPDX-License-Identifier: MIT
/* Inputs delivered one after another, in a process that may die of them. */
#ifndef FUZZ_ENGINE_RUNNER_PLAY_H
#define FUZZ_ENGINE_RUNNER_PLAY_H

#include <stdbool.h>

#include "fuzz/engine/runner_files.h"

struct runner_counts {
    size_t inputs, not_cases, failed;
};

/* Delivers every file. `here`: in this process, for a debugger. Otherwise in a child that is started again
 * behind an input that it died of, or that took longer than `timeout` seconds (0: any time); each of these is
 * said on stdout. 0, or the status that the process should end with. */
int runner_play(const struct runner_files *files, bool here, unsigned timeout, struct runner_counts *counts);

#endif
