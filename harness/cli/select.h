// SPDX-License-Identifier: MIT
/*
 * Selections of events, one grammar for every verb: 12 (a number), 10-40, 10-, -40 (numbers from
 * to), @3 (a thread), TIMConv* (names; * and ?). An event is selected when it matches one of
 * the numbers (if any were given) and one of the threads (if any) and one of the names (if any).
 */
#ifndef CLI_SELECT_H
#define CLI_SELECT_H

#include "base/fault.h"
#include "traces/tape.h"

#define SELECT_WORDS 64

struct select {
    struct {
        uint64_t first, last;
    } ranges[SELECT_WORDS];
    uint32_t threads[SELECT_WORDS];
    const char *names[SELECT_WORDS];
    unsigned nranges, nthreads, nnames;
};

/* Adds one word; it must outlive the selection. */
int select_add(struct select *select, const char *word, struct fault *fault);
bool select_event(const struct select *select, const struct tape_event *event);
/* No event before this number can be selected. */
uint64_t select_first(const struct select *select);

#endif
