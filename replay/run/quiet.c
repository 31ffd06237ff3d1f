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
#include <time.h>
#include <unistd.h>

#include "recorder/proc.h"

#define TRIES 4
#define LIST_EVERY_NS 20000000u /* new threads are seen at once, odd new processes so soon */

enum { FILE_STAT, FILE_SCHED, FILE_CALL, FILES };
static const char *const names[FILES] = {"stat", "schedstat", "syscall"};

struct thread {
    uint32_t pid, tid;
    uint32_t siblings; /* threads of its process, as listed */
    uint32_t round;    /* of the list it was last seen in */
    uint64_t runs;     /* how often it was put on a processor */
    uint64_t slept;    /* `runs` when it was last seen asleep: it has slept ever since if that is the same */
    bool ended;        /* a zombie: its parent takes its time */
    int fd[FILES];
};

struct quiet {
    struct thread *thread;
    uint32_t count, room, round;
    int load; /* /proc/loadavg: its last word is the newest pid there is */
    uint64_t newest, listed_ns;
    uint32_t busy;    /* index of the thread that was last seen running: looked at first */
    bool no_children; /* the kernel has no lists of children */
    bool failed;      /* no memory, or no descriptors */
};

struct quiet *
quiet_open(void)
{
    struct quiet *quiet = calloc(1, sizeof *quiet);
    if (quiet != NULL)
        quiet->load = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    return quiet;
}

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
    if (quiet->load >= 0)
        close(quiet->load);
    free(quiet->thread);
    free(quiet);
}

/* ---- which threads there are ----------------------------------------------------------------- */

static void
add_thread(struct quiet *quiet, uint32_t pid, uint32_t tid)
{
    for (uint32_t i = 0; i < quiet->count; i++) {
        if (quiet->thread[i].pid == pid && quiet->thread[i].tid == tid) {
            quiet->thread[i].round = quiet->round;
            return;
        }
    }
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
    *thread = (struct thread){.pid = pid, .tid = tid, .round = quiet->round, .slept = UINT64_MAX};
    for (int i = 0; i < FILES; i++) {
        char path[96];
        snprintf(path, sizeof path, "/proc/%u/task/%u/%s", pid, tid, names[i]);
        thread->fd[i] = open(path, O_RDONLY | O_CLOEXEC);
        if (thread->fd[i] < 0 && errno != ENOENT && errno != ESRCH)
            quiet->failed = true;
    }
    quiet->count++;
}

static void list_children(struct quiet *quiet, uint32_t pid, const char *tid, unsigned depth);

/* All threads of a process, and all that its threads are parents of. `add`: not those of our own. */
static void
list_process(struct quiet *quiet, uint32_t pid, bool add, unsigned depth)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/task", pid);
    DIR *all = opendir(path);
    const struct dirent *entry;
    while (all != NULL && (entry = readdir(all)) != NULL) {
        uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10);
        if (tid == 0)
            continue;
        if (add)
            add_thread(quiet, pid, tid);
        list_children(quiet, pid, entry->d_name, depth);
    }
    if (all != NULL)
        closedir(all);
}

static void
list_children(struct quiet *quiet, uint32_t pid, const char *tid, unsigned depth)
{
    char path[96], text[4096];
    if (quiet->no_children || depth > 64)
        return;
    snprintf(path, sizeof path, "/proc/%u/task/%.20s/children", pid, tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        quiet->no_children = errno == ENOENT && pid == (uint32_t)getpid();
        return;
    }
    ssize_t bytes = read(fd, text, sizeof text - 1);
    close(fd);
    text[bytes > 0 ? bytes : 0] = '\0';
    for (char *at = text, *end; *at != '\0'; at = end + (*end == ' ')) {
        unsigned long child = strtoul(at, &end, 10);
        if (end == at)
            break;
        list_process(quiet, (uint32_t)child, true, depth + 1);
    }
}

static bool
list_descendant(void *context, pid_t pid)
{
    list_process(context, (uint32_t)pid, true, 65);
    return false;
}

static uint64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void
list(struct quiet *quiet)
{
    quiet->round++;
    list_process(quiet, (uint32_t)getpid(), false, 0);
    if (quiet->no_children)
        proc_descendants(list_descendant, quiet);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < quiet->count; i++) {
        if (quiet->thread[i].round == quiet->round)
            quiet->thread[kept++] = quiet->thread[i];
        else
            forget(&quiet->thread[i]);
    }
    quiet->count = kept;
    for (uint32_t i = 0; i < kept; i++) {
        quiet->thread[i].siblings = 0;
        for (uint32_t j = 0; j < kept; j++)
            quiet->thread[i].siblings += quiet->thread[j].pid == quiet->thread[i].pid;
    }
    quiet->listed_ns = now_ns();
}

/* Has any process or thread been made since the list? */
static bool
is_stale(struct quiet *quiet)
{
    char text[128];
    ssize_t bytes = quiet->load < 0 ? -1 : pread(quiet->load, text, sizeof text - 1, 0);
    const char *last = NULL;
    if (bytes > 0) {
        text[bytes] = '\0';
        last = strrchr(text, ' ');
    }
    uint64_t newest = last == NULL ? 0 : strtoull(last, NULL, 10);
    bool stale =
        newest != quiet->newest || quiet->listed_ns == 0 || now_ns() - quiet->listed_ns > LIST_EVERY_NS;
    quiet->newest = newest;
    return stale;
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

enum look { LOOK_ASLEEP, LOOK_RUNNING, LOOK_ENDED, LOOK_RELIST };

/* The first look: its state, and that its process has as many threads as we know. */
static enum look
look_first(struct thread *thread)
{
    char text[1024], state;
    unsigned siblings;
    if (!get_runs(thread, &thread->runs))
        return LOOK_RELIST;
    if (thread->slept == thread->runs)
        return LOOK_ASLEEP;
    if (!get(thread->fd[FILE_STAT], text, sizeof text))
        return LOOK_RELIST;
    const char *at = strrchr(text, ')');
    if (at == NULL || sscanf(at + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %u",
                             &state, &siblings) != 2)
        return LOOK_RELIST;
    if (state == 'Z' || state == 'X')
        return LOOK_ENDED;
    if (siblings != thread->siblings)
        return LOOK_RELIST;
    return state == 'S' ? LOOK_ASLEEP : LOOK_RUNNING;
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

/* The second look: it has not run since the first one, and sleeps in a system call. */
static enum look
look_second(struct thread *thread, const char **timed_in)
{
    char text[256];
    uint64_t runs;
    *timed_in = NULL;
    if (!get(thread->fd[FILE_CALL], text, sizeof text) || !get_runs(thread, &runs))
        return LOOK_RELIST;
    if (runs != thread->runs || text[0] < '0' || text[0] > '9')
        return LOOK_RUNNING;
    thread->slept = runs;
    *timed_in = quiet_timed(text);
    return LOOK_ASLEEP;
}

static void
name_thread(const struct thread *thread, struct quiet_thread *to)
{
    *to = (struct quiet_thread){.pid = thread->pid, .tid = thread->tid};
}

static enum look
look_at_all(struct quiet *quiet, bool (*known)(void *, uint64_t), void *context, enum quiet_state *state,
            struct quiet_thread *culprit)
{
    const char *in;
    *state = QUIET_RUNNING;
    if (quiet->busy < quiet->count && look_first(&quiet->thread[quiet->busy]) == LOOK_RUNNING) {
        name_thread(&quiet->thread[quiet->busy], culprit);
        return LOOK_RUNNING;
    }
    for (uint32_t i = 0; i < quiet->count; i++) {
        enum look look = look_first(&quiet->thread[i]);
        if (look == LOOK_RUNNING) {
            quiet->busy = i;
            name_thread(&quiet->thread[i], culprit);
        }
        if (look == LOOK_RUNNING || look == LOOK_RELIST)
            return look;
        quiet->thread[i].ended = look == LOOK_ENDED;
    }
    *state = QUIET_ASLEEP;
    for (uint32_t i = 0; i < quiet->count; i++) {
        struct thread *thread = &quiet->thread[i];
        if (thread->ended)
            continue;
        enum look look = look_second(thread, &in);
        if (look != LOOK_ASLEEP) {
            *state = QUIET_RUNNING;
            quiet->busy = i;
            name_thread(thread, culprit);
            return look;
        }
        if (in != NULL && *state == QUIET_ASLEEP &&
            !known(context, (uint64_t)thread->pid << 32 | thread->tid)) {
            *state = QUIET_TIMED;
            name_thread(thread, culprit);
            snprintf(culprit->waits_in, sizeof culprit->waits_in, "%s", in);
        }
    }
    return LOOK_ASLEEP;
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
    enum quiet_state state = QUIET_RUNNING;
    for (int tries = 0; tries < TRIES; tries++) {
        if (tries > 0 || is_stale(quiet))
            list(quiet);
        if (quiet->failed)
            return QUIET_BLIND;
        enum look look = look_at_all(quiet, known, context, &state, thread);
        if (look != LOOK_RELIST && is_stale(quiet))
            continue; /* somebody was born meanwhile */
        if (look != LOOK_RELIST)
            return state;
    }
    return QUIET_RUNNING;
}
