// SPDX-License-Identifier: MIT
/*
 * An app with timers of every kind: timers SECONDS. One thread for each kind ticks once a second, each at
 * its own tenth of it, and prints `tick KIND NUMBER`; messages are printed as they come. What is in between
 * is up to the clock alone, so the order of the lines follows from the tape by arithmetic.
 *
 *   timers SECONDS PERIOD   each kind ticks every PERIOD seconds
 *   timers SECONDS sdk      talks to a real SDK as offline.h does, for callbacks at times of its own; then
 *                           each tick comes one second after the one before it, as most programs do it
 */
#include "app.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <threads.h>

#define SECOND 1000000000ll

static int64_t began;
static long seconds, period = 1;
static bool relative;
static int quiet_pipe[2]; /* nobody ever writes to it */

static int64_t
now_of(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static struct timespec
split(int64_t ns)
{
    if (ns < 0)
        ns = 0;
    return (struct timespec){.tv_sec = ns / SECOND, .tv_nsec = ns % SECOND};
}

static int
ms_until(int64_t end)
{
    int64_t left = end - now_of(CLOCK_MONOTONIC);
    return left <= 0 ? 0 : (int)((left + 999999) / 1000000);
}

/* Each waits until `end` of the monotonic clock. */
static void
with_nanosleep(int64_t end)
{
    struct timespec time = split(end - now_of(CLOCK_MONOTONIC));
    nanosleep(&time, NULL);
}

static void
with_cond(int64_t end)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    struct timespec time = split(now_of(CLOCK_REALTIME) + end - now_of(CLOCK_MONOTONIC));
    pthread_mutex_lock(&lock);
    while (pthread_cond_timedwait(&never, &lock, &time) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&lock);
}

static void
with_poll(int64_t end)
{
    struct pollfd fd = {.fd = quiet_pipe[0], .events = POLLIN};
    if (poll(&fd, 1, ms_until(end)) != 0)
        app_say("poll: not a timeout");
}

static void
with_epoll(int64_t end)
{
    static int set = -1;
    struct epoll_event event = {.events = EPOLLIN};
    if (set < 0) {
        set = epoll_create1(0);
        epoll_ctl(set, EPOLL_CTL_ADD, quiet_pipe[0], &event);
    }
    if (epoll_wait(set, &event, 1, ms_until(end)) != 0)
        app_say("epoll: not a timeout");
}

static void
with_timerfd(int64_t end)
{
    static int fd = -1;
    uint64_t times = 0;
    if (fd < 0) {
        struct itimerspec every = {.it_value = split(end), .it_interval = {.tv_sec = period}};
        fd = timerfd_create(CLOCK_MONOTONIC, 0);
        timerfd_settime(fd, TFD_TIMER_ABSTIME, &every, NULL);
    }
    if (read(fd, &times, sizeof times) != sizeof times || (times != 1 && !relative))
        app_say("timerfd: %llu expirations", (unsigned long long)times);
}

static void
with_select(int64_t end)
{
    int64_t left = end - now_of(CLOCK_MONOTONIC);
    struct timeval time = {.tv_sec = left / SECOND, .tv_usec = left % SECOND / 1000};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(quiet_pipe[0], &set);
    if (select(quiet_pipe[0] + 1, &set, NULL, NULL, &time) != 0)
        app_say("select: not a timeout");
}

static void
with_sem(int64_t end)
{
    static sem_t never;
    struct timespec time = split(now_of(CLOCK_REALTIME) + end - now_of(CLOCK_MONOTONIC));
    if (sem_timedwait(&never, &time) != -1 || errno != ETIMEDOUT)
        app_say("sem: not a timeout");
}

static void
with_clock(int64_t end)
{
    struct timespec time = split(end);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

static const struct kind {
    const char *name;
    void (*wait)(int64_t end);
} kinds[] = {
    {"nanosleep", with_nanosleep}, {"cond", with_cond},     {"poll", with_poll}, {"epoll", with_epoll},
    {"timerfd", with_timerfd},     {"select", with_select}, {"sem", with_sem},   {"clock", with_clock}};
#define KINDS (sizeof kinds / sizeof *kinds)

static void *
ticker(void *data)
{
    const struct kind *kind = data;
    for (long n = 0; n < seconds / period; n++) {
        int64_t end = began + n * period * SECOND + (kind - kinds + 1) * SECOND / 10;
        if (relative && n > 0)
            end = now_of(CLOCK_MONOTONIC) + SECOND;
        kind->wait(end);
        int64_t late = now_of(CLOCK_MONOTONIC) - end;
        app_say("tick %s %ld", kind->name, n);
        if (!relative && (late < 0 || late > SECOND / 50))
            app_say("%s: late by %lld ns", kind->name, (long long)late);
    }
    return NULL;
}

static void
on_message(const char *json, const void *user)
{
    (void)user;
    app_back("TIMRecvNewMsgCallback", "j", json);
}

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)user;
    app_back("TIMCommCallback", "isj", (int64_t)code, desc, json);
}

static void
on_log(enum TIMLogLevel level, const char *log, const void *user)
{
    (void)user;
    app_back("TIMLogCallback", "is", (int64_t)level, log);
}

static void
on_status(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user)
{
    (void)user;
    app_back("TIMNetworkStatusListenerCallback", "iis", (int64_t)status, (int64_t)code, desc);
}

static void
start_sdk(void)
{
    TIMSetLogCallback(on_log, NULL);
    TIMSetNetworkStatusListenerCallback(on_status, NULL);
    TIMSetConfig("{\"set_config_log_level\":3,\"set_config_callback_log_level\":3,"
                 "\"set_config_is_log_output_console\":false}",
                 on_comm, NULL);
    TIMInit(1400000001, "{\"sdk_config_config_file_path\":\"./sdk\",\"sdk_config_log_file_path\":\"./sdk\"}");
    TIMLogin("user1", "not-a-real-signature-1234567890", on_comm, NULL);
    TIMConvGetConvList(on_comm, NULL);
}

int
main(int argc, char **argv)
{
    pthread_t thread[KINDS];
    seconds = argc > 1 ? atol(argv[1]) : 3;
    if (pipe(quiet_pipe) != 0)
        return 1;
    began = now_of(CLOCK_MONOTONIC);
    TIMAddRecvNewMsgCallback(on_message, NULL);
    relative = argc > 2 && strcmp(argv[2], "sdk") == 0;
    if (argc > 2 && !relative)
        period = atol(argv[2]);
    if (relative)
        start_sdk();
    for (size_t i = 0; i < KINDS; i++)
        pthread_create(&thread[i], NULL, ticker, (void *)&kinds[i]);
    for (size_t i = 0; i < KINDS; i++)
        pthread_join(thread[i], NULL);
    app_say("took %lld s", (long long)((now_of(CLOCK_MONOTONIC) - began) / SECOND));
    TIMRemoveRecvNewMsgCallback(on_message);
    fflush(NULL);
    _exit(0); /* the SDK's own exit handlers are not what is tested */
}
