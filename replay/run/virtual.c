// SPDX-License-Identifier: MIT
#include "replay/run/virtual.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "replay/run/quiet.h"
#include "replay/score/score_clock.h"

#define LOOK_NS 50000u        /* between two looks at an app that runs */
#define IDLE_NS 100000000u    /* real time without anybody waiting for a moment: the judge's time goes on */
#define IDLE_STEPS 10u        /* ... so many times until it calls that a stall */
#define REFUSE_NS 2000000000u /* real time that a wait may last which nobody told us */
#define REFUSE_READS 100000u  /* looks at a clock that stands still */
#define SLICE_LEAVES_NS 1000000000 /* real time for a sliced waiter to see that its time has come */

struct virtual
{
    struct score *score;
    struct score_clock *clock;
    struct quiet *quiet;
    uint64_t quiet_ns; /* real: when the app was last seen asleep */
    uint64_t idle_ns;  /* real: since when nobody waits for a moment, 0: somebody does */
    uint64_t slice_ns; /* real: since when a sliced waiter's time has come, 0: none */
    uint64_t timed_ns; /* real: since when waits are seen that nobody told us, 0: none since it was quiet */
    uint64_t reads;    /* of the clock, when the app was last asleep */
    struct quiet_thread runs, waits; /* who did that last */
};

struct virtual *
virtual_open(struct score *score, struct fault *fault)
{
    struct virtual *virtual = calloc(1, sizeof *virtual);
    if (virtual != NULL)
        virtual->quiet = quiet_open();
    if (virtual == NULL || virtual->quiet == NULL) {
        virtual_close(virtual);
        fault_set(fault, FAULT_INTERNAL, "no memory for virtual time");
        return NULL;
    }
    virtual->score = score;
    virtual->clock = score_clock(score);
    virtual->quiet_ns = score_now();
    return virtual;
}

void
virtual_close(struct virtual *virtual)
{
    if (virtual != NULL)
        quiet_close(virtual->quiet);
    free(virtual);
}

uint64_t
virtual_now(const struct virtual *virtual)
{
    return atomic_load(&virtual->clock->now) + (score_now() - virtual->quiet_ns);
}

/* ---- waiters ----------------------------------------------------------------------------------- */

static uint32_t
used(const struct virtual *virtual)
{
    uint32_t count = atomic_load(&virtual->clock->used);
    return count < SCORE_WAITERS ? count : SCORE_WAITERS;
}

static bool
is_known(void *context, uint64_t owner)
{
    const struct virtual *virtual = context;
    for (uint32_t i = 0; i < used(virtual); i++) {
        const struct score_waiter *slot = &virtual->clock->waiters[i];
        if (atomic_load(&slot->ticket) > SCORE_TICKET_FILLING && atomic_load(&slot->owner) == owner)
            return true;
    }
    return false;
}

static void
free_slot(struct score_waiter *slot)
{
    uint64_t ticket = atomic_load(&slot->ticket);
    atomic_compare_exchange_strong(&slot->ticket, &ticket, 0);
}

/* The one whose turn is next: the earliest, and of those the one that came first. NULL: nobody waits for a
 * moment. *unseen: a sliced waiter has still to see that its time has come. */
static struct score_waiter *
next_waiter(const struct virtual *virtual, bool *unseen)
{
    struct score_waiter *best = NULL;
    uint64_t best_deadline = SCORE_NEVER, best_ticket = 0;
    *unseen = false;
    for (uint32_t i = 0; i < used(virtual); i++) {
        struct score_waiter *slot = &virtual->clock->waiters[i];
        uint64_t ticket = atomic_load(&slot->ticket), deadline = atomic_load(&slot->deadline);
        if (ticket <= SCORE_TICKET_FILLING)
            continue;
        if (!quiet_lives(virtual->quiet, atomic_load(&slot->owner))) {
            free_slot(slot);
            continue;
        }
        if (atomic_load(&slot->due) != SCORE_DUE_NO) {
            *unseen = *unseen || (atomic_load(&slot->kind) == SCORE_WAIT_SLICE &&
                                  atomic_load(&slot->due) == SCORE_DUE_YES);
            continue;
        }
        if (deadline < best_deadline || (deadline == best_deadline && best != NULL && ticket < best_ticket)) {
            best = slot;
            best_deadline = deadline;
            best_ticket = ticket;
        }
    }
    return best;
}

/* The app's memory: nothing in it is believed. */
static void
wake_word(const struct virtual *virtual, uint64_t at)
{
    const struct score *score = virtual->score;
    if (at >= score->fixed && at < score->bytes && score->bytes - at >= sizeof(uint32_t) && at % 4 == 0)
        score_futex_wake((_Atomic uint32_t *)((uintptr_t)score + at));
}

static void
ring_alarm(struct score_waiter *slot)
{
    uint64_t interval = atomic_load(&slot->interval), owner = atomic_load(&slot->owner);
    if (interval == 0)
        atomic_store(&slot->deadline, SCORE_NEVER);
    else
        atomic_fetch_add(&slot->deadline, interval);
    kill((pid_t)(owner >> 32), SIGALRM);
}

/*
 * Tells a waiter that its time has come. Before the time moves: as soon as it has, a waiter that wakes by
 * itself may leave, and its slot be that of its next wait, which must not be taken for this one.
 */
static bool
take_turn(struct score_waiter *slot, uint64_t ticket)
{
    uint32_t no = SCORE_DUE_NO, yes = SCORE_DUE_YES;
    if (atomic_load(&slot->kind) == SCORE_WAIT_SIGNAL)
        return true;
    if (!atomic_compare_exchange_strong(&slot->due, &no, SCORE_DUE_YES))
        return false;
    if (atomic_load(&slot->ticket) == ticket)
        return true;
    atomic_compare_exchange_strong(&slot->due, &yes, SCORE_DUE_NO);
    return false;
}

static void
wake(const struct virtual *virtual, struct score_waiter *slot)
{
    uint32_t kind = atomic_load(&slot->kind);
    if (kind == SCORE_WAIT_SIGNAL) {
        ring_alarm(slot);
    } else if (kind == SCORE_WAIT_WORD) {
        wake_word(virtual, atomic_load(&slot->word_at));
    } else if (kind == SCORE_WAIT_POKE || kind == SCORE_WAIT_TIMER) {
        atomic_fetch_add(&virtual->clock->poke, 1);
        score_futex_wake(&virtual->clock->poke);
    }
}

/* ---- time -------------------------------------------------------------------------------------- */

/* Waits begun and ended so far. */
static uint64_t
moves(const struct virtual *virtual)
{
    return atomic_load(&virtual->clock->tickets) + atomic_load(&virtual->clock->left);
}

/* All sleep. True: something was set in motion; false: leave it to the judge, or to real time. `before`: the
 * moves when we began to look. Some waiters wake by themselves now and then; one that did, and left the table
 * since, is not to be passed over. */
static bool
advance(struct virtual *virtual, uint64_t before, uint64_t real_now)
{
    struct score_clock *clock = virtual->clock;
    uint64_t now = atomic_load(&clock->now), most = virtual->score->stall_ns / 2;
    bool unseen;
    struct score_waiter *next = next_waiter(virtual, &unseen);
    if (moves(virtual) != before)
        return true;
    if (unseen) {
        if (virtual->slice_ns == 0)
            virtual->slice_ns = real_now;
        if (real_now - virtual->slice_ns < SLICE_LEAVES_NS)
            return true;
    }
    virtual->slice_ns = 0;
    if (next == NULL) {
        if (virtual->idle_ns == 0 || quiet_is_empty(virtual->quiet))
            virtual->idle_ns = real_now;
        if (real_now - virtual->idle_ns < IDLE_NS)
            return false;
        virtual->idle_ns = real_now;
        atomic_store(&clock->now, now + virtual->score->stall_ns / IDLE_STEPS);
        return false;
    }
    virtual->idle_ns = 0;
    uint64_t ticket = atomic_load(&next->ticket), deadline = atomic_load(&next->deadline);
    if (deadline > now && deadline - now > most) {
        /* The judge has a look in between: it may find that something should have happened by now. */
        atomic_store(&clock->now, now + most);
        return false;
    }
    if (moves(virtual) != before || !take_turn(next, ticket))
        return true;
    if (deadline > now)
        atomic_store(&clock->now, deadline);
    wake(virtual, next);
    return true;
}

/* Somebody waits for the judge, who is us. */
static bool
is_asked(const struct virtual *virtual, uint32_t bell)
{
    const struct score_live *live = score_live(virtual->score);
    if (atomic_load_explicit(&live->bell, memory_order_acquire) != bell)
        return true;
    for (unsigned i = 0; i < SCORE_MAILS; i++) {
        if (atomic_load(&live->mail[i].state) == SCORE_MAIL_ASKED)
            return true;
    }
    return false;
}

static void
rest(struct virtual *virtual, uint64_t real_ns)
{
    struct score_clock *clock = virtual->clock;
    uint32_t bell = atomic_load(&clock->bell);
    atomic_store(&clock->listening, 1);
    score_futex_wait(&clock->bell, bell, score_now() + real_ns);
    atomic_store(&clock->listening, 0);
}

/* ---- what cannot be carried ---------------------------------------------------------------------- */

#define INSTEAD "; use --time compress or --speed instead"

static int
refuse_asked(const struct virtual *virtual, struct fault *fault)
{
    uint64_t owner = atomic_load(&virtual->clock->refused_for);
    if (atomic_load(&virtual->clock->refused) == SCORE_REFUSE_WAITERS)
        return fault_set(
            fault, FAULT_CANNOT_RUN,
            "--time virtual cannot carry this app: more than %u of its threads and timers wait at "
            "once" INSTEAD,
            SCORE_WAITERS);
    return fault_set(fault, FAULT_CANNOT_RUN,
                     "--time virtual cannot carry this app: its thread %u (process %u) uses timer_create(), "
                     "whose signals and threads do not follow the tape" INSTEAD,
                     (unsigned)owner, (unsigned)(owner >> 32));
}

static int
refuse(const struct virtual *virtual, uint64_t real_now, struct fault *fault)
{
    const struct quiet_thread *runs = &virtual->runs, *waits = &virtual->waits;
    char name[20];
    if (atomic_load(&virtual->clock->refused) != SCORE_REFUSE_NOTHING)
        return refuse_asked(virtual, fault);
    if (real_now - virtual->quiet_ns < REFUSE_NS)
        return 0;
    quiet_name(virtual->timed_ns != 0 ? waits : runs, name, sizeof name);
    if (virtual->timed_ns != 0 && real_now - virtual->timed_ns >= REFUSE_NS && waits->option != NULL)
        return fault_set(fault, FAULT_CANNOT_RUN,
                         "--time virtual cannot carry this app: its thread %u (%s, process %u) waits for a "
                         "socket whose own timeout (%s) counts real time" INSTEAD,
                         waits->tid, name, waits->pid, waits->option);
    if (virtual->timed_ns != 0 && real_now - virtual->timed_ns >= REFUSE_NS)
        return fault_set(fault, FAULT_CANNOT_RUN,
                         "--time virtual cannot carry this app: its thread %u (%s, process %u) waits with a "
                         "timeout in the system call %s, which it makes past the C library (as Go programs, "
                         "static programs and some runtimes do), so that the wait cannot follow the "
                         "tape" INSTEAD,
                         waits->tid, name, waits->pid, waits->waits_in);
    if (virtual->runs.tid != 0 && atomic_load(&virtual->clock->reads) - virtual->reads > REFUSE_READS)
        return fault_set(fault, FAULT_CANNOT_RUN,
                         "--time virtual cannot carry this app: its thread %u (%s, process %u) looks at the "
                         "clock again and again without waiting, and time goes on only while all of the app "
                         "waits" INSTEAD,
                         runs->tid, name, runs->pid);
    return 0;
}

int
virtual_pass(struct virtual *virtual, uint32_t bell, uint64_t real_ns, bool ending, struct fault *fault)
{
    uint64_t end = score_now() + real_ns, now;
    for (;;) {
        struct quiet_thread thread = {0};
        if (is_asked(virtual, bell))
            return 0;
        uint64_t before = moves(virtual);
        enum quiet_state state = quiet_look(virtual->quiet, is_known, virtual, &thread);
        now = score_now();
        if (state == QUIET_BLIND)
            return fault_set(
                fault, FAULT_CANNOT_RUN,
                "--time virtual has to see in /proc what the app's threads do, and may not or "
                "cannot here (ptrace_scope, hidepid, a kernel without schedstat, too many threads)" INSTEAD);
        if (state == QUIET_RUNNING) {
            virtual->runs = thread;
        } else if (state == QUIET_TIMED) {
            virtual->waits = thread;
            if (virtual->timed_ns == 0)
                virtual->timed_ns = now;
        } else {
            virtual->quiet_ns = now;
            virtual->timed_ns = 0;
            virtual->reads = atomic_load(&virtual->clock->reads);
            if (!advance(virtual, before, now)) {
                rest(virtual, LOOK_NS * 10);
                return 0;
            }
        }
        if (!ending && refuse(virtual, now, fault) != 0)
            return -1;
        if (now >= end)
            return 0;
        rest(virtual, LOOK_NS);
    }
}
