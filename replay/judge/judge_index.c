// SPDX-License-Identifier: MIT
#include "replay/judge/judge_index.h"

#include <stdlib.h>
#include <string.h>

bool
judge_counts(const struct score *score, uint32_t index)
{
    const struct score_event *event = score_event(score, index);
    return (event->flags & SCORE_IGNORED) == 0 && api_entry(event->api) != NULL;
}

uint32_t
judge_state(const struct score *score, uint32_t index)
{
    return atomic_load_explicit(&score_event_live(score, index)->state, memory_order_acquire);
}

static bool
is_call(const struct score *score, uint32_t index)
{
    return (score_event(score, index)->flags & SCORE_CALLBACK) == 0 && judge_counts(score, index);
}

int
judge_index_make(struct judge_index *index, const struct score *score)
{
    uint32_t at[API_ENTRIES];
    memset(index, 0, sizeof *index);
    index->score = score;
    for (uint32_t i = 0; i < score->events; i++) {
        if (is_call(score, i))
            index->first[api_entry(score_event(score, i)->api)->newest + 1]++;
    }
    for (unsigned api = 0; api < API_ENTRIES; api++) {
        index->first[api + 1] += index->first[api];
        at[api] = index->first[api];
        index->free_from[api] = index->first[api];
    }
    index->call = malloc((index->first[API_ENTRIES] + 1) * sizeof *index->call);
    if (index->call == NULL)
        return -1;
    for (uint32_t i = 0; i < score->events; i++) {
        if (is_call(score, i))
            index->call[at[api_entry(score_event(score, i)->api)->newest]++] = i;
    }
    return 0;
}

void
judge_index_free(struct judge_index *index)
{
    free(index->call);
    index->call = NULL;
}

const uint32_t *
judge_index_calls(struct judge_index *index, uint16_t api, bool all, uint32_t *count)
{
    const struct api_entry *entry = api_entry(api);
    *count = 0;
    if (entry == NULL)
        return index->call;
    uint32_t end = index->first[entry->newest + 1], *from = &index->free_from[entry->newest];
    /* Calls never become free again. */
    while (*from < end && judge_state(index->score, index->call[*from]) != SCORE_FREE)
        (*from)++;
    uint32_t begin = all ? index->first[entry->newest] : *from;
    *count = end - begin;
    return index->call + begin;
}

static void
fill_value(const struct score *score, const struct score_value *from, uint8_t type, struct tape_value *value)
{
    *value = (struct tape_value){.type = TAPE_ABSENT};
    switch (type) {
    case API_I32:
    case API_I64:
        value->type = TAPE_INT;
        value->u = from->bits;
        return;
    case API_U32:
    case API_U64:
    case API_BOOL:
    case API_FN:
        value->type = TAPE_UINT;
        value->u = from->bits;
        return;
    case API_STR:
    case API_OUT:
        value->text = score_text(score, from);
        value->type = value->text == NULL ? TAPE_NULL : TAPE_TEXT;
        value->bytes = value->text == NULL ? 0 : from->bytes;
        return;
    default:
        return;
    }
}

void
judge_event(const struct score *score, uint32_t index, struct tape_event *event)
{
    const struct score_event *from = score_event(score, index);
    const struct score_value *values = score_values(score, from);
    const struct api_entry *entry = api_entry(from->api);
    *event = (struct tape_event){.seq = from->seq,
                                 .name = entry != NULL ? entry->name : "?",
                                 .entry = entry,
                                 .is_callback = (from->flags & SCORE_CALLBACK) != 0,
                                 .thread = score_thread(score, from->thread)->number};
    if (entry == NULL)
        return;
    event->nargs = entry->nparams;
    for (unsigned i = 0; i < entry->nparams && i < API_MAX_PARAMS; i++)
        fill_value(score, &values[i], entry->params[i].type, &event->args[i]);
}

void
judge_name(const struct score *score, uint32_t index, struct verdict_event *name)
{
    const struct score_event *event = score_event(score, index);
    const struct score_thread *thread = score_thread(score, event->thread);
    const struct api_entry *entry = api_entry(event->api);
    *name = (struct verdict_event){
        .seq = event->seq, .is_callback = (event->flags & SCORE_CALLBACK) != 0, .thread = thread->number};
    snprintf(name->name, sizeof name->name, "%s", entry != NULL ? entry->name : "?");
    snprintf(name->thread_name, sizeof name->thread_name, "%.16s", thread->name);
}
