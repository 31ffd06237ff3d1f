// SPDX-License-Identifier: MIT
/* The inputs of a folder: libFuzzer's, AFL++'s, those of findings, or else all files. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/finding/inside.h"

#define INPUTS_MOST 200000

static bool
is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool
is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int
add(struct inputs *inputs, const char *path)
{
    if (!is_file(path) || inputs->count == INPUTS_MOST)
        return 0;
    char **more = reallocarray(inputs->paths, inputs->count + 1, sizeof *more);
    if (more == NULL)
        return -1;
    inputs->paths = more;
    more[inputs->count] = strdup(path);
    return more[inputs->count] != NULL ? (inputs->count++, 0) : -1;
}

static bool
is_artifact(const char *name)
{
    static const char *const prefixes[] = {"crash-",     "leak-", "timeout-", "oom-",
                                           "slow-unit-", "id:",   "id_",      NULL};
    for (unsigned i = 0; prefixes[i] != NULL; i++) {
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return false;
}

enum look { LOOK_ARTIFACTS, LOOK_ALL };

static int
scan(const char *folder, enum look look, unsigned depth, struct inputs *inputs)
{
    DIR *list = opendir(folder);
    const struct dirent *entry;
    int result = 0;
    while (list != NULL && result == 0 && (entry = readdir(list)) != NULL) {
        char *path = NULL, *finding = NULL;
        const char *name = entry->d_name;
        if (name[0] == '.' || asprintf(&path, "%s/%s", folder, name) < 0)
            continue;
        bool inner = look == LOOK_ARTIFACTS && is_folder(path);
        if (inner && asprintf(&finding, "%s/input.ndjson", path) > 0 && is_file(finding))
            result = add(inputs, finding);
        else if (inner && depth < 2 && strcmp(name, "queue") != 0)
            result = scan(path, look, depth + 1, inputs);
        else if (look == LOOK_ALL || is_artifact(name))
            result = strcmp(name, "README.txt") != 0 ? add(inputs, path) : 0;
        free(finding);
        free(path);
    }
    if (list != NULL)
        closedir(list);
    return result;
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void
inputs_free(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        free(inputs->paths[i]);
    free(inputs->paths);
    memset(inputs, 0, sizeof *inputs);
}

int
inputs_find(const char *from, struct inputs *inputs, struct fault *fault)
{
    int result;
    memset(inputs, 0, sizeof *inputs);
    if (is_file(from)) {
        result = add(inputs, from);
    } else if (!is_folder(from)) {
        errno = ENOENT;
        return fault_errno(fault, FAULT_NOT_FOUND, "%s", from);
    } else {
        result = scan(from, LOOK_ARTIFACTS, 0, inputs);
        if (result == 0 && inputs->count == 0)
            result = scan(from, LOOK_ALL, 0, inputs);
    }
    if (result != 0) {
        inputs_free(inputs);
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    }
    if (inputs->count > 0)
        qsort(inputs->paths, inputs->count, sizeof *inputs->paths, by_text);
    return 0;
}
