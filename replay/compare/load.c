// SPDX-License-Identifier: MIT
/* A tape as it is aligned: what each event is, and what it belongs to. */
#include <stdlib.h>
#include <string.h>

#include "replay/compare/compare_parts.h"

/* Stepping over so many events is cheaper than looking one up. */
#define STEPS 8

static int
no_memory(struct fault *fault)
{
    return fault_set(fault, FAULT_INTERNAL, "out of memory to compare the tapes");
}

uint32_t
compare_find(const struct compare_tape *tape, uint64_t seq)
{
    uint32_t low = 0, high = tape->items;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (tape->item[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return seq != 0 && low < tape->items && tape->item[low].seq == seq ? low : COMPARE_NONE;
}

uint64_t
compare_name_key(const struct compare_tape *tape, uint32_t item)
{
    const char *text = tape->name[tape->item[item].name].text;
    uint64_t value = tape->item[item].is_callback;
    while (*text != '\0')
        value = compare_mix(value, (unsigned char)*text++);
    return value;
}

const char *
compare_cause_name(const struct compare_tape *tape, uint32_t item)
{
    uint32_t cause = tape->item[item].cause;
    return cause != COMPARE_NONE ? tape->name[tape->item[cause].name].text : NULL;
}

/* ---- names, threads, processes ------------------------------------------------------------------- */

static uint32_t
find_name(struct compare_tape *tape, const struct tape_event *event)
{
    const struct api_entry *entry = event->entry != NULL ? api_entry(event->entry->newest) : NULL;
    for (uint32_t i = tape->names; i-- > 0;) {
        if (entry != NULL ? tape->name[i].entry == entry
                          : tape->name[i].entry == NULL && strcmp(tape->name[i].text, event->name) == 0)
            return i;
    }
    if (tape->names == tape->names_room) {
        uint32_t room = tape->names_room * 2 + 64;
        struct compare_name *grown = realloc(tape->name, room * sizeof *grown);
        if (grown == NULL)
            return COMPARE_NONE;
        tape->name = grown;
        tape->names_room = room;
    }
    struct compare_name *name = &tape->name[tape->names];
    *name = (struct compare_name){.entry = entry};
    if (entry == NULL && (name->owned = strdup(event->name)) == NULL)
        return COMPARE_NONE;
    name->text = entry != NULL ? entry->name : name->owned;
    return tape->names++;
}

static int
load_threads(struct compare_tape *tape, struct fault *fault)
{
    struct tape_thread from;
    uint32_t room = 0, processes = 0;
    int more;
    while ((more = tape_next_thread(tape->reader, &from, fault)) > 0) {
        if (tape->threads == room) {
            room = room * 2 + 16;
            struct compare_thread *grown = realloc(tape->thread, room * sizeof *grown);
            if (grown == NULL)
                return no_memory(fault);
            tape->thread = grown;
        }
        struct compare_thread *thread = &tape->thread[tape->threads];
        *thread = (struct compare_thread){.number = from.thread,
                                          .pid = from.pid,
                                          .process = processes,
                                          .calls = COMPARE_NONE,
                                          .last_call = COMPARE_NONE,
                                          .backs = COMPARE_NONE,
                                          .last_back = COMPARE_NONE,
                                          .pair = COMPARE_NONE};
        snprintf(thread->name, sizeof thread->name, "%s", from.name != NULL ? from.name : "");
        for (uint32_t i = 0; i < tape->threads; i++) {
            if (tape->thread[i].pid == from.pid) {
                thread->process = tape->thread[i].process;
                break;
            }
        }
        processes += thread->process == processes;
        tape->threads++;
    }
    return more;
}

static uint32_t
find_thread(const struct compare_tape *tape, uint32_t number)
{
    if (number >= 1 && number <= tape->threads && tape->thread[number - 1].number == number)
        return number - 1;
    for (uint32_t i = 0; i < tape->threads; i++) {
        if (tape->thread[i].number == number)
            return i;
    }
    return COMPARE_NONE;
}

/* What a process did while it exited depends on when its threads were stopped. */
static int
forget_exits(struct compare_tape *tape, struct fault *fault)
{
    struct tape_process process;
    int more;
    while ((more = tape_next_process(tape->reader, &process, fault)) > 0) {
        for (uint32_t i = tape->items; process.exit_seq != 0 && i-- > 0;) {
            struct compare_item *item = &tape->item[i];
            if (item->seq < process.exit_seq)
                break;
            if (tape->thread[item->thread].pid == process.pid)
                item->counts = false;
        }
    }
    return more;
}

/* ---- events -------------------------------------------------------------------------------------- */

static int
load_event(struct compare_tape *tape, const struct tape_event *event, struct fault *fault)
{
    if (tape->items == tape->room) {
        uint32_t room = tape->room == 0 ? 1024 : tape->room * 2;
        struct compare_item *grown = realloc(tape->item, room * sizeof *grown);
        if (grown == NULL)
            return no_memory(fault);
        tape->item = grown;
        tape->room = room;
    }
    if (tape->items > 0 && tape->item[tape->items - 1].seq >= event->seq)
        return fault_set(fault, FAULT_DATA, "event %llu is out of order on the tape",
                         (unsigned long long)event->seq);
    struct compare_item *item = &tape->item[tape->items];
    *item = (struct compare_item){.seq = event->seq,
                                  .at_ns = event->at_ns,
                                  .exact = compare_exact(event),
                                  .digest = compare_digest(event),
                                  .name = find_name(tape, event),
                                  .thread = find_thread(tape, event->thread),
                                  .cause = compare_find(tape, event->cause),
                                  .inside = compare_find(tape, event->parent),
                                  .above = COMPARE_NONE,
                                  .first = COMPARE_NONE,
                                  .last = COMPARE_NONE,
                                  .next = COMPARE_NONE,
                                  .pair = COMPARE_NONE,
                                  .is_callback = event->is_callback,
                                  .counts = true};
    if (item->name == COMPARE_NONE)
        return no_memory(fault);
    if (item->thread == COMPARE_NONE)
        return fault_set(fault, FAULT_DATA, "event %llu is on thread %u, which the tape does not list",
                         (unsigned long long)event->seq, event->thread);
    tape->end_ns = event->at_ns > tape->end_ns ? event->at_ns : tape->end_ns;
    item->getter = event->entry != NULL && event->entry->getter && event->entry->kind == API_SYNC;
    tape->items++;
    return 0;
}

/* A callback that answers a call, as opposed to one for a listener. */
static bool
answers(const struct compare_tape *tape, const struct compare_item *item)
{
    if (item->cause == COMPARE_NONE || !item->is_callback)
        return false;
    const struct api_entry *entry = tape->name[tape->item[item->cause].name].entry;
    return entry == NULL || entry->kind != API_REGISTER;
}

static void
append(struct compare_tape *tape, uint32_t *first, uint32_t *last, uint32_t item)
{
    if (*last == COMPARE_NONE)
        *first = item;
    else
        tape->item[*last].next = item;
    *last = item;
}

static void
file_event(struct compare_tape *tape, uint32_t index)
{
    struct compare_item *item = &tape->item[index];
    const struct compare_item *outer = item->inside != COMPARE_NONE ? &tape->item[item->inside] : NULL;
    struct compare_thread *thread = &tape->thread[item->thread];
    /* Calls in a call are the SDK's own. */
    if (outer != NULL && (!outer->counts || (!item->is_callback && !outer->is_callback)))
        item->counts = false;
    if (!item->counts)
        return;
    if (item->is_callback)
        tape->callbacks++;
    else
        tape->calls++;
    tape->name[item->name].seen++;
    if (answers(tape, item))
        item->above = item->cause;
    else
        item->above = item->inside;
    if (item->above != COMPARE_NONE) {
        struct compare_item *above = &tape->item[item->above];
        append(tape, &above->first, &above->last, index);
        above->has_calls |= above->is_callback && !item->is_callback;
    } else if (item->is_callback) {
        append(tape, &thread->backs, &thread->last_back, index);
    } else {
        append(tape, &thread->calls, &thread->last_call, index);
    }
}

int
compare_load(struct compare_tape *tape, struct tape_reader *reader, struct fault *fault)
{
    struct tape_event event;
    int more;
    *tape = (struct compare_tape){.reader = reader};
    if (load_threads(tape, fault) < 0 || tape_rewind(reader, 0, fault) != 0)
        return -1;
    while ((more = tape_next(reader, &event, fault)) > 0) {
        if (load_event(tape, &event, fault) != 0)
            return -1;
    }
    tape->at = UINT64_MAX;
    if (more < 0 || forget_exits(tape, fault) < 0)
        return -1;
    for (uint32_t i = 0; i < tape->items; i++)
        file_event(tape, i);
    return 0;
}

void
compare_unload(struct compare_tape *tape)
{
    for (uint32_t i = 0; i < tape->names; i++)
        free(tape->name[i].owned);
    free(tape->name);
    free(tape->item);
    free(tape->thread);
    *tape = (struct compare_tape){0};
}

int
compare_read(struct compare_tape *tape, uint32_t item, struct tape_event *event, struct fault *fault)
{
    uint64_t seq = tape->item[item].seq;
    uint32_t near = item < STEPS ? 0 : item - STEPS;
    int more;
    if ((tape->at >= seq || tape->at < tape->item[near].seq) && tape_rewind(tape->reader, seq, fault) != 0)
        return -1;
    do {
        more = tape_next(tape->reader, event, fault);
    } while (more > 0 && event->seq < seq);
    tape->at = more > 0 ? event->seq : UINT64_MAX;
    if (more == 0 || (more > 0 && event->seq != seq))
        return fault_set(fault, FAULT_DATA, "event %llu is gone from the tape: did something write to it?",
                         (unsigned long long)seq);
    return more > 0 ? 0 : -1;
}
