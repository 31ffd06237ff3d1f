// SPDX-License-Identifier: MIT
/*
 * A tape written by hand, in memory, for the tests of the score and of the stand-in: the functions of the
 * tape's reader that the score uses, over arrays.
 */
#ifndef TESTS_UNIT_SCORE_FIXTURE_H
#define TESTS_UNIT_SCORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/fault.c"
#include "replay/schedule/causes.c"
#include "replay/schedule/chaos.c"
#include "replay/schedule/moves.c"
#include "replay/schedule/schedule.c"
#include "replay/schedule/shrink.c"
#include "replay/schedule/times.c"
#include "replay/score/score.c"
#include "replay/score/score_load.c"
#include "replay/score/score_made.c"
#include "replay/score/score_plan.c"
#include "replay/score/score_shape.c"
#include "replay/score/score_tape.c"

struct tape_reader {
    struct tape_event *events;
    struct tape_thread threads[16];
    struct tape_process processes[8];
    size_t nevents, room, nthreads, nprocesses;
    size_t event, thread, process;
    const char *sdk_version;
};

int
tape_rewind(struct tape_reader *tape, uint64_t first, struct fault *fault)
{
    (void)first;
    (void)fault;
    tape->event = 0;
    return 0;
}

int
tape_next(struct tape_reader *tape, struct tape_event *event, struct fault *fault)
{
    (void)fault;
    if (tape->event == tape->nevents)
        return 0;
    *event = tape->events[tape->event++];
    return 1;
}

int
tape_next_thread(struct tape_reader *tape, struct tape_thread *thread, struct fault *fault)
{
    (void)fault;
    if (tape->thread == tape->nthreads)
        return 0;
    *thread = tape->threads[tape->thread++];
    return 1;
}

int
tape_next_process(struct tape_reader *tape, struct tape_process *process, struct fault *fault)
{
    (void)fault;
    if (tape->process == tape->nprocesses)
        return 0;
    *process = tape->processes[tape->process++];
    return 1;
}

const char *
tape_meta(struct tape_reader *tape, const char *key)
{
    return strcmp(key, "sdk_version") == 0 ? tape->sdk_version : NULL;
}

/* Recorded process 100 has the main thread 1 (tid 100); threads 2.. have tids 102.. */
static struct tape_reader *
tape_new(unsigned threads)
{
    struct tape_reader *tape = calloc(1, sizeof *tape);
    static const char *const names[] = {"main",  "sdk-2", "sdk-3", "sdk-4",
                                        "sdk-5", "sdk-6", "sdk-7", "sdk-8"};
    unsigned i;

    for (i = 0; i < threads; i++)
        tape->threads[i] =
            (struct tape_thread){.thread = i + 1, .pid = 100, .tid = 100 + i + (i > 0), .name = names[i]};
    tape->nthreads = threads;
    return tape;
}

static void
tape_free(struct tape_reader *tape)
{
    free(tape->events);
    free(tape);
}

/* Adds an event with plain arguments: numbers 0, texts NULL, callbacks given, out-buffers empty. Times in us.
 */
static struct tape_event *
tape_add(struct tape_reader *tape, const char *name, unsigned thread, uint64_t seq, uint64_t end, int64_t at,
         int64_t end_at)
{
    const struct api_entry *entry = api_find(name);
    struct tape_event *event;
    unsigned i;

    assert_non_null(entry);
    if (tape->nevents == tape->room) {
        tape->room = tape->room == 0 ? 64 : tape->room * 2;
        tape->events = realloc(tape->events, tape->room * sizeof *tape->events);
    }
    event = &tape->events[tape->nevents++];
    *event = (struct tape_event){.seq = seq,
                                 .name = entry->name,
                                 .entry = entry,
                                 .is_callback = entry->kind == API_CALLBACK,
                                 .thread = thread,
                                 .at_ns = at * 1000,
                                 .end_seq = end,
                                 .took_ns = end == 0 ? 0 : (end_at - at) * 1000,
                                 .nargs = entry->nparams};
    for (i = 0; i < entry->nparams; i++) {
        switch (entry->params[i].type) {
        case API_STR:
            event->args[i] = (struct tape_value){.type = TAPE_NULL};
            break;
        case API_OUT:
            event->args[i] = (struct tape_value){.type = TAPE_TEXT, .text = "", .bytes = 0};
            break;
        case API_FN:
            event->args[i] = (struct tape_value){.type = TAPE_UINT, .u = 0x1000};
            break;
        case API_USER:
            break;
        default:
            event->args[i] = (struct tape_value){.type = TAPE_INT};
            break;
        }
    }
    if (entry->returns != API_VOID && !event->is_callback)
        event->result = (struct tape_value){.type = entry->returns == API_STR ? TAPE_NULL : TAPE_INT};
    return event;
}

static void
tape_text(struct tape_event *event, unsigned index, const char *text)
{
    event->args[index] = (struct tape_value){.type = TAPE_TEXT, .text = text, .bytes = strlen(text)};
}

#endif
