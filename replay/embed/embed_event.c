// SPDX-License-Identifier: MIT
/* Events as the user sees them. */
#include <stdlib.h>
#include <string.h>

#include "replay/embed/embed.h"

static const char *
thread_name(const struct timtape_replay *replay, uint32_t number)
{
    size_t low = 0, high = replay->nthreads;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (replay->threads[middle].number == number)
            return replay->threads[middle].name;
        if (replay->threads[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return "";
}

void
embed_show(const struct timtape_replay *replay, struct embed_event *event, const char *function)
{
    const struct tape_event *tape = &event->tape;
    const struct api_entry *entry = tape->entry;
    const struct tape_value *payload = NULL, *code = NULL;

    if (tape->is_callback && entry != NULL) {
        payload = entry->payload >= 0 ? &tape->args[entry->payload] : NULL;
        code = entry->code >= 0 ? &tape->args[entry->code] : NULL;
    }
    event->event = (struct timtape_event){
        .seq = tape->seq,
        .name = tape->name,
        .is_callback = tape->is_callback,
        .cause = tape->cause,
        .function = tape->is_callback ? function : tape->name,
        .in = tape->parent,
        .thread = tape->thread,
        .thread_name = thread_name(replay, tape->thread),
        .at_ns = tape->at_ns,
        .took_ns = tape->end_seq != 0 ? tape->took_ns : -1,
        .has_code = code != NULL,
        .code = code != NULL ? (int32_t)code->i : 0,
        .json = payload != NULL && payload->type == TAPE_TEXT ? payload->text : NULL,
        .json_bytes = payload != NULL && payload->type == TAPE_TEXT ? payload->bytes : 0,
        .result = tape->result.type == TAPE_INT || tape->result.type == TAPE_UINT ? tape->result.i : 0,
        .result_text = tape->result.type == TAPE_TEXT ? tape->result.text : NULL,
    };
}

static int
find(struct timtape_replay *replay, uint64_t seq, struct tape_event *event)
{
    if (tape_rewind(replay->lookup, seq, &replay->fault) != 0)
        return -1;
    int found = tape_next(replay->lookup, event, &replay->fault);
    return found == 1 && event->seq != seq ? 0 : found;
}

int
embed_function(struct timtape_replay *replay, uint64_t call, const char **name)
{
    size_t at = call % EMBED_CALLS;
    struct tape_event event;

    *name = NULL;
    if (call == 0)
        return 0;
    if (replay->calls[at].seq != call) {
        int found = find(replay, call, &event);
        if (found < 0)
            return -1;
        replay->calls[at].seq = call;
        replay->calls[at].name = found == 1 && !event.is_callback ? event.name : NULL;
    }
    *name = replay->calls[at].name;
    return 0;
}

int
embed_look(struct timtape_replay *replay, uint64_t seq)
{
    const char *function = NULL;
    int found = find(replay, seq, &replay->shown.tape);

    if (found != 1)
        return found;
    /* The texts of the event live until the lookup moves on: its cause first, then the event again. */
    if (replay->shown.tape.is_callback && (embed_function(replay, replay->shown.tape.cause, &function) != 0 ||
                                           find(replay, seq, &replay->shown.tape) != 1))
        return -1;
    embed_show(replay, &replay->shown, function);
    return 1;
}

static const struct tape_value *
argument(const struct timtape_event *event, const char *param)
{
    const struct embed_event *whole = (const struct embed_event *)event;
    const struct api_entry *entry;

    if (event == NULL || param == NULL || (entry = whole->tape.entry) == NULL)
        return NULL;
    for (unsigned i = 0; i < entry->nparams && i < whole->tape.nargs; i++) {
        if (strcmp(entry->params[i].name, param) == 0)
            return &whole->tape.args[i];
        for (const char *const *older = entry->params[i].older_names; older != NULL && *older != NULL;
             older++) {
            if (strcmp(*older, param) == 0)
                return &whole->tape.args[i];
        }
    }
    return NULL;
}

const char *
timtape_replay_text(const struct timtape_event *event, const char *param, size_t *bytes)
{
    const struct tape_value *value = argument(event, param);
    bool text = value != NULL && value->type == TAPE_TEXT;

    if (bytes != NULL)
        *bytes = text ? value->bytes : 0;
    return text ? value->text : NULL;
}

int
timtape_replay_number(const struct timtape_event *event, const char *param, int64_t *value)
{
    const struct tape_value *found = argument(event, param);

    if (found == NULL || (found->type != TAPE_INT && found->type != TAPE_UINT))
        return -1;
    *value = found->i;
    return 0;
}
