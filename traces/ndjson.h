// SPDX-License-Identifier: MIT
/*
 * The equal text form of a tape: NDJSON, one line a row. NDJSON.md explains it to people.
 *
 *   {"timtape":1,"meta":{"key":"value"}}                                first
 *   {"process":4711,"parent":1,"program":"app","exit_seq":9,"ended":"exit 0","sdk":..,"sdk_version":..}
 *   {"thread":1,"pid":4711,"tid":4711,"name":"main"}
 *   {"loss":1,"waits":0,"waited_ns":0,"dropped":0}
 *   {"hole":[7,8]}
 *   {"seq":1,"call":"TIMInit","thread":1,"at_ns":0,"args":{..},"result":0,"end_seq":2,"took_ns":10}
 *   {"seq":3,"callback":"..","thread":2,"at_ns":5,"cause":1,"via":1,"in_call":1,"args":{..},"threw":true,
 *    "end_seq":null}                                                    in flight
 *
 * Strings that are not UTF-8 are {"$bytes":"hex"}. Exact both ways: importing what was exported gives equal
 * rows, exporting that again gives equal bytes (a tape that was never finished comes back as one that is
 * marked incomplete). People may leave out nearly everything; ndjson_import.c says what stands for it then.
 */
#ifndef TRACES_NDJSON_H
#define TRACES_NDJSON_H

#include <stdio.h>

#include "base/fault.h"
#include "traces/tape.h"

#define NDJSON_MAX_LINE ((size_t)256 << 20)
#define NDJSON_MAX_VALUES ((size_t)4 << 20) /* JSON values in one line */

/* The whole tape. A fault of `out` is FAULT_CANNOT_RUN; what was written so far stays. */
int ndjson_export(struct tape_reader *tape, FILE *out, struct fault *fault);

struct ndjson_source {
    FILE *stream;
    const char *name; /* for messages: file name or "standard input" */
    int payloads;     /* folder that {"$file": "path"} may read below, or -1: none */
};
/*
 * Adds everything in the text to a fresh tape, in transactions of its own. The caller finishes the tape with
 * *complete, or discards it when this failed. Faults: "name:line:column: sentence", FAULT_DATA.
 */
int ndjson_import(const struct ndjson_source *source, struct tape_writer *tape, bool *complete,
                  struct fault *fault);

#endif
