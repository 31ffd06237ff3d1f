// SPDX-License-Identifier: MIT
// Fresh callbacks from the description alone.
#include <string.h>

#include "fuzz/mutate/work.h"

static struct case_value
make_value(struct work *work, const struct case_event *event, unsigned p)
{
    const struct api_param *param = &event->callback->params[p];
    struct case_value value = {.kind = CASE_NUMBER};
    struct model_type type = {.json = API_J_STRING, .object = -1, .enumeration = -1, .strings = -1};
    switch (param->type) {
    case API_STR:
        if (param->content == API_JSON) {
            type = model_payload_of(event, p);
            if (type.json == API_J_ANY && event->function != NULL &&
                event->function->result_object == API_EMPTY_RESULT)
                return (struct case_value){.kind = CASE_TEXT, .bytes = ""};
            value.kind = CASE_TREE;
            value.tree = work_got(work, value_make(work, type, 9));
            return value;
        }
        if (strcmp(param->name, "desc") == 0)
            return (struct case_value){.kind = CASE_TEXT, .bytes = ""};
        cJSON *text = work_got(work, value_make(work, type, 3));
        if (text != NULL)
            value = (struct case_value){
                .kind = CASE_TEXT, .bytes = text->valuestring, .count = strlen(text->valuestring)};
        return value;
    case API_I32:
    case API_U32:
    case API_I64:
    case API_U64:
        if (p != (unsigned)event->callback->code && param->enumeration >= 0) {
            const struct api_enum *names = &api_enums[param->enumeration];
            value.number = names->constants[work_below(work, names->nconstants)].value;
        }
        return value;
    case API_BOOL:
        value.number = (int64_t)work_below(work, 2);
        return value;
    default:
        return (struct case_value){.kind = CASE_ABSENT};
    }
}

int
make_event(struct work *work, struct case_event *event, const struct mutate_target *target, int but)
{
    *event = (struct case_event){.callback = target->callback, .function = target->function};
    for (unsigned p = 0; p < target->callback->nparams; p++)
        if ((int)p != but)
            event->args[p] = make_value(work, event, p);
    return work->no_memory ? -1 : 0;
}

static int
fill(struct work *work)
{
    const struct mutate_options *options = &work->mutator->options;
    struct fuzz_case *c = work->c;
    c->count = 0;
    size_t count = options->one_event || !random_once_in(&work->random, 4) ? 1 : 2 + work_below(work, 3);
    for (size_t i = 0; i < count; i++) {
        struct case_event event;
        const struct mutate_target *target = &options->targets[work_below(work, options->ntargets)];
        if (make_event(work, &event, target, -1) != 0 || case_add(c, work->arena, &event) != 0)
            return -1;
        if (i > 0 && work_size(c) > work->mutator->budget)
            c->count--;
    }
    return 0;
}

int
mutator_make(struct mutator *mutator, struct fuzz_case *c, struct arena *arena, uint64_t seed)
{
    struct mutation_list done;
    struct work work;
    work_start(&work, mutator, c, arena, seed, &done);
    int status = fill(&work);
    work_end(&work);
    return status;
}
