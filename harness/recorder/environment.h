// SPDX-License-Identifier: MIT
/* The environment of an app under timtape: ours, with what the loader needs put in front. */
#ifndef RECORDER_ENVIRONMENT_H
#define RECORDER_ENVIRONMENT_H

#include "recorder/recorder.h"

/* NULL with the fault filled: there is no such program, or it cannot be run so. A program that we
 * cannot get into (static, setuid) runs when recording, with words about it, and not when replaying. */
char **environment_make(struct recorder *recorder, char *const argv[], struct fault *fault);
void environment_free(char **environment);

#endif
