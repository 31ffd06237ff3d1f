// SPDX-License-Identifier: MIT
/*
 * How library code that may be long at it lets a person know. Nothing is shown unless a front end asked for
 * it with progress_to; then first after a second, and five times a second at most. One thread, the one that
 * runs the verb.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdint.h>

/* `what` names what is counted, like "events read"; NULL: over, take the line away. */
typedef void progress_display(const char *what, uint64_t done);

/* NULL: nobody wants to see it (the default). */
void progress_to(progress_display *display);
/* Cheap enough for every step of a loop. */
void progress_tick(const char *what, uint64_t done);
/* The loop is over. */
void progress_end(void);

#endif
