// SPDX-License-Identifier: MIT
/* Output files that are either whole or not there. */
#include "cli/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What SQLite may keep beside a database. */
static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
#define TAILS (sizeof tails / sizeof tails[0])
static const int deadly[] = {SIGHUP, SIGINT, SIGTERM};

static char target[PATH_MAX];
static char names[TAILS][PATH_MAX]; /* ready for the signal handler */
static bool replacing;

static void
remove_all(void)
{
    for (unsigned i = 0; i < TAILS; i++)
        unlink(names[i]);
}

/* The handler was reset by SA_RESETHAND: the signal kills when it comes back from here. */
static void
interrupted(int number)
{
    remove_all();
    raise(number);
}

static int
check_target(struct fault *fault)
{
    struct stat status;
    if (lstat(target, &status) != 0)
        return errno == ENOENT ? 0 : fault_errno(fault, FAULT_CANNOT_RUN, "%s", target);
    if (!replacing)
        return fault_set(fault, FAULT_USAGE, "%s exists already; give another name, or --force to replace it",
                         target);
    if (!S_ISREG(status.st_mode))
        return fault_set(fault, FAULT_USAGE, "%s: not a regular file, so it is not replaced", target);
    int fd = open(target, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return 0; /* not ours to read, but the folder says whether it may be replaced */
    bool busy = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    if (busy)
        return fault_set(fault, FAULT_CANNOT_RUN, "%s: still being written by a living recorder", target);
    return 0;
}

const char *
place_begin(const char *path, bool replace, struct fault *fault)
{
    char head[PATH_MAX];
    int length = snprintf(head, sizeof head, "%s.new-%ld", path, (long)getpid());
    if (length < 0 || (size_t)length + 10 > sizeof head) {
        fault_set(fault, FAULT_USAGE, "%.200s...: name too long", path);
        return NULL;
    }
    snprintf(target, sizeof target, "%s", path);
    replacing = replace;
    if (check_target(fault) != 0)
        return NULL;
    for (unsigned i = 0; i < TAILS; i++)
        snprintf(names[i], sizeof names[i], "%.*s%s", PATH_MAX - 10, head, tails[i]);
    struct sigaction action = {.sa_handler = interrupted, .sa_flags = (int)SA_RESETHAND};
    for (unsigned i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        struct sigaction before;
        if (sigaction(deadly[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(deadly[i], &action, NULL);
    }
    return names[0];
}

/* A tape that was never finished has more files; they must not be taken for the new one's. */
static void
remove_tails_of_target(void)
{
    for (unsigned i = 1; i < TAILS; i++) {
        char name[PATH_MAX + 16];
        snprintf(name, sizeof name, "%s%s", target, tails[i]);
        unlink(name);
    }
}

int
place_end(bool keep, struct fault *fault)
{
    int status = 0;
    if (keep && check_target(fault) != 0) {
        status = -1;
    } else if (keep && replacing) {
        remove_tails_of_target();
        status = rename(names[0], target);
    } else if (keep) {
        /* link() never replaces; where there are no links, the check above has to do. */
        status = link(names[0], target);
        if (status != 0 && errno != EEXIST)
            status = rename(names[0], target);
    }
    if (status != 0 && keep && fault != NULL && fault->kind != FAULT_USAGE)
        fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot put the new file there", target);
    remove_all();
    return status;
}
