// SPDX-License-Identifier: MIT
#include "replay/control/debugger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/api.h"
#include "replay/control/foreground.h"
#include "replay/judge/judge_index.h"

#define HANDLER_NS                                                                                           \
    1000000000ull /* the record of the call that brought the function may still be on its way */
#define MOST_WORDS 64

extern char **environ;

/* ---- before the start ------------------------------------------------------------------------- */

static bool
find_gdb(char *program, size_t room)
{
    const char *path = getenv("PATH");
    struct stat status;
    for (path = path != NULL ? path : "/usr/bin:/bin"; *path != '\0'; path += *path == ':') {
        size_t bytes = strcspn(path, ":");
        if (snprintf(program, room, "%.*s/gdb", (int)bytes, path) < (int)room && bytes > 0 &&
            stat(program, &status) == 0 && S_ISREG(status.st_mode) && access(program, X_OK) == 0)
            return true;
        path += bytes;
    }
    return false;
}

static bool
is_call(const struct debugger *debugger)
{
    return (score_event(debugger->score, debugger->event)->flags & SCORE_CALLBACK) == 0;
}

int
debugger_open(struct debugger *debugger, const struct control_options *options, struct score *score,
              struct fault *fault)
{
    *debugger = (struct debugger){
        .options = options, .score = score, .edge = SCORE_NONE, .state = DEBUGGER_OVER, .gdb = -1};
    if (options->gdb == 0)
        return 0;
    debugger->event = score_find(score, options->gdb);
    if (debugger->event == SCORE_NONE || !judge_counts(score, debugger->event))
        return fault_set(fault, FAULT_USAGE,
                         "--gdb: the tape has no event %" PRIu64
                         " that is replayed; `timtape show` lists them",
                         options->gdb);
    if (!find_gdb(debugger->program, sizeof debugger->program))
        return fault_set(fault, FAULT_CANNOT_RUN,
                         "--gdb: there is no gdb in PATH; install the package gdb, or stop there with "
                         "--until %" PRIu64 " --hold and attach the debugger that you have",
                         options->gdb);
    debugger->handlers = handlers_new();
    if (debugger->handlers == NULL)
        return fault_set(fault, FAULT_INTERNAL, "no memory for --gdb");
    debugger->state = DEBUGGER_WAITS;
    score->tracer = (uint32_t)getpid();
    uint32_t enter = score_event(score, debugger->event)->enter;
    debugger->edge = is_call(debugger) ? score_edge(score, enter)->next_sdk : enter;
    return 0;
}

int
debugger_take(struct debugger *debugger, const struct ring_event *event)
{
    return debugger->state == DEBUGGER_WAITS ? handlers_take(debugger->handlers, event) : 0;
}

/* ---- gdb ---------------------------------------------------------------------------------------- */

/*
 * A breakpoint at the function's first instruction finds it in any case; but there, code without optimisation
 * has not yet put its arguments where the debugger looks for them. A breakpoint by name comes just
 * behind that, where gdb thinks best; a gdb without Python, and a function without a name, get the first.
 */
static void
write_script(FILE *script, uint64_t handler, const char *call)
{
    fputs("set pagination off\n", script);
    if (handler != 0)
        fprintf(script,
                "tbreak *0x%" PRIx64 "\n"
                "python\n"
                "try:\n"
                "    name = gdb.execute('info symbol 0x%" PRIx64 "', to_string=True).split(' in section ')\n"
                "    first = gdb.breakpoints()[-1]\n"
                "    if len(name) == 2 and ' + ' not in name[0]:\n"
                "        gdb.execute('tbreak ' + name[0], to_string=True)\n"
                "        first.delete()\n"
                "except gdb.error:\n"
                "    pass\n"
                "end\n",
                handler, handler);
    if (call != NULL)
        fprintf(script,
                "set $timtape_thread = 0\n"
                "define timtape-here\n"
                "  pipe frame function %s | cat >/dev/null\n"
                "  set $timtape_thread = $_thread\n"
                "end\n"
                "thread apply all -q -s timtape-here\n"
                "if $timtape_thread != 0\n"
                "  pipe thread $timtape_thread | cat >/dev/null\n"
                "  pipe frame function %s | cat >/dev/null\n"
                "  up 2\n" /* past the stand-in's and the shim's function of that name, to its caller */
                "end\n",
                call, call);
}

static int
make_script(uint64_t handler, const char *call)
{
    int file = memfd_create("timtape-gdb", MFD_CLOEXEC);
    int copy = file >= 0 ? fcntl(file, F_DUPFD_CLOEXEC, 0) : -1;
    FILE *script = copy >= 0 ? fdopen(copy, "w") : NULL;
    if (script == NULL) {
        if (copy >= 0)
            close(copy);
        if (file >= 0)
            close(file);
        return -1;
    }
    write_script(script, handler, call);
    fclose(script);
    lseek(file, 0, SEEK_SET);
    return file;
}

/* In a process group of its own, if it is to have the terminal. */
static int
spawn(const struct debugger *debugger, int script, const char *const words[], pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    int error = posix_spawn_file_actions_init(&files);
    if (error != 0)
        return error;
    error = posix_spawnattr_init(&how);
    if (error == 0) {
        /* Onto itself: that takes close-on-exec away in the child. */
        error = posix_spawn_file_actions_adddup2(&files, script, script);
        if (error == 0 && debugger->lent)
            error = posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP);
        if (error == 0)
            error = posix_spawn(pid, debugger->program, &files, &how, (char *const *)words, environ);
        posix_spawnattr_destroy(&how);
    }
    posix_spawn_file_actions_destroy(&files);
    return error;
}

static int
spawn_gdb(struct debugger *debugger, int script, bool lands, pid_t *pid)
{
    const char *words[MOST_WORDS];
    char process[16], source[40];
    size_t count = 0;
    snprintf(process, sizeof process, "%d", (int)debugger->app);
    snprintf(source, sizeof source, "/proc/self/fd/%d", script);
    const char *const first[] = {"gdb", "-q", "-iex", "set pagination off", "-p", process, "-x", source};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        words[count++] = first[i];
    const char *const land[] = {"-ex", "continue"};
    for (size_t i = 0; lands && i < sizeof land / sizeof *land; i++)
        words[count++] = land[i];
    words[count++] = "-ex";
    words[count++] = "set pagination on";
    for (size_t i = 0; debugger->options->gdb_args != NULL && debugger->options->gdb_args[i] != NULL; i++) {
        if (count < MOST_WORDS - 1)
            words[count++] = debugger->options->gdb_args[i];
    }
    words[count] = NULL;
    return spawn(debugger, script, words, pid);
}

static int
start_gdb(struct debugger *debugger, uint64_t handler, struct fault *fault)
{
    const struct api_entry *entry = api_entry(score_event(debugger->score, debugger->event)->api);
    int script = make_script(handler, is_call(debugger) && entry != NULL ? entry->name : NULL);
    debugger->lent = foreground_is_ours();
    int error = script < 0 ? errno : spawn_gdb(debugger, script, handler != 0, &debugger->gdb_pid);
    if (script >= 0)
        close(script);
    if (error != 0) {
        errno = error;
        return fault_errno(fault, FAULT_CANNOT_RUN, "--gdb: cannot start %s", debugger->program);
    }
    debugger->gdb = (int)syscall(SYS_pidfd_open, debugger->gdb_pid, 0);
    if (debugger->lent)
        foreground_lend(debugger->gdb_pid);
    return 0;
}

/* ---- while it runs ------------------------------------------------------------------------------ */

/* The app stands at the event, or cannot come there any more. */
static bool
is_there(const struct debugger *debugger)
{
    const struct score *score = debugger->score;
    const struct score_event *event = score_event(score, debugger->event);
    uint32_t cursor = atomic_load_explicit(&score_live(score)->cursor, memory_order_acquire);
    if (is_call(debugger))
        return judge_state(score, debugger->event) == SCORE_CLAIMED && cursor > event->enter;
    return cursor >= event->enter;
}

static bool
is_past(const struct debugger *debugger)
{
    uint32_t state = judge_state(debugger->score, debugger->event);
    return state == SCORE_SKIPPED || state == SCORE_DROPPED || state == SCORE_LEFT;
}

/* The letter for a process's state ('t': stopped by who traces it), and whether it is traced. */
static char
look_at(pid_t pid, bool *traced)
{
    char path[64], line[128], state = 0;
    int tracer = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "State: %c", &state) != 1 && sscanf(line, "TracerPid: %d", &tracer) == 1)
            break;
    }
    if (file != NULL)
        fclose(file);
    *traced = tracer != 0;
    return state;
}

/* It may have been reaped by whoever waits for the app. */
static bool
has_ended(const struct debugger *debugger)
{
    struct pollfd ended = {.fd = debugger->gdb, .events = POLLIN};
    return debugger->gdb < 0 || poll(&ended, 1, 0) != 0;
}

static void
say(const struct debugger *debugger, const char *text)
{
    if (debugger->options->words != NULL)
        debugger->options->words(text);
}

static int
wait_for_event(struct debugger *debugger, struct control *control, pid_t app, uint64_t now_ns,
               struct fault *fault)
{
    const struct score *score = debugger->score;
    char text[200];
    if (is_past(debugger)) {
        snprintf(text, sizeof text, "event %" PRIu64 " did not come; gdb was not started",
                 debugger->options->gdb);
        say(debugger, text);
        debugger->state = DEBUGGER_OVER;
        control_release(control, now_ns);
        return 0;
    }
    if (!is_there(debugger))
        return 0;
    if (debugger->ready_ns == 0)
        debugger->ready_ns = now_ns;
    uint64_t handler = is_call(debugger) ? 0 : handlers_of(debugger->handlers, score, debugger->event);
    if (!is_call(debugger) && handler == 0 && now_ns < debugger->ready_ns + HANDLER_NS)
        return 0;
    uint32_t process = score_thread(score, score_event(score, debugger->event)->thread)->process;
    uint32_t pid = process < score->processes ? atomic_load(&score_process_live(score, process)->pid) : 0;
    debugger->app = pid != 0 ? (pid_t)pid : app;
    if (!is_call(debugger) && handler == 0)
        say(debugger, "the app's function for this callback is not known: gdb stops before it is called");
    control_hold(control, now_ns);
    debugger->state = DEBUGGER_ATTACHES;
    return start_gdb(debugger, handler, fault);
}

static void
let_go(struct debugger *debugger, struct control *control, uint64_t now_ns)
{
    debugger->state = DEBUGGER_RUNS;
    control_release(control, now_ns);
}

int
debugger_pass(struct debugger *debugger, struct control *control, pid_t app, uint64_t now_ns,
              struct fault *fault)
{
    bool traced, unused;
    if (debugger->state == DEBUGGER_WAITS)
        return wait_for_event(debugger, control, app, now_ns, fault);
    if (debugger->state == DEBUGGER_OVER)
        return 0;
    bool stopped = look_at(debugger->app, &traced) == 't';
    debugger->there |= traced;
    debugger->stopped |= traced && stopped;
    /* It was faster than we lent it the terminal, or Ctrl-Z: nobody but us would wake it up again. */
    if (debugger->lent && look_at(debugger->gdb_pid, &unused) == 'T')
        syscall(SYS_pidfd_send_signal, debugger->gdb, SIGCONT, NULL, 0);
    /* Stopped once and running again: it wants the event now. */
    if (debugger->state == DEBUGGER_ATTACHES && debugger->stopped && !stopped)
        let_go(debugger, control, now_ns);
    if (!has_ended(debugger))
        return 0;
    foreground_take();
    if (debugger->state == DEBUGGER_ATTACHES)
        let_go(debugger, control, now_ns);
    if (!debugger->there)
        say(debugger,
            "gdb ended without having attached to the app (in a container that takes the capability "
            "SYS_PTRACE); the replay goes on");
    debugger->state = DEBUGGER_OVER;
    return 0;
}

bool
debugger_runs(const struct debugger *debugger)
{
    return debugger->state == DEBUGGER_ATTACHES || debugger->state == DEBUGGER_RUNS;
}

void
debugger_close(struct debugger *debugger)
{
    foreground_take();
    handlers_free(debugger->handlers);
    debugger->handlers = NULL;
    if (debugger->options != NULL && debugger->gdb >= 0)
        close(debugger->gdb);
    debugger->gdb = -1;
}
