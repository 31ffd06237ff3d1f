// SPDX-License-Identifier: MIT
/* Options about getting in front of an SDK, the same for every verb that has them. */
#ifndef CLI_WAY_H
#define CLI_WAY_H

#include "base/fault.h"
#include "recorder/recorder.h"

/* The value of --via. */
int way_via(const char *text, enum recorder_via *via, struct fault *fault);
/* The value of --sdk: a file's name without folders. */
int way_sdk(const char *text, const char **sdk, struct fault *fault);

#endif
