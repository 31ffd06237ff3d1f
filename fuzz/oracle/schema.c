// SPDX-License-Identifier: MIT
/*
 * Where a payload departs from its declaration, for oracles: lenient where the SDK is known to be. A boolean
 * for a number and a number for a boolean, null for a key that is not required, undeclared keys and keys of
 * other versions or variants are none of our business.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz/model/model.h"
#include "fuzz/oracle/inside.h"
#include "traces/jtree.h"

struct walk {
    bool (*report)(void *context, const struct departure *departure);
    void *context;
};

static const struct model_profile profile = {.version = NULL, .page = true};

static const char *
declared(uint8_t json)
{
    switch (json) {
    case API_J_BOOL:
        return "a boolean";
    case API_J_STRING:
        return "a string";
    case API_J_OBJECT:
        return "an object";
    case API_J_ARRAY:
        return "an array";
    default:
        return "a number";
    }
}

static bool
tolerated(const struct model_departure *found)
{
    enum jtree_kind kind = jtree_kind(found->node);
    bool number = found->key != NULL && found->key->json >= API_J_BOOL && found->key->json <= API_J_DOUBLE;

    if (kind == JTREE_NULL)
        return found->key != NULL && !found->key->required;
    return number && (kind == JTREE_BOOL || kind == JTREE_NUMBER);
}

static int
on_departure(void *context, const struct model_departure *found)
{
    struct walk *walk = context;
    struct departure departure = {.key = found->key != NULL ? found->key->name : NULL, .enumeration = -1};
    int64_t value;

    if (found->node == NULL)
        return 0;
    if (found->rule == MODEL_R_TYPE && !tolerated(found)) {
        departure.kind = DEPARTS_KIND;
        snprintf(departure.text, sizeof departure.text, "is %s%s%s", jtree_kind_name(jtree_kind(found->node)),
                 found->key != NULL ? ", declared is " : "",
                 found->key != NULL ? declared(found->key->json) : "");
    } else if (found->rule == MODEL_R_ENUM && found->key != NULL && found->key->enumeration >= 0 &&
               !api_enums[found->key->enumeration].flags && jtree_int64(found->node, &value)) {
        departure.kind = DEPARTS_ENUM;
        departure.enumeration = found->key->enumeration;
        snprintf(departure.text, sizeof departure.text, "is %lld, which is no %s", (long long)value,
                 api_enums[found->key->enumeration].name);
    } else {
        return 0;
    }
    snprintf(departure.path, sizeof departure.path, "%s", found->path != NULL ? found->path : "$");
    return !walk->report(walk->context, &departure);
}

struct model_type
schema_param(const struct api_entry *entry, unsigned param, const struct api_entry *function)
{
    const struct api_param *declaration = &entry->params[param];

    if (entry->kind == API_CALLBACK)
        return model_payload(entry, param, function, false);
    uint8_t json = declaration->object >= 0 ? API_J_OBJECT : declaration->array ? API_J_STRING : API_J_ANY;
    return (struct model_type){.json = declaration->array ? API_J_ARRAY : json,
                               .items = declaration->array ? json : API_J_ANY,
                               .object = declaration->object,
                               .enumeration = -1,
                               .strings = -1};
}

void
schema_walk(const struct api_entry *entry, unsigned param, const struct api_entry *function,
            const cJSON *root, bool (*report)(void *context, const struct departure *departure),
            void *context)
{
    struct walk walk = {report, context};
    model_check(root, schema_param(entry, param, function), &profile, on_departure, &walk);
}
