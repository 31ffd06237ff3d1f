// SPDX-License-Identifier: MIT
/* Ending an app, and what it left behind: asked first, made after a while, given up at last. */
#ifndef REPLAY_ENDING_H
#define REPLAY_ENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "recorder/recorder.h"
#include "replay/judge/judge.h"

struct ending {
    uint64_t since;   /* when the app was told to end; 0: it was not */
    int signal;       /* ... by which */
    bool behind;      /* it had ended by then: only what it left behind was told */
    unsigned reached; /* how many processes it came to */
    bool killed;      /* it did not end, and was made to */
};

/* Each time that an end is wanted. False: it cannot be had. */
bool ending_pass(struct ending *ending, struct recorder *recorder, int signal, uint64_t now_ns);
/* The app itself, not what it left behind, was ended by us. */
bool ending_ours(const struct ending *ending);
/* What the verdict has to say of it; `status`: of the app, as waitpid gave it. */
void ending_notes(const struct ending *ending, int status, struct verdict *verdict);

#endif
