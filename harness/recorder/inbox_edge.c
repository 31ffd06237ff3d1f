// SPDX-License-Identifier: MIT
/* The four edges. Their bytes come from another process: everything is checked, and what does
 * not fit its description is counted and left out. */
#include <stdlib.h>
#include <string.h>

#include "recorder/inbox_parts.h"

/* SQLite's own limit on a row is 1e9 bytes. */
#define MOST_TEXT 900000000u

/* The strings of an edge that came ahead in parts, in order. */
struct parts {
    char *text;
    size_t bytes, taken;
    bool used;
};

static void
take_string(struct cursor *cursor, struct parts *parts, struct tape_value *value)
{
    uint32_t bytes = cursor_u32(cursor);
    const char *text;
    value->type = TAPE_NULL;
    if (bytes == RING_NONE)
        return;
    if (bytes == RING_CHUNKED) {
        uint64_t total = cursor_u64(cursor);
        parts->used = true;
        if (total > parts->bytes - parts->taken) {
            cursor->bad = true;
            return;
        }
        text = parts->text + parts->taken;
        parts->taken += total;
        value->bytes = strnlen(text, total);
    } else {
        text = (const char *)cursor_bytes(cursor, bytes);
        if (text == NULL)
            return;
        value->bytes = strnlen(text, bytes);
    }
    if (value->bytes > MOST_TEXT) {
        cursor->bad = true;
        return;
    }
    value->type = TAPE_TEXT;
    value->text = value->bytes > 0 ? text : "";
}

/* Function pointers are numbers from 1 in the order in which a process first shows them: equal
 * pointers are equal numbers, and no address leaves the machine. */
static uint64_t
token(struct inbox *inbox, uint32_t pid, uint64_t pointer)
{
    if (pointer == 0)
        return 0;
    struct inbox_process *process = inbox_process(inbox, pid);
    if (process == NULL)
        return 0;
    uint64_t key = (pointer ^ pointer >> 48 << 40) << 16 | ((uint64_t)(process - inbox->processes) & 0xffff);
    if (key == 0)
        key = 1;
    const uint64_t *known = map_get(&inbox->tokens, key);
    if (known != NULL)
        return *known;
    inbox->tokens_dirty = true;
    process->tokens++;
    return map_put(&inbox->tokens, key, process->tokens) == 0 ? process->tokens : 0;
}

static void
take_value(struct inbox *inbox, const struct api_param *param, uint32_t pid, struct cursor *cursor,
           struct parts *parts, struct tape_value *value)
{
    value->type = TAPE_ABSENT;
    switch (param->type) {
    case API_I32:
        value->type = TAPE_INT;
        value->i = (int32_t)cursor_u64(cursor);
        break;
    case API_I64:
        value->type = TAPE_INT;
        value->i = (int64_t)cursor_u64(cursor);
        break;
    case API_U32:
        value->type = TAPE_UINT;
        value->u = (uint32_t)cursor_u64(cursor);
        break;
    case API_BOOL:
        value->type = TAPE_UINT;
        value->u = (uint8_t)cursor_u64(cursor);
        break;
    case API_U64:
        value->type = TAPE_UINT;
        value->u = cursor_u64(cursor);
        break;
    case API_FN:
        value->type = TAPE_UINT;
        value->u = token(inbox, pid, cursor_u64(cursor));
        break;
    case API_STR:
        take_string(cursor, parts, value);
        break;
    case API_OUT:
        if (cursor_u32(cursor) == RING_NONE)
            value->type = TAPE_NULL;
        break;
    default:
        break;
    }
}

static struct parts
parts_of(struct inbox *inbox, uint32_t slot)
{
    return (struct parts){.text = inbox->slots[slot].text, .bytes = inbox->slots[slot].text_bytes};
}

/* The batch item keeps the parts it points into; parts that nobody asked for are forgotten. */
static void
parts_settle(struct inbox *inbox, uint32_t slot, const struct parts *parts, char **owner)
{
    struct inbox_slot *from = &inbox->slots[slot];
    if (parts->used) {
        *owner = from->text;
        from->text = NULL;
        from->text_room = 0;
    }
    inbox_text_forget(from);
}

static int
leave_out(struct inbox *inbox, uint32_t slot)
{
    inbox->damaged++;
    inbox_text_forget(&inbox->slots[slot]);
    return 0;
}

int
inbox_enter(struct inbox *inbox, const struct ring_event *event)
{
    const struct ring_record *record = event->record;
    const struct api_entry *entry = api_entry(record->api);
    bool is_callback = record->kind == RING_BACK_ENTER;
    uint32_t thread = inbox_writer(inbox, event->slot);
    if (thread == 0)
        return -1;
    inbox->edges++;
    if (entry == NULL || record->seq == 0 || (entry->kind == API_CALLBACK) != is_callback ||
        map_get(&inbox->open, record->seq) != NULL)
        return leave_out(inbox, event->slot);

    struct inbox_item *item = inbox_item_new(inbox);
    if (item == NULL)
        return -1;
    struct tape_event *out = &item->event;
    struct cursor cursor = {event->body, event->body_bytes, false};
    struct parts parts = parts_of(inbox, event->slot);
    out->seq = record->seq;
    out->name = entry->name;
    out->entry = entry;
    out->is_callback = is_callback;
    out->thread = thread;
    out->at_ns = (int64_t)(ring_time(inbox->ring, record->ticks) - inbox->start_ns);
    out->cause = is_callback && record->cause < record->seq ? record->cause : 0;
    out->via = is_callback && (record->flags & RING_SECOND) != 0;
    out->nargs = entry->nparams;
    uint32_t pid = inbox->threads[thread - 1].pid;
    for (unsigned i = 0; i < entry->nparams; i++)
        take_value(inbox, &entry->params[i], pid, &cursor, &parts, &out->args[i]);
    if (cursor.bad) {
        inbox->count--;
        return leave_out(inbox, event->slot);
    }
    parts_settle(inbox, event->slot, &parts, &item->owned_enter);

    /* Nesting is a matter of one thread: a forked child runs on inside its parent's event, but
     * that event belongs to the parent. */
    const uint64_t *outer = record->parent != 0 ? map_get(&inbox->open, record->parent) : NULL;
    if (outer != NULL && (uint32_t)(*outer >> 1) == thread && record->parent < record->seq) {
        out->parent = record->parent;
        out->parent_is_callback = (*outer & 1) != 0;
    }
    if (is_callback)
        inbox->callbacks++;
    else
        inbox->calls++;
    inbox->last_ns = (uint64_t)out->at_ns;
    return map_put(&inbox->open, out->seq, open_pack(inbox->count, thread, is_callback));
}

int
inbox_leave(struct inbox *inbox, const struct ring_event *event)
{
    const struct ring_record *record = event->record;
    const struct api_entry *entry = api_entry(record->api);
    const uint64_t *packed = record->parent != 0 ? map_get(&inbox->open, record->parent) : NULL;
    inbox->edges++;
    if (entry == NULL || packed == NULL || record->seq <= record->parent ||
        (entry->kind == API_CALLBACK) != ((*packed & 1) != 0) ||
        (record->kind == RING_BACK_LEAVE) != ((*packed & 1) != 0))
        return leave_out(inbox, event->slot);

    uint64_t place = *packed >> 33;
    struct inbox_item *item = place != 0 ? &inbox->items[place - 1] : inbox_item_new(inbox);
    if (item == NULL)
        return -1;
    struct tape_event *out = &item->event;
    struct cursor cursor = {event->body, event->body_bytes, false};
    struct parts parts = parts_of(inbox, event->slot);
    struct tape_value result = {0}, args[API_MAX_PARAMS] = {0};
    if (place != 0 && out->entry != entry)
        cursor.bad = true;
    if (record->kind == RING_CALL_LEAVE) {
        struct api_param returns = {.type = entry->returns};
        take_value(inbox, &returns, 0, &cursor, &parts, &result);
        for (unsigned i = 0; i < entry->nparams; i++) {
            if (entry->params[i].type == API_OUT)
                take_string(&cursor, &parts, &args[i]);
        }
    }
    if (cursor.bad) {
        if (place == 0)
            inbox->count--;
        return leave_out(inbox, event->slot);
    }

    int64_t now = (int64_t)(ring_time(inbox->ring, record->ticks) - inbox->start_ns);
    if (place == 0) {
        *item = (struct inbox_item){.leave = true};
        out->seq = record->parent;
        out->name = entry->name;
        out->entry = entry;
        out->is_callback = entry->kind == API_CALLBACK;
        out->nargs = entry->nparams;
        out->at_ns = now;
        out->took_ns = -1;
    } else {
        out->took_ns = now > out->at_ns ? now - out->at_ns : 0;
    }
    out->end_seq = record->seq;
    out->threw = (record->flags & RING_THREW) != 0;
    out->result = result;
    for (unsigned i = 0; i < entry->nparams; i++) {
        if (args[i].type != TAPE_ABSENT)
            out->args[i] = args[i];
    }
    parts_settle(inbox, event->slot, &parts, &item->owned_leave);
    inbox->last_ns = (uint64_t)now;
    map_delete(&inbox->open, record->parent);
    return 0;
}
