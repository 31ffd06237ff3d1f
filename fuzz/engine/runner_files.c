// SPDX-License-Identifier: MIT
/* The files that the runner was given, folders walked through. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/engine/runner_files.h"

static int
add(struct runner_files *files, const char *path)
{
    if (files->count == files->room) {
        size_t room = files->room * 2 + 16;
        char **grown = realloc(files->paths, room * sizeof *grown);
        if (grown == NULL)
            return -1;
        files->paths = grown;
        files->room = room;
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return -1;
    files->paths[files->count++] = copy;
    return 0;
}

/* afl-fuzz keeps its own notes in hidden folders, and a README.txt beside the crashes. */
static int
is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && strcmp(entry->d_name, "README.txt") != 0;
}

static int
add_folder(struct runner_files *files, const char *folder, unsigned depth, struct fault *fault)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_input, alphasort), status = 0;

    if (count < 0)
        return fault_errno(fault, FAULT_NOT_FOUND, "%s", folder);
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat stat_;

        if (status == 0 &&
            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path &&
            stat(path, &stat_) == 0) {
            if (S_ISDIR(stat_.st_mode))
                status = depth < 32 ? add_folder(files, path, depth + 1, fault) : 0;
            else if (S_ISREG(stat_.st_mode) && add(files, path) != 0)
                status = fault_set(fault, FAULT_INTERNAL, "out of memory");
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

int
runner_files_add(struct runner_files *files, const char *path, struct fault *fault)
{
    struct stat stat_;

    if (stat(path, &stat_) != 0)
        return fault_errno(fault, FAULT_NOT_FOUND, "%s", path);
    if (S_ISDIR(stat_.st_mode))
        return add_folder(files, path, 0, fault);
    return add(files, path) == 0 ? 0 : fault_set(fault, FAULT_INTERNAL, "out of memory");
}

void
runner_files_free(struct runner_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
    *files = (struct runner_files){0};
}
