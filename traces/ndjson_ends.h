// SPDX-License-Identifier: MIT
// The leave edges still to come, so that no number is given twice. Private to NDJSON import.
#ifndef TRACES_NDJSON_ENDS_H
#define TRACES_NDJSON_ENDS_H

#include <stddef.h>
#include <stdint.h>

/* A heap, the smallest number first. As large as the number of events that are open at one moment. */
struct ndjson_ends {
    uint64_t *numbers;
    size_t count, room;
};

/* 0 or -1: no memory. */
int ndjson_ends_add(struct ndjson_ends *ends, uint64_t number);
/* Forgets all numbers up to `number`, which is an enter edge. Returns one that is there twice (or is that
 * edge), or 0. */
uint64_t ndjson_ends_pass(struct ndjson_ends *ends, uint64_t number);

#endif
