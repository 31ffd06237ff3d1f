// SPDX-License-Identifier: MIT
/*
 * Traces are laid out, saved, made scores of, and played into real apps, with and without the fork server.
 * The apps are those of the end-to-end tests, beside this binary in the build tree.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fuzz/app/player.h"
#include "fuzz/app/trace_lay.h"
#include "traces/scenario.h"

static char apps[512]; /* directory of the consumers */

static int
find_apps(void **state)
{
    char self[400] = "";
    ssize_t got = readlink("/proc/self/exe", self, sizeof self - 1);

    (void)state;
    assert_true(got > 0);
    *strrchr(self, '/') = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(apps, sizeof apps, "%s/consumers", self);
    return 0;
}

static struct trace_base *
load(const char *path)
{
    struct fault fault = {0};
    struct trace_base *base = trace_load(path, &fault);

    if (base == NULL)
        fail_msg("%s", fault.text);
    return base;
}

static uint32_t
find_step(const struct trace *trace, const char *name, unsigned nth)
{
    for (uint32_t i = 0; i < trace->nsteps; i++) {
        if (strcmp(trace->steps[i].event.callback->name, name) == 0 && nth-- == 0)
            return i;
    }
    fail_msg("no %s", name);
    return 0;
}

static void
set_text(struct trace *trace, uint32_t step, unsigned param, const char *text)
{
    trace->steps[step].event.args[param] =
        (struct case_value){.kind = CASE_TEXT, .bytes = text, .count = strlen(text)};
}

static struct player *
open_player(const struct trace_base *base, char *const argv[], bool restart)
{
    struct player_options options = {.argv = argv, .base = base, .restart = restart};
    struct fault fault = {0};
    struct player *player = player_open(&options, &fault);

    if (player == NULL)
        fail_msg("%s", fault.text);
    return player;
}

static struct player_result
run(struct player *player, const struct trace *trace)
{
    struct player_result result;
    struct fault fault = {0};

    if (player_run(player, trace, &result, &fault) != 0)
        fail_msg("%s", fault.text);
    return result;
}

/* ---- the fixture: an app, its tape as a trace, a player ---- */

static struct trace_base *base;
static struct trace trace;
static struct player *player;

static void
begin(const char *tape, const char *app, char *word, bool restart)
{
    static char path[600];
    static char *argv[3] = {path};

    argv[1] = word;
    snprintf(path, sizeof path, "%s/%s", apps, app);
    base = load(tape);
    assert_int_equal(trace_begin(&trace, base), 0);
    player = open_player(base, argv, restart);
}

static int
end(void **state)
{
    (void)state;
    player_close(player);
    trace_free(&trace);
    trace_unload(base);
    player = NULL;
    base = NULL;
    return 0;
}

#define FRAGILE "tests/consumers/fragile.ndjson"
#define MESSAGE "TIMRecvNewMsgCallback"

/* ---- traces ---- */

static struct score_file
score_of(struct trace_lay *lay)
{
    struct score_options options = {.free = true};
    struct score_file file = {0};
    struct fault fault = {0};

    if (lay_score(lay, &options, &file, &fault) != 0)
        fail_msg("%s", fault.text);
    return file;
}

static void
same_values(const struct score *a, const struct score *b, const struct score_event *one,
            const struct score_event *two)
{
    const struct api_entry *entry = api_entry(one->api);

    for (unsigned i = 0; i < entry->nparams; i++) {
        const struct score_value *x = score_values(a, one) + i, *y = score_values(b, two) + i;
        const char *text = score_text(a, x), *other = score_text(b, y);

        if (entry->params[i].type != API_STR && entry->params[i].type != API_OUT) {
            assert_int_equal(x->bits, y->bits);
            continue;
        }
        assert_int_equal(text == NULL, other == NULL);
        if (text != NULL)
            assert_string_equal(text, other);
    }
}

static void
same_score(const struct score *a, const struct score *b)
{
    assert_int_equal(a->events, b->events);
    assert_int_equal(a->edges, b->edges);
    for (uint32_t i = 0; i < a->events; i++) {
        const struct score_event *one = score_event(a, i), *two = score_event(b, i);

        assert_int_equal(one->api, two->api);
        assert_int_equal(one->cause, two->cause);
        assert_int_equal(one->parent, two->parent);
        assert_int_equal(one->via, two->via);
        assert_int_equal(one->flags, two->flags);
        assert_int_equal(one->thread, two->thread);
        same_values(a, b, one, two);
    }
    for (uint32_t i = 0; i < a->edges; i++) {
        assert_int_equal(score_edge(a, i)->event, score_edge(b, i)->event);
        assert_int_equal(score_edge(a, i)->leave, score_edge(b, i)->leave);
        assert_int_equal(score_edge(a, i)->counted, score_edge(b, i)->counted);
    }
}

/* What was not changed is played as it was recorded; and so is what was saved. */
static void
unchanged(void **state)
{
    static const char *const tapes[] = {"traces/samples/chat.ndjson", "tests/consumers/mutant.ndjson",
                                        "tests/consumers/race.ndjson"};
    char saved[] = "/tmp/timtape-player-XXXXXX";

    (void)state;
    close(mkstemp(saved));
    for (unsigned i = 0; i < 3; i++) {
        struct score_options options = {.free = true};
        char imported[256] = "";
        struct fault fault = {0};
        struct tape_reader *tape = scenario_open(tapes[i], NULL, imported, sizeof imported, &fault);
        struct score_file recorded = {0}, made, again;
        struct trace_lay lay = {0};
        struct trace_base *other;

        base = load(tapes[i]);
        assert_int_equal(trace_begin(&trace, base), 0);
        assert_int_equal(score_create(&recorded, tape, &options, &fault), 0);
        assert_int_equal(lay_trace(&lay, &trace, INT64_MIN, &fault), 0);
        made = score_of(&lay);
        same_score(recorded.score, made.score);
        lay_free(&lay);
        if (trace_save(&trace, saved, true, NULL, &fault) != 0)
            fail_msg("%s", fault.text);
        other = load(saved);
        trace_free(&trace);
        assert_int_equal(trace_begin(&trace, other), 0);
        assert_int_equal(lay_trace(&lay, &trace, INT64_MIN, &fault), 0);
        again = score_of(&lay);
        same_score(recorded.score, again.score);
        lay_free(&lay);
        score_destroy(&recorded);
        score_destroy(&made);
        score_destroy(&again);
        tape_close(tape);
        scenario_forget(imported);
        trace_unload(other);
        end(NULL);
    }
    unlink(saved);
}

/* Whatever is done to a trace, what is laid out can be played: it nests, and causes come first. */
static void
shaken(void **state)
{
    struct trace_lay lay = {0};
    uint64_t random = 1;

    (void)state;
    base = load("tests/consumers/mutant.ndjson");
    for (int round = 0; round < 300; round++) {
        struct score_file file;
        struct fault fault = {0};

        assert_int_equal(trace_begin(&trace, base), 0);
        for (int change = 0; change < 8 && trace.nsteps > 0; change++) {
            uint32_t step;

            random = random * 6364136223846793005u + 1442695040888963407u;
            step = (uint32_t)(random >> 33) % trace.nsteps;
            switch ((random >> 60) % 4) {
            case 0:
                trace_remove(&trace, step);
                break;
            case 1:
                assert_int_equal(trace_add(&trace, &trace.steps[step]), 0);
                break;
            case 2:
                trace.steps[step].at_ns = (int64_t)(random >> 34) % 2000000000 - 1000000;
                break;
            default:
                trace.steps[step].cause = (uint32_t)(random >> 40) % base->nevents;
                break;
            }
        }
        if (lay_trace(&lay, &trace, INT64_MIN, &fault) != 0)
            fail_msg("%s", fault.text);
        file = score_of(&lay);
        assert_int_equal(file.score->events, lay.nrows);
        score_destroy(&file);
    }
    lay_free(&lay);
    end(NULL);
}

/* ---- playing ---- */

static char first_text[PLAYER_TEXT + 1];

static void
plays_chat(bool restart)
{
    begin("traces/samples/chat.ndjson", "chat", NULL, restart);
    for (int i = 0; i < 3; i++) {
        struct player_result result = run(player, &trace);

        assert_int_equal(result.how, PLAYER_EXITED);
        assert_int_equal(result.status, 0);
        assert_false(result.unexpected);
        assert_int_equal(result.forked, !restart);
        assert_int_equal(result.delivered, 15);
        assert_int_equal(result.dropped, 0);
        assert_int_equal(result.during, TRACE_NONE);
        if (first_text[0] == '\0')
            memcpy(first_text, result.text, result.bytes + 1);
        assert_string_equal(result.text, first_text);
    }
    assert_int_equal(player_no_fork(player) != NULL, restart);
}

static void
chat_forked(void **state)
{
    (void)state;
    plays_chat(false);
}

static void
chat_restarted(void **state)
{
    (void)state;
    plays_chat(true);
}

/* Payload, code, order, dropped, repeated: the app gets what the trace says. */
static void
changed(void **state)
{
    struct player_result result;
    uint32_t one, login;

    (void)state;
    begin(FRAGILE, "fragile", NULL, false);
    one = find_step(&trace, MESSAGE, 0);
    login = find_step(&trace, "TIMCommCallback", 0);
    set_text(&trace, one, 0, "[\"other\"]");
    trace.steps[login].event.args[0].number = 6206;
    result = run(player, &trace);
    assert_int_equal(result.how, PLAYER_DONE);
    assert_int_equal(result.delivered, 3);
    assert_true(result.forked);
    assert_string_equal(result.text, "login: 6206\ngot [\"other\"]\ngot [\"two\"]\n");
    trace.steps[one].at_ns = trace.steps[one + 1].at_ns + 1000;
    assert_int_equal(trace_add(&trace, &trace.steps[one]), 0);
    trace_remove(&trace, login);
    result = run(player, &trace);
    assert_int_equal(result.delivered, 3);
    assert_string_equal(result.text, "got [\"two\"]\ngot [\"other\"]\ngot [\"other\"]\n");
    trace.nsteps = 0;
    result = run(player, &trace);
    assert_int_equal(result.how, PLAYER_DONE);
    assert_int_equal(result.delivered, 0);
}

static void
ends(bool restart)
{
    struct player_result result;
    uint32_t one;

    begin(FRAGILE, "fragile", NULL, restart);
    one = find_step(&trace, MESSAGE, 0);
    for (int i = 0; i < 2; i++) {
        set_text(&trace, one, 0, "[\"die\"]");
        result = run(player, &trace);
        assert_int_equal(result.how, PLAYER_SIGNAL);
        assert_true(WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGSEGV);
        assert_int_equal(result.during, one);
        assert_int_equal(result.last, one);
        assert_int_equal(result.delivered, 2);
        set_text(&trace, one, 0, "[\"leave\"]");
        result = run(player, &trace);
        assert_int_equal(result.how, PLAYER_EXITED);
        assert_int_equal(WEXITSTATUS(result.status), 7);
        assert_true(result.unexpected);
        set_text(&trace, one, 0, "[\"hang\"]");
        result = run(player, &trace);
        assert_int_equal(result.how, PLAYER_HANG);
        assert_int_equal(result.during, one);
        set_text(&trace, one, 0, "[\"spin\"]");
        result = run(player, &trace);
        assert_int_equal(result.how, PLAYER_HANG);
        set_text(&trace, one, 0, "[\"fine\"]");
        result = run(player, &trace);
        assert_int_equal(result.how, PLAYER_DONE);
        assert_int_equal(result.during, TRACE_NONE);
        assert_int_equal(result.delivered, 3);
        assert_int_equal(result.forked, !restart);
    }
}

static void
ends_forked(void **state)
{
    (void)state;
    ends(false);
}

static void
ends_restarted(void **state)
{
    (void)state;
    ends(true);
}

/* What is saved does the same when `timtape replay` plays it. */
static void
saved(void **state)
{
    char tape[] = "/tmp/timtape-player-XXXXXX", command[2048];
    static const char *const meta[] = {"finding", "a test", NULL};
    struct fault fault = {0};
    struct tape_reader *reader;
    uint32_t one;

    (void)state;
    close(mkstemp(tape));
    begin(FRAGILE, "fragile", NULL, false);
    one = find_step(&trace, MESSAGE, 0);
    set_text(&trace, one, 0, "[\"die\"]");
    trace.steps[one].at_ns = trace.steps[one + 1].at_ns + 1000;
    assert_int_equal(run(player, &trace).how, PLAYER_SIGNAL);
    if (trace_save(&trace, tape, true, meta, &fault) != 0)
        fail_msg("%s", fault.text);
    snprintf(command, sizeof command, "%s/../timtape replay --speed max %s -- %s/fragile >/dev/null 2>&1",
             apps, tape, apps);
    assert_int_equal(WEXITSTATUS(system(command)), 128 + SIGSEGV);
    reader = tape_open(tape, &fault);
    assert_non_null(reader);
    assert_string_equal(tape_meta(reader, "finding"), "a test");
    tape_close(reader);
    unlink(tape);
}

/* An app with a pool of threads, whose calls come in any order: all is matched and delivered. */
static void
pool(void **state)
{
    unsigned whole = 0;

    (void)state;
    begin("tests/consumers/mutant.ndjson", "mutant", NULL, false);
    for (int i = 0; i < 20; i++) {
        struct player_result result = run(player, &trace);

        whole += result.how == PLAYER_EXITED && result.status == 0 && result.delivered == trace.nsteps;
    }
    assert_in_range(whole, 18, 20);
}

/* A call that the tape does not have is answered, and completed. */
static void
new_call(void **state)
{
    struct player_result result;

    (void)state;
    begin(FRAGILE, "fragile", NULL, false);
    set_text(&trace, find_step(&trace, MESSAGE, 1), 0, "[\"send\"]");
    result = run(player, &trace);
    assert_int_equal(result.how, PLAYER_DONE);
    assert_non_null(strstr(result.text, "got [\"send\"]\nsent: 0\n"));
}

/* An app that looks for work now and then is not taken for idle before it has looked. */
static void
polls(void **state)
{
    static char word[] = "poll";
    uint32_t two;

    (void)state;
    begin(FRAGILE, "fragile", word, false);
    two = find_step(&trace, MESSAGE, 1);
    assert_int_equal(run(player, &trace).how, PLAYER_DONE);
    for (int i = 0; i < 5; i++) {
        struct player_result result;

        set_text(&trace, two, 0, "[\"later\"]");
        result = run(player, &trace);
        assert_int_equal(result.how, PLAYER_SIGNAL);
        assert_int_equal(result.during, TRACE_NONE);
        assert_int_equal(result.last, two);
        set_text(&trace, two, 0, "[\"never\"]");
        assert_int_equal(run(player, &trace).how, PLAYER_DONE);
    }
}

/* A call that the recording had not, made before the first callback: by the main thread, in every fork. */
static void
asks(void **state)
{
    static char word[] = "ask";
    struct player_result result;

    (void)state;
    begin(FRAGILE, "fragile", word, false);
    for (int i = 0; i < 3; i++) {
        result = run(player, &trace);
        assert_int_equal(result.how, PLAYER_DONE);
        assert_true(result.forked);
        assert_int_equal(result.delivered, 3);
        assert_non_null(strstr(result.text, "list: 0"));
    }
}

/* With a thread too many it is started anew, and the player says why. */
static void
with_thread(void **state)
{
    struct player_result result;
    static char word[] = "thread";

    (void)state;
    begin(FRAGILE, "fragile", word, false);
    for (int i = 0; i < 2; i++) {
        result = run(player, &trace);
        assert_int_equal(result.how, PLAYER_DONE);
        assert_int_equal(result.delivered, 3);
        assert_false(result.forked);
    }
    assert_non_null(strstr(player_no_fork(player), "2 threads when it calls TIMLogin"));
}

/* Gone, or dead and waiting for somebody who asks. */
static bool
is_gone(int pid)
{
    char path[64], line[256] = "";
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    file = fopen(path, "r");
    if (file == NULL)
        return true;
    if (fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    fclose(file);
    return line[0] == '\0' || strstr(line, ") Z") != NULL || strstr(line, ") X") != NULL;
}

/* What a run leaves behind is gone after it, and the server when the player is closed. */
static void
nobody_left(void **state)
{
    int app = 0, server = 0, child = 0;

    (void)state;
    begin(FRAGILE, "fragile", NULL, false);
    set_text(&trace, find_step(&trace, MESSAGE, 0), 0, "[\"child\"]");
    for (int i = 0; i < 3; i++) {
        struct player_result result = run(player, &trace);
        const char *words = strstr(result.text, "child ");

        assert_int_equal(result.how, PLAYER_DONE);
        assert_non_null(words);
        assert_int_equal(sscanf(words, "child %d of %d of %d", &child, &app, &server), 3);
        assert_true(is_gone(app));
        for (int wait = 0; wait < 1000 && !is_gone(child); wait++)
            usleep(1000);
        assert_true(is_gone(child));
        assert_false(is_gone(server));
    }
    end(NULL);
    assert_true(is_gone(server));
}

/* The map is the app's alone, and each run's alone. */
static void
coverage(void **state)
{
    struct player_result result;
    struct fault fault = {0};
    struct player_options options = {.coverage = 4096};
    char path[600];
    char *argv[] = {path, NULL};
    const uint8_t *map;
    size_t bytes;

    (void)state;
    snprintf(path, sizeof path, "%s/fragile", apps);
    base = load(FRAGILE);
    assert_int_equal(trace_begin(&trace, base), 0);
    options.argv = argv;
    options.base = base;
    player = player_open(&options, &fault);
    assert_non_null(player);
    for (int i = 0; i < 2; i++) {
        set_text(&trace, find_step(&trace, MESSAGE, 0), 0, i == 0 ? "[\"12345\"]" : "[\"123456\"]");
        result = run(player, &trace);
        assert_int_equal(result.how, PLAYER_DONE);
        assert_true(result.forked);
        map = player_map(player, &bytes);
        assert_int_equal(bytes, 4096);
        assert_int_equal(map[7], 1);
        assert_int_equal(map[9], i == 0);
        assert_int_equal(map[10], i == 1);
    }
}

/* Forking is there to be faster. */
static void
faster(void **state)
{
    uint64_t least[2] = {UINT64_MAX, UINT64_MAX};

    (void)state;
    for (int restart = 0; restart < 2; restart++) {
        begin(FRAGILE, "fragile", NULL, restart == 1);
        for (int i = 0; i < 40; i++) {
            struct player_result result = run(player, &trace);

            least[restart] = result.ns < least[restart] ? result.ns : least[restart];
        }
        end(NULL);
    }
    print_message("a run takes %lu us forked, %lu us started anew\n", least[0] / 1000, least[1] / 1000);
    assert_true(least[0] < least[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unchanged),
        cmocka_unit_test(shaken),
        cmocka_unit_test_teardown(chat_forked, end),
        cmocka_unit_test_teardown(chat_restarted, end),
        cmocka_unit_test_teardown(changed, end),
        cmocka_unit_test_teardown(ends_forked, end),
        cmocka_unit_test_teardown(ends_restarted, end),
        cmocka_unit_test_teardown(saved, end),
        cmocka_unit_test_teardown(pool, end),
        cmocka_unit_test_teardown(new_call, end),
        cmocka_unit_test_teardown(polls, end),
        cmocka_unit_test_teardown(asks, end),
        cmocka_unit_test_teardown(with_thread, end),
        cmocka_unit_test(nobody_left),
        cmocka_unit_test_teardown(coverage, end),
        cmocka_unit_test(faster),
    };

    return cmocka_run_group_tests(tests, find_apps, NULL);
}
