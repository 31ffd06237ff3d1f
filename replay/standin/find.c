// SPDX-License-Identifier: MIT
/*
 * Which recorded call is this live call? By order within its context: the calls that were made in the same
 * recorded callback, or at the top level of the recorded thread that this live thread is bound to.
 * A thread is bound by its first call, to a recorded thread that began with that call.
 *
 * Only calls that are equal byte for byte are taken here; all else is the judge's.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "replay/score/score_edge.h"
#include "replay/score/score_role.h"
#include "replay/standin/inside.h"
#include "ring/ring.h"

/* Events looked at for what a getter said last: a fraction of a millisecond. The judge knows the rest. */
#define FIND_BACK 65536u

struct context {
    uint32_t first;         /* first call of the list */
    _Atomic uint32_t *hint; /* + 1: first that may be free */
};

static bool
find_equal_value(const struct api_param *param, const struct score_value *recorded, union api_value live)
{
    const char *text;

    switch (param->type) {
    case API_I32:
    case API_I64:
        return live.i == (int64_t)recorded->bits;
    case API_U32:
    case API_U64:
    case API_BOOL:
        return live.u == recorded->bits;
    case API_STR:
        text = score_text(standin_score, recorded);
        if (live.s == NULL || text == NULL)
            return live.s == text;
        return param->secret || strcmp(live.s, text) == 0;
    case API_OUT:
        return (live.out == NULL) == (recorded->bytes == RING_NONE);
    case API_FN:
        return (live.fn == NULL) == (recorded->bits == 0);
    default:
        return true;
    }
}

bool
find_equal(const struct score_event *event, const union api_value *values)
{
    const struct score_value *recorded = score_values(standin_score, event);
    const struct api_entry *entry = &api_entries[event->api];
    unsigned i;

    /* Which listener is removed is a pointer, another one in every run: the judge knows which is which. */
    if (entry->kind == API_UNREGISTER)
        return false;
    for (i = 0; i < entry->nparams; i++) {
        if (!find_equal_value(&entry->params[i], &recorded[i], values[i]))
            return false;
    }
    return true;
}

static bool
find_is_free(uint32_t event)
{
    return atomic_load_explicit(&score_event_live(standin_score, event)->state, memory_order_acquire) ==
           SCORE_FREE;
}

/* The list begins behind all that is taken. */
static uint32_t
find_start(const struct context *context)
{
    uint32_t hint = atomic_load_explicit(context->hint, memory_order_relaxed), at, next;

    at = hint == 0 ? context->first : hint - 1;
    if (at == SCORE_NONE || find_is_free(at))
        return at;
    while ((next = score_event(standin_score, at)->next) != SCORE_NONE && !find_is_free(at))
        at = next;
    atomic_store_explicit(context->hint, at + 1, memory_order_relaxed);
    return at;
}

/* It may be called more or less often than recorded. */
static bool
find_is_getter(uint16_t api)
{
    return api_entries[api].getter && api_entries[api].kind == API_SYNC && standin_score->strict == 0;
}

/*
 * The first free call of the context, if it is this one; getters that differ or were left out are passed
 * over. What it means if anything else would be passed over is for the judge to say.
 */
static uint32_t
find_scan(const struct context *context, uint16_t api, const union api_value *values, uint32_t *candidate)
{
    bool getter = find_is_getter(api);
    uint32_t at;

    for (at = find_start(context); at != SCORE_NONE; at = score_event(standin_score, at)->next) {
        const struct score_event *event = score_event(standin_score, at);

        if (!find_is_free(at))
            continue;
        if (event->api == api) {
            if (find_equal(event, values))
                return at;
            if (*candidate == SCORE_NONE)
                *candidate = at;
            if (!getter)
                return SCORE_NONE;
        } else if ((event->flags & SCORE_GETTER) == 0) {
            return SCORE_NONE;
        }
    }
    return SCORE_NONE;
}

/* It stands in the same list as `first`. */
static bool
find_is_beside(const struct score_event *event, const struct score_event *first)
{
    return event->parent == first->parent && event->thread == first->thread &&
           (event->flags & SCORE_CALLBACK) == 0 &&
           (event->flags & (SCORE_IGNORED | SCORE_AFTER_EXIT)) != SCORE_IGNORED;
}

/*
 * What a getter last said in this context before the next call that is still to come. Lists have no way back,
 * and from its beginning each would be longer than the one before: so backwards over all events.
 */
static uint32_t
find_like(const struct context *context, uint16_t api, const union api_value *values)
{
    const struct score_event *first = score_event(standin_score, context->first);
    uint32_t start = find_start(context), at, like = SCORE_NONE, back;

    if (!find_is_getter(api))
        return SCORE_NONE;
    for (at = start; at != SCORE_NONE; at = score_event(standin_score, at)->next) {
        const struct score_event *event = score_event(standin_score, at);

        if ((event->flags & SCORE_GETTER) == 0 && find_is_free(at))
            break;
        if (event->api == api && event->leave != SCORE_NONE && find_equal(event, values))
            like = at;
    }
    for (at = start, back = 0; like == SCORE_NONE && at-- > context->first && back < FIND_BACK; back++) {
        const struct score_event *event = score_event(standin_score, at);

        if (event->api == api && event->leave != SCORE_NONE && find_is_beside(event, first) &&
            find_equal(event, values))
            like = at;
    }
    return like;
}

/* Getters before a call that was made, or in a callback that has returned, will not come any more. */
static void
find_skip(const struct context *context, uint32_t until)
{
    struct score_live *live = score_live(standin_score);
    uint32_t at;

    for (at = find_start(context); at != SCORE_NONE && at < until;
         at = score_event(standin_score, at)->next) {
        if ((score_event(standin_score, at)->flags & SCORE_GETTER) != 0 && find_is_free(at) &&
            score_take_out(standin_score, at, SCORE_SKIPPED))
            atomic_fetch_add(&live->skipped_getters, 1);
    }
}

void
find_skip_getters(uint32_t callback)
{
    struct context context = {.first = score_event(standin_score, callback)->child,
                              .hint = &score_event_live(standin_score, callback)->hint};

    if (context.first != SCORE_NONE)
        find_skip(&context, SCORE_NONE);
}

static struct context
find_thread_context(uint32_t thread)
{
    return (struct context){.first = score_thread(standin_score, thread)->first_call,
                            .hint = &score_thread_live(standin_score, thread)->hint};
}

/* Makes the recorded process this one. False: it is another one's, or we are another. */
static bool
find_adopt(uint32_t process)
{
    _Atomic uint32_t *pid = &score_process_live(standin_score, process)->pid;
    uint32_t mine = atomic_load(&standin_process->recorded), none = 0;

    if (mine != 0)
        return mine == process + 1;
    if (!atomic_compare_exchange_strong(pid, &none, standin_process->pid) && none != standin_process->pid)
        return false;
    none = 0;
    if (atomic_compare_exchange_strong(&standin_process->recorded, &none, process + 1) || none == process + 1)
        return true;
    /* Another thread of ours was quicker and chose another one. */
    atomic_store(pid, 0);
    return false;
}

bool
find_claim(uint32_t index)
{
    struct score_event_live *event = score_event_live(standin_score, index);
    const struct score_event *recorded = score_event(standin_score, index);
    struct ring_slot *slot = standin_slot();
    uint32_t state = SCORE_FREE;

    if (!find_adopt(score_thread(standin_score, recorded->thread)->process) ||
        !atomic_compare_exchange_strong(&event->state, &state, SCORE_CLAIMED))
        return false;
    atomic_store(&event->owner, standin_owner());
    atomic_store(&event->seq, slot == NULL ? 0 : atomic_load_explicit(&slot->current, memory_order_relaxed));
    if (recorded->parent == SCORE_NONE) {
        atomic_store(&score_thread_live(standin_score, recorded->thread)->app, standin_owner());
        standin_thread.bound = recorded->thread + 1;
    }
    if ((recorded->flags & SCORE_GETTER) == 0) {
        struct context context = {.first = SCORE_NONE};

        if (recorded->parent == SCORE_NONE)
            context = find_thread_context(recorded->thread);
        else
            context = (struct context){.first = score_event(standin_score, recorded->parent)->child,
                                       .hint = &score_event_live(standin_score, recorded->parent)->hint};
        find_skip(&context, index);
    }
    return true;
}

/* The name that all threads of this process have which nobody named. */
static void
find_program(char name[16])
{
    int error = errno, fd = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, name, 15);

    name[got > 0 ? (size_t)got : 0] = '\0';
    name[strcspn(name, "\n")] = '\0';
    if (fd >= 0)
        close(fd);
    errno = error;
}

/* ... and as it was recorded. */
static const char *
find_recorded_program(uint32_t process)
{
    const struct score *score = standin_score;
    uint32_t i;

    for (i = 0; i < score->threads; i++) {
        const struct score_thread *thread = score_thread(score, i);

        if (thread->process == process && thread->pid == thread->tid)
            return thread->name;
    }
    return "";
}

/* The recorded thread of this one's role that began with this call: the one of its name, then the earliest.
 */
static uint32_t
find_unbound(uint16_t api, const union api_value *values, uint32_t *candidate)
{
    const struct score *score = standin_score;
    uint32_t mine = atomic_load(&standin_process->recorded), i, best = SCORE_NONE;
    char name[16] = "", program[16] = "";
    const char *recorded_program = "";
    uint32_t program_of = SCORE_NONE;
    bool best_named = false;
    struct score_role mine_role;

    prctl(PR_GET_NAME, name);
    find_program(program);
    mine_role =
        score_role(standin_thread.pid == standin_thread.tid, name, program, standin_score->strict != 0);
    for (i = 0; i < score->threads; i++) {
        const struct score_thread *thread = score_thread(score, i);
        struct context context = find_thread_context(i);
        uint64_t bound = atomic_load(&score_thread_live(score, i)->app);
        struct score_role role;
        uint32_t found;
        bool named;

        if ((thread->flags & SCORE_CALLS) == 0 || (bound != 0 && bound != standin_owner()))
            continue;
        if (mine != 0 ? thread->process + 1 != mine
                      : atomic_load(&score_process_live(score, thread->process)->pid) != 0)
            continue;
        if (thread->process != program_of) {
            program_of = thread->process;
            recorded_program = find_recorded_program(program_of);
        }
        role = score_role(thread->pid == thread->tid, thread->name, recorded_program, score->strict != 0);
        if (!score_role_same(&role, &mine_role))
            continue;
        found = find_scan(&context, api, values, candidate);
        named = strcmp(thread->name, name) == 0;
        if (found != SCORE_NONE &&
            (best == SCORE_NONE || named > best_named || (named == best_named && found < best))) {
            best = found;
            best_named = named;
        }
    }
    return best;
}

/* Where the call is made: in a callback, or at the top level of a bound thread. */
static bool
find_context(struct find_result *found, struct context *context)
{
    const struct standin_frame *top = frame_top();

    *context = (struct context){.first = SCORE_NONE};
    if (standin_thread.bound != 0)
        found->thread = standin_thread.bound - 1;
    if (top != NULL) {
        if (!top->callback || top->event == SCORE_NONE)
            return false; /* a call inside a call: nothing of that is in the lists */
        found->context = top->event;
        found->thread = score_event(standin_score, top->event)->thread;
        context->first = score_event(standin_score, top->event)->child;
        context->hint = &score_event_live(standin_score, top->event)->hint;
    } else if (standin_thread.bound != 0) {
        *context = find_thread_context(found->thread);
    }
    return true;
}

void
find_call(uint16_t api, const union api_value *values, struct find_result *found)
{
    struct context context;
    bool known;

    *found = (struct find_result){.event = SCORE_NONE,
                                  .like = SCORE_NONE,
                                  .candidate = SCORE_NONE,
                                  .context = SCORE_NONE,
                                  .thread = SCORE_NONE};
    known = find_context(found, &context);
    while (known) {
        uint32_t event;

        found->candidate = SCORE_NONE;
        if (context.first != SCORE_NONE)
            event = find_scan(&context, api, values, &found->candidate);
        else if (found->context == SCORE_NONE && standin_thread.bound == 0)
            event = find_unbound(api, values, &found->candidate);
        else
            break;
        if (event == SCORE_NONE)
            break;
        /* Taken in between: look again. */
        if (find_claim(event)) {
            found->event = event;
            return;
        }
    }
    if (context.first != SCORE_NONE)
        found->like = find_like(&context, api, values);
}
