// SPDX-License-Identifier: MIT
/*
 * What the generated wrappers and trampolines (shim_gen.c) call. Everything here runs
 * inside the app, on the app's or the SDK's threads: no lock is held while foreign code
 * runs, nothing is printed, nothing ends the process.
 */
#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"

/*
 * What travels through the SDK in place of the app's user data. Made per call or
 * registration that passes at least one callback; kept as long as the SDK may use it.
 */
struct shim_context {
    void (*fn[2])(void); /* the app's callbacks, in parameter order */
    const void *user;    /* the app's user data */
    uint64_t cause;      /* number of the call or registration */
    uint32_t index;      /* its place in the arena (context.c) */
    uint16_t api;        /* the function that passed them */
    uint8_t wanted;      /* bits of fn: callbacks that end it; 0: the SDK may use it for ever */
    _Atomic uint8_t fired;
};

/* One open call or callback, on the wrapper's stack. */
struct shim_call {
    uint64_t seq;                 /* 0: not recorded */
    uint64_t attach;              /* which attachment (process) it was entered under */
    struct shim_context *context; /* made for this call, or the one this callback came with */
    uint16_t api;
    bool returned; /* set by the generated code when foreign code came back; false in leave: it threw */
    uint8_t which; /* callbacks: index into context->fn */
};

/* True while there is a session to record into (also in a forked child). When false a
 * wrapper forwards the app's own arguments and does nothing else. */
bool shim_recording(void);

/* The same entry of the library behind, or NULL when it has none. Any thread. */
void (*shim_behind(uint16_t function))(void);

/* The entry (id) to use for `newest`: itself, or the older signature that the library
 * behind has. Asks TIMGetSDKVersion the first time. */
uint16_t shim_signature(uint16_t newest);

/*
 * Writes the call's enter edge and replaces API_FN and API_USER values in `values` by what
 * the library behind is to get: trampolines and a context. NULL callbacks stay NULL.
 */
void shim_call_enter(struct shim_call *call, uint16_t api, union api_value *values);
/* Writes the leave edge: result and filled out-buffers. Also run when the call is left by an exception
 * (call->returned is false: result is 0 and out-buffers are NULL then). */
void shim_call_leave(struct shim_call *call, const union api_value *values, union api_value result);

/* Enter/leave edge of a callback. `which` is 0 or 1: the index into context->fn.
 * shim_back_leave is run through __attribute__((cleanup)), so that it also sees exceptions. */
void shim_back_enter(struct shim_call *call, uint16_t api, const struct shim_context *context, unsigned which,
                     const union api_value *values);
void shim_back_leave(struct shim_call *call);

/* Generated: the trampoline for a callback type (entry id), for the first or second callback
 * parameter of a call. */
void (*shim_trampoline(uint16_t callback, unsigned which))(void);
/* Listener lists remove by function pointer, so there each app pointer has a trampoline
 * of its own from a generated pool; the slot number indexes it. */
#define SHIM_LISTENERS 256
void (*shim_listener_trampoline(uint16_t callback, unsigned slot))(void);

#endif
