// SPDX-License-Identifier: MIT
/*
 * Runs an app against a score and lets the judge watch. This is the only place of the replay that
 * starts, signals and waits for processes; every wait in it has an end.
 */
#include "replay/run/run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "replay/control/console.h"
#include "replay/control/debugger.h"
#include "replay/control/mark.h"
#include "replay/judge/judge.h"
#include "replay/run/advice.h"
#include "replay/run/ending.h"
#include "replay/run/order.h"
#include "replay/run/run_tape.h"
#include "replay/run/virtual.h"
#include "replay/score/score_edge.h"
#include "traces/scenario.h"

/* A quarter of a recording's: the app waits for the score far more than for us, and each thread's ring is
 * filled with pages before the app begins, which was most of a short replay's cost. */
#define RING_BYTES (4u << 20)
#define PASS_NS 2000000ull      /* between two looks at a quiet ring */
#define ASLEEP_NS 1000000000ull /* between two passes: we were stopped (Ctrl-Z), and the app with us */
#define LONG_NS (2 * 86400000000000)
#define BUSY_RECORDS 256 /* more in one pass: the next one follows at once */

struct run {
    const struct run_options *options;
    struct tape_reader *tape;
    struct score_file score;
    struct judge *judge;
    struct rules *rules;
    struct recorder *recorder;
    struct virtual *virtual; /* --time virtual: moves the time; else NULL */
    struct control control;
    struct console console;
    struct debugger debugger;
    struct screen screen;
    struct mark *mark;  /* the app's output goes through us, or NULL */
    char imported[256]; /* the temporary tape of a scenario, or "" */
    struct ending ending;
    uint64_t steered_ns; /* the last pass */
    uint64_t began_ns;
    char app[1000]; /* command line, for advice */
    bool told;
    struct sigaction old_int, old_term, old_hup;
    bool handling;
};

static volatile sig_atomic_t stop_signal;

static void
on_stop(int number)
{
    stop_signal = number;
}

/* After recorder_spawn, which has handlers of its own for the case of a mere recording. */
static void
handle_signals(struct run *run)
{
    struct sigaction action = {.sa_handler = on_stop};
    sigemptyset(&action.sa_mask);
    stop_signal = 0;
    sigaction(SIGINT, &action, &run->old_int);
    sigaction(SIGTERM, &action, &run->old_term);
    sigaction(SIGHUP, &action, &run->old_hup);
    run->handling = true;
}

static void
unhandle_signals(struct run *run)
{
    if (!run->handling)
        return;
    sigaction(SIGINT, &run->old_int, NULL);
    sigaction(SIGTERM, &run->old_term, NULL);
    sigaction(SIGHUP, &run->old_hup, NULL);
    run->handling = false;
}

/* As the user wants it; the recorded signal where the tape ends in one that came from outside: its handler is
 * part of the app. */
static int
ending_signal(const struct run *run)
{
    struct judge_end end = run_tape_end(run->tape);
    bool asked = !judge_decided(run->judge) && !judge_reached(run->judge);
    if (asked && run->options->at_end != RUN_END_WAIT)
        return run->options->at_end == RUN_END_KILL ? SIGKILL : SIGTERM;
    if (end.how == JUDGE_END_SIGNAL && !judge_is_crash(end.value) && asked)
        return end.value;
    return SIGTERM;
}

/* One round: 1 go on, 0 the app is gone, -1 fault. */
static int
pass(struct run *run, uint64_t *seen, struct fault *fault)
{
    int more = recorder_pass(run->recorder, seen, fault);
    if (more < 0)
        return -1;
    if (stop_signal == SIGINT && debugger_runs(&run->debugger))
        stop_signal = 0;
    if (stop_signal != 0)
        judge_interrupt(run->judge, stop_signal);
    int waiting = judge_answer(run->judge);
    if (waiting < 0)
        return fault_set(fault, FAULT_INTERNAL, "no memory to judge a call of the app");
    if (waiting > 0)
        *seen = BUSY_RECORDS;
    return more;
}

/* Waits until there is probably something to do; virtual time goes on meanwhile. */
static int
rest(struct run *run, uint32_t bell, uint64_t real_ns, struct fault *fault)
{
    if (run->virtual != NULL)
        return virtual_pass(run->virtual, bell, real_ns, run->ending.since != 0, fault);
    score_wait_bell(run->score.score, bell, real_ns);
    return 0;
}

/* Where it stands still: nothing that the app does not do meanwhile is its fault. */
static int
steer(struct run *run, uint64_t now, struct fault *fault)
{
    if (debugger_pass(&run->debugger, &run->control, recorder_pid(run->recorder), now, fault) != 0)
        return -1;
    if (!console_pass(&run->console, now))
        judge_interrupt(run->judge, SIGINT);
    bool slept = run->steered_ns != 0 && now > run->steered_ns + ASLEEP_NS;
    run->steered_ns = now;
    if (run->control.since != 0 || debugger_runs(&run->debugger) || (slept && run->virtual == NULL))
        judge_excuse(run->judge, now);
    return 0;
}

/* With --hold: where it stands, once. */
static void
tell_reached(struct run *run)
{
    char text[256];
    if (run->told || !run->options->hold || !judge_reached(run->judge))
        return;
    run->told = true;
    snprintf(text, sizeof text,
             "stopped before event %" PRIu64 ": `gdb -p %d` looks at the app; interrupt ends it",
             run->options->until, (int)recorder_pid(run->recorder));
    if (run->options->control.words != NULL)
        run->options->control.words(text);
}

static int
loop(struct run *run, struct fault *fault)
{
    struct score *score = run->score.score;
    for (;;) {
        uint32_t bell = atomic_load_explicit(&score_live(score)->bell, memory_order_acquire);
        uint64_t seen = 0;
        int more = pass(run, &seen, fault);
        if (more < 0 || (more == 0 && !debugger_runs(&run->debugger)))
            return more;
        uint64_t now = run->virtual != NULL ? virtual_now(run->virtual) : score_now();
        if (steer(run, now, fault) != 0)
            return -1;
        if (recorder_ended(run->recorder, NULL))
            judge_app_ended(run->judge);
        /* Who looks at the app in the debugger is not to lose it, whatever it did. */
        bool look_on = debugger_runs(&run->debugger) && stop_signal == 0;
        if (!look_on && judge_watch(run->judge, now) == JUDGE_END_APP &&
            !ending_pass(&run->ending, run->recorder, ending_signal(run), score_now()))
            return fault_set(fault, FAULT_INTERNAL,
                             "the app (pid %d) could not be ended, not even by SIGKILL; it is left behind",
                             (int)recorder_pid(run->recorder));
        tell_reached(run);
        if (seen < BUSY_RECORDS && rest(run, bell, PASS_NS, fault) != 0)
            return -1;
    }
}

/* How long after its last edge the recorded app went on. */
static uint64_t
recorded_tail(const struct run *run)
{
    const struct schedule *schedule = run->score.schedule;
    int64_t duration = run_tape_duration(run->tape);
    int64_t last = schedule->nedges > 0 ? schedule->edges[schedule->nedges - 1].at_ns : 0;
    return duration > last ? (uint64_t)(duration - last) : 0;
}

/* The edge to stop before. */
static int
find_until(const struct run *run, uint32_t *edge, struct fault *fault)
{
    const struct score *score = run->score.score;
    uint64_t until = run->options->until;
    *edge = SCORE_NONE;
    if (until == 0)
        return 0;
    uint32_t event = score_find(score, until);
    if (event == SCORE_NONE)
        return fault_set(fault, FAULT_USAGE,
                         "--until: the tape has no event %" PRIu64 "; `timtape show` lists them", until);
    *edge = score_event(score, event)->enter;
    return 0;
}

/* Reads them; the times that they compare count from the two beginnings. */
static int
read_rules(struct run *run, struct fault *fault)
{
    const struct run_options *options = run->options;
    int64_t began = run_tape_started(run->tape);
    struct timespec now;
    for (size_t i = 0; options->rules != NULL && options->rules[i] != NULL; i++) {
        if (rules_read(&run->rules, options->rules[i], fault) != 0)
            return -1;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    if (run->rules != NULL)
        rules_clock(run->rules, began,
                    options->time == RUN_TIME_VIRTUAL ? began
                                                      : (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    return 0;
}

static int
open_judge(struct run *run, char *const argv[], bool free_order, struct fault *fault)
{
    const struct run_options *options = run->options;
    struct judge_options judge = {.stall_ns = options->stall_ns != 0 ? options->stall_ns : RUN_STALL_NS,
                                  .max_late_ns = options->max_late_ns,
                                  .speed = options->speed,
                                  .end_app = options->at_end != RUN_END_WAIT,
                                  .linger_ns = options->linger_ns,
                                  .hold = options->hold,
                                  .match = options->match,
                                  .unmatched = options->unmatched,
                                  .unmatched_code = options->unmatched_code,
                                  .free_order = free_order,
                                  .tape = options->tape,
                                  .scenario = run->imported[0] != 0,
                                  .recorded = run_tape_end(run->tape),
                                  .complete = tape_complete(run->tape),
                                  .tail_ns = recorded_tail(run)};
    run_tape_words(argv, run->app, sizeof run->app);
    judge.app = run->app;
    if (read_rules(run, fault) != 0)
        return -1;
    judge.rules = run->rules;
    if (find_until(run, &judge.until, fault) != 0)
        return -1;
    if (debugger_open(&run->debugger, &options->control, run->score.score, fault) != 0)
        return -1;
    control_begin(&run->control, run->score.score, judge.until, run->debugger.edge, options->control.step);
    run->judge = judge_open(run->score.score, &judge, fault);
    return run->judge != NULL ? 0 : -1;
}

static int
observe(void *context, const struct ring_event *event)
{
    struct run *run = context;
    return debugger_take(&run->debugger, event) != 0 ? -1 : judge_observe(run->judge, event);
}

/* Only where it must: else the app's output stays its own affair. */
static int
open_output(struct run *run, int files[MARK_STREAMS], struct fault *fault)
{
    const struct run_options *options = run->options;
    const int to[] = {options->output > 0 ? options->output : STDOUT_FILENO,
                      options->output > 0 ? options->output : STDERR_FILENO};
    files[0] = files[1] = options->output > 0 ? options->output : 0;
    if (!options->mark && (options->control.line == NULL || (isatty(to[0]) != 1 && isatty(to[1]) != 1)))
        return 0;
    run->mark = mark_open(run->score.score, &run->screen, to, options->mark, fault);
    if (run->mark == NULL)
        return -1;
    mark_files(run->mark, files);
    return 0;
}

/* A stranger's tape, or one that was left running: nobody should wait for weeks without knowing. */
static void
warn_of_length(const struct run *run)
{
    const struct score *score = run->score.score;
    int64_t last = score->edges > 0 && score->max == 0 ? score_edge(score, score->edges - 1)->at_ns : 0;
    char text[160];
    snprintf(text, sizeof text,
             "this replay goes on for %.0f days, as the tape does; --max-gap 1s leaves out its long pauses",
             (double)last / 86400e9);
    if (last > LONG_NS && run->options->control.words != NULL)
        run->options->control.words(text);
}

static int
start(struct run *run, char *const argv[], struct fault *fault)
{
    const struct run_options *options = run->options;
    struct score_options score = {.stall_ns = options->stall_ns,
                                  .strict = options->match == MATCH_STRICT,
                                  .virtual_time = options->time == RUN_TIME_VIRTUAL,
                                  .wall_ns = run_tape_started(run->tape),
                                  .overslept_ns = run_tape_overslept(run->tape)};
    int files[MARK_STREAMS];
    if (order_options(options, run->tape, &score, fault) != 0 ||
        score_create(&run->score, run->tape, &score, fault) != 0 ||
        open_judge(run, argv, order_is_free(&score), fault) != 0 ||
        console_open(&run->console, &options->control, &run->control, &run->screen, fault) != 0 ||
        open_output(run, files, fault) != 0)
        return -1;
    if (score.virtual_time && (run->virtual = virtual_open(run->score.score, fault)) == NULL)
        return -1;
    struct recorder_options recorder = {.output = options->record,
                                        .ring = {.slot_bytes = RING_BYTES},
                                        .replace = options->replace,
                                        .via = options->via,
                                        .sdk = options->sdk,
                                        .app_output = files[0],
                                        .app_error = files[1],
                                        .score = run->score.path,
                                        .clock = run->virtual != NULL,
                                        .observer = observe,
                                        .observer_context = run,
                                        .words = options->control.words};
    run->recorder = recorder_open(&recorder, fault);
    if (run->recorder == NULL)
        return -1;
    judge_attach(run->judge, recorder_ring(run->recorder));
    warn_of_length(run);
    score_begin(run->score.score);
    if (recorder_spawn(run->recorder, argv, fault) != 0)
        return -1;
    run->began_ns = score_now();
    judge_app(run->judge, (uint32_t)recorder_pid(run->recorder));
    handle_signals(run);
    return run->mark != NULL ? mark_start(run->mark, fault) : 0;
}

/* The app is gone, or has to go because we failed. */
static int
finish(struct run *run, int result, struct verdict *verdict, struct fault *fault)
{
    struct recorder_report report = {0};
    struct fault second = {0};
    int status = 0;
    if (result != 0 && run->recorder != NULL && recorder_pid(run->recorder) > 0 &&
        !recorder_ended(run->recorder, &status)) {
        score_abort(run->score.score);
        recorder_signal(run->recorder, SIGKILL);
    }
    unhandle_signals(run);
    if (run->recorder != NULL && recorder_finish(run->recorder, &report, &second) != 0 && result == 0) {
        *fault = second;
        result = -1;
    }
    mark_close(run->mark);
    run->mark = NULL;
    if (result != 0)
        return -1;
    *verdict = *judge_conclude(run->judge, report.status, ending_ours(&run->ending));
    verdict->duration_ns = score_now() - run->began_ns;
    console_notes(&run->console, verdict);
    ending_notes(&run->ending, report.status, verdict);
    run_tape_notes(run->tape, verdict);
    order_conclude(run->options, run->tape, &run->score, verdict);
    advice_complete(run->options, verdict);
    if (run->options->trace != NULL)
        order_trace_take(run->options->trace, &run->score);
    if (run->options->record != NULL && report.tape_failed)
        verdict_note(verdict, "the recording of this replay is not complete: %.200s", report.trouble);
    return 0;
}

int
run_replay(const struct run_options *options, char *const argv[], struct verdict *verdict,
           struct fault *fault)
{
    struct run run = {.options = options};
    screen_init(&run.screen, options->control.line);
    int result = -1;
    run.tape = scenario_open(options->tape, options->payloads, run.imported, sizeof run.imported, fault);
    if (run.tape != NULL) {
        if (!tape_complete(run.tape) && options->control.words != NULL)
            options->control.words(
                "the tape was not finished: what came last may be missing (`timtape recover` finishes it)");
        result = start(&run, argv, fault);
        bool started = run.recorder != NULL && recorder_pid(run.recorder) > 0;
        if (result == 0)
            result = loop(&run, fault);
        if (started)
            result = finish(&run, result, verdict, fault);
    }
    if (run.recorder != NULL)
        recorder_free(run.recorder);
    mark_close(run.mark);
    console_close(&run.console);
    debugger_close(&run.debugger);
    virtual_close(run.virtual);
    judge_close(run.judge);
    rules_free(run.rules);
    score_destroy(&run.score);
    if (run.tape != NULL)
        tape_close(run.tape);
    scenario_forget(run.imported);
    return result;
}
