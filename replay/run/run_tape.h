// SPDX-License-Identifier: MIT
/* What a replay asks of its tape besides the events; a part of run.c. */
#ifndef REPLAY_RUN_TAPE_H
#define REPLAY_RUN_TAPE_H

#include "replay/judge/judge.h"
#include "traces/tape.h"

/* How the recorded app ended. */
struct judge_end run_tape_end(struct tape_reader *tape);
/* Wall time of the recorded time 0, ns since 1970; 0: unknown. */
int64_t run_tape_started(struct tape_reader *tape);
/* By how much a sleeper woke late on average, ns; 0: unknown. */
uint64_t run_tape_overslept(struct tape_reader *tape);
/* Length of the recording, ns; 0: unknown. */
int64_t run_tape_duration(struct tape_reader *tape);
/* A command line as a shell reads it; "APP" when it does not fit. */
void run_tape_words(char *const argv[], char *text, size_t room);
/* What the tape says about its own losses, as notes. */
void run_tape_notes(struct tape_reader *tape, struct verdict *verdict);

#endif
