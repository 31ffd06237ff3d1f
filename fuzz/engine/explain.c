// SPDX-License-Identifier: MIT
#include "fuzz/engine/explain.h"

#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define LINES 16

static int output = -1;

int
explain_open(const char *file, struct fault *fault)
{
    output = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return output >= 0 ? 0 : fault_errno(fault, FAULT_CANNOT_RUN, "TIMTAPE_FUZZ_EXPLAIN=%.200s", file);
}

void
explain_note(const char *sentences, const char *text, size_t size)
{
    struct iovec parts[LINES * 2 + 1];
    int count = 0;
    off_t length = (off_t)size;

    if (output < 0)
        return;
    while (*sentences != '\0' && count < LINES * 2) {
        size_t line = strcspn(sentences, "\n") + 1;

        parts[count++] = (struct iovec){(void *)"# ", 2};
        parts[count++] = (struct iovec){(void *)sentences, line};
        length += 2 + (off_t)line;
        sentences += line;
    }
    parts[count++] = (struct iovec){(void *)text, size};
    /* What cannot be written is not worth ending a run for. */
    if (pwritev(output, parts, count, 0) < 0 || ftruncate(output, length) != 0)
        return;
}
