// SPDX-License-Identifier: MIT
/*
 * A delivered case into the counters: one walk over its trees beside the table of places. It runs once an
 * execution of a target, so a member finds its place by a guess first (members mostly come in the order in
 * which they are declared), and what is absent is looked at with the model only where a key is undeclared.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/coverage/table.h"
#include "traces/jtree.h"

#define MOST_BYTES 65536
#define IDLE 4096 /* cases without news before only some are looked into */

struct collect {
    struct coverage *coverage;
    struct arena *arena;
    unsigned news;
};

static void
note(struct collect *collect, uint32_t place, enum model_variation variation)
{
    struct coverage *coverage = collect->coverage;
    uint32_t slot = table_slot(&coverage->rows[place], variation);
    if (slot == TABLE_NONE || coverage->seen[slot] == coverage->now)
        return;
    coverage->seen[slot] = coverage->now;
    coverage->last[coverage->nlast++] = slot;
    /* Loads and stores, no locked addition: a count that two processes raise at once may lose one, never the
     * first. */
    uint32_t count = __atomic_load_n(&coverage->count[slot], __ATOMIC_RELAXED);
    if (count != UINT32_MAX)
        __atomic_store_n(&coverage->count[slot], count + 1, __ATOMIC_RELAXED);
    collect->news += count == 0;
    if (coverage->also_count > 0)
        coverage->also[slot % coverage->also_count] = 1;
}

static void walk(struct collect *collect, uint32_t at, const cJSON *node);

/* Bit of a child's `in` that this object stands for. */
static uint64_t
chosen(const struct coverage *coverage, const struct table_place *place, const cJSON *object)
{
    int64_t value;
    const cJSON *member = place->chooser != NULL ? jtree_get(object, place->chooser) : NULL;
    if (member == NULL || !jtree_int64(member, &value))
        return 1;
    for (uint32_t i = 0; i < place->nvalues; i++) {
        if (coverage->values[place->value + i] == value)
            return UINT64_C(2) << i;
    }
    return 1;
}

/* `guess`: where it would be if it came as declared; moved on. */
static const struct table_child *
find_child(const struct coverage *coverage, const struct table_place *place, const char *name,
           uint32_t *guess)
{
    const struct table_child *children = coverage->children + place->child;
    for (uint32_t i = 0; i < place->nchildren; i++) {
        uint32_t at = (*guess + i) % place->nchildren;
        if (strcmp(children[at].name, name) == 0) {
            *guess = at + 1;
            return &children[at];
        }
    }
    return NULL;
}

static void
walk_object(struct collect *collect, const struct table_place *place, const cJSON *object)
{
    const struct coverage *coverage = collect->coverage;
    uint64_t there[8] = {0}, in = chosen(coverage, place, object);
    bool odd = false;
    uint32_t guess = 0;
    for (const cJSON *member = object->child; member != NULL; member = member->next) {
        const struct table_child *child = member->string != NULL && (member->type & JTREE_RAW_KEY) == 0
                                              ? find_child(coverage, place, member->string, &guess)
                                              : NULL;
        if (child == NULL) {
            odd = true;
            continue;
        }
        uint32_t number = (uint32_t)(child - coverage->children) - place->child;
        const struct table_place *inner = &coverage->places[child->place];
        bool twice = number < 512 && (there[number / 64] >> number % 64 & 1) != 0;
        if (number < 512)
            there[number / 64] |= UINT64_C(1) << number % 64;
        note(collect, child->place,
             twice ? MODEL_DUPLICATE
                   : model_classify(inner->type, object, inner->name, member, &coverage->profile));
        walk(collect, child->place, member);
    }
    for (uint32_t i = 0; i < place->nchildren && i < 512; i++) {
        const struct table_child *child = &coverage->children[place->child + i];
        if ((child->in & in) == 0 || (there[i / 64] >> i % 64 & 1) != 0)
            continue;
        const struct table_place *inner = &coverage->places[child->place];
        note(collect, child->place,
             odd ? model_classify(inner->type, object, inner->name, NULL, &coverage->profile) : MODEL_ABSENT);
    }
}

/* What is below a value; the value itself was noted. */
static void
walk(struct collect *collect, uint32_t at, const cJSON *node)
{
    const struct coverage *coverage = collect->coverage;
    const struct table_place *place = &coverage->places[at];
    enum jtree_kind kind = jtree_kind(node);
    if (kind == JTREE_OBJECT && place->nchildren > 0)
        walk_object(collect, place, node);
    if (kind != JTREE_ARRAY || place->element == TABLE_NONE)
        return;
    const struct table_place *element = &coverage->places[place->element];
    for (const cJSON *item = node->child; item != NULL; item = item->next) {
        note(collect, place->element, model_classify(element->type, NULL, NULL, item, &coverage->profile));
        walk(collect, place->element, item);
    }
}

/* The value as a tree, in the arena; NULL: it is none. */
static const cJSON *
tree_of(struct collect *collect, const struct api_param *param, const struct case_value *value)
{
    struct case_value copy = *value;
    switch (value->kind) {
    case CASE_NUMBER:
        return param->type == API_U64 ? jtree_new_uint64((uint64_t)value->number)
                                      : jtree_new_int64(value->number);
    case CASE_NULL:
        return cJSON_CreateNull();
    case CASE_TEXT:
        if (value->count > MOST_BYTES)
            return NULL;
        if (param->content != API_JSON)
            return jtree_new_string(value->bytes, value->count);
        return case_parse(&copy, collect->arena) ? copy.tree : NULL;
    case CASE_TREE:
        return value->tree;
    case CASE_ABSENT:
        break;
    }
    return NULL;
}

static void
note_event(struct collect *collect, const struct case_event *event, unsigned target)
{
    const struct coverage *coverage = collect->coverage;
    int code = event->callback->code;
    bool failed = code >= 0 && event->args[code].kind == CASE_NUMBER && event->args[code].number != 0;
    for (uint32_t i = 0; i < coverage->nroots; i++) {
        const struct table_root *root = &coverage->roots[i];
        /* The last that fits: the one for failures follows the ordinary one. */
        if (root->target != target || (root->failed && !failed) ||
            (failed && i + 1 < coverage->nroots && root[1].target == target && root[1].failed &&
             root[1].param == root->param))
            continue;
        const cJSON *tree =
            tree_of(collect, &event->callback->params[root->param], &event->args[root->param]);
        if (tree == NULL)
            continue;
        note(collect, root->place,
             model_classify(coverage->places[root->place].type, NULL, NULL, tree, &coverage->profile));
        walk(collect, root->place, tree);
    }
}

/* Targets that say which call they answer come first, whatever the order. */
static unsigned
find_target(const struct coverage *coverage, const struct case_event *event)
{
    unsigned any = UINT_MAX;
    for (unsigned i = 0; i < coverage->ntargets; i++) {
        const struct mutate_target *target = &coverage->targets[i];
        if (target->callback != event->callback)
            continue;
        if (target->function == event->function)
            return i;
        if (target->function == NULL && any == UINT_MAX)
            any = i;
    }
    return any;
}

/* 0 (looked into) for what has trees already: there is no parsing to save. */
static uint64_t
hash_case(const struct fuzz_case *c)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < c->count; i++) {
        for (unsigned k = 0; k < c->events[i].callback->nparams; k++) {
            const struct case_value *value = &c->events[i].args[k];
            if (value->kind == CASE_TREE)
                return 0;
            hash = (hash ^ (uint64_t)value->number ^ value->kind) * UINT64_C(1099511628211);
            for (size_t b = 0; value->bytes != NULL && b < value->count; b++)
                hash = (hash ^ (unsigned char)value->bytes[b]) * UINT64_C(1099511628211);
        }
    }
    return hash ^ hash >> 32;
}

static int
by_number(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

unsigned
coverage_note(struct coverage *coverage, const struct fuzz_case *c, struct arena *arena)
{
    struct collect collect = {.coverage = coverage, .arena = arena};
    coverage->nlast = 0;
    if (coverage->places == NULL)
        return 0;
    if (coverage->one_in > 0 && coverage->idle >= IDLE && hash_case(c) % coverage->one_in != 0)
        return 0;
    if (++coverage->now == 0) {
        memset(coverage->seen, 0, (size_t)coverage->slots * sizeof *coverage->seen);
        coverage->now = 1;
    }
    arena_use(arena);
    for (size_t i = 0; i < c->count; i++) {
        unsigned target = find_target(coverage, &c->events[i]);
        if (target != UINT_MAX)
            note_event(&collect, &c->events[i], target);
    }
    coverage->idle = collect.news > 0 ? 0 : coverage->idle + (coverage->idle < IDLE);
    return collect.news;
}

void
coverage_sample(struct coverage *coverage, unsigned one_in)
{
    coverage->one_in = one_in;
}

const uint32_t *
coverage_last(const struct coverage *coverage, size_t *count)
{
    qsort(coverage->last, coverage->nlast, sizeof *coverage->last, by_number);
    *count = coverage->nlast;
    return coverage->last;
}
