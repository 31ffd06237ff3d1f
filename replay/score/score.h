// SPDX-License-Identifier: MIT
/*
 * The score: what the stand-in plays from. One flat file of shared memory (tmpfs, 0600, path in
 * the environment TIMTAPE_SCORE) that `timtape replay` makes from a tape before the app starts and
 * that every process of the app maps:
 *
 *   struct score | processes | threads | events | values | edges | before | texts   read-only in the app
 *   struct score_live | process, thread, event and edge state | times               read-write, page-aligned
 *
 * Indexes (event, edge, thread, process) are 32 bits and count from 0; SCORE_NONE is "no such".
 * Events stand in the order of their tape numbers, edges in the total order that is played: the recorded
 * one, unless chaos was asked for.
 *
 * An *app edge* (call enter, callback leave) is made by the app and counts when it arrives, also
 * when it arrives early. An *SDK edge* (call leave, callback enter) is made by the stand-in, when the
 * cursor stands on it (everything before it has happened) and not before it is due; in other orders than the
 * strict one also when everything has happened that must (score_before), see score.patience_ns.
 *
 * How the judge pairs live with recorded:
 *  - a call: score_event_live.seq is the number of its live enter edge in the ring (set when it was claimed);
 *  - a callback nested in a call: the n-th callback live in that call is the n-th ISSUED callback of the
 * recorded call;
 *  - any other callback: score_thread_live.runner is the live thread that plays a recorded thread; its
 *    n-th top-level callback is the n-th ISSUED event of the list score_thread.first_back.
 *
 * The read-write part uses lock-free atomics and process-shared futexes only: a process that is
 * killed at any point leaves nothing locked (a mail slot it owned is given back by score_tend).
 */
#ifndef REPLAY_SCORE_H
#define REPLAY_SCORE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCORE_ENV "TIMTAPE_SCORE" /* path of the score */
#define SCORE_MAGIC "TIMTSCO\1"
#define SCORE_LAYOUT 5
#define SCORE_NONE UINT32_MAX
#define SCORE_MAILS 64
#define SCORE_LINE 128

/* ---- read-only part -------------------------------------------------------------------------- */

struct score {
    char magic[8];
    uint32_t layout;
    uint32_t entries; /* API_ENTRIES of the build that made it: ids are good for one build only */
    uint64_t bytes;   /* of the whole file */
    uint64_t fixed;   /* bytes of the read-only part; struct score_live begins here */

    uint32_t processes, threads, events, edges;
    uint64_t processes_at, threads_at, events_at, values_at, edges_at, texts_at; /* offsets from the start */
    uint64_t first_at; /* uint32_t[entries]: first event of each entry id, or SCORE_NONE */
    uint64_t processes_live_at, threads_live_at, events_live_at, edges_live_at;

    uint64_t clock_at;    /* struct score_clock (score_clock.h), 0: real time */
    uint64_t sdk_version; /* offset of its text, 0 when unknown */
    uint32_t max;         /* --speed max: nothing waits for time */
    uint32_t from;        /* edges before this one are played as fast as it goes */
    uint32_t strict;      /* --match strict: getters are calls as any other, no event is a SCORE_GETTER */
    uint32_t tracer;      /* process whose children may debug the app, also where Yama forbids it; 0: none */
    uint64_t stall_ns;    /* longest wait of the stand-in for a judge that makes no progress */
    uint64_t grace_ns;    /* how long an edge waits for a synchronous getter before it is skipped */
    uint64_t patience_ns; /* how long an SDK edge that its causes allow waits for what is recorded before it:
                             UINT64_MAX strict order, 0 causal order, else (chaos) the scheduled order is
                             wished for */
    /* Fuzzing: nobody judges. The app's calls are matched leniently, and what it does not do is waived after
     * patience_ns. */
    uint32_t free;
    uint32_t
        fork; /* event: the call in which the app becomes a fork server (standin/fork.c), or SCORE_NONE */
    /* Not in strict order, 0 there. */
    uint64_t first_before_at; /* uint32_t[edges + 1]: where an edge's predecessors begin and end ... */
    uint64_t before_at;       /* ... in this list */
    uint64_t times_live_at;   /* int64_t[edges], see score_time */
};

struct score_process {
    uint32_t pid;         /* as recorded */
    uint32_t first_event; /* its first event, or SCORE_NONE */
    uint32_t exit_edge; /* first edge of the tape after the process began to exit, edges when it never did */
    uint32_t ended;     /* 1: it ended, of itself or not, before the recording did */
};

enum score_thread_flags {
    SCORE_CALLS = 1, /* the app made top-level calls on it */
    SCORE_BACKS = 2, /* an SDK thread: it has top-level callbacks; the stand-in starts one thread for it */
    SCORE_EXTRA = 4, /* not on the tape: plays callbacks that came inside a callback without a call between
                        (signal handlers); `number` is the recorded thread they came on */
};

struct score_thread {
    uint32_t number; /* as in the tape */
    uint32_t pid, tid;
    uint32_t process;
    uint32_t first_call; /* first top-level call, then score_event.next */
    uint32_t first_back; /* first top-level callback, then score_event.next */
    uint32_t flags;
    char name[16];
};

enum score_event_flags {
    SCORE_CALLBACK = 1,
    SCORE_IGNORED = 2,   /* its edges do not count: recorded after the process began to exit, made by the SDK
                            itself inside a call, or not known to this build. Neither expected nor missed. */
    SCORE_GETTER = 4,    /* synchronous getter: may be called more or less often than recorded */
    SCORE_IN_FLIGHT = 8, /* no leave edge on the tape, and none of what it is nested in has one */
    SCORE_LOST_LEAVE = 16, /* no leave edge, but what it is nested in did leave (longjmp, lost edge) */
    SCORE_THREW = 32,
    SCORE_AFTER_EXIT = 64, /* IGNORED because of the exit mark */
};

/* What is nested: a call holds callbacks, a callback holds calls (all else is IGNORED or on an
 * EXTRA thread), so that one list per parent is enough. */
struct score_event {
    uint64_t seq; /* in the tape */
    uint32_t thread;
    uint32_t parent; /* event it is nested in, or SCORE_NONE */
    uint32_t cause;  /* callbacks: the call or registration, SCORE_NONE: unknown */
    uint32_t child;  /* first event nested in it */
    uint32_t next;   /* next of the same parent; top level: next of the same thread and kind */
    uint32_t enter;  /* edge */
    uint32_t leave;  /* edge or SCORE_NONE */
    uint32_t values; /* index of its first value: the arguments by position, then (calls) the result */
    uint16_t api;    /* entry id of the signature it was recorded with; IGNORED ones may have UINT16_MAX */
    uint8_t via;     /* callbacks: 1 = second callback parameter of the cause */
    uint8_t flags;
    uint32_t pad;
};

/* One argument or result. Integers: `bits`, sign extended. Text: `bits` is the offset of the
 * NUL-terminated bytes, `bytes` their number, RING_NONE for NULL. API_OUT: the text that is
 * written back (RING_NONE: NULL was passed). API_FN: 0 or a token. API_USER, API_VOID: 0. */
struct score_value {
    uint64_t bits;
    uint32_t bytes;
    uint32_t pad;
};

struct score_edge {
    int64_t at_ns; /* recorded, already divided by the speed and with --max-gap applied; never decreases */
    uint32_t event;
    uint32_t next_sdk; /* the first counted SDK edge after this one, or SCORE_NONE */
    uint8_t leave;     /* 0 enter, 1 leave */
    uint8_t app;       /* 1: made by the app */
    uint8_t counted;   /* 0: of an IGNORED event, or after its process began to exit: nobody waits for it */
    uint8_t pad;
    uint32_t gap_ms; /* the recorded pause before it, however much of it is played */
};

/* What must have happened before an edge. */
struct score_before {
    uint32_t edge;
    uint32_t timed; /* 1: it sets the time of the edge, too */
};

/* ---- read-write part ------------------------------------------------------------------------- */

enum score_edge_state {
    SCORE_EDGE_DONE = 1,    /* happened (or does not count) */
    SCORE_EDGE_SLEEPER = 2, /* a thread sleeps on this word until it is its turn */
    SCORE_EDGE_TIMER = 4,   /* ... until its time: to be woken only if the edge will not happen any more */
    SCORE_EDGE_WAITED = 8,  /* threads sleep on this word until it has happened */
};

enum score_event_state {
    SCORE_FREE = 0,
    SCORE_CLAIMED = 1, /* call: matched with a live call; not yet returned */
    SCORE_ISSUED = 2,  /* callback: handed to the app; not yet returned */
    SCORE_LEFT = 3,    /* its leave happened */
    SCORE_SKIPPED = 4, /* a getter that was not called, or skipped by the judge */
    SCORE_DROPPED = 5, /* callback: nobody to deliver to (its cause was never called live) */
};

struct score_event_live {
    _Atomic uint32_t state;  /* enum score_event_state */
    _Atomic uint32_t hint;   /* callbacks: first nested call that may still be free */
    _Atomic uint64_t owner;  /* live pid << 32 | tid */
    _Atomic uint64_t seq;    /* calls: live ring number of the enter edge, 0 unknown */
    _Atomic int64_t late_ns; /* SDK edge of the event (callback enter, call leave): issued - due */
    _Atomic int64_t
        app_late_ns;        /* app edge (call enter, callback leave): arrived - due, less what was ours */
    _Atomic uint64_t fn[2]; /* calls: the live callbacks, NULL as 0 */
    _Atomic uint64_t user;  /* calls: the live user data */
    _Atomic uint32_t image; /* calls: program image they belong to (kept over fork, new after exec) */
    uint32_t pad;
};

struct score_thread_live {
    _Atomic uint64_t app;    /* live thread bound to its calls, pid << 32 | tid, or 0 */
    _Atomic uint64_t runner; /* live thread that delivers its callbacks, or 0 */
    _Atomic uint32_t hint;   /* first top-level call that may still be free */
    uint32_t pad;
};

struct score_process_live {
    _Atomic uint32_t pid;     /* live process, 0: not met yet */
    _Atomic uint32_t exiting; /* 1: in its exit handlers, holding for the last callbacks; 2: let go */
};

/*
 * One request of the stand-in to the judge: "which recorded call is this live call?" The
 * asker takes a FREE slot (-> FILLING), fills the question, stores ASKED (release), rings the bell
 * (score_live.bell, futex) and sleeps on `state`. The judge fills the answer, stores ANSWERED and
 * wakes `state` (score_answer does both). The asker frees the slot.
 */
enum score_mail_state { SCORE_MAIL_FREE, SCORE_MAIL_FILLING, SCORE_MAIL_ASKED, SCORE_MAIL_ANSWERED };
enum score_mail_answer {
    SCORE_MATCHED = 1,   /* `event` is the recorded call; the stand-in claims and plays it */
    SCORE_UNMATCHED = 2, /* return `result` (policy), no callbacks, out-buffers "" */
    SCORE_LIKE = 3,      /* return result and out-buffers recorded for `event` without claiming it; what it
                            completed with on the tape comes soon, too */
};

struct score_mail {
    alignas(64) _Atomic uint32_t state;
    uint32_t api;           /* entry id of the live call */
    _Atomic uint64_t owner; /* live pid << 32 | tid */
    uint64_t seq;           /* live ring number of its enter edge; 0: not known (no ring) */
    uint32_t context;       /* recorded callback it is made in, or SCORE_NONE: top level or an unknown one */
    uint32_t thread;        /* recorded thread the live thread is bound to, or SCORE_NONE */
    uint32_t candidate;     /* the next free recorded call of that function in that context, or SCORE_NONE */
    uint32_t answer;        /* enum score_mail_answer */
    uint32_t event;
    uint64_t result;
    int32_t code;       /* SCORE_UNMATCHED with `completes`: the completion callback comes with this code */
    uint32_t completes; /* ... soon, on a thread of the SDK's, with "" for texts */
};

struct score_live {
    /* Set by the judge's side. */
    _Atomic uint64_t start_ns; /* CLOCK_MONOTONIC of recorded time 0; 0: the first call sets it */
    _Atomic uint32_t abort;    /* stop playing: every wait ends, calls return a failure at once */
    _Atomic uint32_t finished; /* the verdict is known, nothing more is delivered; blocked calls return */
    _Atomic uint32_t gate; /* SDK edges from this edge on are held back (--until, pause, step); SCORE_NONE */
    _Atomic uint32_t
        heartbeat; /* the judge adds one per pass; standing still for stall_ns means it is dead */

    /* Order. */
    alignas(SCORE_LINE) _Atomic uint32_t cursor; /* first edge that has not happened; == edges: all done */
    _Atomic uint32_t vain;        /* chaos: edge + 1 for which patience ended while the cursor stood on it */
    _Atomic uint64_t progress_ns; /* CLOCK_MONOTONIC when the cursor last moved; not in strict
                                     order: when any edge last happened */

    /* Time. */
    alignas(SCORE_LINE) _Atomic int64_t slip; /* ns; never shrinks */
    _Atomic int64_t pending;                  /* ns the app was later since an SDK edge was last punctual */
    _Atomic int64_t last_late;                /* lateness of the SDK edge issued last */
    /* The SDK edge issued last is on its way through the shim. Its record is in the ring as soon as
     * that ring slot's `current` is past `issue_before` (callback enter) or its `head` is no longer
     * `issue_before` (call leave). The next one waits for that, so that the ring's order is the recorded one.
     */
    _Atomic uint64_t issue_before;
    _Atomic uint64_t issue_owner; /* live thread that issued it, 0: nothing to wait for */
    _Atomic uint32_t issue_slot;  /* its ring slot + 1, 0: it had none yet */
    _Atomic uint32_t issue_enter; /* 1: callback enter, 0: call leave */

    /* Counts for the verdict. */
    alignas(SCORE_LINE) _Atomic uint32_t images; /* last program image number given out */
    _Atomic uint32_t dropped;                    /* callbacks with nobody to deliver to */
    _Atomic uint32_t failed_threads;             /* SDK threads that could not be started */
    _Atomic uint64_t asked;                      /* questions to the judge */
    _Atomic uint64_t extra_getters; /* getter calls answered without a recorded one of their own */
    _Atomic uint32_t skipped_getters;
    _Atomic uint32_t owed; /* completions of calls that the tape does not have, still to come */

    alignas(SCORE_LINE) _Atomic uint32_t bell; /* futex (shared): +1 per question */
    struct score_mail mail[SCORE_MAILS];
};

/* ---- access ---------------------------------------------------------------------------------- */

/* The first recorded event of an entry id, or SCORE_NONE. */
static inline uint32_t
score_first(const struct score *score, uint32_t api)
{
    return api < score->entries ? ((const uint32_t *)((const char *)score + score->first_at))[api]
                                : SCORE_NONE;
}

static inline const struct score_process *
score_process(const struct score *score, uint32_t index)
{
    return (const struct score_process *)((const char *)score + score->processes_at) + index;
}

static inline const struct score_thread *
score_thread(const struct score *score, uint32_t index)
{
    return (const struct score_thread *)((const char *)score + score->threads_at) + index;
}

static inline const struct score_event *
score_event(const struct score *score, uint32_t index)
{
    return (const struct score_event *)((const char *)score + score->events_at) + index;
}

static inline const struct score_value *
score_values(const struct score *score, const struct score_event *event)
{
    return (const struct score_value *)((const char *)score + score->values_at) + event->values;
}

static inline const struct score_edge *
score_edge(const struct score *score, uint32_t index)
{
    return (const struct score_edge *)((const char *)score + score->edges_at) + index;
}

/* The text of a value, NULL for NULL. */
static inline const char *
score_text(const struct score *score, const struct score_value *value)
{
    return value->bytes == UINT32_MAX ? NULL : (const char *)score + value->bits;
}

static inline struct score_live *
score_live(const struct score *score)
{
    return (struct score_live *)((uintptr_t)score + score->fixed);
}

static inline struct score_process_live *
score_process_live(const struct score *score, uint32_t index)
{
    return (struct score_process_live *)((uintptr_t)score + score->processes_live_at) + index;
}

static inline struct score_thread_live *
score_thread_live(const struct score *score, uint32_t index)
{
    return (struct score_thread_live *)((uintptr_t)score + score->threads_live_at) + index;
}

static inline struct score_event_live *
score_event_live(const struct score *score, uint32_t index)
{
    return (struct score_event_live *)((uintptr_t)score + score->events_live_at) + index;
}

static inline _Atomic uint32_t *
score_edge_live(const struct score *score, uint32_t index)
{
    return (_Atomic uint32_t *)((uintptr_t)score + score->edges_live_at) + index;
}

static inline bool
score_is_strict(const struct score *score)
{
    return score->patience_ns == UINT64_MAX;
}

/* What must have happened before an edge; *count of them. Not in strict order. */
static inline const struct score_before *
score_before(const struct score *score, uint32_t edge, uint32_t *count)
{
    const uint32_t *first = (const uint32_t *)((const char *)score + score->first_before_at) + edge;

    *count = first[1] - first[0];
    return (const struct score_before *)((const char *)score + score->before_at) + first[0];
}

/*
 * Not in strict order. Causal: the moment (CLOCK_MONOTONIC ns, less the slip) that counts as that of the edge
 * for what follows from it, which for an SDK edge is when it was due. Chaos: when it happened. 0: it did not.
 */
static inline _Atomic int64_t *
score_time(const struct score *score, uint32_t index)
{
    return (_Atomic int64_t *)((uintptr_t)score + score->times_live_at) + index;
}

#endif
