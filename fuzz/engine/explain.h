// SPDX-License-Identifier: MIT
#ifndef FUZZ_ENGINE_EXPLAIN_H
#define FUZZ_ENGINE_EXPLAIN_H

#include <stddef.h>

#include "base/fault.h"

/*
 * TIMTAPE_FUZZ_EXPLAIN=FILE: the file always holds the input under way, below lines with "#" that say what
 * was changed in it; so it is there however the target dies, and it is itself a case. 0 or -1.
 */
int explain_open(const char *file, struct fault *fault);
/* `sentences`: lines. Does nothing when no file is open. */
void explain_note(const char *sentences, const char *text, size_t size);

#endif
