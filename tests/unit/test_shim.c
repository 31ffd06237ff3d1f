// SPDX-License-Identifier: MIT
// link: host shim
/* What the wrappers rely on: nesting that survives longjmp and fork, contexts, listeners, edges. */
#include "ring_fixture.h"

#include <errno.h>
#include <sys/mman.h>

#include "shim/inside.h"

int TIMLogin(const char *user, const char *sig, void (*done)(int, const char *, const char *, const void *),
             const void *data);

#define EDGES 64

struct edges {
    size_t count;
    struct ring_record edge[EDGES];
    char body[EDGES][256];
    struct ring_record last[4]; /* newest first */
    size_t notes[16];
};

static int
keep(void *context, const struct ring_event *event)
{
    struct edges *edges = context;
    bool edge = event->record->kind <= RING_BACK_LEAVE;

    edges->notes[event->record->kind]++;
    if (edge) {
        memmove(edges->last + 1, edges->last, sizeof edges->last - sizeof *edges->last);
        edges->last[0] = *event->record;
    }
    if (!edge || edges->count == EDGES)
        return 0;
    edges->edge[edges->count] = *event->record;
    memcpy(edges->body[edges->count], event->body, event->body_bytes < 256 ? event->body_bytes : 256);
    edges->count++;
    return 0;
}

static struct edges edges;

/* The shim looks for a session when it is loaded, so what records is this program started anew. */
static int
start_anew(void *work)
{
    execl("/proc/self/exe", "test_shim", (const char *)work, NULL);
    return 127;
}

static void
record(const char *work)
{
    struct ring_reader *ring = session_new(4, 1 << 20, RING_WAIT, 0);

    memset(&edges, 0, sizeof edges);
    assert_int_equal(drain_all(ring, child(start_anew, (void *)(uintptr_t)work), keep, &edges), 0);
    ring_destroy(ring, true);
}

static void
callback(int code, const char *text, const char *json, const void *user)
{
    (void)code;
    (void)text;
    (void)json;
    (void)user;
}

static struct shim_call *
enter(struct shim_call *call)
{
    union api_value values[API_MAX_PARAMS] = {{.fn = (void (*)(void))callback}, {.user = &edges}};

    shim_call_enter(call, API_TIMConvGetConvList, values);
    return call;
}

static void
leave(struct shim_call *call)
{
    union api_value values[API_MAX_PARAMS] = {{0}}, result = {.i = 0};

    call->returned = true;
    shim_call_leave(call, values, result);
}

/* ---- nesting --------------------------------------------------------------------------------- */

static jmp_buf out;

static __attribute__((noinline)) void
enter_and_jump(void)
{
    struct shim_call inner;
    volatile char room[512];

    room[0] = 0;
    enter(&inner);
    longjmp(out, 1 + room[0]);
}

static int
jumping(void *unused)
{
    struct shim_call frame[2], *next = &frame[0], *outer = &frame[1]; /* inner frames lie lower */

    (void)unused;
    enter(outer); /* 1 */
    if (setjmp(out) == 0)
        enter_and_jump(); /* 2, never left */
    enter(next);          /* 3, in 1 and not in 2 */
    leave(next);
    leave(outer);
    enter(next); /* 6, in nothing */
    leave(next);
    return 0;
}

static void
a_longjmp_leaves_no_open_event_behind(void **state)
{
    (void)state;
    record("jumping");
    assert_int_equal(edges.count, 7);
    assert_int_equal(edges.edge[1].parent, 1);
    assert_int_equal(edges.edge[2].parent, 1);
    assert_int_equal(edges.edge[3].parent, 3); /* its leave */
    assert_int_equal(edges.edge[4].parent, 1);
    assert_int_equal(edges.edge[5].parent, 0);
}

static int
forking(void *unused)
{
    struct shim_call frame[2], *inner = &frame[0], *outer = &frame[1];
    int status;

    (void)unused;
    enter(outer); /* 1 */
    pid_t pid = fork();
    if (pid == 0) {
        enter(inner); /* 2, in nothing: the child has no call 1 */
        leave(inner); /* 3 */
        leave(outer); /* a copy: no edge */
        _exit(0);
    }
    waitpid(pid, &status, 0);
    enter(inner); /* 4, in 1 */
    leave(inner);
    leave(outer);
    return status;
}

static void
a_forked_copy_of_a_call_is_no_call(void **state)
{
    (void)state;
    record("forking");
    assert_int_equal(edges.count, 6);
    assert_int_equal(edges.edge[1].parent, 0);
    assert_int_equal(edges.edge[3].kind, RING_CALL_ENTER);
    assert_int_equal(edges.edge[3].parent, 1);
    assert_int_equal(edges.edge[5].kind, RING_CALL_LEAVE);
    assert_int_equal(edges.edge[5].parent, 1);
}

static int
deep(void *unused)
{
    static struct shim_call call[200];

    (void)unused;
    for (int i = 199; i >= 0; i--) /* downwards, as a stack grows */
        enter(&call[i]);
    for (int i = 0; i < 200; i++)
        leave(&call[i]);
    enter(&call[0]);
    leave(&call[0]);
    return frames_enter(&call[0]) == 0 ? 0 : 1;
}

static int
deep_jumping(void *unused)
{
    static struct shim_call call[200];

    (void)unused;
    for (int i = 198; i >= 0; i--)
        enter(&call[i]);
    /* A longjmp out of all of them. */
    enter(&call[199]);
    leave(&call[199]);
    enter(&call[100]);
    leave(&call[100]);
    return 0;
}

static void
a_longjmp_out_of_deep_nesting_leaves_nothing_behind(void **state)
{
    (void)state;
    record("deep_jumping");
    assert_int_equal(edges.edge[EDGES - 1].kind, RING_CALL_ENTER);
    assert_int_equal(edges.count, EDGES);
    assert_int_equal(edges.last[3].parent, 0);
    assert_int_equal(edges.last[1].parent, 0);
}

static void
deep_nesting_is_survived(void **state)
{
    (void)state;
    record("deep");
    assert_int_equal(edges.edge[1].parent, 1);
    assert_int_equal(edges.edge[61].parent, 61);
}

/* ---- contexts ------------------------------------------------------------------------------------ */

static int
completing(void *unused)
{
    struct shim_call frame[2], *back = &frame[0], *call = &frame[1];
    union api_value values[API_MAX_PARAMS] = {{.fn = (void (*)(void))callback}, {.user = &edges}};
    union api_value payload[API_MAX_PARAMS] = {{.i = 6014}, {.s = "description"}, {.s = NULL}};

    (void)unused;
    errno = 99;
    shim_call_enter(call, API_TIMConvGetConvList, values);
    /* The library behind gets a trampoline and a context in their places. */
    if (values[0].fn == (void (*)(void))callback || values[1].user == &edges)
        return 1;
    struct shim_context *context = (struct shim_context *)(uintptr_t)values[1].user;
    if (context->fn[0] != (void (*)(void))callback || context->user != &edges || context->cause != call->seq)
        return 2;
    shim_back_enter(back, API_CB_TIMCommCallback, context, 0, payload);
    back->returned = true;
    shim_back_leave(back);
    leave(call);
    if (errno != 99)
        return 3;
    /* A second, undocumented completion still finds it whole. */
    for (int i = 0; i < 1000; i++) {
        struct shim_context *other = context_new(API_TIMConvGetConvList);

        if (other == context)
            return 4;
        context_retire(other);
    }
    return context->user == &edges ? 0 : 5;
}

static void
callbacks_name_their_cause(void **state)
{
    (void)state;
    record("completing");
    assert_int_equal(edges.count, 4);
    assert_int_equal(edges.edge[1].kind, RING_BACK_ENTER);
    assert_int_equal(edges.edge[1].cause, 1);
    assert_int_equal(edges.edge[1].parent, 1); /* inside its call, on the caller's thread */
    uint64_t code;
    uint32_t length;
    memcpy(&code, edges.body[1], 8);
    assert_int_equal(code, 6014);
    memcpy(&length, edges.body[1] + 8, 4);
    assert_int_equal(length, 11);
    assert_memory_equal(edges.body[1] + 12, "description", 11);
    memcpy(&length, edges.body[1] + 23, 4);
    assert_int_equal(length, RING_NONE);
    assert_int_equal(edges.edge[2].kind, RING_BACK_LEAVE);
    assert_int_equal(edges.edge[2].flags, 0);
    assert_int_equal(edges.notes[RING_SDK], 1);
}

static void
contexts_are_reused_late(void **state)
{
    struct shim_context *first = context_new(1), *context;
    uint32_t most = 0;

    (void)state;
    context_retire(first);
    for (int i = 0; i < 65535; i++) {
        context = context_new(1);
        assert_true(context != first);
        context_retire(context);
    }
    for (int i = 0; i < 300000; i++) {
        context = context_new(1);
        most = context->index > most ? context->index : most;
        context_retire(context);
    }
    assert_true(most < 67000); /* memory stays bounded */
}

/* ---- listeners ------------------------------------------------------------------------------------ */

static void
listeners_keep_their_trampoline(void **state)
{
    void (*one)(void) = (void (*)(void))0x1000, (*two)(void) = (void (*)(void))0x2000;
    void (*trampoline)(void);

    (void)state;
    trampoline = listener_add(API_CB_TIMRecvNewMsgCallback, one);
    assert_non_null(trampoline);
    assert_true(listener_add(API_CB_TIMRecvNewMsgCallback, one) == trampoline);
    assert_true(listener_add(API_CB_TIMRecvNewMsgCallback, two) != trampoline);
    assert_true(listener_remove(API_CB_TIMRecvNewMsgCallback, one) == trampoline);
    assert_true(listener_add(API_CB_TIMRecvNewMsgCallback, one) == trampoline);
    /* What we never saw is passed on as it is. */
    assert_true(listener_remove(API_CB_TIMRecvNewMsgCallback, (void (*)(void))0x3000) ==
                (void (*)(void))0x3000);
    for (uintptr_t i = 0; i < SHIM_LISTENERS - 2; i++)
        assert_non_null(listener_add(API_CB_TIMRecvNewMsgCallback, (void (*)(void))(0x10000 + i)));
    assert_null(listener_add(API_CB_TIMRecvNewMsgCallback, (void (*)(void))0x4000));
    listener_remove(API_CB_TIMRecvNewMsgCallback, two);
    assert_non_null(listener_add(API_CB_TIMRecvNewMsgCallback, (void (*)(void))0x4000));
}

/* ---- wrappers without a library behind ---------------------------------------------------------------- */

static int
secrets(void *unused)
{
    (void)unused;
    TIMLogin("user", "eJtop-secret-signature", callback, NULL);
    TIMLogin("user", NULL, callback, NULL);
    TIMLogin("user", "", callback, NULL);
    return 0;
}

static void
user_sig_stays_inside(void **state)
{
    (void)state;
    record("secrets");
    assert_int_equal(edges.count, 6);
    for (size_t i = 0; i < edges.count; i++)
        assert_null(memmem(edges.body[i], 256, "top-secret", 10));
    assert_non_null(memmem(edges.body[0], 256, "<secret>", 8));
    uint32_t length;
    memcpy(&length, edges.body[2] + 8, 4);
    assert_int_equal(length, RING_NONE);
    memcpy(&length, edges.body[4] + 8, 4);
    assert_int_equal(length, 0);
}

/* ---- out-buffers ---------------------------------------------------------------------------------- */

static int
unfilled(void *unused)
{
    struct shim_call call;
    union api_value values[API_MAX_PARAMS] = {{0}}, result = {.i = 0};
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)unused;
    if (pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_NONE) != 0)
        return 1;
    memset(pages, 'x', 4096);
    values[0].out = pages + 4096 - 128;
    shim_call_enter(&call, API_TIMGetLoginUserID, values);
    call.returned = true;
    shim_call_leave(&call, values, result);
    return 0;
}

/* Seen with the real SDK: TIMGetLoginUserID before a login returns 0 and does not touch the buffer. */
static void
a_buffer_that_was_not_filled_is_not_read_past_its_end(void **state)
{
    uint32_t length;

    (void)state;
    record("unfilled");
    assert_int_equal(edges.count, 2);
    memcpy(&length, edges.body[1] + 8, 4);
    assert_int_equal(length, 0);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*work)(void *);
    } works[] = {{"jumping", jumping},           {"forking", forking},       {"deep", deep},
                 {"deep_jumping", deep_jumping}, {"completing", completing}, {"secrets", secrets},
                 {"unfilled", unfilled}};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_longjmp_leaves_no_open_event_behind),
        cmocka_unit_test(a_forked_copy_of_a_call_is_no_call),
        cmocka_unit_test(deep_nesting_is_survived),
        cmocka_unit_test(a_longjmp_out_of_deep_nesting_leaves_nothing_behind),
        cmocka_unit_test(callbacks_name_their_cause),
        cmocka_unit_test(contexts_are_reused_late),
        cmocka_unit_test(listeners_keep_their_trampoline),
        cmocka_unit_test(user_sig_stays_inside),
        cmocka_unit_test(a_buffer_that_was_not_filled_is_not_read_past_its_end),
    };

    for (size_t i = 0; argc > 1 && i < sizeof works / sizeof *works; i++)
        if (strcmp(argv[1], works[i].name) == 0)
            return works[i].work(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
