// SPDX-License-Identifier: MIT
/*
 * Which threads may stand for each other: the main thread is one of its kind, the app's other threads go by
 * their names. Names that differ in digits only are one pool ("worker-1", "worker-12"). A thread
 * that nobody named has the name of the program, or of the thread that made it and names it a moment later:
 * that says nothing, and it may stand for any of them.
 *
 * For both sides: libc only, nothing allocated, errno as it was.
 */
#ifndef REPLAY_SCORE_ROLE_H
#define REPLAY_SCORE_ROLE_H

#include <stdbool.h>
#include <string.h>

struct score_role {
    bool main;
    char name[16]; /* mostly without digits; "": it has none of its own */
};

/* `program`: the name of the process's main thread, "" when not known. `exact` (--match strict): digits
 * count. */
static inline struct score_role
score_role(bool is_main, const char *name, const char *program, bool exact)
{
    struct score_role role = {.main = is_main};
    size_t used = 0;

    if (is_main || strncmp(name, program, sizeof role.name - 1) == 0)
        return role;
    for (size_t i = 0; i < sizeof role.name - 1 && name[i] != '\0'; i++) {
        if (exact || name[i] < '0' || name[i] > '9')
            role.name[used++] = name[i];
    }
    return role;
}

static inline bool
score_role_same(const struct score_role *a, const struct score_role *b)
{
    return a->main == b->main && (a->name[0] == '\0' || b->name[0] == '\0' || strcmp(a->name, b->name) == 0);
}

#endif
