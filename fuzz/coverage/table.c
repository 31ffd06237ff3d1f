// SPDX-License-Identifier: MIT
/* The places of the targets: one walk over the declared types, as the mutator's boundary pass walks them. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/coverage/table.h"
#include "traces/jtree.h"

#define DEEPEST 24 /* levels of objects and arrays; the description has fewer */
#define MOST_KEYS 512

int
table_grow(void **items, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return 0;
    uint32_t more = *room > 0 ? *room * 2 : 64;
    void *grown = more > TABLE_MOST_SLOTS ? NULL : realloc(*items, more * size);
    if (grown == NULL)
        return -1;
    *items = grown;
    *room = more;
    return 0;
}

uint32_t
table_slot(const struct table_row *row, unsigned variation)
{
    if (variation >= MODEL_VARIATIONS || (row->possible[variation / 64] >> variation % 64 & 1) == 0)
        return TABLE_NONE;
    uint32_t slot = row->first;
    for (unsigned i = 0; i < variation / 64; i++)
        slot += (uint32_t)__builtin_popcountll(row->possible[i]);
    uint64_t below = (UINT64_C(1) << variation % 64) - 1;
    return slot + (uint32_t)__builtin_popcountll(row->possible[variation / 64] & below);
}

unsigned
table_variation(const struct table_row *row, uint32_t i)
{
    for (unsigned v = 0; v < MODEL_VARIATIONS; v++) {
        if ((row->possible[v / 64] >> v % 64 & 1) != 0 && i-- == 0)
            return v;
    }
    return MODEL_VARIATIONS;
}

const char *
table_variation_text(const struct table_row *row, unsigned variation)
{
    if (variation >= MODEL_ENUM && variation < MODEL_VARIATIONS && row->enumeration[0] != '\0') {
        const struct api_enum *list = api_find_enum(row->enumeration);
        if (list != NULL && variation - MODEL_ENUM < list->nconstants)
            return list->constants[variation - MODEL_ENUM].name;
    }
    const char *name = model_variation_name((enum model_variation)variation);
    return name != NULL ? name : "unknown";
}

/* ---- one place ---- */

struct walk {
    struct coverage *coverage;
    struct table_row row; /* callback, function, param of what is walked */
    char path[1024];
    size_t length;
    int16_t objects[DEEPEST]; /* on the way here */
    unsigned depth;
};

static int walk_value(struct walk *walk, struct model_type type, const char *name, uint32_t parent,
                      uint32_t *made);

static int
add_place(struct walk *walk, struct model_type type, const char *name, uint32_t parent, uint32_t *made)
{
    struct coverage *coverage = walk->coverage;
    uint32_t room = coverage->place_room;
    if (coverage->nplaces >= TABLE_MOST_PLACES ||
        table_grow((void **)&coverage->places, coverage->nplaces, &room, sizeof *coverage->places) != 0 ||
        table_grow((void **)&coverage->rows, coverage->nplaces, &coverage->place_room,
                   sizeof *coverage->rows) != 0)
        return -1;
    struct table_row *row = &coverage->rows[coverage->nplaces];
    *row = walk->row;
    row->path = strdup(walk->path);
    if (row->path == NULL)
        return -1;
    bool listed = type.enumeration >= 0 && type.enumeration < API_ENUMS;
    row->enumeration = listed ? api_enums[type.enumeration].name : "";
    uint8_t list[MODEL_VARIATIONS];
    unsigned count = model_variations(type, name != NULL, &coverage->profile, list);
    memset(row->possible, 0, sizeof row->possible);
    for (unsigned i = 0; i < count; i++)
        row->possible[list[i] / 64] |= UINT64_C(1) << list[i] % 64;
    row->first = coverage->slots;
    row->count = 0;
    for (unsigned i = 0; i < TABLE_WORDS; i++)
        row->count += (uint32_t)__builtin_popcountll(row->possible[i]);
    coverage->slots += row->count;
    *made = coverage->nplaces++;
    coverage->places[*made] = (struct table_place){
        .type = type, .name = name, .parent = parent, .element = TABLE_NONE, .child = TABLE_NONE};
    return coverage->slots <= TABLE_MOST_SLOTS ? 0 : -1;
}

static void
path_add(struct walk *walk, const char *text)
{
    int more = snprintf(walk->path + walk->length, sizeof walk->path - walk->length, "%s%s",
                        walk->length > 0 && text[0] != '[' ? "." : "", text);
    if (more > 0 && walk->length + (size_t)more < sizeof walk->path)
        walk->length += (size_t)more;
    walk->path[walk->length] = '\0';
}

/* ---- the keys that an object may have ---- */

struct keys {
    const struct api_key *key[MOST_KEYS];
    uint64_t in[MOST_KEYS];
    unsigned count;
    const char *chooser;
    const struct api_enum *list;
};

static void
note_keys(struct keys *keys, struct model_type type, const cJSON *object, unsigned bit,
          const struct model_profile *profile)
{
    const struct api_key *key;
    for (unsigned i = 0; (key = model_key(type, object, i, profile)) != NULL; i++) {
        unsigned k = 0;
        while (k < keys->count && keys->key[k] != key)
            k++;
        if (k == MOST_KEYS)
            return;
        if (k == keys->count) {
            keys->key[keys->count++] = key;
            keys->in[k] = 0;
        }
        keys->in[k] |= UINT64_C(1) << bit;
    }
}

/* Which key decides about the others, and what values it has. */
static void
find_chooser(struct keys *keys, const struct api_object *object)
{
    keys->chooser = object->selector;
    for (unsigned i = 0; keys->chooser == NULL && i < object->nkeys; i++)
        keys->chooser = object->keys[i].when_key;
    const struct api_key *key = keys->chooser != NULL ? api_find_key(object, keys->chooser) : NULL;
    if (key != NULL && key->enumeration >= 0)
        keys->list = &api_enums[key->enumeration];
}

static int
choose_keys(struct walk *walk, struct keys *keys, struct model_type type, struct table_place *place)
{
    struct coverage *coverage = walk->coverage;
    find_chooser(keys, model_object(type));
    cJSON *object = cJSON_CreateObject();
    if (object == NULL)
        return -1;
    note_keys(keys, type, object, 0, &coverage->profile);
    place->chooser = keys->chooser;
    place->value = coverage->nvalues;
    int result = 0;
    for (unsigned i = 0; keys->list != NULL && i < keys->list->nconstants && place->nvalues < 62; i++) {
        int64_t value = keys->list->constants[i].value;
        cJSON *number = jtree_new_int64(value);
        cJSON_DeleteItemFromObjectCaseSensitive(object, keys->chooser);
        if (number == NULL || jtree_add_member(object, keys->chooser, strlen(keys->chooser), number) != 0 ||
            table_grow((void **)&coverage->values, coverage->nvalues, &coverage->value_room,
                       sizeof *coverage->values) != 0) {
            result = -1;
            break;
        }
        coverage->values[coverage->nvalues++] = value;
        note_keys(keys, type, object, 1 + place->nvalues++, &coverage->profile);
    }
    cJSON_Delete(object);
    return result;
}

static int
add_children(struct walk *walk, const struct keys *keys, uint32_t at)
{
    struct coverage *coverage = walk->coverage;
    for (unsigned i = 0; i < keys->count; i++) {
        if (table_grow((void **)&coverage->children, coverage->nchildren, &coverage->child_room,
                       sizeof *coverage->children) != 0)
            return -1;
        coverage->children[coverage->nchildren++] =
            (struct table_child){.name = keys->key[i]->name, .in = keys->in[i], .place = TABLE_NONE};
    }
    uint32_t first = coverage->nchildren - keys->count;
    coverage->places[at].child = first;
    coverage->places[at].nchildren = keys->count;
    size_t length = walk->length;
    for (unsigned i = 0; i < keys->count; i++) {
        uint32_t made = TABLE_NONE;
        path_add(walk, keys->key[i]->name);
        int result = walk_value(walk, model_of_key(keys->key[i]), keys->key[i]->name, at, &made);
        walk->path[walk->length = length] = '\0';
        if (result != 0)
            return -1;
        coverage->children[first + i].place = made;
    }
    return 0;
}

static int
walk_object(struct walk *walk, struct model_type type, uint32_t at)
{
    for (unsigned i = 0; i < walk->depth; i++) {
        if (walk->objects[i] == type.object)
            return 0;
    }
    if (walk->depth == DEEPEST)
        return 0;
    walk->objects[walk->depth++] = type.object;
    struct keys *keys = calloc(1, sizeof *keys);
    struct table_place place = walk->coverage->places[at];
    int result = keys != NULL ? choose_keys(walk, keys, type, &place) : -1;
    walk->coverage->places[at] = place;
    if (result == 0)
        result = add_children(walk, keys, at);
    free(keys);
    walk->depth--;
    return result;
}

static int
walk_value(struct walk *walk, struct model_type type, const char *name, uint32_t parent, uint32_t *made)
{
    if (add_place(walk, type, name, parent, made) != 0)
        return -1;
    if (type.json == API_J_OBJECT && model_object(type) != NULL)
        return walk_object(walk, type, *made);
    if (type.json != API_J_ARRAY || walk->depth == DEEPEST)
        return 0;
    struct model_type inner = model_element(type);
    if (inner.json == API_J_ANY || inner.json == API_J_ARRAY)
        return 0;
    size_t length = walk->length;
    path_add(walk, "[]");
    uint32_t element = TABLE_NONE;
    int result = walk_value(walk, inner, NULL, *made, &element);
    walk->path[walk->length = length] = '\0';
    walk->coverage->places[*made].element = element;
    return result;
}

/* ---- targets ---- */

static int
add_root(struct walk *walk, unsigned target, unsigned param, bool failed, struct model_type type)
{
    struct coverage *coverage = walk->coverage;
    if (table_grow((void **)&coverage->roots, coverage->nroots, &coverage->root_room,
                   sizeof *coverage->roots) != 0)
        return -1;
    walk->length = 0;
    walk->path[0] = '\0';
    if (failed)
        path_add(walk, "(error)");
    uint32_t made = TABLE_NONE;
    if (walk_value(walk, type, NULL, TABLE_NONE, &made) != 0)
        return -1;
    coverage->roots[coverage->nroots++] = (struct table_root){
        .target = (uint16_t)target, .param = (uint16_t)param, .failed = failed, .place = made};
    return 0;
}

static int
walk_param(struct walk *walk, unsigned target, unsigned param)
{
    const struct mutate_target *t = &walk->coverage->targets[target];
    const struct api_param *p = &t->callback->params[param];
    walk->row.param = p->name;
    if (p->type == API_USER || p->type == API_FN || p->type == API_OUT)
        return 0;
    if (p->type != API_STR || p->content != API_JSON)
        return add_root(walk, target, param, false, model_scalar(p));
    struct model_type type = model_payload(t->callback, param, t->function, false);
    if (add_root(walk, target, param, false, type) != 0)
        return -1;
    struct model_type failed = model_payload(t->callback, param, t->function, true);
    if (failed.object == type.object && failed.json == type.json)
        return 0;
    return add_root(walk, target, param, true, failed);
}

int
table_make(struct coverage *coverage, struct fault *fault)
{
    struct walk *walk = calloc(1, sizeof *walk);
    int result = walk != NULL ? 0 : -1;
    for (unsigned i = 0; result == 0 && i < coverage->ntargets; i++) {
        const struct mutate_target *target = &coverage->targets[i];
        *walk = (struct walk){.coverage = coverage};
        walk->row.callback = target->callback->name;
        walk->row.function = target->function != NULL ? target->function->name : "";
        for (unsigned k = 0; result == 0 && k < target->callback->nparams; k++)
            result = walk_param(walk, i, k);
    }
    free(walk);
    return result == 0 ? 0 : fault_set(fault, FAULT_INTERNAL, "no memory for the table of schema coverage");
}
