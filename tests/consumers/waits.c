// SPDX-License-Identifier: MIT
/*
 * What waits promise besides ending in time: waits prints one line for each promise that is not kept, and
 * `kept N` at the end. True with any clock that goes right.
 */
#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <threads.h>

#define MS 1000000ll

static int kept;

#define PROMISE(what)                                                                                        \
    do {                                                                                                     \
        if (what)                                                                                            \
            kept++;                                                                                          \
        else                                                                                                 \
            app_say("line %d: not kept: %s (errno %d)", __LINE__, #what, errno);                             \
    } while (0)

static int64_t
now_of(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * 1000 * MS + now.tv_nsec;
}

static int64_t
now(void)
{
    return now_of(CLOCK_MONOTONIC);
}

static struct timespec
split(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / (1000 * MS), .tv_nsec = ns % (1000 * MS)};
}

/* Since `from` it is `ms`, and not much more: machines may be busy, and this also runs in real time. */
static bool
took(int64_t from, int64_t ms)
{
    int64_t ns = now() - from;
    if (ns >= ms * MS && ns < (ms + 400) * MS)
        return true;
    app_say("took %lld us, not %lld ms", (long long)(ns / 1000), (long long)ms);
    return false;
}

static volatile sig_atomic_t signals;

static void
on_signal(int number)
{
    (void)number;
    signals++;
}

static void
handle(int number, int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigaction(number, &action, NULL);
}

/* ---- another thread that does something after a time ---- */

static struct later {
    long ms;
    void (*act)(struct later *later);
    pthread_t target;
    int fd;
    sem_t *sem;
    pthread_cond_t *cond;
    pthread_mutex_t *mutex;
} later;

static void *
do_later(void *data)
{
    struct later *what = data;
    app_sleep(what->ms);
    what->act(what);
    return NULL;
}

static pthread_t
after(long ms, void (*act)(struct later *later))
{
    pthread_t thread;
    later.ms = ms;
    later.act = act;
    later.target = pthread_self();
    pthread_create(&thread, NULL, do_later, &later);
    return thread;
}

static void
act_signal(struct later *what)
{
    pthread_kill(what->target, SIGUSR1);
}

static void
act_write(struct later *what)
{
    if (write(what->fd, "x", 1) != 1)
        app_say("cannot write");
}

static void
act_post(struct later *what)
{
    sem_post(what->sem);
}

static void
act_cond(struct later *what)
{
    pthread_mutex_lock(what->mutex);
    pthread_cond_signal(what->cond);
    pthread_mutex_unlock(what->mutex);
}

/* ---- the promises ---- */

static void
sleeps(void)
{
    struct timespec time = split(300 * MS), rest = {0}, bad = {0, 1000000000}, negative = {-1, 0};
    int64_t from = now();
    pthread_t thread;

    PROMISE(nanosleep(&time, &rest) == 0 && took(from, 300));
    from = now();
    PROMISE(usleep(20000) == 0 && took(from, 20));
    PROMISE(usleep(0) == 0);
    PROMISE(nanosleep(&bad, NULL) == -1 && errno == EINVAL);
    PROMISE(nanosleep(&negative, NULL) == -1 && errno == EINVAL);
    PROMISE(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, NULL) == EINVAL);
    PROMISE(clock_nanosleep(12345, 0, &time, NULL) == EINVAL);
    time = split(now() - 5000 * MS);
    from = now();
    PROMISE(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == 0 && took(from, 0));
    time = split(now_of(CLOCK_REALTIME) + 200 * MS);
    PROMISE(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL) == 0 && took(from, 200));
    from = now();
    time = split(100 * MS);
    PROMISE(thrd_sleep(&time, NULL) == 0 && took(from, 100));

    /* A handler ends it, with and without SA_RESTART, and the rest is what is left. */
    for (int i = 0; i < 2; i++) {
        handle(SIGUSR1, i == 0 ? 0 : SA_RESTART);
        time = split(5000 * MS);
        thread = after(1000, act_signal);
        from = now();
        PROMISE(nanosleep(&time, &rest) == -1 && errno == EINTR && took(from, 1000));
        int64_t left = rest.tv_sec * 1000 + rest.tv_nsec / 1000000;
        PROMISE(left <= 4000 && left > 3500);
        pthread_join(thread, NULL);
    }
    thread = after(1000, act_signal);
    PROMISE(sleep(10) == 8);
    pthread_join(thread, NULL);
}

static void
clocks(void)
{
    struct timespec ts;
    struct timeval tv;
    int64_t wall = now_of(CLOCK_REALTIME), cpu = now_of(CLOCK_PROCESS_CPUTIME_ID),
            raw = now_of(CLOCK_MONOTONIC_RAW);

    app_sleep(1500);
    PROMISE(now_of(CLOCK_MONOTONIC_RAW) - raw >= 1400 * MS); /* it may be slewed against the other one */
    PROMISE(now_of(CLOCK_REALTIME) - wall >= 1490 * MS && now_of(CLOCK_REALTIME) - wall < 2000 * MS);
    PROMISE(now_of(CLOCK_PROCESS_CPUTIME_ID) - cpu < 1000 * MS);
    gettimeofday(&tv, NULL);
    PROMISE(tv.tv_sec >= time(NULL) - 1 && tv.tv_sec <= time(NULL));
    PROMISE(timespec_get(&ts, TIME_UTC) == TIME_UTC && ts.tv_sec >= tv.tv_sec && ts.tv_sec <= tv.tv_sec + 1);
    PROMISE(clock_gettime(12345, &ts) == -1 && errno == EINVAL);
}

static void
descriptors(void)
{
    int ends[2], set = epoll_create1(0);
    struct pollfd fd[1500];
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = 77};
    struct timespec time = split(400 * MS);
    struct timeval tv = {2, 0};
    fd_set read_set;
    char byte;
    pthread_t thread;
    int64_t from = now();

    PROMISE(pipe(ends) == 0);
    for (int i = 0; i < 1500; i++)
        fd[i] = (struct pollfd){.fd = i == 0 ? ends[0] : -1, .events = POLLIN};
    epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event);
    PROMISE(poll(NULL, 0, 0) == 0);
    PROMISE(poll(fd, 1, 100) == 0 && took(from, 100) && fd[0].revents == 0);
    from = now();
    PROMISE(ppoll(fd, 1, &time, NULL) == 0 && took(from, 400));
    from = now();
    PROMISE(poll(fd, 1024, 100) == 0 && took(from, 100)); /* more than are copied */
    from = now();
    FD_ZERO(&read_set);
    FD_SET(ends[0], &read_set);
    tv = (struct timeval){0, 250000};
    PROMISE(select(ends[0] + 1, &read_set, NULL, NULL, &tv) == 0 && took(from, 250) && tv.tv_sec == 0 &&
            tv.tv_usec == 0 && !FD_ISSET(ends[0], &read_set));
    from = now();
    PROMISE(pselect(0, NULL, NULL, NULL, &time, NULL) == 0 && took(from, 400));
    from = now();
    PROMISE(epoll_wait(set, &event, 1, 300) == 0 && took(from, 300));
    PROMISE(epoll_wait(-1, &event, 1, 300) == -1 && errno == EBADF);
    PROMISE(poll(fd, 1, -1 + 1) == 0);

    /* Something comes before the time is over, and is not lost. */
    later.fd = ends[1];
    from = now();
    thread = after(500, act_write);
    PROMISE(poll(fd, 1, 5000) == 1 && fd[0].revents == POLLIN && took(from, 500));
    pthread_join(thread, NULL);
    FD_SET(ends[0], &read_set);
    tv = (struct timeval){2, 0};
    PROMISE(select(ends[0] + 1, &read_set, NULL, NULL, &tv) == 1 && FD_ISSET(ends[0], &read_set));
    PROMISE(epoll_wait(set, &event, 1, 1000) == 1 && event.data.u32 == 77 && took(from, 500));
    PROMISE(read(ends[0], &byte, 1) == 1);
    from = now();
    thread = after(700, act_write);
    PROMISE(epoll_wait(set, &event, 1, 5000) == 1 && took(from, 700));
    pthread_join(thread, NULL);
    PROMISE(read(ends[0], &byte, 1) == 1);
    from = now();
    thread = after(300, act_write);
    FD_ZERO(&read_set);
    FD_SET(ends[0], &read_set);
    tv = (struct timeval){2, 0};
    PROMISE(select(ends[0] + 1, &read_set, NULL, NULL, &tv) == 1 && FD_ISSET(ends[0], &read_set) &&
            took(from, 300) && tv.tv_sec == 1);
    pthread_join(thread, NULL);
    handle(SIGUSR1, SA_RESTART);
    fd[0].fd = -1;
    from = now();
    thread = after(300, act_signal);
    PROMISE(poll(fd, 1, 3000) == -1 && errno == EINTR && took(from, 300));
    pthread_join(thread, NULL);
    close(ends[0]);
    close(ends[1]);
    close(set);
}

static void
conditions(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER, steady;
    pthread_condattr_t attributes;
    struct timespec time = split(now_of(CLOCK_REALTIME) + 600 * MS);
    int64_t from = now();
    pthread_t thread;

    pthread_mutex_lock(&mutex);
    PROMISE(pthread_cond_timedwait(&cond, &mutex, &time) == ETIMEDOUT && took(from, 600));
    PROMISE(pthread_cond_timedwait(&cond, &mutex, &time) == ETIMEDOUT && took(from, 600)); /* past */
    PROMISE(pthread_mutex_trylock(&mutex) == EBUSY);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&steady, &attributes);
    from = now();
    time = split(from + 350 * MS);
    PROMISE(pthread_cond_timedwait(&steady, &mutex, &time) == ETIMEDOUT && took(from, 350));
    from = now();
    time = split(from + 250 * MS);
    PROMISE(pthread_cond_clockwait(&cond, &mutex, CLOCK_MONOTONIC, &time) == ETIMEDOUT && took(from, 250));
    time = split(now_of(CLOCK_REALTIME) + 9000 * MS);
    later.cond = &cond;
    later.mutex = &mutex;
    from = now();
    thread = after(400, act_cond);
    PROMISE(pthread_cond_timedwait(&cond, &mutex, &time) == 0 && took(from, 400));
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    PROMISE(pthread_cond_destroy(&cond) == 0 && pthread_cond_destroy(&steady) == 0);
}

static void *
hold_mutex(void *data)
{
    pthread_mutex_lock(data);
    app_sleep(500);
    pthread_mutex_unlock(data);
    return NULL;
}

static void
locks(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    sem_t sem;
    sigset_t set;
    struct timespec time;
    int64_t from = now();
    pthread_t thread;

    sem_init(&sem, 0, 0);
    time = split(now_of(CLOCK_REALTIME) + 200 * MS);
    PROMISE(sem_timedwait(&sem, &time) == -1 && errno == ETIMEDOUT && took(from, 200));
    later.sem = &sem;
    from = now();
    thread = after(300, act_post);
    time = split(from + 4000 * MS);
    PROMISE(sem_clockwait(&sem, CLOCK_MONOTONIC, &time) == 0 && took(from, 300));
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, hold_mutex, &mutex);
    app_sleep(100);
    from = now();
    time = split(now_of(CLOCK_REALTIME) + 100 * MS);
    PROMISE(pthread_mutex_timedlock(&mutex, &time) == ETIMEDOUT && took(from, 100));
    time = split(now_of(CLOCK_REALTIME) + 5000 * MS);
    PROMISE(pthread_mutex_timedlock(&mutex, &time) == 0 && took(from, 390));
    pthread_join(thread, NULL);
    pthread_rwlock_wrlock(&lock);
    from = now();
    time = split(now_of(CLOCK_REALTIME) + 150 * MS);
    PROMISE(pthread_rwlock_timedrdlock(&lock, &time) == EDEADLK ||
            took(from, 150)); /* its own lock: found out, or waited for */
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    time = split(250 * MS);
    from = now();
    PROMISE(sigtimedwait(&set, NULL, &time) == -1 && errno == EAGAIN && took(from, 250));
}

static void *
sleep_500(void *data)
{
    app_sleep(500);
    return data;
}

static void
joins(void)
{
    struct timespec time;
    pthread_t thread;
    void *value = NULL;
    int64_t from = now();

    pthread_create(&thread, NULL, sleep_500, &value);
    time = split(now_of(CLOCK_REALTIME) + 200 * MS);
    PROMISE(pthread_timedjoin_np(thread, &value, &time) == ETIMEDOUT && took(from, 200));
    time = split(from - MS);
    PROMISE(pthread_clockjoin_np(thread, &value, CLOCK_MONOTONIC, &time) == ETIMEDOUT && took(from, 200));
    time = split(from + 5000 * MS);
    PROMISE(pthread_clockjoin_np(thread, &value, CLOCK_MONOTONIC, &time) == 0 && took(from, 500));
    PROMISE(value == &value);
    pthread_create(&thread, NULL, sleep_500, NULL);
    PROMISE(pthread_timedjoin_np(thread, NULL, NULL) == 0 && took(from, 1000));
}

/* Futexes as C++ and Rust use them. */
static int
futex(uint32_t *word, int operation, uint32_t value, const struct timespec *time)
{
    return (int)syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, time, NULL,
                        FUTEX_BITSET_MATCH_ANY);
}

static uint32_t futex_word;

static void
act_futex(struct later *what)
{
    (void)what;
    __atomic_store_n(&futex_word, 1, __ATOMIC_SEQ_CST);
    futex(&futex_word, FUTEX_WAKE, 1, NULL);
}

static void
futexes(void)
{
    struct timespec time = split(700 * MS);
    int64_t from = now();
    pthread_t thread;

    PROMISE(futex(&futex_word, FUTEX_WAIT, 1, &time) == -1 && errno == EAGAIN && took(from, 0));
    PROMISE(futex(&futex_word, FUTEX_WAIT, 0, &time) == -1 && errno == ETIMEDOUT && took(from, 700));
    from = now();
    time = split(from + 300 * MS);
    PROMISE(futex(&futex_word, FUTEX_WAIT_BITSET, 0, &time) == -1 && errno == ETIMEDOUT && took(from, 300));
    PROMISE(futex(&futex_word, FUTEX_WAIT_BITSET, 0, &time) == -1 && errno == ETIMEDOUT && took(from, 300));
    from = now();
    time = split(now_of(CLOCK_REALTIME) + 300 * MS);
    PROMISE(futex(&futex_word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &time) == -1 &&
            errno == ETIMEDOUT && took(from, 300));
    handle(SIGUSR1, SA_RESTART);
    from = now();
    time = split(5000 * MS);
    thread = after(200, act_signal);
    PROMISE(futex(&futex_word, FUTEX_WAIT, 0, &time) == -1 && errno == EINTR && took(from, 200));
    pthread_join(thread, NULL);
    from = now();
    thread = after(400, act_futex);
    PROMISE(futex(&futex_word, FUTEX_WAIT, 0, &time) == 0 && took(from, 400));
    pthread_join(thread, NULL);
}

static void
timers(void)
{
    struct itimerspec every = {.it_value = split(100 * MS), .it_interval = split(200 * MS)}, left;
    struct itimerval alarms = {.it_value = {0, 300000}, .it_interval = {0, 200000}}, before;
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), number;
    uint64_t times = 0;
    int64_t from;

    PROMISE(read(fd, &times, sizeof times) == -1 && errno == EAGAIN);
    PROMISE(timerfd_settime(fd, 0, &every, NULL) == 0);
    PROMISE(timerfd_gettime(fd, &left) == 0 && left.it_interval.tv_nsec == 200 * MS &&
            left.it_value.tv_nsec > 0);
    app_sleep(1000); /* 100, 300, 500, 700, 900 */
    PROMISE(read(fd, &times, sizeof times) == sizeof times && times == 5);
    PROMISE(timerfd_settime(fd, 0, &(struct itimerspec){.it_value = {0, 0}}, &left) == 0);
    PROMISE(left.it_interval.tv_nsec == 200 * MS);
    app_sleep(500);
    PROMISE(read(fd, &times, sizeof times) == -1 && errno == EAGAIN);
    /* Its number becomes another's: nothing is written there. */
    PROMISE(timerfd_settime(fd, 0, &every, NULL) == 0);
    number = fd;
    close(fd);
    fd = open("/dev/null", O_RDWR);
    PROMISE(fd == number);
    PROMISE(timerfd_settime(fd, 0, &every, NULL) == -1 && errno == EINVAL);
    app_sleep(300);
    close(fd);

    handle(SIGALRM, 0);
    signals = 0;
    from = now();
    PROMISE(alarm(1) == 0);
    PROMISE(pause() == -1 && signals == 1 && took(from, 1000));
    from = now();
    PROMISE(setitimer(ITIMER_REAL, &alarms, NULL) == 0);
    while (signals < 4)
        pause();
    PROMISE(took(from, 700));
    PROMISE(getitimer(ITIMER_REAL, &before) == 0 && before.it_interval.tv_usec == 200000);
    PROMISE(setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, 0}}, &before) == 0);
    app_sleep(500);
    PROMISE(signals == 4);
}

/* ---- threads and processes that end in the middle of a wait ---- */

static _Atomic int cleaned;

static void
clean(void *data)
{
    (void)data;
    cleaned++;
}

static void
unlock(void *data)
{
    pthread_mutex_unlock(data);
}

static void *
wait_for_ever(void *data)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    struct timespec time = split(now_of(CLOCK_REALTIME) + 100000 * MS), rest = split(100000 * MS);

    pthread_cleanup_push(clean, NULL);
    switch ((int)(intptr_t)data) {
    case 0:
        nanosleep(&rest, NULL);
        break;
    case 1:
        poll(NULL, 0, 100000);
        break;
    case 2:
        pthread_mutex_lock(&mutex);
        pthread_cleanup_push(unlock, &mutex);
        pthread_cond_timedwait(&cond, &mutex, &time);
        pthread_cleanup_pop(1);
        break;
    default:
        select(0, NULL, NULL, NULL, &(struct timeval){.tv_sec = 100});
        break;
    }
    pthread_cleanup_pop(0);
    return NULL;
}

static sigjmp_buf out;

static void
jump(int number)
{
    (void)number;
    siglongjmp(out, 1);
}

static void
ends(void)
{
    int64_t from = now();
    void *result;
    int status;

    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, wait_for_ever, (void *)(intptr_t)i);
        app_sleep(100);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        PROMISE(result == PTHREAD_CANCELED && cleaned == i + 1);
    }
    PROMISE(took(from, 400));
    struct sigaction action = {.sa_handler = jump};
    sigaction(SIGUSR1, &action, NULL);
    pthread_t thread = after(100, act_signal);
    if (sigsetjmp(out, 1) == 0)
        app_sleep(100000);
    pthread_join(thread, NULL);
    from = now();
    app_sleep(200);
    PROMISE(took(from, 200));

    /* A child has a clock, too, and timers of its own. */
    from = now();
    pid_t child = fork();
    if (child == 0) {
        app_sleep(700);
        poll(NULL, 0, 300);
        _exit(took(from, 1000) ? 5 : 6);
    }
    PROMISE(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 5 && took(from, 1000));
    from = now();
    PROMISE(system("sleep 2") == 0 && took(from, 2000));
    /* Killed in the middle of its wait. */
    child = fork();
    if (child == 0) {
        app_sleep(100000);
        _exit(0);
    }
    app_sleep(200);
    kill(child, SIGKILL);
    PROMISE(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    /* As daemons do: every descriptor is closed. */
    child = fork();
    if (child == 0) {
        int first;
        poll(NULL, 0, 100);
        for (int fd = 3; fd < 1024; fd++)
            close(fd);
        first = open("/dev/null", O_RDONLY);
        from = now();
        poll(NULL, 0, 300);
        _exit(first == 3 && took(from, 300) ? 5 : 6);
    }
    PROMISE(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 5);
}

static void
on_message(const char *json, const void *user)
{
    (void)json;
    (void)user;
}

int
main(void)
{
    static void (*const all[])(void) = {sleeps, clocks,  descriptors, conditions, locks,
                                        joins,  futexes, timers,      ends};
    TIMAddRecvNewMsgCallback(on_message, NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        all[i]();
    app_say("kept %d", kept);
    return 0;
}
