// SPDX-License-Identifier: MIT
/* Inside traces/ only: an existing tape makes way for a new one of its name. */
#ifndef TRACES_TAPE_REPLACE_H
#define TRACES_TAPE_REPLACE_H

#include "base/fault.h"

/* Removes a tape and what SQLite keeps beside it. Refuses what is no regular file or is still being written.
 */
int tape_remove(const char *path, struct fault *fault);
/* Moves it out of the way ("PATH.replaced") until it is known whether the new one comes to anything: 1, 0
 * when there is none. Refuses as tape_remove does. */
int tape_set_aside(const char *path, struct fault *fault);
/* The new one is there / never came to anything. */
void tape_drop_aside(const char *path);
void tape_put_back(const char *path);

#endif
