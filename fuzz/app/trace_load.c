// SPDX-License-Identifier: MIT
/* A tape into memory. What a stranger's tape says of times and references is not trusted. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/app/trace.h"
#include "traces/scenario.h"

#define LOAD_STEP_NS 4          /* between two edges, at least: room for a moment between them */
#define LOAD_LATEST (1ll << 60) /* ns; a century is less */

struct trace_text {
    struct trace_text *next;
    char text[];
};

struct load {
    struct trace_base *base;
    struct fault *fault;
    uint32_t room_events, room_threads, room_processes, room_meta;
    uint64_t *exit_seqs; /* beside processes */
};

static int
load_memory(struct load *load)
{
    return fault_set(load->fault, FAULT_CANNOT_RUN, "out of memory while reading the tape");
}

/* NULL stays NULL; *failed when there is no memory. */
static const char *
load_text(struct load *load, const char *text, size_t bytes, bool *failed)
{
    struct trace_text *copy = text == NULL ? NULL : malloc(sizeof *copy + bytes + 1);

    *failed |= text != NULL && copy == NULL;
    if (copy == NULL)
        return NULL;
    memcpy(copy->text, text, bytes);
    copy->text[bytes] = '\0';
    copy->next = load->base->texts;
    load->base->texts = copy;
    return copy->text;
}

static const char *
load_word(struct load *load, const char *word, bool *failed)
{
    return load_text(load, word, word == NULL ? 0 : strlen(word), failed);
}

/* Room for one more of `used`. */
static int
load_grow(struct load *load, void *array, uint32_t used, uint32_t *room, size_t element)
{
    uint32_t more = *room == 0 ? 64 : *room * 2;
    void *grown;

    if (used < *room)
        return 0;
    memcpy(&grown, array, sizeof grown);
    grown = used > TRACE_NONE / 4 ? NULL : realloc(grown, (size_t)more * element);
    if (grown == NULL)
        return load_memory(load);
    memcpy(array, &grown, sizeof grown);
    *room = more;
    return 0;
}

static int
load_processes(struct load *load, struct tape_reader *tape)
{
    struct trace_base *base = load->base;
    struct tape_process process;
    uint32_t room = 0;
    bool failed = false;
    int more;

    while ((more = tape_next_process(tape, &process, load->fault)) == 1) {
        room = load->room_processes;
        if (load_grow(load, &base->processes, base->nprocesses, &load->room_processes,
                      sizeof *base->processes) != 0 ||
            load_grow(load, &load->exit_seqs, base->nprocesses, &room, sizeof *load->exit_seqs) != 0)
            return -1;
        load->exit_seqs[base->nprocesses] = process.exit_seq;
        process.program = load_word(load, process.program, &failed);
        process.ended = load_word(load, process.ended, &failed);
        process.sdk = load_word(load, process.sdk, &failed);
        process.sdk_version = load_word(load, process.sdk_version, &failed);
        base->processes[base->nprocesses++] = process;
    }
    return failed ? load_memory(load) : more;
}

static int
load_rest(struct load *load, struct tape_reader *tape)
{
    struct trace_base *base = load->base;
    struct tape_thread thread;
    const char *key, *value;
    uint32_t room;
    bool failed = false;
    int more;

    while ((more = tape_next_thread(tape, &thread, load->fault)) == 1) {
        if (load_grow(load, &base->threads, base->nthreads, &load->room_threads, sizeof *base->threads) != 0)
            return -1;
        thread.name = load_word(load, thread.name, &failed);
        base->threads[base->nthreads++] = thread;
    }
    while (more == 0 && (more = tape_next_meta(tape, &key, &value, load->fault)) == 1) {
        room = load->room_meta;
        if (load_grow(load, &base->keys, base->nmeta, &load->room_meta, sizeof *base->keys) != 0 ||
            load_grow(load, &base->values, base->nmeta, &room, sizeof *base->values) != 0)
            return -1;
        base->keys[base->nmeta] = load_word(load, key, &failed);
        base->values[base->nmeta++] = load_word(load, value, &failed);
        more = 0;
    }
    base->sdk_version = load_word(load, tape_meta(tape, "sdk_version"), &failed);
    return failed ? load_memory(load) : more;
}

static int
load_events(struct load *load, struct tape_reader *tape)
{
    struct trace_base *base = load->base;
    struct tape_event event;
    bool failed = false;
    int more = tape_rewind(tape, 0, load->fault);

    while (more == 0 && (more = tape_next(tape, &event, load->fault)) == 1) {
        if (load_grow(load, &base->events, base->nevents, &load->room_events, sizeof *base->events) != 0)
            return -1;
        if (event.end_seq != 0 && (event.end_seq <= event.seq || event.took_ns < 0))
            return fault_set(load->fault, FAULT_DATA, "event %" PRIu64 " (%s) ends before it begins",
                             event.seq, event.name);
        if (base->nevents > 0 && event.seq <= base->events[base->nevents - 1].seq)
            return fault_set(load->fault, FAULT_DATA, "event %" PRIu64 " is out of order on the tape",
                             event.seq);
        event.name = load_word(load, event.name, &failed);
        if (event.result.type == TAPE_TEXT)
            event.result.text = load_text(load, event.result.text, event.result.bytes, &failed);
        for (unsigned i = 0; i < event.nargs; i++) {
            if (event.args[i].type == TAPE_TEXT)
                event.args[i].text = load_text(load, event.args[i].text, event.args[i].bytes, &failed);
        }
        base->events[base->nevents++] = event;
        more = failed ? load_memory(load) : 0;
    }
    return more;
}

struct load_edge {
    uint64_t seq;
    uint32_t event;
    bool leave;
};

static int
load_compare(const void *a, const void *b)
{
    const struct load_edge *one = a, *two = b;

    return one->seq < two->seq ? -1 : one->seq > two->seq;
}

/* Times in the order of the edges, all different. */
static void
load_times(struct load *load, const struct load_edge *edges, uint32_t count)
{
    struct trace_base *base = load->base;
    int64_t last = -LOAD_STEP_NS;

    for (uint32_t i = 0; i < base->nprocesses; i++)
        base->exits_ns[i] = INT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        struct tape_event *event = &base->events[edges[i].event];
        int64_t at = event->at_ns;

        for (uint32_t j = 0; j < base->nprocesses; j++) {
            if (load->exit_seqs[j] != 0 && edges[i].seq > load->exit_seqs[j] &&
                base->exits_ns[j] == INT64_MAX)
                base->exits_ns[j] = last + LOAD_STEP_NS / 2;
        }
        if (edges[i].leave && __builtin_add_overflow(at, event->took_ns, &at))
            at = last;
        if (at > LOAD_LATEST)
            at = LOAD_LATEST;
        if (at < last + LOAD_STEP_NS)
            at = last + LOAD_STEP_NS;
        last = at;
        if (edges[i].leave)
            event->took_ns = at - event->at_ns;
        else {
            /* The leave still needs the time as recorded. */
            event->took_ns = __builtin_add_overflow(event->took_ns, event->at_ns - at, &event->took_ns)
                                 ? 0
                                 : event->took_ns;
            event->at_ns = at;
        }
    }
    for (uint32_t j = 0; j < base->nprocesses; j++) {
        if (load->exit_seqs[j] != 0 && base->exits_ns[j] == INT64_MAX)
            base->exits_ns[j] = last + LOAD_STEP_NS / 2;
    }
}

static int
load_order(struct load *load)
{
    struct trace_base *base = load->base;
    struct load_edge *edges = calloc((size_t)base->nevents * 2 + 1, sizeof *edges);
    uint32_t count = 0;

    base->exits_ns = calloc((size_t)base->nprocesses + 1, sizeof *base->exits_ns);
    if (edges == NULL || base->exits_ns == NULL) {
        free(edges);
        return load_memory(load);
    }
    for (uint32_t i = 0; i < base->nevents; i++) {
        edges[count++] = (struct load_edge){.seq = base->events[i].seq, .event = i};
        if (base->events[i].end_seq != 0)
            edges[count++] = (struct load_edge){.seq = base->events[i].end_seq, .event = i, .leave = true};
    }
    qsort(edges, count, sizeof *edges, load_compare);
    load_times(load, edges, count);
    free(edges);
    return 0;
}

struct trace_base *
trace_load(const char *path, struct fault *fault)
{
    struct load load = {.base = calloc(1, sizeof *load.base), .fault = fault};
    char imported[256] = "";
    struct tape_reader *tape;
    int result = -1;

    if (load.base == NULL) {
        load_memory(&load);
        return NULL;
    }
    tape = scenario_open(path, NULL, imported, sizeof imported, fault);
    if (tape != NULL) {
        result = load_processes(&load, tape) != 0 || load_rest(&load, tape) != 0 ||
                         load_events(&load, tape) != 0 || load_order(&load) != 0
                     ? -1
                     : 0;
        tape_close(tape);
    }
    scenario_forget(imported);
    free(load.exit_seqs);
    if (result == 0)
        return load.base;
    trace_unload(load.base);
    return NULL;
}

void
trace_unload(struct trace_base *base)
{
    if (base == NULL)
        return;
    while (base->texts != NULL) {
        struct trace_text *next = base->texts->next;

        free(base->texts);
        base->texts = next;
    }
    free(base->events);
    free(base->threads);
    free(base->processes);
    free(base->exits_ns);
    free(base->keys);
    free(base->values);
    free(base);
}
