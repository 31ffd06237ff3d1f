// SPDX-License-Identifier: MIT
/* What the files of this room share; not for others. */
#ifndef REPLAY_COMPARE_PARTS_H
#define REPLAY_COMPARE_PARTS_H

#include "replay/compare/compare.h"

#define COMPARE_NONE UINT32_MAX

/* An event as it is aligned. Lists: `first` and `last` are what belongs below it (calls in a callback;
 * callbacks in or of a call), `next` goes on in the list it is in. */
struct compare_item {
    uint64_t seq;
    int64_t at_ns;
    uint64_t exact;  /* hash of all bytes that crossed: equal means the same */
    uint64_t digest; /* hash of function and what may not differ */
    uint32_t name;   /* index of compare_tape.name */
    uint32_t thread; /* index of compare_tape.thread */
    uint32_t cause;  /* event, or COMPARE_NONE */
    uint32_t inside; /* event it lies in, or COMPARE_NONE */
    uint32_t above;  /* event whose list it is in; COMPARE_NONE: a thread's, or none */
    uint32_t first, last, next;
    uint32_t pair; /* of the other tape, or COMPARE_NONE */
    bool is_callback : 1;
    bool counts : 1; /* compared at all */
    bool moved : 1;  /* paired, but not in its place */
    bool getter : 1;
    bool has_calls : 1; /* callbacks: the app did something in it */
};

struct compare_thread {
    uint32_t number, pid;
    uint32_t process; /* processes count from 0 by their first thread */
    char name[24];
    uint32_t calls, last_call; /* lists of top-level calls and of callbacks that answer no call */
    uint32_t backs, last_back;
    uint32_t pair;
};

struct compare_name {
    const char *text;
    const struct api_entry *entry; /* newest; NULL: unknown to this build */
    char *owned;
    uint32_t seen;
};

struct compare_tape {
    struct tape_reader *reader;
    struct compare_item *item;
    uint32_t items, room;
    struct compare_thread *thread;
    uint32_t threads;
    struct compare_name *name;
    uint32_t names, names_room;
    uint64_t calls, callbacks;
    int64_t end_ns; /* of the last event */
    /* reading one event again */
    uint64_t at; /* number of the event read last */
};

int compare_load(struct compare_tape *tape, struct tape_reader *reader, struct fault *fault);
void compare_unload(struct compare_tape *tape);
/* The event itself; its texts live until the next one is read from this tape. */
int compare_read(struct compare_tape *tape, uint32_t item, struct tape_event *event, struct fault *fault);
uint32_t compare_find(const struct compare_tape *tape, uint64_t seq);
/* The same function, independent of the tape. */
uint64_t compare_name_key(const struct compare_tape *tape, uint32_t item);
const char *compare_cause_name(const struct compare_tape *tape, uint32_t item);

/* Hashes of one event. */
uint64_t compare_exact(const struct tape_event *event);
uint64_t compare_digest(const struct tape_event *event);
uint64_t compare_mix(uint64_t a, uint64_t b);

/*
 * A longest common subsequence of two rows of keys: match[i] is the place in `b` of a[i], or COMPARE_NONE.
 * Not the longest one when the rows are very different: then *windowed is set. -1: no memory.
 */
int compare_align(const uint64_t *a, uint32_t n, const uint64_t *b, uint32_t m, uint32_t *match,
                  bool *windowed);

/* The pairs of all events: fills item.pair and item.moved on both sides. */
int compare_pair(struct compare_tape tapes[2], const struct match_terms *terms, bool *windowed,
                 struct fault *fault);

#endif
