// SPDX-License-Identifier: MIT
/*
 * What the tape must know so that another recorder can go on exactly where this one stopped:
 * how far each ring was read, who writes it, strings that are not whole yet, names of function
 * pointers, numbers still missing. Written in the transaction of the events it belongs to, so
 * every record is on the tape once, whenever the recorder dies.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/inbox_parts.h"

#define LAYOUT 2u

struct saved_head {
    uint32_t layout, slots, holes, masks;
    uint64_t start_ns, start_wall;
    uint64_t next, edges, damaged, last_ns;
    uint32_t app_pid, flags;
};
#define SAVED_SDK 1u
#define SAVED_SDK_VERSION 2u

struct saved_slot {
    uint64_t position, waits, waited_ns, dropped;
    uint32_t thread, text_parts;
};

struct saved_process {
    uint32_t pid, unused;
    uint64_t tokens;
};

/* ---- saving ----------------------------------------------------------------------------------- */

static int
save_text(struct inbox *inbox, uint32_t index, struct fault *fault)
{
    struct inbox_slot *slot = &inbox->slots[index];
    char key[48];
    for (uint32_t i = 0; i < slot->text_obsolete; i++) {
        snprintf(key, sizeof key, "text/%u/%u", index, i);
        if (tape_write_state(inbox->tape, key, NULL, 0, fault) != 0)
            return -1;
    }
    slot->text_obsolete = 0;
    if (slot->text_bytes == slot->text_saved)
        return 0;
    snprintf(key, sizeof key, "text/%u/%u", index, slot->text_parts);
    if (tape_write_state(inbox->tape, key, slot->text + slot->text_saved, slot->text_bytes - slot->text_saved,
                         fault) != 0)
        return -1;
    slot->text_saved = slot->text_bytes;
    slot->text_parts++;
    return 0;
}

static int
save_tokens(struct inbox *inbox, struct fault *fault)
{
    size_t bytes = sizeof(uint64_t) + inbox->nprocesses * sizeof(struct saved_process) +
                   inbox->tokens.used * sizeof(struct map_pair);
    uint8_t *data = malloc(bytes), *at = data;
    if (data == NULL)
        return fault_errno(fault, FAULT_INTERNAL, "recorder");
    uint64_t count = inbox->nprocesses;
    memcpy(at, &count, sizeof count);
    at += sizeof count;
    for (uint32_t i = 0; i < inbox->nprocesses; i++) {
        struct saved_process process = {.pid = inbox->processes[i].pid, .tokens = inbox->processes[i].tokens};
        memcpy(at, &process, sizeof process);
        at += sizeof process;
    }
    for (size_t i = 0; i < inbox->tokens.size; i++) {
        if (inbox->tokens.pairs[i].key == 0)
            continue;
        memcpy(at, &inbox->tokens.pairs[i], sizeof(struct map_pair));
        at += sizeof(struct map_pair);
    }
    int result = tape_write_state(inbox->tape, "tokens", data, bytes, fault);
    free(data);
    return result;
}

int
inbox_save(struct inbox *inbox, struct fault *fault)
{
    const struct ring_session *session = ring_header(inbox->ring);
    struct saved_head head = {.layout = LAYOUT,
                              .slots = inbox->used_slots,
                              .holes = inbox->nholes,
                              .masks = inbox->nmasks,
                              .start_ns = session->start_ns,
                              .start_wall = session->start_wall,
                              .next = inbox->next,
                              .edges = inbox->edges,
                              .damaged = inbox->damaged,
                              .last_ns = inbox->last_ns,
                              .app_pid = inbox->app_pid,
                              .flags = (inbox->sdk_seen ? SAVED_SDK : 0) |
                                       (inbox->sdk_version_seen ? SAVED_SDK_VERSION : 0)};
    for (uint32_t i = 0; i < inbox->used_slots; i++) {
        if (save_text(inbox, i, fault) != 0)
            return -1;
    }
    if (inbox->tokens_dirty && save_tokens(inbox, fault) != 0)
        return -1;

    size_t bytes = sizeof head + head.slots * sizeof(struct saved_slot) + head.holes * sizeof *inbox->holes +
                   head.masks * sizeof *inbox->masks;
    uint8_t *data = malloc(bytes), *at = data;
    if (data == NULL)
        return fault_errno(fault, FAULT_INTERNAL, "recorder");
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    for (uint32_t i = 0; i < head.slots; i++) {
        const struct inbox_slot *slot = &inbox->slots[i];
        struct saved_slot saved = {.position = ring_position(inbox->ring, i),
                                   .waits = slot->waits,
                                   .waited_ns = slot->waited_ns,
                                   .dropped = slot->dropped,
                                   .thread = slot->thread,
                                   .text_parts = slot->text_parts};
        memcpy(at, &saved, sizeof saved);
        at += sizeof saved;
    }
    if (head.holes != 0)
        memcpy(at, inbox->holes, head.holes * sizeof *inbox->holes);
    at += head.holes * sizeof *inbox->holes;
    if (head.masks != 0)
        memcpy(at, inbox->masks, head.masks * sizeof *inbox->masks);
    int result = tape_write_state(inbox->tape, "recorder", data, bytes, fault);
    free(data);
    return result;
}

/* ---- restoring -------------------------------------------------------------------------------- */

static int
no_memory(struct fault *fault)
{
    return fault_set(fault, FAULT_INTERNAL, "recorder: out of memory");
}

static char *
copy(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

int
inbox_restore_people(struct inbox *inbox, struct tape_reader *tape, struct fault *fault)
{
    struct tape_thread thread;
    struct tape_process process;
    struct tape_loss loss;
    struct tape_event event;
    int more;
    inbox->past = true;
    while ((more = tape_next_thread(tape, &thread, fault)) > 0) {
        /* Threads are numbered from 1 without gaps. */
        if (thread.thread != inbox->nthreads + 1)
            return fault_set(fault, FAULT_DATA, "the tape's threads are not numbered in order");
        struct inbox_thread *all = realloc(inbox->threads, (inbox->nthreads + 1) * sizeof *all);
        if (all == NULL)
            return no_memory(fault);
        inbox->threads = all;
        struct inbox_thread *known = &all[inbox->nthreads++];
        *known = (struct inbox_thread){.pid = thread.pid, .tid = thread.tid, .loss.thread = thread.thread};
        snprintf(known->name, sizeof known->name, "%s", thread.name != NULL ? thread.name : "");
    }
    while (more == 0 && (more = tape_next_loss(tape, &loss, fault)) > 0) {
        if (loss.thread != 0 && loss.thread <= inbox->nthreads)
            inbox->threads[loss.thread - 1].loss = loss;
        more = 0;
    }
    while (more == 0 && (more = tape_next_process(tape, &process, fault)) > 0) {
        struct inbox_process *known = inbox_process(inbox, process.pid);
        if (known == NULL)
            return no_memory(fault);
        known->parent = process.parent;
        known->program = copy(process.program);
        known->ended = copy(process.ended);
        known->sdk = copy(process.sdk);
        known->sdk_version = copy(process.sdk_version);
        known->exit_seq = process.exit_seq;
        known->dirty = false;
        more = 0;
    }
    while (more == 0 && (more = tape_next(tape, &event, fault)) > 0) {
        if (event.is_callback)
            inbox->callbacks++;
        else
            inbox->calls++;
        if (event.end_seq == 0 &&
            map_put(&inbox->open, event.seq, open_pack(0, event.thread, event.is_callback)) != 0)
            return no_memory(fault);
        more = 0;
    }
    return more;
}

static int
restore_tokens(struct inbox *inbox, struct fault *fault)
{
    void *data;
    size_t bytes;
    if (tape_read_state(inbox->tape, "tokens", &data, &bytes, fault) != 0)
        return -1;
    struct cursor cursor = {data, bytes, data == NULL};
    uint64_t count = cursor_u64(&cursor);
    int result = 0;
    if (count > bytes / sizeof(struct saved_process))
        count = 0;
    /* Token keys name processes by their order of arrival: bring them back into it. */
    for (uint32_t i = 0; i < count && !cursor.bad; i++) {
        struct saved_process saved = {0};
        const uint8_t *at = cursor_bytes(&cursor, sizeof saved);
        if (at == NULL)
            break;
        memcpy(&saved, at, sizeof saved);
        struct inbox_process *known = inbox_process(inbox, saved.pid);
        if (known == NULL || i >= inbox->nprocesses)
            break;
        struct inbox_process moved = *known;
        moved.tokens = saved.tokens;
        *known = inbox->processes[i];
        inbox->processes[i] = moved;
    }
    while (!cursor.bad && cursor.left > 0 && result == 0) {
        uint64_t key = cursor_u64(&cursor), value = cursor_u64(&cursor);
        if (!cursor.bad && key != 0)
            result = map_put(&inbox->tokens, key, value);
    }
    free(data);
    return result == 0 ? 0 : no_memory(fault);
}

static int
restore_text(struct inbox *inbox, uint32_t index, uint32_t parts, struct fault *fault)
{
    struct inbox_slot *slot = &inbox->slots[index];
    for (uint32_t i = 0; i < parts; i++) {
        char key[48];
        void *data;
        size_t bytes;
        snprintf(key, sizeof key, "text/%u/%u", index, i);
        if (tape_read_state(inbox->tape, key, &data, &bytes, fault) != 0)
            return -1;
        if (data == NULL)
            break;
        char *text = realloc(slot->text, slot->text_bytes + bytes + 1);
        if (text == NULL) {
            free(data);
            return no_memory(fault);
        }
        memcpy(text + slot->text_bytes, data, bytes);
        free(data);
        slot->text = text;
        slot->text_bytes += bytes;
        slot->text_room = slot->text_bytes + 1;
    }
    slot->text_saved = slot->text_bytes;
    slot->text_parts = parts;
    return 0;
}

static int
restore_lists(struct inbox *inbox, const struct saved_head *head, struct cursor *cursor, struct fault *fault)
{
    const uint8_t *holes = cursor_bytes(cursor, head->holes * sizeof *inbox->holes);
    const uint8_t *masks = cursor_bytes(cursor, head->masks * sizeof *inbox->masks);
    if (cursor->bad)
        return fault_set(fault, FAULT_DATA, "the tape's recorder state is damaged");
    inbox->holes = calloc(head->holes + 1u, sizeof *inbox->holes);
    inbox->masks = calloc(head->masks + 1u, sizeof *inbox->masks);
    if (inbox->holes == NULL || inbox->masks == NULL)
        return no_memory(fault);
    memcpy(inbox->holes, holes, head->holes * sizeof *inbox->holes);
    memcpy(inbox->masks, masks, head->masks * sizeof *inbox->masks);
    inbox->nholes = head->holes;
    inbox->nmasks = head->masks;
    return 0;
}

int
inbox_restore(struct inbox *inbox, struct fault *fault)
{
    void *data;
    size_t bytes;
    struct saved_head head = {0};
    if (tape_read_state(inbox->tape, "recorder", &data, &bytes, fault) != 0)
        return -1;
    if (data == NULL)
        return 0; /* it died before the first record: everything is still in the ring */
    struct cursor cursor = {data, bytes, false};
    const uint8_t *at = cursor_bytes(&cursor, sizeof head);
    int result = 0;
    if (at != NULL)
        memcpy(&head, at, sizeof head);
    const struct ring_session *session = ring_header(inbox->ring);
    if (cursor.bad || head.layout != LAYOUT || head.slots > inbox->nslots)
        result = fault_set(fault, FAULT_DATA, "the tape's recorder state is damaged");
    else if (head.start_ns != session->start_ns || head.start_wall != session->start_wall)
        result = fault_set(fault, FAULT_DATA, "%s belongs to another recording", ring_path(inbox->ring));
    inbox->next = head.next != 0 ? head.next : 1;
    inbox->edges = head.edges;
    inbox->damaged = head.damaged;
    inbox->last_ns = head.last_ns;
    inbox->app_pid = head.app_pid;
    inbox->sdk_seen = (head.flags & SAVED_SDK) != 0;
    inbox->sdk_version_seen = (head.flags & SAVED_SDK_VERSION) != 0;
    inbox->used_slots = result == 0 ? head.slots : 0;
    for (uint32_t i = 0; i < head.slots && result == 0; i++) {
        struct saved_slot saved = {0};
        at = cursor_bytes(&cursor, sizeof saved);
        if (at == NULL) {
            result = fault_set(fault, FAULT_DATA, "the tape's recorder state is damaged");
            break;
        }
        memcpy(&saved, at, sizeof saved);
        struct inbox_slot *slot = &inbox->slots[i];
        slot->thread = saved.thread <= inbox->nthreads ? saved.thread : 0;
        slot->waits = saved.waits;
        slot->waited_ns = saved.waited_ns;
        slot->dropped = saved.dropped;
        result = restore_text(inbox, i, saved.text_parts, fault);
        if (result == 0)
            result = ring_seek(inbox->ring, i, saved.position, fault);
    }
    if (result == 0)
        result = restore_lists(inbox, &head, &cursor, fault);
    free(data);
    return result == 0 ? restore_tokens(inbox, fault) : -1;
}
