// SPDX-License-Identifier: MIT
/*
 * The trace mutator: other histories made from a recorded one. Order (what comes when, twice, never),
 * identity (whose message, which conversation) and payload (fuzz/mutate) change together; each change is told
 * as a sentence. A callback is only moved to where the SDK could have delivered it: after the call that
 * brought it or that registered its listener, within the session.
 *
 *   change.c        which change, where; the exhaustive first pass
 *   change_order.c  left out, twice, moved, exchanged, again later, late, error, batches
 *   change_id.c     ids: renamed everywhere, or broken on purpose
 *   change_place.c  where a callback may be; change_text.c  sentences and texts
 *
 * Deterministic: the same trace and seed give the same result. One changer, one thread.
 */
#ifndef FUZZ_APP_CHANGE_H
#define FUZZ_APP_CHANGE_H

#include "fuzz/app/trace.h"
#include "fuzz/model/random.h"
#include "fuzz/mutate/mutate.h"

enum change_kind {
    CHANGE_DROP,
    CHANGE_TWICE, /* a second time at once */
    CHANGE_SWAP,  /* with the next one */
    CHANGE_ERROR, /* a completion says that it failed */
    CHANGE_LATE,  /* as late as can be */
    CHANGE_EARLY, /* as early as can be */
    CHANGE_AGAIN, /* a second time at the end */
    CHANGE_PASS,  /* so many kinds make the exhaustive pass */
    CHANGE_MOVE = CHANGE_PASS,
    CHANGE_DELAY,
    CHANGE_REPLAY, /* a second time, anywhere later */
    CHANGE_SPLIT,
    CHANGE_MERGE,
    CHANGE_ID,     /* an id of one callback is another one */
    CHANGE_RENAME, /* an id is another one wherever it is */
    CHANGE_VALUE,  /* a payload or scalar step of fuzz/mutate */
    CHANGE_KINDS
};
const char *change_name(enum change_kind kind);

#define CHANGE_MOST 8
#define CHANGE_SENTENCE 320
struct change {
    enum change_kind kind;
    uint32_t of;  /* recorded callback (trace_step.of) */
    uint64_t key; /* the same for the same kind of change of the same callback: what is known of it */
    char sentence[CHANGE_SENTENCE];
};
struct change_list {
    struct change list[CHANGE_MOST];
    unsigned count;
};

struct changer;
struct change_options {
    struct mutator *mutator; /* payload steps; NULL: none */
    int64_t from_ns;         /* nothing is delivered before (player_fork_ns) */
    bool (*wanted)(void *context, const struct tape_event *event); /* only these are changed; NULL: all */
    void *context;
};
/* `base` and the mutator must live as long. */
struct changer *changer_new(const struct trace_base *base, const struct change_options *options,
                            struct fault *fault);
void changer_free(struct changer *changer);
/* Later learned: the player knows it after the first run. */
void changer_from(struct changer *changer, int64_t from_ns);

/* The exhaustive pass: the base with change number `index`. 1: made; 0: it cannot be made; -1: no memory. */
uint64_t changer_pass(const struct changer *changer);
int changer_one(struct changer *changer, uint64_t index, struct trace *trace, struct arena *arena,
                struct change_list *done);
/* Changes `trace` once or some times. 1: changed, 0: it could not be, -1: no memory. New texts are in
 * `arena`. */
int changer_step(struct changer *changer, struct trace *trace, struct arena *arena, uint64_t seed,
                 struct change_list *done);
/* How a run with these changes went. What mostly ends in a bug that is known is done seldom from then on. */
void changer_learn(struct changer *changer, const struct change_list *done, bool died);

#endif
