// SPDX-License-Identifier: MIT
#include "fuzz/engine/produce.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/engine/input.h"

#define PARENTS 64                   /* valid parents kept for the place of those of the syntax lane */
#define ARENA_MOST ((size_t)4 << 20) /* a chain of steps is cut here, and its last bytes read again */
#define SENTENCE 400
#define SENTENCES 6 /* of one chain: libFuzzer's -mutate_depth is 5 */

struct parent {
    char *text;
    size_t size;
};

struct producer {
    const struct engine_options *options;
    const struct mutate_target *targets;
    size_t ntargets;
    struct mutator *mutator;
    struct arena *arena, *other; /* of the case under way; of the second parent */
    struct fuzz_case now;        /* what `text` was written from, when `known` */
    char *text;
    size_t size, room;
    bool known, passed;
    enum case_lane lane; /* of `now` */
    struct producer_pass alone, *pass;
    uint64_t given; /* boundaries that the mutator has given so far */
    struct parent parents[PARENTS];
    size_t nparents;
    char sentences[SENTENCES][SENTENCE];
    unsigned nsentences;
};

struct producer *
producer_new(const struct engine_options *options, const struct mutate_target *targets, size_t ntargets,
             struct producer_pass *pass, struct fault *fault)
{
    const struct mutate_options wanted = {.profile = options->profile,
                                          .targets = targets,
                                          .ntargets = ntargets,
                                          .budget = options->budget,
                                          .syntax = options->syntax,
                                          .seed = options->seed,
                                          .known = options->known};
    struct producer *producer = calloc(1, sizeof *producer);

    if (producer != NULL) {
        producer->options = options;
        producer->targets = targets;
        producer->ntargets = ntargets;
        producer->pass = pass != NULL ? pass : &producer->alone;
        producer->room = ((size_t)1 << 20) + 1;
        producer->text = malloc(producer->room);
        producer->arena = arena_new();
        producer->other = arena_new();
    }
    if (producer == NULL || producer->text == NULL || producer->arena == NULL || producer->other == NULL)
        fault_set(fault, FAULT_INTERNAL, "out of memory");
    else if ((producer->mutator = mutator_new(&wanted, fault)) != NULL)
        return producer;
    producer_free(producer);
    return NULL;
}

void
producer_free(struct producer *producer)
{
    if (producer == NULL)
        return;
    if (producer->mutator != NULL)
        mutator_free(producer->mutator);
    for (size_t i = 0; i < producer->nparents; i++)
        free(producer->parents[i].text);
    arena_free(producer->arena);
    arena_free(producer->other);
    free(producer->text);
    free(producer);
}

/* ---- what was done ---- */

static void
note(struct producer *producer, const struct mutation_list *done)
{
    if (producer->options->explain == NULL)
        return;
    for (unsigned i = 0; i < done->count; i++) {
        if (producer->nsentences == SENTENCES) {
            memmove(producer->sentences[0], producer->sentences[1], sizeof producer->sentences - SENTENCE);
            producer->nsentences--;
        }
        mutation_sentence(&producer->now, &done->list[i], producer->sentences[producer->nsentences++],
                          SENTENCE);
    }
}

size_t
producer_sentences(struct producer *producer, char *text, size_t room)
{
    size_t used = 0;

    for (unsigned i = 0; i < producer->nsentences; i++) {
        size_t length = strlen(producer->sentences[i]);

        if (length + 2 > room - used)
            break;
        memcpy(text + used, producer->sentences[i], length);
        used += length;
        text[used++] = '\n';
    }
    if (room > 0)
        text[used] = '\0';
    return used;
}

/* ---- parents ---- */

/* A reservoir: each valid parent seen is as likely to be in it as another. */
static void
keep_parent(struct producer *producer, const char *text, size_t size, struct model_random *random)
{
    size_t at = producer->nparents < PARENTS ? producer->nparents : random_below(random, PARENTS * 4);

    if (at >= PARENTS)
        return;
    char *copy = malloc(size + 1);
    if (copy == NULL)
        return;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (at == producer->nparents)
        producer->nparents++;
    else
        free(producer->parents[at].text);
    producer->parents[at] = (struct parent){copy, size};
    mutator_learn(producer->mutator, &producer->now);
}

static int
fresh(struct producer *producer, struct model_random *random)
{
    arena_reset(producer->arena);
    producer->now = (struct fuzz_case){0};
    producer->lane = CASE_VALID;
    producer->nsentences = 0;
    return mutator_make(producer->mutator, &producer->now, producer->arena, random_next(random)) >= 0 ? 0
                                                                                                      : -1;
}

static int
read_parent(struct producer *producer, const char *text, size_t size)
{
    struct fault fault;

    arena_reset(producer->arena);
    producer->nsentences = 0;
    int kind = input_read(&producer->now, producer->arena, producer->targets, producer->ntargets, text, size,
                          &fault);
    if (kind == INPUT_CASE || kind == INPUT_RAW)
        producer->lane = case_lane(&producer->now, producer->arena);
    return kind;
}

/* Are these the bytes that `now` was written as? libFuzzer mutates its own last output up to five times in a
 * row. */
static bool
is_last(const struct producer *producer, const char *text, size_t size)
{
    return producer->known && size == producer->size && memcmp(text, producer->text, size) == 0;
}

/* The case that is to be changed into `now`. */
static int
take_parent(struct producer *producer, const struct producer_request *request, struct model_random *random)
{
    bool syntax = random_below(random, 100) < producer->options->syntax;

    if (!is_last(producer, request->parent, request->size) || arena_used(producer->arena) > ARENA_MOST) {
        int kind = read_parent(producer, request->parent, request->size);

        if (kind < 0)
            return -1;
        if (kind == INPUT_NOTHING)
            return fresh(producer, random);
        if (producer->lane == CASE_VALID)
            keep_parent(producer, request->parent, request->size, random);
    }
    if (producer->lane == CASE_VALID || syntax)
        return 0;
    if (producer->nparents == 0)
        return fresh(producer, random);
    const struct parent *instead = &producer->parents[random_below(random, producer->nparents)];
    return read_parent(producer, instead->text, instead->size) >= 0 ? 0 : -1;
}

/* ---- one result ---- */

/* The next boundary that is ours to do. 1; 0: the pass is over; -1: no memory. */
static int
next_boundary(struct producer *producer, struct mutation_list *done)
{
    uint64_t ticket = __atomic_fetch_add(&producer->pass->taken, 1, __ATOMIC_RELAXED);
    int more = 1;

    if (ticket >= mutator_boundaries(producer->mutator))
        more = 0;
    while (more == 1 && producer->given <= ticket) {
        arena_reset(producer->arena);
        producer->now = (struct fuzz_case){0};
        more = mutator_next_boundary(producer->mutator, &producer->now, producer->arena, done);
        producer->given++;
    }
    producer->nsentences = 0;
    producer->passed = more == 0;
    producer->lane = CASE_VALID;
    return more;
}

/* The most telling points come alone; the rest takes turns with random steps, or bugs that need two
 * conditions would wait for the last of tens of thousands. */
static bool
early(const struct producer *producer)
{
    return __atomic_load_n(&producer->pass->taken, __ATOMIC_RELAXED) < 1500;
}

static int
cross(struct producer *producer, const struct producer_request *request, struct model_random *random,
      struct mutation_list *done)
{
    struct fuzz_case other;
    struct fault fault;

    arena_reset(producer->other);
    int kind = input_read(&other, producer->other, producer->targets, producer->ntargets, request->other,
                          request->other_size, &fault);
    /* The wall again: nothing is taken over it. */
    if (kind != INPUT_CASE || case_lane(&other, producer->other) != CASE_VALID)
        return 0;
    return mutator_cross(producer->mutator, &producer->now, &other, producer->arena, random_next(random),
                         done);
}

/* libFuzzer's own byte mutator, its dictionaries and compare traces, on one payload. */
static int
change_bytes(struct producer *producer, producer_bytes *bytes, struct model_random *random)
{
    struct case_event *event = &producer->now.events[random_below(random, producer->now.count)];
    int param = event->callback->payload;

    if (param < 0 || case_print(&event->args[param], producer->arena) != 0)
        return 0;
    struct case_value *value = &event->args[param];
    size_t room = value->count * 2 + 64;
    char *text = arena_take(producer->arena, room + 1);
    if (text == NULL)
        return -1;
    if (value->count > 0)
        memcpy(text, value->bytes, value->count);
    size_t size = bytes((uint8_t *)text, value->count, room);
    if (size == 0 || size > room)
        return 0;
    text[size] = '\0';
    *value = (struct case_value){.kind = CASE_TEXT, .bytes = text, .count = size};
    producer->lane = CASE_SYNTAX;
    return 1;
}

static int
change(struct producer *producer, const struct producer_request *request, struct model_random *random,
       struct mutation_list *done)
{
    int changed = 0;

    if (take_parent(producer, request, random) != 0 || producer->now.count == 0)
        return -1;
    if (request->other != NULL && producer->lane == CASE_VALID)
        changed = cross(producer, request, random, done);
    if (changed == 0 && producer->lane == CASE_SYNTAX && request->bytes != NULL && random_once_in(random, 2))
        changed = change_bytes(producer, request->bytes, random);
    if (changed == 0) {
        changed = mutator_step(producer->mutator, &producer->now, producer->arena, random_next(random), done);
        if (changed == 1)
            producer->lane = done->lane;
    }
    return changed;
}

/* `now` as text. */
static size_t
write_out(struct producer *producer, size_t most, const char **text)
{
    if (most > producer->room - 1)
        most = producer->room - 1;
    producer->size = case_write(&producer->now, producer->arena, producer->text, most);
    producer->known = producer->size > 0;
    *text = producer->text;
    return producer->size;
}

size_t
producer_next(struct producer *producer, const struct producer_request *request, const char **text)
{
    struct model_random random = {request->seed};
    size_t most = request->most;

    /* What the engine may take is one thing, what is worth its time another: but nothing shrinks by force. */
    size_t budget = producer->options->budget > request->size ? producer->options->budget : request->size;
    if (most > budget)
        most = budget;
    for (unsigned attempt = 0; attempt < 10; attempt++) {
        struct mutation_list done = {0};
        int changed = 0;

        if (!producer->passed && !request->random && (early(producer) || random_once_in(&random, 2)))
            changed = next_boundary(producer, &done);
        if (changed == 0)
            changed = change(producer, request, &random, &done);
        producer->known = false; /* whatever comes now: `text` is no longer what `now` says */
        if (changed < 0)
            return 0;
        if (changed == 0)
            continue;
        note(producer, &done);
        if (write_out(producer, most, text) > 0)
            return producer->size;
    }
    return 0;
}

size_t
producer_make(struct producer *producer, uint64_t seed, const char **text)
{
    struct model_random random = {seed};

    producer->known = false;
    if (fresh(producer, &random) != 0)
        return 0;
    return write_out(producer, producer->room - 1, text);
}

bool
producer_passed(const struct producer *producer)
{
    return producer->passed;
}

struct mutator *
producer_mutator(struct producer *producer)
{
    return producer->mutator;
}

void
producer_learn(struct producer *producer, const char *text, size_t size)
{
    struct fuzz_case c;
    struct fault fault;

    arena_reset(producer->other);
    int kind = input_read(&c, producer->other, producer->targets, producer->ntargets, text, size, &fault);
    if ((kind == INPUT_CASE || kind == INPUT_RAW) && case_lane(&c, producer->other) == CASE_VALID)
        mutator_learn(producer->mutator, &c);
}
