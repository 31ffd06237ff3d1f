// SPDX-License-Identifier: MIT
/*
 * Calls of any API function, and of any callback, by the tables alone: every parameter travels as
 * an integer, in a register or a stack slot, so one generic function type fits all of them.
 */
#ifndef TESTS_API_GENERIC_H
#define TESTS_API_GENERIC_H

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "api/api.h"

#define REGS                                                                                                 \
    uintptr_t r0, uintptr_t r1, uintptr_t r2, uintptr_t r3, uintptr_t r4, uintptr_t r5, uintptr_t r6,        \
        uintptr_t r7
typedef uintptr_t generic(REGS);

static unsigned checks, tests;
#define CHECK(what)                                                                                          \
    do {                                                                                                     \
        checks++;                                                                                            \
        if (!(what))                                                                                         \
            failed(#what, __LINE__);                                                                         \
    } while (0)
static const char *subject = "";

static _Noreturn void
failed(const char *what, int line)
{
    tests++;
    printf("not ok %u - %s: %s (line %d)\n1..%u\n", tests, subject, what, line, tests);
    fflush(stdout);
    _exit(1);
}

static inline void
passed(const char *what)
{
    printf("ok %u - %s (%u checks)\n", ++tests, what, checks);
    checks = 0;
}

static char text_of[API_MAX_PARAMS][16];
static char out_of[API_MAX_PARAMS][128];
static void app_0(void);
static void app_1(void);
static void (*const app_of[])(void) = {app_0, app_1};

/* A value of every type that a careless cast would break, and how it looks in a register. */
static inline uintptr_t
make_value(const struct api_param *param, unsigned i, unsigned *callbacks, union api_value *value)
{
    value->u = 0;
    switch (param->type) {
    case API_I32:
        value->i = -5 - (int)i;
        return (uint32_t)value->i;
    case API_U32:
        value->u = 0xfffffff0u + i;
        return value->u;
    case API_I64:
        value->i = INT64_MIN + i;
        break;
    case API_U64:
        value->u = UINT64_MAX - i;
        break;
    case API_BOOL:
        value->u = 1;
        break;
    case API_STR:
        snprintf(text_of[i], sizeof(text_of[i]), "text %u", i);
        value->s = text_of[i];
        break;
    case API_OUT:
        value->out = out_of[i];
        break;
    case API_FN:
        value->fn = app_of[(*callbacks)++];
        return (uintptr_t)value->fn;
    default:
        value->user = &text_of[i];
    }
    return (uintptr_t)value->u;
}

/* The bits of a register that a parameter of this type defines. */
static inline uintptr_t
mask_of(unsigned type)
{
    return type == API_BOOL ? 0xff : type == API_I32 || type == API_U32 ? UINT32_MAX : UINTPTR_MAX;
}

static inline uintptr_t
generic_call(void (*fn)(void), const uintptr_t *r)
{
    return ((generic *)fn)(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]);
}

static uintptr_t seen[API_MAX_PARAMS];
#define SEE()                                                                                                \
    do {                                                                                                     \
        uintptr_t all[] = {r0, r1, r2, r3, r4, r5, r6, r7};                                                  \
        for (unsigned see = 0; see < API_MAX_PARAMS; see++)                                                  \
            seen[see] = all[see];                                                                            \
    } while (0)

static void
app_0(void)
{
}

static void
app_1(void)
{
    checks++; /* differs from app_0, so that it is another function */
}

#endif
