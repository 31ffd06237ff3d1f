// SPDX-License-Identifier: MIT
/*
 * What libFuzzer, and AFL++'s driver for its targets, call. All in one object: libFuzzer's hooks but for
 * LLVMFuzzerTestOneInput are weak, and the linker takes no archive member for the sake of a weak name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/engine/session.h"

#define PUBLIC __attribute__((visibility("default")))

PUBLIC int LLVMFuzzerInitialize(int *argc, char ***argv);
PUBLIC int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    int status = session_begin();

    (void)argc;
    (void)argv;
    if (status != 0)
        exit(status);
    if (session.options.list) {
        session_list();
        exit(0);
    }
    return 0;
}

/* AFL++'s driver warms targets up with the first four bytes of its own mark; a handler that breaks on them
 * would keep afl-fuzz from starting at all. */
static bool
is_warm_up(const uint8_t *data, size_t size)
{
    return size == 4 && memcmp(data, "##SI", 4) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* OSS-Fuzz's and other drivers may leave LLVMFuzzerInitialize out. */
    if (!session.ready)
        LLVMFuzzerInitialize(NULL, NULL);
    if (!is_warm_up(data, size))
        session_input((const char *)data, size);
    return 0;
}
