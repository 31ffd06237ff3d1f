// SPDX-License-Identifier: MIT
/* Stacks without a sanitizer: of a process that hangs, and of one that is run again to see where it dies. */
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/finding/inside.h"

#define DEEP 256 /* frames of a hang, from which those common to all looks are taken */
#define LOOKS 8

struct walk {
    Dwfl *dwfl;
    struct finding_frame *frames;
    unsigned used, room;
};

static int
walk_frame(Dwfl_Frame *state, void *context)
{
    struct walk *walk = context;
    Dwarf_Addr pc;
    bool activation;

    if (!dwfl_frame_pc(state, &pc, &activation) || walk->used == walk->room)
        return DWARF_CB_ABORT;
    if (!activation)
        pc--; /* the call, not what comes after it */
    walk->used += symbol_address(dwfl_addrmodule(walk->dwfl, pc), pc, walk->frames + walk->used,
                                 walk->room - walk->used);
    return walk->used < walk->room ? DWARF_CB_OK : DWARF_CB_ABORT;
}

/* Of a thread that is stopped under our ptrace. */
static unsigned
unwind(pid_t pid, pid_t tid, struct finding_frame *frames, unsigned room)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo};
    struct walk walk = {.dwfl = dwfl_begin(&callbacks), .frames = frames, .room = room};
    if (walk.dwfl == NULL)
        return 0;
    if (dwfl_linux_proc_report(walk.dwfl, pid) == 0 && dwfl_report_end(walk.dwfl, NULL, NULL) == 0 &&
        dwfl_linux_proc_attach(walk.dwfl, pid, true) == 0)
        dwfl_getthread_frames(walk.dwfl, tid, walk_frame, &walk);
    dwfl_end(walk.dwfl);
    return walk.used;
}

static int
stop_thread(pid_t tid, struct fault *fault)
{
    int status;
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0)
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot look at process %d (ptrace)", (int)tid);
    if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0 || waitpid(tid, &status, __WALL) != tid ||
        !WIFSTOPPED(status))
        return fault_set(fault, FAULT_CANNOT_RUN, "process %d ended while it was looked at", (int)tid);
    return 0;
}

static unsigned
look(pid_t pid, pid_t tid, bool stopped, struct finding_frame *frames, unsigned room, struct fault *fault)
{
    if (!stopped && stop_thread(tid, fault) != 0)
        return 0;
    unsigned used = unwind(pid, tid, frames, room);
    if (!stopped)
        ptrace(PTRACE_DETACH, tid, NULL, NULL);
    if (used == 0)
        fault_set(fault, FAULT_CANNOT_RUN, "the stack of process %d cannot be read", (int)tid);
    return used;
}

int
finding_stack(pid_t pid, pid_t tid, bool stopped, struct finding_outcome *outcome, struct fault *fault)
{
    outcome->nframes = look(pid, tid, stopped, outcome->frames, FINDING_FRAMES, fault);
    return outcome->nframes > 0 ? 0 : -1;
}

/* Keeps of `common` (count frames, innermost first) what `other` has, too, from the outermost on. */
static unsigned
keep_common(struct finding_frame *common, unsigned count, const struct finding_frame *other, unsigned others)
{
    unsigned same = 0;
    while (same < count && same < others &&
           strcmp(common[count - 1 - same].function, other[others - 1 - same].function) == 0 &&
           strcmp(common[count - 1 - same].file, other[others - 1 - same].file) == 0)
        same++;
    memmove(common, common + (count - same), same * sizeof *common);
    return same;
}

int
finding_stack_hang(pid_t pid, struct finding_outcome *outcome, struct fault *fault)
{
    struct finding_frame *frames = calloc((size_t)DEEP * 2, sizeof *frames);
    unsigned count = 0;

    outcome->nframes = 0;
    if (frames == NULL)
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    for (unsigned i = 0; i < LOOKS; i++) {
        struct finding_frame *to = i == 0 ? frames : frames + DEEP;
        unsigned used = look(pid, pid, false, to, DEEP, fault);
        if (used == 0)
            break;
        count = i == 0 ? used : keep_common(frames, count, to, used);
        const struct timespec pause = {.tv_nsec = (long)(1 + i * 3) * 1000000};
        nanosleep(&pause, NULL);
    }
    outcome->nframes = count < FINDING_FRAMES ? count : FINDING_FRAMES;
    memcpy(outcome->frames, frames, outcome->nframes * sizeof *frames);
    free(frames);
    return count > 0 ? 0 : -1;
}

static bool
deadly(int number)
{
    return number == SIGSEGV || number == SIGABRT || number == SIGBUS || number == SIGFPE ||
           number == SIGILL || number == SIGTRAP || number == SIGSYS;
}

static void
traced_child(char *const *argv)
{
    struct rlimit none = {0, 0};
    int null = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &none);
    for (int i = 0; null >= 0 && i < 3; i++)
        dup2(null, i);
    setenv(FINDING_HERE, "1", 1);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
        execvp(argv[0], argv);
    _exit(127);
}

/* One stop of one thread. True: the main thread is gone and `ended` says how. */
static bool
traced_stop(pid_t pid, pid_t tid, int status, struct finding_outcome *outcome, int *ended)
{
    if (!WIFSTOPPED(status)) {
        *ended = status;
        return tid == pid;
    }
    int number = WSTOPSIG(status), pass = number;
    if (status >> 16 != 0 || number == SIGSTOP || number == (SIGTRAP | 0x80)) {
        pass = 0;
    } else if (deadly(number)) {
        outcome->nframes = unwind(pid, tid, outcome->frames, FINDING_FRAMES);
        const char *name = sigabbrev_np(number);
        snprintf(outcome->what, sizeof outcome->what, "SIG%s", name != NULL ? name : "?");
    }
    ptrace(PTRACE_CONT, tid, NULL, (void *)(intptr_t)pass);
    return false;
}

/* The first stop is behind exec. */
static bool
traced_begin(pid_t pid)
{
    int status;
    long options = PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC;
    return waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) &&
           ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(intptr_t)options) == 0 &&
           ptrace(PTRACE_CONT, pid, NULL, NULL) == 0;
}

int
finding_stack_run(char *const *argv, const struct finding_limits *limits, struct finding_outcome *outcome,
                  struct fault *fault)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    unsigned left = (limits->ms != 0 ? limits->ms : 5000) + 1000; /* tracing is slower */
    int status, ended = 0;
    bool over = false;

    outcome->nframes = 0;
    pid_t pid = fork();
    if (pid == 0)
        traced_child(argv);
    if (pid < 0)
        return fault_errno(fault, FAULT_INTERNAL, "cannot start a process");
    bool begun = traced_begin(pid);
    while (begun && !over && left > 1) {
        pid_t tid = waitpid(-pid, &status, __WALL | WNOHANG);
        if (tid > 0) {
            over = traced_stop(pid, tid, status, outcome, &ended);
        } else if (tid < 0 && errno == ECHILD) {
            break;
        } else {
            nanosleep(&pause, NULL);
            left -= 2;
        }
    }
    kill(-pid, SIGKILL);
    if (!over) {
        kill(pid, SIGKILL);
        while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
            ptrace(PTRACE_CONT, pid, NULL, NULL);
    }
    if (!begun)
        return fault_set(fault, FAULT_CANNOT_RUN, "cannot run %s under ptrace", argv[0]);
    if (!over || !WIFSIGNALED(ended) || !deadly(WTERMSIG(ended)) || outcome->nframes == 0)
        return 0;
    outcome->kind = FINDING_CRASH;
    outcome->status = ended;
    finding_sign(outcome);
    return 1;
}
