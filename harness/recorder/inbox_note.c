// SPDX-License-Identifier: MIT
/* Records that are no edges: who writes, what library is behind, what is missing, what is secret. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/build_id.h"
#include "recorder/inbox_parts.h"
#include "recorder/proc.h"

#define MOST_MASKS 256
#define MOST_TEXT_AHEAD ((size_t)1 << 32)

/* ---- strings in parts ------------------------------------------------------------------------- */

static int
text_add(struct inbox *inbox, struct inbox_slot *slot, const void *data, size_t bytes)
{
    if (slot->text_bytes + bytes > MOST_TEXT_AHEAD) {
        inbox->damaged++;
        inbox_text_forget(slot);
        return 0;
    }
    if (slot->text_bytes + bytes > slot->text_room) {
        size_t room = slot->text_room == 0 ? 65536 : slot->text_room;
        while (room < slot->text_bytes + bytes)
            room *= 2;
        char *text = realloc(slot->text, room);
        if (text == NULL)
            return -1;
        slot->text = text;
        slot->text_room = room;
    }
    memcpy(slot->text + slot->text_bytes, data, bytes);
    slot->text_bytes += bytes;
    return 0;
}

void
inbox_text_forget(struct inbox_slot *slot)
{
    if (slot->text_parts > slot->text_obsolete)
        slot->text_obsolete = slot->text_parts;
    slot->text_bytes = slot->text_saved = 0;
    slot->text_parts = 0;
}

/* ---- people ----------------------------------------------------------------------------------- */

struct inbox_process *
inbox_process(struct inbox *inbox, uint32_t pid)
{
    /* The newest first: it is nearly always the one. */
    for (uint32_t i = inbox->nprocesses; i-- > 0;) {
        if (inbox->processes[i].pid == pid)
            return &inbox->processes[i];
    }
    struct inbox_process *all = realloc(inbox->processes, (inbox->nprocesses + 1) * sizeof *all);
    if (all == NULL)
        return NULL;
    inbox->processes = all;
    struct inbox_process *process = &all[inbox->nprocesses++];
    *process = (struct inbox_process){.pid = pid, .dirty = true};
    inbox->tokens_dirty = true; /* the state names processes in this order */
    if (!inbox->past)
        proc_describe(pid, &process->parent, &process->program);
    return process;
}

void
inbox_ended(struct inbox *inbox, uint32_t pid, int status)
{
    char words[48];
    for (uint32_t i = 0; i < inbox->nprocesses; i++) {
        struct inbox_process *process = &inbox->processes[i];
        if (process->pid == pid && process->ended == NULL) {
            process->ended = strdup(inbox_status_words(words, status));
            process->dirty = inbox->dirty = true;
        }
    }
}

/* The number of a thread; the same process and thread id is the same thread, also when it writes
 * to a second slot or comes back after an exec. 0: no memory. */
static uint32_t
thread_number(struct inbox *inbox, uint32_t pid, uint32_t tid, const char *name)
{
    for (uint32_t i = inbox->nthreads; i-- > 0;) {
        if (inbox->threads[i].pid == pid && inbox->threads[i].tid == tid)
            return i + 1;
    }
    struct inbox_thread *all = realloc(inbox->threads, (inbox->nthreads + 1) * sizeof *all);
    if (all == NULL)
        return 0;
    inbox->threads = all;
    struct inbox_thread *thread = &all[inbox->nthreads++];
    *thread = (struct inbox_thread){.pid = pid, .tid = tid, .dirty = true};
    memcpy(thread->name, name, sizeof thread->name - 1);
    thread->loss.thread = inbox->nthreads;
    return inbox->nthreads;
}

uint32_t
inbox_writer(struct inbox *inbox, uint32_t slot)
{
    struct inbox_slot *from = &inbox->slots[slot];
    if (from->thread == 0) {
        static const char nameless[16];
        uint64_t owner = ring_slot_header(inbox->ring, slot)->owner & ~RING_FOREIGN;
        uint32_t pid = (uint32_t)(owner >> 32);
        if (inbox_process(inbox, pid) != NULL)
            from->thread = thread_number(inbox, pid, (uint32_t)owner, nameless);
    }
    return from->thread;
}

/* The counters only grow; a hostile ring may say otherwise. */
static void
grow(uint64_t *sum, uint64_t before, uint64_t now)
{
    if (now > before && __builtin_add_overflow(*sum, now - before, sum))
        *sum = UINT64_MAX;
}

void
inbox_losses(struct inbox *inbox, uint32_t slot)
{
    struct inbox_slot *from = &inbox->slots[slot];
    const struct ring_slot *header = ring_slot_header(inbox->ring, slot);
    uint64_t waits = header->waits, waited_ns = header->waited_ns, dropped = header->dropped;
    if (from->thread == 0 ||
        (waits == from->waits && waited_ns == from->waited_ns && dropped == from->dropped))
        return;
    struct inbox_thread *thread = &inbox->threads[from->thread - 1];
    grow(&thread->loss.waits, from->waits, waits);
    grow(&thread->loss.waited_ns, from->waited_ns, waited_ns);
    grow(&thread->loss.dropped, from->dropped, dropped);
    thread->loss_dirty = inbox->dirty = true;
    from->waits = waits;
    from->waited_ns = waited_ns;
    from->dropped = dropped;
}

static int
note_thread(struct inbox *inbox, const struct ring_event *event)
{
    struct ring_thread who;
    struct inbox_slot *slot = &inbox->slots[event->slot];
    if (event->body_bytes < sizeof who) {
        inbox->damaged++;
        return 0;
    }
    memcpy(&who, event->body, sizeof who);
    inbox_text_forget(slot);
    /* What was lost until here was the previous writer's; with nobody before, it is this one's. */
    inbox_losses(inbox, event->slot);
    if (inbox_process(inbox, who.pid) == NULL)
        return -1;
    slot->thread = thread_number(inbox, who.pid, who.tid, who.name);
    return slot->thread != 0 ? 0 : -1;
}

/* ---- the library behind ----------------------------------------------------------------------- */

static char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strdup(slash != NULL ? slash + 1 : path);
}

static int
put_meta(struct inbox *inbox, const char *key, const char *value)
{
    return inbox->tape == NULL || value == NULL ? 0 : tape_write_meta(inbox->tape, key, value, NULL);
}

static int
note_sdk(struct inbox *inbox, const struct ring_event *event)
{
    struct cursor cursor = {event->body, event->body_bytes, false};
    char text[2][1024] = {"", ""};
    for (unsigned i = 0; i < 2; i++) {
        uint32_t bytes = cursor_u32(&cursor);
        const uint8_t *at = bytes != RING_NONE ? cursor_bytes(&cursor, bytes) : NULL;
        if (at != NULL)
            snprintf(text[i], sizeof text[i], "%.*s", (int)(bytes < 1023 ? bytes : 1023), (const char *)at);
    }
    uint32_t thread = inbox_writer(inbox, event->slot);
    struct inbox_process *process = thread != 0 ? inbox_process(inbox, inbox->threads[thread - 1].pid) : NULL;
    if (process == NULL)
        return -1;
    free(process->sdk);
    free(process->sdk_version);
    process->sdk = base_name(text[0]);
    process->sdk_version = text[1][0] != '\0' ? strdup(text[1]) : NULL;
    process->dirty = true;
    if (process->sdk == NULL)
        return -1;
    if (inbox->sdk_seen && inbox->sdk_version_seen)
        return 0;
    /* The header names the first one; `processes` names each. */
    bool first = !inbox->sdk_seen;
    inbox->sdk_seen = true;
    inbox->sdk_version_seen = text[1][0] != '\0';
    if (first) {
        char id[2 * BUILD_ID_BYTES + 1];
        put_meta(inbox, "sdk_path", process->sdk);
        if (!inbox->past && build_id_read(text[0], id) == 0)
            put_meta(inbox, "sdk_build_id", id);
    }
    put_meta(inbox, "sdk_version", process->sdk_version);
    return 0;
}

static int
note_absent(struct inbox *inbox, const struct ring_event *event)
{
    size_t bytes = event->record->cause < event->body_bytes ? event->record->cause : event->body_bytes;
    size_t count = bytes / sizeof(uint16_t), used = 0;
    char *names = calloc(count + 1, 64);
    if (names == NULL)
        return -1;
    for (size_t i = 0; i < count; i++) {
        uint16_t id;
        memcpy(&id, event->body + i * sizeof id, sizeof id);
        const struct api_entry *entry = api_entry(id);
        if (entry != NULL)
            used += (size_t)snprintf(names + used, 64, "%s%.62s", used > 0 ? " " : "", entry->name);
    }
    put_meta(inbox, "sdk_absent", names);
    free(names);
    return 0;
}

/* ---- the rest --------------------------------------------------------------------------------- */

static int
note_mask(struct inbox *inbox, const struct ring_event *event)
{
    struct cursor cursor = {event->body, event->body_bytes, false};
    struct inbox_mask mask = {.hash = cursor_u64(&cursor)};
    mask.bytes = cursor_u32(&cursor);
    if (cursor.bad || inbox->nmasks == MOST_MASKS) {
        inbox->damaged++;
        return 0;
    }
    struct inbox_mask *masks = realloc(inbox->masks, (inbox->nmasks + 1) * sizeof *masks);
    if (masks == NULL)
        return -1;
    inbox->masks = masks;
    masks[inbox->nmasks++] = mask;
    return 0;
}

static int
note_exit(struct inbox *inbox, const struct ring_event *event)
{
    uint32_t thread = inbox_writer(inbox, event->slot);
    struct inbox_process *process = thread != 0 ? inbox_process(inbox, inbox->threads[thread - 1].pid) : NULL;
    if (process == NULL)
        return -1;
    if (process->exit_seq == 0) {
        process->exit_seq = event->record->seq;
        process->dirty = true;
    }
    return 0;
}

int
inbox_note(struct inbox *inbox, const struct ring_event *event)
{
    struct inbox_slot *slot = &inbox->slots[event->slot];
    switch (event->record->kind) {
    case RING_CHUNK: {
        uint64_t bytes = event->record->cause;
        if (bytes > event->body_bytes) {
            inbox->damaged++;
            return 0;
        }
        return text_add(inbox, slot, event->body, bytes);
    }
    case RING_THREAD:
        return note_thread(inbox, event);
    case RING_EXIT:
        return note_exit(inbox, event);
    case RING_SDK:
        return note_sdk(inbox, event);
    case RING_SECRET:
        return note_mask(inbox, event);
    case RING_GAP:
        inbox_text_forget(slot);
        inbox_losses(inbox, event->slot);
        return 0;
    case RING_ABSENT:
        return note_absent(inbox, event);
    default:
        return 0;
    }
}
