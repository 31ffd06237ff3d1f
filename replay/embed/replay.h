/* SPDX-License-Identifier: MIT */
/*
 * timtape/replay.h: a tape's callbacks fed to your own functions, in your own test, with no second process.
 *
 *     struct timtape_replay *replay = timtape_replay_open("bug.tape", error, sizeof error);
 *     timtape_replay_bind(replay, "TIMRecvNewMsgCallback", (timtape_function)on_messages, &client);
 *     while (timtape_replay_step(replay) == 1)
 *         ...                                          look at what the client made of it
 *     timtape_replay_close(replay);
 *
 * Link with `pkg-config --libs timtape-replay`; docs/embed.md has a whole test. C11 and C++.
 *
 * Texts that a handler is given are exact copies made for that one call: NUL-terminated, NULL where the tape
 * has NULL, overwritten and freed when the handler returns. A handler that keeps such a pointer, or reads
 * past its end, is found by AddressSanitizer.
 *
 * Errors are return values; timtape_replay_error() has the sentence. Nothing is printed, nothing exits.
 * Threads: a replay is used by one thread at a time, and its handlers run on that thread. There is no global
 * state: any number of replays may be open.
 * Inside a handler everything may be called but seek and close; a step there delivers the next callback
 * nested in this one. A handler may be left by longjmp (a failed assertion of CMocka) or by an exception:
 * what the call owned is freed by the next seek, or by close.
 */
#ifndef TIMTAPE_REPLAY_H
#define TIMTAPE_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TIMTAPE_REPLAY_API __attribute__((visibility("default")))
#else
#define TIMTAPE_REPLAY_API
#endif

struct timtape_replay;

/* Any function. Cast a handler to it: (timtape_function)on_messages. */
typedef void (*timtape_function)(void);

/*
 * An event of the tape: a call or a callback. Made by the library only; members may be added at the end. It
 * and its texts live until the next call with the same replay.
 */
struct timtape_event {
    uint64_t seq;         /* its number on the tape, as `timtape show` prints it */
    const char *name;     /* function, or callback type: "TIMRecvNewMsgCallback" */
    int is_callback;      /* else a call */
    uint64_t cause;       /* callbacks: number of the call or registration that brought it; 0: unknown */
    const char *function; /* callbacks: the function of that call, NULL: unknown; calls: name again */
    uint64_t in;          /* number of the event it is nested in on the same thread, or 0 */
    uint32_t thread;      /* number of its thread on the tape */
    const char *thread_name;
    int64_t at_ns;    /* since the start of the recording */
    int64_t took_ns;  /* until it returned; -1: it was under way when the recording ended */
    int has_code;     /* it is a callback with a result code */
    int32_t code;     /* 0: success */
    const char *json; /* callbacks: the payload, whatever bytes it is; NULL: NULL, or there is none */
    size_t json_bytes;
    int64_t result;          /* calls: what was returned, also unsigned; 0 for texts and in flight */
    const char *result_text; /* calls that return a text, or NULL */
};

/* An argument by the parameter's name, as tim.h spells it. NULL: it is NULL, no text, or not there. `bytes`
 * may be NULL. */
TIMTAPE_REPLAY_API const char *timtape_replay_text(const struct timtape_event *event, const char *param,
                                                   size_t *bytes);
/* 0 and *value, or -1: no number of that name. Unsigned 64-bit numbers keep their bits. */
TIMTAPE_REPLAY_API int timtape_replay_number(const struct timtape_event *event, const char *param,
                                             int64_t *value);

/* ---- opening ---- */

/*
 * Opens a tape, or a scenario (NDJSON text; payload files beside it). NULL: it cannot be used, and `error`
 * (of `room` bytes, may be NULL) says why in a sentence. A tape may come from a stranger: it is opened
 * read-only and checked.
 */
TIMTAPE_REPLAY_API struct timtape_replay *timtape_replay_open(const char *path, char *error, size_t room);
/* NULL is allowed. */
TIMTAPE_REPLAY_API void timtape_replay_close(struct timtape_replay *replay);
/* What went wrong last, as a sentence; "" when nothing did. Lives until the next call with this replay. */
TIMTAPE_REPLAY_API const char *timtape_replay_error(const struct timtape_replay *replay);
/* A value of the tape's header ("sdk_version", "ended"), or NULL. Lives until close. */
TIMTAPE_REPLAY_API const char *timtape_replay_meta(const struct timtape_replay *replay, const char *key);

/* ---- handlers ---- */

/*
 * Callbacks of that name go to `handler`, with `user_data` as their user data. Names:
 *     "TIMRecvNewMsgCallback"                     all callbacks of this type
 *     "TIMCommCallback:TIMConvGetConvList"        those that answer this function; goes before the former
 *     "TIMConvConversationsDeletedFromGroupCallback@6.6"   with the signature that SDK 6.6 had
 * The handler is called with its true C signature: the newest one, which tim.h declares, unless the name says
 * otherwise. A second bind of a name replaces the first; a NULL handler takes it away. 0, or -1: no such
 * name.
 */
TIMTAPE_REPLAY_API int timtape_replay_bind(struct timtape_replay *replay, const char *name,
                                           timtape_function handler, const void *user_data);

/* ---- playing ---- */

/* The next callback that has a handler; NULL: none is left, or an error (then timtape_replay_error is not
 * ""). */
TIMTAPE_REPLAY_API const struct timtape_event *timtape_replay_peek(struct timtape_replay *replay);
/* Delivers it. 1: the handler has returned; 0: none was left; -1: error, nothing was delivered. */
TIMTAPE_REPLAY_API int timtape_replay_step(struct timtape_replay *replay);
/* Passes over it. 1, 0 or -1 likewise. */
TIMTAPE_REPLAY_API int timtape_replay_skip(struct timtape_replay *replay);
/* Delivers all up to and including event `last` (0: to the end). How many, or -1: error. */
TIMTAPE_REPLAY_API int64_t timtape_replay_run(struct timtape_replay *replay, uint64_t last);
/* Goes to the first event whose number is `seq` or larger (0: rewinds), and forgets what was delivered and
 * what timtape_replay_expect learned; handlers stay bound. Not inside a handler. 0 or -1. */
TIMTAPE_REPLAY_API int timtape_replay_seek(struct timtape_replay *replay, uint64_t seq);

/* The callback that is being delivered (the innermost), or else was last delivered; NULL: none yet, or error.
 */
TIMTAPE_REPLAY_API const struct timtape_event *timtape_replay_current(struct timtape_replay *replay);
/* How many callbacks of this name (as for bind; NULL: all) the whole tape has, or -1: error. */
TIMTAPE_REPLAY_API int64_t timtape_replay_count(struct timtape_replay *replay, const char *name);
/* Callbacks passed over since the last seek because nothing was bound to them. */
TIMTAPE_REPLAY_API uint64_t timtape_replay_unhandled(const struct timtape_replay *replay);

/* ---- what the app did, for mocks of the API's functions ---- */

/* What else may differ below, and which calls may be left out: a rules file, as `timtape replay --rules`
 * reads it. May be called again for more. 0, or -1: it is bad, and the error says in which line. */
TIMTAPE_REPLAY_API int timtape_replay_rules(struct timtape_replay *replay, const char *path);
/*
 * The code under test called `function`: a mock hands on all its arguments, in their order and types. They
 * are compared with the next call that the app made in the current callback (before the first delivery:
 * outside of any callback); numbers by value, JSON by meaning, what the API documents as volatile (times,
 * randoms, paths) not at all, credentials and user data neither. Recorded getters that the code leaves out
 * are passed over.
 *
 * The recorded call, for its `result`: it is used up, its out-buffers are filled, and callbacks that it
 * brings later on the tape go to the function and user data that were passed. NULL: it is another call;
 * timtape_replay_error says where they differ.
 */
TIMTAPE_REPLAY_API const struct timtape_event *timtape_replay_expect(struct timtape_replay *replay,
                                                                     const char *function, ...);
/* The call that comes next there; NULL: none is left, or an error. */
TIMTAPE_REPLAY_API const struct timtape_event *timtape_replay_call(struct timtape_replay *replay);
/* How many are left, what may be left out aside; -1: error. */
TIMTAPE_REPLAY_API int64_t timtape_replay_calls_left(struct timtape_replay *replay);

#ifdef __cplusplus
}
#endif

#endif
