// SPDX-License-Identifier: MIT
/* The person at a replay: keys go to the control, where it stands comes back as words and a live line. */
#ifndef REPLAY_CONSOLE_H
#define REPLAY_CONSOLE_H

#include "replay/control/control.h"
#include "replay/control/screen.h"
#include "replay/judge/verdict.h"

struct console {
    const struct control_options *options;
    struct control *control;
    struct screen *screen;
    uint32_t told;      /* the stop that was told of */
    bool paused;        /* the pause was told of */
    uint64_t shown_ns;  /* when the live line was written last */
    uint64_t looked_ns; /* the last pass */
};

/* Takes the terminal if keys were asked for. */
int console_open(struct console *console, const struct control_options *options, struct control *control,
                 struct screen *screen, struct fault *fault);
/* Once per pass. False: the user wants to quit. */
bool console_pass(struct console *console, uint64_t now_ns);
/* What the verdict has to say of it. */
void console_notes(const struct console *console, struct verdict *verdict);
/* Gives the terminal back, and takes the line away. Safe after a failed open, and on zeroes. */
void console_close(struct console *console);

#endif
