// SPDX-License-Identifier: MIT
/*
 * The credentials this process was seen to use, to recognise them elsewhere: in log texts and in the
 * command line. They stay in the app's memory, where they are anyway.
 */
#include <stdatomic.h>
#include <string.h>

#include "ring/producer.h"
#include "shim/inside.h"

#define SECRETS 8
#define SECRET_BYTES 4096 /* a user_sig has a few hundred */
#define SHORTEST 6        /* shorter texts would match by accident */

struct secret {
    _Atomic uint32_t bytes; /* 0: free or being written */
    char text[SECRET_BYTES];
};

static struct secret secrets[SECRETS];
static _Atomic uint32_t count; /* ever remembered; the oldest is overwritten */
static const struct api_entry *_Atomic log_entry;

/* The command line that is recorded may be a script's or a shell's and is not ours to see; the recorder can
 * find there what it knows the hash of. */
static void
secret_report(const char *text, uint32_t bytes)
{
    uint64_t hash = ring_hash(text, bytes);
    struct ring_piece pieces[2] = {{&hash, sizeof hash, false}, {&bytes, sizeof bytes, false}};

    ring_put(RING_SECRET, 0, 0, 0, 0, pieces, 2);
}

void
secret_remember(const char *text, size_t bytes)
{
    if (bytes < SHORTEST || bytes > SECRET_BYTES)
        return;
    for (unsigned i = 0; i < SECRETS; i++)
        if (secrets[i].bytes == bytes && memcmp(secrets[i].text, text, bytes) == 0)
            return;
    struct secret *secret = &secrets[atomic_fetch_add(&count, 1) % SECRETS];
    secret->bytes = 0;
    atomic_thread_fence(memory_order_seq_cst);
    memcpy(secret->text, text, bytes);
    atomic_store_explicit(&secret->bytes, (uint32_t)bytes, memory_order_release);
    secret_report(text, (uint32_t)bytes);
}

bool
secret_find(const char *text, size_t bytes, size_t from, size_t *start, size_t *end)
{
    bool any = false;

    for (unsigned i = 0; i < SECRETS; i++) {
        uint32_t length = atomic_load_explicit(&secrets[i].bytes, memory_order_acquire);
        const char *found = length != 0 ? memmem(text + from, bytes - from, secrets[i].text, length) : NULL;

        if (found != NULL && (!any || (size_t)(found - text) < *start)) {
            *start = (size_t)(found - text);
            *end = *start + length;
            any = true;
        }
    }
    return any;
}

bool
mask_log(const struct api_entry *entry)
{
    const struct api_entry *log = log_entry;

    if (__builtin_expect(count == 0, 1))
        return false;
    if (log == NULL)
        log_entry = log = api_find("TIMLogCallback");
    return entry == log;
}

bool
secret_key(const char *name, size_t bytes)
{
    for (unsigned i = 0; i < API_OBJECTS; i++) {
        const struct api_object *object = &api_objects[i];

        if (!object->secret)
            continue;
        for (unsigned k = 0; k < object->nkeys; k++) {
            const struct api_key *key = &object->keys[k];

            if (key->secret && ((strlen(key->name) == bytes && memcmp(key->name, name, bytes) == 0) ||
                                (key->renamed != NULL && strlen(key->renamed) == bytes &&
                                 memcmp(key->renamed, name, bytes) == 0)))
                return true;
        }
    }
    return false;
}
