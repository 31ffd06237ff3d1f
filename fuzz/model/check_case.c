// SPDX-License-Identifier: MIT
// A whole case against its declaration, but for what was changed on purpose.
#include <string.h>

#include "fuzz/model/model_check.h"
#include "traces/jtree.h"

struct gate {
    const struct fuzz_case *c;
    const struct model_profile *profile;
    const struct model_place *excused;
    unsigned nexcused;
    model_report report;
    void *context;
    size_t event;
    unsigned param;
    int found;
    bool end;
};

/* Length of the path without its last step. */
static size_t
parent(const char *path)
{
    size_t at = strlen(path);
    if (at > 0 && path[at - 1] == ']') {
        if (at > 2 && path[at - 2] == '"') {
            for (at -= 2; at > 1 && strncmp(path + at - 2, "[\"", 2) != 0; at--)
                ;
            return at > 1 ? at - 2 : 0;
        }
        while (at > 0 && path[at - 1] != '[')
            at--;
    } else {
        while (at > 0 && path[at - 1] != '.')
            at--;
    }
    return at > 0 ? at - 1 : 0;
}

static bool
is_below(const char *path, const char *above, size_t bytes)
{
    return strncmp(path, above, bytes) == 0 && (path[bytes] == '\0' || strchr(".[(", path[bytes]) != NULL);
}

/* Does the departure follow from the change at `place`, both in the same payload? */
static bool
follows(const struct model_departure *departure, const char *changed)
{
    const char *path = departure->path;
    if (is_below(path, changed, strlen(changed)))
        return true;
    size_t object = parent(changed);
    switch (departure->rule) {
    case MODEL_R_UNDECLARED:
    case MODEL_R_VERSION:
    case MODEL_R_VARIANT:
    case MODEL_R_DUPLICATE:
        return parent(path) == object && strncmp(path, changed, object) == 0;
    case MODEL_R_SELECTOR:
        return strlen(path) == object && strncmp(path, changed, object) == 0;
    case MODEL_R_RELATION:
        return is_below(changed, path, parent(path));
    default:
        return false;
    }
}

static bool
is_excused(const struct gate *gate, const struct model_departure *departure)
{
    const struct api_entry *callback = gate->c->events[departure->event].callback;
    for (unsigned i = 0; i < gate->nexcused; i++) {
        const struct model_place *place = &gate->excused[i];
        if (place->event != departure->event)
            continue;
        if (place->param == departure->param &&
            (place->path == NULL || (departure->path != NULL && follows(departure, place->path))))
            return true;
        /* An index may be wrong because its array is, a payload because it succeeded or failed. */
        if (departure->rule == MODEL_R_RELATION && departure->path == NULL)
            return true;
        if ((int)place->param == callback->code && (int)departure->param == callback->payload)
            return true;
    }
    return false;
}

static int
hear(void *context, const struct model_departure *departure)
{
    struct gate *gate = context;
    struct model_departure told = *departure;
    told.event = gate->event;
    told.param = gate->param;
    if (is_excused(gate, &told))
        return 0;
    gate->found++;
    gate->end |= gate->report != NULL && gate->report(gate->context, &told) != 0;
    return gate->end;
}

static void
depart(struct gate *gate, enum model_rule rule)
{
    const struct model_departure departure = {.rule = rule};
    hear(gate, &departure);
}

/* Nothing, where something or nothing is declared. */
static void
check_empty(struct gate *gate, const struct case_event *event, bool null)
{
    const struct api_entry *callback = event->callback;
    bool failed = callback->code >= 0 && event->args[callback->code].number != 0;
    if (failed || callback->params[gate->param].nullable)
        return;
    if (callback->code >= 0 && (int)gate->param == callback->payload) {
        bool wanted =
            event->function != NULL && (event->function->result_object >= 0 || event->function->result_array);
        if (wanted || null)
            depart(gate, MODEL_R_TYPE);
    } else if (null || case_is_json(event, gate->param)) {
        depart(gate, null ? MODEL_R_TYPE : MODEL_R_SYNTAX);
    }
}

static int
check_payload(struct gate *gate, const struct case_event *event, struct arena *arena)
{
    struct case_value value = event->args[gate->param];
    const struct api_entry *callback = event->callback;
    if (!case_is_json(event, gate->param))
        return 0;
    if (value.kind != CASE_TREE && !case_parse(&value, arena)) {
        depart(gate, MODEL_R_SYNTAX);
        return 0;
    }
    if (callback->code >= 0 && (int)gate->param == callback->payload && event->function != NULL &&
        event->function->result_object == API_EMPTY_RESULT && event->args[callback->code].number == 0)
        depart(gate, MODEL_R_TYPE);
    return model_check(value.tree, model_payload_of(event, gate->param), gate->profile, hear, gate) < 0 ? -1
                                                                                                        : 0;
}

static int
check_param(struct gate *gate, const struct case_event *event, struct arena *arena)
{
    const struct case_value *value = &event->args[gate->param];
    const struct api_param *param = &event->callback->params[gate->param];
    if (param->type == API_USER || param->type == API_FN)
        return 0;
    if (value->kind == CASE_NUMBER) {
        if (param->enumeration >= 0 && (int)gate->param != event->callback->code &&
            !model_enum_has(&api_enums[param->enumeration], value->number, gate->profile))
            depart(gate, MODEL_R_ENUM);
        return 0;
    }
    if (value->kind == CASE_NULL || (value->kind == CASE_TEXT && value->count == 0)) {
        if (value->kind == CASE_NULL || param->content == API_JSON)
            check_empty(gate, event, value->kind == CASE_NULL);
        return 0;
    }
    return check_payload(gate, event, arena);
}

/* Needs trees, so a copy whose texts are parsed. */
static void
check_indexes(struct gate *gate, const struct case_event *event, struct arena *arena)
{
    struct model_relation list[8];
    struct case_event copy = *event;
    bool any = false;
    for (unsigned p = 0; p < copy.callback->nparams; p++)
        any |= copy.callback->params[p].indexes != NULL;
    for (unsigned p = 0; any && p < copy.callback->nparams; p++)
        if (case_is_json(&copy, p))
            case_parse(&copy.args[p], arena);
    unsigned count = any ? model_relations(&copy, gate->profile, list, 8) : 0;
    for (unsigned i = 0; i < count; i++) {
        gate->param = list[i].index;
        if (list[i].kind == MODEL_INDEX && !model_relation_holds(&copy, &list[i]))
            depart(gate, MODEL_R_RELATION);
    }
}

int
model_check_case(const struct fuzz_case *c, const struct model_profile *profile, struct arena *arena,
                 const struct model_place *excused, unsigned nexcused, model_report report, void *context)
{
    struct gate gate = {.c = c,
                        .profile = profile,
                        .excused = excused,
                        .nexcused = nexcused,
                        .report = report,
                        .context = context};
    for (gate.event = 0; gate.event < c->count && !gate.end; gate.event++) {
        const struct case_event *event = &c->events[gate.event];
        for (gate.param = 0; gate.param < event->callback->nparams && !gate.end; gate.param++)
            if (check_param(&gate, event, arena) != 0)
                return -1;
        if (!gate.end)
            check_indexes(&gate, event, arena);
    }
    return gate.found;
}
