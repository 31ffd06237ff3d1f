// SPDX-License-Identifier: MIT
// Differences of two exact JSON trees, place by place.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/jtree_order.h"
#include "traces/jtree_path.h"

struct walk {
    const struct jtree_diff_options *options;
    struct jtree_path path;
    const char *key;
    bool differs;
    bool stopped;
};

static struct jtree_place
here(const struct walk *walk, const cJSON *expected, const cJSON *got)
{
    return (struct jtree_place){.path = walk->path.text, .key = walk->key, .expected = expected, .got = got};
}

static int
report(struct walk *walk, enum jtree_change change, const cJSON *expected, const cJSON *got)
{
    walk->differs = true;
    if (walk->options == NULL || walk->options->report == NULL) {
        walk->stopped = true; /* nobody wants to hear of a second one */
        return 0;
    }
    char *left = expected != NULL ? jtree_print(expected, JTREE_COMPACT, NULL) : NULL;
    char *right = got != NULL ? jtree_print(got, JTREE_COMPACT, NULL) : NULL;
    int status = -1;
    if ((left != NULL || expected == NULL) && (right != NULL || got == NULL)) {
        struct jtree_difference difference = {
            .change = change, .place = here(walk, expected, got), .expected = left, .got = right};
        walk->stopped = walk->options->report(walk->options->context, &difference) != 0;
        status = 0;
    }
    free(left);
    free(right);
    return status;
}

static int compare(struct walk *walk, const cJSON *expected, const cJSON *got);

/* One place that has been entered on the path; either side may be absent. */
static int
visit(struct walk *walk, const cJSON *expected, const cJSON *got)
{
    if (walk->options != NULL && walk->options->ignore != NULL) {
        struct jtree_place place = here(walk, expected, got);
        if (walk->options->ignore(walk->options->context, &place))
            return 0;
    }
    if (got == NULL)
        return report(walk, JTREE_MISSING, expected, NULL);
    if (expected == NULL)
        return report(walk, JTREE_EXTRA, NULL, got);
    return compare(walk, expected, got);
}

static int
compare_arrays(struct walk *walk, const cJSON *expected, const cJSON *got)
{
    const cJSON *p = expected->child, *q = got->child;
    size_t mark = walk->path.used;
    int status = 0;
    for (size_t i = 0; (p != NULL || q != NULL) && status == 0 && !walk->stopped; i++) {
        status = jtree_path_index(&walk->path, i);
        if (status == 0)
            status = visit(walk, p, q);
        jtree_path_cut(&walk->path, mark);
        p = p != NULL ? p->next : NULL;
        q = q != NULL ? q->next : NULL;
    }
    return status;
}

static int
visit_member(struct walk *walk, const struct jtree_member *name, const cJSON *expected, const cJSON *got)
{
    size_t mark = walk->path.used;
    const char *outer = walk->key;
    walk->key = name->key.data;
    int status = jtree_path_key(&walk->path, name->key.data, name->key.bytes, name->nth);
    if (status == 0)
        status = visit(walk, expected, got);
    walk->key = outer;
    jtree_path_cut(&walk->path, mark);
    return status;
}

/* partner[i] of the member at position i of `expected`: its member in `got` or NULL; extra[i] likewise. */
struct matching {
    const struct jtree_member **member; /* by position in its own object */
    const cJSON **partner;
};

static int
match_make(struct matching *matching, const struct jtree_order *order)
{
    matching->member = calloc(order->count + 1, sizeof *matching->member);
    matching->partner = calloc(order->count + 1, sizeof *matching->partner);
    if (matching->member == NULL || matching->partner == NULL)
        return -1;
    for (size_t i = 0; i < order->count; i++)
        matching->member[order->members[i].position] = &order->members[i];
    return 0;
}

static void
match_free(struct matching *matching)
{
    free(matching->member);
    free(matching->partner);
}

static void
match(const struct jtree_order *x, const struct jtree_order *y, struct matching *mx, struct matching *my)
{
    for (size_t i = 0, j = 0; i < x->count && j < y->count;) {
        const struct jtree_member *a = &x->members[i], *b = &y->members[j];
        int order = jtree_member_compare(a, b);
        if (order == 0) {
            mx->partner[a->position] = b->node;
            my->partner[b->position] = a->node;
        }
        i += order <= 0;
        j += order >= 0;
    }
}

static int
compare_members(struct walk *walk, const struct jtree_order *x, const struct jtree_order *y,
                struct matching *mx, struct matching *my)
{
    int status = 0;
    if (match_make(mx, x) != 0 || match_make(my, y) != 0)
        return -1;
    match(x, y, mx, my);
    for (size_t i = 0; i < x->count && status == 0 && !walk->stopped; i++)
        status = visit_member(walk, mx->member[i], mx->member[i]->node, mx->partner[i]);
    for (size_t i = 0; i < y->count && status == 0 && !walk->stopped; i++)
        if (my->partner[i] == NULL)
            status = visit_member(walk, my->member[i], NULL, my->member[i]->node);
    return status;
}

static int
compare_objects(struct walk *walk, const cJSON *expected, const cJSON *got)
{
    struct jtree_order x = {0}, y = {0};
    struct matching mx = {0}, my = {0};
    int status = -1;
    if (jtree_order_make(&x, expected) == 0 && jtree_order_make(&y, got) == 0)
        status = compare_members(walk, &x, &y, &mx, &my);
    match_free(&mx);
    match_free(&my);
    jtree_order_free(&x);
    jtree_order_free(&y);
    return status;
}

static int
compare(struct walk *walk, const cJSON *expected, const cJSON *got)
{
    enum jtree_kind kind = jtree_kind(expected);
    if (kind != jtree_kind(got))
        return report(walk, JTREE_RETYPED, expected, got);
    if (kind == JTREE_ARRAY)
        return compare_arrays(walk, expected, got);
    if (kind == JTREE_OBJECT)
        return compare_objects(walk, expected, got);
    int same = jtree_equal(expected, got);
    return same == 0 ? report(walk, JTREE_CHANGED, expected, got) : same < 0 ? -1 : 0;
}

int
jtree_diff(const cJSON *expected, const cJSON *got, const struct jtree_diff_options *options)
{
    struct walk walk = {.options = options};
    if (jtree_path_start(&walk.path) != 0)
        return -1;
    int status = compare(&walk, expected, got);
    jtree_path_free(&walk.path);
    return status < 0 ? -1 : walk.differs;
}
