// SPDX-License-Identifier: MIT
/* What the inbox's own files share. */
#ifndef RECORDER_INBOX_PARTS_H
#define RECORDER_INBOX_PARTS_H

#include <string.h>

#include "recorder/inbox.h"

/* One event without an end: its place in the batch plus one (0: an earlier batch wrote it), its
 * thread, what it is. */
static inline uint64_t
open_pack(uint64_t place, uint32_t thread, bool is_callback)
{
    return place << 33 | (uint64_t)thread << 1 | is_callback;
}

/* Foreign bytes, read front to back; `bad` once something was asked for that is not there. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool bad;
};

static inline const uint8_t *
cursor_bytes(struct cursor *cursor, size_t bytes)
{
    if (cursor->bad || bytes > cursor->left) {
        cursor->bad = true;
        return NULL;
    }
    const uint8_t *at = cursor->at;
    cursor->at += bytes;
    cursor->left -= bytes;
    return at;
}

static inline uint64_t
cursor_u64(struct cursor *cursor)
{
    uint64_t value = 0;
    const uint8_t *at = cursor_bytes(cursor, sizeof value);
    if (at != NULL)
        memcpy(&value, at, sizeof value);
    return value;
}

static inline uint32_t
cursor_u32(struct cursor *cursor)
{
    uint32_t value = 0;
    const uint8_t *at = cursor_bytes(cursor, sizeof value);
    if (at != NULL)
        memcpy(&value, at, sizeof value);
    return value;
}

struct inbox_item *inbox_item_new(struct inbox *inbox);
int inbox_number(struct inbox *inbox, uint64_t seq);

/* inbox_edge.c; -1: no memory. */
int inbox_enter(struct inbox *inbox, const struct ring_event *event);
int inbox_leave(struct inbox *inbox, const struct ring_event *event);
/* inbox_note.c: every record that is no edge. */
int inbox_note(struct inbox *inbox, const struct ring_event *event);
/* The thread that writes a slot; one without a name when nobody was announced. 0: no memory. */
uint32_t inbox_writer(struct inbox *inbox, uint32_t slot);
void inbox_text_forget(struct inbox_slot *slot);

#endif
