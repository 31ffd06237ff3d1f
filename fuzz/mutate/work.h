// SPDX-License-Identifier: MIT
/* One step while it is done, and the mutator itself. Private to the room. */
#ifndef FUZZ_MUTATE_WORK_H
#define FUZZ_MUTATE_WORK_H

#include "fuzz/mutate/edit.h"
#include "fuzz/mutate/mutate.h"
#include "fuzz/mutate/mutate_known.h"
#include "fuzz/mutate/operation.h"
#include "fuzz/mutate/pool.h"
#include "fuzz/mutate/spot.h"
#include "fuzz/mutate/value.h"

struct plan;

#define KNOWN_KEY 128

struct mutator {
    struct mutate_options options; /* .targets: own copy */
    size_t budget;
    struct mutate_known known;
    struct pool pool;
    struct plan *plan; /* of the exhaustive pass, made when it is first asked for */
};

struct work {
    struct mutator *mutator;
    struct fuzz_case *c;
    struct arena *arena;
    struct model_random random;
    struct mutation_list *done;
    const struct model_profile *profile;
    struct arena *before;  /* what cJSON used when the step began */
    bool replace;          /* a container of another variant becomes the wanted one; else one more is made */
    bool grow;             /* there is room for more */
    bool no_memory;        /* the step ends with -1 */
    struct mutation spare; /* for records beyond the list */
};

void work_start(struct work *work, struct mutator *mutator, struct fuzz_case *c, struct arena *arena,
                uint64_t seed, struct mutation_list *done);

void work_end(struct work *work);

static inline uint64_t
work_below(struct work *work, uint64_t below)
{
    return random_below(&work->random, below);
}

/* NULL is no memory: noted. */
static inline cJSON *
work_got(struct work *work, cJSON *node)
{
    work->no_memory = work->no_memory || node == NULL;
    return node;
}

/* Notes what was done; the oldest are kept when there are too many. `key`: a member that is not there. The
 * returned record may be filled further; never NULL. */
struct mutation *work_record(struct work *work, const struct spot *spot, enum mutate_operation operation,
                             bool positive, const char *key, const char *was, const char *is);
/* What the place of a spot is now: variation and whether it is as declared, into its record. */
void work_classify(struct work *work, const struct spot *spot, struct mutation *mutation);
/* A value as a sentence shows it; NULL for NULL (or no memory). */
const char *work_show(struct work *work, const cJSON *node);
const char *work_show_value(struct work *work, const struct case_event *event, unsigned param);

/* ---- the parts of a step; each 1: changed, 0: not here ---- */

/* Something at a node of a payload. */
int apply_node(struct work *work, struct spot *spot);
/* Departures that concern a key: its name, once more, one too many. */
int apply_key(struct work *work, struct spot *spot, enum mutate_operation operation);
/* Elements of an array: more, fewer, twice, elsewhere. */
int apply_array(struct work *work, struct spot *spot, enum mutate_operation operation);
/* A value from elsewhere. */
int apply_copy(struct work *work, struct spot *spot);
int apply_splice(struct work *work, struct spot *spot);
/* Makes the place that variation; `name`: of a member that is there no more (its parent is the spot). */
int apply_variation(struct work *work, struct spot *spot, enum model_variation variation);
/* A number or text that is a parameter of the callback. */
int apply_scalar(struct work *work, struct spot *spot);
int apply_scalar_variation(struct work *work, struct spot *spot, enum model_variation variation);
int apply_answer(struct work *work, size_t event);
int apply_payload(struct work *work, struct spot *spot);
int apply_relation(struct work *work, size_t event);
/* Callbacks. */
int apply_sequence(struct work *work);
/* Bytes of one payload; the case is in the syntax lane then. */
int apply_syntax(struct work *work);

/* From a container of a payload down to a place that is declared below it, drawn at random; whatever is
 * needed on the way is made. The spot is then that place. */
int reach_any(struct work *work, struct spot *spot);
/* One step down, made if it is not there; variant < 0: any. False: not declared so, or no memory. */
bool reach_key(struct work *work, struct spot *spot, const struct api_key *key, int variant, bool *made);
bool reach_element(struct work *work, struct spot *spot, int variant, bool *made);

/* The first known finding that the case fulfils, or NULL. The spot is its place; of a key that is absent the
 * object that lacks it, and `key` is its name. */
const struct mutate_predicate *known_find(struct work *work, struct spot *spot, char key[KNOWN_KEY]);
/* Makes that place ordinary. */
bool known_repair(struct work *work, const struct mutate_predicate *predicate, struct spot *spot,
                  const char *key);
/* Makes all places ordinary of which a known finding would come, as far as that is possible. */
void known_round(struct work *work);

/* A fresh ordinary callback of a target; parameter `but` (-1: none) is left to the caller. */
int make_event(struct work *work, struct case_event *event, const struct mutate_target *target, int but);
/* Bytes of the case as text, about. */
size_t work_size(const struct fuzz_case *c);

#endif
