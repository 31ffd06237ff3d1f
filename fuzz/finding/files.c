// SPDX-License-Identifier: MIT
/* Files that are there as a whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/finding/inside.h"

static int
write_all(int file, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t count = write(file, text, bytes);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        text += count;
        bytes -= (size_t)count;
    }
    return 0;
}

int
finding_write(int folder, const char *name, const char *text, size_t bytes, struct fault *fault)
{
    char temporary[200];
    snprintf(temporary, sizeof temporary, ".%.150s.%d", name, (int)getpid());
    int file = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0)
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot write %s", name);
    int result = write_all(file, text, bytes);
    if (close(file) != 0 || result != 0 || renameat(folder, temporary, folder, name) != 0) {
        fault_errno(fault, FAULT_CANNOT_RUN, "cannot write %s", name);
        unlinkat(folder, temporary, 0);
        return -1;
    }
    return 0;
}

char *
finding_read(int folder, const char *name, size_t most, size_t *bytes, struct fault *fault)
{
    struct stat status;
    /* Not blocking: a pipe of that name must not hold us. */
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        fault_errno(fault, errno == ENOENT ? FAULT_NOT_FOUND : FAULT_CANNOT_RUN, "%s", name);
        return NULL;
    }
    char *text = NULL;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        fault_set(fault, FAULT_DATA, "%s: not a regular file", name);
    else if ((uint64_t)status.st_size > most)
        fault_set(fault, FAULT_DATA, "%s: larger than %zu bytes", name, most);
    else if ((text = malloc((size_t)status.st_size + 1)) == NULL)
        fault_set(fault, FAULT_INTERNAL, "out of memory");
    *bytes = 0;
    while (text != NULL && *bytes < (size_t)status.st_size) {
        ssize_t count = read(file, text + *bytes, (size_t)status.st_size - *bytes);
        if (count <= 0)
            break;
        *bytes += (size_t)count;
    }
    if (text != NULL)
        text[*bytes] = '\0';
    close(file);
    return text;
}

int
finding_folder(int parent, const char *name, bool make, struct fault *fault)
{
    if (make && mkdirat(parent, name, 0777) != 0 && errno != EEXIST)
        return fault_errno(fault, FAULT_CANNOT_RUN, "cannot make the folder %s", name);
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return fault_errno(fault, errno == ENOENT ? FAULT_NOT_FOUND : FAULT_CANNOT_RUN, "%s", name);
    return folder;
}
