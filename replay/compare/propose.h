// SPDX-License-Identifier: MIT
/* What differed between recordings, on its way to a rules file; not for other rooms. */
#ifndef REPLAY_PROPOSE_H
#define REPLAY_PROPOSE_H

#include "replay/compare/compare.h"

#define SAMPLE 60 /* bytes of a value in a comment */

/* Something that differed, and all that was seen of it. */
struct seen {
    enum { SEEN_VALUE, SEEN_ORDER, SEEN_REPEAT, SEEN_MISSING, SEEN_SWAP } kind;
    char function[128];
    char param[128]; /* of a swap: the other function */
    char path[MATCH_PATH];
    char sample[2][SAMPLE];
    unsigned times;
    bool unsaid; /* no rule can name it */
    bool absent, retyped, changed;
    bool not_time, not_number, not_hex, not_path; /* what it is not always */
    size_t length;                                /* of all texts; SIZE_MAX: they have several */
    long double apart;                            /* of numbers, the most */
    long double apart_ns;                         /* of moments, from where the runs began, the most */
};

struct proposal {
    struct seen *seen;
    size_t count, room;
    int64_t began[2]; /* of the runs that are compared */
    bool back;        /* the other way round: what no rule can say then is not missed */
    bool orders;      /* also note arrays that may stand in another order */
    bool memory;      /* ran out */
    uint64_t left;
    char first_left[300];
};

/* A rules file is UTF-8, its comments too: of what is not, only ASCII stays. */
void propose_clean(char *text);
/* All that was seen, as a rules file. */
void propose_write(FILE *out, const struct proposal *proposal);
/* The same, read: the caller frees. -1: the fault is filled, and *rules NULL. */
int propose_rules(const struct proposal *proposal, struct rules **rules, struct fault *fault);
/* Is there a rule that names it? Not for functions that this build does not know, or paths too deep. */
bool propose_can_say(const struct seen *seen);

#endif
