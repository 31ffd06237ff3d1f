// SPDX-License-Identifier: MIT
/*
 * A schedule as a tape: the events of the original, renumbered in the order of the schedule, with its times.
 * How the app ended stays what it was: what is wrong with this tape is the app.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replay/batch/chaos.h"
#include "traces/scenario.h"

#define SAVE_PATIENCE "500000000" /* ns: a loaded machine, too, should come to the order that fails */

struct save {
    const struct schedule *schedule;
    struct tape_reader *tape;
    struct tape_writer *writer;
    uint64_t *old;     /* by recorded edge: number on the original tape */
    uint64_t *numbers; /* by recorded edge: new number */
    uint64_t first;
};

/* Numbers and edges of the original stand in the same order. */
static int
save_old(struct save *save, struct fault *fault)
{
    struct tape_event event;
    uint32_t i = 0;
    int more;
    if (tape_rewind(save->tape, 0, fault) != 0)
        return -1;
    while ((more = tape_next(save->tape, &event, fault)) == 1 && i < save->schedule->nevents) {
        const struct schedule_event *at = &save->schedule->events[i++];
        save->old[at->enter] = event.seq;
        if (at->leave != SCHEDULE_NONE)
            save->old[at->leave] = event.end_seq;
        if (i == 1)
            save->first = event.seq;
    }
    return more < 0 ? -1 : 0;
}

/* The edge with that number, or the first after it. */
static uint32_t
save_find(const struct save *save, uint64_t old)
{
    uint32_t low = 0, high = save->schedule->nedges;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (save->old[middle] < old)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What stands before the first event was lost before the original was saved, and stays unknown. */
static uint64_t
save_number(const struct save *save, uint64_t old)
{
    uint32_t at = save_find(save, old);
    return old < save->first || at >= save->schedule->nedges ? old : save->numbers[at];
}

/* The new number of the moment a process began to exit: behind all that came before it. Every number is
 * followed by a free one. */
static uint64_t
save_exit(const struct save *save, uint64_t old)
{
    uint32_t until = save_find(save, old);
    uint64_t last = save->first;
    for (uint32_t i = 0; i < until; i++) {
        if (save->numbers[i] > last)
            last = save->numbers[i];
    }
    return last + 1;
}

static int
save_event(struct save *save, uint32_t index, struct tape_event *event, struct fault *fault)
{
    const struct schedule_event *at = &save->schedule->events[index];
    int64_t begin = save->schedule->edges[at->enter].play_ns;
    event->seq = save->numbers[at->enter];
    event->at_ns = begin;
    event->took_ns = 0;
    if (event->parent != 0)
        event->parent = save_number(save, event->parent);
    if (event->cause != 0)
        event->cause = save_number(save, event->cause);
    if (at->leave != SCHEDULE_NONE) {
        event->end_seq = save->numbers[at->leave];
        event->took_ns = save->schedule->edges[at->leave].play_ns - begin;
    }
    return tape_write_event(save->writer, event, fault);
}

static int
save_events(struct save *save, struct fault *fault)
{
    struct tape_event event;
    uint32_t i = 0;
    int more;
    if (tape_rewind(save->tape, 0, fault) != 0)
        return -1;
    while ((more = tape_next(save->tape, &event, fault)) == 1 && i < save->schedule->nevents) {
        if (save_event(save, i++, &event, fault) != 0)
            return -1;
    }
    return more < 0 ? -1 : 0;
}

static int
save_threads(struct save *save, struct fault *fault)
{
    struct tape_thread thread;
    struct tape_process process;
    struct tape_loss loss;
    int more;
    while ((more = tape_next_thread(save->tape, &thread, fault)) == 1) {
        if (tape_write_thread(save->writer, &thread, fault) != 0)
            return -1;
    }
    while (more == 0 && (more = tape_next_process(save->tape, &process, fault)) == 1) {
        if (process.exit_seq != 0)
            process.exit_seq = save_exit(save, process.exit_seq);
        if (tape_write_process(save->writer, &process, fault) != 0)
            return -1;
        more = 0;
    }
    while (more == 0 && (more = tape_next_loss(save->tape, &loss, fault)) == 1) {
        if (tape_write_loss(save->writer, &loss, fault) != 0)
            return -1;
        more = 0;
    }
    return more;
}

static int
save_meta(struct save *save, const struct run_options *options, const char *moves, struct fault *fault)
{
    const struct schedule *schedule = save->schedule;
    const char *key, *value, *name = strrchr(options->tape, '/');
    char number[32];
    int more;
    while ((more = tape_next_meta(save->tape, &key, &value, fault)) == 1) {
        if (strcmp(key, "complete") != 0 && tape_write_meta(save->writer, key, value, fault) != 0)
            return -1;
    }
    int64_t last = schedule->nedges > 0 ? schedule->edges[schedule->order[schedule->nedges - 1]].play_ns : 0;
    snprintf(number, sizeof number, "%" PRId64, last);
    if (more < 0 || tape_write_meta(save->writer, "duration_ns", number, fault) != 0)
        return -1;
    snprintf(number, sizeof number, "%" PRIu64, options->chaos_seed);
    return tape_write_meta(save->writer, ORDER_PATIENCE, SAVE_PATIENCE, fault) != 0 ||
                   tape_write_meta(save->writer, ORDER_MOVES, moves, fault) != 0 ||
                   tape_write_meta(save->writer, "order_seed", number, fault) != 0 ||
                   tape_write_meta(save->writer, ORDER_OF, name != NULL ? name + 1 : options->tape, fault) !=
                       0
               ? -1
               : 0;
}

static int
save_all(struct save *save, const struct run_options *options, const char *moves, struct fault *fault)
{
    const struct schedule *schedule = save->schedule;
    if (save_old(save, fault) != 0)
        return -1;
    for (uint32_t i = 0; i < schedule->nedges; i++)
        save->numbers[schedule->order[i]] = save->first + 2ull * i;
    return save_events(save, fault) != 0 || save_threads(save, fault) != 0 ||
                   save_meta(save, options, moves, fault) != 0
               ? -1
               : 0;
}

int
chaos_save(const struct run_options *options, const struct schedule *schedule, const char *path, bool replace,
           const char *moves, struct fault *fault)
{
    struct save save = {.schedule = schedule, .first = 1};
    size_t edges = (size_t)schedule->nedges + 1;
    char imported[256] = "";
    int result = -1;
    save.old = calloc(edges, sizeof *save.old);
    save.numbers = calloc(edges, sizeof *save.numbers);
    if (save.old == NULL || save.numbers == NULL)
        fault_set(fault, FAULT_CANNOT_RUN, "out of memory for the tape of the failing order");
    else if ((save.tape = scenario_open(options->tape, options->payloads, imported, sizeof imported,
                                        fault)) != NULL &&
             (save.writer = tape_create(path, replace, fault)) != NULL)
        result = save_all(&save, options, moves, fault);
    if (save.writer != NULL && result != 0)
        tape_discard(save.writer);
    else if (save.writer != NULL)
        result = tape_finish(save.writer, true, fault);
    if (save.tape != NULL)
        tape_close(save.tape);
    scenario_forget(imported);
    free(save.old);
    free(save.numbers);
    return result;
}
