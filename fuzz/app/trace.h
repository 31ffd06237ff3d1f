// SPDX-License-Identifier: MIT
/*
 * A trace: a tape in memory whose callbacks can be changed, and played again.
 *
 * The base is what was recorded and is never changed; many traces share one. A trace is the list of the
 * callbacks that are played on it. A callback's place is a time on the recorded timeline (at_ns): later is a
 * delay, two times exchanged is another order, a callback that is not in the list is dropped, one that is in
 * it twice is delivered twice. The app's calls keep their recorded times; what was called inside a callback
 * (reentrant) goes with it, and is gone with it.
 *
 *   trace_load.c   the base
 *   trace.c        the list and the small edits
 *   trace_lay.c    callbacks and calls laid out as events that nest, numbered
 *   trace_score.c  ... a score straight from that
 *   trace_save.c   ... a tape that `timtape replay` plays
 */
#ifndef FUZZ_APP_TRACE_H
#define FUZZ_APP_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "fuzz/model/case.h"
#include "traces/tape.h"

#define TRACE_NONE UINT32_MAX

/* A tape in memory. Times are such that no two edges have the same one, and the order of edges is that of
 * their times: what is equal on the tape is some nanoseconds apart here. Texts live as long as the base. */
struct trace_base {
    struct tape_event *events; /* in the order of their numbers; parent and cause as on the tape */
    uint32_t nevents;
    struct tape_thread *threads;
    uint32_t nthreads;
    struct tape_process *processes;
    int64_t *exits_ns; /* beside processes: when it began to exit, INT64_MAX: it did not */
    uint32_t nprocesses;
    const char **keys, **values; /* meta */
    uint32_t nmeta;
    const char *sdk_version;  /* or NULL */
    struct trace_text *texts; /* memory of all of these */
};

/* One callback to be delivered. */
struct trace_step {
    uint32_t of;             /* index of the recorded callback it comes from, or TRACE_NONE: made up */
    struct case_event event; /* what is delivered; a CASE_TREE must have been printed (case_print) */
    uint32_t cause;          /* index of the recorded call that brought it, or TRACE_NONE: unknown */
    uint8_t via;             /* 1: the second callback parameter of the cause */
    uint32_t
        parent; /* recorded call on whose thread, inside which, it is delivered; TRACE_NONE: on `thread` */
    uint32_t thread; /* index of the recorded thread (trace_base.threads) that delivers it */
    int64_t at_ns;   /* when */
    int64_t took_ns; /* until the app has returned, as recorded; only its order with other events counts */
};

struct trace {
    const struct trace_base *base;
    struct trace_step *steps; /* any order: at_ns counts, then the place in the list */
    uint32_t nsteps, room;
};

/* Reads the whole tape or scenario (hostile input: FAULT_DATA names the event). NULL: fault filled. */
struct trace_base *trace_load(const char *tape, struct fault *fault);
void trace_unload(struct trace_base *base);

/* The trace that is as recorded. -1: no memory. */
int trace_begin(struct trace *trace, const struct trace_base *base);
/* Copies the list; texts are shared with `from` and must live as long as both. `to` may hold an older trace,
 * whose memory is used again; zero-initialise it before the first time. */
int trace_copy(struct trace *to, const struct trace *from);
void trace_free(struct trace *trace);

/* Appends a copy of `step`. */
int trace_add(struct trace *trace, const struct trace_step *step);
/* Takes step `index` out; those behind it move up. */
void trace_remove(struct trace *trace, uint32_t index);
/* Puts the steps in the order in which they are delivered. */
void trace_sort(struct trace *trace);
/* True if this recorded call can bring that callback (a step with any other cause is never delivered). */
bool trace_can_cause(const struct trace_base *base, uint32_t call, const struct api_entry *callback,
                     uint8_t *via);

/* Writes the trace as a tape that `timtape replay` plays. `meta`: NULL, or key, value, key, value ..., NULL
 * that the tape's header gets besides what the base has. An existing file is a fault unless `replace`. */
int trace_save(const struct trace *trace, const char *path, bool replace, const char *const *meta,
               struct fault *fault);

#endif
