// SPDX-License-Identifier: MIT
/* timtape fuzz: changed histories of a tape, played into the app until it breaks. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/progress.h"
#include "cli/fuzz_options.h"
#include "cli/verb.h"

#define STALL_NS 3000000000u
#define STACK_MS 8000u

static volatile sig_atomic_t interrupts;

static void
interrupted(int number)
{
    (void)number;
    interrupts++;
}

static void
watch_signals(void)
{
    static const int asking[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = interrupted, .sa_flags = SA_RESTART}, before;

    for (size_t i = 0; i < sizeof asking / sizeof asking[0]; i++) {
        if (sigaction(asking[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(asking[i], &action, NULL);
    }
    signal(SIGCHLD, SIG_DFL);
}

static bool
wanted(void *context, const struct tape_event *event)
{
    const struct fuzz_line *line = context;

    return select_event(&line->only, event);
}

/* A tape that was kept has to do it in a plain replay, too. */
static int
replay(void *context, const char *tape)
{
    const struct fuzz_line *line = context;
    struct run_options run = line->run;
    struct verdict verdict = {0};
    struct fault fault;
    int status;

    run.tape = tape;
    run.stall_ns = STALL_NS;
    run.sdk = line->loop.sdk;
    run.at_end = RUN_END_KILL;
    run.output = open("/dev/null", O_WRONLY | O_CLOEXEC);
    status = run_replay(&run, line->loop.argv, &verdict, &fault) != 0 ? -1 : verdict_status(&verdict);
    if (run.output >= 0)
        close(run.output);
    return status;
}

/* The tracer ends as the app did. */
static int
trace_app(const struct fuzz_line *line)
{
    struct rlimit none = {0, 0};
    int status = loop_stack_run(line->loop.argv, line->stack_to, STACK_MS);

    if (WIFSIGNALED(status)) {
        setrlimit(RLIMIT_CORE, &none);
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    return WEXITSTATUS(status);
}

static void
begin(const struct fuzz_line *line)
{
    fuzz_progress_begin(line);
    say("fuzzing %s with %s: findings go to %s; Ctrl-C ends it", line->loop.argv[0], line->loop.tape,
        line->loop.out);
}

static int
fuzz_run(int argc, char **argv, struct fault *fault)
{
    static struct fuzz_line line;
    static char self[4096];
    const char *tracer[] = {self, "fuzz", "--stack-to", NULL};
    struct loop_state state = {0};
    ssize_t length;

    if (fuzz_options_read(argc, argv, &line, fault) != 0)
        return -1;
    if (line.stack_to != NULL)
        return trace_app(&line);
    length = readlink("/proc/self/exe", self, sizeof self - 1);
    line.loop.tracer = length > 0 ? tracer : NULL;
    line.loop.wanted = line.selected ? wanted : NULL;
    line.loop.replay = replay;
    line.loop.progress = fuzz_progress;
    line.loop.context = &line;
    line.loop.interrupts = &interrupts;
    say_quiet(line.quiet);
    progress_to(NULL);
    watch_signals();
    begin(&line);
    int result = loop_run(&line.loop, &state, fault);
    fuzz_progress_end();
    if (result != 0 || fuzz_report(&line, &state, fault) != 0)
        return -1;
    return state.findings > 0;
}

const struct verb verb_fuzz = {
    .name = "fuzz",
    .usage = "[-o DIR] [--time T] [-j N] [options] tape [--] app [args]",
    .summary = "change what is on a tape and play it into the app until it breaks",
    .help = fuzz_options_help,
    .run = fuzz_run,
};
