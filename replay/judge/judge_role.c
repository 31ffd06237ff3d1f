// SPDX-License-Identifier: MIT
/* Which thread may make which call: by where it was recorded and where it is made. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "replay/judge/judge_parts.h"

static const char *
recorded_program(const struct score *score, uint32_t process)
{
    for (uint32_t i = 0; i < score->threads; i++) {
        const struct score_thread *thread = score_thread(score, i);
        if (thread->process == process && thread->pid == thread->tid)
            return thread->name;
    }
    return "";
}

struct judge_role
judge_recorded_role(const struct judge *judge, uint32_t event)
{
    const struct score *score = judge->score;
    while (score_event(score, event)->parent < score->events)
        event = score_event(score, event)->parent;
    const struct score_event *root = score_event(score, event);
    const struct score_thread *thread = score_thread(score, root->thread);
    if ((root->flags & SCORE_CALLBACK) != 0)
        return (struct judge_role){.kind = ROLE_SDK};
    bool main_thread = thread->pid == thread->tid;
    return (struct judge_role){.kind = main_thread ? ROLE_MAIN : ROLE_WORKER,
                               .thread = score_role(main_thread, thread->name,
                                                    recorded_program(score, thread->process),
                                                    judge->options.match == MATCH_STRICT)};
}

/* The name of a live process's main thread. */
static void
live_program(uint32_t pid, char name[16])
{
    char path[64];
    name[0] = '\0';
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/comm", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    size_t got = fread(name, 1, 15, file);
    fclose(file);
    name[got] = '\0';
    name[strcspn(name, "\n")] = '\0';
}

struct judge_role
judge_live_role(const struct judge *judge, const struct score_mail *mail)
{
    const struct score *score = judge->score;
    uint64_t owner = atomic_load_explicit(&mail->owner, memory_order_relaxed);
    uint32_t pid = (uint32_t)(owner >> 32), tid = (uint32_t)owner;
    if (mail->context < score->events)
        return judge_recorded_role(judge, mail->context);
    if (live_within_callback(judge->live, pid, tid))
        return (struct judge_role){.kind = ROLE_SDK}; /* one that the tape does not have */
    char program[16] = "";
    if (pid != tid)
        live_program(pid, program);
    return (struct judge_role){.kind = pid == tid ? ROLE_MAIN : ROLE_WORKER,
                               .thread = score_role(pid == tid, live_thread_name(judge->live, pid, tid),
                                                    program, judge->options.match == MATCH_STRICT)};
}

bool
judge_same_role(const struct judge_role *a, const struct judge_role *b)
{
    return a->kind == b->kind && (a->kind != ROLE_WORKER || score_role_same(&a->thread, &b->thread));
}

const char *
judge_describe_role(const struct judge_role *role, const char *thread, char *text, size_t room)
{
    if (role->kind == ROLE_MAIN)
        snprintf(text, room, "on the main thread");
    else if (role->kind == ROLE_SDK)
        snprintf(text, room, "inside a callback, on a thread of the SDK");
    else if (role->thread.name[0] != '\0')
        snprintf(text, room, "on the app's thread \"%s\"", thread);
    else
        snprintf(text, room, "on another thread of the app");
    return text;
}
