// SPDX-License-Identifier: MIT
/* Names of callbacks as users write them. */
#include "traces/callback_name.h"

#include <stdio.h>
#include <string.h>

#define MOST_NAME 200

const struct api_entry *
callback_name_entry(const char *name, size_t bytes, bool callback, struct fault *fault)
{
    char text[MOST_NAME];
    const struct api_entry *entry = NULL;

    if (bytes < sizeof text) {
        snprintf(text, sizeof text, "%.*s", (int)bytes, name);
        char *version = strchr(text, '@');
        if (version != NULL)
            *version++ = '\0';
        if (version == NULL || *version != '\0')
            entry = api_find_version(text, version);
    }
    if (entry == NULL) {
        fault_set(fault, FAULT_USAGE, "\"%.*s\": the API has no %s of that name", (int)bytes, name,
                  callback ? "callback type" : "function");
    } else if ((entry->kind == API_CALLBACK) != callback) {
        fault_set(fault, FAULT_USAGE, "\"%.*s\" is a %s", (int)bytes, name,
                  callback ? "function; its callbacks are \"CALLBACK:FUNCTION\"" : "callback type");
        entry = NULL;
    }
    return entry;
}

static bool
brings(const struct api_entry *function, const struct api_entry *callback)
{
    for (unsigned i = 0; i < function->nparams; i++) {
        if (function->params[i].type == API_FN && function->params[i].callback >= 0 &&
            strcmp(api_entries[function->params[i].callback].name, callback->name) == 0)
            return true;
    }
    return false;
}

int
callback_name_parse(const char *name, const struct api_entry **callback, const struct api_entry **function,
                    struct fault *fault)
{
    if (name == NULL)
        return fault_set(fault, FAULT_USAGE, "no name of a callback was given");
    size_t bytes = strcspn(name, ":");
    *callback = callback_name_entry(name, bytes, true, fault);
    *function = NULL;
    if (*callback == NULL)
        return -1;
    if (name[bytes] == '\0')
        return 0;
    name += bytes + 1;
    *function = callback_name_entry(name, strlen(name), false, fault);
    if (*function == NULL)
        return -1;
    if (!brings(*function, *callback))
        return fault_set(fault, FAULT_USAGE, "%s takes no %s", (*function)->name, (*callback)->name);
    return 0;
}
