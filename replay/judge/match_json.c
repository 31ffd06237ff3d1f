// SPDX-License-Identifier: MIT
/* JSON arguments compared as JSON, without what the documented API lets differ between two runs. */
#include "replay/judge/match_json.h"

#include <stdio.h>
#include <string.h>

#include "traces/jtree.h"

/* What a tolerant comparison needs to know of the parameter: which objects can occur in it. */
struct tolerance {
    bool reachable[API_OBJECTS];
    struct match_difference *first;
    unsigned count;
};

static void
reach(struct tolerance *tolerance, int object)
{
    if (object < 0 || object >= API_OBJECTS || tolerance->reachable[object])
        return;
    tolerance->reachable[object] = true;
    const struct api_object *here = &api_objects[object];
    for (unsigned i = 0; i < here->nkeys; i++)
        reach(tolerance, here->keys[i].object);
    for (unsigned i = 0; i < here->nvariants; i++)
        reach(tolerance, here->variants[i].object);
}

/*
 * By the key's name in any object that can occur here, not by following the path: payloads name
 * the wrong variant of a union (elem_type is off by one in one version), their keys do not.
 */
static bool
may_differ(const struct tolerance *tolerance, const char *name)
{
    for (unsigned i = 0; i < API_OBJECTS; i++) {
        if (!tolerance->reachable[i])
            continue;
        const struct api_key *key = api_find_key(&api_objects[i], name);
        if (key != NULL && (key->changes != API_STABLE || key->secret))
            return true;
    }
    return false;
}

/* Only the value may differ: that it is there, and its kind, still count. */
static bool
ignore(void *context, const struct jtree_place *place)
{
    if (place->key == NULL || place->expected == NULL || place->got == NULL)
        return false;
    enum jtree_kind kind = jtree_kind(place->expected);
    if (kind != jtree_kind(place->got) || kind == JTREE_OBJECT || kind == JTREE_ARRAY)
        return false;
    return may_differ(context, place->key);
}

static void
copy_cut(char *to, size_t room, const char *from)
{
    if (from == NULL) {
        snprintf(to, room, "absent");
        return;
    }
    size_t length = strlen(from);
    if (length < room) {
        memcpy(to, from, length + 1);
        return;
    }
    size_t end = room - sizeof "...";
    while (end > 0 && ((unsigned char)from[end] & 0xC0) == 0x80)
        end--;
    memcpy(to, from, end);
    memcpy(to + end, "...", sizeof "...");
}

static int
report(void *context, const struct jtree_difference *difference)
{
    struct tolerance *tolerance = context;
    if (tolerance->count++ == 0) {
        copy_cut(tolerance->first->path, sizeof tolerance->first->path, difference->place.path);
        copy_cut(tolerance->first->expected, sizeof tolerance->first->expected, difference->expected);
        copy_cut(tolerance->first->got, sizeof tolerance->first->got, difference->got);
    }
    return 0;
}

static int
compare_trees(const cJSON *expected, const cJSON *got, const struct api_param *param,
              struct match_difference *first)
{
    struct tolerance tolerance = {.first = first};
    if (param->object >= 0)
        reach(&tolerance, param->object);
    else
        memset(tolerance.reachable, true, sizeof tolerance.reachable);
    struct jtree_diff_options options = {.ignore = ignore, .report = report, .context = &tolerance};
    int different = jtree_diff(expected, got, &options);
    first->count = tolerance.count;
    return different;
}

static int
parse(const struct tape_value *value, cJSON **tree)
{
    struct jtree_error error = {0};
    *tree = jtree_parse(value->text, value->bytes, NULL, &error);
    return *tree == NULL && error.problem == JTREE_MEMORY ? -1 : 0;
}

int
match_json(const struct tape_value *recorded, const struct tape_value *live, const struct api_param *param,
           struct match_difference *first)
{
    cJSON *expected, *got = NULL;
    int result = parse(recorded, &expected);
    if (result == 0)
        result = parse(live, &got);
    if (result == 0 && expected != NULL && got != NULL) {
        result = compare_trees(expected, got, param, first);
    } else if (result == 0) {
        match_quote(recorded->text, recorded->bytes, first->expected, sizeof first->expected);
        match_quote(live->text, live->bytes, first->got, sizeof first->got);
        first->count = 1;
        result = 1;
    }
    cJSON_Delete(expected);
    cJSON_Delete(got);
    return result;
}
