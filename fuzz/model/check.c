// SPDX-License-Identifier: MIT
// Where a payload departs from its declared type.
#include <stdlib.h>
#include <string.h>

#include "fuzz/model/model_check.h"
#include "fuzz/model/model_keys.h"
#include "traces/jtree.h"
#include "traces/jtree_path.h"

static const char *const names[MODEL_RULES] = {"type",    "range",     "enum",     "undeclared", "version",
                                               "variant", "duplicate", "selector", "syntax",     "relation"};

const char *
model_rule_name(enum model_rule rule)
{
    return rule < MODEL_RULES ? names[rule] : "";
}

/* One step of the way from the root; only walked when something is wrong. */
struct step {
    const struct step *up;
    const char *key; /* NULL: an element */
    size_t number;   /* of the element; of the member of that name, from 1 */
};

struct check {
    const struct model_profile *profile;
    model_report report;
    void *context;
    int found;
    bool end, failed;
};

static int
write_path(struct jtree_path *path, const struct step *step)
{
    if (step == NULL)
        return jtree_path_start(path);
    if (write_path(path, step->up) != 0)
        return -1;
    return step->key == NULL ? jtree_path_index(path, step->number)
                             : jtree_path_key(path, step->key, strlen(step->key), step->number);
}

static void
depart(struct check *check, enum model_rule rule, const struct step *step, const struct api_key *key,
       const cJSON *node)
{
    struct jtree_path path = {0};
    check->found++;
    if (check->report == NULL)
        return;
    if (write_path(&path, step) != 0) {
        check->failed = check->end = true;
    } else {
        const struct model_departure departure = {.rule = rule, .path = path.text, .key = key, .node = node};
        check->end |= check->report(check->context, &departure) != 0;
    }
    jtree_path_free(&path);
}

bool
model_kind_is(uint8_t json, const cJSON *node)
{
    switch (jtree_kind(node)) {
    case JTREE_BOOL:
        return json == API_J_BOOL;
    case JTREE_NUMBER:
        return json >= API_J_INT && json <= API_J_DOUBLE;
    case JTREE_STRING:
        return json == API_J_STRING;
    case JTREE_ARRAY:
        return json == API_J_ARRAY;
    case JTREE_OBJECT:
        return json == API_J_OBJECT;
    default:
        return false;
    }
}

bool
model_in_range(uint8_t json, const cJSON *number)
{
    int64_t low, value;
    uint64_t high, large;
    if (!model_range(json, &low, &high))
        return true;
    if (jtree_int64(number, &value) && value < 0)
        return value >= low;
    return jtree_uint64(number, &large) && large <= high;
}

static void check_value(struct check *check, const cJSON *node, struct model_type type,
                        const struct step *step);

static size_t
length(const cJSON *array)
{
    size_t count = 0;
    for (const cJSON *child = array->child; child != NULL; child = child->next)
        count++;
    return count;
}

bool
model_agrees(const struct api_key *key, const cJSON *object, const cJSON *node)
{
    const char *other = key->counts != NULL ? key->counts : key->parallel;
    const cJSON *array = other != NULL ? jtree_get(object, other) : NULL;
    int64_t count;
    if (array == NULL || jtree_kind(array) != JTREE_ARRAY)
        return true;
    if (key->counts != NULL)
        return !jtree_int64(node, &count) || (count >= 0 && (size_t)count == length(array));
    return jtree_kind(node) != JTREE_ARRAY || length(node) == length(array);
}

struct seen {
    const struct api_object *object;
    uint64_t bits[4];
};

/* The n-th time of that key; far more keys than any object has are not told apart. */
static bool
is_again(struct seen *seen, const struct api_key *key)
{
    size_t i = (size_t)(key - seen->object->keys) & 255;
    bool again = (seen->bits[i / 64] >> (i % 64) & 1) != 0;
    seen->bits[i / 64] |= UINT64_C(1) << (i % 64);
    return again;
}

static size_t
nth_of_name(const cJSON *object, const cJSON *member, const char *name)
{
    size_t nth = 1;
    for (const cJSON *child = object->child; child != member; child = child->next)
        nth += child->string != NULL && strcmp(child->string, name) == 0;
    return nth;
}

static void
check_member(struct check *check, const cJSON *object, const cJSON *member, const char *name,
             struct seen seen[2], const struct step *up)
{
    struct step step = {up, name, 1};
    const struct api_object *type = seen[0].object;
    unsigned which = 0;
    const struct api_key *key = model_find_key(type, name);
    if (key == NULL && seen[1].object != NULL) {
        which = 1;
        key = model_find_key(seen[1].object, name);
    }
    if (key == NULL) {
        key = model_any_key(type, name);
        depart(check, key != NULL ? MODEL_R_VARIANT : MODEL_R_UNDECLARED, &step, key, member);
        return;
    }
    if (is_again(&seen[which], key)) {
        step.number = nth_of_name(object, member, name);
        depart(check, MODEL_R_DUPLICATE, &step, key, member);
    }
    if (!model_key_in(key, check->profile, false))
        depart(check, MODEL_R_VERSION, &step, key, member);
    else if (!model_means(seen[which].object, key, object, check->profile))
        depart(check, MODEL_R_VARIANT, &step, key, member);
    check_value(check, member, model_of_key(key), &step);
    if (!model_agrees(key, object, member))
        depart(check, MODEL_R_RELATION, &step, key, member);
}

static void
check_object(struct check *check, const cJSON *node, struct model_type type, const struct step *step)
{
    const struct api_object *declared = model_object(type);
    struct seen seen[2] = {{.object = declared}};
    if (declared == NULL)
        return;
    if (declared->selector != NULL) {
        seen[1].object = model_variant(declared, node, check->profile);
        if (jtree_get(node, declared->selector) == NULL)
            depart(check, MODEL_R_SELECTOR, step, type.key, node);
    }
    for (const cJSON *child = node->child; child != NULL && !check->end; child = child->next) {
        struct jtree_text name;
        if (jtree_key(child, &name) != 0) {
            check->failed = check->end = true;
            return;
        }
        check_member(check, node, child, name.data, seen, step);
        jtree_text_free(&name);
    }
}

static void
check_number(struct check *check, const cJSON *node, struct model_type type, const struct step *step)
{
    int64_t value;
    bool whole = jtree_int64(node, &value);
    /* A named number is right whatever its type says: -1 in an unsigned one is an invalid element. */
    if (type.enumeration >= 0 && whole) {
        if (!model_enum_has(&api_enums[type.enumeration], value, check->profile))
            depart(check, MODEL_R_ENUM, step, type.key, node);
    } else if (!model_in_range(type.json, node)) {
        depart(check, MODEL_R_RANGE, step, type.key, node);
    } else if (type.enumeration >= 0) {
        depart(check, MODEL_R_ENUM, step, type.key, node); /* past 2^63 nothing is named */
    }
}

static void
check_value(struct check *check, const cJSON *node, struct model_type type, const struct step *step)
{
    if (check->end || type.json == API_J_ANY)
        return;
    type = model_fit(type, node, check->profile);
    if (!model_kind_is(type.json, node)) {
        depart(check, MODEL_R_TYPE, step, type.key, node);
        return;
    }
    if (type.json == API_J_OBJECT) {
        check_object(check, node, type, step);
    } else if (type.json == API_J_ARRAY) {
        struct step element = {step, NULL, 0};
        for (const cJSON *child = node->child; child != NULL && !check->end; child = child->next) {
            check_value(check, child, model_element(type), &element);
            element.number++;
        }
    } else if (jtree_kind(node) == JTREE_NUMBER) {
        check_number(check, node, type, step);
    }
}

int
model_check(const cJSON *tree, struct model_type type, const struct model_profile *profile,
            model_report report, void *context)
{
    struct check check = {.profile = profile, .report = report, .context = context};
    check_value(&check, tree, type, NULL);
    return check.failed ? -1 : check.found;
}
