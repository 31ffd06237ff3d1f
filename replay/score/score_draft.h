// SPDX-License-Identifier: MIT
/*
 * A score while it is made, in growing arrays: score_load.c fills it from the tape and checks each event
 * by itself, score_shape.c checks how they hang together and builds lists and edges, score_plan.c says when
 * and in which order they are played, score.c writes the file.
 */
#ifndef REPLAY_SCORE_DRAFT_H
#define REPLAY_SCORE_DRAFT_H

#include "replay/score/score_make.h"

/* What the tape says about an event, before references are resolved. */
struct draft_event {
    uint64_t parent, cause, end_seq;
    int64_t at_ns, end_ns;
};

struct score_draft {
    struct score_process *processes;
    uint64_t *exits; /* per process: number of its exit mark, or 0 */
    struct score_thread *threads;
    struct score_event *events;
    struct draft_event *raw; /* beside events */
    struct score_value *values;
    struct score_edge *edges;
    uint64_t *edge_seqs; /* beside edges */
    char *texts;
    uint32_t nprocesses, nthreads, nevents, nvalues, nedges;
    uint32_t room_processes, room_threads, room_events, room_values;
    size_t text_bytes, room_texts;
    uint32_t *buckets; /* texts seen: index + 1 into `known` */
    struct draft_text *known;
    uint32_t nknown, room_known, nbuckets;
    uint64_t sdk_version; /* offset into texts + 1 */
    /* score_plan.c; edges stand in the order played from then on */
    struct schedule *schedule;
    uint32_t *places;       /* by recorded edge: its place in that order */
    uint32_t *first_before; /* nedges + 1; NULL: strict order */
    struct score_before *before;
    uint32_t nbefore, from;
    struct schedule_move *moves;
    uint32_t nmoves;
};

struct draft_text {
    uint64_t hash, at;
    uint32_t bytes;
};

int score_load(struct score_draft *draft, const struct score_source *source, struct fault *fault);
int score_shape(struct score_draft *draft, struct fault *fault);
/* Fills schedule_event.after. */
int score_made(struct score_draft *draft, struct fault *fault);
int score_plan(struct score_draft *draft, const struct score_options *options, struct fault *fault);
/* Index of the event with that tape number, or SCORE_NONE. */
uint32_t score_draft_find(const struct score_draft *draft, uint64_t seq);
void score_draft_free(struct score_draft *draft);
/* Grows an array so that one more fits; *room counts elements. */
int score_grow(void *array, uint32_t used, uint32_t *room, size_t element, struct fault *fault);

#endif
