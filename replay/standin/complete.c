// SPDX-License-Identifier: MIT
/*
 * Completes a call that the tape does not have (--unmatched code:N): its callback comes soon after, on a
 * thread that looks like the SDK's, one after the other, with a code and no texts. Calls wait in a table,
 * since nothing is allocated here; what does not fit into it is never completed, as the SDK does without a
 * network.
 */
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "replay/score/score_edge.h"
#include "replay/standin/inside.h"

#define COMPLETE_MOST 64
#define COMPLETE_AFTER_US 1000 /* the call has mostly returned by then */

enum complete_state { COMPLETE_FREE, COMPLETE_FILLING, COMPLETE_READY };

struct completion {
    _Atomic uint32_t state;
    uint32_t pid; /* a forked child has its parent's table */
    uint32_t ticket;
    int32_t code;
    uint32_t like; /* recorded callback whose values it gets, SCORE_NONE: code and no texts */
    uint16_t callback;
    void (*fn)(void);
    const void *user;
};
static struct completion completions[COMPLETE_MOST];
static _Atomic uint32_t complete_tickets; /* futex: +1 per call */

static struct completion *
complete_oldest(void)
{
    struct completion *oldest = NULL;

    for (unsigned i = 0; i < COMPLETE_MOST; i++) {
        struct completion *one = &completions[i];

        if (atomic_load(&one->state) == COMPLETE_READY && one->pid == standin_process->pid &&
            (oldest == NULL || (int32_t)(one->ticket - oldest->ticket) < 0))
            oldest = one;
    }
    return oldest;
}

static void
complete_one(const struct completion *one)
{
    const struct api_entry *entry = &api_entries[one->callback];
    struct standin_frame frame;
    union api_value values[API_MAX_PARAMS];

    if (one->like != SCORE_NONE) {
        back_repeat(one->like, one->fn, one->user);
        return;
    }
    memset(values, 0, sizeof values);
    for (unsigned i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type == API_STR)
            values[i].s = "";
        else if (entry->params[i].type == API_USER)
            values[i].user = one->user;
    }
    values[entry->code].i = one->code;
    frame_push(&frame, SCORE_NONE, true);
    standin_invoke(one->callback, one->fn, values);
    frame_pop(&frame);
}

static bool
complete_is_over(void)
{
    return standin_is_over() || atomic_load(&standin_process->stopped) != 0;
}

static void
complete_ended(struct standin_process **process)
{
    atomic_fetch_sub(&(*process)->alive, 1);
}

static void *
complete_main(void *argument)
{
    /* Also when the app ends the thread from inside a callback. */
    struct standin_process *process __attribute__((cleanup(complete_ended), unused)) = standin_process;
    uint32_t pid;

    (void)argument;
    for (uint32_t i = 0; i < standin_score->threads; i++) {
        if ((score_thread(standin_score, i)->flags & SCORE_BACKS) != 0) {
            prctl(PR_SET_NAME, score_thread(standin_score, i)->name);
            break;
        }
    }
    standin_attach();
    pid = standin_thread.pid;
    while (standin_process->pid == pid && !complete_is_over()) {
        uint32_t seen = atomic_load(&complete_tickets);
        struct completion *oldest = complete_oldest(), one;

        if (oldest == NULL) {
            order_sleep(&complete_tickets, seen, UINT64_MAX);
            continue;
        }
        one = *oldest;
        atomic_store(&oldest->state, COMPLETE_FREE);
        usleep(COMPLETE_AFTER_US);
        if (!complete_is_over())
            complete_one(&one);
        atomic_fetch_sub(&score_live(standin_score)->owed, 1);
    }
    return NULL;
}

static void
complete_start(void)
{
    uint32_t none = 0;
    pthread_t id;

    if (atomic_load(&standin_process->completer) != 0 ||
        !atomic_compare_exchange_strong(&standin_process->completer, &none, 1))
        return;
    atomic_fetch_add(&standin_process->alive, 1);
    if (pthread_create(&id, NULL, complete_main, NULL) == 0) {
        pthread_detach(id);
        return;
    }
    atomic_fetch_sub(&standin_process->alive, 1);
    atomic_store(&standin_process->completer, 0); /* the next call tries again */
}

static void
complete_put(struct completion what)
{
    for (unsigned i = 0; i < COMPLETE_MOST; i++) {
        struct completion *one = &completions[i];
        uint32_t state = atomic_load(&one->state);

        if (state != COMPLETE_FREE && one->pid == standin_process->pid)
            continue;
        if (!atomic_compare_exchange_strong(&one->state, &state, COMPLETE_FILLING))
            continue;
        one->pid = standin_process->pid;
        one->callback = what.callback;
        one->fn = what.fn;
        one->user = what.user;
        one->code = what.code;
        one->like = what.like;
        one->ticket = atomic_fetch_add(&complete_tickets, 1);
        atomic_fetch_add(&score_live(standin_score)->owed, 1);
        atomic_store(&one->state, COMPLETE_READY);
        atomic_fetch_add(&complete_tickets, 1);
        score_futex_wake(&complete_tickets);
        complete_start();
        return;
    }
}

/* The callback that says how the call ended: only such a one has a code, others report progress. */
static bool
complete_find(const struct api_entry *entry, const union api_value *values, struct completion *found)
{
    *found = (struct completion){.like = SCORE_NONE};
    if (entry->kind == API_REGISTER || entry->kind == API_UNREGISTER)
        return false;
    for (unsigned i = 0; i < entry->nparams; i++) {
        int16_t callback = entry->params[i].callback;

        if (entry->params[i].type == API_USER)
            found->user = values[i].user;
        else if (entry->params[i].type == API_FN && callback >= 0 && api_entries[callback].code >= 0) {
            found->callback = (uint16_t)callback;
            found->fn = values[i].fn;
        }
    }
    return found->fn != NULL;
}

void
complete_later(const struct api_entry *entry, const union api_value *values, int32_t code)
{
    struct completion found;

    if (!complete_find(entry, values, &found))
        return;
    found.code = code;
    complete_put(found);
}

bool
complete_like(const struct api_entry *entry, const union api_value *values, uint32_t call)
{
    struct completion found;

    if (!complete_find(entry, values, &found))
        return true;
    for (uint32_t i = call + 1; i < standin_score->events; i++) {
        const struct score_event *event = score_event(standin_score, i);

        if (event->cause == call && event->api == found.callback) {
            found.like = i;
            complete_put(found);
            return true;
        }
    }
    return false;
}
