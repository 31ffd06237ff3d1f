// SPDX-License-Identifier: MIT
// An input of a fuzz target as a tape: it has no header, and its callbacks come from nowhere.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/ndjson_text.h"

/* What registers listeners of this type, or NULL. */
static const struct api_entry *
registration(const struct api_entry *callback)
{
    for (unsigned id = 0; id < API_ENTRIES; id++) {
        const struct api_entry *entry = &api_entries[id];

        for (unsigned i = 0; entry->kind == API_REGISTER && i < entry->nparams; i++) {
            if (entry->params[i].type == API_FN && entry->params[i].callback == callback->newest)
                return entry;
        }
    }
    return NULL;
}

/* The call that brings this callback: the one it names, or the registration of its type. NULL: nobody knows.
 */
static const struct api_entry *
wanted(const struct ndjson_line *line, const struct api_entry *callback)
{
    const cJSON *cause = ndjson_get(line, "cause");
    struct jtree_text name;

    if (cause == NULL)
        return registration(callback);
    if (jtree_kind(cause) != JTREE_STRING || jtree_text(cause, &name) != 0)
        return NULL;
    const struct api_entry *entry = api_find(name.data);
    jtree_text_free(&name);
    return entry != NULL && entry->kind != API_CALLBACK ? entry : NULL;
}

/* The call with as little as it takes: numbers are 0, texts empty. */
static cJSON *
plain_call(const struct api_entry *entry)
{
    char text[1200];
    size_t used = (size_t)snprintf(text, sizeof text, "{\"call\":\"%s\",\"args\":{", entry->name);
    const char *comma = "";
    for (unsigned i = 0; i < entry->nparams && used < sizeof text; i++) {
        int type = entry->params[i].type;

        if (type == API_USER || type == API_OUT || type == API_FN)
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%s\":%s", comma, entry->params[i].name,
                                 type == API_STR ? "\"\"" : "0");
        comma = ",";
    }
    if (used < sizeof text)
        used += (size_t)snprintf(text + used, sizeof text - used, "}}");
    return used < sizeof text ? jtree_parse(text, used, NULL, NULL) : NULL;
}

int
ndjson_case_cause(struct ndjson_scene *scene, const struct ndjson_line *line, const char *version,
                  const struct api_entry *callback, struct fault *fault)
{
    const struct api_entry *entry = wanted(line, callback);
    struct ndjson_line call = {.source = line->source, .number = line->number};
    struct ndjson_event event = {0};

    if (entry == NULL && ndjson_get(line, "cause") == NULL &&
        cJSON_AddNullToObject(line->root, "cause") == NULL)
        return fault_set(fault, FAULT_INTERNAL, "out of memory"); /* null: unknown */
    if (entry == NULL || ndjson_scene_called(scene, entry))
        return 0;
    call.root = plain_call(entry);
    if (call.root == NULL)
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    int status = ndjson_event_read(&call, version, &event, fault);
    if (status == 0)
        status = ndjson_scene_add(scene, &call, &event, fault);
    ndjson_event_free(&event);
    cJSON_Delete(call.root);
    return status;
}
