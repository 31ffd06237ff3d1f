// SPDX-License-Identifier: MIT
/*
 * Score, first step: every event of the tape, checked by itself. Texts are kept once each, since the same
 * payload often comes a thousand times.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replay/score/score_draft.h"
#include "ring/ring.h"

/* A stranger's tape must not make us start threads without end. */
#define LOAD_THREADS 65536u

int
score_grow(void *array, uint32_t used, uint32_t *room, size_t element, struct fault *fault)
{
    uint32_t more;
    void *grown;

    if (used < *room)
        return 0;
    if (used >= SCORE_NONE / 2)
        return fault_set(fault, FAULT_DATA, "the tape has more than %u events; cut it with `timtape trim`",
                         used);
    more = *room == 0 ? 64 : *room * 2;
    memcpy(&grown, array, sizeof grown);
    grown = realloc(grown, (size_t)more * element);
    if (grown == NULL)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory while reading the tape (%u rows)", used);
    memcpy(array, &grown, sizeof grown);
    *room = more;
    return 0;
}

static uint64_t
load_hash(const char *text, size_t bytes)
{
    uint64_t hash = 0x9e3779b97f4a7c15u ^ bytes, word;

    while (bytes >= 8) {
        memcpy(&word, text, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
        text += 8;
        bytes -= 8;
    }
    word = 0;
    memcpy(&word, text, bytes);
    hash = (hash ^ word) * 0xff51afd7ed558ccdu;
    return hash ^ (hash >> 29);
}

static int
load_rehash(struct score_draft *draft, struct fault *fault)
{
    uint32_t wanted = draft->nbuckets == 0 ? 1024 : draft->nbuckets * 2, i;
    uint32_t *buckets = calloc(wanted, sizeof *buckets);

    if (buckets == NULL)
        return fault_set(fault, FAULT_CANNOT_RUN, "out of memory while reading the tape");
    for (i = 0; i < draft->nknown; i++) {
        uint32_t slot = (uint32_t)draft->known[i].hash & (wanted - 1);

        while (buckets[slot] != 0)
            slot = (slot + 1) & (wanted - 1);
        buckets[slot] = i + 1;
    }
    free(draft->buckets);
    draft->buckets = buckets;
    draft->nbuckets = wanted;
    return 0;
}

/* Stores a text with its NUL, once; *at is its offset among the texts. */
static int
load_text(struct score_draft *draft, const char *text, size_t bytes, uint64_t *at, struct fault *fault)
{
    uint64_t hash = load_hash(text, bytes);
    uint32_t slot, i;

    if (draft->nknown >= draft->nbuckets / 2 && load_rehash(draft, fault) != 0)
        return -1;
    for (slot = (uint32_t)hash & (draft->nbuckets - 1); (i = draft->buckets[slot]) != 0;
         slot = (slot + 1) & (draft->nbuckets - 1)) {
        const struct draft_text *known = &draft->known[i - 1];

        if (known->hash == hash && known->bytes == bytes &&
            memcmp(draft->texts + known->at, text, bytes) == 0) {
            *at = known->at;
            return 0;
        }
    }
    if (score_grow(&draft->known, draft->nknown, &draft->room_known, sizeof *draft->known, fault) != 0)
        return -1;
    if (draft->text_bytes + bytes + 1 > draft->room_texts) {
        size_t room = (draft->room_texts + bytes + 4096) / 2 * 3;
        char *texts = realloc(draft->texts, room);

        if (texts == NULL)
            return fault_set(fault, FAULT_CANNOT_RUN,
                             "out of memory while reading the tape's payloads (%zu bytes)", room);
        draft->texts = texts;
        draft->room_texts = room;
    }
    *at = draft->text_bytes;
    memcpy(draft->texts + *at, text, bytes);
    draft->texts[*at + bytes] = '\0';
    draft->text_bytes += bytes + 1;
    draft->known[draft->nknown] = (struct draft_text){.hash = hash, .at = *at, .bytes = (uint32_t)bytes};
    draft->buckets[slot] = ++draft->nknown;
    return 0;
}

static int
load_string(struct score_draft *draft, struct score_value *value, const struct tape_value *from,
            struct fault *fault)
{
    value->bytes = RING_NONE;
    if (from->type != TAPE_TEXT)
        return 0;
    /* A NUL inside could not be handed over whole; the reader promises there is none. */
    if (from->bytes >= RING_CHUNKED || memchr(from->text, '\0', from->bytes) != NULL)
        return -1;
    value->bytes = (uint32_t)from->bytes;
    return load_text(draft, from->text, from->bytes, &value->bits, fault);
}

static bool
load_number(struct score_value *value, unsigned type, const struct tape_value *from)
{
    bool is_signed = from->type == TAPE_INT;

    if (from->type != TAPE_INT && from->type != TAPE_UINT)
        return false;
    value->bits = from->u;
    switch (type) {
    case API_I32:
        return is_signed ? from->i >= INT32_MIN && from->i <= INT32_MAX : from->u <= INT32_MAX;
    case API_U32:
        return from->u <= UINT32_MAX;
    case API_BOOL:
        return from->u <= 1;
    case API_I64:
        return is_signed || from->u <= INT64_MAX;
    default:
        return !is_signed || from->i >= 0;
    }
}

/* One argument, as its parameter wants it. */
static int
load_argument(struct score_draft *draft, const struct tape_event *event, unsigned index, struct fault *fault)
{
    const struct api_param *param = &event->entry->params[index];
    const struct tape_value *from = &event->args[index];
    struct score_value value = {.bytes = RING_NONE};
    struct fault inner = {.text = ""};
    bool good = true;

    switch (param->type) {
    case API_STR:
        good = (from->type == TAPE_TEXT || from->type == TAPE_NULL) &&
               load_string(draft, &value, from, &inner) == 0;
        break;
    case API_OUT:
        /* Not filled yet when the recording ended: play it as an empty text. */
        if (from->type == TAPE_ABSENT) {
            value.bytes = 0;
            good = load_text(draft, "", 0, &value.bits, &inner) == 0;
            break;
        }
        good = (from->type == TAPE_TEXT || from->type == TAPE_NULL) &&
               load_string(draft, &value, from, &inner) == 0;
        if (good && value.bytes != RING_NONE && value.bytes >= param->out_bytes)
            return fault_set(fault, FAULT_DATA,
                             "event %" PRIu64
                             " (%s): the text returned in %s has %u bytes; the app's buffer is only "
                             "known to hold %u",
                             event->seq, event->name, param->name, value.bytes, param->out_bytes);
        break;
    case API_FN:
        good = from->type == TAPE_ABSENT || from->type == TAPE_NULL || from->type == TAPE_UINT ||
               from->type == TAPE_INT;
        value.bits = from->type == TAPE_UINT || from->type == TAPE_INT ? from->u : 0;
        break;
    case API_USER:
    case API_VOID:
        break;
    default:
        good = load_number(&value, param->type, from);
        break;
    }
    if (!good && inner.text[0] != '\0') {
        *fault = inner;
        return -1;
    }
    if (!good)
        return fault_set(fault, FAULT_DATA, "event %" PRIu64 " (%s): argument %s does not fit its type",
                         event->seq, event->name, param->name);
    draft->values[draft->nvalues++] = value;
    return 0;
}

static int
load_result(struct score_draft *draft, const struct tape_event *event, struct fault *fault)
{
    const struct tape_value *from = &event->result;
    struct score_value value = {.bytes = RING_NONE};

    if (event->entry->returns == API_STR) {
        if (from->type != TAPE_TEXT && from->type != TAPE_NULL && from->type != TAPE_ABSENT)
            return fault_set(fault, FAULT_DATA, "event %" PRIu64 " (%s): the result is not a text",
                             event->seq, event->name);
        if (load_string(draft, &value, from, fault) != 0)
            return -1;
    } else if (event->entry->returns != API_VOID && from->type != TAPE_ABSENT && event->end_seq != 0 &&
               !load_number(&value, event->entry->returns, from)) {
        return fault_set(fault, FAULT_DATA, "event %" PRIu64 " (%s): the result does not fit its type",
                         event->seq, event->name);
    }
    draft->values[draft->nvalues++] = value;
    return 0;
}

static uint32_t
load_find_thread(const struct score_draft *draft, uint32_t number)
{
    uint32_t low = 0, high = draft->nthreads;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (draft->threads[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < draft->nthreads && draft->threads[low].number == number ? low : SCORE_NONE;
}

static int
load_event(struct score_draft *draft, const struct tape_event *event, struct fault *fault)
{
    struct score_event *to;
    struct draft_event *raw;
    uint32_t room = draft->room_events;
    unsigned i;

    if (score_grow(&draft->events, draft->nevents, &draft->room_events, sizeof *draft->events, fault) != 0 ||
        score_grow(&draft->raw, draft->nevents, &room, sizeof *draft->raw, fault) != 0)
        return -1;
    while (draft->room_values < draft->nvalues + API_MAX_PARAMS + 1) {
        if (score_grow(&draft->values, draft->room_values, &draft->room_values, sizeof *draft->values,
                       fault) != 0)
            return -1;
    }
    to = &draft->events[draft->nevents];
    raw = &draft->raw[draft->nevents];
    *to = (struct score_event){.seq = event->seq,
                               .thread = load_find_thread(draft, event->thread),
                               .parent = SCORE_NONE,
                               .cause = SCORE_NONE,
                               .child = SCORE_NONE,
                               .next = SCORE_NONE,
                               .leave = SCORE_NONE,
                               .values = draft->nvalues,
                               .api = UINT16_MAX};
    *raw = (struct draft_event){.parent = event->parent,
                                .cause = event->cause,
                                .end_seq = event->end_seq,
                                .at_ns = event->at_ns,
                                .end_ns = event->at_ns};
    if (event->seq == 0 || (draft->nevents > 0 && to[-1].seq >= event->seq))
        return fault_set(fault, FAULT_DATA, "event %" PRIu64 " is out of order on the tape", event->seq);
    if (to->thread == SCORE_NONE)
        return fault_set(fault, FAULT_DATA,
                         "event %" PRIu64 " (%s) is on thread %u, which the tape does not list", event->seq,
                         event->name, event->thread);
    if (event->end_seq != 0 && (event->end_seq <= event->seq || event->took_ns < 0 ||
                                __builtin_add_overflow(event->at_ns, event->took_ns, &raw->end_ns)))
        return fault_set(fault, FAULT_DATA, "event %" PRIu64 " (%s) ends before it begins", event->seq,
                         event->name);
    if (event->is_callback)
        to->flags |= SCORE_CALLBACK;
    if (event->threw)
        to->flags |= SCORE_THREW;
    to->via = event->via;
    draft->nevents++;
    if (event->entry == NULL) {
        to->flags |= SCORE_IGNORED;
        return 0;
    }
    if ((event->entry->kind == API_CALLBACK) != event->is_callback || event->nargs != event->entry->nparams ||
        event->via > 1)
        return fault_set(fault, FAULT_DATA, "event %" PRIu64 " (%s) does not fit its signature", event->seq,
                         event->name);
    to->api = event->entry->id;
    if (event->entry->getter && event->entry->kind == API_SYNC)
        to->flags |= SCORE_GETTER;
    /* Our own shim asks for the version, too, off the record: when and how often means nothing. */
    if (event->entry->id == api_sdk.version_function)
        to->flags |= SCORE_IGNORED | SCORE_GETTER;
    for (i = 0; i < event->nargs; i++) {
        if (load_argument(draft, event, i, fault) != 0)
            return -1;
    }
    return event->is_callback ? 0 : load_result(draft, event, fault);
}

static int
load_process(struct score_draft *draft, const struct tape_process *process, struct fault *fault)
{
    uint32_t room = draft->room_processes, i;

    for (i = 0; i < draft->nprocesses; i++) {
        if (draft->processes[i].pid == process->pid)
            break;
    }
    if (i == draft->nprocesses) {
        if (score_grow(&draft->processes, i, &draft->room_processes, sizeof *draft->processes, fault) != 0 ||
            score_grow(&draft->exits, i, &room, sizeof *draft->exits, fault) != 0)
            return -1;
        draft->processes[i] = (struct score_process){.pid = process->pid, .first_event = SCORE_NONE};
        draft->exits[i] = 0;
        draft->nprocesses++;
    }
    if (process->exit_seq != 0)
        draft->exits[i] = process->exit_seq;
    if (process->ended != NULL)
        draft->processes[i].ended = 1;
    if (process->sdk_version != NULL && draft->sdk_version == 0) {
        uint64_t at;

        if (load_text(draft, process->sdk_version, strlen(process->sdk_version), &at, fault) != 0)
            return -1;
        draft->sdk_version = at + 1;
    }
    return 0;
}

static int
load_thread(struct score_draft *draft, const struct tape_thread *thread, struct fault *fault)
{
    struct tape_process process = {.pid = thread->pid};
    struct score_thread *to;
    uint32_t i;

    if (draft->nthreads >= LOAD_THREADS)
        return fault_set(fault, FAULT_DATA, "the tape lists more than %u threads", LOAD_THREADS);
    /* The reader gives them in the order of their numbers. */
    if (draft->nthreads > 0 && draft->threads[draft->nthreads - 1].number >= thread->thread)
        return fault_set(fault, FAULT_DATA, "the tape lists thread %u twice", thread->thread);
    if (load_process(draft, &process, fault) != 0 ||
        score_grow(&draft->threads, draft->nthreads, &draft->room_threads, sizeof *draft->threads, fault) !=
            0)
        return -1;
    to = &draft->threads[draft->nthreads++];
    *to = (struct score_thread){.number = thread->thread,
                                .pid = thread->pid,
                                .tid = thread->tid,
                                .first_call = SCORE_NONE,
                                .first_back = SCORE_NONE};
    for (i = 0; draft->processes[i].pid != thread->pid; i++)
        ;
    to->process = i;
    if (thread->name != NULL)
        strncpy(to->name, thread->name, sizeof to->name - 1);
    return 0;
}

int
score_load(struct score_draft *draft, const struct score_source *source, struct fault *fault)
{
    struct tape_process process;
    struct tape_thread thread;
    struct tape_event event;
    uint64_t at;
    int more;

    /* Offset 0 of the texts is the empty one, so that every value has something to point at. */
    if (load_text(draft, "", 0, &at, fault) != 0)
        return -1;
    while ((more = source->process(source->context, &process, fault)) == 1) {
        if (load_process(draft, &process, fault) != 0)
            return -1;
    }
    while (more == 0 && (more = source->thread(source->context, &thread, fault)) == 1) {
        if (load_thread(draft, &thread, fault) != 0)
            return -1;
        more = 0;
    }
    while (more == 0 && (more = source->event(source->context, &event, fault)) == 1) {
        if (load_event(draft, &event, fault) != 0)
            return -1;
        more = 0;
    }
    return more;
}

uint32_t
score_draft_find(const struct score_draft *draft, uint64_t seq)
{
    uint32_t low = 0, high = draft->nevents;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (draft->events[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < draft->nevents && draft->events[low].seq == seq ? low : SCORE_NONE;
}

void
score_draft_free(struct score_draft *draft)
{
    free(draft->processes);
    free(draft->exits);
    free(draft->threads);
    free(draft->events);
    free(draft->raw);
    free(draft->values);
    free(draft->edges);
    free(draft->edge_seqs);
    free(draft->texts);
    free(draft->buckets);
    free(draft->known);
    free(draft->places);
    free(draft->first_before);
    free(draft->before);
    free(draft->moves);
    schedule_free(draft->schedule);
    *draft = (struct score_draft){0};
}
