// SPDX-License-Identifier: MIT
// Parts of making values. Private to fuzz/model.
#ifndef FUZZ_MODEL_MODEL_MAKE_H
#define FUZZ_MODEL_MODEL_MAKE_H

#include "fuzz/model/model.h"

/* A string or number that fits what the key's name says. */
cJSON *model_make_string(struct model_maker *maker, struct model_type type);
cJSON *model_make_number(struct model_maker *maker, struct model_type type);
/* Adds a member of that name; takes the value over, also when it fails. 0 or -1 (`value` NULL among it). */
int model_put(cJSON *object, const char *name, cJSON *value);
/* Cuts the end of an array off, or repeats its last element; an empty one grows by empty texts. 0 or -1. */
int model_set_length(cJSON *array, int64_t wanted);

#endif
