// SPDX-License-Identifier: MIT
/* Opening and closing a replay. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/embed/embed.h"
#include "traces/scenario.h"

#define MOST_THREADS 1000000u

static int
load_threads(struct timtape_replay *replay)
{
    struct tape_thread thread;
    size_t room = 0;
    int more;

    while ((more = tape_next_thread(replay->lookup, &thread, &replay->fault)) == 1) {
        if (replay->nthreads == room) {
            room = room == 0 ? 16 : room * 2;
            void *threads =
                room > MOST_THREADS ? NULL : realloc(replay->threads, room * sizeof *replay->threads);
            if (threads == NULL)
                return fault_set(&replay->fault, FAULT_INTERNAL, "out of memory for the tape's threads");
            replay->threads = threads;
        }
        replay->threads[replay->nthreads].number = thread.thread;
        snprintf(replay->threads[replay->nthreads].name, sizeof replay->threads->name, "%s",
                 thread.name != NULL ? thread.name : "");
        replay->nthreads++;
    }
    return more;
}

struct timtape_replay *
timtape_replay_open(const char *path, char *error, size_t room)
{
    struct timtape_replay *replay = calloc(1, sizeof *replay);

    if (replay == NULL) {
        if (error != NULL)
            snprintf(error, room, "out of memory");
        return NULL;
    }
    if (path == NULL)
        fault_set(&replay->fault, FAULT_USAGE, "no path of a tape was given");
    else
        replay->stream = scenario_open(path, NULL, replay->imported, sizeof replay->imported, &replay->fault);
    if (replay->stream != NULL)
        replay->lookup = tape_open(replay->imported[0] != '\0' ? replay->imported : path, &replay->fault);
    /* Open files stay readable: whatever becomes of the test, nothing is left behind. */
    scenario_forget(replay->imported);
    if (replay->lookup != NULL && load_threads(replay) == 0)
        return replay;
    if (error != NULL)
        snprintf(error, room, "%s", replay->fault.text);
    timtape_replay_close(replay);
    return NULL;
}

void
timtape_replay_close(struct timtape_replay *replay)
{
    if (replay == NULL)
        return;
    embed_frames_free(replay, NULL);
    if (replay->stream != NULL)
        tape_close(replay->stream);
    if (replay->lookup != NULL)
        tape_close(replay->lookup);
    rules_free(replay->rules);
    free(replay->bindings);
    free(replay->answers);
    free(replay->threads);
    free(replay);
}

const char *
timtape_replay_error(const struct timtape_replay *replay)
{
    return replay->fault.text;
}

const char *
timtape_replay_meta(const struct timtape_replay *replay, const char *key)
{
    return key != NULL ? tape_meta(replay->lookup, key) : NULL;
}
