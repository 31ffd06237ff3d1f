// SPDX-License-Identifier: MIT
// The calls above in a case's text, by number or label -> function. Private to case_read.
#ifndef FUZZ_MODEL_CASE_NAMES_H
#define FUZZ_MODEL_CASE_NAMES_H

#include "api/api.h"
#include "fuzz/model/arena.h"

struct case_name; /* one entry */
struct case_names {
    struct case_name *heads[256];
};

/* `text` must live as long as the arena. 0 or -1: no memory. */
int case_names_add(struct case_names *names, struct arena *arena, const char *text, size_t bytes,
                   const struct api_entry *function);
/* The last of that name, or NULL. */
const struct api_entry *case_names_find(const struct case_names *names, const char *text, size_t bytes);

#endif
