// SPDX-License-Identifier: MIT
/* For readers that take a path: the input as a file, in memory where there is such a place. */
#ifndef FUZZ_TARGETS_FILE_H
#define FUZZ_TARGETS_FILE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char input_path[64];

static void
remove_input(void)
{
    unlink(input_path);
}

/* The file's path; the same one each time. */
static const char *
input_file(const uint8_t *data, size_t size)
{
    if (input_path[0] == '\0') {
        const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(input_path, sizeof input_path, "%s/timtape-fuzz-%ld", folder, (long)getpid());
        atexit(remove_input);
    }
    int fd = open(input_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0)
        abort();
    return input_path;
}

#endif
