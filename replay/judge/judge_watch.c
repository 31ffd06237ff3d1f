// SPDX-License-Identifier: MIT
/* The judge's clock: does the run go on, and is it over? */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "replay/judge/judge_parts.h"

/* An app in its exit handlers makes no more calls of its own; its other threads get this long. */
#define EXIT_GRACE_NS 300000000ull
/* Between two looks at /proc while nothing moves. */
#define LOOK_EVERY_NS 20000000ull
/* Events on both sides of a late one among which another thread's call is looked for. */
#define OTHERS_NEAR 4096
/* After the last event of a tape that ends in a signal: what the app does with it still happens. */
#define LINGER_LEAST_NS 100000000ull
#define LINGER_MOST_AT_MAX_NS 1000000000ull

static uint64_t
later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The moment since which the edge at the cursor is late. Only the stand-in hurries at other speeds: the
 * app takes its own time, as it did when recorded. */
static uint64_t
waiting_since(const struct judge *judge, uint32_t cursor)
{
    const struct score *score = judge->score;
    uint64_t since = atomic_load_explicit(&judge->live_score->progress_ns, memory_order_relaxed);
    int64_t due = score_due(score, cursor);
    int64_t gap = score_edge(score, cursor)->at_ns - (cursor > 0 ? score_edge(score, cursor - 1)->at_ns : 0);
    since = later(since, judge->begun_ns);
    if (judge->options.speed <= 0 || gap / 1000000 < score_edge(score, cursor)->gap_ms)
        since += score_edge(score, cursor)->gap_ms * 1000000ull;
    return due > 0 ? later(since, (uint64_t)due) : since;
}

static uint32_t
live_pid(const struct judge *judge, uint32_t process)
{
    return process < judge->score->processes
               ? atomic_load_explicit(&score_process_live(judge->score, process)->pid, memory_order_acquire)
               : 0;
}

bool
judge_is_gone(const struct judge *judge, const struct score_event *event)
{
    uint32_t process = score_thread(judge->score, event->thread)->process;
    return process < judge->score->processes && judge->fate[process] == JUDGE_GONE;
}

/* Also a zombie: its parent takes its time. */
static bool
is_dead(uint32_t pid)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[got] = '\0';
    const char *state = strrchr(text, ')');
    return got == 0 || (state != NULL && (state[2] == 'Z' || state[2] == 'X'));
}

/* The process that has to make this edge is leaving, or gone. */
static bool
cannot_come(const struct judge *judge, const struct score_edge *edge, uint64_t quiet_ns)
{
    const struct score_event *event = score_event(judge->score, edge->event);
    uint32_t process = score_thread(judge->score, event->thread)->process;
    uint32_t pid = live_pid(judge, process);
    if (pid == 0)
        return false;
    if (is_dead(pid))
        return true;
    if (!edge->app || quiet_ns < EXIT_GRACE_NS)
        return false;
    if (atomic_load_explicit(&score_process_live(judge->score, process)->exiting, memory_order_acquire) == 0)
        return false;
    /* Inside a callback that runs, it still can. */
    return event->parent >= judge->score->events || judge_state(judge->score, event->parent) != SCORE_ISSUED;
}

static void
stalled_call(struct judge *judge, const struct score_edge *edge, const char *patience)
{
    uint32_t parent = score_event(judge->score, edge->event)->parent;
    bool inside = parent < judge->score->events && judge_state(judge->score, parent) == SCORE_ISSUED;
    struct verdict *verdict = judge_decide(judge, inside ? VERDICT_HUNG : VERDICT_MISSING_CALL);
    if (verdict == NULL)
        return;
    judge_name(judge->score, edge->event, &verdict->event);
    judge_name_reaction(judge, parent, SCORE_NONE, &verdict->reacting, &verdict->after);
    if (inside) {
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "diverged: the app stands in its callback %s (event %" PRIu64
                 ") and did not call %s (event %" PRIu64 ") there within %s of when it was due",
                 verdict->reacting.name, verdict->reacting.seq, verdict->event.name, verdict->event.seq,
                 patience);
        return;
    }
    snprintf(verdict->sentence, sizeof verdict->sentence,
             "diverged: the app did not call %s (event %" PRIu64 ") within %s of when it was due",
             verdict->event.name, verdict->event.seq, patience);
}

static void
stalled_callback(struct judge *judge, const struct score_edge *edge, const char *patience)
{
    struct verdict *verdict = judge_decide(judge, VERDICT_HUNG);
    if (verdict == NULL)
        return;
    judge_name(judge->score, edge->event, &verdict->event);
    judge_name_reaction(judge, edge->event, SCORE_NONE, &verdict->reacting, &verdict->after);
    snprintf(verdict->sentence, sizeof verdict->sentence,
             "diverged: the app did not return from its callback %s (event %" PRIu64 ") within %s",
             verdict->event.name, verdict->event.seq, patience);
}

/* It is the stand-in's turn, and it does not come. */
static void
stalled_sdk(struct judge *judge, const struct score_edge *edge, const char *patience)
{
    uint32_t failed = atomic_load_explicit(&judge->live_score->failed_threads, memory_order_relaxed);
    struct verdict *verdict = judge_decide(judge, failed > 0 ? VERDICT_BROKEN : VERDICT_HUNG);
    if (verdict == NULL)
        return;
    judge_name(judge->score, edge->event, &verdict->event);
    judge_name_reaction(judge, SCORE_NONE, SCORE_NONE, &verdict->reacting, &verdict->after);
    if (failed > 0)
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "the replay broke: %" PRIu32
                 " threads for the SDK's callbacks could not be started in the app",
                 failed);
    else
        snprintf(
            verdict->sentence, sizeof verdict->sentence,
            "diverged: %s %s (event %" PRIu64 ") could not be played within %s of when it was due; the app's "
            "thread for it is busy or gone",
            edge->leave ? "the return of" : "callback", verdict->event.name, verdict->event.seq, patience);
}

static void
stalled(struct judge *judge, uint32_t cursor, uint64_t now_ns)
{
    const struct score_edge *edge = score_edge(judge->score, cursor);
    char patience[32];
    uint32_t owed = judge_first_missing(judge);
    verdict_duration(judge->options.stall_ns, patience, sizeof patience);
    /* One that was let go at first, and is owed all the same. */
    if (owed != SCORE_NONE && score_event(judge->score, owed)->enter < cursor)
        edge = score_edge(judge->score, score_event(judge->score, owed)->enter);
    if (!edge->app)
        stalled_sdk(judge, edge, patience);
    else if (edge->leave)
        stalled_callback(judge, edge, patience);
    else
        stalled_call(judge, edge, patience);
    live_describe(judge->live, now_ns, 6, judge->verdict.doing, sizeof judge->verdict.doing);
}

/* A child that was cut down on the tape, too: when exactly that happens is not for it to say. */
static bool
forgive(struct judge *judge, const struct score_event *event)
{
    uint32_t process = score_thread(judge->score, event->thread)->process;
    if (judge->fate[process] != JUDGE_CUT_DOWN || live_pid(judge, process) == judge->app_pid)
        return false;
    judge->fate[process] = JUDGE_GONE;
    score_skip_process(judge->score, process);
    return true;
}

/* A call that was recorded inside a callback cannot come there any more: it returned. */
static bool
was_left_out(const struct judge *judge, const struct score_edge *edge)
{
    const struct score *score = judge->score;
    uint32_t parent = score_event(score, edge->event)->parent;
    return edge->app && !edge->leave && parent < score->events && judge_is_expected(judge, edge->event) &&
           judge_state(score, parent) == SCORE_LEFT;
}

/* A live call that cannot return before this one of another thread has come: perhaps the app holds a lock
 * around it, and that is what keeps this one from coming. */
static bool
holds_up_another(const struct judge *judge, uint32_t call)
{
    const struct score *score = judge->score;
    const struct score_event *awaited = score_event(score, call);
    uint32_t from = call > OTHERS_NEAR ? call - OTHERS_NEAR : 0;
    for (uint32_t i = from; i < score->events && i < call + OTHERS_NEAR; i++) {
        const struct score_event *other = score_event(score, i);
        if ((other->flags & SCORE_CALLBACK) == 0 && judge_state(score, i) == SCORE_CLAIMED &&
            judge_counts(score, i) && other->leave != SCORE_NONE && other->leave > awaited->enter &&
            (other->thread != awaited->thread || other->parent != awaited->parent))
            return true;
    }
    return false;
}

/* A call that is overdue, and need not come here: the play goes on without it. */
static bool
go_without(struct judge *judge, const struct score_edge *edge)
{
    if (!edge->app || edge->leave || !judge_is_expected(judge, edge->event))
        return false;
    if (judge->options.match == MATCH_LOOSE)
        score_waive(judge->score, edge->event);
    else if (judge_may_miss(judge, edge->event))
        score_skip(judge->score, edge->event);
    else if (judge->doubt.call == SCORE_NONE && holds_up_another(judge, edge->event))
        judge_doubt_waive(judge, edge->event);
    else
        return false;
    return true;
}

static enum judge_order
watch_unfinished(struct judge *judge, uint32_t cursor, uint64_t now_ns)
{
    const struct score_edge *edge = score_edge(judge->score, cursor);
    if (!judge->ended_early && judge->doubt.call == SCORE_NONE && was_left_out(judge, edge)) {
        uint32_t parent = score_event(judge->score, edge->event)->parent;
        judge_doubt_begin(
            judge, edge->event, SCORE_NONE,
            atomic_load_explicit(&score_event_live(judge->score, parent)->owner, memory_order_relaxed));
        return JUDGE_GO_ON;
    }
    uint64_t since = waiting_since(judge, cursor);
    uint64_t quiet = later(since, live_last_app_edge(judge->live));
    uint64_t quiet_ns = now_ns > quiet ? now_ns - quiet : 0;
    bool look = !judge->ended_early && now_ns > judge->looked_ns + LOOK_EVERY_NS;
    if (look)
        judge->looked_ns = now_ns;
    if (look && cannot_come(judge, edge, quiet_ns)) {
        if (forgive(judge, score_event(judge->score, edge->event)))
            return JUDGE_GO_ON;
        /* Not yet a verdict: how the app ends belongs to it. Nothing more can be delivered in order. */
        judge->ended_early = true;
        judge->done_ns = now_ns;
        score_finish(judge->score);
    }
    if (judge->ended_early)
        return now_ns > judge->done_ns + judge->options.stall_ns ? JUDGE_END_APP : JUDGE_GO_ON;
    if (now_ns <= since + judge_quiet_ns(judge) || go_without(judge, edge) ||
        now_ns <= since + judge->options.stall_ns)
        return JUDGE_GO_ON;
    judge_doubt_settle(judge);
    stalled(judge, cursor, now_ns);
    return JUDGE_END_APP;
}

/* How long the app is left alone after the last event where its end is not its own affair. */
static uint64_t
linger(const struct judge *judge)
{
    uint64_t tail = judge->options.tail_ns, most = judge->options.stall_ns;
    if (judge->options.linger_ns != 0)
        return judge->options.linger_ns;
    if (judge->options.recorded.how == JUDGE_END_UNKNOWN && judge->options.complete &&
        !judge->options.end_app)
        return most; /* a scenario: the app may well end by itself */
    if (judge->options.speed > 0)
        tail = (uint64_t)((double)tail / judge->options.speed);
    else if (tail > LINGER_MOST_AT_MAX_NS)
        tail = LINGER_MOST_AT_MAX_NS;
    tail = later(tail, LINGER_LEAST_NS);
    return tail < most ? tail : most;
}

/* Of what the app left behind, something lives on that ended by itself when recorded. */
static bool
owes_end(const struct judge *judge)
{
    for (uint32_t i = 0; i < judge->score->processes; i++) {
        uint32_t pid = live_pid(judge, i);
        if (pid != 0 && score_process(judge->score, i)->ended != 0 && !is_dead(pid))
            return true;
    }
    return false;
}

static enum judge_order
watch_finished(struct judge *judge, uint64_t now_ns)
{
    /* What the app leaves behind gets its time from the app's end on: mostly it is only not yet gone. */
    if (judge->done_ns == 0 || (judge->app_ended && !judge->end_seen))
        judge->done_ns = now_ns;
    judge->end_seen = judge->app_ended;
    bool own_end =
        judge->options.recorded.how == JUDGE_END_EXIT ||
        (judge->options.recorded.how == JUDGE_END_SIGNAL && judge_is_crash(judge->options.recorded.value));
    if (judge->options.end_app || !own_end || (judge->app_ended && !owes_end(judge))) {
        /* The recorded end came from outside (or nobody saw it): the same is done here. */
        if (now_ns < judge->done_ns + linger(judge))
            return JUDGE_GO_ON;
        judge->delivered_up_to = true;
        return JUDGE_END_APP;
    }
    if (now_ns < judge->done_ns + judge->options.tail_ns + judge->options.stall_ns)
        return JUDGE_GO_ON;
    if (judge_first_missing(judge) != SCORE_NONE)
        return JUDGE_END_APP; /* it was let go at first, and owed all the same */
    struct verdict *verdict = judge_decide(judge, VERDICT_HUNG);
    char end[96];
    if (verdict != NULL) {
        judge_name_reaction(judge, SCORE_NONE, SCORE_NONE, &verdict->reacting, &verdict->after);
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "diverged: everything was replayed, but the app did not end as it did when recorded (%s)",
                 judge_describe_end(&judge->options.recorded, end, sizeof end));
        live_describe(judge->live, now_ns, 6, verdict->doing, sizeof verdict->doing);
        verdict_note(verdict, "if it never ends by itself, replay it with --at-end term");
    }
    return JUDGE_END_APP;
}

enum judge_order
judge_watch(struct judge *judge, uint64_t now_ns)
{
    if (judge->begun_ns == 0)
        judge->begun_ns = now_ns;
    score_tend(judge->score);
    judge_doubt_watch(judge, now_ns);
    if (judge->decided || judge->interrupted != 0) {
        score_abort(judge->score);
        return JUDGE_END_APP;
    }
    uint32_t cursor = judge_cursor(judge);
    if (judge->options.until != SCORE_NONE && cursor >= judge->options.until) {
        judge->reached = true;
        if (!judge->options.hold)
            score_abort(judge->score);
        return judge->options.hold ? JUDGE_GO_ON : JUDGE_END_APP;
    }
    enum judge_order order = cursor < judge->score->edges ? watch_unfinished(judge, cursor, now_ns)
                                                          : watch_finished(judge, now_ns);
    if (order == JUDGE_END_APP)
        score_abort(judge->score);
    return order;
}

void
judge_app_ended(struct judge *judge)
{
    judge->app_ended = true;
}

void
judge_excuse(struct judge *judge, uint64_t now_ns)
{
    judge->begun_ns = now_ns;
    if (judge->done_ns != 0)
        judge->done_ns = now_ns;
}

void
judge_interrupt(struct judge *judge, int number)
{
    judge->interrupted = number;
}

bool
judge_reached(const struct judge *judge)
{
    return judge->reached;
}

bool
judge_decided(const struct judge *judge)
{
    return judge->decided || judge->interrupted != 0;
}
