// SPDX-License-Identifier: MIT
/*
 * What the judge's own files share; not for others.
 *
 *   judge.c         opened, listening, closed; the verdict is decided once
 *   judge_index.c   the recorded calls by function
 *   judge_live.c    what the live app is doing
 *   judge_decode.c  the arguments of a live call
 *   judge_role.c    which thread may make which call
 *   judge_search.c  which recorded call is this live call?
 *   judge_answer.c  answers the stand-in; extra call, different argument, wrong thread
 *   judge_doubt.c   divergences that are clear only a little later: missing call, reordered
 *   judge_order.c   calls that one thread made the other way round
 *   judge_watch.c   does the run go on, and is it over?
 *   judge_end.c     the verdict once the app is gone
 *   judge_words.c   words of a shell command
 */
#ifndef REPLAY_JUDGE_PARTS_H
#define REPLAY_JUDGE_PARTS_H

#include "replay/judge/judge.h"
#include "replay/judge/judge_index.h"
#include "replay/judge/judge_live.h"
#include "replay/score/score_role.h"

/* Whose work a call is: of the main thread, of another thread of the app, or of a callback on a thread of
 * the SDK's. Same role: one may make the call in the other's place. */
struct judge_role {
    enum { ROLE_MAIN, ROLE_WORKER, ROLE_SDK } kind;
    struct score_role thread;
};

/*
 * A divergence that is not yet clear. A call that was expected did not come where it should have. Whether it
 * is missing, or comes later, shows in what the app does next: so the play goes on without it for a while.
 */
struct judge_doubt {
    uint32_t call;      /* the recorded call that was expected; SCORE_NONE: no doubt */
    uint32_t instead;   /* the recorded call that came in its place; SCORE_NONE: its callback just returned.
                           OTHER: the one that has those arguments, if any */
    uint64_t since_ns;  /* on the clock of judge_watch, which may be virtual; 0: since the next look */
    uint64_t active_ns; /* when the app last did something */
    uint64_t edges;     /* ... and how many edges there were then */
    uint64_t calls;     /* the app's calls up to the beginning */
    enum judge_patience {
        DOUBT_SHARED,  /* another thread of that role may be about to make it: nothing is skipped yet */
        DOUBT_WAIVED,  /* nothing waits for it any more, and if it comes all is well */
        DOUBT_SKIPPED, /* if it comes, it is too late */
        DOUBT_OTHER,   /* it came with other arguments (the verdict stands ready); if it comes as recorded,
                          that one was too many */
    } patience;
    bool after; /* `reacting` as the verdict has it */
    struct verdict_event reacting;
};

struct judge {
    struct score *score;
    struct score_live *live_score;
    struct judge_options options;
    struct judge_index index;
    struct live *live;
    struct ring_reader *ring;
    struct match_flow listeners;
    struct match_terms terms;
    uint32_t *adder;                 /* recorded calls that add to a listener list ... */
    uint32_t adders, adder_from;     /* ... not made yet, as far as we know: from adder_from on */
    uint32_t given[SCORE_MAILS];     /* the event last given out through a mail slot; SCORE_NONE: none */
    uint64_t waited[SCORE_MAILS];    /* the call a slot asked for when its record was not there yet */
    uint64_t waited_ns[SCORE_MAILS]; /* ... and since when */
    enum judge_fate { JUDGE_ENDS, JUDGE_CUT_DOWN, JUDGE_GONE } * fate; /* by recorded process */
    struct judge_doubt doubt;
    uint32_t app_pid;
    bool app_ended;
    bool end_seen;   /* ... and judge_watch has taken notice */
    uint32_t cutoff; /* edges from here on are not missed: the tape's end raced with them */
    uint64_t begun_ns;
    uint64_t looked_ns;        /* when the process that is waited for was last looked at */
    uint64_t done_ns;          /* when everything had happened; 0: not yet */
    bool ended_early;          /* the app began to exit before everything had happened */
    bool reached;              /* options.until */
    bool delivered_up_to;      /* the tape ends without the app's own end: nothing more is to come */
    int interrupted;           /* signal, 0: none */
    uint32_t unseen_arguments; /* calls matched by function alone before the verdict: their record was lost */
    bool decided;
    struct verdict verdict;
};

/* ---- judge.c ---- */
/* The first divergence: later ones are ignored. Returns NULL then, else the verdict to fill. */
struct verdict *judge_decide(struct judge *judge, enum verdict_class class);
/* The callback that the app was handling, or the last one it was given (`*after`) before edge `below`;
 * SCORE_NONE: so far. */
void judge_name_reaction(struct judge *judge, uint32_t context, uint32_t below,
                         struct verdict_event *reacting, bool *after);
/* The edge that everything waits for, score->edges when all has happened. */
uint32_t judge_cursor(const struct judge *judge);
/* Given out to a thread that has not claimed it yet. */
bool judge_is_given(const struct judge *judge, uint32_t event);
/* Patience with what is only a sign: a small part of the stall time. */
uint64_t judge_quiet_ns(const struct judge *judge);

/* ---- judge_role.c ---- */
struct judge_role judge_recorded_role(const struct judge *judge, uint32_t event);
struct judge_role judge_live_role(const struct judge *judge, const struct score_mail *mail);
bool judge_same_role(const struct judge_role *a, const struct judge_role *b);
/* "on the main thread", "on its thread "net"", "inside a callback". */
const char *judge_describe_role(const struct judge_role *role, const char *thread, char *text, size_t room);

/* ---- judge_search.c ---- */
/* How well a recorded call fits the place where a live call is made; the less, the better. */
enum judge_fit {
    FIT_NEXT,       /* what is expected there */
    FIT_OTHER,      /* what is expected of another thread of the same role */
    FIT_AHEAD,      /* it is expected there, but others before it */
    FIT_OTHER_LATE, /* of another thread of the same role, which has others to make before it */
    FIT_WRONG,      /* of another role */
    FIT_NONE,
};
struct judge_search {
    struct judge *judge;
    const struct score_mail *mail;
    const struct tape_event *call;
    struct judge_role role;
    bool role_known;
    uint32_t found; /* equal and free, SCORE_NONE: there is none */
    enum judge_fit found_fit;
    uint32_t nearest; /* free, and different */
    enum judge_fit nearest_fit;
    struct match_difference difference;
    unsigned looked;
};
/* -1: no memory. */
int judge_search(struct judge_search *search);
/* First call of the list that `event` stands in that may still come and stands before it. */
uint32_t judge_passed_over(const struct judge *judge, uint32_t event);
/* The next one in its list after `event` that may still come. */
uint32_t judge_next_free(const struct judge *judge, uint32_t event);
/* Not a getter, counts, neither made nor given out nor waived. */
bool judge_is_expected(const struct judge *judge, uint32_t event);

/* ---- judge_answer.c ---- */
/* One call too many: the verdict that stands ready for another argument is that of an extra call. */
void judge_decide_too_many(struct judge *judge);
/* search->found is its recorded call, search->role where it is made. */
void judge_decide_wrong_thread(const struct judge_search *search);

/* ---- judge_doubt.c ---- */
/* `call` was expected, and `instead` (a call behind it in its list, or SCORE_NONE: its callback returned)
 * came. What rules and order allow to be left out or late is let go; else a doubt begins. */
void judge_doubt_begin(struct judge *judge, uint32_t call, uint32_t instead, uint64_t owner);
/* May another live thread than `owner` be about to make the call? */
bool judge_is_shared(const struct judge *judge, uint32_t call, uint64_t owner);
/* `call` came with other arguments: judge->verdict says how, without a class. `before`: they are those of
 * this call, made before; SCORE_NONE. */
void judge_doubt_other(struct judge *judge, uint32_t call, uint32_t before);
/* --rules allows the function not to be called. */
bool judge_may_miss(const struct judge *judge, uint32_t call);
/* Nothing waits for `call` any more: it is overdue, and perhaps only that keeps it from coming. */
void judge_doubt_waive(struct judge *judge, uint32_t call);
/* The live call is one that was skipped as late, or that came with other arguments before: then that is the
 * verdict. 1: decided; 0: it is not; -1: no memory. */
int judge_doubt_late_call(struct judge *judge, const struct judge_search *search);
/* Looks whether the doubt is over. */
void judge_doubt_watch(struct judge *judge, uint64_t now_ns);
/* Nothing more will show: the call is missing, or its arguments were others. */
void judge_doubt_settle(struct judge *judge);

/* ---- judge_order.c ---- */
/* After the end: true when two calls of a thread changed places, and that is the verdict. */
bool judge_conclude_order(struct judge *judge);

/* ---- judge_watch.c, judge_end.c ---- */
/* First recorded call that has not come and is missed; SCORE_NONE. */
uint32_t judge_first_missing(const struct judge *judge);
/* It belongs to a process that was killed live, too, if not at the same moment: nothing of it is missed. */
bool judge_is_gone(const struct judge *judge, const struct score_event *event);

#endif
