// SPDX-License-Identifier: MIT
/*
 * Where new inputs come from, for libFuzzer and afl-fuzz alike: the boundary pass first, every (place,
 * variation) once, then random steps from the engine's parents. Both engines see bytes only; the producer
 * keeps the case that its last bytes were written from, because libFuzzer mutates its own last output up to
 * five times in a row.
 *
 * The wall between the lanes: a parent of the syntax lane is changed further only in that lane; for the share
 * of the valid lane one of the valid parents seen before takes its place.
 */
#ifndef FUZZ_ENGINE_PRODUCE_H
#define FUZZ_ENGINE_PRODUCE_H

#include "fuzz/engine/options.h"
#include "fuzz/mutate/mutate.h"

struct producer;

/* Where the boundary pass is, shared by the processes of a run (libFuzzer's -jobs and -fork), or NULL: one
 * process. Each takes the next number, so that together they do the pass once. */
struct producer_pass {
    volatile uint64_t taken;
};

/* `options` and `targets` are used until producer_free. NULL with a fault. */
struct producer *producer_new(const struct engine_options *options, const struct mutate_target *targets,
                              size_t ntargets, struct producer_pass *pass, struct fault *fault);
void producer_free(struct producer *producer);

/* libFuzzer's byte mutator, for payloads in the syntax lane; without it the mutator has its own. */
typedef size_t producer_bytes(uint8_t *data, size_t size, size_t room);

struct producer_request {
    const char *parent; /* bytes of an input, or of no use: a fresh case is taken then */
    size_t size;
    const char *other; /* to cross with, or NULL */
    size_t other_size;
    size_t most; /* bytes of the result; the budget is another limit */
    uint64_t seed;
    producer_bytes *bytes; /* or NULL */
    bool random;           /* no boundary: a single step (havoc) */
};
/* The next input. Its bytes are the producer's until the next call. 0: there is none (it would be larger than
 * asked for, or no memory). */
size_t producer_next(struct producer *producer, const struct producer_request *request, const char **text);

/* A fresh, ordinary case as text; as above. */
size_t producer_make(struct producer *producer, uint64_t seed, const char **text);
/* What was changed since the engine's parent, a sentence a line. Length, cut to fit. */
size_t producer_sentences(struct producer *producer, char *text, size_t room);
/* Is the boundary pass over, for this process? */
bool producer_passed(const struct producer *producer);
/* An input worth keeping, of the user or of the queue: a source of values. */
void producer_learn(struct producer *producer, const char *text, size_t size);
struct mutator *producer_mutator(struct producer *producer);

#endif
