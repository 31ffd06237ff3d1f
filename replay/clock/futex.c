// SPDX-License-Identifier: MIT
/*
 * Waits on a futex that go through libc's syscall(): C++ futures, semaphores and atomics, and all of Rust's
 * locks and channels. When the time has come the poker wakes all who sleep on that word; such a wait must
 * expect to be woken for nothing.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <unistd.h>

#include "replay/clock/inside.h"

struct futex_call {
    uint32_t *word;
    long operation, value, bits;
    const struct timespec *timeout;
};

static long
futex_nap(const struct futex_call *call)
{
    struct timespec slice = clock_split(SCORE_NAP_NS), end;

    if ((call->operation & FUTEX_CMD_MASK) == FUTEX_WAIT)
        return clock_real.syscall(SYS_futex, call->word, call->operation, call->value, &slice, NULL, 0);
    end = clock_real_in(SCORE_NAP_NS);
    return clock_real.syscall(SYS_futex, call->word, call->operation & ~FUTEX_CLOCK_REALTIME, call->value,
                              &end, NULL, call->bits);
}

static long
futex_until(const struct futex_call *call, uint64_t deadline)
{
    CLOCK_OPEN(open);

    if (!poker_start()) {
        errno = ENOMEM;
        return -1;
    }
    open.wait = score_wait_enter(clock_score, clock_owner(), SCORE_WAIT_POKE, deadline,
                                 POKER_FUTEX(call->word), NULL);
    for (;;) {
        long result = futex_nap(call);

        if (result == 0 && open.wait.slot != NULL && atomic_load(&open.wait.slot->due) >= SCORE_DUE_TAKEN)
            break;
        if (result == 0 || errno != ETIMEDOUT)
            return result;
        if (clock_now() >= deadline)
            break;
    }
    errno = ETIMEDOUT;
    return -1;
}

/* FUTEX_WAIT counts from now, FUTEX_WAIT_BITSET names the moment. */
static long
futex_wait(const struct futex_call *call)
{
    bool relative = (call->operation & FUTEX_CMD_MASK) == FUTEX_WAIT;
    int64_t offset = 0;
    uint64_t ns;

    if (call->timeout->tv_sec < 0 || !clock_join(call->timeout, &ns)) {
        errno = EINVAL;
        return -1;
    }
    if (relative)
        return futex_until(call, clock_now() + ns + clock_slack(0));
    clock_offset((call->operation & FUTEX_CLOCK_REALTIME) != 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &offset);
    ns = clock_moment(ns, offset);
    if (ns > clock_now())
        return futex_until(call, ns + clock_slack(0));
    if (__atomic_load_n(call->word, __ATOMIC_SEQ_CST) != (uint32_t)call->value)
        errno = EAGAIN;
    else
        errno = ETIMEDOUT;
    return -1;
}

/* Of another name here, so that libc's own declaration stays what the rest of the file sees. */
CLOCK_EXPORT long clock_syscall(long number, ...) __asm__("syscall");

CLOCK_EXPORT long
clock_syscall(long number, ...)
{
    long argument[6];
    va_list list;
    int i;

    va_start(list, number);
    for (i = 0; i < 6; i++)
        argument[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_futex && argument[3] != 0 && clock_on()) {
        const struct futex_call call = {.word = (uint32_t *)argument[0],
                                        .operation = (int)argument[1],
                                        .value = argument[2],
                                        .bits = argument[5],
                                        .timeout = (const struct timespec *)argument[3]};
        int command = (int)argument[1] & FUTEX_CMD_MASK;

        /* The stand-in's own waits come here, too. */
        if ((command == FUTEX_WAIT && call.bits != SCORE_REAL_WAIT) || command == FUTEX_WAIT_BITSET)
            return futex_wait(&call);
    }
    if (clock_real.syscall == NULL)
        clock_load();
    return clock_real.syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4],
                              argument[5]);
}
