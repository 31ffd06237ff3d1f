// SPDX-License-Identifier: MIT
/*
 * The part of AFL++'s custom mutator interface that 4.04c calls. Debian has no headers of AFL++, so it is
 * declared here, after its docs/custom_mutators.md. One afl-fuzz, one thread.
 */
#ifndef FUZZ_ENGINE_AFL_H
#define FUZZ_ENGINE_AFL_H

#include <stddef.h>
#include <stdint.h>

#define AFL_HOOK __attribute__((visibility("default")))

/* What the other hooks get as `data`; NULL ends afl-fuzz. */
AFL_HOOK void *afl_custom_init(void *afl, unsigned seed);
AFL_HOOK void afl_custom_deinit(void *data);
/* Bytes of *out, ours until the next call; 0: nothing to run. */
AFL_HOOK size_t afl_custom_fuzz(void *data, uint8_t *buffer, size_t size, uint8_t **out, uint8_t *other,
                                size_t other_size, size_t most);
/* How often afl_custom_fuzz is to be called for this queue entry; 0: skip it. */
AFL_HOOK unsigned afl_custom_fuzz_count(void *data, const uint8_t *buffer, size_t size);
/* Ends in the names of what was found. */
AFL_HOOK const char *afl_custom_describe(void *data, size_t most);
AFL_HOOK size_t afl_custom_havoc_mutation(void *data, uint8_t *buffer, size_t size, uint8_t **out,
                                          size_t most);
AFL_HOOK uint8_t afl_custom_havoc_mutation_probability(void *data);
/* Steps that may be done; then trim once for each, and post_trim says the next step's number (>= steps:
 * done). */
AFL_HOOK int32_t afl_custom_init_trim(void *data, uint8_t *buffer, size_t size);
AFL_HOOK size_t afl_custom_trim(void *data, uint8_t **out);
AFL_HOOK int32_t afl_custom_post_trim(void *data, uint8_t success);
/* A file came into the queue; 4.04c ignores the result but changes it to "the file was changed". */
AFL_HOOK uint8_t afl_custom_queue_new_entry(void *data, const uint8_t *file, const uint8_t *from);

#endif
