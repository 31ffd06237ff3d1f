// SPDX-License-Identifier: MIT
#include "fuzz/engine/afl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/engine/afl_learn.h"
#include "fuzz/engine/afl_trim.h"
#include "fuzz/engine/produce.h"
#include "fuzz/engine/read_file.h"

struct afl_mutator {
    struct engine_options options;
    struct mutate_target *targets;
    size_t ntargets;
    struct producer *producer;
    struct model_random random;
    struct afl_trim trim;
    char description[256];
};

/* afl-fuzz goes on without a mutator that says NULL, and crashes later. */
static void *
give_up(const struct fault *fault)
{
    fprintf(stderr, "timtape-afl: %s\n", fault->text);
    exit(1);
}

void *
afl_custom_init(void *afl, unsigned seed)
{
    struct fault fault = {.kind = FAULT_INTERNAL, .text = "out of memory"};
    struct afl_mutator *mutator = calloc(1, sizeof *mutator);

    (void)afl;
    if (mutator == NULL || engine_options_read(&mutator->options, &fault) != 0)
        return give_up(&fault);
    mutator->random.state = seed;
    mutator->options.explain = mutator->description; /* sentences are kept: they name findings */
    if (afl_learn(&mutator->targets, &mutator->ntargets, &fault) != 0)
        return give_up(&fault);
    mutator->producer = producer_new(&mutator->options, mutator->targets, mutator->ntargets, NULL, &fault);
    if (mutator->producer == NULL)
        return give_up(&fault);
    if (afl_trim_init(&mutator->trim, producer_mutator(mutator->producer)) != 0)
        return give_up(&fault);
    return mutator;
}

void
afl_custom_deinit(void *data)
{
    struct afl_mutator *mutator = data;

    afl_trim_free(&mutator->trim);
    producer_free(mutator->producer);
    free(mutator->targets);
    free(mutator);
}

static size_t
next(struct afl_mutator *mutator, struct producer_request *request, uint8_t **out)
{
    const char *text = "";

    request->seed = random_next(&mutator->random);
    size_t size = producer_next(mutator->producer, request, &text);
    *out = (uint8_t *)(uintptr_t)text;
    return size;
}

size_t
afl_custom_fuzz(void *data, uint8_t *buffer, size_t size, uint8_t **out, uint8_t *other, size_t other_size,
                size_t most)
{
    struct afl_mutator *mutator = data;
    struct producer_request request = {.parent = (const char *)buffer, .size = size, .most = most};

    /* Half of the time, as libFuzzer does; the other entry is there always. */
    if (other != NULL && other_size > 0 && random_once_in(&mutator->random, 2)) {
        request.other = (const char *)other;
        request.other_size = other_size;
    }
    return next(mutator, &request, out);
}

unsigned
afl_custom_fuzz_count(void *data, const uint8_t *buffer, size_t size)
{
    struct afl_mutator *mutator = data;

    (void)buffer;
    /* The boundary pass does not depend on the entry; after it, an entry has as many places as it is long. */
    if (!producer_passed(mutator->producer))
        return 4096;
    return 64 + (unsigned)(size < 4096 ? size : 4096) / 4;
}

const char *
afl_custom_describe(void *data, size_t most)
{
    struct afl_mutator *mutator = data;
    char *text = mutator->description;
    size_t room = sizeof mutator->description;

    if (most + 1 < room)
        room = most + 1;
    if (room < 2 || producer_sentences(mutator->producer, text, room) == 0)
        return "timtape";
    /* A file name that shells and other systems take. */
    for (char *at = text; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("._", *at) == NULL)
            *at = '-';
    }
    return text;
}

size_t
afl_custom_havoc_mutation(void *data, uint8_t *buffer, size_t size, uint8_t **out, size_t most)
{
    struct producer_request request = {
        .parent = (const char *)buffer, .size = size, .most = most, .random = true};

    return next(data, &request, out);
}

uint8_t
afl_custom_havoc_mutation_probability(void *data)
{
    (void)data;
    return 30;
}

int32_t
afl_custom_init_trim(void *data, uint8_t *buffer, size_t size)
{
    struct afl_mutator *mutator = data;

    return afl_trim_begin(&mutator->trim, (const char *)buffer, size);
}

size_t
afl_custom_trim(void *data, uint8_t **out)
{
    struct afl_mutator *mutator = data;
    const char *text;
    size_t size = afl_trim_next(&mutator->trim, &text);

    *out = (uint8_t *)(uintptr_t)text;
    return size;
}

int32_t
afl_custom_post_trim(void *data, uint8_t success)
{
    struct afl_mutator *mutator = data;

    return afl_trim_took(&mutator->trim, success != 0);
}

uint8_t
afl_custom_queue_new_entry(void *data, const uint8_t *file, const uint8_t *from)
{
    struct afl_mutator *mutator = data;
    size_t size;
    char *text = read_file((const char *)file, &size, NULL);

    (void)from;
    if (text != NULL)
        producer_learn(mutator->producer, text, size);
    free(text);
    return 0;
}
