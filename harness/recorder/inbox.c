// SPDX-License-Identifier: MIT
/* Records in, batches out. What one record means is in inbox_edge.c and inbox_note.c. */
#include "recorder/inbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "recorder/inbox_parts.h"

int
inbox_open(struct inbox *inbox, struct ring_reader *ring, struct tape_writer *tape, struct fault *fault)
{
    *inbox = (struct inbox){.ring = ring, .tape = tape, .next = 1};
    inbox->nslots = ring_header(ring)->slots;
    inbox->start_ns = ring_header(ring)->start_ns;
    inbox->slots = calloc(inbox->nslots != 0 ? inbox->nslots : 1, sizeof *inbox->slots);
    if (inbox->slots == NULL)
        return fault_errno(fault, FAULT_INTERNAL, "recorder");
    return 0;
}

void
inbox_drop(struct inbox *inbox)
{
    for (unsigned i = 0; i < inbox->count; i++) {
        const struct inbox_item *item = &inbox->items[i];
        free(item->owned_enter);
        free(item->owned_leave);
        /* What stays open is found in the tape from now on, not in the batch. */
        if (!item->leave && item->event.end_seq == 0) {
            uint64_t *packed = map_get(&inbox->open, item->event.seq);
            if (packed != NULL)
                *packed = open_pack(0, item->event.thread, item->event.is_callback);
        }
    }
    inbox->count = 0;
}

void
inbox_close(struct inbox *inbox)
{
    inbox_drop(inbox);
    for (uint32_t i = 0; i < inbox->nslots && inbox->slots != NULL; i++)
        free(inbox->slots[i].text);
    for (uint32_t i = 0; i < inbox->nprocesses; i++) {
        free(inbox->processes[i].program);
        free(inbox->processes[i].ended);
        free(inbox->processes[i].sdk);
        free(inbox->processes[i].sdk_version);
    }
    map_free(&inbox->open);
    map_free(&inbox->tokens);
    free(inbox->items);
    free(inbox->slots);
    free(inbox->threads);
    free(inbox->processes);
    free(inbox->holes);
    free(inbox->masks);
    *inbox = (struct inbox){0};
}

struct inbox_item *
inbox_item_new(struct inbox *inbox)
{
    if (inbox->count == inbox->room) {
        unsigned room = inbox->room == 0 ? 256 : 2 * inbox->room;
        struct inbox_item *items = realloc(inbox->items, room * sizeof *items);
        if (items == NULL)
            return NULL;
        inbox->items = items;
        inbox->room = room;
    }
    struct inbox_item *item = &inbox->items[inbox->count++];
    memset(item, 0, sizeof *item);
    return item;
}

/* ---- numbers that are missing ----------------------------------------------------------------- */

static int
hole_insert(struct inbox *inbox, uint32_t at, uint64_t first, uint64_t last)
{
    struct tape_hole *holes = realloc(inbox->holes, (inbox->nholes + 1) * sizeof *holes);
    if (holes == NULL)
        return -1;
    inbox->holes = holes;
    memmove(holes + at + 1, holes + at, (inbox->nholes - at) * sizeof *holes);
    holes[at] = (struct tape_hole){first, last};
    inbox->nholes++;
    return 0;
}

/* A number arrived. Those skipped are missing until they come: a thread may have taken its
 * number before our snapshot of the rings and published it after. 1: it had been here before; -1: no memory.
 */
int
inbox_number(struct inbox *inbox, uint64_t seq)
{
    if (seq == inbox->next) {
        inbox->next++;
        return 0;
    }
    if (seq > inbox->next) {
        uint64_t first = inbox->next;
        inbox->next = seq + 1;
        return hole_insert(inbox, inbox->nholes, first, seq - 1);
    }
    for (uint32_t i = inbox->nholes; i-- > 0;) {
        struct tape_hole *hole = &inbox->holes[i];
        if (seq > hole->last)
            return 1;
        if (seq < hole->first)
            continue;
        if (hole->first == hole->last) {
            memmove(hole, hole + 1, (inbox->nholes - i - 1) * sizeof *hole);
            inbox->nholes--;
        } else if (seq == hole->first) {
            hole->first++;
        } else if (seq == hole->last) {
            hole->last--;
        } else {
            uint64_t last = hole->last;
            hole->last = seq - 1;
            return hole_insert(inbox, i + 1, seq + 1, last);
        }
        return 0;
    }
    return 1;
}

void
inbox_tail(struct inbox *inbox, uint64_t last)
{
    if (last < inbox->next || last > INT64_MAX)
        return;
    uint64_t first = inbox->next;
    inbox->next = last + 1;
    hole_insert(inbox, inbox->nholes, first, last);
}

uint64_t
inbox_missing(const struct inbox *inbox)
{
    uint64_t missing = 0;
    for (uint32_t i = 0; i < inbox->nholes; i++)
        missing += inbox->holes[i].last - inbox->holes[i].first + 1;
    return missing;
}

/* ---- records ---------------------------------------------------------------------------------- */

int
inbox_take(void *context, const struct ring_event *event)
{
    struct inbox *inbox = context;
    const struct ring_record *record = event->record;
    if (event->slot >= inbox->nslots)
        return 0;
    if (event->slot >= inbox->used_slots)
        inbox->used_slots = event->slot + 1;
    inbox->dirty = true;
    if (record->seq != 0) {
        /* Hostile rings only: a number that the session never gave out would make holes of any size. The
         * counter is the producers' hottest line, so it is read once per pass rather than per record. */
        if (record->seq > inbox->given)
            inbox->given = ring_header(inbox->ring)->seq;
        if (record->seq > INT64_MAX || record->seq > inbox->given) {
            inbox->damaged++;
            return 0;
        }
        int known = inbox_number(inbox, record->seq);
        if (known != 0) {
            inbox->damaged += known > 0;
            return known < 0 ? -1 : 0;
        }
    }
    switch (record->kind) {
    case RING_CALL_ENTER:
    case RING_BACK_ENTER:
        return inbox_enter(inbox, event);
    case RING_CALL_LEAVE:
    case RING_BACK_LEAVE:
        return inbox_leave(inbox, event);
    default:
        return inbox_note(inbox, event);
    }
}

/* ---- writing ---------------------------------------------------------------------------------- */

static int
write_people(struct inbox *inbox, struct fault *fault)
{
    for (uint32_t i = 0; i < inbox->nthreads; i++) {
        struct inbox_thread *thread = &inbox->threads[i];
        struct tape_thread row = {
            .thread = i + 1, .pid = thread->pid, .tid = thread->tid, .name = thread->name};
        if (thread->dirty && tape_write_thread(inbox->tape, &row, fault) != 0)
            return -1;
        if (thread->loss_dirty && tape_write_loss(inbox->tape, &thread->loss, fault) != 0)
            return -1;
    }
    for (uint32_t i = 0; i < inbox->nprocesses; i++) {
        struct inbox_process *process = &inbox->processes[i];
        struct tape_process row = {.pid = process->pid,
                                   .parent = process->parent,
                                   .program = process->program,
                                   .exit_seq = process->exit_seq,
                                   .ended = process->ended,
                                   .sdk = process->sdk,
                                   .sdk_version = process->sdk_version};
        if (process->dirty && tape_write_process(inbox->tape, &row, fault) != 0)
            return -1;
    }
    return 0;
}

static void
people_clean(struct inbox *inbox)
{
    for (uint32_t i = 0; i < inbox->nthreads; i++)
        inbox->threads[i].dirty = inbox->threads[i].loss_dirty = false;
    for (uint32_t i = 0; i < inbox->nprocesses; i++)
        inbox->processes[i].dirty = false;
    inbox->tokens_dirty = inbox->dirty = false;
}

int
inbox_flush(struct inbox *inbox, struct fault *fault)
{
    if (inbox->tape == NULL) {
        inbox_drop(inbox);
        return 0;
    }
    if (!inbox->dirty)
        return 0;
    for (unsigned i = 0; i < inbox->count; i++) {
        const struct inbox_item *item = &inbox->items[i];
        int result = item->leave ? tape_write_leave(inbox->tape, &item->event, fault)
                                 : tape_write_event(inbox->tape, &item->event, fault);
        if (result != 0)
            return -1;
    }
    if (write_people(inbox, fault) != 0 || inbox_save(inbox, fault) != 0 ||
        tape_commit(inbox->tape, fault) != 0)
        return -1;
    people_clean(inbox);
    inbox_drop(inbox);
    return 0;
}

const char *
inbox_status_words(char *buffer, int status)
{
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        if (name != NULL)
            snprintf(buffer, 48, "signal %d (SIG%s)", WTERMSIG(status), name);
        else
            snprintf(buffer, 48, "signal %d", WTERMSIG(status));
    } else {
        snprintf(buffer, 48, "exit %d", WEXITSTATUS(status));
    }
    return buffer;
}
