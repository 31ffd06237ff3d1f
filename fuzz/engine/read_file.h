// SPDX-License-Identifier: MIT
#ifndef FUZZ_ENGINE_READ_FILE_H
#define FUZZ_ENGINE_READ_FILE_H

#include <stddef.h>

#include "base/fault.h"

/* All bytes of a file, malloc'd; NULL with a fault. */
char *read_file(const char *path, size_t *size, struct fault *fault);

#endif
