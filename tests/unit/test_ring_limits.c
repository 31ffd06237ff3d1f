// SPDX-License-Identifier: MIT
// link: host producer
/* Apps in narrow circumstances: they go on, recorded as far as there is room, and what is lost is counted. */
#include "ring_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int
edges_only(void *context, const struct ring_event *event)
{
    if (event->record->kind == RING_BACK_ENTER)
        ++*(size_t *)context;
    return 0;
}

static bool
put_one(void)
{
    struct ring_piece piece = {"a text of some length", 21, true};

    errno = 4321;
    return ring_put(RING_BACK_ENTER, 0, 1, 0, 0, &piece, 1) != 0;
}

/* libfaketime and its like: a preloaded clock that stands still. */
static bool frozen;

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    if (!frozen)
        return (int)syscall(SYS_clock_gettime, clock, now);
    *now = (struct timespec){1000, 0};
    return 0;
}

static int
fork_in_frozen_time(void *unused)
{
    pid_t pid;
    int status = 0;

    (void)unused;
    frozen = true;
    for (int i = 0; i < 100; i++)
        if (!put_one())
            return 1;
    pid = fork();
    for (int i = 0; i < 100; i++)
        if (!put_one())
            return 2;
    if (pid != 0)
        waitpid(pid, &status, 0);
    return status;
}

static void
a_child_forked_in_frozen_time_has_a_ring_of_its_own(void **state)
{
    struct ring_reader *ring = session_new(4, 1 << 20, RING_WAIT, 0);
    size_t edges = 0;

    (void)state;
    assert_int_equal(drain_all(ring, child(fork_in_frozen_time, NULL), edges_only, &edges), 0);
    assert_int_equal(edges, 300);
    ring_destroy(ring, true);
}

static int
fill_in_frozen_time(void *unused)
{
    (void)unused;
    frozen = true;
    alarm(20); /* instead of waiting for ever */
    while (put_one())
        ;
    return 0;
}

static void
waiting_ends_in_frozen_time(void **state)
{
    struct ring_reader *ring = session_new(4, 1 << 20, RING_WAIT, 50000000);
    int status;

    (void)state;
    waitpid(child(fill_in_frozen_time, NULL), &status, 0);
    assert_int_equal(status, 0);
    ring_destroy(ring, true);
}

/* In a sandbox: its pid means nothing, or somebody else, outside. */
static int
in_another_namespace(void *context)
{
    _Atomic int *stage = context;
    int status;

    if (unshare(CLONE_NEWPID) != 0)
        return 77;
    pid_t pid = fork();
    if (pid == 0) {
        bool good = put_one();

        *stage = 1;
        while (*stage == 1)
            usleep(1000);
        _exit(good && put_one() ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    return status;
}

static void
a_writer_in_another_pid_namespace_keeps_its_slot(void **state)
{
    struct ring_reader *ring = session_new(4, 1 << 20, RING_WAIT, 0);
    _Atomic int *stage = shared_page();
    size_t edges = 0, owners = 0;
    int status = 0;
    pid_t pid = child(in_another_namespace, (void *)stage);

    (void)state;
    while (*stage == 0 && !ended(pid, &status))
        usleep(1000);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        ring_destroy(ring, true);
        skip(); /* needs root */
    }
    assert_int_equal(ring_tend(ring), 0); /* not known to live */
    for (uint32_t i = 0; i < 4; i++)
        owners += ring_slot_header(ring, i)->owner != 0;
    *stage = 2;
    assert_int_equal(owners, 1);
    assert_int_equal(drain_all(ring, pid, edges_only, &edges), 0);
    assert_int_equal(edges, 2);
    ring_destroy(ring, true);
}

/* One edge, then the next program in the same process. */
static int
execs(unsigned left)
{
    char number[16];

    if (!put_one())
        return 1;
    if (left == 0)
        return 0;
    snprintf(number, sizeof number, "%u", left - 1);
    execl("/proc/self/exe", "again", number, NULL);
    return 2;
}

static int
first_exec(void *unused)
{
    (void)unused;
    return execs(9);
}

static void
programs_that_exec_on_and_on_need_one_slot(void **state)
{
    struct ring_reader *ring = session_new(2, 1 << 20, RING_WAIT, 0);
    size_t edges = 0;

    (void)state;
    assert_int_equal(drain_all(ring, child(first_exec, NULL), edges_only, &edges), 0);
    assert_int_equal(edges, 10);
    ring_destroy(ring, true);
}

static int
small_files(void *unused)
{
    struct rlimit limit = {4096, 4096};

    (void)unused;
    signal(SIGXFSZ, SIG_DFL); /* would kill us */
    setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 1000; i++)
        if (!put_one() || errno != 4321)
            return 1;
    return 0;
}

static void
a_limit_on_file_sizes(void **state)
{
    struct ring_reader *ring = session_new(4, 1 << 20, RING_WAIT, 0);
    size_t edges = 0;

    (void)state;
    assert_int_equal(drain_all(ring, child(small_files, NULL), edges_only, &edges), 0);
    assert_int_equal(edges, 1000);
    ring_destroy(ring, true);
}

static int
little_memory(void *unused)
{
    struct rlimit limit;
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    (void)unused;
    if (file == NULL || fscanf(file, "%lu", &pages) != 1)
        return 2;
    fclose(file);
    limit.rlim_cur = limit.rlim_max = (rlim_t)pages * 4096 + (6u << 20);
    setrlimit(RLIMIT_AS, &limit);
    for (int i = 0; i < 1000; i++)
        if (!put_one() || errno != 4321)
            return 1;
    return 0;
}

static void
a_limit_on_address_space(bool spares)
{
    struct ring_reader *ring = session_new(4, 16 << 20, RING_WAIT, 0);
    size_t edges = 0;

    if (spares)
        ring_tend(ring);
    assert_int_equal(drain_all(ring, child(little_memory, NULL), edges_only, &edges), 0);
    assert_int_equal(edges, 1000);
    /* A smaller ring did it. */
    assert_true(ring_slot_header(ring, 0)->bytes < 16 << 20);
    ring_destroy(ring, true);
}

static void
a_limit_on_address_space_with_spares(void **state)
{
    (void)state;
    a_limit_on_address_space(true);
}

static void
a_limit_on_address_space_without(void **state)
{
    (void)state;
    a_limit_on_address_space(false);
}

/* Several threads at once, each of which wants a ring of its own. */
static pthread_barrier_t barrier;

static void *
one_thread(void *context)
{
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 100; i++)
        if (put_one())
            atomic_fetch_add((_Atomic size_t *)context, 1);
    pthread_barrier_wait(&barrier); /* nobody gives a slot back before all are done */
    return NULL;
}

static int
six_threads(void *context)
{
    pthread_t thread[6];

    pthread_barrier_init(&barrier, NULL, 6);
    for (int i = 0; i < 6; i++)
        pthread_create(&thread[i], NULL, one_thread, context);
    for (int i = 0; i < 6; i++)
        pthread_join(thread[i], NULL);
    return 0;
}

static void
more_threads_than_slots(void **state)
{
    struct ring_reader *ring = session_new(2, 1 << 20, RING_WAIT, 0);
    size_t edges = 0, *recorded = shared_page();

    (void)state;
    assert_int_equal(drain_all(ring, child(six_threads, recorded), edges_only, &edges), 0);
    assert_int_equal(edges, *recorded);
    assert_int_equal(edges, 200);
    assert_int_equal(ring_header(ring)->unrecorded, 400);
    ring_destroy(ring, true);
}

static void *
one_of_many(void *unused)
{
    (void)unused;
    put_one();
    pthread_barrier_wait(&barrier);
    return NULL;
}

static int
many_threads(void *unused)
{
    pthread_t thread[100];

    (void)unused;
    pthread_barrier_init(&barrier, NULL, 100);
    for (int i = 0; i < 100; i++)
        pthread_create(&thread[i], NULL, one_of_many, NULL);
    for (int i = 0; i < 100; i++)
        pthread_join(thread[i], NULL);
    return 0;
}

static void
many_threads_cost_little_memory(void **state)
{
    struct ring_reader *ring = session_new(128, 8 << 20, RING_WAIT, 0);
    uint64_t bytes = 0;
    size_t edges = 0;

    (void)state;
    assert_int_equal(drain_all(ring, child(many_threads, NULL), edges_only, &edges), 0);
    assert_int_equal(edges, 100);
    for (uint32_t i = 0; i < 128; i++)
        bytes += ring_slot_header(ring, i)->bytes;
    assert_true(bytes <= 16 * (8u << 20) + 48 * (2u << 20) + 36 * (1u << 20));
    ring_destroy(ring, true);
}

static int
full_file_system(void *context)
{
    char directory[] = "/tmp/timtape-full-XXXXXX";
    struct ring_options options = {.slots = 8, .slot_bytes = 16 << 20};
    struct fault fault;
    size_t edges = 0;

    (void)context;
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mkdtemp(directory) == NULL || mount("none", directory, "tmpfs", 0, "size=3m") != 0)
        return 77;
    options.directory = directory;
    struct ring_reader *ring = ring_create(&options, &fault);
    if (ring == NULL)
        return 2;
    setenv(RING_ENV_SESSION, ring_path(ring), 1);
    ring_tend(ring); /* no room for spares */
    size_t *recorded = shared_page();
    int status = drain_all(ring, child(six_threads, recorded), edges_only, &edges);
    /* 3 MiB: one ring of 2 MiB, or two of 1 MiB. */
    bool good = status == 0 && edges == *recorded && edges >= 100 && edges <= 200 &&
                ring_header(ring)->unrecorded == 600 - edges;
    ring_destroy(ring, true);
    umount(directory);
    rmdir(directory);
    return good ? 0 : 3;
}

static void
a_full_file_system(void **state)
{
    int status;

    (void)state;
    waitpid(child(full_file_system, NULL), &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("mounting a small file system is not permitted here\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static void
clear_words_when_there_is_no_place(void **state)
{
    struct ring_options options = {.directory = "/nonexistent"};
    struct fault fault;

    (void)state;
    assert_null(ring_create(&options, &fault));
    assert_int_equal(fault.kind, FAULT_CANNOT_RUN);
    options.directory = "/proc";
    assert_null(ring_create(&options, &fault));
    assert_int_equal(fault.kind, FAULT_CANNOT_RUN);
    options.directory = NULL;
    options.slot_bytes = 12345;
    assert_null(ring_create(&options, &fault));
    assert_int_equal(fault.kind, FAULT_USAGE);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_forked_in_frozen_time_has_a_ring_of_its_own),
        cmocka_unit_test(waiting_ends_in_frozen_time),
        cmocka_unit_test(a_writer_in_another_pid_namespace_keeps_its_slot),
        cmocka_unit_test(programs_that_exec_on_and_on_need_one_slot),
        cmocka_unit_test(a_limit_on_file_sizes),
        cmocka_unit_test(a_limit_on_address_space_with_spares),
        cmocka_unit_test(a_limit_on_address_space_without),
        cmocka_unit_test(more_threads_than_slots),
        cmocka_unit_test(many_threads_cost_little_memory),
        cmocka_unit_test(a_full_file_system),
        cmocka_unit_test(clear_words_when_there_is_no_place),
    };

    if (argc > 1)
        return execs((unsigned)atoi(argv[1]));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
