// SPDX-License-Identifier: MIT
/*
 * The functions of its own that the live app handed to the SDK, call by call. The stand-in cannot tell: it
 * sees the shim's trampolines; the ring has what the app passed.
 */
#ifndef REPLAY_HANDLERS_H
#define REPLAY_HANDLERS_H

#include "replay/score/score.h"
#include "ring/consumer.h"

struct handlers;

struct handlers *handlers_new(void);
void handlers_free(struct handlers *handlers);
/* Takes one record of the ring. -1: no memory. */
int handlers_take(struct handlers *handlers, const struct ring_event *event);
/* Address, in the app, of the function that a recorded callback will go to; 0: not known (yet). */
uint64_t handlers_of(const struct handlers *handlers, const struct score *score, uint32_t callback);

#endif
