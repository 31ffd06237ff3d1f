// SPDX-License-Identifier: MIT
// Small questions about nodes that several files of fuzz/model ask. Private to it.
#ifndef FUZZ_MODEL_MODEL_CHECK_H
#define FUZZ_MODEL_MODEL_CHECK_H

#include "fuzz/model/model.h"

/* Is the node of that declared kind (any number for any number type)? */
bool model_kind_is(uint8_t json, const cJSON *node);
/* A whole number that the type can hold; true for doubles. */
bool model_in_range(uint8_t json, const cJSON *number);
/* Does `node`, the value of `key` in `object`, agree with the array that it counts or is parallel to? */
bool model_agrees(const struct api_key *key, const cJSON *object, const cJSON *node);

#endif
