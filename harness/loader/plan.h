// SPDX-License-Identifier: MIT
/*
 * Outside the app: which way our library gets between a program and the SDK, why, and the environment
 * that makes it so. Nothing is started here.
 */
#ifndef LOADER_PLAN_H
#define LOADER_PLAN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

enum loader_way {
    LOADER_AUTO, /* only as a wish */
    LOADER_AUDIT,
    LOADER_PRELOAD,
    LOADER_IMPOSSIBLE, /* only as an answer */
};

struct loader_plan {
    enum loader_way way;
    char reason[512];       /* why this way, or why none; one sentence without a full stop */
    char program[PATH_MAX]; /* the file that execvp would run */
    char image[PATH_MAX];   /* the ELF file in the end: the interpreter of a script, else the program */
    bool script;
    bool linked;        /* the image names the SDK among its needed libraries */
    char sdk[PATH_MAX]; /* linked: where the dynamic linker would find it, "" = nowhere */
    bool asan_shared;   /* gcc's AddressSanitizer: checks that it is loaded first */
    char notes[1024];   /* further sentences for `doctor`, one a line */
};

/* The directory of our libraries: $TIMTAPE_LIB, or lib/timtape beside the running binary or one above it. */
int loader_directory(char *path, size_t size, struct fault *fault);

/*
 * Looks a program up as execvp does and decides. FAULT_NOT_FOUND when there is none, FAULT_CANNOT_RUN when it
 * cannot be executed or a wish (`wanted`) cannot work. plan->way LOADER_IMPOSSIBLE is no
 * fault: the program would run, but unseen.
 */
int loader_plan(const char *program, enum loader_way wanted, bool replaying, const char *directory,
                struct loader_plan *plan, struct fault *fault);

struct loader_settings {
    const char *directory; /* of our libraries */
    const char *session;   /* path of the ring's session file, or NULL */
    const char *score;     /* path of the score, or NULL: recording */
    const char *sdk;       /* base name of the SDK's file if it is not the usual one, or NULL */
    bool clock;            /* replaying in virtual time: the app's clocks are ours, too */
};

/* A copy of `base` (NULL: our own environment) with what the plan needs; NULL on fault. Free with
 * loader_environment_free. */
char **loader_environment(const struct loader_plan *plan, const struct loader_settings *settings,
                          char *const *base, struct fault *fault);
void loader_environment_free(char **environment);

/* "audit", "preload", "none"; and back (also "auto"), false if it is no such word. */
const char *loader_way_name(enum loader_way way);
bool loader_way_parse(const char *word, enum loader_way *way);

#endif
