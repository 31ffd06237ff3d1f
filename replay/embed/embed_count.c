// SPDX-License-Identifier: MIT
/* How many callbacks of a name there are. */
#include <stdlib.h>
#include <string.h>

#include "replay/embed/embed.h"
#include "traces/callback_name.h"

/* Numbers of the calls of one function, in order. */
struct calls {
    uint64_t *seq;
    size_t count, room;
};

static int
add(struct calls *calls, uint64_t seq)
{
    if (calls->count == calls->room) {
        size_t room = calls->room == 0 ? 64 : calls->room * 2;
        uint64_t *more = realloc(calls->seq, room * sizeof *more);

        if (more == NULL)
            return -1;
        calls->seq = more;
        calls->room = room;
    }
    calls->seq[calls->count++] = seq;
    return 0;
}

static bool
has(const struct calls *calls, uint64_t seq)
{
    size_t low = 0, high = calls->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (calls->seq[middle] == seq)
            return true;
        if (calls->seq[middle] < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

int64_t
timtape_replay_count(struct timtape_replay *replay, const char *name)
{
    struct embed_binding wanted = {0};
    struct calls calls = {0};
    struct tape_event event;
    int64_t count = 0;
    int more;

    replay->fault.text[0] = '\0';
    if ((name != NULL &&
         callback_name_parse(name, &wanted.callback, &wanted.function, &replay->fault) != 0) ||
        tape_rewind(replay->lookup, 0, &replay->fault) != 0)
        return -1;
    while ((more = tape_next(replay->lookup, &event, &replay->fault)) == 1) {
        if (event.is_callback)
            count += name == NULL || (event.entry == wanted.callback &&
                                      (wanted.function == NULL || has(&calls, event.cause)));
        else if (wanted.function != NULL && strcmp(event.name, wanted.function->name) == 0 &&
                 add(&calls, event.seq) != 0)
            more = fault_set(&replay->fault, FAULT_INTERNAL, "out of memory");
        if (more < 0)
            break;
    }
    free(calls.seq);
    return more < 0 ? -1 : count;
}
