// SPDX-License-Identifier: MIT
/* One run of a command on one input: bounded in time, memory and words. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/finding/inside.h"

#define HEAD ((size_t)96 << 10)  /* of what it prints, the first */
#define TAIL ((size_t)160 << 10) /* and the last are kept */

struct words {
    char *text; /* HEAD + TAIL bytes */
    size_t head, tail, tail_at;
};

static void
words_add(struct words *words, const char *bytes, size_t count)
{
    for (; count > 0 && words->head < HEAD; count--)
        words->text[words->head++] = *bytes++;
    for (; count > 0; count--) {
        words->text[HEAD + words->tail_at] = *bytes++;
        words->tail_at = (words->tail_at + 1) % TAIL;
        words->tail += words->tail < TAIL;
    }
}

/* The ring becomes one text. */
static char *
words_join(const struct words *words, size_t *bytes)
{
    char *text = malloc(words->head + words->tail + 1);
    if (text == NULL)
        return NULL;
    memcpy(text, words->text, words->head);
    size_t first = words->tail < TAIL ? 0 : words->tail_at;
    for (size_t i = 0; i < words->tail; i++)
        text[words->head + i] = words->text[HEAD + (first + i) % TAIL];
    *bytes = words->head + words->tail;
    text[*bytes] = '\0';
    return text;
}

char **
finding_command(char *const *argv, const char *input)
{
    size_t count = 0;
    bool placed = input == NULL;
    while (argv[count] != NULL)
        count++;
    char **command = calloc(count + 2, sizeof *command);
    for (size_t i = 0; command != NULL && i < count; i++) {
        bool here = input != NULL && strcmp(argv[i], "@@") == 0;
        command[i] = here ? (char *)input : argv[i];
        placed = placed || here;
    }
    if (command != NULL && !placed)
        command[count] = (char *)input;
    return command;
}

static void
add_option(const char *variable, const char *options)
{
    const char *was = getenv(variable);
    char text[1024];
    snprintf(text, sizeof text, "%s%s%s", was != NULL ? was : "", was != NULL ? ":" : "", options);
    setenv(variable, text, 1);
}

void
finding_environment(const struct finding_limits *limits)
{
    char memory[200];
    /* Addresses are turned into names by us, once, not by a process that is started for each run. */
    snprintf(memory, sizeof memory,
             "symbolize=0:handle_abort=1:handle_sigill=1:handle_sigtrap=1:hard_rss_limit_mb=%u",
             limits->mbytes != 0 ? limits->mbytes : 2048);
    add_option("ASAN_OPTIONS", memory);
    add_option("UBSAN_OPTIONS", "symbolize=0:print_stacktrace=1");
    add_option("LSAN_OPTIONS", "symbolize=0");
    add_option("TSAN_OPTIONS", "symbolize=0:handle_abort=1");
    add_option("MSAN_OPTIONS", "symbolize=0:handle_abort=1");
    setenv(FINDING_HERE, "1", 1);
}

static void
child(char *const *command, int words, const struct finding_limits *limits, int failed)
{
    struct rlimit none = {0, 0};
    int null = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGPIPE, SIG_DFL);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    dup2(words, STDERR_FILENO);
    finding_environment(limits);
    execvp(command[0], command);
    int why = errno;
    if (write(failed, &why, sizeof why) < 0)
        _exit(126);
    _exit(127);
}

static uint64_t
now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static unsigned
resident_mbytes(pid_t pid)
{
    char path[40], text[80];
    unsigned long size, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = file >= 0 ? read(file, text, sizeof text - 1) : -1;
    if (file >= 0)
        close(file);
    if (count <= 0)
        return 0;
    text[count] = '\0';
    if (sscanf(text, "%lu %lu", &size, &resident) != 2)
        return 0;
    return (unsigned)(resident * (unsigned long)sysconf(_SC_PAGESIZE) >> 20);
}

enum watched { WATCH_ENDED, WATCH_HUNG, WATCH_MEMORY };

static enum watched
watch(pid_t pid, int words, const struct finding_limits *limits, struct words *said)
{
    uint64_t end = now_ms() + (limits->ms != 0 ? limits->ms : 5000);
    unsigned most = limits->mbytes != 0 ? limits->mbytes : 2048;
    int process = pidfd_open(pid, 0);
    struct pollfd polls[2] = {{.fd = process, .events = POLLIN}, {.fd = words, .events = POLLIN}};
    enum watched result = WATCH_ENDED;
    char bytes[8192];

    for (;;) {
        uint64_t now = now_ms();
        int wait = now >= end ? 0 : end - now > 50 ? 50 : (int)(end - now);
        int ready = poll(polls, 2, process >= 0 ? wait : 5);
        bool more = false;
        if (ready > 0 && polls[1].revents != 0) {
            ssize_t count = read(words, bytes, sizeof bytes);
            if (count > 0) {
                words_add(said, bytes, (size_t)count);
                more = true;
            } else if (count == 0) {
                polls[1].fd = -1;
            }
        }
        siginfo_t info = {0};
        if (!more && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid)
            break;
        if (now_ms() >= end) {
            result = WATCH_HUNG;
            break;
        }
        if (resident_mbytes(pid) > most + most / 8) { /* a sanitizer says it better: let it be first */
            result = WATCH_MEMORY;
            break;
        }
    }
    if (process >= 0)
        close(process);
    return result;
}

/* What is left in the pipe; another process may hold it open. */
static void
drain(int words, struct words *said)
{
    char bytes[8192];
    ssize_t count;
    fcntl(words, F_SETFL, O_NONBLOCK);
    while ((count = read(words, bytes, sizeof bytes)) > 0)
        words_add(said, bytes, (size_t)count);
}

static int
start(char *const *command, const struct finding_limits *limits, int *words, pid_t *pid, struct fault *fault)
{
    int pipes[2], failed[2], why;
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return fault_errno(fault, FAULT_INTERNAL, "cannot make a pipe");
    if (pipe2(failed, O_CLOEXEC) != 0) {
        close(pipes[0]);
        close(pipes[1]);
        return fault_errno(fault, FAULT_INTERNAL, "cannot make a pipe");
    }
    *pid = fork();
    if (*pid == 0)
        child(command, pipes[1], limits, failed[1]);
    close(pipes[1]);
    close(failed[1]);
    *words = pipes[0];
    int result = *pid > 0 ? 0 : fault_errno(fault, FAULT_INTERNAL, "cannot start a process");
    if (*pid > 0 && read(failed[0], &why, sizeof why) == (ssize_t)sizeof why) {
        waitpid(*pid, NULL, 0);
        errno = why;
        result = fault_errno(fault, why == ENOENT ? FAULT_NOT_FOUND : FAULT_CANNOT_RUN, "%s", command[0]);
    }
    close(failed[0]);
    if (result != 0)
        close(pipes[0]);
    return result;
}

static int
tell(struct finding_outcome *outcome, int status, enum watched watched, const struct words *said,
     struct fault *fault)
{
    size_t bytes;
    char *text = words_join(said, &bytes);
    int result = text != NULL ? finding_tell(outcome, status, watched == WATCH_HUNG, text, bytes) : -1;
    free(text);
    if (result != 0)
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    if (watched == WATCH_MEMORY) {
        outcome->kind = FINDING_MEMORY;
        snprintf(outcome->what, sizeof outcome->what, "out of memory");
        finding_sign(outcome);
    }
    return 0;
}

static int
run_in(char *const *command, const struct finding_limits *limits, struct words *said,
       struct finding_outcome *outcome, struct fault *fault)
{
    int words = -1, status;
    pid_t pid = -1;
    if (start(command, limits, &words, &pid, fault) != 0)
        return -1;
    enum watched watched = watch(pid, words, limits, said);
    if (watched != WATCH_ENDED) {
        struct fault why; /* without the right to look, there is no stack */
        if (finding_stack_hang(pid, outcome, &why) != 0)
            outcome->nframes = 0;
    }
    kill(-pid, SIGKILL);
    waitpid(pid, &status, 0);
    drain(words, said);
    close(words);
    if (tell(outcome, status, watched, said, fault) != 0)
        return -1;
    if (outcome->nframes == 0 && (outcome->kind == FINDING_CRASH || outcome->kind == FINDING_ORACLE)) {
        char what[sizeof outcome->what];
        enum finding_kind kind = outcome->kind;
        memcpy(what, outcome->what, sizeof what);
        int found = finding_stack_run(command, limits, outcome, NULL);
        outcome->kind = kind;
        memcpy(outcome->what, what, sizeof what);
        outcome->nframes = found == 1 ? outcome->nframes : 0;
        finding_sign(outcome);
    }
    return 0;
}

int
finding_run(char *const *argv, const char *input, const struct finding_limits *limits,
            struct finding_outcome *outcome, struct fault *fault)
{
    struct words said = {.text = malloc(HEAD + TAIL)};
    char **command = finding_command(argv, input);
    int result;

    memset(outcome, 0, sizeof *outcome);
    if (said.text == NULL || command == NULL)
        result = fault_set(fault, FAULT_INTERNAL, "out of memory");
    else
        result = run_in(command, limits, &said, outcome, fault);
    free(command);
    free(said.text);
    if (result != 0)
        finding_outcome_free(outcome);
    return result;
}
