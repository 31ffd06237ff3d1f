// SPDX-License-Identifier: MIT
/*
 * Virtual time: sleeps of the SDK's threads are waits in the score's clock like the app's own, and what the
 * app does waits for the moment at which it did it when recorded.
 */
#include "replay/score/score_clock.h"
#include "replay/standin/inside.h"

#define VIRTUAL_SLICE_NS 50000000u /* real; as order.c's */

bool
virtual_is_on(void)
{
    return standin_score->clock_at != 0;
}

/* Real time, since the clock that the app sees stands still meanwhile. */
static void
virtual_doze(_Atomic uint32_t *word, uint32_t value, uint64_t real_ns)
{
    struct timespec slice = {.tv_nsec = (long)real_ns};

    syscall(SYS_futex, word, FUTEX_WAIT, value, &slice, NULL, SCORE_REAL_WAIT);
}

void
virtual_sleep(_Atomic uint32_t *word, uint32_t value, uint64_t until)
{
    struct score_wait wait =
        score_wait_enter(standin_score, standin_owner(), SCORE_WAIT_WORD, until, 0, word);

    if (score_now() < until)
        virtual_doze(word, value, VIRTUAL_SLICE_NS);
    score_wait_leave(standin_score, &wait);
}

uint64_t
virtual_hold(uint32_t edge, uint64_t now)
{
    while (virtual_is_on() && !standin_is_over() && score_edge(standin_score, edge)->counted &&
           (int64_t)now < schedule_due(edge)) {
        uint64_t until = (uint64_t)schedule_due(edge);
        struct score_wait wait =
            score_wait_enter(standin_score, standin_owner(), SCORE_WAIT_WORD, until, 0, NULL);

        if (wait.slot != NULL && score_now() < until)
            virtual_doze(&wait.slot->due, SCORE_DUE_NO, VIRTUAL_SLICE_NS);
        score_wait_leave(standin_score, &wait);
        now = score_now();
    }
    return now;
}

void
virtual_nap(uint64_t real_ns)
{
    struct score_wait wait;

    if (!virtual_is_on()) {
        struct timespec time = {.tv_nsec = (long)real_ns};

        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, NULL);
        return;
    }
    wait = score_wait_enter(standin_score, standin_owner(), SCORE_WAIT_WORD, SCORE_NEVER, 0, NULL);
    if (wait.slot != NULL)
        virtual_doze(&wait.slot->due, SCORE_DUE_NO, real_ns);
    score_wait_leave(standin_score, &wait);
}
