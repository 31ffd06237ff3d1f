// SPDX-License-Identifier: MIT
#include "fuzz/app/player.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/app/player_parts.h"
#include "replay/score/score_edge.h"

#define PLAYER_ASK_NS 10000000000u
#define PLAYER_SLICE_NS 5000000u

static int
player_map_open(struct player *player, struct fault *fault)
{
    void *map;

    if (player->options.coverage == 0)
        return 0;
    player->map_id = shmget(IPC_PRIVATE, player->options.coverage, IPC_CREAT | IPC_EXCL | 0600);
    if (player->map_id < 0)
        return fault_errno(fault, FAULT_CANNOT_RUN, "no shared memory for %u bytes of coverage",
                           player->options.coverage);
    map = shmat(player->map_id, NULL, 0);
    /* It goes with the last who has it; Linux lets others attach until then. */
    shmctl(player->map_id, IPC_RMID, NULL);
    if (map == (void *)-1)
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot attach the coverage map");
    player->map = map;
    return 0;
}

static int
player_output_open(struct player *player, struct fault *fault)
{
    player->output = memfd_create("timtape-output", MFD_CLOEXEC);
    player->text = malloc(PLAYER_TEXT + 1);
    if (player->output < 0 || player->text == NULL || fcntl(player->output, F_SETFL, O_APPEND) != 0)
        return fault_errno(fault, FAULT_CANNOT_RUN, "no memory for what the app prints");
    return 0;
}

struct player *
player_open(const struct player_options *options, struct fault *fault)
{
    struct player *player = calloc(1, sizeof *player);

    if (player == NULL) {
        fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the player");
        return NULL;
    }
    player->options = *options;
    player->output = player->fork_lock = -1;
    if (player->options.hang_ns == 0)
        player->options.hang_ns = PLAYER_HANG_NS;
    if (player->options.patience_ns == 0)
        player->options.patience_ns = PLAYER_PATIENCE_NS;
    player->fork_call = start_choose(options->base, TRACE_NONE);
    player->fork_ns = INT64_MIN;
    player->never_forks = options->restart || player->fork_call == TRACE_NONE;
    if (options->restart)
        strcpy(player->no_fork, "it was asked for");
    else if (player->never_forks)
        strcpy(player->no_fork, "the main thread registers nothing before the first callback of the tape");
    else
        player->fork_ns = options->base->events[player->fork_call].at_ns;
    if (loader_directory(player->directory, sizeof player->directory, fault) != 0 ||
        loader_plan(options->argv[0], options->via, true, player->directory, &player->plan, fault) != 0)
        goto failed;
    if (player->plan.way == LOADER_IMPOSSIBLE) {
        fault_set(fault, FAULT_CANNOT_RUN, "%s: cannot be fuzzed: %s", options->argv[0], player->plan.reason);
        goto failed;
    }
    if (player_output_open(player, fault) != 0 || player_map_open(player, fault) != 0)
        goto failed;
    return player;
failed:
    player_close(player);
    return NULL;
}

void
player_close(struct player *player)
{
    if (player == NULL)
        return;
    stop_app(player);
    score_destroy(&player->score);
    lay_free(&player->lay);
    if (player->map != NULL)
        shmdt(player->map);
    if (player->output >= 0)
        close(player->output);
    free(player->text);
    free(player);
}

const char *
player_no_fork(const struct player *player)
{
    return player->never_forks ? player->no_fork : NULL;
}

int64_t
player_fork_ns(const struct player *player)
{
    return player->fork_ns;
}

const uint8_t *
player_map(const struct player *player, size_t *bytes)
{
    *bytes = player->map == NULL ? 0 : player->options.coverage;
    return player->map;
}

static void
player_read(struct player *player, struct player_result *result)
{
    struct stat status = {0};
    off_t from;
    ssize_t got;

    fstat(player->output, &status);
    from = status.st_size > (off_t)PLAYER_TEXT ? status.st_size - (off_t)PLAYER_TEXT : 0;
    got = pread(player->output, player->text, PLAYER_TEXT, from);
    result->bytes = got > 0 ? (size_t)got : 0;
    player->text[result->bytes] = '\0';
    result->text = player->text;
}

uint64_t
player_waited(struct player_wait *wait)
{
    uint64_t now = score_now(), since = now - wait->looked_ns;

    if (wait->looked_ns != 0)
        wait->waited_ns += since < PLAYER_STEP_NS ? since : PLAYER_STEP_NS;
    wait->looked_ns = now;
    return wait->waited_ns;
}

/* The server forks; *pid is the child. */
static int
player_ask(struct player *player, pid_t *pid, struct fault *fault)
{
    struct score_fork *page = player->fork;
    uint32_t runs = atomic_load(&page->runs), state;
    struct player_wait wait = {0};

    memcpy(page->path, player->score.path, sizeof page->path);
    score_begin(player->score.score);
    atomic_store(&page->state, SCORE_FORK_ASKED);
    score_futex_wake(&page->state);
    while ((state = atomic_load(&page->state)) == SCORE_FORK_ASKED && player_waited(&wait) < PLAYER_ASK_NS) {
        if (kill(player->app, 0) != 0)
            break;
        score_futex_wait(&page->state, state, score_now() + PLAYER_SLICE_NS);
    }
    *pid = (pid_t)atomic_load(&page->pid);
    if (state == SCORE_FORK_ASKED || *pid <= 0)
        return fault_set(fault, FAULT_CANNOT_RUN, "the app's fork server %s",
                         *pid == 0 && atomic_load(&page->runs) != runs ? "cannot fork" : "does not answer");
    return 0;
}

static int
player_play(struct player *player, const struct trace *trace, struct player_result *result,
            struct fault *fault)
{
    bool forking = !player->never_forks;
    pid_t pid;

    if (forking && player->fork == NULL) {
        int started = start_server(player, fault);

        if (started < 0)
            return -1;
        forking = started == 1;
        player->never_forks = !forking;
    }
    /* What went before a fork that is not to be is nobody's limit. */
    if (!forking)
        player->fork_ns = INT64_MIN;
    if (make_score(player, trace, forking, &player->score, fault) != 0)
        return -1;
    (void)!ftruncate(player->output, 0);
    if (player->map != NULL)
        memset(player->map, 0, player->options.coverage);
    if (forking) {
        if (player_ask(player, &pid, fault) != 0)
            return -1;
    } else {
        score_begin(player->score.score);
        if (start_app(player, player->score.path, false, fault) != 0)
            return -1;
        pid = player->app;
    }
    result->forked = forking;
    if (watch_run(player, pid, result, fault) != 0)
        return -1;
    if (forking && atomic_load(&player->fork->playing) == 0 && result->how == PLAYER_EXITED)
        return fault_set(fault, FAULT_INTERNAL, "a fork of the app could not map its score");
    return 0;
}

int
player_run(struct player *player, const struct trace *trace, struct player_result *result,
           struct fault *fault)
{
    uint64_t began = score_now();
    int played;

    *result = (struct player_result){.during = TRACE_NONE, .last = TRACE_NONE};
    fault->text[0] = '\0';
    played = player_play(player, trace, result, fault);
    /* A server that does not answer is no fault of the trace: another one gets it. */
    for (int again = 0; played != 0 && result->forked && again < 2; again++) {
        stop_app(player);
        score_destroy(&player->score);
        *result = (struct player_result){.during = TRACE_NONE, .last = TRACE_NONE};
        fault->text[0] = '\0';
        played = player_play(player, trace, result, fault);
    }
    if (played != 0)
        stop_app(player);
    score_destroy(&player->score);
    player_read(player, result);
    result->ns = score_now() - began;
    return played;
}
