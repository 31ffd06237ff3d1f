// SPDX-License-Identifier: MIT
#include "replay/control/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "replay/control/status.h"
#include "replay/score/score_edge.h"

#define BLOCK 16384
#define LOOK_MS 200           /* between two looks at the size of the real terminal */
#define REST_MS 50            /* quiet for so long after the app's end: that was all */
#define REST_NS 2000000000ull /* processes that it left behind may write on; not for us */

struct stream {
    int ours, apps; /* the two ends, -1: closed */
    int to;
    bool inside; /* a line was begun */
    bool unread; /* nobody takes it any more: the app is not to suffer from that */
};

struct mark {
    const struct score *score;
    struct screen *screen;
    bool marks;
    struct stream stream[MARK_STREAMS];
    struct winsize size;
    pthread_t thread;
    bool running;
    _Atomic bool ended; /* the app is gone */
    int bell[2];        /* a pipe: closing it ends a poll */
};

/* ---- terminals ---------------------------------------------------------------------------------- */

static int
open_terminal(struct stream *stream, const struct winsize *size)
{
    char name[64];
    struct termios modes;
    stream->ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (stream->ours < 0 || grantpt(stream->ours) != 0 || unlockpt(stream->ours) != 0 ||
        (errno = ptsname_r(stream->ours, name, sizeof name)) != 0)
        return -1;
    stream->apps = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (stream->apps < 0 || tcgetattr(stream->apps, &modes) != 0)
        return -1;
    cfmakeraw(&modes);
    ioctl(stream->ours, TIOCSWINSZ, size);
    fcntl(stream->ours, F_SETFL, O_NONBLOCK);
    return tcsetattr(stream->apps, TCSANOW, &modes);
}

/* That of the first real terminal among where it goes. */
static bool
real_size(const struct mark *mark, struct winsize *size)
{
    for (int i = 0; i < MARK_STREAMS; i++) {
        if (ioctl(mark->stream[i].to, TIOCGWINSZ, size) == 0)
            return true;
    }
    return false;
}

static void
follow_size(struct mark *mark)
{
    struct winsize size;
    if (!real_size(mark, &size) || memcmp(&size, &mark->size, sizeof size) == 0)
        return;
    mark->size = size;
    for (int i = 0; i < MARK_STREAMS; i++) {
        if (mark->stream[i].ours >= 0)
            ioctl(mark->stream[i].ours, TIOCSWINSZ, &size);
    }
}

static void
close_file(int *file)
{
    if (*file >= 0)
        close(*file);
    *file = -1;
}

struct mark *
mark_open(const struct score *score, struct screen *screen, const int to[MARK_STREAMS], bool marks,
          struct fault *fault)
{
    struct mark *mark = calloc(1, sizeof *mark);
    if (mark == NULL) {
        fault_errno(fault, FAULT_INTERNAL, "--mark");
        return NULL;
    }
    mark->score = score;
    mark->screen = screen;
    mark->marks = marks;
    mark->bell[0] = mark->bell[1] = -1;
    for (int i = 0; i < MARK_STREAMS; i++)
        mark->stream[i] = (struct stream){.ours = -1, .apps = -1, .to = to[i]};
    real_size(mark, &mark->size);
    for (int i = 0; i < MARK_STREAMS; i++) {
        if (open_terminal(&mark->stream[i], &mark->size) == 0)
            continue;
        fault_errno(fault, FAULT_CANNOT_RUN, "no terminal (pty) for the app's output to be marked");
        mark_close(mark);
        return NULL;
    }
    if (pipe2(mark->bell, O_CLOEXEC) != 0) {
        fault_errno(fault, FAULT_INTERNAL, "--mark");
        mark_close(mark);
        return NULL;
    }
    return mark;
}

void
mark_files(const struct mark *mark, int files[MARK_STREAMS])
{
    for (int i = 0; i < MARK_STREAMS; i++)
        files[i] = mark->stream[i].apps;
}

/* ---- passing on --------------------------------------------------------------------------------- */

static void
put(struct mark *mark, struct stream *stream, const char *bytes, size_t count)
{
    if (!stream->unread && !screen_write(mark->screen, stream->to, bytes, count))
        stream->unread = true;
}

/* One read: at most BLOCK bytes, of which each may begin a line. False: it was the last. */
static bool
pass_on(struct mark *mark, struct stream *stream, uint64_t event)
{
    char from[BLOCK], number[32];
    ssize_t count = read(stream->ours, from, sizeof from);
    if (count <= 0)
        return count < 0 && (errno == EAGAIN || errno == EINTR);
    size_t bytes = (size_t)(event != 0 ? snprintf(number, sizeof number, "[%" PRIu64 "] ", event)
                                       : snprintf(number, sizeof number, "[-] "));
    size_t lines = 1, used = 0;
    for (ssize_t i = 0; i < count; i++)
        lines += from[i] == '\n';
    char *text = mark->marks ? malloc((size_t)count + lines * bytes) : NULL;
    if (text == NULL) {
        put(mark, stream, from, (size_t)count);
        return true;
    }
    for (ssize_t i = 0; i < count; i++) {
        if (!stream->inside) {
            memcpy(text + used, number, bytes);
            used += bytes;
        }
        text[used++] = from[i];
        stream->inside = from[i] != '\n';
    }
    put(mark, stream, text, used);
    free(text);
    return true;
}

static void *
read_all(void *context)
{
    struct mark *mark = context;
    uint64_t ended_ns = 0;
    for (;;) {
        struct pollfd polls[MARK_STREAMS + 1];
        bool ended = atomic_load(&mark->ended);
        for (int i = 0; i < MARK_STREAMS; i++)
            polls[i] = (struct pollfd){.fd = mark->stream[i].ours, .events = POLLIN};
        polls[MARK_STREAMS] = (struct pollfd){.fd = ended ? -1 : mark->bell[0], .events = POLLIN};
        int ready = poll(polls, MARK_STREAMS + 1, ended ? REST_MS : LOOK_MS);
        uint64_t event = status_event(mark->score);
        if (ended && ended_ns == 0)
            ended_ns = score_now();
        if (ended && (ready == 0 || score_now() > ended_ns + REST_NS))
            return NULL;
        follow_size(mark);
        for (int i = 0; i < MARK_STREAMS; i++) {
            struct stream *stream = &mark->stream[i];
            if (stream->ours >= 0 && polls[i].revents != 0 && !pass_on(mark, stream, event))
                close_file(&stream->ours);
        }
        if (ended && mark->stream[0].ours < 0 && mark->stream[1].ours < 0)
            return NULL;
    }
}

int
mark_start(struct mark *mark, struct fault *fault)
{
    sigset_t all, before;
    for (int i = 0; i < MARK_STREAMS; i++)
        close_file(&mark->stream[i].apps);
    /* Signals are the main thread's affair; a reader that has gone is told by the write. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&mark->thread, NULL, read_all, mark);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        errno = error;
        return fault_errno(fault, FAULT_INTERNAL, "no thread for the app's output");
    }
    mark->running = true;
    return 0;
}

void
mark_close(struct mark *mark)
{
    if (mark == NULL)
        return;
    atomic_store(&mark->ended, true);
    close_file(&mark->bell[1]);
    if (mark->running)
        pthread_join(mark->thread, NULL);
    close_file(&mark->bell[0]);
    for (int i = 0; i < MARK_STREAMS; i++) {
        close_file(&mark->stream[i].ours);
        close_file(&mark->stream[i].apps);
    }
    free(mark);
}
