// SPDX-License-Identifier: MIT
/*
 * Quadratic time. Each array and string of a payload, once in a process, is made long enough that the
 * handlers need some milliseconds for it, and then four times as long: four times the time is fine, sixteen
 * times is not. Time is the thread's own CPU time, the best of three, and what looks quadratic must do so
 * again.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz/oracle/inside.h"
#include "traces/jtree.h"

#define PLACES 4096
#define LEAST_NS 2000000u
#define START 64
#define LARGEST ((size_t)4 << 20)
#define SUSPICIOUS 6
#define TOO_MUCH 9 /* between 4 (linear) and 16 */
#define MOST_NS 400000000u

/* Places that were measured, by hash; full: none is measured any more. */
static uint64_t seen[PLACES];

static bool
first_time(uint64_t place)
{
    for (unsigned i = 0; i < PLACES; i++) {
        uint64_t *slot = &seen[(place + i) % PLACES];
        if (*slot == place)
            return false;
        if (*slot == 0) {
            *slot = place;
            return true;
        }
    }
    return false;
}

struct place {
    size_t event;
    unsigned param, number; /* the number-th array or string of the payload */
    uint64_t hash;
    char path[160];
};

static uint64_t
mix(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

/* The `left`-th array or string in document order, or NULL; `path` and `hash` without indexes. */
static cJSON *
find(cJSON *node, unsigned *left, struct place *place)
{
    enum jtree_kind kind = jtree_kind(node);
    size_t length = strlen(place->path);
    uint64_t hash = place->hash;

    if (((kind == JTREE_ARRAY && node->child != NULL) || kind == JTREE_STRING) && (*left)-- == 0)
        return node;
    for (cJSON *child = node->child; child != NULL && kind >= JTREE_ARRAY; child = child->next) {
        const char *step = kind == JTREE_OBJECT ? child->string : "[]";
        snprintf(place->path + length, sizeof place->path - length, kind == JTREE_OBJECT ? ".%s" : "%s",
                 step);
        place->hash = mix(hash, step) + 1;
        cJSON *found = find(child, left, place);
        if (found != NULL)
            return found;
        place->path[length] = '\0';
        place->hash = hash;
    }
    return NULL;
}

/* Texts below get a number, so that elements are different ones: ids must not all be the same. */
static void
make_different(cJSON *node, unsigned number)
{
    char text[96];

    if (jtree_kind(node) == JTREE_STRING && cJSON_IsString(node)) {
        snprintf(text, sizeof text, "%.60s-%u", node->valuestring, number);
        char *copy = cJSON_malloc(strlen(text) + 1);
        if (copy != NULL)
            node->valuestring = strcpy(copy, text);
    } else if (jtree_kind(node) == JTREE_NUMBER && node->string != NULL &&
               strstr(node->string, "_seq") != NULL) {
        snprintf(text, sizeof text, "%u", number);
        char *copy = cJSON_malloc(strlen(text) + 1);
        if (copy != NULL)
            node->valuestring = strcpy(copy, text);
    }
    for (cJSON *child = node->child; child != NULL && jtree_kind(node) >= JTREE_ARRAY; child = child->next)
        make_different(child, number);
}

static bool
lengthen_array(cJSON *array, unsigned to)
{
    unsigned have = (unsigned)cJSON_GetArraySize(array);
    const cJSON *from = array->child;

    for (; have < to; have++, from = from->next) {
        cJSON *element = cJSON_Duplicate(from, 1);
        if (element == NULL)
            return false;
        make_different(element, have);
        jtree_add_element(array, element);
    }
    return true;
}

static bool
lengthen_string(cJSON *string, unsigned to, struct arena *arena)
{
    char *text = arena_take(arena, (size_t)to * 16 + 3);

    if (text == NULL)
        return false;
    memset(text, 'a', (size_t)to * 16 + 1);
    text[0] = '"';
    memcpy(text + (size_t)to * 16 + 1, "\"", 2);
    string->type = (string->type & ~0xff) | cJSON_Raw;
    string->valuestring = text;
    return true;
}

/* CPU time of the handlers for the input with this place that long; 0: it cannot be made. */
static uint64_t
measure(const struct fuzz_case *c, const struct place *place, unsigned length, unsigned times)
{
    struct arena *arena = arena_new(), *before;
    struct fuzz_case other = {0};
    struct place at = {.path = "$"};
    unsigned left = place->number;
    uint64_t best = 0;

    if (arena == NULL)
        return 0;
    before = arena_use(arena);
    struct case_value *value =
        case_copy(&other, c, arena) == 0 ? &other.events[place->event].args[place->param] : NULL;
    bool tree = value != NULL && (value->kind == CASE_TREE || case_parse(value, arena));
    cJSON *node = tree ? find(value->tree, &left, &at) : NULL;
    bool made = node != NULL && (jtree_kind(node) == JTREE_ARRAY ? lengthen_array(node, length)
                                                                 : lengthen_string(node, length, arena));
    if (made && case_print(value, arena) == 0 && value->count <= LARGEST) {
        // As text, so that nothing is printed while it is measured.
        *value = (struct case_value){.kind = CASE_TEXT, .bytes = value->bytes, .count = value->count};
        while (times-- > 0) {
            oracle.cpu = 0;
            oracle.timed = true;
            again_deliver(&other, NULL);
            oracle.timed = false;
            if (best == 0 || oracle.cpu < best)
                best = oracle.cpu;
        }
    }
    arena_use(before);
    arena_free(arena);
    return best;
}

/* Four times the length from `length` on: how many times the time; 0: it cannot be made that long. */
static uint64_t
ratio(const struct fuzz_case *c, const struct place *place, unsigned length, uint64_t *four)
{
    uint64_t one = measure(c, place, length, 3);

    *four = one != 0 ? measure(c, place, length * 4, 2) : 0;
    return *four != 0 ? *four / one : 0;
}

static void
measure_place(const struct fuzz_case *c, const struct place *place)
{
    unsigned length = START;
    uint64_t first, times, four = 0;

    while ((first = measure(c, place, length, 1)) != 0 && first < LEAST_NS)
        length *= 2;
    times = first != 0 ? ratio(c, place, length, &four) : 0;
    // Parsing is linear and may still be the larger part: at more length it is not.
    while (times >= SUSPICIOUS && times <= TOO_MUCH && four < MOST_NS) {
        length *= 2;
        times = ratio(c, place, length, &four);
    }
    if (times <= TOO_MUCH)
        return;
    // Again, at another length where that can be had: what no longer fits a cache makes one step, not two.
    uint64_t again = ratio(c, place, length * 2, &four);
    if (again == 0)
        again = ratio(c, place, length, &four);
    else
        length *= 2;
    if (again <= TOO_MUCH)
        return;
    oracle_violated(ORACLE_QUADRATIC,
                    "%s: %s %s four times as long (%u for %u) takes %llu times as long, not 4: %llu.%llu ms",
                    oracle_where(&c->events[place->event]),
                    c->events[place->event].callback->params[place->param].name, place->path, length * 4,
                    length, (unsigned long long)again, (unsigned long long)(four / 1000000),
                    (unsigned long long)(four / 100000 % 10));
}

/* Place number `number` of this payload; false: there are no more. */
static bool
find_place(const struct fuzz_case *c, struct arena *arena, struct place *place)
{
    struct case_value value = c->events[place->event].args[place->param];
    unsigned left = place->number;

    strcpy(place->path, "$");
    place->hash = mix(UINT64_C(0xcbf29ce484222325), oracle_where(&c->events[place->event])) + place->param;
    return (value.kind == CASE_TREE || case_parse(&value, arena)) && find(value.tree, &left, place) != NULL;
}

void
quadratic_end(const struct fuzz_case *c, struct arena *arena)
{
    struct arena *before = arena_use(arena);

    for (size_t i = 0; i < c->count; i++)
        for (unsigned k = 0; k < c->events[i].callback->nparams; k++) {
            const struct api_param *param = &c->events[i].callback->params[k];
            struct place place = {.event = i, .param = k};
            if (param->type != API_STR || param->content != API_JSON)
                continue;
            for (; find_place(c, arena, &place); place.number++)
                if (first_time(place.hash | 1))
                    measure_place(c, &place);
        }
    arena_use(before);
}
