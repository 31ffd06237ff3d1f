// SPDX-License-Identifier: MIT
/*
 * Marks where the process began to exit: what happens after it is the order of exit handlers and
 * dying threads, which no replay has to reproduce.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "ring/producer.h"
#include "shim/inside.h"

static void
exit_write(void)
{
    /* A forked child that never recorded has nothing to say. */
    if (ring_producer_attachment() != 0)
        ring_put(RING_EXIT, 0, 0, 0, 0, NULL, 0);
}

void
exit_watch(void)
{
    static _Atomic int watching;

    /* Exit handlers run last first: registered at the first call, ours precedes the app's earlier ones. */
    if (watching == 0 && atomic_exchange(&watching, 1) == 0) {
        atexit(exit_write);
        at_quick_exit(exit_write);
    }
}
