// SPDX-License-Identifier: MIT
/*
 * Editing a tree in place, all memory from an arena: nothing is freed, no cJSON hook is called. Nodes are as
 * jtree.h describes them.
 */
#ifndef FUZZ_MUTATE_EDIT_H
#define FUZZ_MUTATE_EDIT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz/model/arena.h"

/* New values; NULL: no memory. `text` of a number must be one; strings must be UTF-8 without NUL. */
cJSON *edit_new(struct arena *arena, int type);
cJSON *edit_number(struct arena *arena, const char *text);
cJSON *edit_signed(struct arena *arena, int64_t value);
cJSON *edit_unsigned(struct arena *arena, uint64_t value);
cJSON *edit_string(struct arena *arena, const char *bytes, size_t count);
cJSON *edit_copy(struct arena *arena, const cJSON *node); /* with its name, without its neighbours */

/* `node` keeps its place and name and gets the value (and the children) of `value`. */
void edit_become(cJSON *node, const cJSON *value);
void edit_remove(cJSON *parent, cJSON *node);
void edit_append(cJSON *parent, cJSON *node);
void edit_after(cJSON *parent, cJSON *before, cJSON *node); /* before NULL: at the front */
/* The name is not copied. */
void edit_name(cJSON *node, const char *name);
void edit_swap(cJSON *parent, cJSON *a, cJSON *b); /* two different children change places */

size_t edit_count(const cJSON *container);
cJSON *edit_child(const cJSON *container, size_t index);
bool edit_container(const cJSON *node);
/* About as many bytes as the compact print has, escapes left out of account. */
size_t edit_size(const cJSON *node);
size_t edit_depth(const cJSON *node);
bool edit_same(const cJSON *a, const cJSON *b); /* prints the same */

#endif
