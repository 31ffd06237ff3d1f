// SPDX-License-Identifier: MIT
/*
 * Fuzzing: the app is started once. In the call that the score names, on the app's own thread, and only
 * when there is no other one, the process stays as a fork server; each child goes on from there with another
 * score. What happened before is the same in all of them: the scores agree up to that call.
 *
 * The old score stays mapped in the children, since the app may hold texts of it. No descriptor is left open.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay/score/score_edge.h"
#include "replay/score/score_fork.h"
#include "replay/standin/inside.h"

#define FORK_LOOK_NS 20000000
#define FORK_SLICE_NS 500000000u /* between two looks whether the player lives */

static struct score_fork *fork_page; /* NULL: nobody wants a fork server, or it was here */

__attribute__((constructor)) static void
fork_load(void)
{
    const char *path = getenv(SCORE_FORK_ENV);
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    void *map;

    if (fd < 0)
        return;
    map = mmap(NULL, sizeof *fork_page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return;
    if (memcmp(((struct score_fork *)map)->magic, SCORE_FORK_MAGIC, sizeof fork_page->magic) == 0 &&
        atomic_load(&((struct score_fork *)map)->state) == SCORE_FORK_NEVER)
        fork_page = map;
    else
        munmap(map, sizeof *fork_page);
}

bool
fork_is_to_come(void)
{
    return fork_page != NULL && standin_score->fork != SCORE_NONE;
}

static void
fork_say(struct score_fork *page, enum score_fork_state state)
{
    atomic_store(&page->state, (uint32_t)state);
    score_futex_wake(&page->state);
}

/* What happened before the call, into a score that has the same there. */
static void
fork_copy(const struct score *from, const struct score *to, uint32_t until)
{
    struct score_live *live = score_live(to);
    uint32_t i;

    for (i = 0; i < until && i < to->events; i++) {
        const struct score_event_live *old = score_event_live(from, i);
        struct score_event_live *event = score_event_live(to, i);
        const struct score_event *recorded = score_event(to, i);
        unsigned which;

        if (atomic_load(&old->state) == SCORE_FREE || recorded->seq != score_event(from, i)->seq)
            continue;
        for (which = 0; which < 2; which++)
            atomic_store(&event->fn[which], atomic_load(&old->fn[which]));
        atomic_store(&event->user, atomic_load(&old->user));
        atomic_store(&event->image, atomic_load(&old->image));
        atomic_store(&event->state, atomic_load(&old->state));
        score_done(to, recorded->enter);
        if (recorded->leave != SCORE_NONE)
            score_done(to, recorded->leave);
    }
    atomic_store(&live->images, atomic_load(&score_live(from)->images));
    atomic_store(&live->start_ns, score_now());
    score_advance(to, score_now());
    atomic_store(&live->progress_ns, score_now());
}

/* The child: another score from here on. */
static void
fork_begin(struct score_fork *page, uint32_t event, uint32_t process, pid_t server)
{
    const struct score *old = standin_score;
    struct score *score;

    prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0, 0, 0);
    setpgid(0, 0);
    score = getppid() == server ? standin_map(page->path, MAP_POPULATE) : NULL;
    if (score == NULL || event >= score->events || process > score->processes ||
        score_event(score, event)->seq != score_event(old, event)->seq)
        _exit(127);
    fork_copy(old, score, event);
    standin_score = score;
    if (process != 0)
        atomic_store(&score_process_live(score, process - 1)->pid, (uint32_t)getpid());
    standin_attach();
    find_claim(event);
    atomic_store(&page->playing, 1);
    munmap(page, sizeof *page);
}

/* Waits for a command; false: there is nobody any more who could give one. */
static bool
fork_await(struct score_fork *page)
{
    uint32_t state;

    while ((state = atomic_load(&page->state)) != SCORE_FORK_ASKED) {
        if (kill((pid_t)page->player, 0) != 0 && errno == ESRCH)
            return false;
        score_futex_wait(&page->state, state, score_now() + FORK_SLICE_NS);
    }
    return true;
}

/* Until the child has ended. */
static int
fork_wait(pid_t pid)
{
    struct timespec slice = {.tv_nsec = FORK_LOOK_NS};
    int status = SIGKILL;
    sigset_t child;
    pid_t gone;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    while ((gone = waitpid(pid, &status, WNOHANG)) == 0 || (gone < 0 && errno == EINTR))
        sigtimedwait(&child, NULL, &slice);
    return gone == pid ? status : SIGKILL;
}

/* Serves until nobody asks any more; returns in the children. */
static void
fork_loop(struct score_fork *page, uint32_t event, const sigset_t *mask, const struct sigaction *action)
{
    uint32_t process = atomic_load(&standin_process->recorded);
    pid_t server = getpid();

    for (;;) {
        int status = 0;
        pid_t pid;

        if (!fork_await(page))
            _exit(0);
        atomic_store(&page->playing, 0);
        pid = fork();
        if (pid == 0) {
            fork_begin(page, event, process, server);
            sigaction(SIGCHLD, action, NULL);
            pthread_sigmask(SIG_SETMASK, mask, NULL);
            return;
        }
        atomic_store(&page->pid, pid < 0 ? 0 : (uint32_t)pid);
        if (pid > 0) {
            setpgid(pid, pid);
            fork_say(page, SCORE_FORK_RUNNING);
            status = fork_wait(pid);
            kill(-pid, SIGKILL); /* whatever it started */
        }
        atomic_store(&page->status, status);
        atomic_fetch_add(&page->runs, 1);
        fork_say(page, SCORE_FORK_READY);
    }
}

void
fork_serve(uint32_t event)
{
    struct score_fork *page = fork_page;
    struct sigaction usual = {.sa_handler = SIG_DFL}, action;
    bool busy;
    uint32_t threads = standin_threads(0, &busy);
    sigset_t all, mask;
    int error = errno;

    fork_page = NULL;
    atomic_store(&page->threads, threads);
    atomic_store(&page->server, (uint32_t)getpid());
    if (threads != 1) {
        fork_say(page, SCORE_FORK_REFUSED);
        munmap(page, sizeof *page);
        return;
    }
    prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0, 0, 0);
    /* No handler of the app's runs while it stands here. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    sigemptyset(&usual.sa_mask);
    sigaction(SIGCHLD, &usual, &action);
    fork_say(page, SCORE_FORK_READY);
    fork_loop(page, event, &mask, &action);
    errno = error;
}
