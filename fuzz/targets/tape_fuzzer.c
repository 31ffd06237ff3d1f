// SPDX-License-Identifier: MIT
/* A stranger's tape: opened, and every row of it read. */
#include "fuzz/targets/file_fuzzer.h"
#include "traces/tape.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault fault;
    struct tape_reader *tape = tape_open(input_file(data, size), &fault);
    if (tape == NULL)
        return 0;
    struct tape_event event;
    struct tape_thread thread;
    struct tape_process process;
    struct tape_loss loss;
    struct tape_hole hole;
    const char *key, *value;
    while (tape_next(tape, &event, &fault) == 1)
        ;
    while (tape_next_thread(tape, &thread, &fault) == 1)
        ;
    while (tape_next_process(tape, &process, &fault) == 1)
        ;
    while (tape_next_loss(tape, &loss, &fault) == 1)
        ;
    while (tape_next_hole(tape, &hole, &fault) == 1)
        ;
    while (tape_next_meta(tape, &key, &value, &fault) == 1)
        ;
    tape_close(tape);
    return 0;
}
