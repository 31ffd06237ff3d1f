// SPDX-License-Identifier: MIT
/*
 * Oracles: what is wrong although nothing crashed. Off by default; chosen by name
 * (TIMTAPE_FUZZ_ORACLES=ids,calls or all). What an oracle finds ends the process: one line on stderr,
 *
 *   timtape: oracle NAME: SENTENCE
 *
 * the stack where a sanitizer can print it, and SIGABRT, so that any engine keeps the input.
 *
 *   watch while the input is delivered          deliver it again, changed, and compare
 *     ids.c         ids echoed back inexactly     leak.c       the same again: memory grows
 *     calls.c       calls the schema forbids      quadratic.c  arrays and texts four times as long
 *     exceptions.c  C++ through a C callback      code.c       a failed completion without its payload
 *     block.c       a callback that sleeps        spelling.c   the same document spelled differently
 *     userdata.c    user data after its completion
 *
 * What the engine does with one input:
 *
 *   oracle_begin(c);
 *   host->deliver(host->context, c);        for each callback: oracle_before, the handler, oracle_after,
 * oracle_settle oracle_end(c, arena);                   may call host->deliver with other cases
 *
 * It may do all of this when no oracle is chosen: the SDK's side of the target (sdk.h) goes the same way.
 * Threads: all of these on the thread that delivers; handlers may call into the SDK from any thread. Only one
 * host in a process.
 */
#ifndef FUZZ_ORACLE_ORACLE_H
#define FUZZ_ORACLE_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"
#include "base/fault.h"
#include "fuzz/model/arena.h"
#include "fuzz/model/case.h"

/* What the engine lends. Everything lives as long as the process. */
struct oracle_host {
    /* Delivers all callbacks of a case, starting from a clean state: timtape_fuzz_reset first, if there is
     * one. Must not call oracle_begin or oracle_end; prints CASE_TREE payloads itself (case_print). */
    void (*deliver)(void *context, struct fuzz_case *c);
    void *context;
    bool resets; /* the user has a timtape_fuzz_reset: state kept over inputs is none of ours */
    /* Optional: how many bytes behind this user data belong to one completion only (timtape_fuzz_users); 0:
     * not declared. */
    size_t (*user_bytes)(const void *user_data);
    /* Optional: timtape_fuzz_digest, a number that says what the handlers have made of the input. */
    uint64_t (*digest)(void);
};

/* Chooses oracles by a list of names ("ids,calls", "all"; NULL or "": none) and notes the host. -1: a name
 * that is none (FAULT_USAGE names all that there are). Once, before the first input, after
 * timtape_fuzz_setup. */
int oracle_setup(const char *names, const struct oracle_host *host, struct fault *fault);

void oracle_begin(const struct fuzz_case *c);
/* Just before and just after a handler gets `event`. `values` are what it will be called with, user data
 * included; the user data may be replaced. */
void oracle_before(const struct case_event *event, union api_value *values);
void oracle_after(const struct case_event *event);
/* When the texts of the event are gone: completes the calls that the handler has made (sdk.h). */
void oracle_settle(void);
/* The deliveries that oracles want besides. `arena` is the input's; what they make is taken from it. */
void oracle_end(const struct fuzz_case *c, struct arena *arena);

#endif
