// SPDX-License-Identifier: MIT
/*
 * Output files that are either whole or not there: made beside the target under another name, moved
 * into place at the end, removed when the verb fails or is interrupted. One at a time.
 */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include <stdbool.h>

#include "base/fault.h"

/* The name to write to instead of `path`, or NULL with the fault filled: `path` exists and is not to be
 * replaced, is something else than a file, or is a tape that is being written. Lives until place_end. */
const char *place_begin(const char *path, bool replace, struct fault *fault);
/* Moves it to `path` (keep) or removes it. */
int place_end(bool keep, struct fault *fault);

#endif
