// SPDX-License-Identifier: MIT
/* Inside fuzz/app: what the files of the trace mutator share. */
#ifndef FUZZ_APP_CHANGE_PARTS_H
#define FUZZ_APP_CHANGE_PARTS_H

#include "fuzz/app/change.h"
#include "fuzz/app/span.h"

#define CHANGE_FIELDS 256
#define CHANGE_IDS 512
#define CHANGE_KEYS 4096

/* What an id names; two of one kind may stand for each other. */
enum change_id_kind { ID_NONE, ID_MESSAGE, ID_CONVERSATION, ID_GROUP, ID_USER, ID_OTHER };

struct change_id {
    enum change_id_kind kind;
    const char *text; /* as in the JSON, escapes and all */
    size_t bytes;
    uint32_t of; /* where it was seen first */
};

/* How runs with a change of one key went. */
struct change_known {
    uint64_t key;
    uint32_t runs, deaths;
};

struct changer {
    const struct trace_base *base;
    struct change_options options;
    uint32_t *backs; /* recorded callbacks, in order */
    uint32_t nbacks;
    struct change_id ids[CHANGE_IDS];
    unsigned nids;
    struct change_known known[CHANGE_KEYS];
    struct span_field fields[CHANGE_FIELDS];
    struct span elements[CHANGE_FIELDS];
};

/* One change being made. */
struct change_work {
    struct changer *changer;
    struct trace *trace; /* sorted */
    struct arena *arena;
    struct model_random random;
    struct change *done; /* of this change */
    uint32_t at;         /* the step it is about; after it: where that step is now */
};

/* change_place.c */
struct change_window {
    int64_t from, to;
};
struct change_window change_window(const struct changer *changer, const struct trace_step *step);
/* Puts a step behind all others that are not after `at_ns`; returns its place. */
uint32_t change_put(struct trace *trace, const struct trace_step *step, int64_t at_ns);
/* Times at which `step` may stand, one for each gap between the others (and inside its window); returns how
 * many there are, `pick` chooses one. TRACE_NONE in *behind: before all others. False: there is none. */
bool change_gap(const struct change_work *work, const struct trace_step *step, uint32_t least, uint64_t pick,
                int64_t *at_ns, uint32_t *behind);
uint32_t change_gaps(const struct change_work *work, const struct trace_step *step, uint32_t least);

/* change_order.c: 1, 0 (cannot be done here), -1 */
int change_drop(struct change_work *work);
int change_twice(struct change_work *work);
int change_swap(struct change_work *work);
int change_error(struct change_work *work);
int change_late(struct change_work *work);
int change_early(struct change_work *work);
int change_again(struct change_work *work);
int change_move(struct change_work *work);
int change_delay(struct change_work *work);
int change_replay(struct change_work *work);
/* change_batch.c */
int change_split(struct change_work *work);
int change_merge(struct change_work *work);
/* change_id.c */
void change_ids_find(struct changer *changer);
int change_id(struct change_work *work);
int change_rename(struct change_work *work);
enum change_id_kind change_id_kind(const char *key, size_t bytes);
/* Do two steps speak of the same thing (an id, a cause)? */
bool change_related(struct changer *changer, const struct trace_step *a, const struct trace_step *b);

/* change_text.c */
const struct tape_event *change_event(const struct changer *changer, const struct trace_step *step);
/* "callback 12 (TIMRecvNewMsgCallback)" into `room` bytes; returns `text`. */
const char *change_who(const struct changer *changer, const struct trace_step *step, char *text, size_t room);
void change_say(struct change_work *work, enum change_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
uint64_t change_key(enum change_kind kind, uint32_t of);
/* The JSON payload of a step, NULL when it has none that is text. */
struct case_value *change_payload(struct trace_step *step);
/* Replaces bytes from..to of a payload by other ones. */
int change_splice(struct case_value *value, struct arena *arena, struct span span, const char *text,
                  size_t bytes);

#endif
