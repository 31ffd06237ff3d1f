// SPDX-License-Identifier: MIT
/* Names of callbacks, and which handler a callback goes to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/embed/embed.h"

#define MOST_NAME 200

const struct api_entry *
embed_entry(const char *name, size_t bytes, bool callback, struct fault *fault)
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
embed_name(const char *name, struct embed_binding *binding, struct fault *fault)
{
    if (name == NULL)
        return fault_set(fault, FAULT_USAGE, "no name of a callback was given");
    size_t bytes = strcspn(name, ":");
    binding->callback = embed_entry(name, bytes, true, fault);
    binding->function = NULL;
    if (binding->callback == NULL)
        return -1;
    if (name[bytes] == '\0')
        return 0;
    name += bytes + 1;
    binding->function = embed_entry(name, strlen(name), false, fault);
    if (binding->function == NULL)
        return -1;
    if (!brings(binding->function, binding->callback))
        return fault_set(fault, FAULT_USAGE, "%s takes no %s", binding->function->name,
                         binding->callback->name);
    return 0;
}

static bool
same_name(const struct embed_binding *a, const struct embed_binding *b)
{
    bool functions = (a->function == NULL) == (b->function == NULL);

    return a->callback == b->callback && functions &&
           (a->function == NULL || strcmp(a->function->name, b->function->name) == 0);
}

int
timtape_replay_bind(struct timtape_replay *replay, const char *name, timtape_function handler,
                    const void *user_data)
{
    struct embed_binding binding = {.handler = handler, .user_data = user_data};
    size_t i;

    replay->fault.text[0] = '\0';
    if (embed_name(name, &binding, &replay->fault) != 0 || embed_reconsider(replay) != 0)
        return -1;
    for (i = 0; i < replay->nbindings && !same_name(&replay->bindings[i], &binding); i++)
        ;
    if (i < replay->nbindings) {
        replay->bindings[i] = binding;
        return 0;
    }
    struct embed_binding *bindings = realloc(replay->bindings, (i + 1) * sizeof *bindings);
    if (bindings == NULL)
        return fault_set(&replay->fault, FAULT_INTERNAL, "out of memory");
    replay->bindings = bindings;
    bindings[replay->nbindings++] = binding;
    return 0;
}

/* ---- finding ---- */

static const struct embed_answer *
find_answer(const struct timtape_replay *replay, const struct tape_event *event)
{
    /* From the end: the calls made last are the ones that are waiting. */
    for (size_t i = replay->nanswers; event->cause != 0 && i-- > 0;) {
        if (replay->answers[i].call == event->cause && replay->answers[i].via == event->via)
            return &replay->answers[i];
    }
    return NULL;
}

static int
other_signature(struct timtape_replay *replay, const struct tape_event *event)
{
    const char *version = event->entry->until != NULL ? event->entry->until : api_sdk.versions[0];

    if (event->entry->newest == event->entry->id)
        return fault_set(&replay->fault, FAULT_USAGE,
                         "event %llu: %s is on this tape with the newest signature, and only a handler of "
                         "an older one is bound: bind one to \"%s\"",
                         (unsigned long long)event->seq, event->name, event->name);
    return fault_set(&replay->fault, FAULT_USAGE,
                     "event %llu: %s is on this tape with the signature that it had until SDK %s: bind a "
                     "handler of that signature to \"%s@%s\"",
                     (unsigned long long)event->seq, event->name, version, event->name, version);
}

int
embed_handler(struct timtape_replay *replay)
{
    const struct tape_event *event = &replay->next.tape;
    const char *function = NULL;
    bool asked = false, other = false;

    replay->next_binding = NULL;
    replay->next_answer = find_answer(replay, event);
    if (event->entry == NULL)
        return 0;
    if (replay->next_answer != NULL)
        return replay->next_answer->callback == event->entry ? 1 : other_signature(replay, event);
    for (size_t i = 0; i < replay->nbindings; i++) {
        const struct embed_binding *binding = &replay->bindings[i];

        if (binding->handler == NULL || strcmp(binding->callback->name, event->name) != 0)
            continue;
        if (binding->function != NULL) {
            if (!asked && embed_function(replay, event->cause, &function) != 0)
                return -1;
            asked = true;
            if (function == NULL || strcmp(function, binding->function->name) != 0)
                continue;
        }
        if (binding->callback != event->entry)
            other = true;
        else if (replay->next_binding == NULL || binding->function != NULL)
            replay->next_binding = binding;
    }
    if (replay->next_binding != NULL)
        return 1;
    return other ? other_signature(replay, event) : 0;
}
