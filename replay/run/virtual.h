// SPDX-License-Identifier: MIT
/*
 * The coordinator of virtual time, outside the app: moves the score's clock when, and only when, the whole
 * app sleeps, to the earliest moment that somebody waits for, and wakes that one. One at a time, so that what
 * happens at the same moment happens in the same order each time.
 */
#ifndef REPLAY_RUN_VIRTUAL_H
#define REPLAY_RUN_VIRTUAL_H

#include "base/fault.h"
#include "replay/score/score.h"

struct virtual;

/* The score must have a clock, and outlive this. */
struct virtual *virtual_open(struct score *score, struct fault *fault);
void virtual_close(struct virtual *virtual);
/*
 * Lets the time go for about `real_ns`, or until somebody asks the judge something (`bell`: as
 * score_wait_bell). `ending`: the app is being ended, what it does then is no reason to refuse.
 * -1: the app does what virtual time cannot carry; FAULT_CANNOT_RUN says which thread and what.
 */
int virtual_pass(struct virtual *virtual, uint32_t bell, uint64_t real_ns, bool ending, struct fault *fault);
/* The judge's clock: virtual, and while the app runs without a wait, the time that it really takes. */
uint64_t virtual_now(const struct virtual *virtual);

#endif
