// SPDX-License-Identifier: MIT
#ifndef FUZZ_ENGINE_PASS_H
#define FUZZ_ENGINE_PASS_H

#include "fuzz/engine/produce.h"

/*
 * libFuzzer's -jobs and -fork start processes that would each begin with the whole boundary pass. The first
 * process of such a run (its options say so) makes a counter in shared memory, which the others inherit by a
 * descriptor that TIMTAPE_FUZZ_PASS names. NULL: a run of one process, or no shared memory to be had.
 */
struct producer_pass *pass_share(int argc, char **argv);

#endif
