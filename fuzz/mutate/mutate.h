// SPDX-License-Identifier: MIT
/*
 * The mutator: one engine for libFuzzer, AFL++ and whole apps. A case in, the case with one deviation
 * (mostly) out, and a record of each deviation that can be printed as a sentence. Deterministic: the same
 * mutator options, seed and case give the same result.
 *
 * Threads: one mutator, one thread. No global state; cJSON's arena is put back when a function returns.
 *
 * edit.h trees in place; spot.h where; reach.c down to a declared place; apply_*.c what is done there;
 * step.c how many and how large; plan.c, boundary.c the exhaustive pass; pool.c what was learned;
 * known_*.c what is stepped round; smaller.c trimming and minimising; sentence.c words.
 */
#ifndef FUZZ_MUTATE_MUTATE_H
#define FUZZ_MUTATE_MUTATE_H

#include "fuzz/model/model.h"

/* A callback that the target can take: what may be in a case. */
struct mutate_target {
    const struct api_entry *callback;
    const struct api_entry *function; /* only as the answer to this function; NULL: any */
};

struct mutate_options {
    struct model_profile profile;
    const struct mutate_target *targets; /* copied */
    size_t ntargets;
    size_t budget;     /* most bytes of a result; 0: default */
    unsigned syntax;   /* percent of results that go to the syntax lane */
    uint64_t seed;     /* order of the exhaustive pass */
    bool one_event;    /* cases keep a single callback (AFL's havoc hook, one-handler targets) */
    const char *known; /* file of known findings to step round (finding.h writes it), or NULL */
};

struct mutator;
struct mutator *mutator_new(const struct mutate_options *options, struct fault *fault);
void mutator_free(struct mutator *mutator);

/* What one step did. Texts live in the arena of the case. */
struct mutation {
    uint16_t operation;   /* see mutate_operation_name */
    uint16_t variation;   /* enum model_variation that the place has now */
    bool positive;        /* the result is still as declared */
    size_t event;         /* which callback of the case */
    unsigned param;       /* which parameter */
    const char *path;     /* in its payload, as jtree_at reads; NULL: the parameter itself */
    const char *was, *is; /* scalars as they print, shortened; "an array of 3"; NULL: absent */
};
#define MUTATE_MOST 8
struct mutation_list {
    struct mutation list[MUTATE_MOST];
    unsigned count;
    enum case_lane lane;
};

/* Changes `c` in place. 1: changed; 0: nothing could be changed; -1: no memory. `seed` draws everything. */
int mutator_step(struct mutator *mutator, struct fuzz_case *c, struct arena *arena, uint64_t seed,
                 struct mutation_list *done);
/* Takes a value of the same declared type (or a callback) from `other`. */
int mutator_cross(struct mutator *mutator, struct fuzz_case *c, const struct fuzz_case *other,
                  struct arena *arena, uint64_t seed, struct mutation_list *done);
/* A fresh, ordinary case from the description alone. */
int mutator_make(struct mutator *mutator, struct fuzz_case *c, struct arena *arena, uint64_t seed);
/* The exhaustive pass: every (place, variation) once, most valuable first. 1: the next one is in `c`; 0: all
 * were given. */
int mutator_next_boundary(struct mutator *mutator, struct fuzz_case *c, struct arena *arena,
                          struct mutation_list *done);
uint64_t mutator_boundaries(const struct mutator *mutator); /* how many there are */
/* Values that later copies and splices may draw from (seeds, recorded tapes). Copies what it keeps; bounded.
 */
int mutator_learn(struct mutator *mutator, const struct fuzz_case *c);

/* Trimming and minimising: candidate number `n` of ways to make `c` smaller, large steps first, each smaller
 * than `c` by measure of bytes. 1: `out` is one; 0: there are no more. Never leaves the lane of `c`. */
int mutator_smaller(struct mutator *mutator, const struct fuzz_case *c, uint64_t n, struct fuzz_case *out,
                    struct arena *arena);

/* "TIMRecvNewMsgCallback json_msg_array $[0].message_elem_array: left out (was an array of 1)". Returns the
 * length, cut to fit. */
size_t mutation_sentence(const struct fuzz_case *c, const struct mutation *mutation, char *text, size_t room);
const char *mutate_operation_name(unsigned operation);

#endif
