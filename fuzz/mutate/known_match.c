// SPDX-License-Identifier: MIT
// Does a case fulfil a known finding's predicate, and making it not do so.
#include <string.h>

#include "fuzz/mutate/work.h"
#include "traces/jtree.h"

struct match {
    struct work *work;
    const struct mutate_predicate *predicate;
    struct spot *spot;
    char *key;
};

/* The variation of a member that is there, or is not. */
static bool
is_here(struct match *match, const cJSON *object, const char *name, const cJSON *value,
        struct model_type type)
{
    if (match->predicate->variation == MODEL_ABSENT) /* under another name it is not there, too */
        return value == NULL;
    return model_classify(type, object, name, value, match->work->profile) == match->predicate->variation;
}

static bool descend(struct match *match, cJSON *node, struct model_type type, const char *path,
                    unsigned depth);

static bool
in_elements(struct match *match, cJSON *array, struct model_type type, const char *rest, unsigned depth)
{
    if ((array->type & 0xFF) != cJSON_Array)
        return false;
    for (cJSON *child = array->child; child != NULL; child = child->next)
        if (descend(match, child, spot_child(type, array, child, match->work->profile), rest, depth + 1))
            return true;
    return false;
}

static bool
in_member(struct match *match, cJSON *object, struct model_type type, const char *name, const char *rest,
          unsigned depth)
{
    if ((object->type & 0xFF) != cJSON_Object || type.json != API_J_OBJECT)
        return false;
    cJSON *child = jtree_get(object, name);
    struct model_type below = model_member(type, object, name, match->work->profile);
    if (*rest != '\0')
        return child != NULL && descend(match, child, below, rest, depth + 1);
    /* A key of another variant of a union is no key that is missing. */
    if (child == NULL && below.key == NULL)
        return false;
    if (!is_here(match, object, name, child, below))
        return false;
    strcpy(match->key, name);
    match->spot->depth = child != NULL ? depth + 1 : depth;
    match->spot->chain[depth + 1] = child;
    return true;
}

/* path: what is left of it. */
static bool
descend(struct match *match, cJSON *node, struct model_type type, const char *path, unsigned depth)
{
    char name[KNOWN_KEY];
    if (depth + 1 >= SPOT_DEEP)
        return false;
    match->spot->chain[depth] = node;
    if (*path == '\0') {
        match->spot->depth = depth;
        *match->key = '\0';
        return is_here(match, NULL, NULL, node, type);
    }
    if (path[0] == '[' && path[1] == ']')
        return in_elements(match, node, type, path + 2, depth);
    path += *path == '.';
    size_t length = strcspn(path, ".[");
    if (length == 0 || length >= sizeof name)
        return false;
    memcpy(name, path, length);
    name[length] = '\0';
    return in_member(match, node, type, name, path + length, depth);
}

static bool
scalar_is(struct match *match, const struct case_event *event, const struct api_param *param)
{
    const struct case_value *value = &event->args[match->predicate->param];
    if (value->kind == CASE_NULL)
        return match->predicate->variation == MODEL_NULL;
    if (param->type == API_STR && param->content == API_JSON)
        return value->kind == CASE_TEXT && value->count == 0 &&
               match->predicate->variation == MODEL_EMPTY_STRING;
    cJSON *node = value->kind == CASE_NUMBER ? edit_signed(match->work->arena, value->number)
                  : value->kind == CASE_TEXT
                      ? edit_string(match->work->arena, value->bytes, strlen(value->bytes))
                      : NULL;
    return node != NULL && is_here(match, NULL, NULL, node, model_scalar(param));
}

static bool
fulfils(struct match *match, size_t index)
{
    const struct case_event *event = &match->work->c->events[index];
    const struct mutate_predicate *predicate = match->predicate;
    if (event->callback != predicate->callback)
        return false;
    *match->spot = (struct spot){.event = index, .param = predicate->param};
    if (event->args[predicate->param].kind == CASE_TREE)
        return descend(match, event->args[predicate->param].tree, model_payload_of(event, predicate->param),
                       predicate->path, 0);
    match->spot->scalar = true;
    *match->key = '\0';
    return *predicate->path == '\0' && scalar_is(match, event, &event->callback->params[predicate->param]);
}

const struct mutate_predicate *
known_find(struct work *work, struct spot *spot, char key[KNOWN_KEY])
{
    const struct mutate_known *known = &work->mutator->known;
    for (size_t i = 0; i < known->count; i++) {
        struct match match = {.work = work, .predicate = &known->list[i], .spot = spot, .key = key};
        for (size_t event = 0; event < work->c->count; event++)
            if (fulfils(&match, event))
                return &known->list[i];
    }
    return NULL;
}

bool
known_repair(struct work *work, const struct mutate_predicate *predicate, struct spot *spot, const char *key)
{
    struct case_event *event = &work->c->events[spot->event];
    const struct api_param *param = &event->callback->params[spot->param];
    if (spot->scalar) {
        struct mutate_target target = {event->callback, event->function};
        struct case_event fresh;
        if (make_event(work, &fresh, &target, -1) != 0)
            return false;
        event->args[spot->param] = fresh.args[spot->param];
        return param->type != API_USER;
    }
    spot_types(spot, work->c, work->profile);
    if (predicate->variation == MODEL_ABSENT) {
        cJSON *object = spot_node(spot);
        cJSON *value = value_make(work, model_member(spot->type, object, key, work->profile), 12);
        char *name = arena_text(work->arena, key, strlen(key));
        if (value == NULL || name == NULL)
            return false;
        edit_name(value, name);
        edit_append(object, value);
        return true;
    }
    if (predicate->variation == MODEL_DUPLICATE) {
        edit_remove(spot_parent(spot), spot_node(spot));
        return true;
    }
    cJSON *value = value_make(work, spot->type, 12);
    if (value != NULL)
        edit_become(spot_node(spot), value);
    return value != NULL;
}

void
known_round(struct work *work)
{
    for (unsigned tries = 0; tries < 32; tries++) {
        struct spot spot;
        char key[KNOWN_KEY];
        const struct mutate_predicate *known = known_find(work, &spot, key);
        if (known == NULL || !known_repair(work, known, &spot, key))
            return;
    }
}
