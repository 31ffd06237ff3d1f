// SPDX-License-Identifier: MIT
#include "replay/run/order.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int
order_options(const struct run_options *options, struct tape_reader *tape, struct score_options *score,
              struct fault *fault)
{
    const struct order_trace *trace = options->trace;
    const char *patience = tape_meta(tape, ORDER_PATIENCE);
    score->speed = options->speed;
    score->max_gap_ns = options->max_gap_ns;
    score->from = options->from;
    if (options->chaos) {
        score->order = SCORE_CHAOS;
        score->seed = options->chaos_seed;
        score->seeded = trace == NULL || !trace->given;
        score->moves = trace != NULL ? trace->moves : NULL;
        score->nmoves = trace != NULL ? trace->nmoves : 0;
    } else if (options->order == RUN_ORDER_CAUSAL) {
        score->order = SCORE_CAUSAL;
    } else if (options->order == RUN_ORDER_TAPE && patience != NULL) {
        uint64_t ns = strtoull(patience, NULL, 10);
        score->order = SCORE_CHAOS;
        /* 0 and "for ever" are other orders; the tape may be a stranger's. */
        score->patience_ns = ns > 0 && ns < 3600000000000ull ? ns : SCORE_PATIENCE_NS;
        if (options->time == RUN_TIME_VIRTUAL)
            return fault_set(
                fault, FAULT_USAGE,
                "%s was saved by --chaos-runs: --time virtual cannot play its order, which an app "
                "may have to leave; replay it without",
                options->tape);
    }
    return 0;
}

bool
order_is_free(const struct score_options *score)
{
    return score->order != SCORE_STRICT;
}

/* ---- in words ---------------------------------------------------------------------------------- */

static const char *
name_of(const struct score *score, uint32_t event)
{
    const struct api_entry *entry = api_entry(score_event(score, event)->api);
    return entry != NULL ? entry->name : "?";
}

/* "callback TIMX (event 12)", "the return of TIMY (event 9)", ... */
static void
name_edge(const struct score *score, const struct schedule_edge *edge, char *text, size_t room)
{
    const char *format = edge->callback ? edge->leave ? "the end of callback %s (event %" PRIu64 ")"
                                                      : "callback %s (event %" PRIu64 ")"
                         : edge->leave  ? "the return of %s (event %" PRIu64 ")"
                                        : "the call of %s (event %" PRIu64 ")";
    snprintf(text, room, format, name_of(score, edge->event), score_event(score, edge->event)->seq);
}

/* What it passed and stands beside now; SCHEDULE_NONE: nothing. */
static uint32_t
passed(const struct schedule *schedule, const uint32_t *place, uint32_t edge, bool earlier)
{
    uint32_t best = SCHEDULE_NONE;
    for (uint32_t i = earlier ? 0 : edge + 1; i < (earlier ? edge : schedule->nedges); i++) {
        if (!schedule->edges[i].counted || (earlier ? place[i] < place[edge] : place[i] > place[edge]))
            continue;
        if (best == SCHEDULE_NONE || (earlier ? place[i] < place[best] : place[i] > place[best]))
            best = i;
    }
    return best;
}

static void
word_move(const struct score_file *file, const uint32_t *place, const struct schedule_move *move, char *text,
          size_t room)
{
    const struct schedule *schedule = file->schedule;
    const struct schedule_event *event = &schedule->events[move->event];
    bool callback = (score_event(file->score, move->event)->flags & SCORE_CALLBACK) != 0;
    uint32_t edge = callback ? event->enter : event->leave;
    bool earlier = move->delta_ns < 0;
    char what[160], other[160], by[32];
    text[0] = '\0';
    if (edge >= schedule->nedges)
        return;
    uint32_t beside = passed(schedule, place, edge, earlier);
    name_edge(file->score, &schedule->edges[edge], what, sizeof what);
    if (beside != SCHEDULE_NONE)
        name_edge(file->score, &schedule->edges[beside], other, sizeof other);
    verdict_duration((uint64_t)(earlier ? -move->delta_ns : move->delta_ns), by, sizeof by);
    snprintf(text, room, "\n%s %s %s%s%s", what, by, earlier ? "earlier" : "later",
             beside == SCHEDULE_NONE ? ""
             : earlier               ? ", before "
                                     : ", after ",
             beside == SCHEDULE_NONE ? "" : other);
}

void
order_words(const struct run_options *options, const struct score_file *file, char *text, size_t room)
{
    const struct schedule *schedule = file->schedule;
    uint32_t *place = malloc(((size_t)schedule->nedges + 1) * sizeof *place);
    size_t used = (size_t)snprintf(text, room, "chaos seed %" PRIu64 ": %u move%s", options->chaos_seed,
                                   file->nmoves, file->nmoves == 1 ? "" : "s");
    for (uint32_t i = 0; place != NULL && i < schedule->nedges; i++)
        place[schedule->order[i]] = i;
    for (uint32_t i = 0; place != NULL && i < file->nmoves; i++) {
        char line[400];
        word_move(file, place, &file->moves[i], line, sizeof line);
        size_t length = strlen(line);
        if (used + length + 32 > room) {
            snprintf(text + used, room - used, "\n... and %u more", file->nmoves - i);
            break;
        }
        memcpy(text + used, line, length + 1);
        used += length;
    }
    free(place);
}

void
order_conclude(const struct run_options *options, struct tape_reader *tape, const struct score_file *file,
               struct verdict *verdict)
{
    const char *saved = tape_meta(tape, ORDER_MOVES), *of = tape_meta(tape, ORDER_OF);
    if (options->chaos)
        order_words(options, file, verdict->order, sizeof verdict->order);
    else if (options->order == RUN_ORDER_TAPE && saved != NULL)
        snprintf(verdict->order, sizeof verdict->order, "saved (events as numbered on %.200s): %s",
                 of != NULL ? of : "the tape it was found with", saved);
}

/* ---- for a search ------------------------------------------------------------------------------ */

void
order_trace_take(struct order_trace *trace, struct score_file *file)
{
    const struct schedule *schedule = file->schedule;
    order_trace_clear(trace);
    trace->made = file->moves;
    trace->nmade = file->nmoves;
    trace->schedule = file->schedule;
    trace->happened = calloc((size_t)schedule->nedges + 1, sizeof *trace->happened);
    int64_t start = (int64_t)atomic_load(&score_live(file->score)->start_ns);
    for (uint32_t i = 0; trace->happened != NULL && i < schedule->nedges; i++) {
        int64_t at = atomic_load(score_time(file->score, i));
        trace->happened[schedule->order[i]] = at > start ? at - start : -1;
    }
    file->moves = NULL;
    file->nmoves = 0;
    file->schedule = NULL;
}

void
order_trace_clear(struct order_trace *trace)
{
    free(trace->made);
    free(trace->happened);
    schedule_free(trace->schedule);
    trace->made = NULL;
    trace->nmade = 0;
    trace->happened = NULL;
    trace->schedule = NULL;
}
