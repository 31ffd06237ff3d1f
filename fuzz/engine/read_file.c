// SPDX-License-Identifier: MIT
#include "fuzz/engine/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

char *
read_file(const char *path, size_t *size, struct fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0, room = 1 << 16;
    char *data = fd >= 0 ? malloc(room) : NULL;

    while (data != NULL) {
        ssize_t got = read(fd, data + used, room - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            if (got == 0) {
                close(fd);
                *size = used;
                return data;
            }
            break;
        }
        used += (size_t)got;
        if (used == room) {
            char *grown = realloc(data, room *= 2);
            if (grown == NULL)
                break;
            data = grown;
        }
    }
    fault_errno(fault, FAULT_NOT_FOUND, "%s", path);
    free(data);
    if (fd >= 0)
        close(fd);
    return NULL;
}
