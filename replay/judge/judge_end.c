// SPDX-License-Identifier: MIT
/* The verdict once the app is gone: what is missing, how it ended, how punctual it all was. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "replay/judge/judge_parts.h"

bool
judge_is_crash(int signal)
{
    switch (signal) {
    case SIGSEGV:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGSYS:
        return true;
    default:
        return false;
    }
}

const char *
judge_describe_end(const struct judge_end *end, char *text, size_t room)
{
    const char *name;
    switch (end->how) {
    case JUDGE_END_EXIT:
        snprintf(text, room, "exit %d", end->value);
        return text;
    case JUDGE_END_SIGNAL:
        name = sigabbrev_np(end->value);
        snprintf(text, room, "signal %d (%s%s)", end->value, name != NULL ? "SIG" : "",
                 name != NULL ? name : "?");
        return text;
    default:
        snprintf(text, room, "unknown");
        return text;
    }
}

struct judge_end
judge_parse_end(const char *text)
{
    struct judge_end end = {.how = JUDGE_END_UNKNOWN};
    if (text != NULL && sscanf(text, "exit %d", &end.value) == 1)
        end.how = JUDGE_END_EXIT;
    else if (text != NULL && sscanf(text, "signal %d", &end.value) == 1)
        end.how = JUDGE_END_SIGNAL;
    return end;
}

static bool
is_missed(const struct judge *judge, uint32_t index)
{
    const struct score_event *event = score_event(judge->score, index);
    return judge_counts(judge->score, index) && event->enter < judge->cutoff &&
           !judge_is_gone(judge, event) && (event->flags & (SCORE_CALLBACK | SCORE_GETTER)) == 0 &&
           (event->flags & SCORE_IN_FLIGHT) == 0 && judge_state(judge->score, index) == SCORE_FREE &&
           !judge_may_miss(judge, index);
}

uint32_t
judge_first_missing(const struct judge *judge)
{
    for (uint32_t i = 0; i < judge->score->events; i++) {
        if (is_missed(judge, i))
            return i;
    }
    return SCORE_NONE;
}

/* Left out, and no rule allows that. */
static bool
was_skipped(const struct judge *judge, uint32_t index)
{
    const struct score_event *event = score_event(judge->score, index);
    return judge_state(judge->score, index) == SCORE_SKIPPED && (event->flags & SCORE_GETTER) == 0 &&
           !judge_is_gone(judge, event) && !judge_may_miss(judge, index);
}

/* A callback of a call that a rule allows to be left out, and was. */
static bool
is_excused(const struct judge *judge, uint32_t index)
{
    uint32_t cause = score_event(judge->score, index)->cause;
    return cause < judge->score->events && judge_state(judge->score, cause) == SCORE_SKIPPED &&
           judge_may_miss(judge, cause);
}

static int
compare_late(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void
count_app_late(struct judge *judge, uint32_t event, bool happened)
{
    int64_t by =
        atomic_load_explicit(&score_event_live(judge->score, event)->app_late_ns, memory_order_relaxed);
    if (happened && by > 0 && (uint64_t)by > judge->verdict.late.app_max_ns)
        judge->verdict.late.app_max_ns = (uint64_t)by;
}

/* Counts, and the lateness of what was delivered. */
static void
count_all(struct judge *judge)
{
    const struct score *score = judge->score;
    struct verdict *verdict = &judge->verdict;
    bool began = false; /* when the app began is not among what it did */
    uint64_t *late = malloc((score->events + 1) * sizeof *late), lates = 0;
    for (uint32_t i = 0; i < score->events; i++) {
        const struct score_event *event = score_event(score, i);
        if (!judge_counts(score, i))
            continue;
        uint32_t state = judge_state(score, i);
        if ((event->flags & SCORE_CALLBACK) != 0) {
            bool delivered = state == SCORE_ISSUED || state == SCORE_LEFT;
            verdict->callbacks += delivered || (event->enter < judge->cutoff &&
                                                !judge_is_gone(judge, event) && !is_excused(judge, i));
            verdict->callbacks_delivered += delivered;
            count_app_late(judge, i, delivered && began);
            int64_t by = atomic_load_explicit(&score_event_live(score, i)->late_ns, memory_order_relaxed);
            if (delivered && late != NULL)
                late[lates++] = by > 0 ? (uint64_t)by : 0;
        } else {
            bool matched = state == SCORE_CLAIMED || state == SCORE_LEFT;
            verdict->calls += matched || is_missed(judge, i) || was_skipped(judge, i);
            verdict->calls_matched += matched;
            count_app_late(judge, i, matched && began);
            began |= matched;
        }
    }
    if (late != NULL && lates > 0 && judge->options.speed > 0) {
        qsort(late, lates, sizeof *late, compare_late);
        verdict->late.known = true;
        verdict->late.p50_ns = late[(lates - 1) / 2];
        verdict->late.p99_ns = late[(lates - 1) * 99 / 100];
        verdict->late.max_ns = late[lates - 1];
        int64_t slip = atomic_load_explicit(&judge->live_score->slip, memory_order_relaxed);
        verdict->late.slip_ns = slip > 0 ? (uint64_t)slip : 0;
    }
    verdict->max_late_ns = judge->options.max_late_ns;
    verdict->rules_used = rules_used(judge->options.rules);
    free(late);
}

static void
conclude_interrupt(struct judge *judge)
{
    struct verdict *verdict = &judge->verdict;
    char name[96];
    struct judge_end by = {.how = JUDGE_END_SIGNAL, .value = judge->interrupted};
    judge->decided = true;
    verdict->class = VERDICT_INTERRUPTED;
    verdict->signal = judge->interrupted;
    snprintf(verdict->sentence, sizeof verdict->sentence, "interrupted by %s; the app was ended",
             judge_describe_end(&by, name, sizeof name));
}

/* The latest callback that has not returned; SCORE_NONE. */
static uint32_t
open_callback(const struct judge *judge)
{
    for (uint32_t i = judge->score->events; i-- > 0;) {
        if ((score_event(judge->score, i)->flags & SCORE_CALLBACK) != 0 &&
            judge_state(judge->score, i) == SCORE_ISSUED)
            return i;
    }
    return SCORE_NONE;
}

/* Died of a signal: 1 when that is the verdict. */
static bool
conclude_crash(struct judge *judge, const struct judge_end *end)
{
    const struct judge_end *recorded = &judge->options.recorded;
    if (end->how != JUDGE_END_SIGNAL || (recorded->how == JUDGE_END_SIGNAL && recorded->value == end->value))
        return false;
    struct verdict *verdict = judge_decide(judge, VERDICT_CRASHED);
    if (verdict == NULL)
        return false;
    verdict->signal = end->value;
    judge_name_reaction(judge, open_callback(judge), SCORE_NONE, &verdict->reacting, &verdict->after);
    snprintf(verdict->sentence, sizeof verdict->sentence,
             "diverged: the app died of %s, which is not on the tape (recorded: %s)", verdict->live_end,
             verdict->recorded_end);
    if (end->value == SIGPIPE)
        verdict_note(verdict,
                     "the app wrote to a pipe or connection whose reader is gone, as behind `| head`");
    return true;
}

/* Nothing ever reached us: why that is likely. */
static void
explain_silence(struct judge *judge, const struct judge_end *end)
{
    struct verdict *verdict = &judge->verdict;
    if (live_loaded(judge->live) && live_edges(judge->live) > 0)
        return;
    if (end->how == JUDGE_END_EXIT && (end->value == 127 || end->value == 126))
        verdict_note(
            verdict,
            "exit %d before the first call often means that the app's program or a library could "
            "not be loaded; if it says \"undefined symbol\", the app uses more of the SDK than its C "
            "API, and the stand-in has only that",
            end->value);
    else if (!live_loaded(judge->live))
        verdict_note(
            verdict,
            "no function of the SDK was reached: the app ended before its first call, or does not get to "
            "the SDK through timtape, and then `timtape doctor` says why");
    else
        verdict_note(verdict, "the app loaded the SDK but called none of its functions");
}

static bool
conclude_missing(struct judge *judge, const struct judge_end *end, bool ended_by_us)
{
    uint32_t missing = judge_first_missing(judge);
    if (missing == SCORE_NONE)
        return false;
    struct verdict *verdict = judge_decide(judge, VERDICT_MISSING_CALL);
    if (verdict == NULL)
        return false;
    judge_name(judge->score, missing, &verdict->event);
    judge_name_reaction(judge, score_event(judge->score, missing)->parent, SCORE_NONE, &verdict->reacting,
                        &verdict->after);
    if (!live_loaded(judge->live))
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "diverged: the app ended (%s) without ever calling the SDK; the first recorded call is %s "
                 "(event %" PRIu64 ")",
                 verdict->live_end, verdict->event.name, verdict->event.seq);
    else
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "diverged: the app ended (%s) without having called %s (event %" PRIu64 ")",
                 ended_by_us ? "it had to be ended" : verdict->live_end, verdict->event.name,
                 verdict->event.seq);
    explain_silence(judge, end);
    return true;
}

static bool
conclude_end(struct judge *judge, const struct judge_end *end)
{
    const struct judge_end *recorded = &judge->options.recorded;
    bool from_outside = recorded->how == JUDGE_END_SIGNAL && !judge_is_crash(recorded->value);
    if (recorded->how == end->how && recorded->value == end->value)
        return false;
    /* An app that ended by itself where the tape only stops, or where it was killed. */
    if (from_outside || (recorded->how == JUDGE_END_UNKNOWN && end->how == JUDGE_END_EXIT && end->value == 0))
        return false;
    struct verdict *verdict = judge_decide(judge, VERDICT_DIFFERENT_EXIT);
    if (verdict == NULL)
        return false;
    judge_name_reaction(judge, SCORE_NONE, SCORE_NONE, &verdict->reacting, &verdict->after);
    if (recorded->how == JUDGE_END_UNKNOWN)
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "diverged: the app ended with %s; the tape does not say how it ended, so exit 0 is expected",
                 verdict->live_end);
    else
        snprintf(verdict->sentence, sizeof verdict->sentence, "diverged: the app ended with %s; recorded: %s",
                 verdict->live_end, verdict->recorded_end);
    return true;
}

static bool
conclude_undelivered(struct judge *judge)
{
    const struct score *score = judge->score;
    if (judge->verdict.callbacks_delivered >= judge->verdict.callbacks)
        return false;
    struct verdict *verdict = judge_decide(judge, VERDICT_NOT_CONSUMED);
    if (verdict == NULL)
        return false;
    uint32_t dropped = 0;
    for (uint32_t i = 0; i < score->events; i++) {
        if ((score_event(score, i)->flags & SCORE_CALLBACK) == 0 || !judge_counts(score, i))
            continue;
        if (judge_is_gone(judge, score_event(score, i)) || is_excused(judge, i))
            continue;
        uint32_t state = judge_state(score, i);
        dropped += state == SCORE_DROPPED;
        if (verdict->event.name[0] == '\0' &&
            (state == SCORE_FREE || state == SCORE_DROPPED || state == SCORE_SKIPPED))
            judge_name(score, i, &verdict->event);
    }
    snprintf(verdict->sentence, sizeof verdict->sentence,
             "not consumed: every call matched, but %" PRIu64 " of %" PRIu64
             " callbacks were left undelivered; the first is %s (event %" PRIu64 ")",
             verdict->callbacks - verdict->callbacks_delivered, verdict->callbacks, verdict->event.name,
             verdict->event.seq);
    if (dropped > 0)
        verdict_note(verdict,
                     "%" PRIu32 " had nobody to go to: their call passed no callback, or was never made",
                     dropped);
    return true;
}

/* The first edge in recorded order that came later than allowed; SCORE_NONE. When the app began is not among
 * what it did. */
static uint32_t
first_late(const struct judge *judge)
{
    const struct score *score = judge->score;
    int64_t most = (int64_t)judge->options.max_late_ns;
    bool began = false;
    for (uint32_t i = 0; i < score->edges; i++) {
        const struct score_edge *edge = score_edge(score, i);
        const struct score_event_live *live = score_event_live(score, edge->event);
        uint32_t state = judge_state(score, edge->event);
        if (!judge_counts(score, edge->event) || state == SCORE_FREE || state == SCORE_SKIPPED ||
            state == SCORE_DROPPED)
            continue;
        bool first = !began;
        began = true;
        if (edge->app ? !first && atomic_load_explicit(&live->app_late_ns, memory_order_relaxed) > most
                      : !edge->leave && atomic_load_explicit(&live->late_ns, memory_order_relaxed) > most)
            return i;
    }
    return SCORE_NONE;
}

static bool
conclude_late(struct judge *judge)
{
    uint32_t first =
        judge->options.max_late_ns != 0 && judge->verdict.late.known ? first_late(judge) : SCORE_NONE;
    if (first == SCORE_NONE)
        return false;
    struct verdict *verdict = judge_decide(judge, VERDICT_LATE);
    if (verdict == NULL)
        return false;
    const struct score_edge *edge = score_edge(judge->score, first);
    const struct score_event_live *live = score_event_live(judge->score, edge->event);
    char by[32], limit[32];
    int64_t late = edge->app ? atomic_load_explicit(&live->app_late_ns, memory_order_relaxed)
                             : atomic_load_explicit(&live->late_ns, memory_order_relaxed);
    verdict_duration((uint64_t)late, by, sizeof by);
    verdict_duration(judge->options.max_late_ns, limit, sizeof limit);
    judge_name(judge->score, edge->event, &verdict->event);
    judge_name_reaction(judge, edge->leave ? edge->event : score_event(judge->score, edge->event)->parent,
                        first, &verdict->reacting, &verdict->after);
    if (edge->app)
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "as recorded, but too late: the app %s %s (event %" PRIu64 ") %s later than recorded, more "
                 "than the %s allowed",
                 edge->leave ? "returned from its callback" : "called", verdict->event.name,
                 verdict->event.seq, by, limit);
    else
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "as recorded, but too late: timtape itself delivered callback %s (event %" PRIu64
                 ") %s after it was due, more than the %s allowed; is the machine too busy?",
                 verdict->event.name, verdict->event.seq, by, limit);
    return true;
}

/* Calls whose arguments nobody saw may have been others: that is neither good nor a divergence. */
static bool
conclude_unseen(struct judge *judge)
{
    struct verdict *verdict = judge->unseen_arguments > 0 ? judge_decide(judge, VERDICT_BROKEN) : NULL;
    if (verdict == NULL)
        return false;
    snprintf(verdict->sentence, sizeof verdict->sentence,
             "the replay broke: %" PRIu32
             " of the app's calls could be compared by their function only, since "
             "their arguments did not reach timtape",
             judge->unseen_arguments);
    verdict_note(verdict, "that happens when more threads make calls than the ring has room for, or when its "
                          "folder (/dev/shm) is full");
    return true;
}

static void
conclude_good(struct judge *judge, const struct judge_end *end, bool ended_by_us)
{
    struct verdict *verdict = judge_decide(judge, VERDICT_AS_RECORDED);
    if (verdict == NULL)
        return;
    if (ended_by_us && judge->reached) {
        judge_name(judge->score, score_edge(judge->score, judge->options.until)->event, &verdict->event);
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "as recorded, up to %s (event %" PRIu64 "); the app was ended there", verdict->event.name,
                 verdict->event.seq);
    } else if (ended_by_us && judge->options.recorded.how == JUDGE_END_SIGNAL)
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "as recorded, up to the %s that ended the recording; the app was ended there",
                 verdict->recorded_end);
    else if (ended_by_us && judge->options.recorded.how == JUDGE_END_UNKNOWN)
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "as recorded, up to where the tape %s; the app was ended there",
                 judge->options.complete ? "ends (it does not say how the app ended)" : "breaks off");
    else if (ended_by_us)
        snprintf(verdict->sentence, sizeof verdict->sentence,
                 "as recorded; then the app was ended, as asked");
    else if (end->how == JUDGE_END_SIGNAL)
        snprintf(verdict->sentence, sizeof verdict->sentence, "as recorded, including the end: %s",
                 verdict->live_end);
    else
        snprintf(verdict->sentence, sizeof verdict->sentence, "as recorded");
}

/* The app's own code for one callback is where to look, from its first line on. */
static bool
at_fault(const struct verdict *verdict)
{
    return (verdict->class == VERDICT_CRASHED || verdict->class == VERDICT_HUNG) && !verdict->after &&
           verdict->reacting.seq != 0;
}

/* What to look at next: the tape around the place. */
static void
advise(struct judge *judge)
{
    struct verdict *verdict = &judge->verdict;
    char tape[600], show[700];
    uint64_t at = verdict->event.seq != 0 ? verdict->event.seq : verdict->nearest.seq;
    if (at == 0)
        at = verdict->reacting.seq;
    judge_quote(judge->options.tape, tape, sizeof tape);
    if (verdict->class == VERDICT_AS_RECORDED || verdict->class == VERDICT_INTERRUPTED)
        return;
    if (judge->options.scenario)
        snprintf(show, sizeof show, "timtape import %s -o scenario.tape && timtape show scenario.tape", tape);
    else
        snprintf(show, sizeof show, "timtape show %s", tape);
    size_t room = sizeof verdict->next, used = (size_t)snprintf(verdict->next, room, "%s", show);
    if (at != 0)
        used += (size_t)snprintf(verdict->next + used, room - used, " %" PRIu64 "-%" PRIu64,
                                 at > 5 ? at - 5 : 1, at + 5);
    if (!live_loaded(judge->live))
        snprintf(verdict->next + used, room - used, "\ntimtape doctor -- %s", judge->options.app);
    else if (at != 0)
        used += (size_t)snprintf(verdict->next + used, room - used,
                                 "\ntimtape replay --until %" PRIu64 " --hold %s -- %s", at, tape,
                                 judge->options.app);
    if (at_fault(verdict))
        snprintf(verdict->next + used, room - used, "\ntimtape replay --gdb %" PRIu64 " %s -- %s",
                 verdict->reacting.seq, tape, judge->options.app);
}

struct verdict *
judge_conclude(struct judge *judge, int status, bool ended_by_us)
{
    struct verdict *verdict = &judge->verdict;
    struct judge_end end = {.how = JUDGE_END_UNKNOWN};
    char own_end[64];
    if (WIFEXITED(status))
        end = (struct judge_end){.how = JUDGE_END_EXIT, .value = WEXITSTATUS(status)};
    else if (WIFSIGNALED(status))
        end = (struct judge_end){.how = JUDGE_END_SIGNAL, .value = WTERMSIG(status)};
    judge_describe_end(&judge->options.recorded, verdict->recorded_end, sizeof verdict->recorded_end);
    judge_describe_end(&end, own_end, sizeof own_end);
    snprintf(verdict->live_end, sizeof verdict->live_end, "%s%s", ended_by_us ? "ended by timtape: " : "",
             own_end);
    count_all(judge);
    if (judge->interrupted != 0)
        conclude_interrupt(judge);
    judge_doubt_watch(judge, UINT64_MAX / 2); /* nothing more will come */
    judge_doubt_settle(judge);
    bool done = judge->decided || (!ended_by_us && conclude_crash(judge, &end)) ||
                judge_conclude_order(judge) || conclude_missing(judge, &end, ended_by_us) ||
                (!ended_by_us && conclude_end(judge, &end)) || conclude_undelivered(judge) ||
                conclude_unseen(judge) || conclude_late(judge);
    if (!done)
        conclude_good(judge, &end, ended_by_us);
    uint32_t alike = atomic_load_explicit(&judge->live_score->extra_getters, memory_order_relaxed);
    if (alike > 0 && verdict->class == VERDICT_AS_RECORDED)
        verdict_note(verdict,
                     "%" PRIu32 " repeated calls that only read state were answered like recorded ones",
                     alike);
    if (judge->unseen_arguments > 0 && verdict->class != VERDICT_BROKEN)
        verdict_note(verdict,
                     "%" PRIu32
                     " calls before that were compared by their function only: their arguments did "
                     "not reach timtape",
                     judge->unseen_arguments);
    advise(judge);
    return verdict;
}
