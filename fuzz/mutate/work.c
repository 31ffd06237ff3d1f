// SPDX-License-Identifier: MIT
// What all parts of a step share: its start, its records, how values are shown.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/mutate/work.h"
#include "traces/jtree.h"

void
work_start(struct work *work, struct mutator *mutator, struct fuzz_case *c, struct arena *arena,
           uint64_t seed, struct mutation_list *done)
{
    *work = (struct work){.mutator = mutator, .c = c, .arena = arena, .random = {seed}, .done = done};
    work->profile = &mutator->options.profile;
    work->before = arena_use(arena);
    done->count = 0;
    done->lane = CASE_VALID;
}

void
work_end(struct work *work)
{
    arena_use(work->before);
}

/* What was done below a place that is replaced now is no longer there to be told of. */
static void
forget_below(struct mutation_list *done, const struct spot *spot, const char *path, bool moved)
{
    size_t length = path != NULL ? strlen(path) : 0;
    unsigned kept = 0;
    for (unsigned i = 0; i < done->count; i++) {
        const struct mutation *old = &done->list[i];
        bool below = !moved && old->event == spot->event && old->param == spot->param && old->path != NULL &&
                     (spot->scalar || (path != NULL && strncmp(old->path, path, length) == 0 &&
                                       (old->path[length] == '.' || old->path[length] == '[')));
        if (!below)
            done->list[kept++] = *old;
    }
    done->count = kept;
}

struct mutation *
work_record(struct work *work, const struct spot *spot, enum mutate_operation operation, bool positive,
            const char *key, const char *was, const char *is)
{
    struct mutation_list *done = work->done;
    const char *path = spot_path(spot, key, work->arena);
    forget_below(done, spot, path, operation == OP_CLONE || operation == OP_MOVE);
    struct mutation *mutation = done->count < MUTATE_MOST ? &done->list[done->count++] : &work->spare;
    *mutation = (struct mutation){
        .operation = (uint16_t)operation,
        .positive = positive,
        .event = spot->event,
        .param = spot->param,
        .path = path,
        .was = was,
        .is = is,
    };
    return mutation;
}

void
work_classify(struct work *work, const struct spot *spot, struct mutation *mutation)
{
    const cJSON *node = spot_node(spot), *parent = spot_parent(spot);
    if (node == NULL)
        return;
    bool member =
        parent != NULL && (parent->type & 0xFF) == cJSON_Object && (node->type & JTREE_RAW_KEY) == 0;
    enum model_variation variation =
        model_classify(spot->type, member ? parent : NULL, member ? node->string : NULL, node, work->profile);
    mutation->variation = (uint16_t)variation;
    mutation->positive = model_variation_positive(spot->type, variation);
}

#define SHOWN 48

/* At most SHOWN bytes, not cut inside a character. */
static size_t
cut(const char *text, size_t length)
{
    if (length <= SHOWN)
        return length;
    size_t at = SHOWN;
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static const char *
show_text(struct work *work, const char *text, size_t length, bool quotes)
{
    char room[SHOWN + 48];
    size_t part = cut(text, length);
    int used = snprintf(room, sizeof room, quotes ? "\"%.*s\"" : "%.*s", (int)part, text);
    for (int i = 0; i < used; i++)
        if ((unsigned char)room[i] < 0x20)
            room[i] = ' ';
    if (part < length)
        used += snprintf(room + used, sizeof room - (size_t)used, " (%zu bytes)", length);
    return arena_text(work->arena, room, (size_t)used);
}

const char *
work_show(struct work *work, const cJSON *node)
{
    if (node == NULL)
        return NULL;
    char room[48];
    switch (jtree_kind(node)) {
    case JTREE_NULL:
        return "null";
    case JTREE_BOOL:
        return (node->type & 0xFF) == cJSON_True ? "true" : "false";
    case JTREE_NUMBER: {
        const char *number = jtree_number(node);
        return number != NULL ? show_text(work, number, strlen(number), false) : "a number";
    }
    case JTREE_STRING:
        return show_text(work, node->valuestring, strlen(node->valuestring),
                         (node->type & 0xFF) != cJSON_Raw);
    case JTREE_ARRAY:
        snprintf(room, sizeof room, "an array of %zu", edit_count(node));
        break;
    case JTREE_OBJECT:
        snprintf(room, sizeof room, "an object of %zu", edit_count(node));
        break;
    }
    return arena_text(work->arena, room, strlen(room));
}

const char *
work_show_value(struct work *work, const struct case_event *event, unsigned param)
{
    const struct case_value *value = &event->args[param];
    char room[32];
    switch (value->kind) {
    case CASE_NUMBER:
        if (event->callback->params[param].type == API_U64)
            snprintf(room, sizeof room, "%" PRIu64, (uint64_t)value->number);
        else
            snprintf(room, sizeof room, "%" PRId64, value->number);
        return arena_text(work->arena, room, strlen(room));
    case CASE_NULL:
        return "NULL";
    case CASE_TEXT:
        return show_text(work, value->bytes, value->count, true);
    case CASE_TREE:
        return work_show(work, value->tree);
    default:
        return NULL;
    }
}

size_t
work_size(const struct fuzz_case *c)
{
    size_t size = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct case_event *event = &c->events[i];
        size += 40 + strlen(event->callback->name);
        for (unsigned p = 0; p < event->callback->nparams; p++) {
            const struct case_value *value = &event->args[p];
            if (value->kind != CASE_ABSENT)
                size += strlen(event->callback->params[p].name) + 6;
            if (value->kind == CASE_TREE)
                size += edit_size(value->tree);
            else if (value->kind == CASE_TEXT)
                size += value->count + 2;
            else
                size += 5;
        }
    }
    return size;
}
