/* SPDX-License-Identifier: MIT */
/*
 * timtape/fuzz.h: your callback functions under libFuzzer, AFL++, or as a plain regression test.
 *
 *     #include <timtape/fuzz.h>
 *     const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {
 *         {"TIMRecvNewMsgCallback", (timtape_fuzz_fn)on_new_msg, NULL},
 *         {"TIMCommCallback:TIMConvGetConvList", (timtape_fuzz_fn)on_conv_list, &client},
 *         {0},
 *     };
 *
 * Link with `pkg-config --libs timtape-fuzz`; docs/fuzz.md has the command lines for the three builds.
 * An input is readable text: one callback a line, the lines of `timtape export`.
 */
#ifndef TIMTAPE_FUZZ_H
#define TIMTAPE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Any function. */
typedef void (*timtape_fuzz_fn)(void);

struct timtape_fuzz_binding {
    const char *name;        /* as timtape_replay_bind: "CALLBACK", "CALLBACK:FUNCTION", "CALLBACK@VERSION" */
    timtape_fuzz_fn handler; /* called with its true C signature */
    const void *user_data;   /* what it gets as its user data */
};

/* Yours: the table, ended by an entry without a name. */
extern const struct timtape_fuzz_binding timtape_fuzz_bindings[];

/* Yours, optional: once at the start (returns 0, or the program's exit status); before each input. */
int timtape_fuzz_setup(void);
void timtape_fuzz_reset(void);

/* Yours, optional, for oracles (docs/oracles.md): a number that says what the handlers have made of the
 * input. */
uint64_t timtape_fuzz_digest(void);
/* User data that belongs to one completion and is gone when that has returned: the table ends with {0}.
 * Handlers then get a copy of their own. */
struct timtape_fuzz_user {
    const void *user_data;
    size_t bytes;
};
extern const struct timtape_fuzz_user timtape_fuzz_users[];

#ifdef __cplusplus
}
#endif

#endif
