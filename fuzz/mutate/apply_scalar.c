// SPDX-License-Identifier: MIT
// What a callback carries beside its payload: numbers, texts, NULL; the payload as a whole; what must agree.
#include <limits.h>
#include <string.h>

#include "fuzz/mutate/work.h"
#include "traces/jtree.h"

static int
set(struct work *work, struct spot *spot, struct case_value value, enum mutate_operation operation,
    bool positive)
{
    struct case_event *event = &work->c->events[spot->event];
    struct case_value *at = &event->args[spot->param];
    if (at->kind == value.kind && value.kind == CASE_NUMBER && at->number == value.number)
        return 0;
    if (at->kind == value.kind &&
        (value.kind == CASE_NULL || (value.kind == CASE_TEXT && at->count == value.count &&
                                     memcmp(at->bytes, value.bytes, value.count) == 0)))
        return 0;
    struct spot whole = *spot;
    whole.scalar = true;
    const char *was = work_show_value(work, event, spot->param);
    *at = value;
    work_record(work, &whole, operation, positive, NULL, was, work_show_value(work, event, spot->param));
    return 1;
}

static struct case_value
number_value(int64_t number)
{
    return (struct case_value){.kind = CASE_NUMBER, .number = number};
}

static struct case_value
text_value(const char *text, size_t count)
{
    return (struct case_value){.kind = CASE_TEXT, .bytes = text, .count = count};
}

/* Within the machine type: a value that cannot cross is none. */
static int64_t
narrow(const struct api_param *param, int64_t number)
{
    switch (param->type) {
    case API_I32:
        return (int32_t)number;
    case API_U32:
        return (int64_t)(uint32_t)number;
    case API_BOOL:
        return number & 1;
    default:
        return number;
    }
}

static int
number(struct work *work, struct spot *spot)
{
    const struct api_param *param = &work->c->events[spot->event].callback->params[spot->param];
    int64_t value, now = work->c->events[spot->event].args[spot->param].number;
    cJSON *node = NULL;
    if (param->type == API_BOOL) {
        value = !now;
    } else if (param->enumeration < 0 && random_once_in(&work->random, 3)) {
        value = random_once_in(&work->random, 2) ? now + 1 : now - 1;
    } else {
        uint64_t big;
        for (unsigned i = 0; i < 8 && (node == NULL || jtree_kind(node) != JTREE_NUMBER); i++)
            node = value_special(work, model_scalar(param), NULL);
        if (node == NULL || jtree_kind(node) != JTREE_NUMBER)
            return 0;
        if (!jtree_int64(node, &value)) {
            if (!jtree_uint64(node, &big))
                return 0;
            value = (int64_t)big;
        }
    }
    value = narrow(param, value);
    bool positive =
        param->enumeration < 0 || model_enum_has(&api_enums[param->enumeration], value, work->profile);
    return set(work, spot, number_value(value), OP_SCALAR, positive);
}

static int
text(struct work *work, struct spot *spot)
{
    struct model_type type = model_scalar(&work->c->events[spot->event].callback->params[spot->param]);
    if (random_once_in(&work->random, 4))
        return set(work, spot, (struct case_value){.kind = CASE_NULL}, OP_SCALAR, false);
    cJSON *node = NULL;
    /* Only what stays a text: the others are other kinds of JSON. */
    for (unsigned i = 0; i < 8 && (node == NULL || (node->type & 0xFF) != cJSON_String); i++)
        node = random_once_in(&work->random, 4) ? value_make(work, type, 1) : value_special(work, type, NULL);
    if (node == NULL || (node->type & 0xFF) != cJSON_String)
        return 0;
    return set(work, spot, text_value(node->valuestring, strlen(node->valuestring)), OP_SCALAR, true);
}

/* The payload as a whole: what a consumer's parser answers with "nothing". */
int
apply_payload(struct work *work, struct spot *spot)
{
    static const char *const documents[] = {"{}", "[]", "null", "0", "\"\"", "[{}]", "[null]", "true"};
    struct model_type type = model_payload_of(&work->c->events[spot->event], spot->param);
    bool nullable = work->c->events[spot->event].callback->params[spot->param].nullable;
    uint64_t drawn = work_below(work, 12);
    if (drawn < 2)
        return set(work, spot, (struct case_value){.kind = CASE_NULL}, OP_PAYLOAD, nullable);
    if (drawn < 4)
        return set(work, spot, text_value("", 0), OP_PAYLOAD, nullable);
    if (drawn < 6) {
        struct case_value whole = {.kind = CASE_TREE, .tree = value_make(work, type, 16)};
        return work_got(work, whole.tree) == NULL ? 0 : set(work, spot, whole, OP_PAYLOAD, true);
    }
    const char *document = documents[work_below(work, sizeof documents / sizeof *documents)];
    return set(work, spot, text_value(document, strlen(document)), OP_PAYLOAD, false);
}

int
apply_scalar(struct work *work, struct spot *spot)
{
    const struct case_event *event = &work->c->events[spot->event];
    const struct api_param *param = &event->callback->params[spot->param];
    if (param->type == API_STR && param->content == API_JSON)
        return apply_payload(work, spot);
    return param->type == API_STR ? text(work, spot) : number(work, spot);
}

/* A result code: none, one that the API names, or any number. */
static int64_t
any_code(struct work *work, const struct api_param *param)
{
    static const int32_t others[] = {-1, 1, INT_MAX, INT_MIN, 7000};
    uint64_t drawn = work_below(work, 8);
    if (drawn == 0)
        return 0;
    if (drawn == 1 || param->enumeration < 0)
        return others[work_below(work, sizeof others / sizeof *others)];
    const struct api_enum *names = &api_enums[param->enumeration];
    return names->constants[work_below(work, names->nconstants)].value;
}

/* A completion: success or failure, with or without what belongs to it. */
int
apply_answer(struct work *work, size_t index)
{
    struct case_event *event = &work->c->events[index];
    struct spot spot = {.event = index, .scalar = true};
    int changed = 0;
    if (event->callback->code < 0)
        return 0;
    spot.param = (unsigned)event->callback->code;
    changed +=
        set(work, &spot, number_value(any_code(work, &event->callback->params[spot.param])), OP_ANSWER, true);
    for (unsigned p = 0; p < event->callback->nparams; p++) {
        const struct api_param *param = &event->callback->params[p];
        spot.param = p;
        if (param->type != API_STR || random_once_in(&work->random, 3))
            continue;
        if (param->content == API_JSON)
            changed += apply_payload(work, &spot);
        else
            changed += text(work, &spot);
    }
    return changed > 0;
}

/* What must agree no longer does: an index behind the end, a count that is not the length, arrays that are
 * not parallel. */
int
apply_relation(struct work *work, size_t index)
{
    struct model_relation list[16], *relation;
    struct case_event *event = &work->c->events[index];
    unsigned count = model_relations(event, work->profile, list, 16);
    if (count == 0)
        return 0;
    relation = &list[work_below(work, count)];
    struct spot spot = {.event = index, .param = relation->param, .scalar = true};
    const char *was, *is;
    if (relation->kind == MODEL_INDEX) {
        spot.param = relation->index;
        was = work_show_value(work, event, spot.param);
    } else {
        was = work_show(work, relation->of);
    }
    if (model_relation_break(event, relation, &work->random) != 0) {
        work->no_memory = true;
        return 0;
    }
    is = relation->kind == MODEL_INDEX ? work_show_value(work, event, spot.param)
                                       : work_show(work, relation->of);
    if (relation->kind != MODEL_INDEX && relation->of != NULL)
        spot.scalar = !spot_find(&spot, event->args[spot.param].tree, relation->of, 0);
    work_record(work, &spot, OP_RELATION, false, NULL, was, is);
    return 1;
}

int
apply_scalar_variation(struct work *work, struct spot *spot, enum model_variation variation)
{
    const struct api_param *param = &work->c->events[spot->event].callback->params[spot->param];
    struct model_maker maker = {.random = &work->random, .profile = *work->profile, .depth = 1, .budget = 4};
    cJSON *node = NULL;
    int64_t value = 0;
    uint64_t big = 0;
    struct mutation *record;
    unsigned before = work->done->count;
    if (variation != MODEL_NULL && (node = model_vary(&maker, model_scalar(param), variation, NULL)) == NULL)
        return 0;
    int changed = 0;
    if (param->type == API_STR && node == NULL)
        changed = set(work, spot, (struct case_value){.kind = CASE_NULL}, OP_SCALAR, false);
    else if (param->type == API_STR && (node->type & 0xFF) == cJSON_String)
        changed = set(work, spot, text_value(node->valuestring, strlen(node->valuestring)), OP_SCALAR, true);
    else if (param->type != API_STR && node != NULL && jtree_kind(node) == JTREE_BOOL)
        changed = set(work, spot, number_value((node->type & 0xFF) == cJSON_True), OP_SCALAR, true);
    else if (param->type != API_STR && node != NULL &&
             (jtree_int64(node, &value) || jtree_uint64(node, &big)))
        changed = set(work, spot, number_value(narrow(param, big > INT64_MAX ? (int64_t)big : value)),
                      OP_SCALAR, model_variation_positive(model_scalar(param), variation));
    record = work->done->count > before ? &work->done->list[before] : &work->spare;
    record->variation = (uint16_t)variation;
    return changed;
}
