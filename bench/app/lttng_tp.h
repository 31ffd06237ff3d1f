// SPDX-License-Identifier: MIT
/* The peer's tracepoint: one string field. Included several times by LTTng's own machinery. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER timtape_bench
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./lttng_tp.h"
#if !defined(BENCH_LTTNG_TP_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define BENCH_LTTNG_TP_H
#include <lttng/tracepoint.h>
// clang-format off
LTTNG_UST_TRACEPOINT_EVENT(timtape_bench, callback,
    LTTNG_UST_TP_ARGS(const char *, json),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_string(json, json)))
// clang-format on
#endif
#include <lttng/tracepoint-event.h>
