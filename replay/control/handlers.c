// SPDX-License-Identifier: MIT
#include "replay/control/handlers.h"

#include <stdlib.h>

#include "api/api.h"
#include "replay/judge/judge_live.h"

struct handler {
    uint64_t seq;       /* of the call, in the live ring */
    uint64_t fn[2];     /* its first and second callback, 0 for NULL */
    uint16_t registers; /* the callback type that it registers a listener for, else API_ENTRIES */
};

struct handlers {
    struct live *live; /* takes records apart */
    struct handler *list;
    size_t count, room;
};

struct handlers *
handlers_new(void)
{
    struct handlers *handlers = calloc(1, sizeof *handlers);
    if (handlers != NULL && (handlers->live = live_new()) == NULL) {
        free(handlers);
        return NULL;
    }
    return handlers;
}

void
handlers_free(struct handlers *handlers)
{
    if (handlers == NULL)
        return;
    live_free(handlers->live);
    free(handlers->list);
    free(handlers);
}

static int
keep(struct handlers *handlers, const struct tape_event *call)
{
    struct handler handler = {.seq = call->seq, .registers = API_ENTRIES};
    unsigned which = 0;
    for (unsigned i = 0; i < call->nargs; i++) {
        const struct api_param *param = &call->entry->params[i];
        if (param->type != API_FN || which == 2)
            continue;
        handler.fn[which++] = call->args[i].u;
        if (call->entry->kind == API_REGISTER && param->callback >= 0)
            handler.registers = (uint16_t)param->callback;
    }
    if (which == 0)
        return 0;
    if (handlers->count == handlers->room) {
        size_t room = handlers->room == 0 ? 64 : handlers->room * 2;
        struct handler *grown = realloc(handlers->list, room * sizeof *grown);
        if (grown == NULL)
            return -1;
        handlers->list = grown;
        handlers->room = room;
    }
    handlers->list[handlers->count++] = handler;
    return 0;
}

int
handlers_take(struct handlers *handlers, const struct ring_event *event)
{
    struct tape_event call;
    if (live_take(handlers->live, event, 0) != 0)
        return -1;
    if (event->record->kind != RING_CALL_ENTER || !live_call(handlers->live, event->record->seq, &call))
        return 0;
    return keep(handlers, &call);
}

uint64_t
handlers_of(const struct handlers *handlers, const struct score *score, uint32_t callback)
{
    const struct score_event *event = score_event(score, callback);
    uint64_t seq =
        event->cause < score->events ? atomic_load(&score_event_live(score, event->cause)->seq) : 0;
    for (size_t i = handlers->count; i-- > 0;) {
        const struct handler *handler = &handlers->list[i];
        /* Without a cause it goes to whoever registered for its kind last. */
        if (seq != 0 ? handler->seq == seq : handler->registers == event->api)
            return handler->fn[seq != 0 && event->via == 1];
    }
    return 0;
}
