// SPDX-License-Identifier: MIT
/*
 * The SDK's side of a fuzz target: every API function, for handlers that call back into the SDK. The entry
 * points are generated (gen/standin_gen.c), weak, and in an archive member of their own: a definition of the
 * user's or a library named before ours wins. They come here.
 *
 * A call is noted, judged by the oracles that are on (calls, ids), and answered: 0 (what a state or a time
 * is, for functions that say one), out-buffers get an ordinary text. A call that answers through a callback
 * is completed after the handler has returned, on the thread that delivers, with code 0 and an ordinary
 * result: at most SDK_COMPLETIONS in one input, so a handler that asks again in its own completion comes to
 * an end. TIMTAPE_FUZZ_COMPLETE=0 leaves calls unanswered.
 *
 * Threads: entry points may be called on any thread, at any time, also before the first input.
 */
#ifndef FUZZ_ORACLE_SDK_H
#define FUZZ_ORACLE_SDK_H

#include <stdint.h>

#include "api/api.h"

#define SDK_COMPLETIONS 32

/* What the generated entry points call; the names they use are mapped on these (oracle.mk). Not hidden,
 * because the entry points are in another archive member. */
union api_value timtape_fuzz_call(uint16_t api, const union api_value *values);
uint16_t timtape_fuzz_signature(uint16_t newest);

#endif
