// SPDX-License-Identifier: MIT
/*
 * The credentials this process was seen to use, to recognise them elsewhere: in log texts and in the
 * command line. They stay in the app's memory, where they are anyway.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ring/producer.h"
#include "shim/inside.h"

#define SECRETS 8
#define SECRET_BYTES 4096 /* a user_sig has a few hundred */
#define SHORTEST 6        /* shorter texts would match by accident */
#define ARGV_BYTES (2u << 20)

struct secret {
    _Atomic uint32_t bytes; /* 0: free or being written */
    char text[SECRET_BYTES];
};

static struct secret secrets[SECRETS];
static _Atomic uint32_t count; /* ever remembered; the oldest is overwritten */
static const struct api_entry *_Atomic log_entry;

/* Says where in the command line the secret is, so that the recorder can keep it off the tape. */
static void
argv_report(const char *text, size_t bytes)
{
    long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0), got;
    size_t length = 0;
    char *line;

    if (fd < 0)
        return;
    line = mmap(NULL, ARGV_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (line != MAP_FAILED) {
        while (length < ARGV_BYTES &&
               (got = syscall(SYS_read, (int)fd, line + length, ARGV_BYTES - length)) > 0)
            length += (size_t)got;
        uint32_t index = 0;
        for (size_t at = 0; at < length; index++) {
            size_t argument = strnlen(line + at, length - at);
            char *found = line + at;

            while ((found = memmem(found, argument - (size_t)(found - line - (ptrdiff_t)at), text, bytes)) !=
                   NULL) {
                uint32_t place[3] = {index, (uint32_t)(found - line - (ptrdiff_t)at), (uint32_t)bytes};
                struct ring_piece piece = {place, sizeof place, false};

                ring_put(RING_ARGV, 0, 0, 0, 0, &piece, 1);
                found += bytes;
            }
            at += argument + 1;
        }
        munmap(line, ARGV_BYTES);
    }
    syscall(SYS_close, (int)fd);
}

void
secret_remember(const char *text, size_t bytes)
{
    int saved = errno;

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
    argv_report(text, bytes);
    errno = saved;
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
