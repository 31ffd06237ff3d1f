// SPDX-License-Identifier: MIT
#include "replay/report/report_path.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

const char *
report_path(const char *path)
{
    char here[PATH_MAX];
    size_t length = path[0] == '/' && getcwd(here, sizeof here) != NULL ? strlen(here) : 0;
    if (length > 1 && strncmp(path, here, length) == 0 && path[length] == '/')
        path += length + 1;
    while (strncmp(path, "./", 2) == 0) {
        path += 2;
        while (*path == '/')
            path++;
    }
    return path;
}

const char *
report_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}
