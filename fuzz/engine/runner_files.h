// SPDX-License-Identifier: MIT
#ifndef FUZZ_ENGINE_RUNNER_FILES_H
#define FUZZ_ENGINE_RUNNER_FILES_H

#include <stddef.h>

#include "base/fault.h"

struct runner_files {
    char **paths;
    size_t count, room;
};

/* A file, or everything below a folder, by name. -1: it is not there, or no memory. */
int runner_files_add(struct runner_files *files, const char *path, struct fault *fault);
void runner_files_free(struct runner_files *files);

#endif
