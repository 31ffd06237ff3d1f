// SPDX-License-Identifier: MIT
/* What the app did on the tape, held against what the code under test does now. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "replay/embed/embed.h"
#include "replay/judge/match.h"
#include "traces/callback_name.h"

/* The callback that calls belong to now. */
static struct embed_scene *
scene_now(struct timtape_replay *replay)
{
    return replay->top != NULL ? &replay->top->scene : &replay->last;
}

static bool
may_be_missing(const struct timtape_replay *replay, const struct tape_event *call)
{
    return (call->entry != NULL && call->entry->getter && call->entry->kind == API_SYNC) ||
           rules_allow_missing(replay->rules, call->name);
}

int
timtape_replay_rules(struct timtape_replay *replay, const char *path)
{
    replay->fault.text[0] = '\0';
    if (path == NULL)
        return fault_set(&replay->fault, FAULT_USAGE, "no path of a rules file was given");
    return rules_read(&replay->rules, path, &replay->fault);
}

/* The lookup stands behind what is used up: the next call of the scene into shown.tape. 1, 0, -1. */
static int
next_call(struct timtape_replay *replay, const struct embed_scene *scene)
{
    struct tape_event *event = &replay->shown.tape;
    int more;

    while ((more = tape_next(replay->lookup, event, &replay->fault)) == 1) {
        if (scene->end_seq != 0 && event->seq > scene->end_seq)
            return 0;
        if (!event->is_callback && event->parent == scene->seq)
            return 1;
    }
    return more;
}

static int
first_call(struct timtape_replay *replay, const struct embed_scene *scene)
{
    if (tape_rewind(replay->lookup, scene->call_at, &replay->fault) != 0)
        return -1;
    return next_call(replay, scene);
}

const struct timtape_event *
timtape_replay_call(struct timtape_replay *replay)
{
    replay->fault.text[0] = '\0';
    if (first_call(replay, scene_now(replay)) != 1)
        return NULL;
    embed_show(replay, &replay->shown, NULL);
    return &replay->shown.event;
}

int64_t
timtape_replay_calls_left(struct timtape_replay *replay)
{
    const struct embed_scene *scene = scene_now(replay);
    int64_t left = 0;
    int more;

    replay->fault.text[0] = '\0';
    for (more = first_call(replay, scene); more == 1; more = next_call(replay, scene))
        left += !may_be_missing(replay, &replay->shown.tape);
    return more < 0 ? -1 : left;
}

/* ---- a call that was made ---- */

/* The arguments as a mock passes them on: char, short and bool came as int. */
static void
take_arguments(const struct api_entry *entry, va_list *arguments, union api_value *values,
               struct tape_event *live)
{
    *live = (struct tape_event){.name = entry->name, .entry = entry, .nargs = entry->nparams};
    for (unsigned i = 0; i < entry->nparams; i++) {
        struct tape_value *value = &live->args[i];

        switch (entry->params[i].type) {
        case API_I32:
        case API_I64:
            value->type = TAPE_INT;
            value->i =
                entry->params[i].type == API_I64 ? va_arg(*arguments, int64_t) : va_arg(*arguments, int);
            break;
        case API_U32:
        case API_U64:
            value->type = TAPE_UINT;
            value->u = entry->params[i].type == API_U64 ? va_arg(*arguments, uint64_t)
                                                        : va_arg(*arguments, unsigned);
            break;
        case API_BOOL:
            value->type = TAPE_UINT;
            value->u = (uint64_t)va_arg(*arguments, int);
            break;
        case API_STR:
            values[i].s = va_arg(*arguments, const char *);
            value->type = values[i].s != NULL ? TAPE_TEXT : TAPE_NULL;
            value->text = values[i].s;
            value->bytes = values[i].s != NULL ? strlen(values[i].s) : 0;
            break;
        case API_OUT: /* what is in it is no argument */
            values[i].out = va_arg(*arguments, char *);
            value->type = values[i].out != NULL ? TAPE_TEXT : TAPE_NULL;
            value->text = "";
            break;
        case API_FN:
            values[i].fn = va_arg(*arguments, timtape_function);
            value->type = TAPE_UINT;
            value->u = values[i].fn != NULL;
            break;
        default:
            values[i].user = va_arg(*arguments, const void *);
            break;
        }
    }
}

static int
add_answer(struct timtape_replay *replay, const struct embed_answer *answer)
{
    if (replay->nanswers == replay->answers_room) {
        size_t room = replay->answers_room == 0 ? 16 : replay->answers_room * 2;
        struct embed_answer *answers = realloc(replay->answers, room * sizeof *answers);

        if (answers == NULL)
            return fault_set(&replay->fault, FAULT_INTERNAL, "out of memory");
        replay->answers = answers;
        replay->answers_room = room;
    }
    replay->answers[replay->nanswers++] = *answer;
    return 0;
}

/* The call in `shown` was made again: its callbacks go where this run wants them, its buffers are filled. */
static int
answer(struct timtape_replay *replay, const struct api_entry *entry, const union api_value *values)
{
    const struct tape_event *recorded = &replay->shown.tape;
    const void *user_data = NULL;
    uint8_t via = 0;

    for (unsigned i = 0; i < entry->nparams; i++) {
        if (entry->params[i].type == API_USER)
            user_data = values[i].user;
    }
    for (unsigned i = 0; i < entry->nparams; i++) {
        const struct api_param *param = &entry->params[i];
        const struct tape_value *value = &recorded->args[i];

        if (param->type == API_OUT && values[i].out != NULL && value->type == TAPE_TEXT &&
            value->bytes < param->out_bytes)
            memcpy(values[i].out, value->text, value->bytes + 1);
        if (param->type != API_FN)
            continue;
        struct embed_answer added = {.call = recorded->seq,
                                     .via = via,
                                     .callback = param->callback >= 0 ? &api_entries[param->callback] : NULL,
                                     .handler = values[i].fn,
                                     .user_data = user_data};
        if (added.handler != NULL && added.callback != NULL && entry->kind != API_UNREGISTER &&
            add_answer(replay, &added) != 0)
            return -1;
        via++;
    }
    return 0;
}

static int
no_call(struct timtape_replay *replay, const struct embed_scene *scene, const char *function)
{
    if (scene->seq == 0)
        return fault_set(&replay->fault, FAULT_DATA,
                         "%s was called, and the tape has no further call outside of callbacks", function);
    return fault_set(&replay->fault, FAULT_DATA,
                     "%s was called in callback %llu, and the tape has no further call in it", function,
                     (unsigned long long)scene->seq);
}

/* Finds and compares; 0: `shown` is that call. */
static int
find_call(struct timtape_replay *replay, const struct embed_scene *scene, const struct tape_event *live)
{
    const struct tape_event *recorded = &replay->shown.tape;
    const struct match_terms terms = {.mode = MATCH_NORMAL, .rules = replay->rules};
    struct match_difference first;
    int more = first_call(replay, scene);

    while (more == 1 && strcmp(recorded->name, live->name) != 0 && may_be_missing(replay, recorded))
        more = next_call(replay, scene);
    if (more < 0)
        return -1;
    if (more == 0)
        return no_call(replay, scene, live->name);
    if (strcmp(recorded->name, live->name) != 0)
        return fault_set(&replay->fault, FAULT_DATA, "%s was called where the tape has event %llu, %s",
                         live->name, (unsigned long long)recorded->seq, recorded->name);
    if (recorded->entry != live->entry)
        return fault_set(&replay->fault, FAULT_USAGE,
                         "event %llu: %s is on this tape with the signature of another SDK version; say "
                         "\"%s@VERSION\" and pass the arguments that it had then",
                         (unsigned long long)recorded->seq, recorded->name, recorded->name);
    int different = match_call(recorded, live, &terms, &first);
    if (different == 0)
        return 0;
    if (different < 0)
        return fault_set(&replay->fault, FAULT_INTERNAL, "out of memory");
    return fault_set(&replay->fault, FAULT_DATA,
                     "event %llu, %s: %s%s%s: the tape has %s, the code passed %s",
                     (unsigned long long)recorded->seq, recorded->name, first.name,
                     first.path[0] != '\0' ? " at " : "", first.path, first.expected, first.got);
}

const struct timtape_event *
timtape_replay_expect(struct timtape_replay *replay, const char *function, ...)
{
    struct embed_scene *scene = scene_now(replay);
    union api_value values[API_MAX_PARAMS];
    struct tape_event live;
    va_list arguments;

    replay->fault.text[0] = '\0';
    if (function == NULL) {
        fault_set(&replay->fault, FAULT_USAGE, "no name of a function was given");
        return NULL;
    }
    const struct api_entry *entry = callback_name_entry(function, strlen(function), false, &replay->fault);
    if (entry == NULL)
        return NULL;
    va_start(arguments, function);
    take_arguments(entry, &arguments, values, &live);
    va_end(arguments);
    if (find_call(replay, scene, &live) != 0 || embed_reconsider(replay) != 0 ||
        answer(replay, entry, values) != 0)
        return NULL;
    scene->call_at = replay->shown.tape.seq + 1;
    embed_show(replay, &replay->shown, NULL);
    return &replay->shown.event;
}
