// SPDX-License-Identifier: MIT
/*
 * The members of an object, sorted by decoded name and then by position, so that two objects can
 * be matched without looking at every pair. Private to the exact JSON tree.
 */
#ifndef TRACES_JTREE_ORDER_H
#define TRACES_JTREE_ORDER_H

#include "traces/jtree.h"

struct jtree_member {
    struct jtree_text key;
    const cJSON *node;
    size_t position; /* in the object */
    size_t nth;      /* among members of this name, from 1 */
};

struct jtree_order {
    struct jtree_member *members;
    size_t count;
};

int jtree_order_make(struct jtree_order *order, const cJSON *object);
void jtree_order_free(struct jtree_order *order);
/* By name, then by nth. */
int jtree_member_compare(const struct jtree_member *a, const struct jtree_member *b);

#endif
