// SPDX-License-Identifier: MIT
#include "recorder/environment.h"

#include <stdio.h>
#include <stdlib.h>

#include "loader/plan.h"
#include "recorder/recorder_parts.h"

static const enum loader_way ways[] = {
    [RECORDER_VIA_BEST] = LOADER_AUTO,
    [RECORDER_VIA_AUDIT] = LOADER_AUDIT,
    [RECORDER_VIA_PRELOAD] = LOADER_PRELOAD,
};

char **
environment_make(struct recorder *recorder, char *const argv[], struct fault *fault)
{
    const struct recorder_options *options = &recorder->options;
    char directory[PATH_MAX];
    struct loader_plan *plan = calloc(1, sizeof *plan);
    char **environment = NULL;
    if (plan == NULL) {
        fault_errno(fault, FAULT_INTERNAL, "recorder");
        return NULL;
    }
    if (loader_directory(directory, sizeof directory, fault) != 0 ||
        loader_plan(argv[0], ways[options->via], options->score != NULL, directory, plan, fault) != 0)
        goto done;
    if (plan->way == LOADER_IMPOSSIBLE) {
        /* Recording, it may still start something that can be seen (a static launcher does), so it
         * runs. Replaying, it might reach the real SDK behind our back. */
        if (options->score != NULL) {
            fault_set(fault, FAULT_CANNOT_RUN, "%s cannot be replayed: %s", argv[0], plan->reason);
            goto done;
        }
        recorder->unseen = true;
        if (options->words != NULL) {
            char text[768];
            snprintf(text, sizeof text, "%s runs, but what it does cannot be recorded: %s", argv[0],
                     plan->reason);
            options->words(text);
        }
    }
    struct loader_settings settings = {.directory = directory,
                                       .session = ring_path(recorder->ring),
                                       .score = options->score,
                                       .clock = options->clock,
                                       .sdk = options->sdk};
    environment = loader_environment(plan, &settings, NULL, fault);
done:
    free(plan);
    return environment;
}

void
environment_free(char **environment)
{
    loader_environment_free(environment);
}
