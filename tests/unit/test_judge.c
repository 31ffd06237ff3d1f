// SPDX-License-Identifier: MIT
/*
 * The judge by itself: the test is the app and the stand-in. It writes the ring's records, asks the
 * judge about every call and lets callbacks happen, in an order of its choosing; no clock is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "replay/judge/judge.h"
#include "replay/run/run_tape.h"
#include "replay/score/score_edge.h"
#include "traces/scenario.h"

#define STALL_NS 8000000000ull /* the judge's short patience is an eighth of it */
#define EXITED(status) ((status) << 8)

/* Live threads, by their ring slots. The process is this one, the threads are made up. */
enum { MAIN, SDK, OTHER_SDK, POOL_1, POOL_2, NOBODY, THREADS_END };
static const char *const names[] = {"test_judge", "sdk", "sdk", "pool-1", "pool-2", "test_judge"};

static struct {
    char imported[256], path[64];
    struct tape_reader *tape;
    struct score_file file;
    struct judge *judge;
    uint64_t seq, skew;
    uint32_t bound[THREADS_END];   /* recorded thread */
    uint32_t context[THREADS_END]; /* recorded callback */
    struct score_mail *mail;
} sim;

#define HEAD                                                                                                 \
    "{\"timtape\":1,\"meta\":{\"sdk_version\":\"8.0.5906\",\"ended\":\"exit 0\"}}\n"                         \
    "{\"thread\":1,\"name\":\"main\"}\n{\"thread\":2,\"name\":\"sdk\"}\n{\"thread\":3,\"name\":\"pool-1\"}"  \
    "\n"                                                                                                     \
    "{\"thread\":4,\"name\":\"pool-2\"}\n{\"thread\":5,\"name\":\"sdk\"}\n"
#define CALL(name, more) "{\"call\":\"" name "\",\"after_ms\":1" more "}\n"
#define LOGIN(who) CALL("TIMLogin", ",\"args\":{\"user_id\":\"" who "\",\"user_sig\":\"s\"}")
#define ON(thread) ",\"thread\":" #thread
#define MESSAGE(label)                                                                                       \
    "{\"callback\":\"TIMRecvNewMsgCallback\",\"label\":\"" label "\",\"thread\":2,\"after_ms\":5,"           \
    "\"args\":{\"json_msg_array\":\"[]\"}}\n"
#define READ(who, more)                                                                                      \
    CALL("TIMMsgReportReaded",                                                                               \
         more ",\"args\":{\"conv_id\":\"" who "\",\"conv_type\":1,\"json_msg_param\":\"\"}")

static uint64_t
owner(uint32_t which)
{
    return (uint64_t)getpid() << 32 | ((uint32_t)getpid() + which);
}

/* ---- the ring ---- */

static void
put_record(uint32_t which, uint8_t kind, uint16_t api, uint64_t seq, uint64_t parent, const void *body,
           size_t bytes)
{
    struct ring_record record = {
        .bytes = (uint32_t)(sizeof record + bytes), .kind = kind, .api = api, .seq = seq, .parent = parent};
    struct ring_event event = {.record = &record, .body = body, .body_bytes = bytes, .slot = which};
    assert_int_equal(judge_observe(sim.judge, &event), 0);
}

/* Texts by parameter; numbers as text, "" for functions that are there. */
static size_t
pack(const struct api_entry *entry, const char *const *args, uint8_t *body)
{
    size_t at = 0;
    for (unsigned i = 0; i < entry->nparams; i++) {
        const char *text = args[i];
        uint64_t number = text == NULL ? 0 : (uint64_t)strtoll(text, NULL, 0);
        uint32_t length = text == NULL ? RING_NONE : (uint32_t)strlen(text);
        switch (entry->params[i].type) {
        case API_USER:
            continue;
        case API_STR:
            memcpy(body + at, &length, sizeof length);
            at += sizeof length;
            if (text != NULL)
                memcpy(body + at, text, length);
            at += text != NULL ? length : 0;
            continue;
        case API_FN:
            number = text != NULL ? 0x1000 : 0;
            break;
        default:
            break;
        }
        memcpy(body + at, &number, sizeof number);
        at += sizeof number;
    }
    while (at % 8 != 0)
        body[at++] = 0;
    return at;
}

/* ---- the play ---- */

static void
open_with(const char *scenario, struct judge_options options)
{
    struct fault fault = {0};
    struct score_options score = {.speed = 1, .strict = options.match == MATCH_STRICT};
    memset(&sim, 0, sizeof sim);
    snprintf(sim.path, sizeof sim.path, "/tmp/timtape-judge-XXXXXX");
    FILE *file = fdopen(mkstemp(sim.path), "w");
    assert_non_null(file);
    fputs(scenario, file);
    fclose(file);
    sim.tape = scenario_open(sim.path, NULL, sim.imported, sizeof sim.imported, &fault);
    if (sim.tape == NULL || score_create(&sim.file, sim.tape, &score, &fault) != 0)
        fail_msg("%s", fault.text);
    options.stall_ns = STALL_NS;
    options.speed = 1;
    options.tape = "t.tape";
    options.app = "./app";
    options.until = SCORE_NONE;
    options.complete = true;
    options.recorded = run_tape_end(sim.tape);
    score_begin(sim.file.score);
    sim.judge = judge_open(sim.file.score, &options, &fault);
    assert_non_null(sim.judge);
    for (uint32_t which = MAIN; which < THREADS_END; which++) {
        struct ring_thread who = {.pid = (uint32_t)getpid(), .tid = (uint32_t)owner(which)};
        snprintf(who.name, sizeof who.name, "%s", names[which]);
        put_record(which, RING_THREAD, 0, 0, 0, &who, sizeof who);
        sim.bound[which] = sim.context[which] = SCORE_NONE;
    }
    sim.mail = score_live(sim.file.score)->mail;
}

static void
open_(const char *scenario)
{
    open_with(scenario, (struct judge_options){0});
}

static void
close_(void)
{
    judge_close(sim.judge);
    score_destroy(&sim.file);
    tape_close(sim.tape);
    scenario_forget(sim.imported);
    unlink(sim.path);
}

/* The n-th recorded event of that name. */
static uint32_t
nth(const char *name, unsigned n)
{
    for (uint32_t i = 0; i < sim.file.score->events; i++) {
        if (strcmp(api_entry(score_event(sim.file.score, i)->api)->name, name) == 0 && --n == 0)
            return i;
    }
    fail_msg("no such event: %s", name);
    return SCORE_NONE;
}

static uint64_t
seq(const char *name, unsigned n)
{
    return score_event(sim.file.score, nth(name, n))->seq;
}

/* The app calls; what the judge answers. */
static enum score_mail_answer
call_from(uint32_t which, const char *name, const char *a, const char *b, const char *c, const char *d)
{
    const struct api_entry *entry = api_find(name);
    const char *const args[API_MAX_PARAMS] = {a, b, c, d};
    struct score *score = sim.file.score;
    uint8_t body[512];
    uint64_t number = ++sim.seq;
    put_record(which, RING_CALL_ENTER, entry->id, number, 0, body, pack(entry, args, body));
    sim.mail->api = entry->id;
    atomic_store(&sim.mail->owner, owner(which));
    sim.mail->seq = number;
    sim.mail->context = sim.context[which];
    sim.mail->thread = sim.bound[which];
    sim.mail->candidate = SCORE_NONE;
    atomic_store(&sim.mail->state, SCORE_MAIL_ASKED);
    assert_int_equal(judge_answer(sim.judge), 0);
    assert_int_equal(atomic_load(&sim.mail->state), SCORE_MAIL_ANSWERED);
    atomic_store(&sim.mail->state, SCORE_MAIL_FREE);
    if (sim.mail->answer == SCORE_MATCHED) {
        const struct score_event *event = score_event(score, sim.mail->event);
        struct score_event_live *live = score_event_live(score, sim.mail->event);
        assert_int_equal(atomic_load(&live->state), SCORE_FREE);
        atomic_store(&live->state, SCORE_LEFT);
        atomic_store(&live->owner, owner(which));
        if (event->parent == SCORE_NONE) {
            atomic_store(&score_thread_live(score, event->thread)->app, owner(which));
            sim.bound[which] = event->thread;
        }
        score_pass(score, event->enter, score_now());
        score_pass(score, event->leave, score_now());
    }
    put_record(which, RING_CALL_LEAVE, entry->id, ++sim.seq, number, NULL, 0);
    judge_watch(sim.judge, score_now() + sim.skew);
    return (enum score_mail_answer)sim.mail->answer;
}

/* ... while its record does not come: `number` is that of another one. */
static enum score_mail_answer
call_unseen(uint32_t which, const char *name, uint64_t number)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    sim.mail->api = api_find(name)->id;
    atomic_store(&sim.mail->owner, owner(which));
    sim.mail->seq = number;
    sim.mail->context = sim.context[which];
    sim.mail->thread = sim.bound[which];
    sim.mail->candidate = SCORE_NONE;
    atomic_store(&sim.mail->state, SCORE_MAIL_ASKED);
    while (judge_answer(sim.judge) > 0)
        nanosleep(&pause, NULL);
    assert_int_equal(atomic_load(&sim.mail->state), SCORE_MAIL_ANSWERED);
    atomic_store(&sim.mail->state, SCORE_MAIL_FREE);
    if (sim.mail->answer == SCORE_MATCHED) {
        atomic_store(&score_event_live(sim.file.score, sim.mail->event)->state, SCORE_LEFT);
        score_pass(sim.file.score, score_event(sim.file.score, sim.mail->event)->enter, score_now());
    }
    return (enum score_mail_answer)sim.mail->answer;
}

static enum score_mail_answer
login(uint32_t which, const char *who)
{
    return call_from(which, "TIMLogin", who, "s", "1", NULL);
}

static enum score_mail_answer
read_from(uint32_t which, const char *who)
{
    return call_from(which, "TIMMsgReportReaded", who, "1", "", "1");
}

static enum score_mail_answer
plain(uint32_t which, const char *name)
{
    return call_from(which, name, "1", NULL, NULL, NULL);
}

static uint64_t
enter(uint32_t which, uint32_t callback)
{
    const struct score_event *event = score_event(sim.file.score, callback);
    uint64_t number = ++sim.seq;
    atomic_store(&score_event_live(sim.file.score, callback)->state, SCORE_ISSUED);
    atomic_store(&score_event_live(sim.file.score, callback)->owner, owner(which));
    put_record(which, RING_BACK_ENTER, event->api, number, 0, NULL, 0);
    score_pass(sim.file.score, event->enter, score_now());
    sim.context[which] = callback;
    return number;
}

static void
leave(uint32_t which, uint32_t callback, uint64_t number)
{
    const struct score_event *event = score_event(sim.file.score, callback);
    atomic_store(&score_event_live(sim.file.score, callback)->state, SCORE_LEFT);
    put_record(which, RING_BACK_LEAVE, event->api, ++sim.seq, number, NULL, 0);
    score_pass(sim.file.score, event->leave, score_now());
    sim.context[which] = SCORE_NONE;
    judge_watch(sim.judge, score_now() + sim.skew);
}

static void
happens(uint32_t callback)
{
    leave(SDK, callback, enter(SDK, callback));
}

/* Nothing happens for the judge's short patience. */
static void
quiet(void)
{
    sim.skew += STALL_NS / 8 + 1000000000;
    judge_watch(sim.judge, score_now() + sim.skew);
}

static const struct verdict *
is_verdict(enum verdict_class class, uint64_t event, uint64_t nearest)
{
    const struct verdict *verdict = judge_conclude(sim.judge, EXITED(0), false);
    if (verdict->class != class)
        fail_msg("%s: %s", verdict_class_name(verdict->class), verdict->sentence);
    assert_int_equal(verdict->event.seq, event);
    assert_int_equal(verdict->nearest.seq, nearest);
    return verdict;
}

/* ---- tests ---- */

static const char three[] = HEAD LOGIN("a") LOGIN("b") LOGIN("c");

static void
in_order(void **state)
{
    (void)state;
    open_(three);
    assert_int_equal(login(MAIN, "a"), SCORE_MATCHED);
    assert_int_equal(login(MAIN, "b"), SCORE_MATCHED);
    assert_int_equal(login(MAIN, "c"), SCORE_MATCHED);
    is_verdict(VERDICT_AS_RECORDED, 0, 0);
    close_();
}

static void
reordered(void **state)
{
    (void)state;
    open_(three);
    assert_int_equal(login(MAIN, "b"), SCORE_MATCHED);
    assert_false(judge_decided(sim.judge));
    assert_int_equal(login(MAIN, "a"), SCORE_UNMATCHED);
    assert_true(judge_decided(sim.judge));
    is_verdict(VERDICT_REORDERED, seq("TIMLogin", 1), seq("TIMLogin", 2));
    close_();
}

/* Left out, and then the next ones: clear after a few calls, after a silence, at the end. */
static void
missing(void **state)
{
    (void)state;
    open_(three);
    login(MAIN, "b");
    login(MAIN, "c");
    assert_false(judge_decided(sim.judge));
    quiet();
    assert_true(judge_decided(sim.judge));
    is_verdict(VERDICT_MISSING_CALL, seq("TIMLogin", 1), seq("TIMLogin", 2));
    close_();
    open_(three);
    login(MAIN, "b");
    is_verdict(VERDICT_MISSING_CALL, seq("TIMLogin", 1), seq("TIMLogin", 2));
    close_();
    char many[4096] = HEAD LOGIN("a") LOGIN("b");
    for (int i = 0; i < 20; i++)
        strcat(many, LOGIN("c"));
    open_(many);
    login(MAIN, "b");
    for (int i = 0; i < 20 && !judge_decided(sim.judge); i++)
        assert_int_equal(login(MAIN, "c"), SCORE_MATCHED);
    assert_true(judge_decided(sim.judge));
    is_verdict(VERDICT_MISSING_CALL, seq("TIMLogin", 1), seq("TIMLogin", 2));
    close_();
    open_(three);
    login(MAIN, "a");
    login(MAIN, "b");
    is_verdict(VERDICT_MISSING_CALL, seq("TIMLogin", 3), 0);
    close_();
}

/* The same call twice on the tape, and the first one left out: the second is not the first, late. */
static void
missing_not_reordered(void **state)
{
    (void)state;
    open_(HEAD LOGIN("a") LOGIN("b") LOGIN("a"));
    login(MAIN, "b");
    assert_int_equal(login(MAIN, "a"), SCORE_MATCHED);
    is_verdict(VERDICT_MISSING_CALL, seq("TIMLogin", 1), seq("TIMLogin", 2));
    close_();
}

/* A second divergence does not hide the first. */
static void
first_one_wins(void **state)
{
    (void)state;
    open_(three);
    login(MAIN, "b");
    assert_int_equal(plain(MAIN, "TIMLogout"), SCORE_UNMATCHED);
    is_verdict(VERDICT_MISSING_CALL, seq("TIMLogin", 1), seq("TIMLogin", 2));
    close_();
}

static void
extra(void **state)
{
    (void)state;
    open_(three);
    login(MAIN, "a");
    assert_int_equal(plain(MAIN, "TIMLogout"), SCORE_UNMATCHED);
    const struct verdict *verdict = is_verdict(VERDICT_EXTRA_CALL, 0, seq("TIMLogin", 2));
    assert_string_equal(verdict->event.name, "TIMLogout");
    close_();
    open_(HEAD LOGIN("a") CALL("TIMLogout", ""));
    login(MAIN, "a");
    assert_int_equal(login(MAIN, "a"), SCORE_UNMATCHED);
    is_verdict(VERDICT_EXTRA_CALL, 0, seq("TIMLogin", 1));
    close_();
    /* Of the same function, but not what is expected next. */
    open_(HEAD CALL("TIMLogout", "") LOGIN("a"));
    assert_int_equal(login(MAIN, "x"), SCORE_UNMATCHED);
    is_verdict(VERDICT_EXTRA_CALL, 0, seq("TIMLogout", 1));
    close_();
}

static void
different(void **state)
{
    (void)state;
    open_(three);
    login(MAIN, "a");
    assert_int_equal(login(MAIN, "x"), SCORE_MATCHED); /* as if it were the one */
    assert_false(judge_decided(sim.judge));
    assert_int_equal(login(MAIN, "c"), SCORE_MATCHED);
    assert_true(judge_decided(sim.judge));
    const struct verdict *verdict = is_verdict(VERDICT_DIFFERENT_ARGUMENT, 0, seq("TIMLogin", 2));
    assert_string_equal(verdict->difference.name, "user_id");
    assert_string_equal(verdict->difference.expected, "\"b\"");
    assert_string_equal(verdict->difference.got, "\"x\"");
    close_();
    open_(three);
    login(MAIN, "x");
    quiet();
    assert_true(judge_decided(sim.judge));
    is_verdict(VERDICT_DIFFERENT_ARGUMENT, 0, seq("TIMLogin", 1));
    close_();
    /* Whatever comes after it. */
    open_(three);
    login(MAIN, "x");
    assert_int_equal(judge_conclude(sim.judge, 11, false)->class, VERDICT_DIFFERENT_ARGUMENT);
    close_();
    open_(three);
    login(MAIN, "x");
    assert_int_equal(plain(MAIN, "TIMLogout"), SCORE_UNMATCHED);
    is_verdict(VERDICT_DIFFERENT_ARGUMENT, 0, seq("TIMLogin", 1));
    close_();
    /* The expected one comes behind it: that one was too many. */
    open_(three);
    login(MAIN, "a");
    assert_int_equal(login(MAIN, "x"), SCORE_MATCHED);
    assert_int_equal(login(MAIN, "b"), SCORE_UNMATCHED);
    verdict = is_verdict(VERDICT_EXTRA_CALL, 0, seq("TIMLogin", 2));
    assert_false(verdict->has_difference);
    close_();
    open_(three);
    login(MAIN, "a");
    login(MAIN, "a");
    login(MAIN, "b");
    verdict = is_verdict(VERDICT_EXTRA_CALL, 0, seq("TIMLogin", 1));
    assert_non_null(strstr(verdict->sentence, "once more"));
    close_();
}

static const char inside[] =
    HEAD CALL("TIMAddRecvNewMsgCallback", "") MESSAGE("one") READ("a", ",\"in\":\"one\"")
        READ("b", ",\"in\":\"one\"") MESSAGE("two") READ("c", ",\"in\":\"two\"") CALL("TIMLogout", ON(1));

static void
begin_inside(void)
{
    plain(MAIN, "TIMAddRecvNewMsgCallback");
}

static void
left_out_inside(void **state)
{
    (void)state;
    uint32_t one, two;
    open_(inside);
    one = nth("TIMRecvNewMsgCallback", 1);
    begin_inside();
    uint64_t number = enter(SDK, one);
    read_from(SDK, "a");
    leave(SDK, one, number);
    assert_false(judge_decided(sim.judge));
    /* The play goes on without it. */
    assert_true(atomic_load(&score_live(sim.file.score)->cursor) >
                score_event(sim.file.score, nth("TIMMsgReportReaded", 2))->enter);
    quiet();
    const struct verdict *verdict = is_verdict(VERDICT_MISSING_CALL, seq("TIMMsgReportReaded", 2), 0);
    assert_int_equal(verdict->reacting.seq, seq("TIMRecvNewMsgCallback", 1));
    assert_false(verdict->after);
    close_();
    /* It comes in the next callback. */
    open_(inside);
    two = nth("TIMRecvNewMsgCallback", 2);
    begin_inside();
    number = enter(SDK, one);
    read_from(SDK, "a");
    leave(SDK, one, number);
    number = enter(SDK, two);
    assert_int_equal(read_from(SDK, "b"), SCORE_UNMATCHED);
    is_verdict(VERDICT_REORDERED, seq("TIMMsgReportReaded", 2), 0);
    close_();
    /* A worker makes it afterwards, or meanwhile. */
    for (int meanwhile = 0; meanwhile < 2; meanwhile++) {
        open_(inside);
        begin_inside();
        number = enter(SDK, one);
        read_from(SDK, "a");
        if (!meanwhile)
            leave(SDK, one, number);
        assert_int_equal(read_from(POOL_1, "b"), SCORE_UNMATCHED);
        verdict =
            is_verdict(VERDICT_WRONG_THREAD, seq("TIMMsgReportReaded", 2), seq("TIMMsgReportReaded", 2));
        assert_non_null(strstr(verdict->sentence, "pool-1"));
        close_();
    }
    /* Another callback that runs at the same time may make it: they race as they did when recorded. */
    open_(inside);
    begin_inside();
    number = enter(SDK, one);
    read_from(SDK, "a");
    enter(OTHER_SDK, two);
    leave(SDK, one, number);
    assert_int_equal(read_from(OTHER_SDK, "b"), SCORE_MATCHED);
    judge_watch(sim.judge, score_now() + sim.skew);
    assert_int_equal(read_from(OTHER_SDK, "c"), SCORE_MATCHED);
    quiet();
    assert_false(judge_decided(sim.judge));
    close_();
}

static void
wrong_thread(void **state)
{
    (void)state;
    open_(three);
    login(MAIN, "a");
    assert_int_equal(login(POOL_1, "b"), SCORE_UNMATCHED);
    const struct verdict *verdict = is_verdict(VERDICT_WRONG_THREAD, seq("TIMLogin", 2), seq("TIMLogin", 2));
    assert_string_equal(verdict->event.thread_name, "pool-1");
    assert_string_equal(verdict->nearest.thread_name, "main");
    assert_int_equal(verdict->nearest.thread, 1);
    close_();
    open_(HEAD LOGIN("a") READ("w", ON(3)));
    login(MAIN, "a");
    assert_int_equal(read_from(MAIN, "w"), SCORE_UNMATCHED);
    is_verdict(VERDICT_WRONG_THREAD, seq("TIMMsgReportReaded", 1), seq("TIMMsgReportReaded", 1));
    close_();
    /* A thread that nobody named yet may be any worker; getters may come from anywhere. */
    open_(HEAD LOGIN("a") READ("w", ON(3)) CALL("TIMGetLoginStatus", ON(1)));
    login(MAIN, "a");
    assert_int_equal(read_from(NOBODY, "w"), SCORE_MATCHED);
    assert_int_equal(plain(NOBODY, "TIMGetLoginStatus"), SCORE_MATCHED);
    is_verdict(VERDICT_AS_RECORDED, 0, 0);
    close_();
}

static const char pools[] = HEAD READ("a1", ON(3)) READ("b1", ON(4)) READ("a2", ON(3)) READ("b2", ON(4));

static void
pool(void **state)
{
    (void)state;
    /* Each finds its own, whichever thread has which name, and however they interleave. */
    open_(pools);
    assert_int_equal(read_from(POOL_2, "a1"), SCORE_MATCHED);
    assert_int_equal(read_from(POOL_2, "a2"), SCORE_MATCHED);
    assert_int_equal(read_from(POOL_1, "b1"), SCORE_MATCHED);
    assert_int_equal(read_from(POOL_2, "b2"), SCORE_MATCHED);
    is_verdict(VERDICT_AS_RECORDED, 0, 0);
    close_();
    /* The other one took the job, and is slower. */
    open_(HEAD READ("a1", ON(3)) READ("a2", ON(3)) READ("a3", ON(3)) READ("b1", ON(4)));
    read_from(POOL_1, "a1");
    assert_int_equal(read_from(POOL_1, "a3"), SCORE_MATCHED);
    assert_int_equal(read_from(POOL_2, "a2"), SCORE_MATCHED);
    assert_int_equal(read_from(POOL_2, "b1"), SCORE_MATCHED);
    is_verdict(VERDICT_AS_RECORDED, 0, 0);
    close_();
    /* It takes its time as it did when recorded: that is no silence. */
    open_(HEAD READ("a1",
                    ON(3)) "{\"call\":\"TIMMsgReportReaded\",\"thread\":3,\"after_ms\":60000,"
                           "\"args\":{\"conv_id\":\"a2\",\"conv_type\":1,\"json_msg_param\":\"\"}}\n" READ(
                               "a3", ON(3)) READ("b1", ON(4)));
    read_from(POOL_1, "a1");
    assert_int_equal(read_from(POOL_1, "a3"), SCORE_MATCHED);
    quiet();
    quiet();
    assert_int_equal(read_from(POOL_2, "a2"), SCORE_MATCHED);
    assert_int_equal(read_from(POOL_2, "b1"), SCORE_MATCHED);
    is_verdict(VERDICT_AS_RECORDED, 0, 0);
    close_();
    /* But when nobody takes it, it is missing; when the same one comes to it later, it is late. */
    open_(pools);
    read_from(POOL_1, "a2");
    quiet();
    assert_false(judge_decided(sim.judge));
    assert_int_equal(read_from(POOL_1, "a1"), SCORE_UNMATCHED);
    is_verdict(VERDICT_REORDERED, seq("TIMMsgReportReaded", 1), seq("TIMMsgReportReaded", 3));
    close_();
    open_(pools);
    read_from(POOL_1, "a2");
    quiet();
    quiet();
    is_verdict(VERDICT_MISSING_CALL, seq("TIMMsgReportReaded", 1), seq("TIMMsgReportReaded", 3));
    close_();
}

static void
strict(void **state)
{
    (void)state;
    const struct judge_options options = {.match = MATCH_STRICT};
    open_with(HEAD LOGIN("a") CALL("TIMGetLoginStatus", "") LOGIN("b"), options);
    login(MAIN, "a");
    assert_int_equal(login(MAIN, "b"), SCORE_MATCHED);
    is_verdict(VERDICT_MISSING_CALL, seq("TIMGetLoginStatus", 1), seq("TIMLogin", 2));
    close_();
    open_with(HEAD LOGIN("a") CALL("TIMGetLoginStatus", "") LOGIN("b"), options);
    login(MAIN, "a");
    assert_int_equal(plain(MAIN, "TIMGetLoginStatus"), SCORE_MATCHED);
    assert_int_equal(plain(MAIN, "TIMGetLoginStatus"), SCORE_UNMATCHED);
    is_verdict(VERDICT_EXTRA_CALL, 0, seq("TIMGetLoginStatus", 1));
    close_();
    open_with(pools, options);
    assert_int_equal(read_from(POOL_1, "a1"), SCORE_MATCHED);
    assert_int_equal(read_from(POOL_1, "b1"), SCORE_UNMATCHED);
    is_verdict(VERDICT_WRONG_THREAD, seq("TIMMsgReportReaded", 2), seq("TIMMsgReportReaded", 2));
    close_();
}

static void
loose(void **state)
{
    (void)state;
    const struct judge_options options = {.match = MATCH_LOOSE};
    open_with(inside, options);
    begin_inside();
    assert_int_equal(read_from(POOL_1, "c"), SCORE_MATCHED);
    assert_int_equal(plain(POOL_2, "TIMLogout"), SCORE_MATCHED);
    happens(nth("TIMRecvNewMsgCallback", 1));
    happens(nth("TIMRecvNewMsgCallback", 2));
    assert_int_equal(read_from(MAIN, "b"), SCORE_MATCHED);
    assert_int_equal(read_from(MAIN, "a"), SCORE_MATCHED);
    is_verdict(VERDICT_AS_RECORDED, 0, 0);
    close_();
    open_with(three, options);
    login(MAIN, "c");
    login(MAIN, "a");
    is_verdict(VERDICT_MISSING_CALL, seq("TIMLogin", 2), 0);
    close_();
}

static void
free_order(void **state)
{
    (void)state;
    open_with(three, (struct judge_options){.free_order = true});
    login(MAIN, "c");
    login(MAIN, "a");
    assert_int_equal(login(MAIN, "b"), SCORE_MATCHED);
    is_verdict(VERDICT_AS_RECORDED, 0, 0);
    close_();
}

static void
let_through(void **state)
{
    (void)state;
    struct judge_options options = {.unmatched = JUDGE_UNMATCHED_DEFAULT};
    open_with(three, options);
    login(MAIN, "a");
    assert_int_equal(plain(MAIN, "TIMLogout"), SCORE_UNMATCHED);
    assert_int_equal((int64_t)sim.mail->result, api_sdk.missing);
    assert_int_equal(sim.mail->completes, 0);
    login(MAIN, "x");
    login(MAIN, "b");
    login(MAIN, "c");
    const struct verdict *verdict = is_verdict(VERDICT_AS_RECORDED, 0, 0);
    assert_int_equal(verdict->unmatched, 2);
    assert_non_null(strstr(verdict->notes[0], "TIMLogout"));
    close_();
    options = (struct judge_options){.unmatched = JUDGE_UNMATCHED_CODE, .unmatched_code = -7};
    open_with(three, options);
    assert_int_equal(plain(MAIN, "TIMLogout"), SCORE_UNMATCHED);
    assert_int_equal(sim.mail->result, 0);
    assert_int_equal(sim.mail->completes, 1);
    assert_int_equal(sim.mail->code, -7);
    /* The verdict is that of the rest. */
    login(MAIN, "b");
    quiet();
    is_verdict(VERDICT_MISSING_CALL, seq("TIMLogin", 1), seq("TIMLogin", 2));
    close_();
}

static void
ruled(void **state)
{
    (void)state;
    static const char pair[] = HEAD LOGIN("a") CALL("TIMLogout", "") LOGIN("b");
    struct fault fault = {0};
    struct rules *rules = NULL;
    static const char text[] = "timtape rules 1\nswap TIMLogin TIMLogout\nmissing TIMMsgReportReaded\n"
                               "repeat TIMLogout\n";
    assert_int_equal(rules_parse(&rules, "r", text, strlen(text), &fault), 0);
    struct judge_options options = {.rules = rules};
    open_with(pair, options);
    assert_int_equal(plain(MAIN, "TIMLogout"), SCORE_MATCHED);
    assert_int_equal(login(MAIN, "a"), SCORE_MATCHED);
    assert_int_equal(plain(MAIN, "TIMLogout"), SCORE_LIKE);
    assert_int_equal(login(MAIN, "b"), SCORE_MATCHED);
    is_verdict(VERDICT_AS_RECORDED, 0, 0);
    close_();
    /* What may change places still has to come. */
    open_with(pair, options);
    plain(MAIN, "TIMLogout");
    login(MAIN, "b");
    assert_int_equal(judge_conclude(sim.judge, EXITED(0), false)->class, VERDICT_MISSING_CALL);
    close_();
    open_with(HEAD LOGIN("a") READ("w", "") LOGIN("b"), options);
    login(MAIN, "a");
    assert_int_equal(login(MAIN, "b"), SCORE_MATCHED);
    quiet();
    is_verdict(VERDICT_AS_RECORDED, 0, 0);
    close_();
    rules_free(rules);
}

static void
crashed(void **state)
{
    (void)state;
    open_(inside);
    begin_inside();
    enter(SDK, nth("TIMRecvNewMsgCallback", 1));
    const struct verdict *verdict = judge_conclude(sim.judge, 11, false);
    assert_int_equal(verdict->class, VERDICT_CRASHED);
    assert_int_equal(verdict->signal, 11);
    assert_int_equal(verdict->reacting.seq, seq("TIMRecvNewMsgCallback", 1));
    assert_false(verdict->after);
    close_();
}

static void
other_exit(void **state)
{
    (void)state;
    open_(HEAD LOGIN("a"));
    login(MAIN, "a");
    assert_int_equal(judge_conclude(sim.judge, EXITED(3), false)->class, VERDICT_DIFFERENT_EXIT);
    close_();
}

static void
late(void **state)
{
    (void)state;
    open_with(inside, (struct judge_options){.max_late_ns = 1000000});
    begin_inside();
    uint32_t one = nth("TIMRecvNewMsgCallback", 1), read = nth("TIMMsgReportReaded", 2);
    uint64_t number = enter(SDK, one);
    read_from(SDK, "a");
    read_from(SDK, "b");
    leave(SDK, one, number);
    number = enter(SDK, nth("TIMRecvNewMsgCallback", 2));
    read_from(SDK, "c");
    leave(SDK, nth("TIMRecvNewMsgCallback", 2), number);
    plain(MAIN, "TIMLogout");
    struct score *score = sim.file.score;
    atomic_store(&score_event_live(score, 0)->app_late_ns, 9000000); /* when it began does not count */
    atomic_store(&score_event_live(score, read)->app_late_ns, 2000000);
    atomic_store(&score_event_live(score, nth("TIMRecvNewMsgCallback", 2))->late_ns, 3000000);
    const struct verdict *verdict = is_verdict(VERDICT_LATE, seq("TIMMsgReportReaded", 2), 0);
    assert_int_equal(verdict->reacting.seq, seq("TIMRecvNewMsgCallback", 1));
    assert_int_equal(verdict->late.app_max_ns, 2000000);
    assert_non_null(strstr(verdict->sentence, "the app called TIMMsgReportReaded"));
    close_();
}

static void
unseen(void **state)
{
    (void)state;
    open_(three);
    login(MAIN, "a");
    assert_int_equal(call_unseen(MAIN, "TIMLogin", sim.seq + 1), SCORE_MATCHED);
    login(MAIN, "c");
    const struct verdict *verdict = is_verdict(VERDICT_BROKEN, 0, 0);
    assert_non_null(
        strstr(verdict->sentence, "1 of the app's calls could be compared by their function only"));
    close_();
    /* The number is that of the call around it, which is no TIMLogin. */
    open_(three);
    const struct api_entry *around = api_find("TIMLogout");
    uint8_t body[64];
    put_record(MAIN, RING_CALL_ENTER, around->id, ++sim.seq, 0, body,
               pack(around, (const char *const[API_MAX_PARAMS]){"1"}, body));
    assert_int_equal(call_unseen(MAIN, "TIMLogin", sim.seq), SCORE_MATCHED);
    assert_false(judge_decided(sim.judge));
    close_();
}

/* After the verdict nobody asks what was seen. */
static void
unseen_too_late(void **state)
{
    (void)state;
    open_(three);
    plain(MAIN, "TIMLogout");
    assert_true(judge_decided(sim.judge));
    call_unseen(MAIN, "TIMLogin", sim.seq + 1);
    const struct verdict *verdict = is_verdict(VERDICT_EXTRA_CALL, 0, seq("TIMLogin", 1));
    for (unsigned i = 0; i < sizeof verdict->notes / sizeof verdict->notes[0]; i++)
        assert_null(strstr(verdict->notes[i], "function only"));
    close_();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order),       cmocka_unit_test(reordered),
        cmocka_unit_test(missing),        cmocka_unit_test(missing_not_reordered),
        cmocka_unit_test(first_one_wins), cmocka_unit_test(extra),
        cmocka_unit_test(different),      cmocka_unit_test(left_out_inside),
        cmocka_unit_test(wrong_thread),   cmocka_unit_test(pool),
        cmocka_unit_test(strict),         cmocka_unit_test(loose),
        cmocka_unit_test(free_order),     cmocka_unit_test(let_through),
        cmocka_unit_test(ruled),          cmocka_unit_test(crashed),
        cmocka_unit_test(other_exit),     cmocka_unit_test(late),
        cmocka_unit_test(unseen),         cmocka_unit_test(unseen_too_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
