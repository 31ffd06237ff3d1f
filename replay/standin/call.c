// SPDX-License-Identifier: MIT
/*
 * The SDK's side of a call: matched with the tape, it does what it did when it was recorded, at the time
 * it did it.
 */
#include <string.h>

#include "replay/score/score_edge.h"
#include "replay/standin/inside.h"
#include "ring/ring.h"

/* What a call answers that nobody can answer. */
union api_value
call_failure(const struct api_entry *entry, const union api_value *values)
{
    union api_value result;
    unsigned i;

    for (i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type == API_OUT && values[i].out != NULL)
            values[i].out[0] = '\0';
    }
    memset(&result, 0, sizeof result);
    if (entry->returns == API_I32)
        result.i = api_sdk.missing;
    else if (entry->returns == API_STR)
        result.s = "";
    return result;
}

static union api_value
call_result(const struct score_event *event)
{
    const struct api_entry *entry = &api_entries[event->api];
    const struct score_value *recorded = score_values(standin_score, event) + entry->nparams;
    union api_value result;

    memset(&result, 0, sizeof result);
    if (entry->returns == API_STR)
        result.s = score_text(standin_score, recorded);
    else
        result.u = recorded->bits;
    return result;
}

/* The score was checked to hold only texts that fit what the documentation promises. */
static void
call_fill(const struct score_event *event, const union api_value *values)
{
    const struct api_entry *entry = &api_entries[event->api];
    const struct score_value *recorded = score_values(standin_score, event);
    unsigned i;

    for (i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type != API_OUT || values[i].out == NULL)
            continue;
        if (recorded[i].bytes == RING_NONE)
            values[i].out[0] = '\0';
        else
            memcpy(values[i].out, score_text(standin_score, &recorded[i]), (size_t)recorded[i].bytes + 1);
    }
}

/* What the app passed, for the callbacks that this call causes. */
void
call_capture(uint32_t index, const struct api_entry *entry, const union api_value *values)
{
    struct score_event_live *live = index == SCORE_NONE ? NULL : score_event_live(standin_score, index);
    const void *user = NULL;
    unsigned i, which = 0;

    for (i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type == API_USER)
            user = values[i].user;
    }
    for (i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type != API_FN)
            continue;
        if (entry->kind == API_REGISTER && entry->params[i].callback >= 0)
            back_target_set((uint16_t)entry->params[i].callback, values[i].fn, user);
        if (live != NULL && which < 2)
            atomic_store(&live->fn[which++], (uint64_t)(uintptr_t)values[i].fn);
    }
    if (live == NULL)
        return;
    atomic_store(&live->user, (uint64_t)(uintptr_t)user);
    atomic_store(&live->image, standin_image);
}

union api_value
call_like(uint32_t event, const union api_value *values)
{
    atomic_fetch_add(&score_live(standin_score)->extra_getters, 1);
    call_fill(score_event(standin_score, event), values);
    return call_result(score_event(standin_score, event));
}

struct call_open {
    struct standin_frame frame;
    bool returned;
};

/* Also when a callback inside the call threw through it. */
static void
call_left(struct call_open *open)
{
    const struct score *score = standin_score;
    const struct score_event *event = score_event(score, open->frame.event);

    standin_attach();
    if (open->frame.pid != standin_process->pid)
        return;
    frame_pop(&open->frame);
    atomic_store(&score_event_live(score, open->frame.event)->state, SCORE_LEFT);
    if (!open->returned && event->leave != SCORE_NONE)
        score_pass(score, event->leave, score_now());
}

static union api_value
call_play(uint32_t index, const union api_value *values, uint64_t now)
{
    const struct score *score = standin_score;
    const struct score_event *event = score_event(score, index);
    const struct api_entry *entry = &api_entries[event->api];
    struct call_open open __attribute__((cleanup(call_left))) = {.returned = false};
    uint32_t back;

    call_capture(index, entry, values);
    call_fill(event, values);
    if (score->free && (atomic_load(score_edge_live(score, event->enter)) & SCORE_EDGE_DONE) != 0)
        free_catch_up(index, values);
    frame_push(&open.frame, index, false);
    order_arrive(event->enter, now);
    for (back = event->child; back != SCORE_NONE; back = score_event(score, back)->next) {
        if (!back_play(back, false) || open.frame.pid != standin_process->pid)
            break;
    }
    if (open.frame.pid == standin_process->pid) {
        if ((event->flags & (SCORE_IGNORED | SCORE_IN_FLIGHT)) == SCORE_IN_FLIGHT)
            order_block(); /* it did not return on the tape either */
        else if (event->leave != SCORE_NONE && (event->flags & SCORE_IGNORED) == 0 &&
                 order_wait(event->leave, false) == ORDER_MINE)
            order_issue(index, event->leave);
    }
    open.returned = true;
    if (event->leave == SCORE_NONE && entry->returns != API_VOID)
        return call_failure(entry, values);
    return call_result(event);
}

/* The judge decides. */
static union api_value
call_ask(uint16_t api, const union api_value *values, struct find_result *found, uint64_t now)
{
    const struct api_entry *entry = &api_entries[api];
    struct ask_answer answer;
    union api_value result;
    unsigned tries;

    for (tries = 0; tries < 3 && ask_judge(api, found, &answer); tries++) {
        if (answer.answer == SCORE_UNMATCHED || answer.event >= standin_score->events) {
            call_capture(SCORE_NONE, entry, values);
            result = call_failure(entry, values);
            if (entry->returns != API_STR)
                result.u = answer.result;
            if (answer.answer == SCORE_UNMATCHED && answer.completes)
                complete_later(entry, values, answer.code);
            return result;
        }
        /* Whatever was answered: never a buffer or result of another function. */
        if (score_event(standin_score, answer.event)->api != api)
            break;
        if (answer.answer == SCORE_LIKE) {
            call_capture(SCORE_NONE, entry, values);
            complete_like(entry, values, answer.event);
            return call_like(answer.event, values);
        }
        if (find_claim(answer.event)) {
            runner_start(atomic_load(&standin_process->recorded) - 1);
            return call_play(answer.event, values, now);
        }
    }
    return call_failure(entry, values);
}

/* Version texts are asked for off the record, too, so they are no events of the play. */
static union api_value
call_version(uint16_t api)
{
    uint32_t first = score_first(standin_score, api);
    union api_value result;

    memset(&result, 0, sizeof result);
    if (first != SCORE_NONE &&
        score_values(standin_score, score_event(standin_score, first))->bytes != RING_NONE)
        result.s = score_text(standin_score, score_values(standin_score, score_event(standin_score, first)));
    else if (standin_score->sdk_version != 0)
        result.s = (const char *)standin_score + standin_score->sdk_version;
    else
        result.s = "";
    return result;
}

union api_value
standin_call(uint16_t api, const union api_value *values)
{
    const struct api_entry *entry = &api_entries[api];
    struct find_result found;
    union api_value result;
    uint64_t now;

    if (!standin_attach())
        return call_failure(entry, values);
    if (api == api_sdk.version_function)
        return call_version(api);
    if (standin_is_over())
        return call_failure(entry, values);
    now = score_now();
    find_call(api, values, &found);
    if (found.event == SCORE_NONE && found.like == SCORE_NONE && standin_score->free &&
        free_answer(api, values, &found, &result))
        return result;
    if (found.event != SCORE_NONE) {
        if (found.event == standin_score->fork && fork_is_to_come())
            fork_serve(found.event);
        schedule_start(now, score_event(standin_score, found.event)->enter);
        runner_start(atomic_load(&standin_process->recorded) - 1);
        return call_play(found.event, values, now);
    }
    if (found.like != SCORE_NONE)
        return call_like(found.like, values);
    return call_ask(api, values, &found, now);
}

uint16_t
standin_signature(uint16_t newest)
{
    const struct api_entry *entry;

    if (standin_score == NULL || standin_score->sdk_version == 0 || newest >= API_ENTRIES)
        return newest;
    entry =
        api_find_version(api_entries[newest].name, (const char *)standin_score + standin_score->sdk_version);
    return entry == NULL ? newest : entry->id;
}
