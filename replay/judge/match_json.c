// SPDX-License-Identifier: MIT
/* JSON arguments compared as JSON, without what the documented API lets differ between two runs. */
#include "replay/judge/match_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/jtree.h"

/* Elements of an array in any order are paired by trying: beyond this the order counts. */
#define ORDER_MOST 512

static void
reach(struct match_walk *walk, int object)
{
    if (object < 0 || object >= API_OBJECTS || walk->reachable[object])
        return;
    walk->reachable[object] = true;
    const struct api_object *here = &api_objects[object];
    for (unsigned i = 0; i < here->nkeys; i++)
        reach(walk, here->keys[i].object);
    for (unsigned i = 0; i < here->nvariants; i++)
        reach(walk, here->variants[i].object);
}

/*
 * By the key's name in any object that can occur here, not by following the path: payloads name
 * the wrong variant of a union (elem_type is off by one in one version), their keys do not.
 */
static void
look_up(struct match_walk *walk, struct match_spot *spot)
{
    if (!walk->reached) {
        walk->reached = true;
        if (walk->param != NULL && walk->param->object >= 0)
            reach(walk, walk->param->object);
        else
            memset(walk->reachable, true, sizeof walk->reachable);
    }
    for (unsigned i = 0; spot->key != NULL && i < API_OBJECTS; i++) {
        const struct api_key *key = walk->reachable[i] ? api_find_key(&api_objects[i], spot->key) : NULL;
        if (key == NULL || (key->changes == API_STABLE && !key->secret))
            continue;
        spot->changes = key->changes;
        spot->secret = key->secret;
        return;
    }
}

/* The path as seen from the whole parameter. NULL: no memory. */
static char *
whole_path(const struct match_walk *walk, const char *path)
{
    size_t prefix = strlen(walk->prefix), length = strlen(path);
    char *text = malloc(prefix + length + 1);
    if (text == NULL)
        return NULL;
    memcpy(text, walk->prefix, prefix);
    memcpy(text + prefix, prefix > 0 ? path + 1 : path, prefix > 0 ? length : length + 1);
    return text;
}

static int
report(void *context, const struct jtree_difference *difference)
{
    struct match_walk *walk = context;
    const struct jtree_place *place = &difference->place;
    struct match_spot spot = {.key = place->key,
                              .expected = place->expected,
                              .got = place->got,
                              .expected_text = difference->expected,
                              .got_text = difference->got};
    char *path = whole_path(walk, place->path);
    if (path == NULL)
        return 1;
    spot.path = path;
    look_up(walk, &spot);
    if (spot.key == NULL && walk->param != NULL)
        spot.key = walk->param->name;
    match_spot(walk, &spot);
    free(path);
    return walk->stopped;
}

static int
nothing(void *context, const struct match_difference *difference)
{
    (void)context;
    (void)difference;
    return 1;
}

static bool ignore(void *context, const struct jtree_place *place);

/* Are the two elements the same, by all that may differ? */
static int
same_element(const struct match_walk *walk, const char *path, const cJSON *expected, const cJSON *got)
{
    struct match_walk inner = *walk;
    struct jtree_diff_options options = {.ignore = ignore, .report = report, .context = &inner};
    inner.prefix = path;
    inner.learn = false;
    inner.report = nothing;
    inner.count = 0;
    int different = jtree_diff(expected, got, &options);
    return different < 0 ? -1 : inner.count == 0;
}

static bool
same_in_any_order(const struct match_walk *walk, const struct jtree_place *place)
{
    const cJSON *got[ORDER_MOST];
    bool taken[ORDER_MOST] = {false};
    size_t count = 0, index = 0;
    char element[MATCH_PATH + 32], *path = whole_path(walk, place->path);
    bool same = path != NULL;
    for (const cJSON *node = place->got->child; same && node != NULL; node = node->next) {
        same = count < ORDER_MOST;
        if (same)
            got[count++] = node;
    }
    for (const cJSON *node = place->expected->child; same && node != NULL; node = node->next, index++) {
        size_t at = 0;
        snprintf(element, sizeof element, "%.*s[%zu]", MATCH_PATH, path, index);
        while (at < count && (taken[at] || same_element(walk, element, node, got[at]) != 1))
            at++;
        same = at < count;
        if (same)
            taken[at] = true;
    }
    free(path);
    return same && index == count;
}

/* Only arrays whose order a rule lets differ; all else is decided where it differs. */
static bool
ignore(void *context, const struct jtree_place *place)
{
    struct match_walk *walk = context;
    if (walk->terms->rules == NULL || place->expected == NULL || place->got == NULL ||
        jtree_kind(place->expected) != JTREE_ARRAY || jtree_kind(place->got) != JTREE_ARRAY)
        return false;
    char *path = whole_path(walk, place->path);
    struct rules_place where = {.entry = walk->recorded->entry,
                                .cause = walk->cause,
                                .param = walk->here.param,
                                .path = path != NULL ? path : ""};
    bool any = path != NULL && rules_allow_order(walk->terms->rules, &where, false) &&
               jtree_equal(place->expected, place->got) == 0 && same_in_any_order(walk, place) &&
               rules_allow_order(walk->terms->rules, &where, true);
    free(path);
    return any;
}

static int
parse(const struct tape_value *value, cJSON **tree)
{
    struct jtree_error error = {0};
    *tree = jtree_parse(value->text, value->bytes, NULL, &error);
    return *tree == NULL && error.problem == JTREE_MEMORY ? -1 : 0;
}

int
match_json(struct match_walk *walk, const struct tape_value *recorded, const struct tape_value *live)
{
    cJSON *expected = NULL, *got = NULL;
    int result = parse(recorded, &expected);
    if (result == 0)
        result = parse(live, &got);
    if (result == 0 && expected != NULL && got != NULL) {
        struct jtree_diff_options options = {.ignore = ignore, .report = report, .context = walk};
        struct jtree_place root = {.path = "$", .expected = expected, .got = got};
        result = ignore(walk, &root) || jtree_diff(expected, got, &options) >= 0 ? 1 : -1;
    }
    cJSON_Delete(expected);
    cJSON_Delete(got);
    return result;
}
