// SPDX-License-Identifier: MIT
/*
 * One run: until the app has ended, stands still, or has got everything and is idle. All is seen from
 * outside: the score's live part, and /proc.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/app/player_parts.h"
#include "replay/score/score_edge.h"

#define WATCH_LEAST_NS 30000u
#define WATCH_MOST_NS 1000000u
#define WATCH_LEARN_NS 40000000
#define WATCH_GRACE_NS 200000u
#define WATCH_OURS 3            /* threads of ours look after their work now and then */
#define WATCH_BUSY_NS 20000000u /* an app that was never seen idle is not waited for longer */
#define WATCH_BEGIN_NS 10000000000u
#define WATCH_OUTPUT (4 << 20) /* what it printed may come to so much */
#define WATCH_DEAD_NS 5000000000u

struct watch {
    struct player *player;
    pid_t pid;
    uint64_t now;
    uint64_t done_ns; /* when all was delivered, 0: not yet */
    uint64_t idle_ns; /* since when it is idle, 0: it is not */
    uint64_t slept_ns;
    uint64_t progress_ns; /* as of the last look */
    uint64_t looked_ns;
    uint64_t still_ns; /* how long nothing has moved, as far as we had the machine ourselves */
};

int
watch_ended(struct player *player, int *status)
{
    int own = 0;
    pid_t gone = waitpid(player->app, &own, WNOHANG);

    if (gone == player->app) {
        player->app = 0;
        *status = own;
        return player->fork == NULL ? 1 : -1;
    }
    if (player->fork == NULL || atomic_load(&player->fork->state) != SCORE_FORK_READY)
        return 0;
    *status = atomic_load(&player->fork->status);
    return 1;
}

/* Waits a little, or until a forked child has ended. */
static void
watch_sleep(struct watch *watch, uint64_t ns)
{
    struct timespec time = {.tv_nsec = (long)ns};

    if (watch->player->fork != NULL)
        score_futex_wait(&watch->player->fork->state, SCORE_FORK_RUNNING, watch->now + ns);
    else
        clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

/* All callbacks were delivered and have returned, or will not come. */
static bool
watch_is_over(struct player *player)
{
    const struct score *score = player->score.score;

    for (; player->first < score->events; player->first++) {
        const struct score_event *event = score_event(score, player->first);
        uint32_t state = atomic_load(&score_event_live(score, player->first)->state);

        if ((event->flags & SCORE_CALLBACK) != 0 && (event->flags & SCORE_IGNORED) == 0 &&
            state != SCORE_LEFT && state != SCORE_SKIPPED && state != SCORE_DROPPED)
            return false;
    }
    return atomic_load(&score_live(score)->owed) == 0;
}

/* How often its threads have run so far; 0: the kernel does not say. */
static uint64_t
watch_turns(pid_t pid)
{
    char path[64], line[128];
    struct dirent *entry;
    uint64_t turns = 0;
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        unsigned long long ran, waited, count;
        ssize_t got;
        int fd;

        snprintf(path, sizeof path, "%.20s/schedstat", entry->d_name);
        fd = entry->d_name[0] == '.' ? -1 : openat(dirfd(tasks), path, O_RDONLY | O_CLOEXEC);
        got = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
        if (fd >= 0)
            close(fd);
        line[got > 0 ? got : 0] = '\0';
        if (sscanf(line, "%llu %llu %llu", &ran, &waited, &count) == 3)
            turns += count;
    }
    if (tasks != NULL)
        closedir(tasks);
    return turns;
}

/*
 * How long an app that sleeps may still have something to do: one that looks for work every few milliseconds
 * needs two of its looks, one whose threads wait to be woken next to nothing. Found out once.
 */
static void
watch_learn(struct watch *watch)
{
    struct timespec while_ = {.tv_nsec = WATCH_LEARN_NS};
    uint64_t before = watch_turns(watch->pid), turns;

    clock_nanosleep(CLOCK_MONOTONIC, 0, &while_, NULL);
    turns = watch_turns(watch->pid);
    if (before != 0 && turns >= before && turns - before <= WATCH_OURS)
        watch->player->options.grace_ns = WATCH_GRACE_NS;
    else if (before != 0 && turns > before)
        watch->player->options.grace_ns = PLAYER_GRACE_NS + 2 * WATCH_LEARN_NS / (turns - before);
    else
        watch->player->options.grace_ns = PLAYER_GRACE_NS;
    watch->now = score_now();
}

/* Every thread sleeps. */
static bool
watch_is_idle(pid_t pid)
{
    char path[64], line[512];
    struct dirent *entry;
    bool idle = true;
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    while (tasks != NULL && idle && (entry = readdir(tasks)) != NULL) {
        const char *end;
        ssize_t got;
        int fd;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%.20s/stat", entry->d_name);
        fd = openat(dirfd(tasks), path, O_RDONLY | O_CLOEXEC);
        got = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
        if (fd >= 0)
            close(fd);
        line[got > 0 ? got : 0] = '\0';
        end = strrchr(line, ')'); /* the name may hold anything */
        idle = end == NULL || end[1] == '\0' || end[2] == 'S';
    }
    if (tasks != NULL)
        closedir(tasks);
    return idle;
}

static void
watch_output(struct player *player)
{
    struct stat status;

    if (fstat(player->output, &status) == 0 && status.st_size > WATCH_OUTPUT)
        (void)!ftruncate(player->output, 0);
}

/* A machine that stands still, or has no time for us either, is not the app's hanging. */
static void
watch_still(struct watch *watch, uint64_t progress)
{
    uint64_t since = watch->now - watch->looked_ns;

    if (watch->looked_ns == 0 || progress != watch->progress_ns)
        watch->still_ns = 0;
    else
        watch->still_ns += since < PLAYER_STEP_NS ? since : PLAYER_STEP_NS;
    watch->looked_ns = watch->now;
}

/* It is to be ended: 0 not yet, else as which. */
static int
watch_look(struct watch *watch)
{
    struct player *player = watch->player;
    const struct score_live *live = score_live(player->score.score);
    uint64_t progress = atomic_load(&live->progress_ns), hang = player->options.hang_ns;

    watch_still(watch, progress);
    if (!watch_is_over(player)) {
        watch->progress_ns = progress;
        watch->done_ns = watch->idle_ns = 0;
        if (atomic_load(&live->cursor) == 0 && player->fork == NULL)
            hang = WATCH_BEGIN_NS;
        return watch->still_ns > hang ? PLAYER_HANG + 1 : 0;
    }
    if (watch->done_ns == 0) {
        watch->done_ns = watch->now;
        watch->still_ns = 0;
    }
    if (!watch_is_idle(watch->pid) || progress != watch->progress_ns) {
        watch->progress_ns = progress;
        watch->idle_ns = 0;
        if (watch->still_ns < (player->gets_idle ? hang : WATCH_BUSY_NS))
            return 0;
        return player->gets_idle ? PLAYER_HANG + 1 : PLAYER_DONE + 1;
    }
    if (player->options.grace_ns == 0)
        watch_learn(watch);
    if (watch->idle_ns == 0)
        watch->idle_ns = watch->now;
    if (watch->now - watch->idle_ns < player->options.grace_ns)
        return 0;
    player->gets_idle = true;
    return PLAYER_DONE + 1;
}

/* Ends it and waits for that. */
static int
watch_kill(struct watch *watch, int *status, struct fault *fault)
{
    struct player_wait wait = {0};
    int ended;

    kill(-watch->pid, SIGKILL);
    kill(watch->pid, SIGKILL);
    while ((ended = watch_ended(watch->player, status)) == 0) {
        watch->now = score_now();
        if (player_waited(&wait) > WATCH_DEAD_NS)
            return fault_set(fault, FAULT_CANNOT_RUN, "the app (pid %d) could not be ended", (int)watch->pid);
        watch_sleep(watch, WATCH_LEAST_NS);
    }
    return ended;
}

static void
watch_count(struct player *player, struct player_result *result)
{
    const struct score *score = player->score.score;

    result->during = result->last = TRACE_NONE;
    for (uint32_t i = 0; i < score->events && i < player->lay.nrows; i++) {
        uint32_t state = atomic_load(&score_event_live(score, i)->state);
        uint32_t step = player->lay.rows[i].step;

        if (step == TRACE_NONE)
            continue;
        result->dropped += state == SCORE_DROPPED;
        if (state != SCORE_ISSUED && state != SCORE_LEFT)
            continue;
        result->delivered++;
        result->last = step;
        if (state == SCORE_ISSUED)
            result->during = step;
    }
}

/* "exit 3" of the recorded app; 0 where the tape does not say. */
static int
watch_expected(const struct trace_base *base)
{
    const char *ended = base->nprocesses > 0 ? base->processes[0].ended : NULL;

    return ended != NULL && strncmp(ended, "exit ", 5) == 0 ? atoi(ended + 5) : 0;
}

static void
watch_conclude(struct player *player, int ours, int status, struct player_result *result)
{
    watch_count(player, result);
    if (ours != 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        result->how = (enum player_how)(ours - 1);
        return;
    }
    result->status = status;
    result->how = WIFSIGNALED(status) ? PLAYER_SIGNAL : PLAYER_EXITED;
    result->unexpected = WIFEXITED(status) && WEXITSTATUS(status) != watch_expected(player->options.base);
}

int
watch_run(struct player *player, pid_t pid, struct player_result *result, struct fault *fault)
{
    struct watch watch = {.player = player, .pid = pid, .slept_ns = WATCH_LEAST_NS};
    int status = 0, ended = 0, ours = 0;

    player->first = 0;
    while ((ended = watch_ended(player, &status)) == 0) {
        watch.now = score_now();
        ours = watch_look(&watch);
        if (ours != 0) {
            ended = watch_kill(&watch, &status, fault);
            break;
        }
        watch_output(player);
        if (watch.idle_ns != 0 && player->options.grace_ns < watch.slept_ns)
            watch.slept_ns = player->options.grace_ns;
        watch_sleep(&watch, watch.slept_ns);
        if (watch.slept_ns < WATCH_MOST_NS)
            watch.slept_ns += watch.slept_ns / 4;
    }
    if (ended == 1 && player->fork == NULL)
        kill(-pid, SIGKILL);
    if (ended != 1)
        return fault->text[0] != '\0'
                   ? -1
                   : fault_set(fault, FAULT_CANNOT_RUN, "the app's fork server was ended by somebody");
    watch_conclude(player, ours, status, result);
    return 0;
}
