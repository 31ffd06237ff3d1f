// SPDX-License-Identifier: MIT
/*
 * What a person writing a scenario may leave out, and what stands for it:
 *
 *   seq        the next number
 *   end_seq    the leave edge comes right before the next line that is not inside ("in") or during ("during")
 *              this event; null: it never comes
 *   took_ns    from at_ns to the last line before the leave edge
 *   at_ns      the time of the line before, plus "after_ms"
 *   thread     by number or name; left out: the thread of the event it is in, else the first declared
 *              thread for calls and the second for callbacks ("main" and "sdk" if none is declared)
 *   cause      a label, the name of a function (its last call), or a number; left out: the one
 *              registration of this callback type; null: unknown
 *   in         a label, name or number: the event that this one happens inside of, on the same thread
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/ndjson_ends.h"
#include "traces/ndjson_names.h"
#include "traces/ndjson_text.h"

#define MAX_OPEN 4096

/* A function that was called, or a registration of a callback type. */
struct seen {
    uint64_t seq;
    bool many;
};

struct ndjson_scene {
    struct tape_writer *tape;
    struct ndjson_names labels, threads;
    struct ndjson_ends ends;
    uint32_t first_threads[2];
    unsigned nthreads;
    uint64_t highest; /* number given out so far */
    uint64_t counted; /* the last one that we chose */
    uint64_t last_seq;
    int64_t now; /* at_ns of the last line */
    struct ndjson_counts counts;
    struct ndjson_event *open;
    size_t depth, room;
    struct seen called[API_ENTRIES], registered[API_ENTRIES];
};

struct ndjson_scene *
ndjson_scene_new(struct tape_writer *tape)
{
    struct ndjson_scene *scene = calloc(1, sizeof *scene);
    if (scene != NULL)
        scene->tape = tape;
    return scene;
}

void
ndjson_scene_free(struct ndjson_scene *scene)
{
    if (scene == NULL)
        return;
    while (scene->depth > 0)
        ndjson_event_free(&scene->open[--scene->depth]);
    free(scene->open);
    free(scene->ends.numbers);
    ndjson_names_free(&scene->labels);
    ndjson_names_free(&scene->threads);
    free(scene);
}

/* ---- threads ---------------------------------------------------------------------------------- */

static int
know_thread(struct ndjson_scene *scene, const struct tape_thread *thread, struct fault *fault)
{
    if (scene->nthreads < 2)
        scene->first_threads[scene->nthreads++] = thread->thread;
    if (thread->name != NULL) {
        struct ndjson_name *name = ndjson_names_make(&scene->threads, thread->name);
        if (name == NULL)
            return fault_set(fault, FAULT_INTERNAL, "out of memory");
        name->twice = name->number != 0;
        name->number = thread->thread;
    }
    return tape_write_thread(scene->tape, thread, fault);
}

int
ndjson_scene_thread(struct ndjson_scene *scene, const struct ndjson_line *line, struct fault *fault)
{
    struct ndjson_bytes name;
    int64_t number = 0, pid = 1, tid = 0;
    bool given;
    if (ndjson_keys(line, "thread pid tid name", fault) != 0 ||
        ndjson_integer(line, "thread", 1, UINT32_MAX, false, &number, &given, fault) != 0 ||
        ndjson_integer(line, "pid", 0, UINT32_MAX, false, &pid, &given, fault) != 0 ||
        ndjson_integer(line, "tid", 0, UINT32_MAX, false, &tid, &given, fault) != 0)
        return -1;
    if (!given)
        tid = pid + number - 1 <= UINT32_MAX ? pid + number - 1 : number;
    if (ndjson_member_text(line, "name", &name, fault) != 0)
        return -1;
    const struct tape_thread thread = {
        .thread = (uint32_t)number, .pid = (uint32_t)pid, .tid = (uint32_t)tid, .name = name.data};
    int status = know_thread(scene, &thread, fault);
    free(name.data);
    return status;
}

static int
default_thread(struct ndjson_scene *scene, bool is_callback, uint32_t *number, struct fault *fault)
{
    if (scene->nthreads == 0) {
        const struct tape_thread main_thread = {.thread = 1, .pid = 1, .tid = 1, .name = "main"};
        const struct tape_thread sdk_thread = {.thread = 2, .pid = 1, .tid = 2, .name = "sdk"};
        if (know_thread(scene, &main_thread, fault) != 0 || know_thread(scene, &sdk_thread, fault) != 0)
            return -1;
    }
    *number = scene->first_threads[is_callback && scene->nthreads > 1];
    return 0;
}

static int
place_thread(struct ndjson_scene *scene, const struct ndjson_line *line, struct tape_event *event,
             uint32_t parent, struct fault *fault)
{
    const cJSON *node = ndjson_get(line, "thread");
    int64_t number = 0;
    bool given;
    if (node == NULL) {
        event->thread = parent;
        return parent != 0 ? 0 : default_thread(scene, event->is_callback, &event->thread, fault);
    }
    if (jtree_kind(node) == JTREE_STRING) {
        struct ndjson_bytes name;
        if (ndjson_take_text(line, node, NULL, "thread", &name, fault) != 0)
            return -1;
        const struct ndjson_name *known = ndjson_names_find(&scene->threads, name.data);
        int status = 0;
        if (known == NULL)
            status = ndjson_fault(
                line, NULL, "thread", fault,
                "no thread \"%.60s\" so far; declare it above: {\"thread\":1,\"name\":\"...\"}", name.data);
        else if (known->twice)
            status = ndjson_fault(line, NULL, "thread", fault,
                                  "several threads are named \"%.60s\"; give a number", name.data);
        else
            number = (int64_t)known->number;
        free(name.data);
        if (status != 0)
            return status;
    } else if (ndjson_integer(line, "thread", 0, UINT32_MAX, false, &number, &given, fault) != 0) {
        return -1;
    }
    event->thread = (uint32_t)number;
    if (parent != 0 && event->thread != parent)
        return ndjson_fault(
            line, NULL, "thread", fault,
            "what happens inside an event is on its thread, %" PRIu32 "; use \"during\" for another", parent);
    return 0;
}

/* ---- leaving ---------------------------------------------------------------------------------- */

static int
leave_down_to(struct ndjson_scene *scene, size_t depth, struct fault *fault)
{
    while (scene->depth > depth) {
        struct ndjson_event *top = &scene->open[--scene->depth];
        top->event.end_seq = scene->counted = ++scene->highest;
        if (!top->took)
            top->event.took_ns = scene->now > top->event.at_ns ? scene->now - top->event.at_ns : 0;
        int status = tape_write_event(scene->tape, &top->event, fault);
        ndjson_event_free(top);
        if (status != 0)
            return -1;
    }
    return 0;
}

int
ndjson_scene_end(struct ndjson_scene *scene, const struct ndjson_line *line, struct fault *fault)
{
    uint64_t twice = ndjson_ends_pass(&scene->ends, UINT64_MAX);
    if (twice != 0)
        return ndjson_fault(line, NULL, NULL, fault,
                            "number %" PRIu64 " is there twice as an \"end_seq\" above", twice);
    return leave_down_to(scene, 0, fault);
}

static int
push_open(struct ndjson_scene *scene, const struct ndjson_line *line, struct ndjson_event *event,
          struct fault *fault)
{
    if (scene->depth == scene->room) {
        size_t room = scene->room == 0 ? 16 : scene->room * 2;
        struct ndjson_event *grown = room <= MAX_OPEN ? realloc(scene->open, room * sizeof *grown) : NULL;
        if (grown == NULL)
            return ndjson_fault(line, NULL, NULL, fault, "more than %d events inside each other",
                                MAX_OPEN / 2);
        scene->open = grown;
        scene->room = room;
    }
    scene->open[scene->depth++] = *event;
    memset(event, 0, sizeof *event);
    return 0;
}

/* ---- nesting ---------------------------------------------------------------------------------- */

/* Which open event is meant: its place + 1, or 0. */
static size_t
find_open(const struct ndjson_scene *scene, const char *name, uint64_t number)
{
    for (size_t i = scene->depth; i > 0; i--) {
        const struct ndjson_event *open = &scene->open[i - 1];
        if (name == NULL ? open->event.seq == number
                         : (open->label != NULL && strcmp(open->label, name) == 0) ||
                               strcmp(open->event.name, name) == 0)
            return i;
    }
    return 0;
}

/* "in" and "during" name an open event; what is open above it is left. */
static int
place_inside(struct ndjson_scene *scene, const struct ndjson_line *line, const char *key,
             struct tape_event *event, uint32_t *thread, struct fault *fault)
{
    const cJSON *node = ndjson_get(line, key);
    struct ndjson_bytes name = {0};
    int64_t number = 0;
    bool given;
    if (jtree_kind(node) == JTREE_STRING
            ? ndjson_take_text(line, node, NULL, key, &name, fault) != 0
            : ndjson_integer(line, key, 1, INT64_MAX, false, &number, &given, fault) != 0)
        return -1;
    size_t place = find_open(scene, name.data, (uint64_t)number);
    int status = 0;
    if (place == 0)
        status =
            ndjson_fault(line, NULL, key, fault,
                         "\"%s\" must name the event of the line above, or one that this is inside of", key);
    free(name.data);
    if (status != 0 || leave_down_to(scene, place, fault) != 0)
        return -1;
    if (strcmp(key, "in") == 0) {
        event->parent = scene->open[place - 1].event.seq;
        event->parent_is_callback = scene->open[place - 1].event.is_callback;
        *thread = scene->open[place - 1].event.thread;
    }
    return 0;
}

static int
place_nesting(struct ndjson_scene *scene, const struct ndjson_line *line, struct tape_event *event,
              uint32_t *thread, struct fault *fault)
{
    static const char *const ways[] = {"in", "during", "in_call", "in_callback"};
    const char *way = NULL;
    int64_t number = 0;
    bool given;
    *thread = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (ndjson_get(line, ways[i]) == NULL)
            continue;
        if (way != NULL)
            return ndjson_fault(line, NULL, ways[i], fault, "\"%s\" and \"%s\" cannot both be given", way,
                                ways[i]);
        way = ways[i];
    }
    if (way != NULL && (way == ways[0] || way == ways[1]))
        return place_inside(scene, line, way, event, thread, fault);
    if (way != NULL) {
        if (ndjson_integer(line, way, 1, INT64_MAX, false, &number, &given, fault) != 0)
            return -1;
        event->parent = (uint64_t)number;
        event->parent_is_callback = way == ways[3];
    }
    return leave_down_to(scene, way != NULL ? find_open(scene, NULL, event->parent) : 0, fault);
}

/* ---- numbers and time --------------------------------------------------------------------------- */

static int
place_number(struct ndjson_scene *scene, const struct ndjson_line *line, struct tape_event *event,
             struct fault *fault)
{
    int64_t number = 0;
    bool given;
    if (ndjson_integer(line, "seq", 1, INT64_MAX - 1, false, &number, &given, fault) != 0)
        return -1;
    if (!given) {
        if (scene->highest >= INT64_MAX - 1)
            return ndjson_fault(line, NULL, NULL, fault, "there is no number left for this event");
        number = (int64_t)++scene->highest;
        scene->counted = scene->highest;
    } else if ((uint64_t)number <= scene->counted) {
        return ndjson_fault(line, NULL, "seq", fault,
                            "number %" PRId64
                            " is taken: lines above without \"end_seq\" or \"seq\" use up to %" PRIu64,
                            number, scene->counted);
    } else if ((uint64_t)number <= scene->last_seq) {
        return ndjson_fault(line, NULL, "seq", fault,
                            "lines must be in order: %" PRId64 " comes after %" PRIu64, number,
                            scene->last_seq);
    }
    event->seq = (uint64_t)number;
    scene->last_seq = event->seq;
    uint64_t twice = ndjson_ends_pass(&scene->ends, event->seq);
    if (twice != 0)
        return ndjson_fault(line, NULL, "seq", fault,
                            "number %" PRIu64 " is there twice: as an \"end_seq\" above, and %s", twice,
                            twice == event->seq ? "here" : "once more");
    if (event->seq > scene->highest)
        scene->highest = event->seq;
    if (event->parent >= event->seq)
        return ndjson_fault(line, NULL, event->parent_is_callback ? "in_callback" : "in_call", fault,
                            "an event cannot be inside one that begins later");
    return 0;
}

/* Milliseconds, perhaps with decimals, to nanoseconds; exact. */
static bool
milliseconds(const cJSON *node, int64_t *ns)
{
    char text[64];
    const char *number = jtree_number(node);
    if (number == NULL || strpbrk(number, "eE-") != NULL || strlen(number) > 40)
        return false;
    snprintf(text, sizeof text, "%se6", number);
    cJSON *scaled = jtree_new_number(text);
    bool whole = scaled != NULL && jtree_int64(scaled, ns);
    cJSON_Delete(scaled);
    return whole;
}

static int
place_time(struct ndjson_scene *scene, const struct ndjson_line *line, struct tape_event *event,
           struct fault *fault)
{
    const cJSON *after = ndjson_get(line, "after_ms");
    int64_t at = scene->now, gap = 0;
    bool given;
    if (ndjson_integer(line, "at_ns", INT64_MIN, INT64_MAX, false, &at, &given, fault) != 0)
        return -1;
    if (after != NULL && given)
        return ndjson_fault(line, NULL, "after_ms", fault, "\"at_ns\" and \"after_ms\" cannot both be given");
    if (after != NULL && (!milliseconds(after, &gap) || __builtin_add_overflow(at, gap, &at)))
        return ndjson_fault(
            line, NULL, "after_ms", fault,
            "\"after_ms\" must be milliseconds since the line above, with at most six decimals");
    event->at_ns = scene->now = at;
    return 0;
}

/* ---- causes ----------------------------------------------------------------------------------- */

static int
named_cause(struct ndjson_scene *scene, const struct ndjson_line *line, const char *name, uint64_t *cause,
            struct fault *fault)
{
    const struct ndjson_name *label = ndjson_names_find(&scene->labels, name);
    const struct api_entry *entry = label == NULL ? api_find(name) : NULL;
    if (label != NULL)
        *cause = label->number;
    else if (entry != NULL && scene->called[entry->newest].seq != 0)
        *cause = scene->called[entry->newest].seq;
    else
        return ndjson_fault(line, NULL, "cause", fault, "nothing above is labelled or called \"%.60s\"",
                            name);
    return 0;
}

static int
place_cause(struct ndjson_scene *scene, const struct ndjson_line *line, struct tape_event *event,
            struct fault *fault)
{
    const cJSON *node = ndjson_get(line, "cause");
    if (node == NULL) {
        if (!event->is_callback)
            return 0;
        const struct seen *registered = &scene->registered[event->entry->newest];
        if (registered->seq == 0 || registered->many)
            return ndjson_fault(
                line, NULL, "callback", fault,
                registered->many ? "%s has several registrations above: say which with \"cause\""
                                 : "%s is not registered above: give its call or registration as \"cause\"",
                event->name);
        event->cause = registered->seq;
        return 0;
    }
    if (jtree_kind(node) == JTREE_STRING) {
        struct ndjson_bytes name;
        if (ndjson_take_text(line, node, NULL, "cause", &name, fault) != 0)
            return -1;
        int status = named_cause(scene, line, name.data, &event->cause, fault);
        free(name.data);
        return status;
    }
    int64_t number = 0;
    bool given;
    if (ndjson_integer(line, "cause", 1, INT64_MAX, true, &number, &given, fault) != 0)
        return -1;
    if ((uint64_t)number >= event->seq)
        return ndjson_fault(line, NULL, "cause", fault, "the cause of an event must come before it");
    event->cause = (uint64_t)number;
    return 0;
}

/* Remembers what later lines may refer to. */
static int
remember(struct ndjson_scene *scene, const struct ndjson_line *line, const struct ndjson_event *placed,
         struct fault *fault)
{
    const struct tape_event *event = &placed->event;
    const struct api_entry *entry = event->entry;
    if (placed->label != NULL) {
        struct ndjson_name *label = ndjson_names_make(&scene->labels, placed->label);
        if (label == NULL)
            return ndjson_fault(line, NULL, NULL, fault, "out of memory");
        if (label->number != 0)
            return ndjson_fault(line, NULL, "label", fault,
                                "\"%.60s\" is the label of event %" PRIu64 " already", placed->label,
                                label->number);
        label->number = event->seq;
        label->is_callback = event->is_callback;
        label->thread = event->thread;
    }
    scene->called[entry->newest].seq = event->seq;
    for (unsigned i = 0; entry->kind == API_REGISTER && i < entry->nparams; i++) {
        const struct api_param *param = &entry->params[i];
        if (param->type != API_FN || param->callback < 0)
            continue;
        struct seen *registered = &scene->registered[api_entries[param->callback].newest];
        bool removed = event->args[i].u == 0; /* a slot set to NULL is empty */
        registered->many = entry->list && registered->seq != 0;
        registered->seq = removed ? 0 : event->seq;
    }
    return 0;
}

/* ---- the whole event --------------------------------------------------------------------------- */

static int
place_end(struct ndjson_scene *scene, const struct ndjson_line *line, struct ndjson_event *placed,
          struct fault *fault)
{
    struct tape_event *event = &placed->event;
    struct ndjson_counts *counts = &scene->counts;
    int64_t end = 0;
    bool given;
    if (ndjson_integer(line, "took_ns", 0, INT64_MAX, false, &event->took_ns, &placed->took, fault) != 0 ||
        ndjson_integer(line, "end_seq", 1, INT64_MAX - 1, true, &end, &given, fault) != 0)
        return -1;
    placed->open = !given;
    if (given && end == 0 && placed->took)
        return ndjson_fault(line, NULL, "took_ns", fault, "an event that never ended took no time");
    if (given && end != 0 && (uint64_t)end <= event->seq)
        return ndjson_fault(line, NULL, "end_seq", fault, "an event must end after its own number, %" PRIu64,
                            event->seq);
    event->end_seq = (uint64_t)end;
    if (end != 0 && ndjson_ends_add(&scene->ends, event->end_seq) != 0)
        return ndjson_fault(line, NULL, NULL, fault, "out of memory");
    if (event->end_seq > scene->highest)
        scene->highest = event->end_seq;
    counts->calls += !event->is_callback;
    counts->callbacks += event->is_callback;
    counts->in_flight += given && end == 0;
    if (event->at_ns > counts->duration_ns)
        counts->duration_ns = event->at_ns;
    return 0;
}

int
ndjson_scene_add(struct ndjson_scene *scene, const struct ndjson_line *line, struct ndjson_event *event,
                 struct fault *fault)
{
    uint32_t thread;
    if (place_nesting(scene, line, &event->event, &thread, fault) != 0 ||
        place_number(scene, line, &event->event, fault) != 0 ||
        place_time(scene, line, &event->event, fault) != 0 ||
        place_thread(scene, line, &event->event, thread, fault) != 0 ||
        place_cause(scene, line, &event->event, fault) != 0 || place_end(scene, line, event, fault) != 0 ||
        remember(scene, line, event, fault) != 0)
        return -1;
    if (event->open)
        return push_open(scene, line, event, fault);
    int status = tape_write_event(scene->tape, &event->event, fault);
    ndjson_event_free(event);
    return status;
}

bool
ndjson_scene_called(const struct ndjson_scene *scene, const struct api_entry *function)
{
    return scene->called[function->newest].seq != 0;
}

const struct ndjson_counts *
ndjson_scene_counts(const struct ndjson_scene *scene)
{
    return &scene->counts;
}
