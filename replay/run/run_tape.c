// SPDX-License-Identifier: MIT
#include "replay/run/run_tape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/run/run.h"
#include "traces/scenario.h"

/* The app's own process: the one that no other process of the tape made. */
static struct judge_end
process_end(struct tape_reader *tape)
{
    struct tape_process process;
    struct judge_end end = {.how = JUDGE_END_UNKNOWN};
    uint32_t pids[256], parents[256], count = 0;
    struct judge_end ends[256];
    while (tape_next_process(tape, &process, NULL) == 1) {
        if (count == sizeof pids / sizeof *pids)
            continue;
        pids[count] = process.pid;
        parents[count] = process.parent;
        ends[count++] = judge_parse_end(process.ended);
    }
    for (uint32_t i = count; i-- > 0;) {
        bool made_here = false;
        for (uint32_t j = 0; j < count; j++)
            made_here |= pids[j] == parents[i] && j != i;
        if (!made_here)
            end = ends[i];
    }
    return end;
}

struct judge_end
run_tape_end(struct tape_reader *tape)
{
    const char *ended = tape_meta(tape, "ended");
    return ended != NULL ? judge_parse_end(ended) : process_end(tape);
}

int64_t
run_tape_duration(struct tape_reader *tape)
{
    const char *text = tape_meta(tape, "duration_ns");
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

int64_t
run_tape_started(struct tape_reader *tape)
{
    const char *text = tape_meta(tape, "started_ns");
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

uint64_t
run_tape_overslept(struct tape_reader *tape)
{
    const char *text = tape_meta(tape, "overslept_ns");
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

void
run_tape_notes(struct tape_reader *tape, struct verdict *verdict)
{
    struct tape_loss loss;
    struct tape_hole hole;
    uint64_t lost = 0;
    while (tape_next_loss(tape, &loss, NULL) == 1)
        lost += loss.dropped;
    while (tape_next_hole(tape, &hole, NULL) == 1)
        lost += hole.last - hole.first + 1;
    if (lost > 0)
        verdict_note(verdict,
                     "the tape itself has lost %" PRIu64 " edges: what needs them cannot be replayed", lost);
    if (!tape_complete(tape))
        verdict_note(verdict, "the tape was not finished; `timtape recover` finishes it");
}

void
run_tape_words(char *const argv[], char *text, size_t room)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; argv[i] != NULL; i++) {
        if (used + 2 * strlen(argv[i]) + 16 > room) {
            snprintf(text, room, "APP");
            return;
        }
        if (i > 0)
            text[used++] = ' ';
        judge_quote(argv[i], text + used, room - used);
        used += strlen(text + used);
    }
}

char *
run_recorded_command(const char *path)
{
    struct fault fault;
    struct tape_reader *tape = scenario_is(path) ? NULL : tape_open(path, &fault);
    if (tape == NULL)
        return NULL;
    const char *command = tape_meta(tape, "command");
    char *text = command != NULL ? strdup(command) : NULL;
    tape_close(tape);
    return text;
}
