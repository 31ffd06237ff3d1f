// SPDX-License-Identifier: MIT
/* Playing: finding the next callback that has a handler, and calling it. */
#include <stdlib.h>
#include <string.h>

#include "replay/embed/embed.h"
#include "replay/standin/standin.h"

#define POISON 0xA5

/* ---- where the replay stands ---- */

static int
stand_at(struct timtape_replay *replay, uint64_t position)
{
    replay->have_next = replay->ended = false;
    replay->passed = 0;
    replay->position = position;
    return tape_rewind(replay->stream, position + 1, &replay->fault);
}

int
embed_reconsider(struct timtape_replay *replay)
{
    return replay->have_next || replay->ended ? stand_at(replay, replay->position) : 0;
}

/* 1: `next` is there; 0: the end; -1: fault, and the next attempt begins at the same place. */
static int
find_next(struct timtape_replay *replay)
{
    int more, handled = 0;

    if (replay->have_next || replay->ended)
        return replay->have_next;
    while ((more = tape_next(replay->stream, &replay->next.tape, &replay->fault)) == 1) {
        const struct tape_event *event = &replay->next.tape;

        if (!event->is_callback) {
            replay->calls[event->seq % EMBED_CALLS].seq = event->seq;
            replay->calls[event->seq % EMBED_CALLS].name = event->name;
            continue;
        }
        if ((handled = embed_handler(replay)) != 0)
            break;
        replay->passed++;
    }
    if (more < 0 || handled < 0) {
        struct fault fault = replay->fault;
        stand_at(replay, replay->position);
        replay->fault = fault;
        return -1;
    }
    replay->have_next = more == 1;
    replay->ended = more == 0;
    return more;
}

/* `next` is used up. */
static void
pass(struct timtape_replay *replay)
{
    replay->position = replay->next.tape.seq;
    replay->unhandled += replay->passed;
    replay->passed = 0;
    replay->have_next = false;
}

int
timtape_replay_seek(struct timtape_replay *replay, uint64_t seq)
{
    replay->fault.text[0] = '\0';
    embed_frames_free(replay, NULL);
    replay->last = (struct embed_scene){0};
    replay->nanswers = 0;
    replay->unhandled = 0;
    return stand_at(replay, seq > 0 ? seq - 1 : 0);
}

uint64_t
timtape_replay_unhandled(const struct timtape_replay *replay)
{
    return replay->unhandled + (replay->ended ? replay->passed : 0);
}

/* ---- one delivery ---- */

static void
frame_free(struct embed_frame *frame)
{
    for (unsigned i = 0; i < API_MAX_PARAMS; i++) {
        if (frame->texts[i] == NULL)
            continue;
        /* Who kept the pointer shall not find the old text there, also without AddressSanitizer. */
        memset(frame->texts[i], POISON, frame->bytes[i]);
        __asm__ volatile("" : : "r"(frame->texts[i]) : "memory");
        free(frame->texts[i]);
    }
    free(frame);
}

void
embed_frames_free(struct timtape_replay *replay, const struct embed_frame *until)
{
    while (replay->top != until) {
        struct embed_frame *frame = replay->top;

        replay->top = frame->outer;
        frame_free(frame);
    }
}

/* Copies of exactly their size, so that reading past the end is seen. */
static struct embed_frame *
frame_new(const struct tape_event *event, const void *user_data, union api_value *values)
{
    struct embed_frame *frame = calloc(1, sizeof *frame);

    if (frame == NULL)
        return NULL;
    frame->scene = (struct embed_scene){event->seq, event->end_seq, event->seq + 1};
    for (unsigned i = 0; i < event->nargs; i++) {
        const struct tape_value *value = &event->args[i];

        values[i] = (union api_value){.u = 0};
        if (event->entry->params[i].type == API_USER) {
            values[i].user = user_data;
        } else if (value->type == TAPE_TEXT) {
            frame->bytes[i] = value->bytes + 1;
            frame->texts[i] = malloc(frame->bytes[i]);
            if (frame->texts[i] == NULL) {
                frame_free(frame);
                return NULL;
            }
            memcpy(frame->texts[i], value->text, frame->bytes[i]);
            values[i].s = frame->texts[i];
        } else if (value->type == TAPE_INT || value->type == TAPE_UINT) {
            values[i].i = value->i;
        }
    }
    return frame;
}

/* Takes what the handler left, unless it did what it must not, and went somewhere else. */
static void
leave(struct timtape_replay *replay, const struct embed_frame *frame)
{
    const struct embed_frame *at = replay->top;

    while (at != NULL && at != frame)
        at = at->outer;
    if (at == NULL)
        return;
    replay->last = frame->scene;
    embed_frames_free(replay, frame->outer);
}

static int
deliver(struct timtape_replay *replay)
{
    const struct embed_answer *answer = replay->next_answer;
    const struct embed_binding *binding = replay->next_binding;
    timtape_function handler = answer != NULL ? answer->handler : binding->handler;
    const void *user_data = answer != NULL ? answer->user_data : binding->user_data;
    union api_value values[API_MAX_PARAMS];
    struct embed_frame *frame = frame_new(&replay->next.tape, user_data, values);

    if (frame == NULL)
        return fault_set(&replay->fault, FAULT_INTERNAL, "out of memory");
    uint16_t callback = replay->next.tape.entry->id;
    frame->outer = replay->top;
    replay->top = frame;
    pass(replay);
    standin_invoke(callback, handler, values);
    leave(replay, frame);
    return 1;
}

/* ---- what the user calls ---- */

const struct timtape_event *
timtape_replay_peek(struct timtape_replay *replay)
{
    const char *function;

    replay->fault.text[0] = '\0';
    if (find_next(replay) != 1 || embed_function(replay, replay->next.tape.cause, &function) != 0)
        return NULL;
    embed_show(replay, &replay->next, function);
    return &replay->next.event;
}

int
timtape_replay_step(struct timtape_replay *replay)
{
    replay->fault.text[0] = '\0';
    int found = find_next(replay);
    return found == 1 ? deliver(replay) : found;
}

int
timtape_replay_skip(struct timtape_replay *replay)
{
    replay->fault.text[0] = '\0';
    int found = find_next(replay);
    if (found == 1)
        pass(replay);
    return found;
}

int64_t
timtape_replay_run(struct timtape_replay *replay, uint64_t last)
{
    int64_t delivered = 0;
    int found;

    replay->fault.text[0] = '\0';
    while ((found = find_next(replay)) == 1 && (last == 0 || replay->next.tape.seq <= last)) {
        found = deliver(replay);
        if (found < 0)
            break;
        delivered++;
    }
    return found < 0 ? -1 : delivered;
}

const struct timtape_event *
timtape_replay_current(struct timtape_replay *replay)
{
    uint64_t seq = replay->top != NULL ? replay->top->scene.seq : replay->last.seq;

    replay->fault.text[0] = '\0';
    return seq != 0 && embed_look(replay, seq) == 1 ? &replay->shown.event : NULL;
}
