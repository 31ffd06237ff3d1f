// SPDX-License-Identifier: MIT
#include "recorder/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/recorder_parts.h"

extern char **environ;

static int
put(char **environment, size_t *count, const char *name, const char *value)
{
    char *text;
    if (asprintf(&text, "%s=%s", name, value) < 0)
        return -1;
    size_t length = strlen(name) + 1;
    for (size_t i = 0; i < *count; i++) {
        if (strncmp(environment[i], text, length) == 0) {
            free(environment[i]);
            environment[i] = text;
            return 0;
        }
    }
    environment[(*count)++] = text;
    return 0;
}

char **
environment_make(struct recorder *recorder, char *const argv[], struct fault *fault)
{
    (void)argv;
    size_t count = 0;
    char lib[4096], audit[4200];
    ssize_t bytes = readlink("/proc/self/exe", lib, sizeof lib - 32);
    if (bytes <= 0) {
        fault_errno(fault, FAULT_INTERNAL, "recorder");
        return NULL;
    }
    lib[bytes] = '\0';
    strcpy(strrchr(lib, '/'), "/lib/timtape");
    while (environ[count] != NULL)
        count++;
    char **environment = calloc(count + 8, sizeof *environment);
    for (size_t i = 0; environment != NULL && i < count; i++)
        environment[i] = strdup(environ[i]);
    if (environment == NULL)
        return NULL;
    snprintf(audit, sizeof audit, "%s/audit.so", lib);
    put(environment, &count, "LD_AUDIT", audit);
    put(environment, &count, "TIMTAPE_LIB", lib);
    put(environment, &count, "TIMTAPE_SESSION", ring_path(recorder->ring));
    if (recorder->options.score != NULL)
        put(environment, &count, "TIMTAPE_SCORE", recorder->options.score);
    if (recorder->options.sdk != NULL)
        put(environment, &count, "TIMTAPE_SDK", recorder->options.sdk);
    return environment;
}

void
environment_free(char **environment)
{
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++)
        free(environment[i]);
    free(environment);
}
