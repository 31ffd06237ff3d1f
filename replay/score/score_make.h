// SPDX-License-Identifier: MIT
/*
 * Making and steering a score from outside the app: `timtape replay` builds it, the judge answers,
 * skips, aborts and finishes. Never included by the stand-in.
 */
#ifndef REPLAY_SCORE_MAKE_H
#define REPLAY_SCORE_MAKE_H

#include "base/fault.h"
#include "replay/schedule/schedule.h"
#include "replay/score/score.h"
#include "traces/tape.h"

enum score_order {
    SCORE_STRICT, /* as recorded: an SDK edge waits for everything before it */
    SCORE_CAUSAL, /* it waits for what must precede it, and keeps its distance from that */
    SCORE_CHAOS,  /* another order, and for how long it is wished for */
};

struct score_options {
    double speed;       /* 1 as recorded, 10 ten times as fast; 0: max, nothing waits for time */
    int64_t max_gap_ns; /* longer pauses between two edges are cut to this; 0: as recorded */
    uint64_t from;      /* everything before the event with this number is due at once; 0: none */
    enum score_order order;
    uint64_t patience_ns; /* SCORE_CHAOS; see score.patience_ns. 0: SCORE_PATIENCE_NS */
    bool seeded;          /* SCORE_CHAOS: with the moves that `seed` makes, else with `moves` */
    uint64_t seed;
    const struct schedule_move *moves;
    uint32_t nmoves;
    uint64_t stall_ns;     /* 0: default, 10 s */
    uint64_t grace_ns;     /* 0: default, 300 ms */
    bool strict;           /* getters are calls as any other: neither more nor fewer than recorded */
    bool virtual_time;     /* the app's clocks follow the tape, see score_clock.h */
    int64_t wall_ns;       /* ... wall time of recorded time 0, ns since 1970; 0: the machine's */
    uint64_t overslept_ns; /* ... by how much a sleeper woke late while it was recorded; 0: not known */
    bool free;             /* fuzzing, see score.free; strict order, patience_ns holds */
    uint64_t fork;         /* ... number of the call to fork in, 0: none */
    const char *directory; /* where the file goes; NULL: /dev/shm if it has room, else TMPDIR, else /tmp */
};

#define SCORE_PATIENCE_NS 100000000u

/* A score and its file. Zero-initialise; score_destroy is safe on that. */
struct score_file {
    struct score *score; /* mapped read-write */
    size_t bytes;
    char path[256];
    int lock; /* while there is a path: held as long as we live, so that others see whether we do */
    struct schedule *schedule; /* what it was made from; edges as recorded, `order` as played */
    struct schedule_move *moves;
    uint32_t nmoves;
};

/*
 * Reads the whole tape (rewound first) and makes its score. The tape is hostile input: references that do
 * not exist or contradict each other, arguments that do not fit the signature and callbacks
 * that do not belong to their cause are FAULT_DATA naming the event. A full file system is
 * FAULT_CANNOT_RUN. On failure nothing is left behind.
 */
int score_create(struct score_file *file, struct tape_reader *tape, const struct score_options *options,
                 struct fault *fault);

/* What a score is made from if not a tape: rows as the tape's reader gives them (tape_next_process and so
 * on), all processes, then all threads, then all events. */
struct score_source {
    int (*process)(void *context, struct tape_process *process, struct fault *fault);
    int (*thread)(void *context, struct tape_thread *thread, struct fault *fault);
    int (*event)(void *context, struct tape_event *event, struct fault *fault);
    void *context;
    const char *sdk_version; /* if no process says it; or NULL */
};
int score_create_from(struct score_file *file, const struct score_source *source,
                      const struct score_options *options, struct fault *fault);
/* Unmaps and unlinks. */
void score_destroy(struct score_file *file);

/* What the play calls now: CLOCK_MONOTONIC, or the virtual clock. */
uint64_t score_play_now(const struct score *score);
/* Recorded time 0 is now; call it just before the app is started. */
void score_begin(struct score *score);
/* Index of the event with that tape number, or SCORE_NONE. */
uint32_t score_find(const struct score *score, uint64_t seq);
/* CLOCK_MONOTONIC ns when this edge is due as things stand now; 0 at --speed max. */
int64_t score_due(const struct score *score, uint32_t edge);

/* Answers a mail slot that is ASKED. SCORE_UNMATCHED: its `code` and `completes` are set before. */
void score_answer(struct score *score, struct score_mail *mail, enum score_mail_answer answer, uint32_t event,
                  uint64_t result);
/* Sleeps until a question may have come, at most `timeout_ns`. `seen`: score_live.bell as read before
 * the mail slots were looked through. */
void score_wait_bell(struct score *score, uint32_t seen, uint64_t timeout_ns);
/* Gives back the mail slots of threads that died while asking. */
void score_tend(struct score *score);

/*
 * The event and all nested in it will not come (tolerated by a rule): its edges no longer hold
 * anything up. Events already claimed or issued are left alone. False if it was already taken.
 */
bool score_skip(struct score *score, uint32_t event);
/* Nothing waits for this call any more, but it may still come: the order is not the tape's. It and what
 * is nested in it stay free. */
void score_waive(struct score *score, uint32_t event);
/* All that is still free of a recorded process (it died). */
void score_skip_process(struct score *score, uint32_t process);
/* SDK edges from `edge` on are held back; SCORE_NONE opens. `paused_ns` is added to the slip. */
void score_gate(struct score *score, uint32_t edge, int64_t paused_ns);
/* Every wait ends; calls return failures at once; nothing more is delivered. */
void score_abort(struct score *score);
/* Nothing more is delivered, held exits and blocked calls go on. */
void score_finish(struct score *score);

#endif
