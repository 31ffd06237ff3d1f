// SPDX-License-Identifier: MIT
/*
 * What the files of the shim share with each other (shim.h is for the generated code).
 */
#ifndef SHIM_INSIDE_H
#define SHIM_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/shim.h"

/* ---- frames.c: the open events of a thread ---- */

/* Opens an event whose frame is at `call`: returns the number of the innermost open event of this
 * thread around it, or 0. Forgets frames that a longjmp left behind. */
uint64_t frames_enter(const struct shim_call *call);
/* The event opened last got its number (call->seq). */
void frames_number(const struct shim_call *call);
void frames_pop(const struct shim_call *call);

/* ---- context.c ---- */

/* NULL when there is no memory for one. */
struct shim_context *context_new(uint16_t api);
/* The SDK is done with it, as far as documented: reused only many completions later. */
void context_retire(struct shim_context *context);

/* ---- listener.c ---- */

/* The trampoline that stands for the app's listener `fn` in a list, the same each time; NULL: none left. */
void (*listener_add(uint16_t callback, void (*fn)(void)))(void);
/* The trampoline to remove for the app's listener; `fn` itself if we do not know it. */
void (*listener_remove(uint16_t callback, void (*fn)(void)))(void);

/* ---- mask.c ---- */

#define MASK_SPANS 32
#define MASK_TEXT "<secret>"

/* What of a text is replaced: parts [from, to) by `MASK_TEXT` or its JSON string. */
struct mask {
    unsigned count;
    bool quoted; /* replacement is a JSON string */
    struct {
        size_t from, to;
    } span[MASK_SPANS];
};

/* A text that is a secret as a whole. NULL and "" stay. */
void mask_whole(struct mask *mask, const char *text, size_t bytes);
/* A JSON text with secret keys somewhere; what cannot be scanned is masked as a whole. */
void mask_json(struct mask *mask, const char *text, size_t bytes);
/* A plain text in which secrets seen earlier may occur. */
void mask_known(struct mask *mask, const char *text, size_t bytes);
/* True if a callback's texts must go through mask_known: it is one that carries logs, and there is a secret.
 */
bool mask_log(const struct api_entry *entry);
/* Length after masking, and the masked text itself into `to`. */
size_t mask_bytes(const struct mask *mask, size_t bytes);
void mask_write(const struct mask *mask, char *to, const char *text, size_t bytes);

/* ---- secrets.c ---- */

/* Remembers a secret for mask_known and tells the recorder how to know it in the command line. */
void secret_remember(const char *text, size_t bytes);
/* First occurrence of a remembered secret in text[from..): true fills [*start, *end). */
bool secret_find(const char *text, size_t bytes, size_t from, size_t *start, size_t *end);
/* True for JSON keys that hold credentials, in any version's spelling. */
bool secret_key(const char *name, size_t bytes);

/* ---- behind.c ---- */

/* Once per process image: which library is behind, what it lacks. Called after a call into it returned. */
void behind_announce(void);
/* The behind's version text, or NULL. */
const char *behind_version(void);

/* Present in the preload flavour only (preload.c): libc's own dlsym. */
void *loader_dlsym(void *handle, const char *name) __attribute__((weak, visibility("hidden")));
/* The preload flavour hands over what an app's dlsym found. */
void behind_found(void *handle);

/* ---- exit.c ---- */

/* At the first API call: arranges for RING_EXIT. */
void exit_watch(void);

#endif
