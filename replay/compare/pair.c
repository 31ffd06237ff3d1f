// SPDX-License-Identifier: MIT
/*
 * Which event of one tape is which of the other. Rows of events (of a thread, in a callback, of a call) are
 * aligned by what may not differ, then what is left between by name, the nearest arguments first; what is
 * left after that may have changed its place, or its thread.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/compare/compare_parts.h"

#define NEAR 64     /* pairs of candidates whose arguments are looked at in one gap */
#define LOOK 200000 /* ... and in all */
#define SAMPLE 64   /* events by which threads of one name are told apart */

struct pairing {
    struct compare_tape *tape; /* both */
    const struct match_terms *terms;
    struct fault *fault;
    bool *windowed;
    uint32_t *work; /* paired items of tape 0 whose lists are still to be paired */
    size_t works, room;
    unsigned looks;
    /* a row of either tape, with its keys */
    uint32_t *row[2];
    uint64_t *key[2];
    uint32_t *match;
    uint32_t count[2], row_room[2];
};

static int
no_memory(struct pairing *pairing)
{
    return fault_set(pairing->fault, FAULT_INTERNAL, "out of memory to compare the tapes");
}

static int
add_work(struct pairing *pairing, uint32_t item)
{
    if (pairing->works == pairing->room) {
        size_t room = pairing->room * 2 + 256;
        uint32_t *grown = realloc(pairing->work, room * sizeof *grown);
        if (grown == NULL)
            return no_memory(pairing);
        pairing->work = grown;
        pairing->room = room;
    }
    pairing->work[pairing->works++] = item;
    return 0;
}

static int
join(struct pairing *pairing, uint32_t a, uint32_t b, bool moved)
{
    struct compare_item *x = &pairing->tape[0].item[a], *y = &pairing->tape[1].item[b];
    x->pair = b;
    y->pair = a;
    x->moved = y->moved = moved;
    return x->first != COMPARE_NONE && y->first != COMPARE_NONE ? add_work(pairing, a) : 0;
}

/* Function, and for a callback what it is an answer to. */
static uint64_t
weak_key(const struct pairing *pairing, unsigned side, uint32_t item)
{
    const struct compare_tape *tape = &pairing->tape[side];
    uint64_t key = compare_name_key(tape, item);
    uint32_t cause = tape->item[item].is_callback ? tape->item[item].cause : COMPARE_NONE;
    return cause != COMPARE_NONE ? compare_mix(key, compare_name_key(tape, cause)) : key;
}

static uint64_t
strong_key(const struct pairing *pairing, unsigned side, uint32_t item)
{
    return compare_mix(weak_key(pairing, side, item), pairing->tape[side].item[item].digest);
}

/* ---- a row --------------------------------------------------------------------------------------- */

static int
fill_row(struct pairing *pairing, unsigned side, uint32_t first)
{
    const struct compare_tape *tape = &pairing->tape[side];
    uint32_t count = 0;
    for (uint32_t i = first; i != COMPARE_NONE; i = tape->item[i].next)
        count++;
    if (count > pairing->row_room[side]) {
        uint32_t room = count + count / 2 + 64;
        uint32_t *row = realloc(pairing->row[side], room * sizeof *row);
        if (row != NULL)
            pairing->row[side] = row;
        uint64_t *key = realloc(pairing->key[side], room * sizeof *key);
        if (key != NULL)
            pairing->key[side] = key;
        uint32_t *match = side == 0 ? realloc(pairing->match, room * sizeof *match) : pairing->match;
        if (match != NULL || side == 1)
            pairing->match = match;
        if (row == NULL || key == NULL || (side == 0 && match == NULL))
            return no_memory(pairing);
        pairing->row_room[side] = room;
    }
    pairing->count[side] = 0;
    for (uint32_t i = first; i != COMPARE_NONE; i = tape->item[i].next) {
        if (tape->item[i].pair == COMPARE_NONE)
            pairing->row[side][pairing->count[side]++] = i;
    }
    return 0;
}

/* Differences between two events; a large number when they cannot be compared. */
static unsigned
distance(struct pairing *pairing, uint32_t a, uint32_t b)
{
    struct tape_event x, y;
    struct match_difference first;
    struct match_terms terms = *pairing->terms;
    terms.flow = NULL;
    terms.listeners = NULL;
    if (compare_read(&pairing->tape[0], a, &x, NULL) != 0 ||
        compare_read(&pairing->tape[1], b, &y, NULL) != 0 || match_call(&x, &y, &terms, &first) < 0)
        return 1000;
    return first.count;
}

/* Best pairs of a small gap, in order: the most pairs, then the fewest differences. */
static int
pair_near(struct pairing *pairing, uint32_t a, uint32_t na, uint32_t b, uint32_t nb)
{
    const uint32_t *x = pairing->row[0] + a, *y = pairing->row[1] + b;
    const uint64_t *kx = pairing->key[0] + a, *ky = pairing->key[1] + b;
    long cost[NEAR + 1][NEAR + 1], step[NEAR + 1][NEAR + 1];
    for (uint32_t i = na + 1; i-- > 0;) {
        for (uint32_t j = nb + 1; j-- > 0;) {
            cost[i][j] = step[i][j] = 0;
            if (i == na || j == nb)
                continue;
            bool down = cost[i + 1][j] >= cost[i][j + 1];
            cost[i][j] = down ? cost[i + 1][j] : cost[i][j + 1];
            step[i][j] = down ? 1 : 2;
            if (kx[i] != ky[j])
                continue;
            unsigned far = distance(pairing, x[i], y[j]);
            long gain = 100000 - (long)(far < 900 ? far : 900) + cost[i + 1][j + 1];
            pairing->looks++;
            if (gain > cost[i][j]) {
                cost[i][j] = gain;
                step[i][j] = 3;
            }
        }
    }
    for (uint32_t i = 0, j = 0; i < na && j < nb;) {
        if (step[i][j] == 3 && join(pairing, x[i], y[j], false) != 0)
            return -1;
        long way = step[i][j];
        i += way != 2;
        j += way != 1;
    }
    return 0;
}

static bool
one_of_a_kind(const uint64_t *key, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (key[i] == key[j])
                return false;
        }
    }
    return true;
}

/* What lies between two pairs of a row: by name. */
static int
pair_gap(struct pairing *pairing, uint32_t a, uint32_t na, uint32_t b, uint32_t nb)
{
    if (na == 0 || nb == 0)
        return 0;
    for (uint32_t i = 0; i < na; i++)
        pairing->key[0][a + i] = weak_key(pairing, 0, pairing->row[0][a + i]);
    for (uint32_t i = 0; i < nb; i++)
        pairing->key[1][b + i] = weak_key(pairing, 1, pairing->row[1][b + i]);
    bool small = (uint64_t)na * nb <= NEAR && pairing->looks < LOOK;
    if (small && na != nb &&
        !(one_of_a_kind(pairing->key[0] + a, na) && one_of_a_kind(pairing->key[1] + b, nb)))
        return pair_near(pairing, a, na, b, nb);
    uint32_t *match = malloc(na * sizeof *match);
    if (match == NULL ||
        compare_align(pairing->key[0] + a, na, pairing->key[1] + b, nb, match, pairing->windowed) != 0) {
        free(match);
        return no_memory(pairing);
    }
    int result = 0;
    for (uint32_t i = 0; i < na && result == 0; i++) {
        if (match[i] != COMPARE_NONE)
            result = join(pairing, pairing->row[0][a + i], pairing->row[1][b + match[i]], false);
    }
    free(match);
    return result;
}

static int
pair_rows(struct pairing *pairing, uint32_t first_a, uint32_t first_b)
{
    if (fill_row(pairing, 0, first_a) != 0 || fill_row(pairing, 1, first_b) != 0)
        return -1;
    uint32_t n = pairing->count[0], m = pairing->count[1], a = 0, b = 0;
    if (n == 0 || m == 0)
        return 0;
    for (unsigned side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < pairing->count[side]; i++)
            pairing->key[side][i] = strong_key(pairing, side, pairing->row[side][i]);
    }
    if (compare_align(pairing->key[0], n, pairing->key[1], m, pairing->match, pairing->windowed) != 0)
        return no_memory(pairing);
    for (uint32_t i = 0; i <= n; i++) {
        uint32_t j = i < n ? pairing->match[i] : m;
        if (j == COMPARE_NONE)
            continue;
        if (pair_gap(pairing, a, i - a, b, j - b) != 0)
            return -1;
        if (i < n && join(pairing, pairing->row[0][i], pairing->row[1][j], false) != 0)
            return -1;
        a = i + 1;
        b = j + 1;
    }
    return 0;
}

static int
do_work(struct pairing *pairing)
{
    while (pairing->works > 0) {
        uint32_t a = pairing->work[--pairing->works], b = pairing->tape[0].item[a].pair;
        if (pair_rows(pairing, pairing->tape[0].item[a].first, pairing->tape[1].item[b].first) != 0)
            return -1;
    }
    return 0;
}

/* ---- threads ------------------------------------------------------------------------------------- */

static unsigned
sample(const struct pairing *pairing, unsigned side, uint32_t thread, uint64_t keys[SAMPLE])
{
    const struct compare_tape *tape = &pairing->tape[side];
    const uint32_t firsts[] = {tape->thread[thread].calls, tape->thread[thread].backs};
    unsigned count = 0;
    for (unsigned list = 0; list < 2; list++) {
        unsigned most = list == 0 ? SAMPLE / 2 : SAMPLE;
        for (uint32_t i = firsts[list]; i != COMPARE_NONE && count < most; i = tape->item[i].next)
            keys[count++] = strong_key(pairing, side, i);
    }
    return count;
}

/* How many events at their beginnings the two threads have in common. */
static unsigned
likeness(const struct pairing *pairing, uint32_t a, uint32_t b)
{
    uint64_t x[SAMPLE], y[SAMPLE];
    unsigned n = sample(pairing, 0, a, x), m = sample(pairing, 1, b, y), common = 0;
    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; j < m; j++) {
            if (x[i] == y[j]) {
                y[j] = y[--m];
                common++;
                break;
            }
        }
    }
    return common;
}

static unsigned
role(const struct compare_thread *thread)
{
    return (thread->calls != COMPARE_NONE ? 1 : 0) + (thread->backs != COMPARE_NONE ? 2 : 0);
}

/* Threads of one process and role, and in the first round of one name: the most alike first come together. */
static void
pair_threads(struct pairing *pairing, bool by_name)
{
    struct compare_tape *x = &pairing->tape[0], *y = &pairing->tape[1];
    for (uint32_t a = 0; a < x->threads; a++) {
        struct compare_thread *thread = &x->thread[a];
        uint32_t best = COMPARE_NONE;
        unsigned most = 0;
        if (thread->pair != COMPARE_NONE)
            continue;
        for (uint32_t b = 0; b < y->threads; b++) {
            struct compare_thread *other = &y->thread[b];
            if (other->pair != COMPARE_NONE || other->process != thread->process ||
                (by_name ? strcmp(other->name, thread->name) != 0 : false) || role(other) != role(thread))
                continue;
            unsigned like = likeness(pairing, a, b) + 1;
            if (like > most) {
                most = like;
                best = b;
            }
        }
        if (best == COMPARE_NONE)
            continue;
        thread->pair = best;
        y->thread[best].pair = a;
    }
}

/* ---- what is left -------------------------------------------------------------------------------- */

struct left {
    uint64_t key;
    uint32_t item;
};

static int
by_key(const void *a, const void *b)
{
    const struct left *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

/* Unpaired events whose surroundings are paired, or all. */
static struct left *
collect(struct pairing *pairing, unsigned side, size_t *count)
{
    const struct compare_tape *tape = &pairing->tape[side];
    struct left *left = malloc((tape->items + 1) * sizeof *left);
    *count = 0;
    for (uint32_t i = 0; left != NULL && i < tape->items; i++) {
        const struct compare_item *item = &tape->item[i];
        if (!item->counts || item->pair != COMPARE_NONE)
            continue;
        if (item->above != COMPARE_NONE && tape->item[item->above].pair == COMPARE_NONE)
            continue;
        left[(*count)++] = (struct left){.key = strong_key(pairing, side, i), .item = i};
    }
    if (left != NULL)
        qsort(left, *count, sizeof *left, by_key);
    return left;
}

/* Is it the same row of both tapes? */
static bool
same_row(const struct pairing *pairing, uint32_t a, uint32_t b)
{
    const struct compare_item *x = &pairing->tape[0].item[a], *y = &pairing->tape[1].item[b];
    if (x->above != COMPARE_NONE || y->above != COMPARE_NONE)
        return x->above != COMPARE_NONE && pairing->tape[0].item[x->above].pair == y->above;
    return pairing->tape[0].thread[x->thread].pair == y->thread;
}

static int
pair_left(struct pairing *pairing, const struct left *a, size_t na, const struct left *b, size_t nb,
          bool here)
{
    for (size_t i = 0, j = 0; i < na && j < nb;) {
        if (a[i].key != b[j].key) {
            bool less = a[i].key < b[j].key;
            i += less;
            j += !less;
            continue;
        }
        /* Of one key: in order, those of one row first. */
        size_t p = i, q = j;
        while (p < na && a[p].key == a[i].key)
            p++;
        while (q < nb && b[q].key == b[j].key)
            q++;
        for (size_t k = i; k < p; k++) {
            unsigned tried = 0;
            while (j < q && pairing->tape[1].item[b[j].item].pair != COMPARE_NONE)
                j++;
            for (size_t l = j; l < q && tried++ < NEAR; l++) {
                if (pairing->tape[0].item[a[k].item].pair != COMPARE_NONE)
                    break;
                if (pairing->tape[1].item[b[l].item].pair != COMPARE_NONE)
                    continue;
                if (same_row(pairing, a[k].item, b[l].item) == here &&
                    join(pairing, a[k].item, b[l].item, true) != 0)
                    return -1;
            }
        }
        i = p;
        j = q;
    }
    return 0;
}

static int
pair_rest(struct pairing *pairing)
{
    size_t na, nb;
    struct left *a = collect(pairing, 0, &na), *b = collect(pairing, 1, &nb);
    int result = a == NULL || b == NULL ? no_memory(pairing) : 0;
    for (int here = 1; here >= 0 && result == 0; here--) {
        result = pair_left(pairing, a, na, b, nb, here != 0);
        if (result == 0)
            result = do_work(pairing);
    }
    free(a);
    free(b);
    return result;
}

static int
pair_all(struct pairing *pairing)
{
    struct compare_tape *x = &pairing->tape[0], *y = &pairing->tape[1];
    pair_threads(pairing, true);
    pair_threads(pairing, false);
    for (uint32_t i = 0; i < x->threads; i++) {
        uint32_t pair = x->thread[i].pair;
        if (pair != COMPARE_NONE && pair_rows(pairing, x->thread[i].calls, y->thread[pair].calls) != 0)
            return -1;
    }
    if (do_work(pairing) != 0)
        return -1;
    for (uint32_t i = 0; i < x->threads; i++) {
        uint32_t pair = x->thread[i].pair;
        if (pair != COMPARE_NONE && pair_rows(pairing, x->thread[i].backs, y->thread[pair].backs) != 0)
            return -1;
    }
    return do_work(pairing) != 0 ? -1 : pair_rest(pairing);
}

int
compare_pair(struct compare_tape tapes[2], const struct match_terms *terms, bool *windowed,
             struct fault *fault)
{
    struct pairing pairing = {.tape = tapes, .terms = terms, .fault = fault, .windowed = windowed};
    int result = pair_all(&pairing);
    free(pairing.work);
    free(pairing.match);
    for (unsigned side = 0; side < 2; side++) {
        free(pairing.row[side]);
        free(pairing.key[side]);
    }
    return result;
}
