// SPDX-License-Identifier: MIT
/*
 * A callback that speaks of a message cannot come before the call that made the message: a read receipt, a
 * revocation, an answer to an invitation. Its cause says nothing of that (it is the registration of a
 * listener), but the id does: the SDK made it in that call and handed it over in an out-buffer.
 *
 * What a completion brings is not looked at: the groups in a list were there before they were asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/score/score_draft.h"
#include "ring/ring.h"

#define ID_LEAST 8 /* bytes; a shorter text may stand for anything */

struct made {
    const char *id;
    uint32_t bytes;
    uint32_t call; /* + 1; 0: free */
};

struct made_table {
    struct made *slot;
    uint32_t mask;
};

static struct made *
made_find(const struct made_table *table, const char *id, size_t bytes)
{
    uint64_t hash = 0xcbf29ce484222325u;
    uint32_t at;
    size_t i;

    for (i = 0; i < bytes; i++)
        hash = (hash ^ (unsigned char)id[i]) * 0x100000001b3u;
    for (at = (uint32_t)(hash >> 20) & table->mask;
         table->slot[at].call != 0 &&
         (table->slot[at].bytes != bytes || memcmp(table->slot[at].id, id, bytes) != 0);)
        at = (at + 1) & table->mask;
    return &table->slot[at];
}

static bool
made_counts(const struct score_event *event)
{
    return (event->flags & SCORE_IGNORED) == 0 && api_entry(event->api) != NULL;
}

/* The id that a call made, or NULL. */
static const char *
made_id(const struct score_draft *draft, const struct score_event *event, uint32_t *bytes)
{
    const struct api_entry *entry = api_entry(event->api);
    unsigned i;

    if (!made_counts(event) || entry->kind != API_ASYNC)
        return NULL;
    for (i = 0; i < entry->nparams; i++) {
        const struct score_value *value = &draft->values[event->values + i];

        if (entry->params[i].type == API_OUT && value->bytes != RING_NONE && value->bytes >= ID_LEAST) {
            *bytes = value->bytes;
            return draft->texts + value->bits;
        }
    }
    return NULL;
}

/* The last call that made something that is quoted in this text, as event + 1; 0: there is none. */
static uint32_t
made_quoted(const struct made_table *table, const char *text, uint32_t event)
{
    uint32_t last = 0;
    const char *from, *to;

    for (from = strchr(text, '"'); from != NULL; from = strchr(to + 1, '"')) {
        const struct made *made;

        for (to = from + 1; *to != '\0' && *to != '"'; to++) {
            if (*to == '\\' && to[1] != '\0')
                to++;
        }
        if (*to == '\0')
            break;
        if ((size_t)(to - from - 1) < ID_LEAST)
            continue;
        made = made_find(table, from + 1, (size_t)(to - from - 1));
        if (made->call > last && made->call - 1 < event)
            last = made->call;
    }
    return last;
}

static uint32_t
made_after(const struct score_draft *draft, const struct made_table *table, uint32_t index)
{
    const struct score_event *event = &draft->events[index];
    const struct api_entry *entry = api_entry(event->api);
    uint32_t last = 0;
    unsigned i;

    for (i = 0; i < entry->nparams; i++) {
        const struct score_value *value = &draft->values[event->values + i];
        uint32_t call;

        if (entry->params[i].type != API_STR || value->bytes == RING_NONE)
            continue;
        call = made_quoted(table, draft->texts + value->bits, index);
        if (call > last)
            last = call;
    }
    return last;
}

int
score_made(struct score_draft *draft, struct fault *fault)
{
    struct made_table table = {.mask = 63};
    uint32_t count = 0, bytes = 0, i;

    for (i = 0; i < draft->nevents; i++)
        count += made_id(draft, &draft->events[i], &bytes) != NULL;
    if (count == 0)
        return 0;
    while (table.mask < count * 2ull && table.mask < UINT32_MAX / 2)
        table.mask = table.mask * 2 + 1;
    table.slot = calloc((size_t)table.mask + 1, sizeof *table.slot);
    if (table.slot == NULL)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the order of %u events", draft->nevents);
    for (i = 0; i < draft->nevents; i++) {
        const char *id = made_id(draft, &draft->events[i], &bytes);
        struct made *made = id == NULL ? NULL : made_find(&table, id, bytes);

        if (made != NULL && made->call == 0)
            *made = (struct made){.id = id, .bytes = bytes, .call = i + 1};
    }
    for (i = 0; i < draft->nevents; i++) {
        const struct score_event *event = &draft->events[i];

        if ((event->flags & SCORE_CALLBACK) != 0 && made_counts(event))
            draft->schedule->events[i].after = made_after(draft, &table, i);
    }
    free(table.slot);
    return 0;
}
