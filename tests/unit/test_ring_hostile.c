// SPDX-License-Identifier: MIT
// link: host producer
/* Session files that are not what they seem, and rings that a mad process scribbled over. */
#include "ring_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

static int
swallow(void *context, const struct ring_event *event)
{
    size_t *bytes = context;

    /* The whole body must be readable. */
    for (size_t i = 0; i < event->body_bytes; i++)
        *bytes += event->body[i];
    return 0;
}

static int
write_some(void *unused)
{
    char text[3000];

    (void)unused;
    memset(text, 'x', sizeof text);
    for (uint32_t n = 0; n < 40; n++) {
        struct ring_piece piece = {text, n * 70, true};

        if (ring_put(RING_CALL_ENTER, 0, 1, 0, 0, &piece, 1) == 0)
            return 1;
    }
    return 0;
}

/* A session as a dead recorder leaves it: 40 edges, nothing read. */
static char *
left_behind(uint64_t *bytes)
{
    struct ring_reader *ring = session_new(2, 1 << 16, RING_WAIT, 0);
    int status;
    struct stat file;
    char *path = strdup(ring_path(ring));

    waitpid(child(write_some, NULL), &status, 0);
    assert_int_equal(status, 0);
    ring_destroy(ring, false);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    *bytes = (uint64_t)file.st_size;
    return path;
}

static size_t
read_all(const char *path, size_t *seen, uint32_t *damaged)
{
    struct fault fault;
    struct ring_reader *ring = ring_attach(path, &fault);
    size_t sum = 0, count;

    *seen = 0;
    *damaged = 0;
    if (ring == NULL)
        return 0;
    do {
        assert_int_equal(ring_drain(ring, 7, swallow, &sum, &count), 0);
        *seen += count;
        (void)ring_time(ring, *seen * 1000);
    } while (count > 0);
    ring_release(ring);
    *damaged = ring_damaged(ring);
    for (uint32_t i = 0; i < 3; i++)
        (void)ring_position(ring, i);
    ring_destroy(ring, false);
    return sum;
}

static void
a_session_left_behind_can_be_read(void **state)
{
    uint64_t bytes;
    char *path = left_behind(&bytes);
    size_t seen;
    uint32_t damaged;

    (void)state;
    read_all(path, &seen, &damaged);
    assert_int_equal(seen, 41); /* 40 edges and who wrote them */
    assert_int_equal(damaged, 0);
    read_all(path, &seen, &damaged);
    assert_int_equal(seen, 0); /* released */
    unlink(path);
    free(path);
}

static void
seeking_stays_inside(void **state)
{
    uint64_t bytes;
    char *path = left_behind(&bytes);
    struct fault fault;
    struct ring_reader *ring = ring_attach(path, &fault);
    size_t seen, sum = 0;

    (void)state;
    assert_non_null(ring);
    uint64_t head = ring_slot_header(ring, 0)->head;
    assert_int_equal(ring_seek(ring, 0, head, &fault), 0);
    assert_int_equal(ring_drain(ring, 0, swallow, &sum, &seen), 0);
    assert_int_equal(seen, 0);
    assert_int_equal(ring_seek(ring, 0, head + 8, &fault), -1);
    assert_int_equal(ring_seek(ring, 0, 4, &fault), -1);
    assert_int_equal(ring_seek(ring, 2, 0, &fault), -1);
    ring_destroy(ring, true);
    free(path);
}

static uint32_t
random_next(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return *random;
}

static void
damaged_sessions_are_survived(void **state)
{
    uint64_t bytes;
    char *path = left_behind(&bytes), *image = malloc(bytes);
    uint32_t random = 2463534242u;
    int fd = open(path, O_RDWR);

    (void)state;
    assert_int_equal(pread(fd, image, bytes, 0), bytes);
    for (int round = 0; round < 3000; round++) {
        size_t seen;
        uint32_t damaged;

        for (int flips = 0; flips < 1 + round % 20; flips++) {
            /* Mostly where it hurts: session header, slots, the first records. */
            uint64_t where = random_next(&random) % 4, at = random_next(&random);
            uint8_t value = (uint8_t)random_next(&random);

            at = where == 0 ? at % 128 : where == 1 ? at % 4096 : where == 2 ? 4096 + at % 8192 : at % bytes;
            assert_int_equal(pwrite(fd, &value, 1, (off_t)at), 1);
        }
        read_all(path, &seen, &damaged);
        if (round % 3 == 0)
            assert_int_equal(pwrite(fd, image, bytes, 0), bytes);
    }
    close(fd);
    unlink(path);
    free(image);
    free(path);
}

static void
what_is_no_session_is_refused(void **state)
{
    char path[] = "/tmp/timtape-test-XXXXXX", link[64], fifo[64];
    struct fault fault;
    int fd = mkstemp(path);

    (void)state;
    assert_null(ring_attach("/nonexistent", &fault));
    assert_int_equal(fault.kind, FAULT_DATA);
    assert_null(ring_attach(path, &fault)); /* empty */
    assert_int_equal(ftruncate(fd, 1 << 20), 0);
    assert_null(ring_attach(path, &fault)); /* zeros */
    snprintf(link, sizeof link, "%s.link", path);
    assert_int_equal(symlink(path, link), 0);
    assert_null(ring_attach(link, &fault));
    unlink(link);
    snprintf(fifo, sizeof fifo, "%s.fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_null(ring_attach(fifo, &fault));
    unlink(fifo);
    assert_null(ring_attach("/tmp", &fault));
    close(fd);
    unlink(path);
}

static int
attach_to_anything(void *unused)
{
    (void)unused;
    /* Either answer is fine; a crash is not. */
    if (ring_producer_attach())
        write_some(NULL);
    return 0;
}

static void
producers_survive_a_damaged_session(void **state)
{
    uint64_t bytes;
    char *path = left_behind(&bytes), *image = malloc(bytes);
    uint32_t random = 88172645u;
    int fd = open(path, O_RDWR), status;

    (void)state;
    setenv(RING_ENV_SESSION, path, 1);
    assert_int_equal(pread(fd, image, bytes, 0), bytes);
    for (int round = 0; round < 300; round++) {
        struct ring_session *session = (struct ring_session *)image;
        uint64_t stall = 1000000;

        (void)session;
        assert_int_equal(pwrite(fd, image, bytes, 0), bytes);
        for (int flips = 0; flips < 4; flips++) {
            uint64_t at = random_next(&random) % (round % 2 ? 128 : 12288);
            uint8_t value = (uint8_t)random_next(&random);

            assert_int_equal(pwrite(fd, &value, 1, (off_t)at), 1);
        }
        /* Nobody reads: do not wait for that. */
        assert_int_equal(pwrite(fd, &stall, sizeof stall, offsetof(struct ring_session, stall_ns)),
                         sizeof stall);
        waitpid(child(attach_to_anything, NULL), &status, 0);
        assert_int_equal(status, 0);
    }
    close(fd);
    unlink(path);
    free(image);
    free(path);
}

static int
scribble(void *context)
{
    struct ring_reader *ring = context;

    write_some(NULL);
    struct ring_slot *slot = ring_slot_header(ring, 0);
    slot->head = slot->head + 12345 * 8;
    return 0;
}

static void
a_mad_app_costs_only_its_slot(void **state)
{
    struct ring_reader *ring = session_new(4, 1 << 18, RING_WAIT, 0);
    size_t sum = 0;

    (void)state;
    assert_int_equal(drain_all(ring, child(scribble, ring), swallow, &sum), 0);
    assert_int_equal(ring_damaged(ring), 1);
    ring_tend(ring);
    assert_int_equal(drain_all(ring, child(write_some, NULL), swallow, &sum), 0);
    ring_destroy(ring, true);
}

static void
times_are_monotone(void **state)
{
    struct ring_reader *ring = session_new(2, 1 << 16, RING_WAIT, 0);
    size_t sum = 0;
    bool tsc = ring_header(ring)->clock == RING_CLOCK_TSC;

    (void)state;
    for (int i = 0; i < 50; i++) {
        ring_drain(ring, 0, swallow, &sum, NULL);
        usleep(1000);
    }
    if (tsc) {
        const struct ring_anchor *first = &ring_header(ring)->anchor[0];
        uint64_t last = 0, from = first->ticks;

        for (uint64_t t = from; t < from + 400000000; t += 9973) {
            uint64_t ns = ring_time(ring, t);

            assert_true(ns >= last);
            last = ns;
        }
        assert_int_equal(ring_time(ring, first->ticks), first->ns);
        /* Where both clocks are now, they agree to within the noise of reading them. */
        uint64_t before = monotonic(), now = ring_time(ring, __builtin_ia32_rdtsc()), after = monotonic();
        assert_true(now + 20000 >= before && now <= after + 20000);
    } else {
        assert_int_equal(ring_time(ring, 12345), 12345);
    }
    ring_destroy(ring, true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_left_behind_can_be_read),
        cmocka_unit_test(seeking_stays_inside),
        cmocka_unit_test(damaged_sessions_are_survived),
        cmocka_unit_test(what_is_no_session_is_refused),
        cmocka_unit_test(producers_survive_a_damaged_session),
        cmocka_unit_test(a_mad_app_costs_only_its_slot),
        cmocka_unit_test(times_are_monotone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
