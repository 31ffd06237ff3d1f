// SPDX-License-Identifier: MIT
/*
 * What the live app is doing, as the judge sees it in the ring: which thread did what last,
 * the arguments of calls that are still open, and which listeners were added. Keeps a few bytes per
 * thread and open event, nothing per event that is over.
 */
#ifndef REPLAY_JUDGE_LIVE_H
#define REPLAY_JUDGE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring/consumer.h"
#include "traces/tape.h"

struct live;

struct live *live_new(void);
void live_free(struct live *live);

/* Takes one record. `now_ns`: CLOCK_MONOTONIC of the record. -1: no memory. */
int live_take(struct live *live, const struct ring_event *event, uint64_t now_ns);

/*
 * The open call whose enter edge has this number: true and *call filled; what it points to lives until the
 * next live_take. False: not seen yet, or over.
 */
bool live_call(struct live *live, uint64_t seq, struct tape_event *call);
/* A call that added a listener, by the number of its enter edge: its arguments are kept. */
bool live_listener(struct live *live, uint64_t seq, struct tape_event *call);
/* Name of a live thread ("" when unknown). */
const char *live_thread_name(struct live *live, uint32_t pid, uint32_t tid);

/* Edges, and calls, ever taken; the library behind was loaded. */
uint64_t live_edges(const struct live *live);
uint64_t live_calls(const struct live *live);
bool live_loaded(const struct live *live);
/* What this thread does is nested in a callback. */
bool live_within_callback(const struct live *live, uint32_t pid, uint32_t tid);
/* Another thread than this one is in a callback. */
bool live_in_callback(const struct live *live, uint32_t pid, uint32_t tid);
/* CLOCK_MONOTONIC ns of the last app edge (call enter, callback leave), 0 before the first. */
uint64_t live_last_app_edge(const struct live *live);

/* Lines for a person: what each thread did last. At most `lines`, busiest first. */
void live_describe(struct live *live, uint64_t now_ns, unsigned lines, char *text, size_t room);

#endif
