// SPDX-License-Identifier: MIT
/* Starts the bench's app in each of the ways, and reads its ring where the driver is the recorder. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define WORDS 64
#define POLL_NS 2000000 /* as the recorder polls */

extern char **environ;

void
run_scratch(const struct bench *bench, char *path, const char *name)
{
    if (snprintf(path, BENCH_PATH, "%s/%s", bench->scratch, name) >= BENCH_PATH)
        abort(); /* main refuses build paths that long */
}

char **
run_environment(const struct bench *bench, const char *session)
{
    static char text[4][BENCH_PATH + 64];
    static char *list[5];
    int n = 0;
    snprintf(text[n], sizeof text[n], "LD_AUDIT=%s/lib/timtape/audit.so", bench->build);
    list[n] = text[n], n++;
    snprintf(text[n], sizeof text[n], "TIMTAPE_LIB=%s/lib/timtape", bench->build);
    list[n] = text[n], n++;
    if (session != NULL) {
        snprintf(text[n], sizeof text[n], "TIMTAPE_SESSION=%s", session);
        list[n] = text[n], n++;
    }
    list[n] = NULL;
    return list;
}

static pid_t
start(char *const words[], char *const environment[], const char *output)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++)
        putenv(environment[i]);
    if (output != NULL) {
        int fd = open(output, O_CREAT | O_WRONLY | O_TRUNC, 0600);
        if (fd >= 0) {
            dup2(fd, 1);
            dup2(fd, 2);
            close(fd);
        }
    }
    execvp(words[0], words);
    _exit(127);
}

uint64_t
run_timed(char *const words[], char *const environment[], const char *output)
{
    int status;
    uint64_t from = bench_now();
    pid_t pid = start(words, environment, output);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 0;
    uint64_t took = bench_now() - from;
    return WIFEXITED(status) && WEXITSTATUS(status) < 126 ? took : 0;
}

static int
discard(void *context, const struct ring_event *event)
{
    /* Touches the record as any consumer must, and no more. */
    *(uint64_t *)context += event->record->seq != 0;
    return 0;
}

static void
empty(struct ring_reader *ring, struct run *run, uint64_t *edges)
{
    struct fault fault;
    size_t seen = 0;
    (void)fault;
    do {
        seen = 0;
        if (ring_drain(ring, 0, discard, edges, &seen) != 0)
            break;
        ring_release(ring);
        run->records += seen;
    } while (seen != 0);
}

/* The app asks for an empty ring with a byte and gets one back when it is. */
static void
serve(struct ring_reader *ring, struct run *run, int fd)
{
    uint64_t edges = 0;
    char byte;
    for (;;) {
        struct pollfd ask = {.fd = fd, .events = POLLIN};
        int asked = poll(&ask, 1, run->live ? 0 : 20);
        if (run->live) {
            size_t seen = 0;
            ring_drain(ring, 0, discard, &edges, &seen);
            ring_release(ring);
            run->records += seen;
            if (asked == 0 && seen == 0)
                ring_wait(ring, POLL_NS);
        }
        if (asked == 0)
            continue;
        empty(ring, run, &edges);
        ring_tend(ring);
        if (read(fd, &byte, 1) != 1 || write(fd, &byte, 1) != 1)
            break;
    }
    empty(ring, run, &edges);
}

/* The reader keeps away from the first producer's core. */
static void
step_aside(const struct bench *bench, bool aside)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (unsigned i = aside && bench->cores > 1 ? 1 : 0; i < bench->cores; i++)
        CPU_SET(i, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static int
words_of(const struct bench *bench, struct run *run, char **words, char *copy)
{
    int n = 0;
    char *rest = NULL;
    static char prefix[BENCH_PATH];
    if (run->way == RUN_RECORD) {
        words[n++] = (char *)bench->timtape;
        words[n++] = (char *)"record";
        words[n++] = (char *)"-o";
        words[n++] = (char *)run->tape;
        words[n++] = (char *)"--";
    } else if (run->way == RUN_REPLAY) {
        words[n++] = (char *)bench->timtape;
        words[n++] = (char *)"replay";
        if (run->speed != NULL) {
            words[n++] = (char *)"--speed";
            words[n++] = (char *)run->speed;
        }
        words[n++] = (char *)run->tape;
        words[n++] = (char *)"--";
    } else if (run->prefix != NULL) {
        snprintf(prefix, sizeof prefix, "%s", run->prefix);
        for (char *word = strtok_r(prefix, " ", &rest); word != NULL && n < 20;
             word = strtok_r(NULL, " ", &rest))
            words[n++] = word;
    }
    words[n++] = (char *)bench->app;
    char *mode = strtok_r(copy, " ", &rest);
    words[n++] = mode;
    words[n++] = (char *)bench->sdk;
    words[n++] = run->out;
    for (char *word = strtok_r(NULL, " ", &rest); word != NULL && n < WORDS - 1;
         word = strtok_r(NULL, " ", &rest))
        words[n++] = word;
    words[n] = NULL;
    return n;
}

static void
account(struct ring_reader *ring, struct run *run)
{
    struct ring_session *session = ring_header(ring);
    run->waits = run->lost = 0;
    for (uint32_t i = 0; i < session->slots; i++) {
        struct ring_slot *slot = ring_slot_header(ring, i);
        run->waits += slot->waits;
        run->lost += slot->dropped;
    }
    run->lost += session->unrecorded;
}

int
run_app(struct bench *bench, struct run *run)
{
    struct ring_reader *ring = NULL;
    struct fault fault = {0};
    char *words[WORDS], copy[BENCH_PATH], gate[64], errors[BENCH_PATH];
    char *environment[8] = {NULL};
    int pair[2] = {-1, -1}, n = 0, result = -1;

    run_scratch(bench, run->out, "app.out");
    run_scratch(bench, errors, "app.err");
    unlink(run->out);
    snprintf(copy, sizeof copy, "%s", run->arguments);
    words_of(bench, run, words, copy);
    run->records = 0;
    if (run->way == RUN_RECORD)
        unlink(run->tape);
    if (run->way == RUN_SESSION) {
        ring = ring_create(&run->ring, &fault);
        if (ring == NULL) {
            report_failure(bench, "%s", fault.text);
            return -1;
        }
        for (char **entry = run_environment(bench, ring_path(ring)); *entry != NULL; entry++)
            environment[n++] = *entry;
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
            goto done;
        fcntl(pair[0], F_SETFD, FD_CLOEXEC);
        snprintf(gate, sizeof gate, "BENCH_GATE=%d", pair[1]);
        environment[n++] = gate;
    }
    environment[n] = NULL;
    run->from_ns = bench_now();
    pid_t pid = start(words, environment, errors);
    if (pair[1] >= 0)
        close(pair[1]);
    if (pid < 0)
        goto done;
    if (ring != NULL) {
        step_aside(bench, true);
        serve(ring, run, pair[0]);
        step_aside(bench, false);
        account(ring, run);
    }
    while (waitpid(pid, &run->status, 0) < 0 && errno == EINTR)
        ;
    run->to_ns = bench_now();
    if (!WIFEXITED(run->status) || WEXITSTATUS(run->status) != 0) {
        char line[512] = "";
        FILE *in = fopen(errors, "re");
        for (char next[512]; in != NULL && fgets(next, sizeof next, in) != NULL;)
            memcpy(line, next, sizeof line);
        if (in != NULL)
            fclose(in);
        line[strcspn(line, "\n")] = '\0';
        report_failure(bench, "app %s ended with status 0x%x: %s", run->arguments, (unsigned)run->status,
                       line);
        goto done;
    }
    if (run->way == RUN_SESSION && run->records == 0) {
        report_failure(bench, "app %s: nothing reached the ring", run->arguments);
        goto done;
    }
    result = 0;
done:
    if (pair[0] >= 0)
        close(pair[0]);
    if (ring != NULL) {
        ring_close(ring);
        ring_destroy(ring, true);
    }
    return result;
}
