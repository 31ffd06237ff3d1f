// SPDX-License-Identifier: MIT
#include "replay/judge/judge_live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/judge/judge_decode.h"
#include "replay/judge/verdict.h"

/* An event that has been entered and not left. Calls keep their arguments: `body` owns them. */
struct open_event {
    uint64_t seq;
    uint64_t ns;
    uint16_t api;
    bool is_callback;
    uint8_t *body;
    size_t bytes;
};

struct live_thread {
    uint32_t pid, tid;
    char name[16];
    struct open_event *open;
    size_t count, room;
    uint8_t *chunks; /* texts moved ahead of the next edge */
    size_t chunk_bytes, chunk_room;
    uint16_t last_api;
    uint8_t last_kind; /* enum ring_kind, 0: nothing yet */
    uint64_t last_ns;
};

struct live {
    struct live_thread *thread; /* by ring slot */
    size_t threads;
    struct open_event *listener;
    size_t listeners, listener_room;
    struct judge_texts decoded;
    uint64_t edges, calls, last_app_edge;
    bool loaded;
};

struct live *
live_new(void)
{
    return calloc(1, sizeof(struct live));
}

static void
clear_open(struct live_thread *thread)
{
    for (size_t i = 0; i < thread->count; i++)
        free(thread->open[i].body);
    thread->count = 0;
}

void
live_free(struct live *live)
{
    if (live == NULL)
        return;
    for (size_t i = 0; i < live->threads; i++) {
        clear_open(&live->thread[i]);
        free(live->thread[i].open);
        free(live->thread[i].chunks);
    }
    for (size_t i = 0; i < live->listeners; i++)
        free(live->listener[i].body);
    free(live->listener);
    free(live->thread);
    free(live->decoded.texts);
    free(live);
}

static struct live_thread *
thread_of(struct live *live, uint32_t slot)
{
    if (slot >= live->threads) {
        size_t threads = slot + 16;
        struct live_thread *grown = realloc(live->thread, threads * sizeof *grown);
        if (grown == NULL)
            return NULL;
        memset(grown + live->threads, 0, (threads - live->threads) * sizeof *grown);
        live->thread = grown;
        live->threads = threads;
    }
    return &live->thread[slot];
}

static int
take_chunk(struct live_thread *thread, const struct ring_event *event)
{
    size_t bytes = event->record->cause <= event->body_bytes ? event->record->cause : event->body_bytes;
    if (thread->chunk_bytes + bytes > thread->chunk_room) {
        size_t room = (thread->chunk_bytes + bytes) * 2;
        uint8_t *grown = realloc(thread->chunks, room);
        if (grown == NULL)
            return -1;
        thread->chunks = grown;
        thread->chunk_room = room;
    }
    memcpy(thread->chunks + thread->chunk_bytes, event->body, bytes);
    thread->chunk_bytes += bytes;
    return 0;
}

static int
take_enter(struct live_thread *thread, const struct ring_event *event, uint64_t now_ns)
{
    const struct ring_record *record = event->record;
    struct open_event open = {
        .seq = record->seq, .ns = now_ns, .api = record->api, .is_callback = record->kind == RING_BACK_ENTER};
    if (thread->count == thread->room) {
        size_t room = thread->room == 0 ? 4 : thread->room * 2;
        struct open_event *grown = realloc(thread->open, room * sizeof *grown);
        if (grown == NULL)
            return -1;
        thread->open = grown;
        thread->room = room;
    }
    if (!open.is_callback) {
        /* The chunks stand behind the body, as decode() wants them. */
        open.bytes = event->body_bytes;
        open.body = malloc(event->body_bytes + thread->chunk_bytes + 1);
        if (open.body == NULL)
            return -1;
        memcpy(open.body, event->body, event->body_bytes);
        if (thread->chunk_bytes > 0)
            memcpy(open.body + event->body_bytes, thread->chunks, thread->chunk_bytes);
        open.bytes += thread->chunk_bytes;
    }
    thread->open[thread->count++] = open;
    return 0;
}

static bool
adds_listener(uint16_t api)
{
    const struct api_entry *entry = api_entry(api);
    return entry != NULL && entry->list && entry->kind == API_REGISTER;
}

/* The oldest half is forgotten when an app adds listeners without end. */
#define LISTENERS_MOST 65536

static int
keep_listener(struct live *live, struct open_event *open)
{
    if (live->listeners == LISTENERS_MOST) {
        for (size_t i = 0; i < LISTENERS_MOST / 2; i++)
            free(live->listener[i].body);
        live->listeners = LISTENERS_MOST / 2;
        memmove(live->listener, live->listener + LISTENERS_MOST / 2,
                LISTENERS_MOST / 2 * sizeof *live->listener);
    }
    if (live->listeners == live->listener_room) {
        size_t room = live->listener_room == 0 ? 8 : live->listener_room * 2;
        struct open_event *grown = realloc(live->listener, room * sizeof *grown);
        if (grown == NULL)
            return -1;
        live->listener = grown;
        live->listener_room = room;
    }
    live->listener[live->listeners++] = *open;
    open->body = NULL;
    return 0;
}

static int
take_leave(struct live *live, struct live_thread *thread, uint64_t seq)
{
    int result = 0;
    for (size_t i = thread->count; i-- > 0;) {
        struct open_event *open = &thread->open[i];
        if (open->seq != seq)
            continue;
        if (!open->is_callback && adds_listener(open->api))
            result = keep_listener(live, open);
        /* What was nested in it is over, too, even if its own leave was lost (longjmp). */
        for (size_t j = i; j < thread->count; j++)
            free(thread->open[j].body);
        thread->count = i;
        break;
    }
    return result;
}

int
live_take(struct live *live, const struct ring_event *event, uint64_t now_ns)
{
    const struct ring_record *record = event->record;
    struct live_thread *thread = thread_of(live, event->slot);
    int result = 0;
    if (thread == NULL)
        return -1;
    switch (record->kind) {
    case RING_CHUNK:
        return take_chunk(thread, event);
    case RING_THREAD:
        if (event->body_bytes >= sizeof(struct ring_thread)) {
            struct ring_thread who;
            memcpy(&who, event->body, sizeof who);
            clear_open(thread);
            thread->pid = who.pid;
            thread->tid = who.tid;
            memcpy(thread->name, who.name, sizeof thread->name);
            thread->name[sizeof thread->name - 1] = '\0';
            thread->last_kind = 0;
            thread->chunk_bytes = 0;
        }
        return 0;
    case RING_SDK:
        live->loaded = true;
        return 0;
    case RING_GAP: /* what the chunks were for did not come */
        thread->chunk_bytes = 0;
        return 0;
    case RING_CALL_ENTER:
    case RING_BACK_ENTER:
        result = take_enter(thread, event, now_ns);
        break;
    case RING_CALL_LEAVE:
    case RING_BACK_LEAVE:
        result = take_leave(live, thread, record->parent);
        break;
    default:
        return 0;
    }
    thread->chunk_bytes = 0;
    thread->last_kind = record->kind;
    thread->last_api = record->api;
    thread->last_ns = now_ns;
    live->edges++;
    live->calls += record->kind == RING_CALL_ENTER;
    live->loaded = true;
    if (record->kind == RING_CALL_ENTER || record->kind == RING_BACK_LEAVE)
        live->last_app_edge = now_ns;
    return result;
}

static bool
decode(struct live *live, const struct open_event *open, struct tape_event *call)
{
    const struct judge_body body = {
        .seq = open->seq, .at = open->body, .bytes = open->bytes, .api = open->api};
    return judge_decode(body, &live->decoded, call);
}

bool
live_call(struct live *live, uint64_t seq, struct tape_event *call)
{
    for (size_t i = 0; i < live->threads; i++) {
        struct live_thread *thread = &live->thread[i];
        for (size_t j = thread->count; j-- > 0;) {
            if (thread->open[j].seq == seq)
                return decode(live, &thread->open[j], call);
        }
    }
    return false;
}

bool
live_listener(struct live *live, uint64_t seq, struct tape_event *call)
{
    for (size_t i = live->listeners; i-- > 0;) {
        if (live->listener[i].seq == seq)
            return decode(live, &live->listener[i], call);
    }
    return live_call(live, seq, call);
}

const char *
live_thread_name(struct live *live, uint32_t pid, uint32_t tid)
{
    for (size_t i = 0; i < live->threads; i++) {
        if (live->thread[i].pid == pid && live->thread[i].tid == tid)
            return live->thread[i].name;
    }
    return "";
}

uint64_t
live_edges(const struct live *live)
{
    return live->edges;
}

uint64_t
live_calls(const struct live *live)
{
    return live->calls;
}

bool
live_within_callback(const struct live *live, uint32_t pid, uint32_t tid)
{
    for (size_t i = 0; i < live->threads; i++) {
        const struct live_thread *thread = &live->thread[i];
        if (thread->pid == pid && thread->tid == tid)
            return thread->count > 0 && thread->open[0].is_callback;
    }
    return false;
}

bool
live_in_callback(const struct live *live, uint32_t pid, uint32_t tid)
{
    for (size_t i = 0; i < live->threads; i++) {
        const struct live_thread *thread = &live->thread[i];
        if (thread->pid == pid && thread->tid == tid)
            continue;
        for (size_t j = 0; j < thread->count; j++) {
            if (thread->open[j].is_callback)
                return true;
        }
    }
    return false;
}

bool
live_loaded(const struct live *live)
{
    return live->loaded;
}

uint64_t
live_last_app_edge(const struct live *live)
{
    return live->last_app_edge;
}

static const char *
describe_thread(const struct live_thread *thread, uint64_t now_ns, char *text, size_t room)
{
    char span[32];
    const struct open_event *inner = thread->count > 0 ? &thread->open[thread->count - 1] : NULL;
    uint64_t since = inner != NULL ? inner->ns : thread->last_ns;
    const struct api_entry *entry = api_entry(inner != NULL ? inner->api : thread->last_api);
    const char *name = entry != NULL ? entry->name : "?";
    verdict_duration(now_ns > since ? now_ns - since : 0, span, sizeof span);
    if (inner != NULL)
        snprintf(text, room, "%s (%" PRIu32 "): in %s %s for %s", thread->name, thread->tid,
                 inner->is_callback ? "the app's callback" : "its call of", name, span);
    else
        snprintf(text, room, "%s (%" PRIu32 "): last %s %s, %s ago", thread->name, thread->tid,
                 thread->last_kind == RING_BACK_LEAVE ? "returned from callback" : "finished call", name,
                 span);
    return text;
}

void
live_describe(struct live *live, uint64_t now_ns, unsigned lines, char *text, size_t room)
{
    size_t used = 0;
    uint64_t below = UINT64_MAX;
    text[0] = '\0';
    while (lines-- > 0) {
        /* The next most recent one. */
        const struct live_thread *best = NULL;
        for (size_t i = 0; i < live->threads; i++) {
            const struct live_thread *thread = &live->thread[i];
            if (thread->last_kind != 0 && thread->last_ns < below &&
                (best == NULL || thread->last_ns > best->last_ns))
                best = thread;
        }
        if (best == NULL)
            return;
        below = best->last_ns;
        char line[200];
        describe_thread(best, now_ns, line, sizeof line);
        int wrote = snprintf(text + used, room - used, "%s%s", used > 0 ? "\n" : "", line);
        if (wrote < 0 || (size_t)wrote >= room - used)
            return;
        used += (size_t)wrote;
    }
}
