// SPDX-License-Identifier: MIT
/* What the judge's own files share; not for others. */
#ifndef REPLAY_JUDGE_PARTS_H
#define REPLAY_JUDGE_PARTS_H

#include "replay/judge/judge.h"
#include "replay/judge/judge_index.h"
#include "replay/judge/judge_live.h"

struct judge {
    struct score *score;
    struct score_live *live_score;
    struct judge_options options;
    struct judge_index index;
    struct live *live;
    struct ring_reader *ring;
    struct match_flow listeners;
    struct match_terms terms;
    uint32_t *adder; /* recorded calls that add to a listener list */
    uint32_t adders;
    uint32_t given[SCORE_MAILS];  /* the event last given out through a mail slot; SCORE_NONE: none */
    uint64_t waited[SCORE_MAILS]; /* the call a slot asked for when its record was not there yet */
    enum judge_fate { JUDGE_ENDS, JUDGE_CUT_DOWN, JUDGE_GONE } * fate; /* by recorded process */
    uint32_t app_pid;
    uint32_t cutoff; /* edges from here on are not missed: the tape's end raced with them */
    uint64_t begun_ns;
    uint64_t looked_ns;        /* when the process that is waited for was last looked at */
    uint64_t done_ns;          /* when everything had happened; 0: not yet */
    bool ended_early;          /* the app began to exit before everything had happened */
    bool reached;              /* options.until */
    bool delivered_up_to;      /* the tape ends without the app's own end: nothing more is to come */
    int interrupted;           /* signal, 0: none */
    uint32_t unseen_arguments; /* calls matched by function alone: their record was lost */
    bool decided;
    struct verdict verdict;
};

/* The first divergence: later ones are ignored. Returns NULL then, else the verdict to fill. */
struct verdict *judge_decide(struct judge *judge, enum verdict_class class);
/* The callback that the app was handling, or the last one it was given. */
void judge_name_reaction(struct judge *judge, uint32_t context);
/* First recorded call that has not come and is missed, before edge `below`; SCORE_NONE. */
uint32_t judge_first_missing(const struct judge *judge);
/* It belongs to a process that was killed live, too, if not at the same moment: nothing of it is missed. */
bool judge_is_gone(const struct judge *judge, const struct score_event *event);
/* The edge that everything waits for, score->edges when all has happened. */
uint32_t judge_cursor(const struct judge *judge);

#endif
