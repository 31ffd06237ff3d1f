// SPDX-License-Identifier: MIT
/* The LTTng-UST peer, in an object of its own; see peers.c. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng_tp.h"

__attribute__((visibility("default"))) void bench_tracepoint(const char *json);

void
bench_tracepoint(const char *json)
{
    lttng_ust_tracepoint(timtape_bench, callback, json);
}
