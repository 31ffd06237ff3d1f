// SPDX-License-Identifier: MIT
#include "recorder/proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Parent of a process, 0 when it is gone or a zombie. */
static uint32_t
parent_of(uint32_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[got] = '\0';
    /* The name in parentheses may hold anything. */
    const char *at = strrchr(text, ')');
    unsigned parent = 0;
    char state = 'Z';
    if (at == NULL || sscanf(at + 1, " %c %u", &state, &parent) != 2 || state == 'Z' || state == 'X')
        return 0;
    return parent;
}

void
proc_describe(uint32_t pid, uint32_t *parent, char **program)
{
    char path[64], target[4096];
    *parent = parent_of(pid);
    *program = NULL;
    snprintf(path, sizeof path, "/proc/%u/exe", pid);
    ssize_t bytes = readlink(path, target, sizeof target - 1);
    if (bytes > 0) {
        target[bytes] = '\0';
        const char *slash = strrchr(target, '/');
        *program = strdup(slash != NULL ? slash + 1 : target);
    }
}

#define MOST_STEPS 64

static bool
descends(uint32_t pid, uint32_t from)
{
    for (unsigned steps = 0; steps < MOST_STEPS && pid > 1; steps++) {
        pid = parent_of(pid);
        if (pid == from)
            return true;
    }
    return false;
}

bool
proc_descendants(bool (*found)(void *context, pid_t pid), void *context)
{
    uint32_t self = (uint32_t)getpid();
    bool result = false;
    DIR *all = opendir("/proc");
    if (all == NULL)
        return false;
    const struct dirent *entry;
    while (!result && (entry = readdir(all)) != NULL) {
        char *end;
        unsigned long pid = strtoul(entry->d_name, &end, 10);
        if (*end == '\0' && pid > 0 && pid <= INT32_MAX && descends((uint32_t)pid, self))
            result = found(context, (pid_t)pid);
    }
    closedir(all);
    return result;
}

bool
proc_maps(pid_t pid, const char *path)
{
    char name[64], *line = NULL;
    size_t room = 0, length = strlen(path);
    bool found = false;
    snprintf(name, sizeof name, "/proc/%d/maps", (int)pid);
    FILE *file = fopen(name, "re");
    if (file == NULL)
        return false;
    ssize_t bytes;
    while (!found && (bytes = getline(&line, &room, file)) > 0) {
        if (line[bytes - 1] == '\n')
            line[--bytes] = '\0';
        found = (size_t)bytes > length && strcmp(line + bytes - length, path) == 0 &&
                line[bytes - (ssize_t)length - 1] == ' ';
    }
    free(line);
    fclose(file);
    return found;
}
