// SPDX-License-Identifier: MIT
/*
 * What is worth going on from: traces that reached code that none before had reached, if the app says what it
 * reaches; that made it behave otherwise, as far as that can be seen from outside; and now and then any
 * other.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/app/loop_parts.h"

struct loop_corpus *
loop_corpus_new(void)
{
    return calloc(1, sizeof(struct loop_corpus));
}

void
loop_corpus_free(struct loop_corpus *corpus)
{
    for (unsigned i = 0; corpus != NULL && i < corpus->count; i++) {
        trace_free(&corpus->entries[i].trace);
        arena_free(corpus->entries[i].arena);
    }
    free(corpus);
}

/* AFL's classes of counts: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, more. */
static uint8_t
corpus_class(uint8_t count)
{
    return count == 0    ? 0
           : count < 4   ? (uint8_t)(1u << (count - 1))
           : count < 8   ? 8
           : count < 16  ? 16
           : count < 32  ? 32
           : count < 128 ? 64
                         : 128;
}

static bool
corpus_edges(struct loop_corpus *corpus, const uint8_t *map, size_t bytes)
{
    bool news = false;

    for (size_t i = 0; i < bytes && i < LOOP_MAP; i++) {
        uint8_t class = map[i] == 0 ? 0 : corpus_class(map[i]);

        if ((class & ~corpus->virgin[i]) == 0)
            continue;
        corpus->edges += corpus->virgin[i] == 0;
        corpus->virgin[i] |= class;
        news = true;
    }
    return news;
}

/* What it printed, without numbers: times and addresses are no behaviour. How many callbacks found somebody
 * to deliver them to, and whether it ended by itself or we were quicker, hangs on the machine's mood. */
static uint64_t
corpus_behaviour(const struct player_result *result)
{
    uint64_t hash = 1;

    for (size_t i = 0; i < result->bytes; i++) {
        char c = result->text[i];

        if (c < '0' || c > '9')
            hash = (hash ^ (unsigned char)c) * UINT64_C(0x100000001b3);
    }
    return hash | 1;
}

static bool
corpus_seen(struct loop_corpus *corpus, uint64_t hash)
{
    size_t slots = sizeof corpus->seen / sizeof corpus->seen[0];

    for (size_t i = 0; i < 32; i++) {
        uint64_t *slot = &corpus->seen[(hash + i) % slots];

        if (*slot == hash)
            return true;
        if (*slot == 0) {
            *slot = hash;
            return false;
        }
    }
    return true;
}

bool
loop_news(struct loop_worker *worker, const struct player_result *result)
{
    size_t bytes = 0;
    const uint8_t *map = player_map(worker->player, &bytes);
    bool news = map != NULL && corpus_edges(worker->corpus, map, bytes);

    worker->state->edges = worker->corpus->edges;
    if (worker->corpus->edges > 0)
        worker->state->covered = 1;
    else
        news = !corpus_seen(worker->corpus, corpus_behaviour(result));
    if (news)
        worker->state->news_ns = loop_now();
    return news;
}

static int
corpus_texts(struct trace_step *step, const struct trace_base *base, struct arena *arena)
{
    for (unsigned i = 0; i < step->event.callback->nparams; i++) {
        struct case_value *value = &step->event.args[i];

        if (value->kind != CASE_TEXT ||
            (step->of < base->nevents && base->events[step->of].args[i].type == TAPE_TEXT &&
             base->events[step->of].args[i].text == value->bytes))
            continue;
        value->bytes = arena_text(arena, value->bytes, value->count);
        if (value->bytes == NULL)
            return -1;
    }
    return 0;
}

int
loop_copy(struct trace *to, const struct trace *from, struct arena *arena)
{
    if (trace_copy(to, from) != 0)
        return -1;
    for (uint32_t i = 0; i < to->nsteps; i++) {
        if (corpus_texts(&to->steps[i], to->base, arena) != 0)
            return -1;
    }
    return 0;
}

int
loop_keep(struct loop_corpus *corpus, const struct trace *trace, const struct change_list *done)
{
    struct loop_entry *entry = &corpus->entries[corpus->next];

    if (corpus->next == corpus->count) {
        entry->arena = arena_new();
        if (entry->arena == NULL)
            return -1;
        corpus->count++;
    } else {
        arena_reset(entry->arena);
    }
    corpus->next = (corpus->next + 1) % LOOP_ENTRIES;
    entry->done = *done;
    return loop_copy(&entry->trace, trace, entry->arena);
}
