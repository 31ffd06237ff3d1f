// SPDX-License-Identifier: MIT
/* Which handler a callback goes to. */
#include <stdlib.h>
#include <string.h>

#include "replay/embed/embed.h"
#include "traces/callback_name.h"

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
    if (callback_name_parse(name, &binding.callback, &binding.function, &replay->fault) != 0 ||
        embed_reconsider(replay) != 0)
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
