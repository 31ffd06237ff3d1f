// SPDX-License-Identifier: MIT
#include "replay/batch/many.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay/score/score_edge.h"

#define TAIL_BYTES 16384 /* of an app's output that is kept */
#define READS_MOST 32    /* of one app's output at a time: more than a pipe holds */
#define LOOK_MS 200
#define KILL_AFTER_NS 15000000000ull /* more than a replay needs to end its app, one way or the other */

/* Where a replay's process leaves what it found: memory that it shares with us. */
struct slot {
    int result; /* of run_replay; `done` first says that it came so far */
    bool done;
    struct verdict verdict;
    struct fault fault;
};

/* A replay that runs. */
struct job {
    struct many_case *one; /* NULL: this place is free */
    struct slot *slot;
    pid_t pid;
    int pidfd, output;         /* -1: none */
    char tail[2 * TAIL_BYTES]; /* the last that came */
    size_t tail_bytes;
    uint64_t started_ns;
};

struct many {
    const struct many_options *options;
    struct job *jobs;
    struct slot *slots;
    struct pollfd *polls;
    size_t places, running;
    bool stop; /* begin nothing more */
    struct fault *fault;
    uint64_t told_ns, first_told_ns; /* when the replays were last, first told to end */
};

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
#define SIGNALS (sizeof signals / sizeof *signals)
static struct sigaction before[SIGNALS];
static volatile sig_atomic_t stop_signal;

static void
on_stop(int number)
{
    stop_signal = number;
}

static void
on_nothing(int number)
{
    (void)number;
}

bool
many_good(const struct many_case *one)
{
    return one->verdict != NULL && one->verdict->class == VERDICT_AS_RECORDED;
}

/* ---- one replay, in its process ---------------------------------------------------------------- */

/*
 * Until run_replay has handlers of its own, a signal to end must not kill this process: session and imported
 * tape would stay behind. It is sent again until we are gone.
 */
static void
child_signals(void)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction action = {.sa_handler = on_nothing};
        sigemptyset(&action.sa_mask);
        sigaction(signals[i], before[i].sa_handler == SIG_IGN ? &before[i] : &action, NULL);
    }
}

static void
child(const struct many *many, struct job *job, int output, pid_t parent)
{
    struct slot *slot = job->slot;
    struct run_options run = *many->options->run;
    char **app = many_app(many->options->app, job->one->tape);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    child_signals();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    /* Apps side by side cannot share a terminal. */
    if (nothing >= 0)
        dup2(nothing, STDIN_FILENO);
    for (size_t i = 0; i < many->places; i++) {
        if (many->jobs[i].one != NULL && many->jobs[i].output >= 0)
            close(many->jobs[i].output);
    }
    run.tape = job->one->tape;
    run.output = output;
    run.control.words = NULL;
    run.control.line = NULL;
    if (app == NULL)
        slot->result = fault_set(&slot->fault, FAULT_INTERNAL, "no memory for the app's command line");
    else if (getppid() == parent)
        slot->result = run_replay(&run, app, &slot->verdict, &slot->fault);
    slot->done = true;
    free(app);
}

static struct job *
free_place(struct many *many)
{
    for (size_t i = 0; i < many->places; i++) {
        if (many->jobs[i].one == NULL)
            return &many->jobs[i];
    }
    return NULL;
}

static int
begin(struct many *many, struct many_case *one, struct fault *fault)
{
    struct job *job = free_place(many);
    int ends[2];
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fault_errno(fault, FAULT_INTERNAL, "no pipe for the app's output");
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    memset(job->slot, 0, sizeof *job->slot);
    job->one = one;
    job->output = ends[0];
    job->tail_bytes = 0;
    job->started_ns = score_now();
    job->pid = fork();
    if (job->pid == 0) {
        child(many, job, ends[1], parent);
        _exit(0);
    }
    close(ends[1]);
    if (job->pid < 0) {
        fault_errno(fault, FAULT_INTERNAL, "no process for a replay");
        close(ends[0]);
        job->one = NULL;
        return -1;
    }
    job->pidfd = (int)syscall(SYS_pidfd_open, job->pid, 0);
    many->running++;
    return 0;
}

/* ---- what comes of it ---------------------------------------------------------------------------- */

static void
take_output(struct job *job)
{
    /* An app that never stops writing must not keep us from the others. */
    for (int reads = 0; job->output >= 0 && reads < READS_MOST; reads++) {
        if (job->tail_bytes == sizeof job->tail) {
            memmove(job->tail, job->tail + TAIL_BYTES, TAIL_BYTES);
            job->tail_bytes = TAIL_BYTES;
        }
        ssize_t bytes = read(job->output, job->tail + job->tail_bytes, sizeof job->tail - job->tail_bytes);
        if (bytes > 0) {
            job->tail_bytes += (size_t)bytes;
        } else if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        } else {
            close(job->output);
            job->output = -1;
        }
    }
}

/* The last part, from the beginning of a line. */
static void
keep_output(struct job *job)
{
    const char *from = job->tail;
    size_t bytes = job->tail_bytes;
    if (bytes > TAIL_BYTES) {
        from += bytes - TAIL_BYTES;
        bytes = TAIL_BYTES;
        const char *line = memchr(from, '\n', bytes - 1);
        if (line != NULL) {
            bytes -= (size_t)(line + 1 - from);
            from = line + 1;
        }
    }
    job->one->output = malloc(bytes + 1);
    if (job->one->output == NULL)
        return;
    memcpy(job->one->output, from, bytes);
    job->one->output[bytes] = '\0';
    job->one->output_bytes = bytes;
}

static bool
names_tape(const char *word)
{
    return strstr(word, "{}") != NULL || strstr(word, "{name}") != NULL;
}

/* A fault that every other tape would meet, too. */
static bool
concerns_all(const struct many *many, const struct fault *fault)
{
    return fault->kind == FAULT_USAGE ||
           (fault->kind == FAULT_NOT_FOUND && !names_tape(many->options->app[0]));
}

/* Ctrl-C reaches the app as well, perhaps before the replay's process can know of it: that is no crash. */
static void
mind_interruption(struct verdict *verdict)
{
    if (stop_signal == 0 || verdict->class != VERDICT_CRASHED || verdict->signal != stop_signal)
        return;
    verdict->class = VERDICT_INTERRUPTED;
    snprintf(verdict->sentence, sizeof verdict->sentence, "interrupted by signal %d (%s)", verdict->signal,
             strsignal(verdict->signal));
}

static void
judge_end(struct many *many, struct job *job, int status)
{
    struct many_case *one = job->one;
    const struct slot *slot = job->slot;
    one->failed = true;
    if (!slot->done && WIFSIGNALED(status)) {
        fault_set(&one->fault, FAULT_INTERNAL, "the process of this replay was ended by signal %d (%s)",
                  WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else if (!slot->done) {
        fault_set(&one->fault, FAULT_INTERNAL, "the process of this replay ended before its time");
    } else if (slot->result != 0) {
        one->fault = slot->fault;
    } else {
        one->verdict = malloc(sizeof *one->verdict);
        if (one->verdict != NULL) {
            *one->verdict = slot->verdict;
            one->failed = false;
            mind_interruption(one->verdict);
        } else {
            fault_set(&one->fault, FAULT_INTERNAL, "no memory for a verdict");
        }
    }
    if (one->failed && concerns_all(many, &one->fault) && !many->stop) {
        many->stop = true;
        *many->fault = one->fault;
    }
}

static void
end(struct many *many, struct job *job, int status)
{
    struct many_case *one = job->one;
    take_output(job);
    if (job->output >= 0)
        close(job->output);
    if (job->pidfd >= 0)
        close(job->pidfd);
    one->took_ns = score_now() - job->started_ns;
    judge_end(many, job, status);
    if (!many_good(one) && job->tail_bytes > 0)
        keep_output(job);
    job->one = NULL;
    many->running--;
    if (many->options->ended != NULL)
        many->options->ended(many->options->context, one);
}

/* Sent again and again: the first may come before the replay can act on it. */
static void
tell_to_end(struct many *many)
{
    uint64_t now = score_now();
    if (many->first_told_ns == 0)
        many->first_told_ns = now;
    else if (now < many->told_ns + LOOK_MS * 1000000ull)
        return;
    many->told_ns = now;
    int number = now > many->first_told_ns + KILL_AFTER_NS ? SIGKILL
                 : stop_signal != 0                        ? stop_signal
                                                           : SIGTERM;
    for (size_t i = 0; i < many->places; i++) {
        if (many->jobs[i].one != NULL)
            kill(many->jobs[i].pid, number);
    }
}

/* Waits until something happens, or a while, and looks after all that run. */
static void
look_after(struct many *many)
{
    size_t count = 0;
    for (size_t i = 0; i < many->places; i++) {
        if (many->jobs[i].one == NULL)
            continue;
        many->polls[count++] = (struct pollfd){.fd = many->jobs[i].output, .events = POLLIN};
        many->polls[count++] = (struct pollfd){.fd = many->jobs[i].pidfd, .events = POLLIN};
    }
    poll(many->polls, count, LOOK_MS);
    many->stop |= stop_signal != 0;
    if (many->stop)
        tell_to_end(many);
    for (size_t i = 0; i < many->places; i++) {
        struct job *job = &many->jobs[i];
        int status;
        if (job->one == NULL)
            continue;
        take_output(job);
        if (waitpid(job->pid, &status, WNOHANG) == job->pid)
            end(many, job, status);
    }
}

/* ---- all of them ----------------------------------------------------------------------------------- */

static unsigned
processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? (unsigned)count : 1;
}

static int
make_places(struct many *many, size_t count, struct fault *fault)
{
    size_t jobs = many->options->jobs != 0 ? many->options->jobs : processors();
    many->places = jobs < count ? jobs : count;
    many->jobs = calloc(many->places, sizeof *many->jobs);
    many->polls = calloc(2 * many->places, sizeof *many->polls);
    many->slots = mmap(NULL, many->places * sizeof *many->slots, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (many->slots == MAP_FAILED)
        many->slots = NULL;
    if (many->jobs == NULL || many->polls == NULL || many->slots == NULL)
        return fault_errno(fault, FAULT_INTERNAL, "no memory for %zu replays at once", many->places);
    for (size_t i = 0; i < many->places; i++)
        many->jobs[i].slot = &many->slots[i];
    return 0;
}

static int
run_all(struct many *many, struct many_case *cases, size_t count, struct fault *fault)
{
    size_t next = 0;
    struct fault why;
    while (many->running > 0 || (next < count && !many->stop)) {
        while (next < count && !many->stop && many->running < many->places) {
            if (begin(many, &cases[next], &why) == 0) {
                next++;
                continue;
            }
            /* The machine has no room for one more: with fewer at once it has. */
            if (many->running == 0) {
                *fault = why;
                return -1;
            }
            break;
        }
        look_after(many);
    }
    return many->stop && stop_signal == 0 ? -1 : 0;
}

int
many_run(const struct many_options *options, struct many_case *cases, size_t count, int *stopped,
         struct fault *fault)
{
    struct many many = {.options = options, .fault = fault};
    struct sigaction action = {.sa_handler = on_stop};
    sigemptyset(&action.sa_mask);
    stop_signal = 0;
    int result = make_places(&many, count, fault);
    if (result == 0) {
        for (size_t i = 0; i < SIGNALS; i++)
            sigaction(signals[i], &action, &before[i]);
        result = run_all(&many, cases, count, fault);
        for (size_t i = 0; i < SIGNALS; i++)
            sigaction(signals[i], &before[i], NULL);
    }
    *stopped = stop_signal;
    if (many.slots != NULL)
        munmap(many.slots, many.places * sizeof *many.slots);
    free(many.polls);
    free(many.jobs);
    return result;
}
