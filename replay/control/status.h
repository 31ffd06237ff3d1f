// SPDX-License-Identifier: MIT
/* Where a replay is, in one line for a person. */
#ifndef REPLAY_STATUS_H
#define REPLAY_STATUS_H

#include <stddef.h>
#include <stdint.h>

#include "replay/control/control.h"

/* "event 12 of 40, 1.2 s of 10.0 s, waiting for the app: it has to call TIMLogin, 30 ms slip" */
const char *status_line(const struct control *control, enum control_state state, uint64_t now_ns, char *text,
                        size_t room);
/* Tape number of the event that happened last, 0 before the first. Any thread. */
uint64_t status_event(const struct score *score);

#endif
