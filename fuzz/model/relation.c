// SPDX-License-Identifier: MIT
// What must agree with what: found by the description's words index, counts and parallel.
#include <string.h>

#include "fuzz/model/model_check.h"
#include "fuzz/model/model_keys.h"
#include "fuzz/model/model_make.h"
#include "traces/jtree.h"

struct walk {
    struct case_event *event;
    const struct model_profile *profile;
    struct model_relation *list;
    unsigned count, room, param;
};

static void
note(struct walk *walk, enum model_relation_kind kind, unsigned index, const struct api_key *key,
     cJSON *object, cJSON *of, cJSON *array)
{
    if (walk->count < walk->room && array != NULL && jtree_kind(array) == JTREE_ARRAY)
        walk->list[walk->count++] = (struct model_relation){.kind = kind,
                                                            .param = walk->param,
                                                            .index = index,
                                                            .key = key,
                                                            .object = object,
                                                            .of = of,
                                                            .array = array};
}

static void
walk_tree(struct walk *walk, cJSON *node, struct model_type type)
{
    type = model_fit(type, node, walk->profile);
    if (walk->count == walk->room || !model_kind_is(type.json, node))
        return;
    if (type.json == API_J_ARRAY) {
        struct model_type element = model_element(type);
        if (element.json != API_J_OBJECT)
            return;
        for (cJSON *child = node->child; child != NULL; child = child->next)
            walk_tree(walk, child, element);
        return;
    }
    if (type.json != API_J_OBJECT)
        return;
    for (cJSON *child = node->child; child != NULL; child = child->next) {
        struct model_type member = model_member(type, node, model_member_name(child), walk->profile);
        const struct api_key *key = member.key;
        if (key == NULL)
            continue;
        if (key->counts != NULL && jtree_kind(child) == JTREE_NUMBER)
            note(walk, MODEL_COUNT, 0, key, node, child, jtree_get(node, key->counts));
        if (key->parallel != NULL && jtree_kind(child) == JTREE_ARRAY)
            note(walk, MODEL_PARALLEL, 0, key, node, child, jtree_get(node, key->parallel));
        walk_tree(walk, child, member);
    }
}

/* An index speaks of the first payload beside it that has the array. */
static void
note_index(struct walk *walk, unsigned index)
{
    struct case_event *event = walk->event;
    const char *name = event->callback->params[index].indexes;
    for (unsigned p = 0; name != NULL && p < event->callback->nparams; p++) {
        cJSON *tree = event->args[p].kind == CASE_TREE ? event->args[p].tree : NULL;
        cJSON *array = tree != NULL && jtree_kind(tree) == JTREE_OBJECT ? jtree_get(tree, name) : NULL;
        if (array == NULL)
            continue;
        struct model_type type = model_payload_of(event, p);
        walk->param = p;
        note(walk, MODEL_INDEX, index, model_member(type, tree, name, walk->profile).key, tree, NULL, array);
        return;
    }
}

unsigned
model_relations(struct case_event *event, const struct model_profile *profile, struct model_relation *list,
                unsigned room)
{
    struct walk walk = {.event = event, .profile = profile, .list = list, .room = room};
    for (unsigned p = 0; p < event->callback->nparams; p++)
        note_index(&walk, p);
    for (unsigned p = 0; p < event->callback->nparams; p++) {
        walk.param = p;
        if (event->args[p].kind == CASE_TREE)
            walk_tree(&walk, event->args[p].tree, model_payload_of(event, p));
    }
    return walk.count;
}

static int64_t
length(const cJSON *array)
{
    int64_t count = 0;
    for (const cJSON *child = array->child; child != NULL; child = child->next)
        count++;
    return count;
}

bool
model_relation_holds(const struct case_event *event, const struct model_relation *relation)
{
    if (relation->kind != MODEL_INDEX)
        return model_agrees(relation->key, relation->object, relation->of);
    int64_t index = event->args[relation->index].number;
    return index >= 0 && index < length(relation->array);
}

int
model_replace(cJSON *parent, cJSON *old, cJSON *with)
{
    if (with == NULL)
        return -1;
    with->string = old->string;
    with->type |= old->type & (JTREE_RAW_KEY | cJSON_StringIsConst);
    old->string = NULL;
    old->type &= ~(JTREE_RAW_KEY | cJSON_StringIsConst);
    return cJSON_ReplaceItemViaPointer(parent, old, with) ? 0 : -1;
}

static int
set_count(struct model_relation *relation, int64_t count)
{
    cJSON *number = jtree_new_int64(count);
    if (model_replace(relation->object, relation->of, number) != 0)
        return -1;
    relation->of = number;
    return 0;
}

int
model_set_length(cJSON *array, int64_t wanted)
{
    int64_t now = length(array);
    for (; now > wanted; now--)
        cJSON_Delete(cJSON_DetachItemViaPointer(array, array->child->prev));
    for (; now < wanted; now++) {
        cJSON *more =
            array->child != NULL ? cJSON_Duplicate(array->child->prev, true) : jtree_new_string("", 0);
        if (more == NULL)
            return -1;
        jtree_add_element(array, more);
    }
    return 0;
}

int
model_relation_set(struct case_event *event, struct model_relation *relation)
{
    int64_t count = length(relation->array);
    if (model_relation_holds(event, relation))
        return 0;
    switch (relation->kind) {
    case MODEL_INDEX:
        event->args[relation->index].number =
            count > 0 ? (int64_t)((uint64_t)event->args[relation->index].number % (uint64_t)count) : 0;
        return 0;
    case MODEL_COUNT:
        return set_count(relation, count);
    default:
        /* From nothing no user can be made up: then there is none on the other side, either. */
        return relation->of->child != NULL ? model_set_length(relation->of, count)
                                           : model_set_length(relation->array, 0);
    }
}

int
model_relation_break(struct case_event *event, struct model_relation *relation, struct model_random *random)
{
    int64_t count = length(relation->array), off = (int64_t)random_below(random, 4);
    int64_t wrong = off == 0                ? count + 1
                    : off == 1 && count > 0 ? count - 1
                    : off == 2              ? count + 1000
                                            : INT32_MAX;
    switch (relation->kind) {
    case MODEL_INDEX:
        event->args[relation->index].number = off < 2 ? count + off : off == 2 ? INT32_MAX : UINT32_MAX;
        return 0;
    case MODEL_COUNT:
        return set_count(relation, wrong);
    default:
        return model_set_length(relation->of, off < 2 || count == 0 ? count + 1 : off == 2 ? count - 1 : 0);
    }
}

const char *
model_id_kind(const struct api_key *key, const struct api_param *param)
{
    return key != NULL ? key->id : param != NULL ? param->id : NULL;
}
