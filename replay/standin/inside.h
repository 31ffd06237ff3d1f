// SPDX-License-Identifier: MIT
/*
 * What the parts of the stand-in share. All of it runs inside the app: libc only, no malloc, nothing
 * printed, no lock held while app code runs, nothing that ends the process.
 *
 *   attach.c    the score and the ring's header in this process; fork and exec
 *   order.c     the cursor: waiting for one's turn and for its time
 *   schedule.c  due times, slip, lateness
 *   virtual.c   both under --time virtual
 *   find.c      which recorded call is this live call?
 *   ask.c       ... the judge knows
 *   call.c      standin_call: plays a matched call, with the callbacks inside it
 *   back.c      delivers one callback
 *   complete.c  the completion of a call that the tape does not have
 *   runner.c    one thread per recorded SDK thread; the end of the process
 *   tasks.c     the process's threads, as the kernel sees them
 *   free.c      fuzzing: calls matched without a judge
 *   fork.c      fuzzing: the app becomes a fork server
 */
#ifndef STANDIN_INSIDE_H
#define STANDIN_INSIDE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "replay/score/score.h"
#include "replay/standin/standin.h"

struct ring_slot;

/* An open call or callback of this thread, on its stack. */
struct standin_frame {
    struct standin_frame *outer;
    uintptr_t check; /* tells a frame from what a longjmp left behind */
    uint32_t event;  /* recorded event, SCORE_NONE: unmatched call */
    uint32_t pid;    /* process that opened it: a forked child returns through its parent's frames */
    bool callback;
};

/* This thread. Small: initial-exec TLS of a foreign process is scarce. */
struct standin_thread {
    struct standin_frame *top;
    struct ring_slot *slot; /* its ring slot, once known */
    int64_t late;           /* lateness of the SDK edge that let this thread go last */
    uint32_t pid, tid;      /* pid 0: not set up */
    uint32_t bound;         /* recorded thread + 1 */
};
extern _Thread_local struct standin_thread standin_thread;

/* This process; the page is wiped in a forked child, which so starts anew. */
struct standin_process {
    _Atomic uint32_t ready;
    uint32_t pid;
    _Atomic uint32_t recorded;  /* recorded process + 1 */
    _Atomic uint32_t runners;   /* 1: its SDK threads were started */
    _Atomic uint32_t stopped;   /* 1: exit handlers are done, deliver nothing more */
    _Atomic uint32_t alive;     /* SDK threads running */
    _Atomic uint32_t completer; /* 1: its thread for complete.c was started */
};

/* ---- attach.c ---- */
extern const struct score *standin_score; /* NULL: nothing to play */
extern struct standin_process *standin_process;
extern uint32_t standin_image; /* number of this program image: kept over fork, new after exec */
/* Sets up process and thread; false: there is no score. Cheap when done. */
bool standin_attach(void);
/* Uses this score instead of the one the environment names (tests; before anything else). */
void standin_use(struct score *score);
/* Threads of this process; 0: it cannot be told. *busy: one of them that is not `but` runs. */
uint32_t standin_threads(uint32_t but, bool *busy);
/* Maps a score; NULL: it cannot be used. `flags`: MAP_POPULATE or 0. */
struct score *standin_map(const char *path, int flags);
/* This thread's ring slot, or NULL while it has none. */
struct ring_slot *standin_slot(void);
/* Index + 1 of a slot in the session, 0 for NULL; and back. */
uint32_t standin_slot_index(const struct ring_slot *slot);
struct ring_slot *standin_slot_at(uint32_t index);
struct ring_slot *standin_slot_of(uint64_t owner);
uint64_t standin_ring_seq(void); /* last number given out in the session, 0 without one */
void standin_ring_wake(void);    /* the outside may be asleep on the ring */

static inline uint64_t
standin_owner(void)
{
    return (uint64_t)standin_thread.pid << 32 | standin_thread.tid;
}

/* True when the play is over for everybody. */
static inline bool
standin_is_over(void)
{
    const struct score_live *live = score_live(standin_score);

    return (atomic_load_explicit(&live->abort, memory_order_relaxed) |
            atomic_load_explicit(&live->finished, memory_order_relaxed)) != 0;
}

/* ---- order.c ---- */
enum order_turn {
    ORDER_MINE, /* everything is done that it waits for, and it is due */
    ORDER_PAST, /* the edge does not count (any more) */
    ORDER_OVER, /* the play ended */
};
/* Waits for an SDK edge's turn. A runner also stops when the process does. */
enum order_turn order_wait(uint32_t edge, bool runner);
/* Waits for the end of the play. */
void order_block(void);
/* Makes the SDK edge happen: notes lateness, lets the next one go. */
void order_issue(uint32_t event, uint32_t edge);
/* An app edge arrived at `now`. */
void order_arrive(uint32_t edge, uint64_t now);
/* Sleeps on a word until `until` or the end of the play, in slices. */
void order_sleep(_Atomic uint32_t *word, uint32_t value, uint64_t until);

/* ---- schedule.c ---- */
int64_t schedule_due(uint32_t edge);
void schedule_start(uint64_t now, uint32_t edge);
void schedule_arrived(uint32_t edge, uint64_t now);
/* Notes for other orders than the strict one that an edge happened at `at`, see score_time. */
void schedule_happened(uint32_t edge, int64_t at);
/* How long before `due` a sleeper must be woken to be there in time. */
#define SCHEDULE_EARLY_NS 110000
/* The app's lateness counts when it has come to this much. A callback after a pause of ours meets cold caches
 * and takes a microsecond longer; slip never shrinks, so a minute of those would be a drift. */
#define SCHEDULE_SLACK_NS 30000
#define SCHEDULE_PUNCTUAL_NS 5000 /* an SDK edge no later than this: the timeline has caught up */
#define SCHEDULE_WAY_NS 500       /* what our own code costs between an edge and the next one of its thread */
#define SCHEDULE_SPIN_NS 60000    /* and how long after it looks for its turn before it sleeps */

/* ---- virtual.c ---- */
/* The score's clock is virtual. */
bool virtual_is_on(void);
/* order_sleep in virtual time. */
void virtual_sleep(_Atomic uint32_t *word, uint32_t value, uint64_t until);
/* An app edge that arrives at `now` waits until it is due, since the app's own computing takes no virtual
 * time. Returns the time then; in real time at once. */
uint64_t virtual_hold(uint32_t edge, uint64_t now);
/* Sleeps so long (less than a second of real time), whatever the clock is. */
void virtual_nap(uint64_t real_ns);

/* ---- find.c ---- */
struct find_result {
    uint32_t event;                      /* claimed, or SCORE_NONE */
    uint32_t like;                       /* answer as this one was, without claiming it, or SCORE_NONE */
    uint32_t candidate, context, thread; /* what the judge is told */
};
void find_call(uint16_t api, const union api_value *values, struct find_result *found);
/* Claims `event` for this thread and binds it; false: taken. */
bool find_claim(uint32_t event);
bool find_equal(const struct score_event *event, const union api_value *values);
/* The callback has returned: getters recorded in it that did not come are taken out. */
void find_skip_getters(uint32_t callback);

/* ---- ask.c ---- */
/* Watches over the judge during one wait; zero-initialise. */
struct ask_watch {
    uint64_t since;
    uint32_t beat;
};
/* False once the judge has stood still for `patience` ns. */
bool ask_is_alive(struct ask_watch *watch, uint64_t patience);
struct ask_answer {
    enum score_mail_answer answer;
    uint32_t event;
    uint64_t result;
    int32_t code;
    bool completes;
};
/* False: there is no judge (any more). */
bool ask_judge(uint16_t api, const struct find_result *found, struct ask_answer *answer);

/* ---- back.c ---- */
void back_target_set(uint16_t callback, void (*fn)(void), const void *user);
/* Delivers a recorded callback's values once more, now, on this thread. */
void back_repeat(uint32_t event, void (*fn)(void), const void *user);
/* Waits for the callback's turn and delivers it on this thread. False: the play is over. */
bool back_play(uint32_t event, bool runner);
struct standin_frame *frame_top(void);
void frame_push(struct standin_frame *frame, uint32_t event, bool callback);
void frame_pop(struct standin_frame *frame);

/* ---- complete.c ---- */
/* The call's completion callback, if it has one, comes with this code and no texts. */
void complete_later(const struct api_entry *entry, const union api_value *values, int32_t code);
/* ... or, if that recorded call was completed, as it was. False: it was not. */
bool complete_like(const struct api_entry *entry, const union api_value *values, uint32_t call);

/* ---- free.c ---- */
/* The call is answered without a judge. True: with `result`; false: found->event was claimed and is to be
 * played. */
bool free_answer(uint16_t api, const union api_value *values, struct find_result *found,
                 union api_value *result);
/* The call comes after nobody waited for it any more: what was dropped because of that comes, too. */
void free_catch_up(uint32_t call, const union api_value *values);
/* How long what is at the cursor is waited for. */
uint64_t free_patience(uint32_t cursor);
/* Another thread of the app runs, so that it may still come; `waited`: longer than that, already. */
bool free_is_busy(uint64_t waited);
/* The edge at the cursor has not come in time: nobody waits for it any more. False: it is under way. */
bool free_give_up(uint32_t cursor, uint64_t now);

/* ---- fork.c ---- */
/* There is to be a fork server, and the call has not come yet: no thread must be started. */
bool fork_is_to_come(void);
/* This call, just claimed, is the one: serves forks. Returns in each child, which plays another score from
 * here on, and in an app that cannot fork here. */
void fork_serve(uint32_t event);

/* ---- call.c ---- */
/* What a call answers that nobody can answer, and as that recorded one was answered. */
union api_value call_failure(const struct api_entry *entry, const union api_value *values);
union api_value call_like(uint32_t event, const union api_value *values);
/* What the app passed, for the callbacks that this call causes. SCORE_NONE: none that are recorded. */
void call_capture(uint32_t index, const struct api_entry *entry, const union api_value *values);

/* ---- runner.c ---- */
/* Starts this process's SDK threads and holds its exit; once per process. */
void runner_start(uint32_t process);

#endif
