// SPDX-License-Identifier: MIT
/* Lending the terminal to a program that we start, as a shell does: its Ctrl-C is then not the app's. */
#ifndef REPLAY_FOREGROUND_H
#define REPLAY_FOREGROUND_H

#include <stdbool.h>
#include <sys/types.h>

/* There is a terminal, and it is ours to lend. */
bool foreground_is_ours(void);
/* `group` (a process group) has it from now on; Ctrl-Z does not stop us meanwhile. */
void foreground_lend(pid_t group);
/* It is ours again. Safe when it was not lent. */
void foreground_take(void);

#endif
