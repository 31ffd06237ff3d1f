// SPDX-License-Identifier: MIT
/*
 * The environment of an app under timtape: our object before whatever was there, and where to find the
 * session.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/plan.h"

#define ADDED 8

struct building {
    char **entry;
    size_t count;
    bool failed;
};

static size_t
find(const struct building *building, const char *name)
{
    size_t bytes = strlen(name);

    for (size_t i = 0; i < building->count; i++)
        if (strncmp(building->entry[i], name, bytes) == 0 && building->entry[i][bytes] == '=')
            return i;
    return building->count;
}

static void
drop(struct building *building, const char *name)
{
    size_t at = find(building, name);

    if (at == building->count)
        return;
    free(building->entry[at]);
    building->entry[at] = building->entry[--building->count];
    building->entry[building->count] = NULL;
}

/* NAME=value, or NAME=value<separator>old / NAME=old<separator>value when there was an old one. NULL value:
 * dropped. */
static void
set(struct building *building, const char *name, const char *value, const char *separator, bool before)
{
    size_t at = find(building, name);
    const char *old = separator != NULL && at < building->count ? building->entry[at] + strlen(name) + 1 : "";
    char *text;
    int bytes;

    if (value == NULL) {
        drop(building, name);
        return;
    }
    if (old[0] == '\0')
        bytes = asprintf(&text, "%s=%s", name, value);
    else
        bytes = asprintf(&text, "%s=%s%s%s", name, before ? value : old, separator, before ? old : value);
    if (bytes < 0) {
        building->failed = true;
        return;
    }
    if (at == building->count)
        building->count++;
    else
        free(building->entry[at]);
    building->entry[at] = text;
}

static char *
library(const struct loader_settings *settings, const char *name)
{
    char *path;

    return asprintf(&path, "%s/%s", settings->directory, name) < 0 ? NULL : path;
}

char **
loader_environment(const struct loader_plan *plan, const struct loader_settings *settings, char *const *base,
                   struct fault *fault)
{
    struct building building = {NULL, 0, false};
    bool preload = plan->way == LOADER_PRELOAD;
    size_t count = 0;

    if (settings->clock && strpbrk(settings->directory, ": ") != NULL) {
        fault_set(fault, FAULT_CANNOT_RUN,
                  "%s: LD_PRELOAD, which virtual time needs, cannot take a path with a colon or space; move "
                  "timtape",
                  settings->directory);
        return NULL;
    }
    if (base == NULL)
        base = environ;
    while (base[count] != NULL)
        count++;
    building.entry = calloc(count + ADDED + 1, sizeof *building.entry);
    if (building.entry == NULL)
        goto memory;
    for (; building.count < count; building.count++) {
        building.entry[building.count] = strdup(base[building.count]);
        if (building.entry[building.count] == NULL)
            goto memory;
    }
    if (plan->way != LOADER_IMPOSSIBLE) {
        char *object = library(settings, preload ? "preload.so" : "audit.so");
        char *stand = library(settings, "replay"), *clock = library(settings, "clock.so");

        building.failed = object == NULL || stand == NULL || clock == NULL;
        if (!building.failed) {
            set(&building, preload ? "LD_PRELOAD" : "LD_AUDIT", object, ":", true);
            /* There the stand-in has the SDK's name, for apps whose linker looks for it. */
            if (preload && settings->score != NULL)
                set(&building, "LD_LIBRARY_PATH", stand, ":", true);
            if (settings->clock)
                set(&building, "LD_PRELOAD", clock, ":", true);
            if ((preload || settings->clock) && plan->asan_shared)
                set(&building, "ASAN_OPTIONS", "verify_asan_link_order=0", ":", false);
        }
        free(object);
        free(stand);
        free(clock);
    }
    set(&building, "TIMTAPE_LIB", settings->directory, NULL, false);
    set(&building, "TIMTAPE_SESSION", settings->session, NULL, false);
    set(&building, "TIMTAPE_SCORE", settings->score, NULL, false);
    if (settings->sdk != NULL)
        set(&building, "TIMTAPE_SDK", settings->sdk, NULL, false);
    if (!building.failed)
        return building.entry;
memory:
    loader_environment_free(building.entry);
    fault_set(fault, FAULT_INTERNAL, "out of memory for the app's environment");
    return NULL;
}

void
loader_environment_free(char **environment)
{
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++)
        free(environment[i]);
    free(environment);
}
