// SPDX-License-Identifier: MIT
#include "traces/tape_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_ROOM 4096
#define ASIDE ".replaced"

/* What a tape consists of while SQLite has it open, or left it so. */
static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
#define TAILS (sizeof tails / sizeof tails[0])

/* 1: may be replaced; 0: there is none; -1. */
static int
look(const char *path, struct fault *fault)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return 0;
    if (!S_ISREG(status.st_mode))
        return fault_set(fault, FAULT_USAGE, "%s: not a regular file, so it is not replaced", path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool written = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0)
        close(fd);
    if (written)
        return fault_set(fault, FAULT_CANNOT_RUN, "%s: still being written by a living recorder", path);
    return 1;
}

static bool
name(char *text, const char *path, const char *middle, const char *tail)
{
    return snprintf(text, NAME_ROOM, "%s%s%s", path, middle, tail) < NAME_ROOM;
}

static int
unlink_all(const char *path, const char *middle, struct fault *fault)
{
    char text[NAME_ROOM];
    for (unsigned i = 0; i < TAILS; i++) {
        if (!name(text, path, middle, tails[i]))
            return fault_set(fault, FAULT_USAGE, "%s: name too long", path);
        if (unlink(text) != 0 && errno != ENOENT)
            return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot replace", text);
    }
    return 0;
}

/* The main file last: as long as it is there, the tape is. */
static int
move_all(const char *path, const char *from, const char *to, struct fault *fault)
{
    char old[NAME_ROOM], new[NAME_ROOM];
    for (unsigned i = TAILS; i-- > 0;) {
        if (!name(old, path, from, tails[i]) || !name(new, path, to, tails[i]))
            return fault_set(fault, FAULT_USAGE, "%s: name too long", path);
        if (rename(old, new) != 0 && errno != ENOENT)
            return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot replace", old);
    }
    return 0;
}

int
tape_remove(const char *path, struct fault *fault)
{
    int there = look(path, fault);
    return there > 0 ? unlink_all(path, "", fault) : there;
}

int
tape_set_aside(const char *path, struct fault *fault)
{
    int there = look(path, fault);
    if (there <= 0)
        return there;
    return move_all(path, "", ASIDE, fault) == 0 ? 1 : -1;
}

void
tape_drop_aside(const char *path)
{
    unlink_all(path, ASIDE, NULL);
}

void
tape_put_back(const char *path)
{
    move_all(path, ASIDE, "", NULL);
}
