// SPDX-License-Identifier: MIT
/* A case made smaller: callbacks left out, then each value, until a whole round changes nothing. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz/finding/inside.h"

#define CASE_MOST ((size_t)16 << 20)
#define ROUNDS 8

static size_t
text_bytes(const struct fuzz_case *c, struct arena *arena)
{
    char *text = malloc(CASE_MOST);
    size_t bytes = text != NULL ? case_write(c, arena, text, CASE_MOST) : 0;
    free(text);
    return bytes;
}

/* Chunks of callbacks, large ones first, from the end. */
static bool
drop_events(struct shrink *shrink)
{
    struct fuzz_case *c = shrink->c;
    bool changed = false;
    struct case_event *was = malloc((c->count + 1) * sizeof *was);
    for (size_t part = c->count / 2; was != NULL && part > 0 && !shrink->over; part /= 2) {
        for (size_t end = c->count; end > 0 && !shrink->over;) {
            size_t begin = end > part ? end - part : 0, count = c->count;
            memcpy(was, c->events, count * sizeof *was);
            memmove(c->events + begin, c->events + end, (count - end) * sizeof *was);
            c->count = count - (end - begin);
            if (c->count > 0 && shrink_try(shrink)) {
                changed = true;
            } else {
                memcpy(c->events, was, count * sizeof *was);
                c->count = count;
            }
            end = begin < c->count ? begin : c->count;
        }
    }
    free(was);
    return changed;
}

static bool
one_round(struct shrink *shrink)
{
    bool changed = drop_events(shrink);
    for (size_t i = 0; i < shrink->c->count; i++) {
        struct case_event *event = &shrink->c->events[i];
        for (unsigned p = 0; p < event->callback->nparams; p++)
            changed = shrink_value(shrink, &event->args[p], event, p) || changed;
    }
    return changed && !shrink->over;
}

int
finding_minimise(struct fuzz_case *c, struct arena *arena, const struct finding_effort *effort,
                 finding_test *test, void *context, struct finding_small *small, struct fault *fault)
{
    struct finding_effort bound = *effort;
    struct timespec time;
    struct shrink shrink = {
        .c = c, .arena = arena, .test = test, .context = context, .fault = fault, .effort = &bound};

    memset(small, 0, sizeof *small);
    bound.runs = effort->runs != 0 ? effort->runs : 2000;
    shrink.scratch = arena_new();
    if (shrink.scratch == NULL)
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    clock_gettime(CLOCK_MONOTONIC, &time);
    shrink.end_ms =
        (uint64_t)time.tv_sec * 1000 + (effort->seconds != 0 ? effort->seconds : 60) * UINT64_C(1000);
    shrink.lane = case_lane(c, shrink.scratch);
    shrink.bytes = SIZE_MAX - 1;
    small->bytes_was = text_bytes(c, shrink.scratch);
    small->events_was = c->count;
    for (unsigned round = 0; round < ROUNDS && one_round(&shrink); round++)
        ;
    arena_reset(shrink.scratch);
    small->bytes_is = text_bytes(c, shrink.scratch);
    small->events_is = c->count;
    small->runs = shrink.runs;
    small->whole = !shrink.over;
    arena_use(NULL);
    arena_free(shrink.scratch);
    return shrink.failed ? -1 : 0;
}
