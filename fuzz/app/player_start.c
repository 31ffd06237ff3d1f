// SPDX-License-Identifier: MIT
/* Starting the app, as a fork server or for one run. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/app/player_parts.h"
#include "replay/score/score_edge.h"

#define START_NS                                                                                             \
    10000000000u /* until the app has come to the call; sanitizers on a loaded machine are slow */
#define START_SLICE_NS 5000000u

int
make_score(struct player *player, const struct trace *trace, bool fork, struct score_file *file,
           struct fault *fault)
{
    struct score_options options = {.free = true, .patience_ns = player->options.patience_ns};

    if (lay_trace(&player->lay, trace, player->fork_ns, fault) != 0)
        return -1;
    for (uint32_t i = 0; fork && i < player->lay.nrows && options.fork == 0; i++) {
        if (player->lay.rows[i].base == player->fork_call)
            options.fork = player->lay.rows[i].seq;
    }
    return lay_score(&player->lay, &options, file, fault);
}

/* The environment that the user gave, with what only fuzzing needs. */
static char **
start_environment(struct player *player, const char *score, bool fork, struct fault *fault)
{
    char *const *base = player->options.environment != NULL ? player->options.environment : environ;
    struct loader_settings settings = {
        .directory = player->directory, .score = score, .sdk = player->options.sdk};
    char words[3][300] = {"", "", ""};
    size_t count = 0, used = 0;
    char **with, **made;

    while (base[count] != NULL)
        count++;
    with = calloc(count + 4, sizeof *with);
    if (with == NULL) {
        fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the app's environment");
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (strncmp(base[i], SCORE_FORK_ENV "=", sizeof SCORE_FORK_ENV) != 0 &&
            strncmp(base[i], "__AFL_SHM_ID=", 13) != 0 && strncmp(base[i], "AFL_MAP_SIZE=", 13) != 0)
            with[used++] = base[i];
    }
    if (fork) {
        snprintf(words[0], sizeof words[0], "%s=%s", SCORE_FORK_ENV, player->fork_path);
        with[used++] = words[0];
    }
    if (player->map != NULL) {
        snprintf(words[1], sizeof words[1], "__AFL_SHM_ID=%d", player->map_id);
        snprintf(words[2], sizeof words[2], "AFL_MAP_SIZE=%u", player->options.coverage);
        with[used++] = words[1];
        with[used++] = words[2];
    }
    made = loader_environment(&player->plan, &settings, with, fault);
    free(with);
    return made;
}

/* In the child, until exec. A background group must not be stopped for reading the terminal. */
static void
start_exec(struct player *player, char *const environment[], pid_t parent, int report)
{
    int none = open("/dev/null", O_RDWR), error;
    sigset_t empty;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0, 0, 0);
    sigemptyset(&empty);
    sigprocmask(SIG_SETMASK, &empty, NULL);
    if (getppid() == parent && none >= 0 && dup2(none, STDIN_FILENO) >= 0 &&
        dup2(player->output, STDOUT_FILENO) >= 0 && dup2(player->output, STDERR_FILENO) >= 0) {
        if (none > STDERR_FILENO)
            close(none);
        execvpe(player->options.argv[0], player->options.argv, environment);
    }
    error = errno;
    if (write(report, &error, sizeof error) != sizeof error)
        _exit(126);
    _exit(127);
}

int
start_app(struct player *player, const char *score, bool fork_too, struct fault *fault)
{
    char **environment = start_environment(player, score, fork_too, fault);
    int report[2], error = 0;
    pid_t parent = getpid(), pid;
    ssize_t got;

    if (environment == NULL)
        return -1;
    if (pipe2(report, O_CLOEXEC) != 0) {
        loader_environment_free(environment);
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot start the app");
    }
    pid = fork();
    if (pid == 0)
        start_exec(player, environment, parent, report[1]);
    error = errno;
    loader_environment_free(environment);
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        errno = error;
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot start the app");
    }
    setpgid(pid, pid);
    do
        got = read(report[0], &error, sizeof error);
    while (got < 0 && errno == EINTR);
    close(report[0]);
    if (got == sizeof error) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
        errno = error;
        return fault_errno(fault, error == ENOENT ? FAULT_NOT_FOUND : FAULT_CANNOT_RUN, "%s: cannot run",
                           player->options.argv[0]);
    }
    player->app = pid;
    return 0;
}

/* The control page lies beside the score and is swept like one, should we be killed. */
static int
start_page(struct player *player, struct fault *fault)
{
    size_t length = strlen(player->begun.path);
    struct score_fork *page;

    memcpy(player->fork_path, player->begun.path, length + 1);
    memcpy(player->fork_path + length - 6, "XXXXXX", 6);
    player->fork_lock = mkostemp(player->fork_path, O_CLOEXEC);
    if (player->fork_lock < 0) {
        player->fork_path[0] = '\0';
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot create the fork server's page",
                           player->begun.path);
    }
    (void)flock(player->fork_lock, LOCK_EX | LOCK_NB);
    page = ftruncate(player->fork_lock, sizeof *page) != 0
               ? MAP_FAILED
               : mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, player->fork_lock, 0);
    if (page == MAP_FAILED)
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot map the fork server's page",
                           player->fork_path);
    memcpy(page->magic, SCORE_FORK_MAGIC, sizeof page->magic);
    page->player = (uint32_t)getpid();
    player->fork = page;
    return 0;
}

static const char *
start_call(const struct player *player)
{
    return player->options.base->events[player->fork_call].name;
}

/* All that the SDK sends comes after a registration or login, so that the last one before the first callback
 * has as much as possible of the app's start behind it. */
uint32_t
start_choose(const struct trace_base *base, uint32_t before)
{
    uint32_t chosen = TRACE_NONE;

    for (uint32_t i = 0; i < base->nevents && i < before && !base->events[i].is_callback; i++) {
        const struct tape_event *event = &base->events[i];

        if (event->parent != 0 || event->entry == NULL || event->nargs != event->entry->nparams ||
            (event->entry->kind != API_REGISTER && !event->entry->opens))
            continue;
        for (uint32_t j = 0; j < base->nthreads; j++) {
            if (base->threads[j].thread == event->thread && base->threads[j].pid == base->threads[j].tid)
                chosen = i;
        }
    }
    return chosen;
}

static int
start_once(struct player *player, struct fault *fault)
{
    struct trace base = {0};
    struct player_wait wait = {0};
    uint32_t state;
    int result, status;

    player->fork_ns = player->options.base->events[player->fork_call].at_ns;
    if (trace_begin(&base, player->options.base) != 0)
        result = fault_set(fault, FAULT_CANNOT_RUN, "out of memory for a trace");
    else
        result = make_score(player, &base, true, &player->begun, fault);
    trace_free(&base);
    if (result != 0 || start_page(player, fault) != 0 ||
        start_app(player, player->begun.path, true, fault) != 0)
        return -1;
    while ((state = atomic_load(&player->fork->state)) == SCORE_FORK_NEVER &&
           player_waited(&wait) < START_NS) {
        if (waitpid(player->app, &status, WNOHANG) == player->app) {
            player->app = 0;
            break;
        }
        score_futex_wait(&player->fork->state, state, score_now() + START_SLICE_NS);
    }
    return atomic_load(&player->fork->state) == SCORE_FORK_READY;
}

/* Why it came to nothing; the first time it is told. */
static void
start_told(struct player *player)
{
    if (player->no_fork[0] != '\0')
        return;
    if (atomic_load(&player->fork->state) == SCORE_FORK_REFUSED)
        snprintf(player->no_fork, sizeof player->no_fork,
                 "the app has %u threads when it calls %s, and only a single one can be forked",
                 atomic_load(&player->fork->threads), start_call(player));
    else
        snprintf(player->no_fork, sizeof player->no_fork, "the app %s it called %s as on the tape",
                 player->app == 0 ? "ended before" : "did not come to where", start_call(player));
}

int
start_server(struct player *player, struct fault *fault)
{
    while (player->fork_call != TRACE_NONE) {
        int started = start_once(player, fault);
        bool refused = player->fork != NULL && atomic_load(&player->fork->state) == SCORE_FORK_REFUSED;

        if (started != 0)
            return started;
        start_told(player);
        stop_app(player);
        /* Earlier it may have had a single one. */
        player->fork_call = refused ? start_choose(player->options.base, player->fork_call) : TRACE_NONE;
    }
    return 0;
}

void
stop_app(struct player *player)
{
    uint32_t child;

    if (player->fork != NULL && atomic_load(&player->fork->state) == SCORE_FORK_RUNNING &&
        (child = atomic_load(&player->fork->pid)) != 0)
        kill(-(pid_t)child, SIGKILL);
    if (player->app > 0) {
        kill(-player->app, SIGKILL);
        kill(player->app, SIGKILL);
        while (waitpid(player->app, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    player->app = 0;
    if (player->fork != NULL)
        munmap(player->fork, sizeof *player->fork);
    player->fork = NULL;
    if (player->fork_path[0] != '\0') {
        unlink(player->fork_path);
        close(player->fork_lock);
        player->fork_path[0] = '\0';
    }
    score_destroy(&player->begun);
}
