// SPDX-License-Identifier: MIT
/*
 * While the app runs we are like the shell that started it: SIGINT and SIGQUIT from the terminal
 * reach the app by themselves and do not end us; SIGTERM and SIGHUP, sent to us, are passed on.
 * Signals that were ignored when we started stay ignored, so that the app inherits that.
 */
#ifndef RECORDER_SIGNALS_H
#define RECORDER_SIGNALS_H

#include <stdbool.h>

void signals_begin(void);
void signals_end(void);
/* The app's pidfd, or -1: nobody to pass signals on to (any more). */
void signals_target(int pidfd);
/* True once somebody asked for an end since there was no target (any more). */
bool signals_asked(void);

#endif
