// SPDX-License-Identifier: MIT
// link: standin
/* The stand-in plays scores made by hand; the test is the app, and sometimes the judge. */
#include "score_fixture.h"

#include <alloca.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "replay/standin/inside.h"

static struct score_file file;

static void
play(struct tape_reader *tape, struct score_options options)
{
    struct fault fault = {0};

    if (options.stall_ns == 0)
        options.stall_ns = 1000000000;
    if (score_create(&file, tape, &options, &fault) != 0)
        fail_msg("%s", fault.text);
    tape_free(tape);
    standin_use(file.score);
}

/* Waits until all edges have happened, or says where it stands. */
static void
wait_done(void)
{
    struct score_live *live = score_live(file.score);
    int i;

    for (i = 0; i < 60000 && atomic_load(&live->cursor) < file.score->edges; i++)
        usleep(100);
    if (atomic_load(&live->cursor) < file.score->edges)
        fail_msg("stands at edge %u of %u", atomic_load(&live->cursor), file.score->edges);
}

static void
stop(void)
{
    score_finish(file.score);
    while (atomic_load(&standin_process->alive) != 0)
        usleep(200);
    standin_process = NULL;
    standin_score = NULL;
    score_destroy(&file);
}

/* ---- the app ---- */

static _Atomic unsigned seen;
static struct {
    int64_t code;
    char text[64];
    const void *user;
    uint32_t tid;
    char thread[16];
} log_[64];

static void
note(int64_t code, const char *text, const void *user)
{
    unsigned i = atomic_fetch_add(&seen, 1);

    assert_true(i < 64);
    log_[i].code = code;
    log_[i].user = user;
    log_[i].tid = (uint32_t)syscall(SYS_gettid);
    snprintf(log_[i].text, sizeof log_[i].text, "%s", text == NULL ? "(null)" : text);
    prctl(PR_GET_NAME, log_[i].thread);
}

static void
on_comm(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)desc;
    note(code, json, user);
}

static void
on_comm_second(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)desc;
    note(code + 1000, json, user);
}

static void
on_message(const char *json, const void *user)
{
    note(1, json, user);
}

static void
on_message_other(const char *json, const void *user)
{
    note(2, json, user);
}

#define FN(f) ((void (*)(void))(f))

static int64_t
call_comm(uint16_t api, void (*fn)(void), const void *user)
{
    union api_value values[API_MAX_PARAMS] = {{.fn = fn}, {.user = user}};

    return standin_call(api, values).i;
}

static int64_t
call_plain(uint16_t api)
{
    union api_value values[API_MAX_PARAMS] = {{0}};

    return standin_call(api, values).i;
}

static int64_t
call_init(uint64_t id, const char *config)
{
    union api_value values[API_MAX_PARAMS] = {{.u = id}, {.s = config}};

    return standin_call(API_TIMInit, values).i;
}

static int64_t
call_config(const char *json, void (*fn)(void), const void *user)
{
    union api_value values[API_MAX_PARAMS] = {{.s = json}, {.fn = fn}, {.user = user}};

    return standin_call(API_TIMSetConfig, values).i;
}

/* ---- the judge ---- */

struct judge {
    pthread_t thread;
    _Atomic int stop;
    enum score_mail_answer answer;
    uint32_t event; /* SCORE_NONE: the candidate */
    uint64_t result;
    unsigned asked;
};

static void *
judge_main(void *argument)
{
    struct judge *judge = argument;
    struct score_live *live = score_live(file.score);

    while (!atomic_load(&judge->stop)) {
        uint32_t bell = atomic_load(&live->bell);
        unsigned i;

        atomic_fetch_add(&live->heartbeat, 1);
        for (i = 0; i < SCORE_MAILS; i++) {
            struct score_mail *mail = &live->mail[i];

            if (atomic_load(&mail->state) != SCORE_MAIL_ASKED)
                continue;
            judge->asked++;
            score_answer(file.score, mail, judge->answer,
                         judge->event == SCORE_NONE ? mail->candidate : judge->event, judge->result);
        }
        score_tend(file.score);
        score_wait_bell(file.score, bell, 5000000);
    }
    return NULL;
}

static void
judge_start(struct judge *judge)
{
    atomic_store(&judge->stop, 0);
    pthread_create(&judge->thread, NULL, judge_main, judge);
}

static void
judge_end(struct judge *judge)
{
    atomic_store(&judge->stop, 1);
    pthread_join(judge->thread, NULL);
}

/* ---- tests ---- */

static const struct score_options at_speed = {.speed = 1};
static const struct score_options at_max = {.speed = 0};

static int
reset(void **state)
{
    (void)state;
    atomic_store(&seen, 0);
    memset(log_, 0, sizeof log_);
    return 0;
}

/* A call, its results, and a callback on another thread before the call has returned. */
static void
callback_before_return(void **state)
{
    struct tape_reader *tape = tape_new(2);
    struct tape_event *event;
    int mark;

    (void)state;
    event = tape_add(tape, "TIMInit", 1, 1, 2, 0, 10);
    event->args[0] = (struct tape_value){.type = TAPE_UINT, .u = 14};
    tape_text(event, 1, "{\"a\":1}");
    event = tape_add(tape, "TIMConvGetConvList", 1, 3, 6, 20, 500);
    event->result.i = 7;
    event = tape_add(tape, "TIMCommCallback", 2, 4, 5, 200, 210);
    event->cause = 3;
    event->args[0].i = -5;
    tape_text(event, 2, "[1]");
    play(tape, at_speed);
    score_begin(file.score);
    assert_int_equal(call_init(14, "{\"a\":1}"), 0);
    assert_int_equal(call_comm(API_TIMConvGetConvList, FN(on_comm), &mark), 7);
    assert_int_equal(seen, 1);
    assert_int_equal(log_[0].code, -5);
    assert_string_equal(log_[0].text, "[1]");
    assert_ptr_equal(log_[0].user, &mark);
    assert_string_equal(log_[0].thread, "sdk-2");
    assert_int_not_equal(log_[0].tid, syscall(SYS_gettid));
    assert_int_equal(atomic_load(&score_thread_live(file.score, 1)->runner),
                     (uint64_t)getpid() << 32 | log_[0].tid);
    assert_int_equal(atomic_load(&score_event_live(file.score, 2)->state), SCORE_LEFT);
    wait_done();
    stop();
}

/* Inside the call, on its thread; out-buffers are filled by then; a call inside the callback nests. */
static char buffer[128];

static void
on_nested(int32_t code, const char *desc, const char *json, const void *user)
{
    on_comm(code, desc, json, user);
    note(call_plain(API_TIMGetLoginStatus), buffer, user);
}

static void
nested(void **state)
{
    struct tape_reader *tape = tape_new(1);
    union api_value send[API_MAX_PARAMS] = {
        {.s = "bob"}, {.i = 1}, {.s = "{}"}, {.out = buffer}, {.fn = FN(on_nested)}, {.user = buffer}};
    struct tape_event *event;

    (void)state;
    event = tape_add(tape, "TIMMsgSendMessage", 1, 1, 8, 0, 70);
    tape_text(event, 0, "bob");
    event->args[1].i = 1;
    tape_text(event, 2, "{}");
    tape_text(event, 3, "id-1");
    event = tape_add(tape, "TIMCommCallback", 1, 2, 7, 10, 60);
    event->parent = event->cause = 1;
    event = tape_add(tape, "TIMGetLoginStatus", 1, 3, 4, 20, 30);
    event->parent = 2;
    event->result.i = 3;
    event = tape_add(tape, "TIMCommCallback", 1, 9, 10, 80, 90); /* a second shot, later, on an SDK thread */
    event->cause = 1;
    play(tape, at_max);
    strcpy(buffer, "?");
    assert_int_equal(standin_call(API_TIMMsgSendMessage, send).i, 0);
    assert_int_equal(log_[0].tid, syscall(SYS_gettid));
    assert_int_equal(log_[1].code, 3);
    assert_string_equal(log_[1].text, "id-1");
    wait_done();
    assert_int_equal(atomic_load(&score_event_live(file.score, 2)->state), SCORE_LEFT);
    stop();
}

/* 4 SDK threads in a recorded order that jumps between them: one callback at a time, in that order. */
#define ORDER_EVENTS 2000
static uint32_t order_seen[ORDER_EVENTS];
static _Atomic uint32_t order_count;

static void
on_order(const char *json, const void *user)
{
    (void)user;
    order_seen[atomic_fetch_add(&order_count, 1) % ORDER_EVENTS] = (uint32_t)atoi(json);
}

static struct tape_reader *
order_tape(unsigned events, unsigned step_us)
{
    struct tape_reader *tape = tape_new(5);
    static char *texts; /* of the last tape made */
    uint32_t random = 1, i;

    texts = realloc(texts, (size_t)events * 12);
    tape_add(tape, "TIMAddRecvNewMsgCallback", 1, 1, 2, 0, 1);
    for (i = 0; i < events; i++) {
        struct tape_event *event;

        random = random * 1664525 + 1013904223;
        event = tape_add(tape, "TIMRecvNewMsgCallback", 2 + (random >> 24) % 4, 3 + i * 2, 4 + i * 2,
                         10 + (int64_t)i * step_us, 10 + (int64_t)i * step_us);
        event->cause = 1;
        snprintf(texts + (size_t)i * 12, 12, "%u", i);
        tape_text(event, 0, texts + (size_t)i * 12);
    }
    return tape;
}

static void
thread_order(void **state)
{
    uint32_t i;

    (void)state;
    play(order_tape(ORDER_EVENTS, 1), at_max);
    atomic_store(&order_count, 0);
    call_comm(API_TIMAddRecvNewMsgCallback, FN(on_order), NULL);
    wait_done();
    assert_int_equal(order_count, ORDER_EVENTS);
    for (i = 0; i < ORDER_EVENTS; i++)
        assert_int_equal(order_seen[i], i);
    stop();
}

/* Thread 2's call is recorded after a long wait of thread 1, but comes first: remembered, not returned yet.
 */
static void *
early_thread(void *returned)
{
    prctl(PR_SET_NAME, "sdk-2");
    call_comm(API_TIMConvGetConvList, FN(on_comm), NULL);
    atomic_store((_Atomic int *)returned, 1);
    return NULL;
}

static void
early_edges(void **state)
{
    struct tape_reader *tape = tape_new(3);
    _Atomic int returned = 0;
    pthread_t thread;

    (void)state;
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMUninit", 1, 3, 4, 20, 30);
    tape_add(tape, "TIMConvGetConvList", 2, 5, 6, 40, 50);
    tape_add(tape, "TIMCommCallback", 3, 7, 8, 60, 70)->cause = 5;
    tape->events[2].args[0].u = 1;
    play(tape, at_max);
    call_init(0, NULL);
    pthread_create(&thread, NULL, early_thread, &returned);
    usleep(30000);
    assert_int_equal(returned, 0);
    assert_int_equal(seen, 0);
    call_plain(API_TIMUninit);
    pthread_join(thread, NULL);
    assert_int_equal(returned, 1);
    wait_done();
    assert_int_equal(seen, 1);
    stop();
}

/* The app is 40 ms late with a call: the timeline slips by that, and by nothing else. */
static void
slip(void **state)
{
    struct tape_reader *tape = tape_new(2);
    struct score_live *live;
    int64_t slipped;
    uint64_t begun;

    (void)state;
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMConvGetConvList", 1, 3, 4, 1000, 1010);
    tape_add(tape, "TIMCommCallback", 2, 5, 6, 21000, 21001)->cause = 3;
    tape_add(tape, "TIMUninit", 1, 7, 8, 22000, 22010);
    play(tape, at_speed);
    live = score_live(file.score);
    begun = score_now();
    score_begin(file.score);
    call_init(0, NULL);
    usleep(41000);
    call_comm(API_TIMConvGetConvList, FN(on_comm), NULL);
    slipped = atomic_load(&live->slip);
    assert_in_range(slipped, 39000000, 900000000); /* slow machines, valgrind */
    while (seen == 0)
        usleep(50);
    /* 20 ms between call and callback, as recorded. */
    assert_in_range((int64_t)(score_now() - begun) - slipped, 20900000, 900000000);
    /* Early by a little: waits for its return, no slip. */
    call_plain(API_TIMUninit);
    assert_in_range(atomic_load(&live->slip), slipped, slipped + 900000000);
    stop();

    /* Late, but nobody had to wait: no slip. */
    tape = tape_new(2);
    tape_add(tape, "TIMInit", 1, 1, 4, 0, 50000);
    tape->events[0].took_ns = 50000000;
    play(tape, at_speed);
    score_begin(file.score);
    usleep(20000);
    call_init(0, NULL);
    assert_int_equal(atomic_load(&score_live(file.score)->slip), 0);
    assert_true(score_now() - atomic_load(&score_live(file.score)->start_ns) >= 50000000);
    stop();
}

/* Our own lateness is not the app's: arithmetic of schedule_arrived. */
static void
slip_arithmetic(void **state)
{
    struct tape_reader *tape = tape_new(1);
    struct score_live *live;
    uint64_t start;

    (void)state;
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMUninit", 1, 3, 4, 100, 150);
    play(tape, at_speed);
    standin_attach();
    live = score_live(file.score);
    start = 1000000000;
    atomic_store(&live->start_ns, start);
    schedule_arrived(2, start + 140000); /* 40 us late, but what waits for it is due at 150 */
    assert_int_equal(atomic_load(&live->slip), 0);
    standin_thread.late = 70000; /* we were 70 us late with the return before */
    schedule_arrived(2, start + 160000);
    assert_int_equal(atomic_load(&live->slip), 0);
    standin_thread.late = 20000;
    schedule_arrived(2, start + 160000);
    assert_int_equal(atomic_load(&live->slip), 40000 - SCHEDULE_WAY_NS);
    standin_thread.late = 0;
    schedule_arrived(2, start + 189000); /* due just behind that now: nobody waits */
    assert_int_equal(atomic_load(&live->slip), 40000 - SCHEDULE_WAY_NS);
    atomic_store(&live->last_late, 55000); /* another SDK edge was late */
    schedule_arrived(2, start + 200000);   /* 5 us more: perhaps only cold caches */
    assert_int_equal(atomic_load(&live->slip), 40000 - SCHEDULE_WAY_NS);
    schedule_arrived(2, start + 195000 + SCHEDULE_SLACK_NS); /* no, it adds up */
    assert_int_equal(atomic_load(&live->slip), 45000 + SCHEDULE_SLACK_NS - SCHEDULE_WAY_NS);
    assert_int_equal(schedule_due(3), start + 150000 + 45000 + SCHEDULE_SLACK_NS - SCHEDULE_WAY_NS);
    stop();
}

/* A call that did not return on the tape does not return, until the play is over. */
static void *
blocked_thread(void *done)
{
    union api_value login[API_MAX_PARAMS] = {{.s = "u"}, {.s = "live secret"}, {.fn = FN(on_comm)}};

    call_init(0, NULL);
    assert_int_not_equal(standin_call(API_TIMLogin, login).i, 0);
    atomic_store((_Atomic int *)done, 1);
    return NULL;
}

static void
blocked(void **state)
{
    struct tape_reader *tape = tape_new(2);
    struct tape_event *event;
    _Atomic int done = 0;
    pthread_t thread;

    (void)state;
    tape_add(tape, "TIMInit", 2, 1, 2, 0, 10);
    event = tape_add(tape, "TIMLogin", 2, 3, 0, 20, 0);
    tape_text(event, 0, "u");
    tape_text(event, 1, "***"); /* secrets always match */
    play(tape, at_max);
    pthread_create(&thread, NULL, blocked_thread, &done);
    wait_done();
    usleep(20000);
    assert_int_equal(done, 0);
    score_finish(file.score);
    pthread_join(thread, NULL);
    assert_int_equal(done, 1);
    stop();
}

static void
two_callbacks(void **state)
{
    struct tape_reader *tape = tape_new(2);
    union api_value send[API_MAX_PARAMS] = {
        {0}, {0}, {0}, {.fn = FN(on_comm)}, {.fn = FN(on_comm_second)}, {.user = buffer}};
    struct tape_event *event;

    (void)state;
    tape_add(tape, "TIMMsgSendNewMsgEx", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMCommCallback", 2, 3, 4, 20, 30)->cause = 1;
    event = tape_add(tape, "TIMCommCallback", 2, 5, 6, 40, 50);
    event->cause = 1;
    event->via = 1;
    play(tape, at_max);
    standin_call(API_TIMMsgSendNewMsgEx, send);
    wait_done();
    assert_int_equal(log_[0].code, 0);
    assert_int_equal(log_[1].code, 1000);
    assert_ptr_equal(log_[1].user, buffer);
    assert_string_equal(log_[1].text, "(null)");
    stop();
}

/* Each listener gets its own; after removal (the judge says which) only what the tape has. */
static void
listeners(void **state)
{
    struct judge judge = {.answer = SCORE_MATCHED, .event = SCORE_NONE};
    struct tape_reader *tape = tape_new(2);
    union api_value remove[API_MAX_PARAMS] = {{.fn = FN(on_message)}};

    (void)state;
    tape_add(tape, "TIMAddRecvNewMsgCallback", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMAddRecvNewMsgCallback", 1, 3, 4, 20, 30);
    tape_add(tape, "TIMRecvNewMsgCallback", 2, 5, 6, 40, 50)->cause = 1;
    tape_add(tape, "TIMRecvNewMsgCallback", 2, 7, 8, 60, 70)->cause = 3;
    tape_add(tape, "TIMRemoveRecvNewMsgCallback", 1, 9, 10, 80, 90);
    tape_add(tape, "TIMRecvNewMsgCallback", 2, 11, 12, 100, 110)->cause = 3;
    tape_add(tape, "TIMRecvNewMsgCallback", 2, 13, 14, 120, 130); /* cause unknown: the latest */
    play(tape, at_max);
    judge_start(&judge);
    call_comm(API_TIMAddRecvNewMsgCallback, FN(on_message), &log_[1]);
    call_comm(API_TIMAddRecvNewMsgCallback, FN(on_message_other), &log_[2]);
    standin_call(API_TIMRemoveRecvNewMsgCallback, remove);
    wait_done();
    judge_end(&judge);
    assert_int_equal(judge.asked, 1);
    assert_int_equal(seen, 4);
    assert_int_equal(log_[0].code, 1);
    assert_ptr_equal(log_[0].user, &log_[1]);
    assert_int_equal(log_[1].code, 2);
    assert_int_equal(log_[2].code, 2);
    assert_int_equal(log_[3].code, 2);
    stop();
}

/* Another spelling of the same JSON is the judge's to match; what it does not match gets its answer. */
static void
asking(void **state)
{
    struct judge judge = {.answer = SCORE_MATCHED, .event = SCORE_NONE};
    struct tape_reader *tape = tape_new(1);
    struct tape_event *event;

    (void)state;
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 10);
    event = tape_add(tape, "TIMSetConfig", 1, 3, 6, 20, 50);
    tape_text(event, 0, "{\"a\": 1}");
    event->result.i = 9;
    event = tape_add(tape, "TIMCommCallback", 1, 4, 5, 30, 40);
    event->parent = event->cause = 3;
    play(tape, at_max);
    judge_start(&judge);
    call_init(0, NULL);
    assert_int_equal(call_config("{\"a\":1}", FN(on_comm), NULL), 9);
    assert_int_equal(seen, 1);
    judge.answer = SCORE_UNMATCHED;
    judge.result = 42;
    assert_int_equal(call_plain(API_TIMUninit), 42);
    judge_end(&judge);
    assert_int_equal(judge.asked, 2);
    assert_int_equal(atomic_load(&score_live(file.score)->asked), 2);
    /* No judge: a failure after stall_ns, never a hang. */
    assert_int_equal(call_plain(API_TIMUninit), api_sdk.missing);
    score_abort(file.score);
    assert_int_equal(call_init(0, NULL), api_sdk.missing);
    stop();
}

/* Getters more often, less often, and in another order than recorded. */
static void
getters(void **state)
{
    struct score_options options = {.speed = 0, .grace_ns = 30000000};
    struct tape_reader *tape = tape_new(2);

    (void)state;
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMGetLoginStatus", 1, 3, 4, 20, 30)->result.i = 1;
    tape_add(tape, "TIMGetServerTime", 1, 5, 6, 40, 50)->result.i = 77;
    tape_add(tape, "TIMGetLoginStatus", 1, 7, 8, 60, 70)->result.i = 2;
    tape_add(tape, "TIMConvGetConvList", 1, 9, 10, 80, 90);
    tape_add(tape, "TIMGetServerTime", 1, 11, 12, 100, 110)->result.i = 78;
    tape_add(tape, "TIMCommCallback", 2, 13, 14, 120, 130)->cause = 9;
    play(tape, options);
    call_init(0, NULL);
    assert_int_equal(call_plain(API_TIMGetLoginStatus), 1);
    /* The server's time was asked here on the tape; not now: after the grace nobody waits for it. */
    assert_int_equal(call_plain(API_TIMGetLoginStatus), 2);
    assert_int_equal(call_plain(API_TIMGetLoginStatus), 2); /* once more than recorded */
    assert_int_equal(call_plain(API_TIMGetServerTime), 77); /* late: as it was */
    call_comm(API_TIMConvGetConvList, FN(on_comm), NULL);
    wait_done(); /* the last getter is never called: the callback comes all the same */
    assert_int_equal(seen, 1);
    assert_int_equal(atomic_load(&score_live(file.score)->extra_getters), 2);
    assert_int_equal(atomic_load(&score_live(file.score)->skipped_getters), 2);
    stop();
}

/* A recorded child process is a live one; its threads are started there. */
static void
forked(void **state)
{
    struct tape_reader *tape = tape_new(4);
    int status;
    pid_t pid;

    (void)state;
    tape->threads[2] = (struct tape_thread){.thread = 3, .pid = 200, .tid = 200, .name = "main"};
    tape->threads[3] = (struct tape_thread){.thread = 4, .pid = 200, .tid = 201, .name = "sdk-c"};
    tape_add(tape, "TIMInit", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMConvGetConvList", 3, 3, 4, 20, 30);
    tape_add(tape, "TIMCommCallback", 4, 5, 6, 40, 50)->cause = 3;
    tape_add(tape, "TIMUninit", 1, 7, 8, 60, 70);
    play(tape, at_max);
    call_init(0, NULL);
    pid = fork();
    if (pid == 0) {
        int i;

        call_comm(API_TIMConvGetConvList, FN(on_comm), NULL);
        for (i = 0; i < 20000 && seen == 0; i++)
            usleep(100);
        while (atomic_load(&score_live(file.score)->cursor) < 6)
            usleep(100);
        _exit(seen == 1 && strcmp(log_[0].thread, "sdk-c") == 0 ? 0 : 1);
    }
    assert_int_equal(call_plain(API_TIMUninit), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(atomic_load(&score_process_live(file.score, 0)->pid), getpid());
    assert_int_equal(atomic_load(&score_process_live(file.score, 1)->pid), pid);
    wait_done();
    stop();
}

/* exit() waits for what was delivered before the recorded exit, not for what came after. */
static void
held_exit(void **state)
{
    struct tape_reader *tape = tape_new(2);
    int status;
    pid_t pid;

    (void)state;
    tape->processes[0] = (struct tape_process){.pid = 100, .exit_seq = 7};
    tape->nprocesses = 1;
    tape_add(tape, "TIMConvGetConvList", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMCommCallback", 2, 3, 4, 30000, 30001)->cause = 1;
    tape_add(tape, "TIMCommCallback", 2, 5, 6, 50000, 50001)->cause = 1;
    tape_add(tape, "TIMCommCallback", 2, 8, 9, 60000, 60001)->cause = 1;
    play(tape, at_speed);
    score_begin(file.score);
    pid = fork();
    if (pid == 0) {
        call_comm(API_TIMConvGetConvList, FN(on_comm), NULL);
        exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(atomic_load(&score_live(file.score)->cursor), file.score->edges);
    assert_int_equal(atomic_load(&score_event_live(file.score, 2)->state), SCORE_LEFT);
    assert_int_equal(atomic_load(&score_event_live(file.score, 3)->state), SCORE_FREE);
    assert_int_equal(atomic_load(&score_process_live(file.score, 0)->exiting), 2);
    stop();
}

/* A callback may end its thread: its leave happens all the same, the process goes on. */
static void
on_leaving(int32_t code, const char *desc, const char *json, const void *user)
{
    on_comm(code, desc, json, user);
    pthread_exit(NULL);
}

static void
thread_exit(void **state)
{
    struct tape_reader *tape = tape_new(2);

    (void)state;
    tape_add(tape, "TIMConvGetConvList", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMCommCallback", 2, 3, 4, 20, 30)->cause = 1;
    tape_add(tape, "TIMUninit", 1, 5, 6, 40, 50);
    play(tape, at_max);
    call_comm(API_TIMConvGetConvList, FN(on_leaving), NULL);
    call_plain(API_TIMUninit);
    wait_done();
    assert_int_equal(seen, 1);
    stop(); /* its thread is gone, or this waits forever */
}

/* A callback that jumps out over its call: the stand-in finds its feet again. */
static jmp_buf jump;

static void
on_jumping(int32_t code, const char *desc, const char *json, const void *user)
{
    on_comm(code, desc, json, user);
    longjmp(jump, 1);
}

static void
jumped(void **state)
{
    struct tape_reader *tape = tape_new(1);

    (void)state;
    tape_add(tape, "TIMSetConfig", 1, 1, 0, 0, 0);
    tape_add(tape, "TIMCommCallback", 1, 2, 0, 10, 0)->parent = 1;
    tape->events[1].cause = 1;
    tape_add(tape, "TIMUninit", 1, 3, 4, 40, 50)->result.i = 5;
    play(tape, at_max);
    if (setjmp(jump) == 0)
        call_config(NULL, FN(on_jumping), NULL);
    assert_int_equal(seen, 1);
    memset(alloca(4096), 0, 4096); /* other calls write over what was left behind */
    assert_int_equal(call_plain(API_TIMUninit), 5);
    wait_done();
    stop();
}

/* The judge dies, the app never makes the call that everybody waits for: the play ends, nothing hangs. */
static void
orphaned(void **state)
{
    struct score_options options = {.speed = 0, .stall_ns = 50000000};
    struct tape_reader *tape = tape_new(2);
    struct tape_event *event;

    (void)state;
    tape_add(tape, "TIMInit", 1, 1, 4, 0, 10);
    event = tape_add(tape, "TIMUninit", 2, 2, 3, 5, 6);
    event->result.i = 1;
    play(tape, options);
    atomic_store(&score_live(file.score)->heartbeat, 7);
    call_init(0, NULL);
    assert_int_equal(atomic_load(&score_live(file.score)->abort), 1);
    stop();
}

/* Nothing passes a closed gate; opening it adds the pause to the slip. */
static void
gate(void **state)
{
    struct tape_reader *tape = tape_new(2);

    (void)state;
    tape_add(tape, "TIMConvGetConvList", 1, 1, 2, 0, 10);
    tape_add(tape, "TIMCommCallback", 2, 3, 4, 20, 30)->cause = 1;
    play(tape, at_speed);
    score_gate(file.score, 2, 0);
    call_comm(API_TIMConvGetConvList, FN(on_comm), NULL);
    usleep(30000);
    assert_int_equal(seen, 0);
    score_gate(file.score, SCORE_NONE, 30000000);
    wait_done();
    assert_int_equal(seen, 1);
    assert_true(atomic_load(&score_live(file.score)->slip) >= 30000000);
    stop();
}

static int
compare(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;

    return one < two ? -1 : one > two;
}

static unsigned
scaled(unsigned full)
{
    const char *quick = getenv("STANDIN_EVENTS");

    return quick != NULL                                                ? (unsigned)atoi(quick)
           : getenv("VALGRIND") != NULL || getenv("LD_PRELOAD") != NULL ? full / 200
                                                                        : full;
}

/* Not a gate, since CI machines are what they are; the figures are for the reader. */
static void
lateness(void **state)
{
    unsigned events = 2000, i, n = 0;
    int64_t late[2000], slipped;

    (void)state;
    play(order_tape(events, 1000), at_speed);
    score_begin(file.score);
    atomic_store(&order_count, 0);
    call_comm(API_TIMAddRecvNewMsgCallback, FN(on_order), NULL);
    wait_done();
    for (i = 1; i <= events; i++)
        late[n++] = atomic_load(&score_event_live(file.score, i)->late_ns);
    slipped = atomic_load(&score_live(file.score)->slip);
    qsort(late, n, sizeof late[0], compare);
    print_message("late by p50 %lld ns, p90 %lld, p99 %lld, p99.9 %lld, max %lld; slip %lld ns\n",
                  (long long)late[n / 2], (long long)late[n * 9 / 10], (long long)late[n * 99 / 100],
                  (long long)late[n * 999 / 1000], (long long)late[n - 1], (long long)slipped);
    assert_true(late[0] >= 0); /* never early */
    stop();
}

static void
million(void **state)
{
    unsigned events = scaled(1000000);
    uint64_t begun, built;

    (void)state;
    begun = score_now();
    play(order_tape(events, 1), at_max);
    built = score_now();
    atomic_store(&order_count, 0);
    call_comm(API_TIMAddRecvNewMsgCallback, FN(on_order), NULL);
    while (atomic_load(&score_live(file.score)->cursor) < file.score->edges &&
           score_now() - built < 300000000000u)
        usleep(1000);
    assert_int_equal(order_count, events);
    print_message("%u callbacks, 4 threads, max speed: score %.2f s, play %.2f s\n", events,
                  (double)(built - begun) / 1e9, (double)(score_now() - built) / 1e9);
    stop();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(callback_before_return, reset),
        cmocka_unit_test_setup(nested, reset),
        cmocka_unit_test_setup(thread_order, reset),
        cmocka_unit_test_setup(early_edges, reset),
        cmocka_unit_test_setup(slip, reset),
        cmocka_unit_test_setup(slip_arithmetic, reset),
        cmocka_unit_test_setup(blocked, reset),
        cmocka_unit_test_setup(two_callbacks, reset),
        cmocka_unit_test_setup(listeners, reset),
        cmocka_unit_test_setup(asking, reset),
        cmocka_unit_test_setup(getters, reset),
        cmocka_unit_test_setup(forked, reset),
        cmocka_unit_test_setup(held_exit, reset),
        cmocka_unit_test_setup(thread_exit, reset),
        cmocka_unit_test_setup(jumped, reset),
        cmocka_unit_test_setup(orphaned, reset),
        cmocka_unit_test_setup(gate, reset),
        cmocka_unit_test_setup(lateness, reset),
        cmocka_unit_test_setup(million, reset),
    };

    unsetenv(SCORE_ENV);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
