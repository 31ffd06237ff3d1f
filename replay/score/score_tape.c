// SPDX-License-Identifier: MIT
/* A score from a tape's rows. */
#include "replay/score/score_make.h"

static int
tape_process_row(void *tape, struct tape_process *process, struct fault *fault)
{
    return tape_next_process(tape, process, fault);
}

static int
tape_thread_row(void *tape, struct tape_thread *thread, struct fault *fault)
{
    return tape_next_thread(tape, thread, fault);
}

static int
tape_event_row(void *tape, struct tape_event *event, struct fault *fault)
{
    return tape_next(tape, event, fault);
}

int
score_create(struct score_file *file, struct tape_reader *tape, const struct score_options *options,
             struct fault *fault)
{
    struct score_source source = {.process = tape_process_row,
                                  .thread = tape_thread_row,
                                  .event = tape_event_row,
                                  .context = tape,
                                  .sdk_version = tape_meta(tape, "sdk_version")};

    *file = (struct score_file){0};
    return tape_rewind(tape, 0, fault) != 0 ? -1 : score_create_from(file, &source, options, fault);
}
