// SPDX-License-Identifier: MIT
/*
 * One thread per recorded SDK thread. They start with the first matched call of their process and
 * have the recorded names; they inherit the signal mask of the thread that made the call, as the SDK's do.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "replay/score/score_edge.h"
#include "replay/standin/inside.h"
#include "ring/producer.h"

/* Set by the shim. Without it (no recorder, tests) a thread's first edge makes its ring. */
__attribute__((visibility("default"))) ring_prepare *timtape_prepare_thread;

static void
runner_ended(struct standin_process **process)
{
    atomic_fetch_sub(&(*process)->alive, 1);
}

static void *
runner_main(void *argument)
{
    uint32_t index = (uint32_t)(uintptr_t)argument, event, pid;
    const struct score_thread *thread = score_thread(standin_score, index);
    /* Also when the app ends the thread from inside a callback. */
    struct standin_process *process __attribute__((cleanup(runner_ended), unused)) = standin_process;

    prctl(PR_SET_NAME, thread->name);
    /* The default of 50 us would be most of our lateness. */
    prctl(PR_SET_TIMERSLACK, 1ul);
    standin_attach();
    pid = standin_thread.pid;
    if (timtape_prepare_thread != NULL)
        timtape_prepare_thread();
    atomic_store(&score_thread_live(standin_score, index)->runner, standin_owner());
    for (event = thread->first_back; event != SCORE_NONE; event = score_event(standin_score, event)->next) {
        if (!back_play(event, true) || standin_process->pid != pid)
            break;
    }
    /* A child that was forked in a callback and came back to us: the SDK's thread would find its world
     * gone and stay there. */
    while (standin_process->pid != pid && !standin_is_over())
        virtual_nap(100000000);
    return NULL;
}

/* False when the edge everybody waits for can only come from the thread that is on its way out. */
static bool
runner_is_awaited(uint32_t cursor)
{
    const struct score_edge *edge = score_edge(standin_score, cursor);
    const struct score_event *event = score_event(standin_score, edge->event);

    /* The app called exit() from inside a callback, which neither calls nor returns any more. */
    if (edge->app && atomic_load(&score_thread_live(standin_score, event->thread)->runner) == standin_owner())
        return false;
    return !edge->app || edge->leave || event->parent != SCORE_NONE ||
           atomic_load(&score_thread_live(standin_score, event->thread)->app) != standin_owner() ||
           atomic_load(&score_event_live(standin_score, edge->event)->state) != SCORE_FREE;
}

/* Holds the process until what the SDK did before the recorded exit is done; then all is quiet. */
static void
runner_exit(void)
{
    struct score_process_live *process;
    struct score_live *live;
    uint32_t until, recorded, cursor, before = SCORE_NONE;
    uint64_t since = 0;

    if (!standin_attach() || (recorded = atomic_load(&standin_process->recorded)) == 0)
        return;
    process = score_process_live(standin_score, recorded - 1);
    live = score_live(standin_score);
    until = score_process(standin_score, recorded - 1)->exit_edge;
    atomic_store(&process->exiting, 1);
    while ((cursor = atomic_load(&live->cursor)) < until && !standin_is_over() && runner_is_awaited(cursor)) {
        uint64_t now = score_now();

        /* Time before a closed gate is the user's. */
        if (cursor != before || cursor >= atomic_load(&live->gate)) {
            before = cursor;
            since = now;
        }
        /* Bounded, should the judge not be there to end it; a recorded pause is no stall. */
        if (now - since > standin_score->stall_ns &&
            (standin_score->max || (int64_t)now > schedule_due(cursor) + (int64_t)standin_score->stall_ns))
            break;
        score_advance(standin_score, now);
        virtual_nap(500000);
    }
    atomic_store(&standin_process->stopped, 1);
    atomic_store(&process->exiting, 2);
}

void
runner_start(uint32_t process)
{
    static _Atomic uint32_t registered; /* handlers are inherited over fork: once per image */
    const struct score *score = standin_score;
    uint32_t none = 0, i;

    if (fork_is_to_come() || atomic_load_explicit(&standin_process->runners, memory_order_relaxed) != 0 ||
        !atomic_compare_exchange_strong(&standin_process->runners, &none, 1))
        return;
    if (atomic_exchange(&registered, 1) == 0)
        atexit(runner_exit);
    for (i = 0; i < score->threads; i++) {
        const struct score_thread *thread = score_thread(score, i);
        pthread_t id;

        if ((thread->flags & SCORE_BACKS) == 0 || thread->process != process)
            continue;
        atomic_fetch_add(&standin_process->alive, 1);
        if (pthread_create(&id, NULL, runner_main, (void *)(uintptr_t)i) == 0) {
            pthread_detach(id);
        } else {
            atomic_fetch_sub(&standin_process->alive, 1);
            atomic_fetch_add(&score_live(score)->failed_threads, 1);
        }
    }
}
