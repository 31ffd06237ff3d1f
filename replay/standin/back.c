// SPDX-License-Identifier: MIT
/*
 * Delivers one callback, at its turn and time, to the function and user data that the live call
 * which is its cause has brought, even if the app has removed that listener since: the tape is the truth.
 *
 * Payloads are handed over in memory of their own, as the SDK does, since some apps parse in place.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "replay/score/score_edge.h"
#include "replay/standin/inside.h"
#include "ring/ring.h"

#define BACK_STACK 2048
#define FRAME_MARK ((uintptr_t)0x54494d54u)

/* The latest live registration of each callback type, for callbacks whose cause the tape does not know. */
struct back_target {
    _Atomic(void (*)(void)) fn;
    _Atomic(const void *) user;
};
static struct back_target back_targets[API_ENTRIES];

void
back_target_set(uint16_t callback, void (*fn)(void), const void *user)
{
    if (callback >= API_ENTRIES)
        return;
    atomic_store(&back_targets[callback].user, user);
    atomic_store(&back_targets[callback].fn, fn);
}

/* A frame that longjmp left behind may have been written over: then none of them is to be trusted. */
struct standin_frame *
frame_top(void)
{
    struct standin_frame *top = standin_thread.top;

    if (top != NULL &&
        (top->check != ((uintptr_t)top ^ FRAME_MARK ^ top->event) || top->pid != standin_thread.pid))
        standin_thread.top = top = NULL;
    return top;
}

void
frame_push(struct standin_frame *frame, uint32_t event, bool callback)
{
    *frame = (struct standin_frame){.outer = frame_top(),
                                    .check = (uintptr_t)frame ^ FRAME_MARK ^ event,
                                    .event = event,
                                    .pid = standin_thread.pid,
                                    .callback = callback};
    standin_thread.top = frame;
}

void
frame_pop(struct standin_frame *frame)
{
    if (frame->pid == standin_thread.pid)
        standin_thread.top = frame->outer;
    frame->check = 0;
}

/* Values of one delivery, with the memory its texts are in. */
struct back_values {
    union api_value values[API_MAX_PARAMS];
    char *block;
    size_t bytes; /* 0: on the stack */
    char stack[BACK_STACK];
};

static void
back_release(struct back_values *back)
{
    if (back->bytes != 0)
        munmap(back->block, back->bytes);
    back->bytes = 0;
}

static void
back_prepare(struct back_values *back, const struct score_event *event, const struct api_entry *entry)
{
    const struct score_value *recorded = score_values(standin_score, event);
    size_t bytes = 0, used = 0;
    unsigned i;

    for (i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type == API_STR && recorded[i].bytes != RING_NONE)
            bytes += (size_t)recorded[i].bytes + 1;
    }
    back->bytes = 0;
    back->block = back->stack;
    if (bytes > sizeof back->stack) {
        void *block =
            mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

        back->block = block == MAP_FAILED ? NULL : block;
        back->bytes = block == MAP_FAILED ? 0 : bytes;
    }
    for (i = 0; i < entry->nparams; i++) {
        const char *text;

        memset(&back->values[i], 0, sizeof back->values[i]);
        if (entry->params[i].type != API_STR) {
            if (entry->params[i].type != API_USER && entry->params[i].type != API_FN)
                back->values[i].u = recorded[i].bits;
            continue;
        }
        text = score_text(standin_score, &recorded[i]);
        if (text != NULL && back->block != NULL) {
            memcpy(back->block + used, text, (size_t)recorded[i].bytes + 1);
            text = back->block + used;
            used += (size_t)recorded[i].bytes + 1;
        }
        back->values[i].s = text; /* out of memory: the score's own copy */
    }
}

/* Whom to call. */
static void (*back_target(const struct score_event *event, const void **user))(void)
{
    const struct score_event_live *cause;

    if (event->cause == SCORE_NONE) {
        *user = atomic_load(&back_targets[event->api].user);
        return atomic_load(&back_targets[event->api].fn);
    }
    cause = score_event_live(standin_score, event->cause);
    if (atomic_load(&cause->image) != standin_image)
        return NULL; /* never called live, or by another program: its addresses mean nothing here */
    *user = (const void *)(uintptr_t)atomic_load(&cause->user);
    return (void (*)(void))(uintptr_t)atomic_load(&cause->fn[event->via]);
}

struct back_open {
    struct standin_frame frame;
    struct back_values *values;
};

/* Also when the app's function is left by an exception, or by its thread's end. */
static void
back_left(struct back_open *open)
{
    const struct score *score = standin_score;
    uint32_t index = open->frame.event;
    const struct score_event *event = score_event(score, index);
    uint64_t now = score_now();

    standin_attach(); /* the callback may have forked, and this be the child */
    back_release(open->values);
    if (open->frame.pid != standin_process->pid)
        return;
    frame_pop(&open->frame);
    find_skip_getters(index);
    atomic_store(&score_event_live(score, index)->state, SCORE_LEFT);
    if (event->leave != SCORE_NONE)
        order_arrive(event->leave, now);
    else
        score_advance(score, now);
}

static void
back_deliver(uint32_t index, void (*fn)(void), struct back_values *values)
{
    struct back_open open __attribute__((cleanup(back_left))) = {.values = values};

    frame_push(&open.frame, index, true);
    standin_invoke(score_event(standin_score, index)->api, fn, values->values);
}

static void
back_set_user(struct back_values *values, const struct api_entry *entry, const void *user)
{
    for (unsigned i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type == API_USER)
            values->values[i].user = user;
    }
}

struct back_again {
    struct standin_frame frame;
    struct back_values *values;
};

static void
back_again_left(struct back_again *again)
{
    standin_attach();
    back_release(again->values);
    if (again->frame.pid == standin_process->pid)
        frame_pop(&again->frame);
}

void
back_repeat(uint32_t index, void (*fn)(void), const void *user)
{
    const struct score_event *event = score_event(standin_score, index);
    struct back_values values;
    struct back_again again __attribute__((cleanup(back_again_left))) = {.values = &values};

    back_prepare(&values, event, &api_entries[event->api]);
    back_set_user(&values, &api_entries[event->api], user);
    frame_push(&again.frame, SCORE_NONE, true);
    standin_invoke(event->api, fn, values.values);
}

/* The call that it answers was waived: it may come at any time, and only then is there somebody to call. */
static void
back_await_cause(const struct score_event *event)
{
    const struct score *score = standin_score;
    const struct score_event_live *cause;
    uint32_t state;

    if (score->free || event->cause == SCORE_NONE ||
        (score_event(score, event->cause)->flags & SCORE_IGNORED) != 0)
        return;
    cause = score_event_live(score, event->cause);
    while (!standin_is_over() && atomic_load(&cause->image) == 0 &&
           ((state = atomic_load(&cause->state)) == SCORE_FREE || state == SCORE_CLAIMED) &&
           (atomic_load(score_edge_live(score, score_event(score, event->cause)->enter)) & SCORE_EDGE_DONE) !=
               0 &&
           atomic_load(&standin_process->stopped) == 0)
        order_sleep(&score_live(score)->gate, atomic_load(&score_live(score)->gate), score_now() + 1000000);
}

bool
back_play(uint32_t index, bool runner)
{
    const struct score *score = standin_score;
    const struct score_event *event = score_event(score, index);
    const struct api_entry *entry = &api_entries[event->api];
    struct score_event_live *live = score_event_live(score, index);
    struct back_values values;
    const void *user = NULL;
    enum order_turn turn;
    void (*fn)(void);
    uint32_t state = SCORE_FREE;
    bool waived;

    if ((event->flags & SCORE_IGNORED) != 0 || atomic_load(&live->state) != SCORE_FREE)
        return true;
    back_prepare(&values, event, entry);
    turn = order_wait(event->enter, runner);
    waived = turn == ORDER_PAST && !runner; /* with the call around it, which comes only now */
    if (turn == ORDER_MINE)
        back_await_cause(event);
    if ((turn != ORDER_MINE && !waived) ||
        !atomic_compare_exchange_strong(&live->state, &state, SCORE_ISSUED)) {
        back_release(&values);
        return turn != ORDER_OVER;
    }
    fn = back_target(event, &user);
    if (fn == NULL) {
        back_release(&values);
        atomic_store(&live->state, SCORE_FREE);
        score_take_out(score, index, SCORE_DROPPED);
        atomic_fetch_add(&score_live(score)->dropped, 1);
        score_advance(score, score_now());
        return true;
    }
    back_set_user(&values, entry, user);
    atomic_store(&live->owner, standin_owner());
    if (!waived)
        order_issue(index, event->enter);
    back_deliver(index, fn, &values);
    return true;
}
