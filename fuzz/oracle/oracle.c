// SPDX-License-Identifier: MIT
// The way of one input through the oracles.
#include "fuzz/oracle/oracle.h"

#include <time.h>

#include "fuzz/oracle/inside.h"

/* Of the input's ordinary delivery, for those that compare. */
static struct oracle_trace first;

static bool
compares(void)
{
    return oracle_on(ORACLE_CODE) || oracle_on(ORACLE_SPELLING);
}

int
oracle_setup(const char *names, const struct oracle_host *host, struct fault *fault)
{
    unsigned chosen;

    if (oracle_parse(names, &chosen, fault) != 0)
        return -1;
    if (oracle.scratch == NULL && (oracle.scratch = arena_new()) == NULL)
        return fault_set(fault, FAULT_INTERNAL, "no memory for the oracles");
    oracle.chosen = chosen;
    oracle.host = host;
    oracle.thread = pthread_self();
    oracle.ready = true;
    if (oracle_on(ORACLE_EXCEPTIONS))
        exceptions_setup();
    return 0;
}

void
oracle_begin(const struct fuzz_case *c)
{
    oracle.input = c;
    oracle.thread = pthread_self();
    oracle.trace = NULL;
    sdk_begin();
    if (oracle_on(ORACLE_IDS))
        ids_begin();
    if (oracle_on(ORACLE_CALLS))
        calls_begin();
    if (compares()) {
        trace_clear(&first);
        oracle.trace = &first;
    }
    if (oracle_on(ORACLE_LEAK))
        leak_begin();
}

static uint64_t
cpu_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void
oracle_before(const struct case_event *event, union api_value *values)
{
    if (oracle_on(ORACLE_IDS))
        ids_delivered(event, values);
    if (oracle_on(ORACLE_CALLS))
        calls_delivered(event, values);
    if (oracle_on(ORACLE_USER_DATA))
        userdata_before(event, values);
    if (oracle_on(ORACLE_BLOCK))
        block_before();
    oracle.event = event;
    if (oracle.timed)
        oracle.cpu -= cpu_now();
}

void
oracle_after(const struct case_event *event)
{
    if (oracle.timed)
        oracle.cpu += cpu_now();
    if (oracle_on(ORACLE_BLOCK))
        block_after(event);
    oracle.event = NULL;
    if (oracle_on(ORACLE_USER_DATA))
        userdata_after();
}

void
oracle_settle(void)
{
    sdk_complete();
}

void
oracle_end(const struct fuzz_case *c, struct arena *arena)
{
    oracle.trace = NULL;
    if (compares() && oracle.host->digest != NULL)
        first.digest = oracle.host->digest();
    if (oracle_on(ORACLE_LEAK))
        leak_end(c);
    if (oracle_on(ORACLE_CODE))
        code_end(c, arena, &first);
    if (oracle_on(ORACLE_SPELLING))
        spelling_end(c, arena, &first);
    if (oracle_on(ORACLE_QUADRATIC))
        quadratic_end(c, arena);
    oracle.input = NULL;
}
