// SPDX-License-Identifier: MIT
/* Starting the app the way a shell would, with another environment. */
#ifndef RECORDER_SPAWN_H
#define RECORDER_SPAWN_H

#include <sys/types.h>

#include "base/fault.h"

/* argv[0] is looked up in PATH. The child gets our files, signal mask and ignored signals as they
 * are; only its standard output and error go to the descriptors `output` where those are > 0.
 * FAULT_NOT_FOUND or FAULT_CANNOT_RUN. *pidfd is close-on-exec. */
int spawn_app(char *const argv[], char *const environment[], const int output[2], pid_t *pid, int *pidfd,
              struct fault *fault);

#endif
