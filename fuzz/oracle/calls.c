// SPDX-License-Identifier: MIT
/*
 * Calls into the SDK that its description forbids. What the SDK itself has just delivered in that way (the
 * same key departs in this input, the same text) is not held against a handler that hands it on.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz/oracle/inside.h"
#include "traces/jtree.h"

#define EXCUSED 64
#define TEXTS 64

static struct {
    const char *keys[EXCUSED]; /* of the description: live forever */
    unsigned nkeys;
    int16_t enums[EXCUSED];
    unsigned nenums;
    uint64_t texts[TEXTS]; /* hashes of payloads that are no JSON */
    unsigned ntexts;
    bool whole; /* a payload was not of its own kind at all */
} excuse;

void
calls_begin(void)
{
    memset(&excuse, 0, sizeof excuse);
}

static uint64_t
hash(const char *text)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (; *text != '\0'; text++)
        sum = (sum ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return sum;
}

static bool
excuse_departure(void *context, const struct departure *departure)
{
    (void)context;
    if (departure->key == NULL)
        excuse.whole = true;
    else if (excuse.nkeys < EXCUSED)
        excuse.keys[excuse.nkeys++] = departure->key;
    if (departure->kind == DEPARTS_ENUM && excuse.nenums < EXCUSED)
        excuse.enums[excuse.nenums++] = departure->enumeration;
    return true;
}

void
calls_delivered(const struct case_event *event, const union api_value *values)
{
    const struct api_entry *callback = event->callback;
    struct arena *before = arena_use(oracle.scratch);

    for (unsigned i = 0; i < callback->nparams; i++) {
        const struct api_param *param = &callback->params[i];
        const char *text = values[i].s;
        if (param->enumeration >= 0 && param->type != API_STR && excuse.nenums < EXCUSED)
            excuse.enums[excuse.nenums++] = param->enumeration;
        if (param->type != API_STR || text == NULL)
            continue;
        arena_reset(oracle.scratch);
        cJSON *root = jtree_parse(text, strlen(text), NULL, NULL);
        if (root != NULL)
            schema_walk(callback, i, event->function, root, excuse_departure, NULL);
        if (excuse.ntexts < TEXTS)
            excuse.texts[excuse.ntexts++] = hash(text);
    }
    arena_use(before);
}

static bool
excused(const struct departure *departure)
{
    if (departure->key == NULL)
        return excuse.whole;
    for (unsigned i = 0; i < excuse.nkeys; i++)
        if (strcmp(excuse.keys[i], departure->key) == 0)
            return true;
    for (unsigned i = 0; departure->kind == DEPARTS_ENUM && i < excuse.nenums; i++)
        if (excuse.enums[i] == departure->enumeration)
            return true;
    return false;
}

struct judged {
    const struct api_entry *function;
    unsigned param;
};

static bool
judge(void *context, const struct departure *departure)
{
    const struct judged *judged = context;

    if (excused(departure))
        return true;
    oracle_violated(ORACLE_CALLS, "%s calls %s: %s at %s %s", oracle_where(oracle.event),
                    judged->function->name, judged->function->params[judged->param].name, departure->path,
                    departure->text);
    return false;
}

static bool
known_text(const char *text)
{
    for (unsigned i = 0; i < excuse.ntexts; i++)
        if (excuse.texts[i] == hash(text))
            return true;
    return false;
}

static void
judge_json(const struct api_entry *function, unsigned i, const char *text)
{
    const struct api_param *param = &function->params[i];
    struct judged judged = {function, i};
    struct jtree_error error;

    if (text == NULL || *text == '\0') {
        if (!param->nullable && (param->object >= 0 || param->array))
            oracle_violated(ORACLE_CALLS, "%s calls %s: %s is %s, declared is JSON",
                            oracle_where(oracle.event), function->name, param->name,
                            text == NULL ? "NULL" : "empty");
        return;
    }
    struct arena *before = arena_use(oracle.scratch);
    arena_reset(oracle.scratch);
    cJSON *root = jtree_parse(text, strlen(text), NULL, &error);
    if (root != NULL)
        schema_walk(function, i, NULL, root, judge, &judged);
    else if (error.problem != JTREE_MEMORY && error.problem != JTREE_TOO_DEEP && !known_text(text))
        oracle_violated(ORACLE_CALLS, "%s calls %s: %s is not JSON, %s at byte %zu: %.200s",
                        oracle_where(oracle.event), function->name, param->name, error.text, error.offset,
                        text);
    arena_use(before);
}

static void
judge_number(const struct api_entry *function, unsigned i, int64_t value)
{
    const struct api_enum *enumeration = &api_enums[function->params[i].enumeration];
    struct departure departure = {
        .kind = DEPARTS_ENUM, .key = "", .enumeration = function->params[i].enumeration};

    for (unsigned k = 0; k < enumeration->nconstants; k++)
        if (enumeration->constants[k].value == value)
            return;
    if (!enumeration->flags && !excused(&departure))
        oracle_violated(ORACLE_CALLS, "%s calls %s: %s is %lld, which is no %s", oracle_where(oracle.event),
                        function->name, function->params[i].name, (long long)value, enumeration->name);
}

void
calls_call(const struct api_entry *function, const union api_value *values)
{
    for (unsigned i = 0; i < function->nparams; i++) {
        const struct api_param *param = &function->params[i];
        if (param->type == API_STR && param->content == API_JSON)
            judge_json(function, i, values[i].s);
        else if (param->enumeration >= 0 && (param->type == API_I32 || param->type == API_U32))
            judge_number(function, i, values[i].i);
    }
}
