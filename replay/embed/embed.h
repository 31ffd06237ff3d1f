// SPDX-License-Identifier: MIT
/* What an open replay is, for the files of this room. The public side is replay.h. */
#ifndef REPLAY_EMBED_H
#define REPLAY_EMBED_H

#include <stdbool.h>

#include "replay/embed/replay.h"
#include "replay/judge/rules.h"
#include "traces/tape.h"

#define EMBED_CALLS 256 /* calls whose names are remembered; others are looked up again */

/* An event as the user sees it, and as it is on the tape. */
struct embed_event {
    struct timtape_event event; /* first: the user's pointer is ours */
    struct tape_event tape;
};

/* A handler that the user bound by name. */
struct embed_binding {
    const struct api_entry *callback; /* with its signature */
    const struct api_entry *function; /* only callbacks of this function's calls, or NULL: all */
    timtape_function handler;
    const void *user_data;
};

/* A callback that a call brought which the code under test really made. */
struct embed_answer {
    uint64_t call; /* on the tape */
    uint8_t via;
    const struct api_entry *callback;
    timtape_function handler;
    const void *user_data;
};

/* A callback and how many of its calls were made again. */
struct embed_scene {
    uint64_t seq;     /* 0: outside of all callbacks */
    uint64_t end_seq; /* 0: to the end of the tape */
    uint64_t call_at; /* calls with a smaller number are used up */
};

/* A delivery under way. On the heap: a handler may be left by longjmp. */
struct embed_frame {
    struct embed_frame *outer;
    struct embed_scene scene;
    char *texts[API_MAX_PARAMS];
    size_t bytes[API_MAX_PARAMS]; /* with the NUL */
};

struct timtape_replay {
    struct tape_reader *stream; /* plays */
    struct tape_reader *lookup; /* looks around meanwhile */
    char imported[256];         /* the temporary tape of a scenario, or "" */
    struct embed_binding *bindings;
    size_t nbindings;
    struct embed_answer *answers;
    size_t nanswers, answers_room;
    struct {
        uint32_t number;
        char name[32];
    } * threads; /* by number */
    size_t nthreads;
    struct {
        uint64_t seq;
        const char *name;
    } calls[EMBED_CALLS]; /* at seq % EMBED_CALLS */

    uint64_t position;       /* the last event that was delivered or passed over */
    struct embed_event next; /* the next one with a handler */
    const struct embed_answer *next_answer;
    const struct embed_binding *next_binding;
    bool have_next, ended;
    uint64_t unhandled; /* up to `position` */
    uint64_t passed;    /* ... and between it and `next` */

    struct rules *rules; /* what else may differ, or NULL */

    struct embed_frame *top; /* innermost */
    struct embed_scene last; /* while no handler runs */
    struct embed_event shown;
    struct fault fault;
};

/* ---- embed_bind.c ---- */
/* 1: `next` of the replay has a handler, noted in next_answer or next_binding; 0: none; -1: fault. */
int embed_handler(struct timtape_replay *replay);

/* ---- embed_event.c ---- */
/* Fills the user's side of an event; `function` as in struct timtape_event. */
void embed_show(const struct timtape_replay *replay, struct embed_event *event, const char *function);
/* The function of a call by its number, NULL: there is none. Moves `lookup`. -1: fault. */
int embed_function(struct timtape_replay *replay, uint64_t call, const char **name);
/* The event of that number into `shown`. Moves `lookup`. 1, 0: there is none, -1. */
int embed_look(struct timtape_replay *replay, uint64_t seq);

/* ---- embed_step.c ---- */
/* What was found ahead may not be the next any more. */
int embed_reconsider(struct timtape_replay *replay);
/* Takes away deliveries, innermost first, down to but not including `until`. */
void embed_frames_free(struct timtape_replay *replay, const struct embed_frame *until);

#endif
