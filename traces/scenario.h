// SPDX-License-Identifier: MIT
/* Opening what a user names: a tape, or a scenario (NDJSON text), which becomes a temporary tape. */
#ifndef TRACES_SCENARIO_H
#define TRACES_SCENARIO_H

#include "traces/tape.h"

/* Is it text that may be a scenario? Only looks at the first bytes; false for what cannot be read. */
bool scenario_is(const char *path);
/* Opens a tape, or imports a scenario into a temporary one, whose path goes to `imported` ("": none was
 * made); its payload files are below `payloads` (NULL: beside it). The caller forgets it in either case, also
 * after a fault. */
struct tape_reader *scenario_open(const char *path, const char *payloads, char *imported, size_t room,
                                  struct fault *fault);
/* Removes the temporary tape, if there is one. A reader that is open goes on reading it. */
void scenario_forget(char *imported);

#endif
