// SPDX-License-Identifier: MIT
/* When to show progress. */
#include "base/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define FIRST_NS 1000000000u
#define NEXT_NS 200000000u
#define LOOK_MASK 255 /* the clock is looked at once in so many ticks */

static progress_display *shown_by;
static uint64_t ticks, due_ns;
static bool showing;

static uint64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void
progress_to(progress_display *display)
{
    progress_end();
    shown_by = display;
}

void
progress_tick(const char *what, uint64_t done)
{
    uint64_t now;

    if (shown_by == NULL || (ticks++ & LOOK_MASK) != 0)
        return;
    now = now_ns();
    if (due_ns == 0) {
        due_ns = now + FIRST_NS;
    } else if (now >= due_ns) {
        shown_by(what, done);
        showing = true;
        due_ns = now + NEXT_NS;
    }
}

/* Without a display nothing is written here: libraries read tapes on any number of threads. */
void
progress_end(void)
{
    if (shown_by == NULL)
        return;
    if (showing)
        shown_by(NULL, 0);
    showing = false;
    ticks = due_ns = 0;
}
