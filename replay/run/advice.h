// SPDX-License-Identifier: MIT
/* The commands that a verdict advises, completed: they judge and play as the replay did that they are about.
 */
#ifndef REPLAY_RUN_ADVICE_H
#define REPLAY_RUN_ADVICE_H

#include "replay/run/run.h"

/*
 * The options, as words of a shell with a blank behind each, that make another replay of the tape the same:
 * how the app is reached, time, order, judging, its end. "" when they do not fit into `room`. Not where it
 * stops, and not --time virtual, in which nothing can stand still.
 */
void advice_options(const struct run_options *options, char *text, size_t room);
/* Puts them into each `timtape replay` of verdict->next. Left as it is when they do not fit. */
void advice_complete(const struct run_options *options, struct verdict *verdict);

#endif
