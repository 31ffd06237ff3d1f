// SPDX-License-Identifier: MIT
/*
 * A log of callbacks that survives any death of its process and owes nothing to
 * timtape: one file per thread (PREFIX.PID.TID), mapped shared, one line per callback:
 *
 *     NAME BYTES HASH        bytes and FNV-1a of the payload; "-" twice for NULL
 *
 * The test double notes what it delivers, the test apps note what they were given;
 * tapecheck compares either with a tape.
 */
#ifndef FAKESDK_NOTE_H
#define FAKESDK_NOTE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOTE_STEP (1u << 20)

struct note {
    char *base;
    size_t used, room;
    int fd;
    pid_t pid;
};

static __attribute__((tls_model("initial-exec"))) _Thread_local struct note note_mine;

static inline uint64_t
note_hash(const void *data, size_t bytes)
{
    const unsigned char *byte = data;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ byte[i]) * 0x100000001b3u;
    return hash;
}

/* Opens this thread's file, or goes on in it when a thread before had the same number. */
static inline int
note_open(struct note *note, const char *prefix)
{
    char path[512];
    struct stat file;
    snprintf(path, sizeof path, "%s.%d.%ld", prefix, (int)getpid(), (long)syscall(SYS_gettid));
    note->pid = getpid();
    note->base = NULL;
    note->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (note->fd < 0 || fstat(note->fd, &file) != 0)
        return -1;
    note->room = (size_t)file.st_size + NOTE_STEP;
    if (ftruncate(note->fd, (off_t)note->room) != 0)
        return -1;
    void *base = mmap(NULL, note->room, PROT_READ | PROT_WRITE, MAP_SHARED, note->fd, 0);
    if (base == MAP_FAILED)
        return -1;
    note->base = base;
    note->used = strnlen(note->base, note->room);
    return 0;
}

static inline void
note_add(const char *prefix, const char *name, const char *payload)
{
    struct note *note = &note_mine;
    char line[160];
    int length;
    if (prefix == NULL)
        return;
    if ((note->base == NULL || note->pid != getpid()) && note_open(note, prefix) != 0)
        return;
    if (payload == NULL) {
        length = snprintf(line, sizeof line, "%s - -\n", name);
    } else {
        size_t bytes = strlen(payload);
        length = snprintf(line, sizeof line, "%s %zu %016llx\n", name, bytes,
                          (unsigned long long)note_hash(payload, bytes));
    }
    if (note->used + sizeof line > note->room) {
        size_t room = note->room + NOTE_STEP;
        void *base = MAP_FAILED;
        if (ftruncate(note->fd, (off_t)room) == 0)
            base = mremap(note->base, note->room, room, MREMAP_MAYMOVE);
        if (base == MAP_FAILED)
            return;
        note->base = base;
        note->room = room;
    }
    memcpy(note->base + note->used, line, (size_t)length);
    note->used += (size_t)length;
}

#endif
