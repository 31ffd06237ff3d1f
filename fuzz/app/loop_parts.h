// SPDX-License-Identifier: MIT
/* Inside fuzz/app: what the files of the loop share. */
#ifndef FUZZ_APP_LOOP_PARTS_H
#define FUZZ_APP_LOOP_PARTS_H

#include "fuzz/app/change.h"
#include "fuzz/app/loop.h"
#include "fuzz/coverage/coverage.h"

#define LOOP_CLAIMS 4096
#define LOOP_KEYS 1024
#define LOOP_ENTRIES 256
#define LOOP_MAP 65536
#define LOOP_TAPES 256
#define LOOP_SCRATCH 1024 /* bytes of the name of the folder for what is tried */
#define LOOP_PATH (LOOP_SCRATCH + 64)

/* Shared by all workers. */
struct loop_shared {
    _Atomic int stop;
    char scratch[LOOP_SCRATCH]; /* folder for what is tried: made before the workers, gone after them */
    _Atomic uint32_t findings;
    _Atomic uint64_t claims[LOOP_CLAIMS]; /* signatures that somebody has or had: hash, 0 free */
    struct loop_worker_state {
        _Atomic uint64_t runs, deaths, flaky, news_ns, schema, schema_all;
        _Atomic uint32_t edges, corpus;
        _Atomic int covered, forks, done;
        char no_fork[256];
        struct fault fault; /* valid when done is -1 */
    } workers[LOOP_JOBS];
};

/* A trace that is worth going on from. */
struct loop_entry {
    struct trace trace;
    struct arena *arena;
    struct change_list done;
};

struct loop_corpus {
    struct loop_entry entries[LOOP_ENTRIES];
    unsigned count, next;
    uint64_t seen[LOOP_KEYS * 4]; /* behaviours, hashed */
    uint8_t virgin[LOOP_MAP];
    uint32_t edges;
};

/* How often an app broke in a way that is told from outside. */
struct loop_key {
    uint64_t key;
    uint32_t count;
};

struct loop_worker {
    const struct loop_options *options;
    struct loop_shared *shared;
    struct loop_worker_state *state;
    unsigned index;
    struct trace_base *base;
    struct trace whole; /* as recorded */
    struct trace trace; /* of this run */
    struct arena *arena;
    struct mutator *mutator;
    struct coverage *coverage; /* of the description */
    struct changer *changer;
    struct player *player;
    struct loop_corpus *corpus;
    struct loop_key keys[LOOP_KEYS];
    struct trace_base *tapes[LOOP_TAPES]; /* of the corpus: kept traces have their texts */
    unsigned ntapes;
    struct model_random random;
    uint64_t tries, runs, pass, until_ns;
    bool traced; /* the tracer could say where the app died */
};

uint64_t loop_now(void);
uint64_t loop_hash(uint64_t hash, const void *bytes, size_t count);
/* A file of this worker's in the scratch folder; `path` has LOOP_PATH bytes. */
void loop_path(const struct loop_worker *worker, const char *name, char *path);
bool loop_stopped(const struct loop_worker *worker);

/* loop_worker.c: what a worker process does. */
void loop_work(struct loop_worker *worker);

/* loop_corpus.c */
struct loop_corpus *loop_corpus_new(void);
void loop_corpus_free(struct loop_corpus *corpus);
/* Did this run do what none before did? */
bool loop_news(struct loop_worker *worker, const struct player_result *result);
/* Keeps a copy, in the place of another one when there is no more room. */
int loop_keep(struct loop_corpus *corpus, const struct trace *trace, const struct change_list *done);
/* A deep copy of a trace; texts that are not the base's go to `arena`. */
int loop_copy(struct trace *to, const struct trace *from, struct arena *arena);

/* loop_tapes.c: --corpus */
/* Reads the tapes of the folder: their values are learned, their histories kept, as far as their callbacks
 * have a place in ours. What is no tape is passed over. */
int loop_tapes_read(struct loop_worker *worker, struct fault *fault);
/* Keeps a trace that was news as a tape there. */
int loop_tapes_keep(const struct loop_worker *worker, const struct trace *trace, struct fault *fault);

/* loop_found.c */
/* Is that a finding, and of which kind? Fills `outcome`, as far as one run tells. */
bool loop_broke(const struct loop_worker *worker, const struct trace *trace,
                const struct player_result *result, struct finding_outcome *outcome);
/* What tells runs that broke apart without a stack. */
uint64_t loop_key(const struct trace *trace, const struct player_result *result,
                  const struct finding_outcome *outcome);
/* A run of worker->trace broke. 0, or -1: fault. */
int loop_found(struct loop_worker *worker, const struct change_list *done, const struct player_result *result,
               struct finding_outcome *outcome, struct fault *fault);

/* loop_small.c: make `trace` small as long as it breaks with that key: first what was changed and need not be
 * (`done` keeps the changes that are left), then callbacks and payloads. */
int loop_small_changes(struct loop_worker *worker, struct trace *trace, uint64_t key,
                       struct change_list *done, struct finding_small *sizes, struct fault *fault);
int loop_small_events(struct loop_worker *worker, struct trace *trace, struct arena *arena, uint64_t key,
                      struct finding_small *sizes, struct fault *fault);

/* loop_stack.c: plays `trace` once more under a tracer. True: *outcome has frames now. */
bool loop_stack(struct loop_worker *worker, const struct trace *trace, struct finding_outcome *outcome);

#endif
