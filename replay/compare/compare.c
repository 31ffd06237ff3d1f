// SPDX-License-Identifier: MIT
/* What differs between two tapes whose events are paired, told in the order of the first one. */
#include "replay/compare/compare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "replay/compare/compare_parts.h"

#define PASSED 256 /* events that one may have passed for a rule to look at them all */
#define SLOW_NS 5000000

/* The texts that the first tape's SDK gave out, for value flow. */
struct given {
    struct tape_reader *tape;
    struct tape_event event;
    unsigned value;
    bool begun, over;
};

struct comparison {
    struct compare_tape tape[2];
    struct match_terms terms;
    struct match_flow listeners;
    const struct compare_options *options;
    struct compare_summary *summary;
    struct fault *fault;
    struct given given;
    struct compare_difference difference; /* events filled: of the pair that is compared */
    uint32_t extra;                       /* events of the second tape up to here are told */
    bool stopped;
};

const char *compare_class_name(enum compare_class class)
{
    static const char *const names[] = {
        "missing",          "extra",     "different-argument", "different-payload",
        "different-result", "reordered", "wrong-thread",       "different-end"};
    return names[class];
}

/* ---- what the SDK gave out ------------------------------------------------------------------------ */

static const struct tape_value *
given_value(const struct tape_event *event, unsigned index)
{
    const struct tape_value *value = index < event->nargs ? &event->args[index] : &event->result;
    unsigned type = event->entry == NULL            ? API_VOID
                    : index < event->entry->nparams ? event->entry->params[index].type
                                                    : event->entry->returns;
    bool given = index >= event->nargs || type == (event->is_callback ? API_STR : API_OUT);
    return given && value->type == TAPE_TEXT ? value : NULL;
}

static bool
source(void *context, uint64_t before, struct flow_text *text)
{
    struct given *given = context;
    while (!given->over) {
        if (!given->begun || given->value > given->event.nargs) {
            given->value = 0;
            given->begun = true;
            given->over = tape_next(given->tape, &given->event, NULL) <= 0;
            continue;
        }
        if (given->event.seq >= before)
            return false;
        const struct tape_value *value = given_value(&given->event, given->value++);
        if (value == NULL || given->event.entry == NULL)
            continue;
        *text = (struct flow_text){.seq = given->event.seq,
                                   .name = given->event.entry->name,
                                   .text = value->text,
                                   .bytes = value->bytes};
        return true;
    }
    return false;
}

/* ---- telling -------------------------------------------------------------------------------------- */

static void
name_event(const struct comparison *it, unsigned side, uint32_t index, struct compare_event *event)
{
    const struct compare_tape *tape = &it->tape[side];
    *event = (struct compare_event){.seq = 0};
    if (index == COMPARE_NONE)
        return;
    const struct compare_item *item = &tape->item[index];
    event->seq = item->seq;
    event->name = tape->name[item->name].text;
    event->is_callback = item->is_callback;
    event->thread = tape->thread[item->thread].number;
    event->thread_name = tape->thread[item->thread].name;
    event->cause = item->is_callback ? compare_cause_name(tape, index) : NULL;
    event->inside = item->inside != COMPARE_NONE ? tape->item[item->inside].seq : 0;
    unsigned most = 1000;
    for (uint32_t i = item->first; i != COMPARE_NONE && event->contained < most; i = tape->item[i].next)
        event->contained++;
}

static void
tell(struct comparison *it, enum compare_class class, const struct match_difference *value)
{
    it->difference.class = class;
    it->difference.value = value;
    it->summary->differences++;
    it->stopped = it->stopped || it->options->report(it->options->context, &it->difference) != 0;
}

static int
value_differs(void *context, const struct match_difference *value)
{
    struct comparison *it = context;
    tell(it,
         value->param == RULES_RESULT && strcmp(value->name, "result") == 0 ? COMPARE_RESULT
         : it->difference.expected.is_callback                              ? COMPARE_PAYLOAD
                                                                            : COMPARE_ARGUMENT,
         value);
    return it->stopped;
}

static int
answer_differs(void *context, const struct match_difference *value)
{
    struct comparison *it = context;
    tell(it, COMPARE_RESULT, value);
    return it->stopped;
}

/* ---- events of one tape only ---------------------------------------------------------------------- */

/* A completion without which the other app ended: it did not wait so long as this one took. Slow machines are
 * slow in other places each time, so not by far. */
static bool
raced_with_end(const struct comparison *it, unsigned side, uint32_t index)
{
    const struct compare_tape *here = &it->tape[side], *there = &it->tape[1 - side];
    const struct compare_item *item = &here->item[index];
    if (!item->is_callback || item->above == COMPARE_NONE || item->has_calls ||
        here->item[item->above].is_callback)
        return false;
    int64_t took = item->at_ns - here->item[item->above].at_ns;
    int64_t left = there->end_ns - there->item[here->item[item->above].pair].at_ns;
    return left / 10 < took + SLOW_NS;
}

static bool
allowed_by_rule(struct comparison *it, unsigned side, uint32_t index)
{
    const struct compare_tape *tape = &it->tape[side];
    const char *names[] = {tape->name[tape->item[index].name].text, compare_cause_name(tape, index)};
    struct rules *rules = it->terms.rules;
    for (unsigned i = 0; i < 2 && names[i] != NULL; i++) {
        if (i == 1 && !tape->item[index].is_callback)
            break;
        if (side == 0 ? rules_allow_missing(rules, names[i]) : rules_allow_repeat(rules, names[i]))
            return true;
    }
    return false;
}

/* More often than recorded: it has to be there once. */
static bool
seen_before(const struct comparison *it, uint32_t index)
{
    const struct compare_name *name = &it->tape[1].name[it->tape[1].item[index].name];
    for (uint32_t i = 0; i < it->tape[0].names; i++) {
        if (strcmp(it->tape[0].name[i].text, name->text) == 0)
            return it->tape[0].name[i].seen > 0;
    }
    return false;
}

static void
tell_alone(struct comparison *it, unsigned side, uint32_t index)
{
    const struct compare_tape *tape = &it->tape[side];
    const struct compare_item *item = &tape->item[index];
    if (!item->counts || item->pair != COMPARE_NONE)
        return;
    if (item->above != COMPARE_NONE && tape->item[item->above].pair == COMPARE_NONE)
        return; /* goes with what it is in, or what it answers */
    if (item->getter && it->terms.mode != MATCH_STRICT) {
        it->summary->getters++;
        return;
    }
    if (raced_with_end(it, side, index)) {
        it->summary->too_late++;
        return;
    }
    if ((side == 0 || seen_before(it, index)) && allowed_by_rule(it, side, index))
        return;
    it->difference = (struct compare_difference){.class = COMPARE_MISSING};
    name_event(it, side, index, side == 0 ? &it->difference.expected : &it->difference.got);
    tell(it, side == 0 ? COMPARE_MISSING : COMPARE_EXTRA, NULL);
}

/* ---- pairs ---------------------------------------------------------------------------------------- */

static bool
same_row(const struct comparison *it, uint32_t a, uint32_t b)
{
    const struct compare_item *x = &it->tape[0].item[a], *y = &it->tape[1].item[b];
    if (x->above != COMPARE_NONE || y->above != COMPARE_NONE)
        return x->above != COMPARE_NONE && it->tape[0].item[x->above].pair == y->above;
    return it->tape[0].thread[x->thread].pair == y->thread;
}

/* Does the event stand on the other side of this one on the second tape, in the same row? */
static bool
has_passed(const struct comparison *it, uint32_t a, uint32_t other)
{
    const struct compare_item *x = &it->tape[0].item[a], *y = &it->tape[0].item[other];
    bool row = x->above != COMPARE_NONE
                   ? y->above == x->above
                   : y->above == COMPARE_NONE && y->thread == x->thread && y->is_callback == x->is_callback;
    return row && other != a && y->counts && y->pair != COMPARE_NONE && (y->pair < x->pair) != (other < a) &&
           same_row(it, other, y->pair);
}

/* The nearest one; COMPARE_NONE: there is none. Mostly a neighbour, however long the row is. */
static uint32_t
nearest_passed(const struct comparison *it, uint32_t a)
{
    uint32_t items = it->tape[0].items;
    for (uint32_t away = 1; away <= a || away < items - a; away++) {
        if (away <= a && has_passed(it, a, a - away))
            return a - away;
        if (away < items - a && has_passed(it, a, a + away))
            return a + away;
    }
    return COMPARE_NONE;
}

/* Are all events that it passed such that a rule lets them change places? *first names the nearest one. */
static bool
swap_allowed(struct comparison *it, uint32_t a, const char **first)
{
    const struct compare_tape *tape = &it->tape[0];
    const struct compare_item *item = &tape->item[a];
    const struct compare_thread *thread = &tape->thread[item->thread];
    const char *name = tape->name[item->name].text;
    uint32_t nearest = nearest_passed(it, a);
    if (nearest == COMPARE_NONE)
        return true;
    *first = tape->name[tape->item[nearest].name].text;
    uint64_t used = rules_used(it->terms.rules);
    bool all = rules_allow_swap(it->terms.rules, name, *first);
    rules_forget(it->terms.rules, used); /* it is counted with the others */
    unsigned passed = 0;
    uint32_t i = item->above != COMPARE_NONE ? tape->item[item->above].first
                 : item->is_callback         ? thread->backs
                                             : thread->calls;
    for (; all && i != COMPARE_NONE; i = tape->item[i].next) {
        if (has_passed(it, a, i))
            all = ++passed < PASSED &&
                  rules_allow_swap(it->terms.rules, name, tape->name[tape->item[i].name].text);
    }
    return all;
}

static void
tell_moved(struct comparison *it, uint32_t a, uint32_t b)
{
    bool here = same_row(it, a, b), callback = it->tape[0].item[a].is_callback;
    uint64_t used = rules_used(it->terms.rules);
    it->difference.other = NULL;
    if (it->terms.mode == MATCH_LOOSE || (!here && callback && it->terms.mode != MATCH_STRICT))
        return; /* which of its threads the SDK takes is its own affair */
    if (here && swap_allowed(it, a, &it->difference.other))
        return;
    rules_forget(it->terms.rules, used);
    tell(it, here ? COMPARE_REORDERED : COMPARE_THREAD, NULL);
}

/* The same bytes say the same, unless it is an id. */
static int
compare_values(struct comparison *it, uint32_t a, uint32_t b)
{
    struct tape_event x, y;
    if (it->tape[0].item[a].exact == it->tape[1].item[b].exact)
        return 0;
    if (compare_read(&it->tape[0], a, &x, it->fault) != 0 ||
        compare_read(&it->tape[1], b, &y, it->fault) != 0)
        return -1;
    const struct compare_name *name = &it->tape[0].name[it->tape[0].item[a].name];
    uint32_t cause = it->tape[0].item[a].cause;
    const struct api_entry *made_by = name->entry != NULL && x.is_callback && cause != COMPARE_NONE
                                          ? it->tape[0].name[it->tape[0].item[cause].name].entry
                                          : NULL;
    int different = match_each(&x, &y, made_by, &it->terms, value_differs, it);
    if (different >= 0 && !x.is_callback && !it->stopped)
        different = match_answer(&x, &y, &it->terms, answer_differs, it);
    return different < 0 ? fault_set(it->fault, FAULT_INTERNAL, "out of memory to compare the tapes") : 0;
}

static int
compare_pair_of(struct comparison *it, uint32_t a)
{
    const struct compare_item *item = &it->tape[0].item[a];
    uint32_t b = item->pair;
    if (!item->counts)
        return 0;
    while (it->extra < it->tape[1].items && b != COMPARE_NONE && it->extra < b && !it->stopped)
        tell_alone(it, 1, it->extra++);
    if (b == COMPARE_NONE) {
        tell_alone(it, 0, a);
        return 0;
    }
    it->summary->pairs++;
    it->difference = (struct compare_difference){.class = COMPARE_ARGUMENT};
    name_event(it, 0, a, &it->difference.expected);
    name_event(it, 1, b, &it->difference.got);
    if (item->moved)
        tell_moved(it, a, b);
    return it->stopped ? 0 : compare_values(it, a, b);
}

static void
compare_ends(struct comparison *it, const struct compare_side sides[2])
{
    const char *a = tape_meta(sides[0].tape, "ended"), *b = tape_meta(sides[1].tape, "ended");
    if (a == NULL || b == NULL || strcmp(a, b) == 0 || it->stopped)
        return;
    it->difference = (struct compare_difference){.expected_text = a, .got_text = b};
    tell(it, COMPARE_END, NULL);
}

static int
compare_all(struct comparison *it, const struct compare_side sides[2])
{
    for (unsigned side = 0; side < 2; side++) {
        if (compare_load(&it->tape[side], sides[side].tape, it->fault) != 0)
            return -1;
        it->summary->calls[side] = it->tape[side].calls;
        it->summary->callbacks[side] = it->tape[side].callbacks;
    }
    if (compare_pair(it->tape, &it->terms, &it->summary->windowed, it->fault) != 0)
        return -1;
    uint64_t used = rules_used(it->terms.rules);
    for (uint32_t i = 0; i < it->tape[0].items && !it->stopped; i++) {
        if (compare_pair_of(it, i) != 0)
            return -1;
    }
    while (it->extra < it->tape[1].items && !it->stopped)
        tell_alone(it, 1, it->extra++);
    compare_ends(it, sides);
    it->summary->allowed = rules_used(it->terms.rules) - used;
    return 0;
}

static int64_t
began(struct tape_reader *tape)
{
    const char *text = tape_meta(tape, "started_ns");
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

int
compare_tapes(const struct compare_side sides[2], const struct compare_options *options,
              struct compare_summary *summary, struct fault *fault)
{
    struct comparison *it = calloc(1, sizeof *it);
    *summary = (struct compare_summary){.pairs = 0};
    if (it == NULL || (it->terms.flow = flow_new()) == NULL) {
        free(it);
        return fault_set(fault, FAULT_INTERNAL, "out of memory to compare the tapes");
    }
    it->options = options;
    it->summary = summary;
    it->fault = fault;
    it->terms.mode = options->mode;
    it->terms.rules = options->rules;
    it->given.tape = sides[0].flow;
    if (sides[0].flow != NULL && tape_rewind(sides[0].flow, 0, fault) == 0)
        flow_from(it->terms.flow, source, &it->given);
    rules_clock(options->rules, began(sides[0].tape), began(sides[1].tape));
    int result = compare_all(it, sides);
    flow_free(it->terms.flow);
    compare_unload(&it->tape[0]);
    compare_unload(&it->tape[1]);
    free(it);
    return result;
}
