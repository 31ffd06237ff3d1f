// SPDX-License-Identifier: MIT
/* The recorder's life: open, spawn, passes, finish. */
#include "recorder/recorder.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "recorder/command.h"
#include "recorder/environment.h"
#include "recorder/proc.h"
#include "recorder/recorder_parts.h"
#include "recorder/signals.h"
#include "recorder/spawn.h"

#define MS 1000000u
#define BATCH 8192          /* records per pass: one transaction */
#define NAP_ACTIVE (2 * MS) /* design: polls, and is woken only past half full */
#define NAP_IDLE (5 * MS)
#define IDLE_AFTER (1000 * MS)
#define OVERSLEPT_MOST (100 * MS)
#define LOOK_EVERY (50 * MS)
#define LOOK_OTHERS (200 * MS)

uint64_t
recorder_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- open ------------------------------------------------------------------------------------- */

struct recorder *
recorder_open(const struct recorder_options *options, struct fault *fault)
{
    struct recorder *recorder = calloc(1, sizeof *recorder);
    if (recorder == NULL) {
        fault_errno(fault, FAULT_INTERNAL, "recorder");
        return NULL;
    }
    recorder->options = *options;
    recorder->pidfd = -1;
    /* The tape first: it is refused before anything else happens. */
    struct tape_writer *tape = NULL;
    if (options->output != NULL) {
        tape = tape_create(options->output, options->replace, fault);
        recorder->output = strdup(options->output);
        if (tape == NULL || recorder->output == NULL)
            goto failed;
    }
    recorder->ring = ring_create(&options->ring, fault);
    if (recorder->ring == NULL)
        goto failed;
    if (inbox_open(&recorder->inbox, recorder->ring, tape, fault) != 0 ||
        recorder_meta_begin(recorder, fault) != 0 || (tape != NULL && tape_commit(tape, fault) != 0))
        goto failed;
    return recorder;
failed:
    inbox_close(&recorder->inbox);
    if (recorder->ring != NULL)
        ring_destroy(recorder->ring, true);
    tape_discard(tape);
    free(recorder->output);
    free(recorder);
    return NULL;
}

int
recorder_spawn(struct recorder *recorder, char *const argv[], struct fault *fault)
{
    char **environment = environment_make(recorder, argv, fault);
    int result = -1;
    recorder->argv = argv;
    if (environment != NULL) {
        /* Daemons that the app leaves behind become our children: then we learn how they end. */
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        signals_begin();
        const int files[] = {recorder->options.app_output, recorder->options.app_error};
        result = spawn_app(argv, environment, files, &recorder->pid, &recorder->pidfd, fault);
        environment_free(environment);
    }
    if (result != 0) {
        signals_end();
        recorder->pid = 0;
        /* Nothing happened, so nothing stays. */
        tape_discard(recorder->inbox.tape);
        recorder->inbox.tape = NULL;
        return -1;
    }
    signals_target(recorder->pidfd);
    recorder->inbox.app_pid = (uint32_t)recorder->pid;
    recorder->active_ns = recorder->looked_ns = recorder_now();
    inbox_process(&recorder->inbox, (uint32_t)recorder->pid);
    if (recorder->inbox.tape != NULL) {
        /* The whole command line comes at the end, when we know what in it is secret. */
        const char *slash = strrchr(argv[0], '/');
        tape_write_meta(recorder->inbox.tape, "program", slash != NULL ? slash + 1 : argv[0], NULL);
    }
    return 0;
}

/* ---- passes ----------------------------------------------------------------------------------- */

/* The tape takes no more. The app must not suffer from that: it goes on, unrecorded, and what is
 * on the tape so far is kept. */
static void
tape_fails(struct recorder *recorder, const struct fault *why)
{
    struct inbox *inbox = &recorder->inbox;
    tape_rollback(inbox->tape);
    recorder->tape_failed = true;
    snprintf(recorder->trouble, sizeof recorder->trouble, "%s", why->text);
    inbox_drop(inbox);
    if (recorder->options.observer == NULL)
        ring_close(recorder->ring);
    if (recorder->options.words != NULL) {
        char text[1200];
        snprintf(text, sizeof text, "%s; the app goes on, unrecorded from here", why->text);
        recorder->options.words(text);
    }
}

struct pass {
    struct recorder *recorder;
    bool memory;
};

static int
pass_record(void *context, const struct ring_event *event)
{
    struct pass *pass = context;
    struct recorder *recorder = pass->recorder;
    if (recorder->options.observer != NULL) {
        int result = recorder->options.observer(recorder->options.observer_context, event);
        if (result != 0)
            return result;
    }
    if (recorder->tape_failed)
        return 0;
    if (inbox_take(&recorder->inbox, event) != 0) {
        pass->memory = true;
        return -1;
    }
    return 0;
}

static int
drain(struct recorder *recorder, size_t *seen, struct fault *fault)
{
    struct pass pass = {.recorder = recorder};
    struct fault why = {0};
    /* What the tape could not take stays in the ring, for `recover`. */
    if (recorder->tape_failed && recorder->options.observer == NULL) {
        *seen = 0;
        return 0;
    }
    int result = ring_drain(recorder->ring, BATCH, pass_record, &pass, seen);
    if (result != 0)
        return pass.memory ? fault_set(fault, FAULT_INTERNAL, "recorder: out of memory")
                           : fault_set(fault, FAULT_INTERNAL, "recorder: stopped by its observer");
    recorder->full = *seen >= BATCH;
    if (!recorder->tape_failed && inbox_flush(&recorder->inbox, &why) != 0) {
        tape_fails(recorder, &why);
        if (recorder->options.observer == NULL)
            return 0;
    }
    ring_release(recorder->ring);
    return 0;
}

static void
reap(struct recorder *recorder)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        inbox_ended(&recorder->inbox, (uint32_t)pid, status);
        if (pid != recorder->pid)
            continue;
        recorder->ended = true;
        recorder->status = status;
        recorder->ended_ns = recorder_now();
        recorder->others = true;
        recorder->looked_ns = 0;
        signals_target(-1);
    }
    /* Orphans become our children: with none left, nobody is left. */
    if (pid < 0 && errno == ECHILD && recorder->ended)
        recorder->others = false;
}

static bool
attached(void *context, pid_t pid)
{
    const struct recorder *recorder = context;
    return proc_maps(pid, ring_path(recorder->ring));
}

/* Looks after the rings; once the app has ended, whether a process it left running still uses one. */
static void
look(struct recorder *recorder)
{
    uint64_t now = recorder_now();
    if (recorder->ended && !recorder->others)
        return;
    if (now - recorder->looked_ns < (recorder->ended ? LOOK_OTHERS : LOOK_EVERY) && recorder->looked_ns != 0)
        return;
    recorder->looked_ns = now;
    uint32_t live = ring_tend(recorder->ring);
    if (!recorder->ended || !recorder->others)
        return;
    recorder->others = live > 0 || proc_descendants(attached, recorder);
    if (recorder->others && !recorder->told && now - recorder->ended_ns > 300 * MS) {
        recorder->told = true;
        if (recorder->options.words != NULL)
            recorder->options.words(
                recorder->options.score != NULL
                    ? "the app has ended, but processes that it started still use the SDK; the replay goes "
                      "on "
                      "until they end (Ctrl-C: ends here)"
                    : "the app has ended, but processes that it started still use the SDK; recording goes on "
                      "until they end (Ctrl-C: ends here)");
    }
}

int
recorder_pass(struct recorder *recorder, uint64_t *seen, struct fault *fault)
{
    size_t count = 0;
    reap(recorder);
    bool was_ended = recorder->ended;
    if (drain(recorder, &count, fault) != 0)
        return -1;
    if (seen != NULL)
        *seen = count;
    if (count > 0)
        recorder->active_ns = recorder_now();
    look(recorder);
    if (was_ended && signals_asked())
        recorder->others = false;
    return !was_ended || count > 0 || recorder->others;
}

void
recorder_wait(struct recorder *recorder)
{
    if (recorder->full)
        return;
    uint64_t before = recorder_now();
    uint64_t nap = before - recorder->active_ns > IDLE_AFTER ? NAP_IDLE : NAP_ACTIVE;
    ring_wait(recorder->ring, nap);
    uint64_t took = recorder_now() - before;
    /* How late this machine wakes a sleeper: the app's timers are as late. Longer is a stopped recorder. */
    if (took >= nap && took < nap + OVERSLEPT_MOST) {
        recorder->overslept_ns += took - nap;
        recorder->naps++;
    }
}

int
recorder_run(struct recorder *recorder, struct fault *fault)
{
    int more;
    while ((more = recorder_pass(recorder, NULL, fault)) > 0)
        recorder_wait(recorder);
    return more;
}

pid_t
recorder_pid(const struct recorder *recorder)
{
    return recorder->pid;
}

bool
recorder_ended(const struct recorder *recorder, int *status)
{
    if (recorder->ended && status != NULL)
        *status = recorder->status;
    return recorder->ended;
}

struct sending {
    int number;
    unsigned reached;
};

static bool
send_signal(void *context, pid_t pid)
{
    struct sending *sending = context;
    sending->reached += kill(pid, sending->number) == 0;
    return false;
}

unsigned
recorder_signal(struct recorder *recorder, int number)
{
    struct sending sending = {.number = number};
    (void)recorder;
    proc_descendants(send_signal, &sending);
    return sending.reached;
}

struct ring_reader *
recorder_ring(struct recorder *recorder)
{
    return recorder->ring;
}

struct tape_writer *
recorder_tape(struct recorder *recorder)
{
    return recorder->inbox.tape;
}

/* ---- finish ----------------------------------------------------------------------------------- */

static int
finish_tape(struct recorder *recorder, const struct recorder_report *report, struct fault *fault)
{
    struct inbox *inbox = &recorder->inbox;
    struct tape_writer *tape = inbox->tape;
    bool whole = !recorder->tape_failed;
    struct fault why = {0};
    if (recorder->tape_failed)
        tape_write_meta(tape, "trouble", recorder->trouble, NULL);
    inbox->dirty = whole;
    if ((!whole || inbox_flush(inbox, &why) == 0) &&
        recorder_meta_end(inbox, report, recorder->argv, &why) == 0) {
        inbox->tape = NULL;
        return tape_finish(tape, whole, fault);
    }
    inbox->tape = NULL;
    tape_abandon(tape);
    return fault_set(fault, FAULT_CANNOT_RUN, "%s", why.text);
}

/* An app that was told to end gets a moment to do so. */
static void
await_end(struct recorder *recorder)
{
    const struct timespec pause = {0, 5 * MS};
    for (unsigned i = 0; i < 400 && recorder->pid > 0 && !recorder->ended; i++) {
        reap(recorder);
        if (!recorder->ended)
            nanosleep(&pause, NULL);
    }
}

int
recorder_finish(struct recorder *recorder, struct recorder_report *report, struct fault *fault)
{
    struct fault why = {0};
    *report = (struct recorder_report){0};
    await_end(recorder);
    ring_close(recorder->ring);
    for (size_t seen = 1; seen > 0;) {
        if (drain(recorder, &seen, fault) != 0)
            break;
    }
    signals_end();
    uint64_t end = recorder->ended ? recorder->ended_ns : recorder_now();
    report->duration_ns = (int64_t)(end - ring_header(recorder->ring)->start_ns);
    report->overslept_ns = recorder->naps > 0 ? recorder->overslept_ns / recorder->naps : 0;
    report->ended = recorder->ended;
    report->status = recorder->status;
    /* Numbers given out at the very end whose writer died before it wrote. */
    if (!recorder->tape_failed)
        inbox_tail(&recorder->inbox, ring_header(recorder->ring)->seq);
    recorder_count(&recorder->inbox, report);
    if (recorder->inbox.tape != NULL && finish_tape(recorder, report, &why) != 0) {
        report->tape_unfinished = true;
        if (!recorder->tape_failed)
            snprintf(recorder->trouble, sizeof recorder->trouble, "%s", why.text);
        recorder->tape_failed = true;
    }
    report->tape_failed = recorder->tape_failed;
    snprintf(report->trouble, sizeof report->trouble, "%s", recorder->trouble);
    struct stat status;
    if (recorder->output != NULL && stat(recorder->output, &status) == 0)
        report->tape_bytes = (uint64_t)status.st_size;
    report->unseen = recorder->unseen;
    /* `recover` may want what is left in it (an observer has taken it on). */
    ring_destroy(recorder->ring, !report->tape_unfinished || recorder->options.observer != NULL);
    recorder->ring = NULL;
    inbox_close(&recorder->inbox);
    return 0;
}

void
recorder_free(struct recorder *recorder)
{
    if (recorder == NULL)
        return;
    signals_end();
    if (recorder->ring != NULL) {
        struct tape_writer *tape = recorder->inbox.tape;
        ring_close(recorder->ring);
        inbox_close(&recorder->inbox);
        tape_abandon(tape);
        ring_destroy(recorder->ring, tape == NULL);
    }
    if (recorder->pidfd >= 0)
        close(recorder->pidfd);
    free(recorder->output);
    free(recorder);
}
