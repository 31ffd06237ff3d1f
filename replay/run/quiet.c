// SPDX-License-Identifier: MIT
#include "replay/run/quiet.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/proc.h"
#include "replay/run/quiet_socket.h"

#define TRIES 8 /* generations that may be born between two looks */
#define NEVER UINT64_MAX

enum { FILE_STAT, FILE_SCHED, FILE_CALL, FILES };
static const char *const names[FILES] = {"stat", "schedstat", "syscall"};

/* `runs` is how often it was put on a processor: what it did, made or woke, it did since that changed. */
struct thread {
    uint32_t pid, tid;
    uint64_t runs;   /* at the first look */
    uint64_t slept;  /* when it was last seen asleep: it has slept ever since if that is the same */
    uint64_t listed; /* when its children and siblings were last listed */
    bool ended;      /* a zombie: its parent takes its time */
    int fd[FILES];
};

struct quiet {
    struct thread *thread;
    uint32_t count, room;
    uint32_t busy;    /* index of the thread that was last seen running: looked at first */
    bool no_children; /* the kernel has no lists of children */
    bool failed;      /* no memory, no descriptors, or a kernel that does not tell */
};

static void
forget(struct thread *thread)
{
    for (int i = 0; i < FILES; i++) {
        if (thread->fd[i] >= 0)
            close(thread->fd[i]);
    }
}

void
quiet_close(struct quiet *quiet)
{
    if (quiet == NULL)
        return;
    for (uint32_t i = 0; i < quiet->count; i++)
        forget(&quiet->thread[i]);
    free(quiet->thread);
    free(quiet);
}

/* ---- which threads there are ----------------------------------------------------------------- */

static bool
is_listed(const struct quiet *quiet, uint32_t pid, uint32_t tid)
{
    for (uint32_t i = 0; i < quiet->count; i++) {
        if (quiet->thread[i].pid == pid && quiet->thread[i].tid == tid)
            return true;
    }
    return false;
}

static void
add_thread(struct quiet *quiet, uint32_t pid, uint32_t tid)
{
    if (is_listed(quiet, pid, tid))
        return;
    if (quiet->count == quiet->room) {
        uint32_t room = quiet->room == 0 ? 32 : quiet->room * 2;
        struct thread *grown = realloc(quiet->thread, room * sizeof *grown);
        if (grown == NULL) {
            quiet->failed = true;
            return;
        }
        quiet->thread = grown;
        quiet->room = room;
    }
    struct thread *thread = &quiet->thread[quiet->count];
    *thread = (struct thread){.pid = pid, .tid = tid, .slept = NEVER, .listed = NEVER};
    for (int i = 0; i < FILES; i++) {
        char path[96];
        snprintf(path, sizeof path, "/proc/%u/task/%u/%s", pid, tid, names[i]);
        thread->fd[i] = open(path, O_RDONLY | O_CLOEXEC);
        if (thread->fd[i] < 0 && errno != ENOENT && errno != ESRCH)
            quiet->failed = true;
    }
    quiet->count++;
}

static void
list_threads(struct quiet *quiet, uint32_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/task", pid);
    DIR *all = opendir(path);
    const struct dirent *entry;
    while (all != NULL && (entry = readdir(all)) != NULL) {
        uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10);
        if (tid != 0)
            add_thread(quiet, pid, tid);
    }
    if (all != NULL)
        closedir(all);
}

static void
list_children(struct quiet *quiet, uint32_t pid, uint32_t tid)
{
    char path[96], text[4096];
    snprintf(path, sizeof path, "/proc/%u/task/%u/children", pid, tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        quiet->no_children = quiet->no_children || (errno == ENOENT && pid == (uint32_t)getpid());
        return;
    }
    ssize_t bytes = read(fd, text, sizeof text - 1);
    close(fd);
    text[bytes > 0 ? bytes : 0] = '\0';
    for (char *at = text, *end; *at != '\0'; at = end + (*end == ' ')) {
        uint32_t child = (uint32_t)strtoul(at, &end, 10);
        if (end == at)
            break;
        if (!is_listed(quiet, child, child))
            list_threads(quiet, child);
    }
}

static bool
list_descendant(void *context, pid_t pid)
{
    list_threads(context, (uint32_t)pid);
    return false;
}

/* Our own children: the app, and whom its processes left behind. */
static void
list_own(struct quiet *quiet)
{
    uint32_t pid = (uint32_t)getpid();
    DIR *all = opendir("/proc/self/task");
    const struct dirent *entry;
    while (all != NULL && (entry = readdir(all)) != NULL) {
        uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10);
        if (tid != 0)
            list_children(quiet, pid, tid);
    }
    if (all != NULL)
        closedir(all);
    if (quiet->no_children)
        proc_descendants(list_descendant, quiet);
}

/* Whom the threads made that have run since they were last asked. True: there is somebody new. */
static bool
list(struct quiet *quiet)
{
    uint32_t before = quiet->count;
    for (uint32_t i = 0; i < before; i++) {
        struct thread *thread = &quiet->thread[i];
        uint32_t pid = thread->pid, tid = thread->tid;
        if (thread->listed == thread->runs || thread->ended)
            continue;
        thread->listed = thread->runs;
        list_threads(quiet, pid); /* may move the array */
        if (!quiet->no_children)
            list_children(quiet, pid, tid);
    }
    list_own(quiet);
    return quiet->count != before;
}

bool
quiet_is_empty(const struct quiet *quiet)
{
    for (uint32_t i = 0; i < quiet->count; i++) {
        if (!quiet->thread[i].ended)
            return false;
    }
    return true;
}

bool
quiet_lives(const struct quiet *quiet, uint64_t owner)
{
    uint32_t pid = (uint32_t)(owner >> 32), tid = (uint32_t)owner;
    for (uint32_t i = 0; i < quiet->count; i++) {
        if (quiet->thread[i].pid == pid && !quiet->thread[i].ended &&
            (tid == 0 || quiet->thread[i].tid == tid))
            return true;
    }
    return false;
}

/* ---- what they do ------------------------------------------------------------------------------ */

static bool
get(int fd, char *text, size_t room)
{
    ssize_t bytes = fd < 0 ? -1 : pread(fd, text, room - 1, 0);
    if (bytes <= 0)
        return false;
    text[bytes] = '\0';
    return true;
}

static bool
get_runs(const struct thread *thread, uint64_t *runs)
{
    char text[96];
    return get(thread->fd[FILE_SCHED], text, sizeof text) && sscanf(text, "%*u %*u %lu", runs) == 1;
}

/* Some kernels do not count how often a thread runs, or have no such file: all would seem to be asleep. */
static bool
runs_are_counted(void)
{
    struct thread self = {.fd = {-1, open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC), -1}};
    uint64_t runs = 0;
    bool counted = get_runs(&self, &runs) && runs > 0;
    forget(&self);
    return counted;
}

struct quiet *
quiet_open(void)
{
    struct quiet *quiet = calloc(1, sizeof *quiet);
    if (quiet != NULL)
        quiet->failed = !runs_are_counted();
    return quiet;
}

enum look { LOOK_ASLEEP, LOOK_RUNNING, LOOK_ENDED, LOOK_GONE };

/* Off the processor and in a system call: the kernel waits for that before it says so. (A state of S in
 * `stat` is also that of a thread which is about to sleep, and may yet be woken before it does.) */
static bool
is_off(const struct thread *thread, char *call, size_t room)
{
    return get(thread->fd[FILE_CALL], call, room) && call[0] >= '0' && call[0] <= '9';
}

/* The letter in `stat`; 0: it is gone. */
static char
letter(const struct thread *thread)
{
    char text[1024];
    if (!get(thread->fd[FILE_STAT], text, sizeof text))
        return 0;
    const char *at = strrchr(text, ')');
    return at == NULL || at[1] == '\0' ? 0 : at[2];
}

/* The first look: what it was woken to so far, then that it sleeps. */
static enum look
look_first(struct thread *thread)
{
    char text[256];
    if (!get_runs(thread, &thread->runs))
        return LOOK_GONE;
    if (thread->slept == thread->runs)
        return LOOK_ASLEEP;
    switch (letter(thread)) {
    case 0:
        return LOOK_GONE;
    case 'S':
        return is_off(thread, text, sizeof text) ? LOOK_ASLEEP : LOOK_RUNNING;
    case 'Z':
    case 'X':
        return LOOK_ENDED;
    default: /* running, or asleep in a way that ends by itself (a disk), or stopped */
        return LOOK_RUNNING;
    }
}

/* System calls that end after a time: `timeout` is the argument (from 1) that says so, a pointer that is not
 * NULL or an int that is not negative; 0: they always do. */
static const struct {
    long number;
    const char *name;
    int timeout;
    bool is_int;
} timed[] = {
    {SYS_clock_nanosleep, "clock_nanosleep", 0, false},
    {SYS_nanosleep, "nanosleep", 0, false},
    {SYS_restart_syscall, "a sleep", 0, false},
    {SYS_ppoll, "ppoll", 3, false},
    {SYS_pselect6, "pselect", 5, false},
    {SYS_epoll_pwait, "epoll_pwait", 4, true},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, "epoll_pwait2", 4, false},
#endif
#ifdef SYS_poll
    {SYS_poll, "poll", 3, true},
    {SYS_select, "select", 5, false},
    {SYS_epoll_wait, "epoll_wait", 4, true},
#endif
    {SYS_rt_sigtimedwait, "sigtimedwait", 3, false},
    {SYS_semtimedop, "semtimedop", 4, false},
    {SYS_mq_timedreceive, "mq_timedreceive", 5, false},
    {SYS_mq_timedsend, "mq_timedsend", 5, false},
    {SYS_recvmmsg, "recvmmsg", 5, false},
    {SYS_io_getevents, "io_getevents", 5, false},
};

const char *
quiet_timed(const char *line)
{
    unsigned long long arg[6];
    long number;
    if (sscanf(line, "%ld %llx %llx %llx %llx %llx %llx", &number, &arg[0], &arg[1], &arg[2], &arg[3],
               &arg[4], &arg[5]) != 7)
        return NULL;
    if (number == SYS_futex) {
        int command = (int)arg[1] & FUTEX_CMD_MASK;
        bool waits = command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI ||
                     command == FUTEX_WAIT_REQUEUE_PI;
        return waits && arg[3] != 0 ? "futex" : NULL;
    }
    for (size_t i = 0; i < sizeof timed / sizeof *timed; i++) {
        if (timed[i].number != number)
            continue;
        if (timed[i].timeout == 0)
            return timed[i].name;
        unsigned long long value = arg[timed[i].timeout - 1];
        return (timed[i].is_int ? (int)value > 0 : value != 0) ? timed[i].name : NULL;
    }
    return NULL;
}

/* The second look: it has not run since the first one, and sleeps. The letter tells a thread that somebody
 * has just woken, and that its processor has not heard of yet, from one that sleeps; to `syscall` both are
 * off. */
static enum look
look_second(struct thread *thread, const char **timed_in, const char **option)
{
    char call[256];
    uint64_t runs;
    if (!is_off(thread, call, sizeof call) || letter(thread) != 'S' || !get_runs(thread, &runs) ||
        runs != thread->runs)
        return LOOK_RUNNING;
    thread->slept = runs;
    *timed_in = quiet_timed(call);
    *option = *timed_in == NULL ? quiet_socket_option(thread->pid, call) : NULL;
    return LOOK_ASLEEP;
}

static void
name_thread(const struct thread *thread, struct quiet_thread *to)
{
    *to = (struct quiet_thread){.pid = thread->pid, .tid = thread->tid};
}

/* RUNNING: somebody is. */
static enum look
look_at_all(struct quiet *quiet, struct quiet_thread *culprit)
{
    if (quiet->busy < quiet->count && look_first(&quiet->thread[quiet->busy]) == LOOK_RUNNING) {
        name_thread(&quiet->thread[quiet->busy], culprit);
        return LOOK_RUNNING;
    }
    for (uint32_t i = 0; i < quiet->count; i++) {
        struct thread *thread = &quiet->thread[i];
        enum look look = look_first(thread);
        if (look == LOOK_RUNNING) {
            quiet->busy = i;
            name_thread(thread, culprit);
            return LOOK_RUNNING;
        }
        thread->ended = look == LOOK_ENDED;
        if (look == LOOK_GONE) {
            forget(thread);
            *thread = quiet->thread[--quiet->count];
            i--;
        }
    }
    return LOOK_ASLEEP;
}

static enum quiet_state
look_again(struct quiet *quiet, bool (*known)(void *, uint64_t), void *context, struct quiet_thread *culprit)
{
    enum quiet_state state = QUIET_ASLEEP;
    const char *in, *option;
    for (uint32_t i = 0; i < quiet->count; i++) {
        struct thread *thread = &quiet->thread[i];
        if (thread->ended)
            continue;
        if (look_second(thread, &in, &option) != LOOK_ASLEEP) {
            quiet->busy = i;
            name_thread(thread, culprit);
            return QUIET_RUNNING;
        }
        if ((in != NULL || option != NULL) && state == QUIET_ASLEEP &&
            !known(context, (uint64_t)thread->pid << 32 | thread->tid)) {
            state = QUIET_TIMED;
            name_thread(thread, culprit);
            culprit->waits_in = in;
            culprit->option = option;
        }
    }
    return state;
}

void
quiet_name(const struct quiet_thread *thread, char *name, size_t room)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/%u/task/%u/comm", thread->pid, thread->tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (!get(fd, name, room))
        snprintf(name, room, "?");
    name[strcspn(name, "\n")] = '\0';
    if (fd >= 0)
        close(fd);
}

enum quiet_state
quiet_look(struct quiet *quiet, bool (*known)(void *context, uint64_t owner), void *context,
           struct quiet_thread *thread)
{
    for (int tries = 0; tries < TRIES; tries++) {
        if (look_at_all(quiet, thread) == LOOK_RUNNING)
            return QUIET_RUNNING;
        bool more = list(quiet);
        if (quiet->failed)
            return QUIET_BLIND;
        if (!more)
            return look_again(quiet, known, context, thread);
    }
    return QUIET_RUNNING;
}
