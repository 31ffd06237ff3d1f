// SPDX-License-Identifier: MIT
/* The environment of an app under timtape: ours, with what the loader needs put in front. */
#ifndef RECORDER_ENVIRONMENT_H
#define RECORDER_ENVIRONMENT_H

#include "recorder/recorder.h"

/* NULL with the fault filled: this program cannot be recorded (static, setuid), or does not exist. */
char **environment_make(struct recorder *recorder, char *const argv[], struct fault *fault);
void environment_free(char **environment);

#endif
