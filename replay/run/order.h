// SPDX-License-Identifier: MIT
/* The order of one replay: from the user's options and the tape to the score, and told afterwards. */
#ifndef REPLAY_RUN_ORDER_H
#define REPLAY_RUN_ORDER_H

#include "replay/run/run.h"
#include "traces/tape.h"

/* A saved order, in the tape's header; see traces/FORMAT.md. */
#define ORDER_PATIENCE "order_patience_ns"
#define ORDER_MOVES "order_moves"
#define ORDER_OF "order_of" /* the tape's name that the moves' event numbers are of */

/* Fills time and order of a score. -1: the tape's order and the options do not go together. */
int order_options(const struct run_options *options, struct tape_reader *tape, struct score_options *score,
                  struct fault *fault);
/* The order is not the recorded one: the app's calls may change places, too. */
bool order_is_free(const struct score_options *score);

/* What was moved, a line each behind one that names the seed; "" when nothing was. */
void order_words(const struct run_options *options, const struct score_file *file, char *text, size_t room);
/* Into the verdict: what was moved. */
void order_conclude(const struct run_options *options, struct tape_reader *tape,
                    const struct score_file *file, struct verdict *verdict);

/* What a search wants of a run. Zero-initialise; order_trace_clear gives the memory back. */
struct order_trace {
    const struct schedule_move *moves; /* in: play these, not those of the seed */
    uint32_t nmoves;
    bool given;                 /* in: `moves` holds, even if it is empty */
    struct schedule_move *made; /* out: what was played */
    uint32_t nmade;
    struct schedule *schedule; /* out */
    int64_t *happened; /* out: by recorded edge, ns since recorded time 0, -1: it did not; NULL: no memory */
};
void order_trace_take(struct order_trace *trace, struct score_file *file);
void order_trace_clear(struct order_trace *trace);

#endif
