// SPDX-License-Identifier: MIT
// The mutator's life: its options, what it learned, what it steps round.
#include <stdlib.h>
#include <string.h>

#include "fuzz/mutate/plan.h"
#include "fuzz/mutate/work.h"

#define DEFAULT_BUDGET 2048

static int
start(struct mutator *mutator, const struct mutate_options *options, struct fault *fault)
{
    struct mutate_target *targets = calloc(options->ntargets, sizeof *targets);
    mutator->options = *options;
    mutator->options.targets = targets;
    mutator->budget = options->budget > 0 ? options->budget : DEFAULT_BUDGET;
    if (targets == NULL || pool_start(&mutator->pool) != 0) {
        fault_set(fault, FAULT_INTERNAL, "not enough memory for the mutator");
        return -1;
    }
    memcpy(targets, options->targets, options->ntargets * sizeof *targets);
    return options->known != NULL ? mutate_known_read(&mutator->known, options->known, fault) : 0;
}

struct mutator *
mutator_new(const struct mutate_options *options, struct fault *fault)
{
    if (options->ntargets == 0) {
        fault_set(fault, FAULT_USAGE, "there is no callback to mutate");
        return NULL;
    }
    struct mutator *mutator = calloc(1, sizeof *mutator);
    if (mutator == NULL) {
        fault_set(fault, FAULT_INTERNAL, "not enough memory for the mutator");
        return NULL;
    }
    if (start(mutator, options, fault) != 0) {
        mutator_free(mutator);
        return NULL;
    }
    return mutator;
}

void
mutator_free(struct mutator *mutator)
{
    if (mutator == NULL)
        return;
    plan_free(mutator->plan);
    pool_end(&mutator->pool);
    mutate_known_free(&mutator->known);
    free((void *)(uintptr_t)mutator->options.targets);
    free(mutator);
}

int
mutator_learn(struct mutator *mutator, const struct fuzz_case *c)
{
    return pool_learn(&mutator->pool, c, &mutator->options.profile);
}
