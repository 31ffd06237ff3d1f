// SPDX-License-Identifier: MIT
/*
 * The one rule of waiting. An SDK edge happens when the cursor stands on it, and not before it is due; then
 * the cursor moves on and wakes exactly the thread whose edge comes next. In other orders than the strict one
 * it also happens when all has happened that must, it is due, and patience with the rest has ended: causal
 * order has none, chaos some, so that an app that cannot do without another order goes on.
 *
 * Waiting: close to one's time or turn by looking (100 us at most, a wake costs tens of them), else on a
 * futex: the edge's own word. Sleeps end after a slice, so that whatever was missed (a
 * process killed between marking and moving, an abort) is seen then at the latest.
 */
#include <sched.h>

#include "replay/score/score_clock.h"
#include "replay/standin/inside.h"
#include "ring/ring.h"

#define ORDER_SLICE_NS 50000000u
#define ORDER_NEAR 3u    /* edges before one's own: near enough to look rather than sleep */
#define ORDER_SPINS 300u /* at max speed; about what a wake costs */
#define ORDER_CONFIRM_NS 10000000u
#define ORDER_RETRY_NS 1000000u
#define ORDER_WINDOW 4096u
#define ORDER_VAIN 8u /* so much shorter is patience with what did not come in time once */

static inline void
order_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void
order_sleep(_Atomic uint32_t *word, uint32_t value, uint64_t until)
{
    uint64_t slice;

    if (virtual_is_on()) {
        virtual_sleep(word, value, until);
        return;
    }
    slice = score_now() + ORDER_SLICE_NS;
    score_futex_wait(word, value, until < slice ? until : slice);
}

/* Sleeps on an edge's word unless the cursor has moved from `seen`. `way`: what is waited for. */
static void
order_doze(uint32_t edge, uint32_t seen, enum score_edge_state way, uint64_t until)
{
    _Atomic uint32_t *word = score_edge_live(standin_score, edge);
    uint32_t value = atomic_fetch_or(word, (uint32_t)way) | (uint32_t)way;

    if (atomic_load(&score_live(standin_score)->cursor) == seen && !standin_is_over())
        order_sleep(word, value, until);
    atomic_fetch_and(word, ~(uint32_t)way);
}

/* The first thing that has to happen before this edge and has not; SCORE_NONE: nothing. */
static uint32_t
order_blocker(uint32_t edge)
{
    uint32_t count, i;
    const struct score_before *before = score_before(standin_score, edge, &count);

    for (i = 0; i < count; i++) {
        if ((atomic_load(score_edge_live(standin_score, before[i].edge)) & SCORE_EDGE_DONE) == 0)
            return before[i].edge;
    }
    return SCORE_NONE;
}

/* Sleeps until that edge has happened, for a slice at most, or until `until`. */
static void
order_await(uint32_t edge, uint64_t until)
{
    _Atomic uint32_t *word = score_edge_live(standin_score, edge);
    uint32_t value = atomic_fetch_or(word, SCORE_EDGE_WAITED) | SCORE_EDGE_WAITED;

    if ((value & SCORE_EDGE_DONE) == 0 && !standin_is_over())
        order_sleep(word, value, until);
}

/*
 * Until when an edge that could happen since `ready` waits for the rest that is scheduled before it. An SDK
 * edge that nothing blocks will come, however slow the machine is. For the app there is hope while something
 * moves, and while it takes the time that it took when recorded; once it was in vain, less.
 */
static uint64_t
order_hope(uint32_t cursor, uint64_t ready)
{
    const struct score *score = standin_score;
    struct score_live *live = score_live(score);
    uint64_t progress = atomic_load_explicit(&live->progress_ns, memory_order_relaxed), pause;

    if (progress > ready)
        ready = progress;
    if (score->free && cursor < score->edges)
        return ready + free_patience(cursor);
    if (cursor >= score->edges || (!score_edge(score, cursor)->app && order_blocker(cursor) == SCORE_NONE))
        return UINT64_MAX;
    if (atomic_load_explicit(&live->vain, memory_order_relaxed) == cursor + 1)
        return ready + score->patience_ns / ORDER_VAIN;
    pause = score_edge(score, cursor)->gap_ms * 1000000ull;
    if (pause > score->stall_ns / 2)
        pause = score->stall_ns / 2;
    return ready + score->patience_ns + pause;
}

/* Of those that could go when patience has ended the first in the schedule goes, so that the same seed
 * plays the same order also where the app does not follow. */
static bool
order_is_first(uint32_t cursor, uint32_t edge)
{
    uint32_t i, near = edge - cursor > ORDER_WINDOW ? edge - ORDER_WINDOW : cursor;

    for (i = near; i < edge; i++) {
        if (!score_edge(standin_score, i)->app && order_blocker(i) == SCORE_NONE &&
            (atomic_load(score_edge_live(standin_score, i)) & SCORE_EDGE_DONE) == 0)
            return false;
    }
    return true;
}

/* When the edge at the cursor is given up if it has not come: a getter. UINT64_MAX: never. */
static uint64_t
order_relief(uint32_t cursor)
{
    const struct score *score = standin_score;
    const struct score_edge *edge;
    uint64_t from;

    if (cursor >= score->edges)
        return UINT64_MAX;
    edge = score_edge(score, cursor);
    if (edge->leave || !edge->app || (score_event(score, edge->event)->flags & SCORE_GETTER) == 0 ||
        atomic_load(&score_event_live(score, edge->event)->state) != SCORE_FREE)
        return UINT64_MAX;
    from = atomic_load(&score_live(score)->progress_ns);
    if (!score->max && (uint64_t)schedule_due(cursor) > from)
        from = (uint64_t)schedule_due(cursor);
    else if (score->max && cursor > 0)
        from += (uint64_t)(edge->at_ns - score_edge(score, cursor - 1)->at_ns);
    return from + score->grace_ns + 1;
}

/*
 * The edge that everybody waits for is a getter that the app may as well leave out: after some grace it
 * is taken out. Whoever waits looks after that.
 */
static void
order_relieve(uint32_t cursor, uint64_t now)
{
    const struct score *score = standin_score;
    struct score_live *live = score_live(score);
    uint64_t relief = order_relief(cursor);

    if (cursor >= score->edges)
        return;
    if ((atomic_load(score_edge_live(score, cursor)) & SCORE_EDGE_DONE) != 0) {
        score_advance(score, now); /* its maker died before it could */
        return;
    }
    if (now >= relief && score_take_out(score, score_edge(score, cursor)->event, SCORE_SKIPPED)) {
        atomic_fetch_add(&live->skipped_getters, 1);
        score_advance(score, now);
    }
}

/* Whoever steered the play is dead or stopped for good, and nobody would ever end a wait that the app
 * has made endless: end the play. (In a play without a judge there is no heartbeat to miss.) */
static void
order_orphan(struct ask_watch *watch)
{
    struct score_live *live = score_live(standin_score);

    if (atomic_load(&live->heartbeat) != 0 && !ask_is_alive(watch, standin_score->stall_ns * 3))
        atomic_store(&live->abort, 1);
}

/* The edge issued before ours goes through the shim on its own thread; ours must not overtake
 * it on the way into the ring. Bounded: a thread may be held up, or not be recorded at all. */
static void
order_confirm(void)
{
    struct score_live *live = score_live(standin_score);
    uint64_t owner = atomic_load(&live->issue_owner), before, until = 0;
    struct ring_slot *slot;
    unsigned spins;

    if (owner == 0 || owner == standin_owner())
        return;
    before = atomic_load(&live->issue_before);
    slot = standin_slot_at(atomic_load(&live->issue_slot));
    for (spins = 1; !standin_is_over(); spins++) {
        if (slot == NULL)
            slot = standin_slot_of(owner);
        if (slot != NULL && (atomic_load(&live->issue_enter) != 0 ? atomic_load(&slot->current) > before
                                                                  : atomic_load(&slot->head) != before))
            return;
        order_pause();
        if (spins % 64 != 0)
            continue;
        if (until == 0)
            until = score_real_now() + ORDER_CONFIRM_NS;
        else if (score_real_now() > until)
            return;
        sched_yield();
    }
}

/* What one look at an edge says. */
struct order_look {
    bool mine;        /* it may happen as soon as it is due */
    uint32_t blocker; /* edge to wait for first, or SCORE_NONE */
    uint64_t until;   /* when to look again at the latest */
};

/* Not strict, and the cursor stands elsewhere. `ready`: since when nothing blocks it and it is due, 0 before.
 */
static struct order_look
order_look(uint32_t edge, uint32_t cursor, uint64_t *ready)
{
    const struct score *score = standin_score;
    struct order_look look = {.blocker = order_blocker(edge), .until = UINT64_MAX};
    uint64_t now;

    if (look.blocker != SCORE_NONE)
        return look;
    look.mine = score->patience_ns == 0;
    if (look.mine)
        return look;
    now = score_now();
    if (*ready == 0 && (score->max || schedule_due(edge) <= (int64_t)now))
        *ready = now;
    if (*ready != 0) {
        look.until = order_hope(cursor, *ready);
        if (score->free && now >= look.until) {
            if (free_is_busy(now - look.until) || free_give_up(cursor, now))
                return (struct order_look){.blocker = SCORE_NONE, .until = now + score->patience_ns};
        }
        look.mine = now >= look.until && order_is_first(cursor, edge);
        if (look.mine)
            atomic_store_explicit(&score_live(score)->vain, cursor + 1, memory_order_relaxed);
        else if (now >= look.until)
            look.until = now + ORDER_RETRY_NS;
    }
    return look;
}

/* Close to one's turn or time: has looked a little, and shall look again rather than sleep. */
static bool
order_spins(uint32_t edge, uint32_t cursor, int64_t left, unsigned *spins)
{
    /* Virtual time stands still while anybody looks at it. */
    int64_t spin = virtual_is_on() ? 0 : SCHEDULE_SPIN_NS;

    if (standin_score->max ? edge - cursor > ORDER_NEAR || (*spins)++ >= ORDER_SPINS : left <= -spin)
        return false;
    order_pause();
    return true;
}

/* One wait for an edge whose turn it is not, or whose time has not come. True: it slept. */
static bool
order_linger(uint32_t edge, uint32_t cursor, const struct order_look *look, uint64_t now, int64_t left,
             unsigned *spins)
{
    int64_t early = virtual_is_on() ? 0 : SCHEDULE_EARLY_NS;
    uint64_t relief;

    if (look->blocker != SCORE_NONE) {
        if ((*spins)++ < ORDER_SPINS) {
            order_pause();
            return false;
        }
        order_await(look->blocker, order_relief(cursor));
    } else if (left > early) {
        order_doze(edge, cursor, SCORE_EDGE_TIMER, now + (uint64_t)(left - early));
    } else if (order_spins(edge, cursor, left, spins)) {
        return false;
    } else {
        relief = order_relief(cursor);
        order_doze(edge, cursor, SCORE_EDGE_SLEEPER, look->until < relief ? look->until : relief);
    }
    order_relieve(cursor, score_now());
    return true;
}

enum order_turn
order_wait(uint32_t edge, bool runner)
{
    const struct score *score = standin_score;
    struct score_live *live = score_live(score);
    struct ask_watch watch = {0};
    unsigned spins = 0;
    uint64_t ready = 0;

    for (;;) {
        uint32_t cursor = atomic_load(&live->cursor),
                 gate = atomic_load_explicit(&live->gate, memory_order_relaxed);
        struct order_look look = {.mine = cursor == edge, .blocker = SCORE_NONE, .until = UINT64_MAX};
        uint64_t now = 0;
        int64_t left = 0;

        if (cursor > edge)
            return ORDER_PAST;
        if (standin_is_over() || (runner && atomic_load(&standin_process->stopped) != 0))
            return ORDER_OVER;
        if (edge >= gate) {
            order_sleep(&live->gate, gate, UINT64_MAX);
            order_orphan(&watch);
            continue;
        }
        if (!look.mine && !score_is_strict(score)) {
            if ((atomic_load(score_edge_live(score, edge)) & SCORE_EDGE_DONE) != 0)
                return ORDER_PAST;
            look = order_look(edge, cursor, &ready);
        }
        if (!score->max && look.blocker == SCORE_NONE) {
            now = score_now();
            left = schedule_due(edge) - (int64_t)now;
        }
        if (look.mine && left <= 0)
            break;
        if (order_linger(edge, cursor, &look, now, left, &spins))
            order_orphan(&watch);
    }
    /* In causal order edges of several threads happen at once: there is no one before ours. */
    if (score->patience_ns != 0)
        order_confirm();
    return ORDER_MINE;
}

void
order_block(void)
{
    struct score_live *live = score_live(standin_score);
    struct ask_watch watch = {0};

    while (!standin_is_over()) {
        order_sleep(&live->gate, atomic_load(&live->gate), UINT64_MAX);
        order_orphan(&watch);
    }
}

void
order_issue(uint32_t event, uint32_t index)
{
    const struct score *score = standin_score;
    struct score_live *live = score_live(score);
    bool enter = !score_edge(score, index)->leave;
    struct ring_slot *slot = standin_slot();
    uint64_t now = score_now();
    int64_t late = score->max ? 0 : (int64_t)now - schedule_due(index);

    /* Patience that was in vain is nobody's lateness: the timeline runs later from here on. */
    if (late > 0 && !score_is_strict(score) && score->patience_ns != 0 &&
        atomic_load(&live->cursor) < index) {
        atomic_fetch_add(&live->slip, late);
        late = 0;
    }
    if (score->patience_ns != 0)
        schedule_happened(index, (int64_t)now);
    else if (!score->max)
        schedule_happened(index, (int64_t)now - late - atomic_load(&live->slip));
    atomic_store_explicit(&live->issue_owner,
                          slot != NULL || (enter && standin_ring_seq() != 0) ? standin_owner() : 0,
                          memory_order_relaxed);
    atomic_store_explicit(&live->issue_slot, standin_slot_index(slot), memory_order_relaxed);
    atomic_store_explicit(&live->issue_enter, enter, memory_order_relaxed);
    atomic_store_explicit(&live->issue_before,
                          enter          ? standin_ring_seq()
                          : slot == NULL ? 0
                                         : atomic_load(&slot->head),
                          memory_order_relaxed);
    atomic_store_explicit(&live->last_late, late, memory_order_relaxed);
    if (late <= SCHEDULE_PUNCTUAL_NS && atomic_load_explicit(&live->pending, memory_order_relaxed) != 0)
        atomic_store_explicit(&live->pending, 0, memory_order_relaxed);
    atomic_store_explicit(&score_event_live(score, event)->late_ns, late, memory_order_relaxed);
    score_pass(score, index, now);
    /* Waking the next one took its time: that, too, is ours and not the app's. */
    standin_thread.late = score->max ? 0 : (int64_t)score_now() - schedule_due(index);
}

void
order_arrive(uint32_t edge, uint64_t now)
{
    if ((atomic_load(score_edge_live(standin_score, edge)) & SCORE_EDGE_DONE) != 0)
        return; /* waived, or it does not count: nobody waits for it */
    now = virtual_hold(edge, now);
    schedule_arrived(edge, now);
    if (score_edge(standin_score, edge)->counted)
        score_pass(standin_score, edge, now);
}
