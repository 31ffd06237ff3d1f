// SPDX-License-Identifier: MIT
// Equality of exact JSON trees, and the order of members that comparing needs.
#include <stdlib.h>
#include <string.h>

#include "traces/jtree_order.h"

static int
compare_keys(const struct jtree_text *a, const struct jtree_text *b)
{
    size_t shorter = a->bytes < b->bytes ? a->bytes : b->bytes;
    int order = memcmp(a->data, b->data, shorter);
    return order != 0 ? order : (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

int
jtree_member_compare(const struct jtree_member *a, const struct jtree_member *b)
{
    int order = compare_keys(&a->key, &b->key);
    return order != 0 ? order : (a->nth > b->nth) - (a->nth < b->nth);
}

static int
by_key_and_position(const void *left, const void *right)
{
    const struct jtree_member *a = left, *b = right;
    int order = compare_keys(&a->key, &b->key);
    return order != 0 ? order : (a->position > b->position) - (a->position < b->position);
}

int
jtree_order_make(struct jtree_order *order, const cJSON *object)
{
    size_t count = 0;
    *order = (struct jtree_order){0};
    for (const cJSON *child = object->child; child != NULL; child = child->next)
        count++;
    if (count == 0)
        return 0;
    order->members = malloc(count * sizeof *order->members);
    if (order->members == NULL)
        return -1;
    for (const cJSON *child = object->child; child != NULL; child = child->next) {
        struct jtree_member *member = &order->members[order->count];
        *member = (struct jtree_member){.node = child, .position = order->count, .nth = 1};
        if (jtree_key(child, &member->key) != 0) {
            jtree_order_free(order);
            return -1;
        }
        order->count++;
    }
    qsort(order->members, count, sizeof *order->members, by_key_and_position);
    for (size_t i = 1; i < count; i++)
        if (compare_keys(&order->members[i - 1].key, &order->members[i].key) == 0)
            order->members[i].nth = order->members[i - 1].nth + 1;
    return 0;
}

void
jtree_order_free(struct jtree_order *order)
{
    for (size_t i = 0; i < order->count; i++)
        jtree_text_free(&order->members[i].key);
    free(order->members);
    *order = (struct jtree_order){0};
}

static int
equal_strings(const cJSON *a, const cJSON *b)
{
    struct jtree_text x, y;
    if (jtree_text(a, &x) != 0)
        return -1;
    if (jtree_text(b, &y) != 0) {
        jtree_text_free(&x);
        return -1;
    }
    int same = compare_keys(&x, &y) == 0;
    jtree_text_free(&x);
    jtree_text_free(&y);
    return same;
}

static int
equal_numbers(const cJSON *a, const cJSON *b)
{
    const char *x = jtree_number(a), *y = jtree_number(b);
    if (x != NULL && y != NULL)
        return strcmp(x, y) == 0 || jtree_number_equal(x, y);
    /* At least one comes from elsewhere: compare what would be printed. */
    char *p = jtree_print(a, JTREE_COMPACT, NULL), *q = jtree_print(b, JTREE_COMPACT, NULL);
    int same = p == NULL || q == NULL ? -1 : strcmp(p, q) == 0 || jtree_number_equal(p, q);
    free(p);
    free(q);
    return same;
}

/* Same names in the same order, spelled the same: the usual case, needs no sorting. */
static bool
same_names(const cJSON *a, const cJSON *b)
{
    const cJSON *p = a->child, *q = b->child;
    for (; p != NULL && q != NULL; p = p->next, q = q->next)
        if (p->string == NULL || q->string == NULL || strcmp(p->string, q->string) != 0 ||
            ((p->type ^ q->type) & JTREE_RAW_KEY) != 0)
            return false;
    return p == NULL && q == NULL;
}

static int
equal_in_order(const cJSON *a, const cJSON *b)
{
    const cJSON *p = a->child, *q = b->child;
    int same = 1;
    for (; p != NULL && q != NULL && same == 1; p = p->next, q = q->next)
        same = jtree_equal(p, q);
    return same == 1 ? p == NULL && q == NULL : same;
}

static int
equal_objects(const cJSON *a, const cJSON *b)
{
    if (same_names(a, b))
        return equal_in_order(a, b);
    struct jtree_order x, y;
    if (jtree_order_make(&x, a) != 0)
        return -1;
    if (jtree_order_make(&y, b) != 0) {
        jtree_order_free(&x);
        return -1;
    }
    int same = x.count == y.count;
    for (size_t i = 0; i < x.count && same == 1; i++)
        same = jtree_member_compare(&x.members[i], &y.members[i]) == 0;
    for (size_t i = 0; i < x.count && same == 1; i++)
        same = jtree_equal(x.members[i].node, y.members[i].node);
    jtree_order_free(&x);
    jtree_order_free(&y);
    return same;
}

int
jtree_equal(const cJSON *a, const cJSON *b)
{
    enum jtree_kind kind = jtree_kind(a);
    if (kind != jtree_kind(b))
        return 0;
    switch (kind) {
    case JTREE_NULL:
        return 1;
    case JTREE_BOOL:
        return (a->type & 0xFF) == (b->type & 0xFF);
    case JTREE_NUMBER:
        return equal_numbers(a, b);
    case JTREE_STRING:
        return equal_strings(a, b);
    case JTREE_ARRAY:
        return equal_in_order(a, b);
    default:
        return equal_objects(a, b);
    }
}
