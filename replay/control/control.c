// SPDX-License-Identifier: MIT
#include "replay/control/control.h"

static uint32_t
cursor_of(const struct control *control)
{
    return atomic_load_explicit(&score_live(control->score)->cursor, memory_order_acquire);
}

/* The first callback from `edge` on that is still to be delivered. */
static uint32_t
next_callback(const struct score *score, uint32_t edge)
{
    for (; edge < score->edges; edge++) {
        const struct score_edge *at = score_edge(score, edge);
        uint32_t state = atomic_load_explicit(score_edge_live(score, edge), memory_order_acquire);
        if (!at->leave && !at->app && at->counted && (state & SCORE_EDGE_DONE) == 0)
            return edge;
    }
    return SCORE_NONE;
}

static uint32_t
gate_of(const struct control *control)
{
    uint32_t gate = control->until;
    if (control->debug < gate)
        gate = control->debug;
    if (control->stop < gate)
        gate = control->stop;
    return control->paused || control->held ? 0 : gate;
}

/* Since when the edge before which the play stands would have happened; 0: its time has not come. */
static uint64_t
held_since(const struct control *control, uint32_t gate, uint64_t now_ns)
{
    const struct score_live *live = score_live(control->score);
    uint64_t since = atomic_load_explicit(&live->progress_ns, memory_order_acquire);
    int64_t due = score_due(control->score, gate);
    if (cursor_of(control) < gate || due > (int64_t)now_ns)
        return 0;
    return due > (int64_t)since ? (uint64_t)due : since;
}

/* Puts the gate where it belongs now, and gives the time back that was spent before it. */
static void
move_gate(struct control *control, uint64_t now_ns)
{
    int64_t slip = atomic_load_explicit(&score_live(control->score)->slip, memory_order_acquire);
    int64_t lost = 0;
    if (control->since != 0) {
        /* What the app did late meanwhile became slip already; it is not to count twice. */
        lost = control->slip_ns + (int64_t)(now_ns - control->since) - slip;
        control->since = 0;
    }
    if (lost < 0)
        lost = 0;
    control->lost_ns += lost;
    score_gate(control->score, gate_of(control), lost);
}

static void
stand(struct control *control, uint64_t since)
{
    if (control->since != 0)
        return;
    control->since = since;
    control->slip_ns = atomic_load_explicit(&score_live(control->score)->slip, memory_order_acquire);
}

void
control_begin(struct control *control, struct score *score, uint32_t until, uint32_t debug, bool step)
{
    *control = (struct control){.score = score, .until = until, .debug = debug, .stop = SCORE_NONE};
    if (step)
        control->stop = next_callback(score, score->from);
    move_gate(control, 0);
}

enum control_state
control_look(struct control *control, uint64_t now_ns)
{
    uint32_t cursor = cursor_of(control);
    if (control->stop != SCORE_NONE && cursor > control->stop) {
        /* It went before we could hold it, or nobody was there to take it. */
        control->stop = next_callback(control->score, cursor);
        move_gate(control, now_ns);
    }
    if (control->paused) {
        stand(control, now_ns);
        return CONTROL_PAUSED;
    }
    if (control->held)
        return CONTROL_HELD;
    uint32_t gate = gate_of(control);
    uint64_t since = gate < control->score->edges ? held_since(control, gate, now_ns) : 0;
    if (since == 0)
        return CONTROL_PLAYS;
    stand(control, since);
    return gate == control->stop ? CONTROL_STOPPED : CONTROL_HELD;
}

void
control_pause(struct control *control, uint64_t now_ns)
{
    bool plays = control_look(control, now_ns) == CONTROL_PLAYS;
    control->paused = plays;
    control->stop = SCORE_NONE;
    move_gate(control, now_ns);
    if (plays)
        stand(control, now_ns);
}

void
control_next(struct control *control, uint64_t now_ns)
{
    enum control_state state = control_look(control, now_ns);
    uint32_t next = next_callback(control->score, cursor_of(control));
    if (state != CONTROL_PLAYS && next != SCORE_NONE)
        next = next_callback(control->score, next + 1);
    control->paused = false;
    control->stop = next;
    move_gate(control, now_ns);
}

void
control_hold(struct control *control, uint64_t now_ns)
{
    control_look(control, now_ns); /* it may stand here for some time already */
    stand(control, now_ns);
    control->held = true;
    score_gate(control->score, gate_of(control), 0);
}

void
control_release(struct control *control, uint64_t now_ns)
{
    control->held = false;
    control->debug = SCORE_NONE;
    move_gate(control, now_ns);
}

void
control_slept(struct control *control, uint64_t slept_ns)
{
    if (control->since != 0)
        return;
    control->lost_ns += (int64_t)slept_ns;
    score_gate(control->score, gate_of(control), (int64_t)slept_ns);
}
