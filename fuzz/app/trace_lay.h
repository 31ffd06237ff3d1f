// SPDX-License-Identifier: MIT
/*
 * A trace laid out: calls and callbacks as events that nest on their threads, in order, numbered. Up to
 * `floor` all traces of one base are laid out alike.
 */
#ifndef FUZZ_APP_TRACE_LAY_H
#define FUZZ_APP_TRACE_LAY_H

#include "fuzz/app/trace.h"
#include "replay/score/score_make.h"

struct lay_row {
    int64_t at_ns, end_ns; /* end_ns: INT64_MAX when it does not end */
    uint64_t seq, end_seq; /* 0: it does not end */
    uint32_t base;         /* recorded call, or TRACE_NONE: a callback */
    uint32_t step;         /* callback: of the trace, or TRACE_NONE */
    uint32_t parent;       /* row, or TRACE_NONE */
    uint32_t cause;        /* row, or TRACE_NONE */
    uint32_t order;        /* in which they were laid */
    uint32_t thread;       /* index of the thread; base->nthreads: the extra one */
    uint8_t via;
};

/* Zero-initialise once; memory is used again from layout to layout. */
struct trace_lay {
    const struct trace *trace;
    struct lay_row *rows; /* in the order of their numbers: row i is event i of the score */
    uint32_t nrows, room;
    uint64_t *exit_seqs; /* by process, 0: it did not exit */
    bool extra;          /* the extra thread has callbacks */
    struct lay_scratch *scratch;
};

/* `floor`: no callback comes at or before this time; INT64_MIN: as the trace says. Steps whose cause is not
 * there, or cannot have brought them, are left out. */
int lay_trace(struct trace_lay *lay, const struct trace *trace, int64_t floor, struct fault *fault);
void lay_free(struct trace_lay *lay);
/* Row as the tape's reader gives it; texts are the trace's. -1: a CASE_TREE that was not printed. */
int lay_event(const struct trace_lay *lay, uint32_t row, struct tape_event *event, struct fault *fault);
struct tape_thread lay_thread(const struct trace_lay *lay, uint32_t index); /* nthreads + 1 of them */
struct tape_process lay_process(const struct trace_lay *lay, uint32_t index);
/* Straight into a score. */
int lay_score(const struct trace_lay *lay, const struct score_options *options, struct score_file *file,
              struct fault *fault);

#endif
