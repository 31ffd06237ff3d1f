// SPDX-License-Identifier: MIT
// Delivering again, and what may be concluded from it.
#include "fuzz/oracle/inside.h"

void
again_deliver(struct fuzz_case *c, struct oracle_trace *trace)
{
    if (trace != NULL)
        trace_clear(trace);
    sdk_begin();
    if (oracle_on(ORACLE_IDS))
        ids_begin();
    if (oracle_on(ORACLE_CALLS))
        calls_begin();
    oracle.trace = trace;
    oracle.host->deliver(oracle.host->context, c);
    oracle.trace = NULL;
    if (trace != NULL && oracle.host->digest != NULL)
        trace->digest = oracle.host->digest();
}

bool
again_differs(const struct fuzz_case *c, struct fuzz_case *other, const struct oracle_trace *first,
              char *what, size_t room)
{
    static struct oracle_trace trace;
    char control[8];
    struct fuzz_case same = *c;

    if (first->lost)
        return false;
    again_deliver(other, &trace);
    if (trace.lost || trace_same(first, &trace, what, room))
        return false;
    // A handler that goes by what it saw before, by the time or by chance does not do the same twice: no
    // verdict.
    for (unsigned i = 0; i < 2; i++) {
        again_deliver(&same, &trace);
        if (trace.lost || !trace_same(first, &trace, control, sizeof control))
            return false;
    }
    // And the difference must be there again.
    again_deliver(other, &trace);
    return !trace.lost && !trace_same(first, &trace, what, room);
}
