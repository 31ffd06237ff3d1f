// SPDX-License-Identifier: MIT
// link: host producer
/* The ring between processes: nothing lost, nothing doubled, nothing reordered. */
#include "ring_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>

/* Text number n: its length and bytes follow from n alone. */
static size_t
text_make(char *text, uint32_t n, size_t most)
{
    size_t bytes = (n * 2654435761u >> 7) % most;

    for (size_t i = 0; i < bytes; i++)
        text[i] = (char)('a' + (n + i) % 26);
    return bytes;
}

static uint64_t
text_put(uint32_t n, size_t most)
{
    char text[20000];
    uint64_t id = n;
    struct ring_piece pieces[] = {{&id, sizeof id, false}, {text, text_make(text, n, most), true}};

    return ring_put(RING_BACK_ENTER, 0, 7, 0, 0, pieces, 2);
}

struct tally {
    uint64_t edges, last, gaps, dropped, threads;
    uint64_t next[16]; /* by stream: high bits of the id */
    size_t most;
};

static int
tally_text(void *context, const struct ring_event *event)
{
    struct tally *tally = context;
    char text[20000];
    uint64_t id;
    uint32_t length;

    if (event->record->kind == RING_GAP) {
        memcpy(&id, event->body, sizeof id);
        tally->dropped += id;
        tally->gaps++;
    }
    tally->threads += event->record->kind == RING_THREAD;
    if (event->record->kind != RING_BACK_ENTER)
        return 0;
    memcpy(&id, event->body, sizeof id);
    memcpy(&length, event->body + 8, sizeof length);
    assert_int_equal(length, text_make(text, (uint32_t)id, tally->most));
    assert_memory_equal(event->body + 12, text, length);
    assert_int_equal(id & 0xffffff, tally->next[id >> 24]);
    tally->next[id >> 24]++;
    tally->edges++;
    tally->last = event->record->seq;
    return 0;
}

static int
many_texts(void *context)
{
    for (uint32_t n = 0; n < *(uint32_t *)context; n++)
        if (text_put(n, 15000) == 0)
            return 1;
    return 0;
}

static void
wraps(void **state)
{
    struct ring_reader *ring = session_new(4, 65536, RING_WAIT, 0);
    struct tally tally = {.most = 15000};
    uint32_t count = 20000;

    (void)state;
    assert_int_equal(drain_all(ring, child(many_texts, &count), tally_text, &tally), 0);
    assert_int_equal(tally.edges, count);
    assert_int_equal(tally.last, count);
    assert_int_equal(ring_damaged(ring), 0);
    ring_destroy(ring, true);
}

static void *
stream(void *context)
{
    uint32_t base = (uint32_t)(uintptr_t)context << 24;

    for (uint32_t n = 0; n < 20000; n++)
        if (text_put(base | n, 300) == 0)
            return (void *)1;
    return NULL;
}

static int
eight_threads(void *unused)
{
    pthread_t thread[8];
    void *result;
    int bad = 0;

    (void)unused;
    for (uintptr_t i = 0; i < 8; i++)
        pthread_create(&thread[i], NULL, stream, (void *)i);
    for (int i = 0; i < 8; i++) {
        pthread_join(thread[i], &result);
        bad |= result != NULL;
    }
    return bad;
}

static void
threads_share_one_sequence(void **state)
{
    struct ring_reader *ring = session_new(16, 1 << 18, RING_WAIT, 0);
    struct tally tally = {.most = 300};

    (void)state;
    assert_int_equal(drain_all(ring, child(eight_threads, NULL), tally_text, &tally), 0);
    assert_int_equal(tally.edges, 160000);
    assert_int_equal(ring_header(ring)->seq, 160000);
    assert_int_equal(tally.threads, 8);
    for (uint32_t i = 0; i < 16; i++) /* every thread gave its slot back when it ended */
        assert_int_equal(ring_slot_header(ring, i)->owner, 0);
    ring_destroy(ring, true);
}

static void *
one_text(void *context)
{
    return text_put(*(uint32_t *)context, 300) == 0 ? context : NULL;
}

static int
thread_churn(void *unused)
{
    (void)unused;
    for (uint32_t n = 0; n < 500; n++) {
        pthread_t thread;
        void *result;

        pthread_create(&thread, NULL, one_text, &n);
        pthread_join(thread, &result);
        if (result != NULL)
            return 1;
    }
    return 0;
}

static void
slots_are_reused(void **state)
{
    struct ring_reader *ring = session_new(2, 1 << 20, RING_WAIT, 0);
    struct tally tally = {.most = 300};

    (void)state;
    assert_int_equal(drain_all(ring, child(thread_churn, NULL), tally_text, &tally), 0);
    assert_int_equal(tally.edges, 500);
    assert_int_equal(tally.threads, 500);
    ring_destroy(ring, true);
}

/* ---- long texts -------------------------------------------------------------------------------- */

#define LONG_BYTES (100u << 20)

static int
long_text(void *unused)
{
    char *text = malloc(LONG_BYTES);
    uint64_t id = 5;

    (void)unused;
    for (size_t i = 0; i < LONG_BYTES; i++)
        text[i] = (char)(i * 7 + (i >> 13));
    struct ring_piece pieces[] = {{text, LONG_BYTES, true}, {&id, 8, false}, {"x", 1, true}, {NULL, 0, true}};
    return ring_put(RING_CALL_ENTER, 0, 3, 0, 0, pieces, 4) == 1 ? 0 : 1;
}

struct long_tally {
    uint64_t bytes;
    bool good, edge;
};

static int
long_check(void *context, const struct ring_event *event)
{
    struct long_tally *tally = context;

    if (event->record->kind == RING_CHUNK) {
        assert_true(event->record->cause <= event->body_bytes);
        for (uint64_t i = 0; i < event->record->cause; i++, tally->bytes++)
            tally->good &= event->body[i] == (uint8_t)(tally->bytes * 7 + (tally->bytes >> 13));
    }
    if (event->record->kind == RING_CALL_ENTER) {
        uint32_t mark;
        uint64_t total;

        memcpy(&mark, event->body, 4);
        memcpy(&total, event->body + 4, 8);
        assert_int_equal(mark, RING_CHUNKED);
        assert_int_equal(total, LONG_BYTES);
        memcpy(&mark, event->body + 20, 4);
        assert_int_equal(mark, 1);
        memcpy(&mark, event->body + 25, 4);
        assert_int_equal(mark, RING_NONE);
        tally->edge = true;
    }
    return 0;
}

static void
long_texts_go_in_chunks(void **state)
{
    struct ring_reader *ring = session_new(2, 1 << 20, RING_WAIT, 0);
    struct long_tally tally = {.good = true};

    (void)state;
    assert_int_equal(drain_all(ring, child(long_text, NULL), long_check, &tally), 0);
    assert_int_equal(tally.bytes, LONG_BYTES);
    assert_true(tally.good);
    assert_true(tally.edge);
    ring_destroy(ring, true);
}

/* ---- death, signals, forks ---------------------------------------------------------------------- */

static int
endless(void *context)
{
    _Atomic uint64_t *acknowledged = context;

    for (uint32_t n = 0; n < 0xffffff; n++)
        *acknowledged = text_put(n, 15000);
    return 0;
}

static void
killed_producer_loses_nothing(void **state)
{
    _Atomic uint64_t *acknowledged = shared_page();

    (void)state;
    for (int round = 0; round < 30; round++) {
        struct ring_reader *ring = session_new(2, 1 << 20, RING_WAIT, 0);
        struct tally tally = {.most = 15000};
        *acknowledged = 0;
        pid_t pid = child(endless, acknowledged);
        uint64_t until = monotonic() + 2000000 + (uint64_t)round * 300000;

        while (monotonic() < until || *acknowledged == 0) {
            assert_int_equal(ring_drain(ring, 0, tally_text, &tally, NULL), 0);
            ring_release(ring);
        }
        kill(pid, SIGKILL);
        drain_all(ring, pid, tally_text, &tally);
        assert_true(tally.last >= *acknowledged);
        assert_int_equal(ring_damaged(ring), 0);
        assert_int_equal(ring_tend(ring), 0);
        for (uint32_t i = 0; i < 2; i++)
            assert_int_equal(ring_slot_header(ring, i)->owner, 0);
        ring_destroy(ring, true);
    }
}

static _Atomic uint32_t from_signals;
static bool signal_failed;

static void
on_timer(int number)
{
    int saved = errno;

    (void)number;
    errno = 1234;
    signal_failed |= text_put(1u << 24 | from_signals++, 300) == 0 || errno != 1234;
    errno = saved;
}

static int
interrupted(void *context)
{
    struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
    uint32_t n;

    if (!ring_producer_attach()) /* as the shim does before the app runs */
        return 1;
    signal(SIGALRM, on_timer);
    setitimer(ITIMER_REAL, &often, NULL);
    for (n = 0; from_signals < 2000 && n < 0xffffff; n++)
        if (text_put(n, 300) == 0)
            return 1;
    setitimer(ITIMER_REAL, &never, NULL);
    ((uint64_t *)context)[0] = n;
    ((uint64_t *)context)[1] = from_signals;
    return signal_failed;
}

static void
signal_handlers_may_record(void **state)
{
    struct ring_reader *ring = session_new(8, 1 << 20, RING_WAIT, 0);
    struct tally tally = {.most = 300};
    uint64_t *counts = shared_page();

    (void)state;
    assert_int_equal(drain_all(ring, child(interrupted, counts), tally_text, &tally), 0);
    assert_int_equal(tally.next[0], counts[0]);
    assert_int_equal(tally.next[1], counts[1]);
    ring_destroy(ring, true);
}

static int
forks(void *unused)
{
    int status;

    (void)unused;
    if (text_put(0, 300) == 0)
        return 1;
    uint64_t before = ring_producer_attachment();
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); /* raw: no pthread_atfork handlers */
    if (pid == 0) {
        if (ring_producer_attachment() == before)
            _exit(1);
        for (uint32_t n = 0; n < 5000; n++)
            if (text_put(1u << 24 | n, 300) == 0)
                _exit(1);
        _exit(0);
    }
    for (uint32_t n = 1; n < 5000; n++)
        if (text_put(n, 300) == 0)
            return 1;
    waitpid(pid, &status, 0);
    return status != 0 || ring_producer_attachment() != before;
}

static void
forked_child_records_on_its_own(void **state)
{
    struct ring_reader *ring = session_new(8, 1 << 18, RING_WAIT, 0);
    struct tally tally = {.most = 300};

    (void)state;
    assert_int_equal(drain_all(ring, child(forks, NULL), tally_text, &tally), 0);
    assert_int_equal(tally.edges, 10000);
    assert_int_equal(tally.threads, 2);
    ring_destroy(ring, true);
}

/* ---- full rings ------------------------------------------------------------------------------------ */

static int
flood(void *context)
{
    for (uint32_t n = 0; n < 20000; n++)
        text_put(n, 300);
    *(_Atomic int *)context = 1; /* from here on the consumer reads again */
    while (*(_Atomic int *)context != 2)
        usleep(1000);
    return text_put(20000, 300) == 0;
}

static int
count_only(void *context, const struct ring_event *event)
{
    struct tally *tally = context;
    uint64_t number;

    if (event->record->kind == RING_GAP) {
        memcpy(&number, event->body, sizeof number);
        tally->dropped += number;
    }
    tally->edges += event->record->kind == RING_BACK_ENTER;
    return 0;
}

static void
dead_consumer_costs_one_stall(enum ring_on_full on_full, uint64_t least_ns, uint64_t most_ns)
{
    struct ring_reader *ring = session_new(2, 65536, on_full, 100000000);
    struct tally tally = {0};
    _Atomic int *step = shared_page();
    uint64_t begun = monotonic();
    pid_t pid = child(flood, (void *)step);

    while (*step != 1)
        usleep(1000);
    uint64_t took = monotonic() - begun;
    assert_in_range(took, least_ns, most_ns);
    ring_drain(ring, 0, count_only, &tally, NULL);
    ring_release(ring);
    *step = 2;
    assert_int_equal(drain_all(ring, pid, count_only, &tally), 0);
    assert_true(tally.dropped > 0);
    assert_int_equal(tally.edges + tally.dropped, 20001);
    assert_int_equal(ring_slot_header(ring, 0)->dropped, tally.dropped);
    assert_int_equal(ring_slot_header(ring, 0)->waits > 0, on_full == RING_WAIT);
    ring_destroy(ring, true);
}

static void
full_ring_waits_bounded(void **state)
{
    (void)state;
    dead_consumer_costs_one_stall(RING_WAIT, 100000000, 1500000000);
}

static void
full_ring_drops_at_once(void **state)
{
    (void)state;
    dead_consumer_costs_one_stall(RING_DROP, 0, 90000000);
}

static int
after_close(void *unused)
{
    (void)unused;
    return ring_producer_attach() || text_put(0, 300) != 0;
}

static void
closed_session_is_left_alone(void **state)
{
    struct ring_reader *ring = session_new(2, 65536, RING_WAIT, 0);
    struct tally tally = {0};

    (void)state;
    ring_close(ring);
    assert_int_equal(drain_all(ring, child(after_close, NULL), count_only, &tally), 0);
    assert_int_equal(tally.edges, 0);
    ring_destroy(ring, true);
}

static void
no_session_means_no_recording(void **state)
{
    struct ring_reader *ring = session_new(2, 65536, RING_WAIT, 0);
    int status;

    (void)state;
    ring_destroy(ring, true);
    waitpid(child(after_close, NULL), &status, 0);
    assert_int_equal(status, 0);
}

static int
without_descriptors(void *unused)
{
    (void)unused;
    if (text_put(0, 300) == 0)
        return 1;
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    for (uint32_t n = 1; n < 1000; n++)
        if (text_put(n, 300) == 0)
            return 2;
    pid_t pid = fork();
    if (pid == 0) {
        uint32_t n = 1u << 24;

        _exit(text_put(n, 300) == 0);
    }
    int status;
    waitpid(pid, &status, 0);
    return status != 0;
}

static void
closing_all_descriptors_is_harmless(void **state)
{
    struct ring_reader *ring = session_new(4, 1 << 20, RING_WAIT, 0);
    struct tally tally = {.most = 300};

    (void)state;
    assert_int_equal(drain_all(ring, child(without_descriptors, NULL), tally_text, &tally), 0);
    assert_int_equal(tally.edges, 1001);
    ring_destroy(ring, true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wraps),
        cmocka_unit_test(threads_share_one_sequence),
        cmocka_unit_test(slots_are_reused),
        cmocka_unit_test(long_texts_go_in_chunks),
        cmocka_unit_test(killed_producer_loses_nothing),
        cmocka_unit_test(signal_handlers_may_record),
        cmocka_unit_test(forked_child_records_on_its_own),
        cmocka_unit_test(full_ring_waits_bounded),
        cmocka_unit_test(full_ring_drops_at_once),
        cmocka_unit_test(closed_session_is_left_alone),
        cmocka_unit_test(no_session_means_no_recording),
        cmocka_unit_test(closing_all_descriptors_is_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
