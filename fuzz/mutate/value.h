// SPDX-License-Identifier: MIT
/* Values to put somewhere, drawn for one step. Private to the room. */
#ifndef FUZZ_MUTATE_VALUE_H
#define FUZZ_MUTATE_VALUE_H

#include "fuzz/mutate/mutate.h"
#include "fuzz/mutate/operation.h"

struct work;

/* An ordinary value of about so many values in all; NULL: no memory (noted). */
cJSON *value_make(struct work *work, struct model_type type, unsigned budget);
/* An object; of a union the variant number `variant` (-1: any). */
cJSON *value_object(struct work *work, struct model_type type, int variant, unsigned budget);
/* A value of one of the type's variations, or of the lengths and numbers at which buffers end; NULL: none. */
cJSON *value_special(struct work *work, struct model_type type, const cJSON *now);
/* What kind of step leads to a variation. */
enum mutate_operation value_operation(enum model_variation variation);

#endif
