// SPDX-License-Identifier: MIT
/*
 * An exception through a C callback. Nobody above a handler catches, so the C++ runtime calls its terminate
 * handler with the stack of the throw still there. The runtime is only asked when the target brings one: all
 * references are weak, a target in C needs no C++.
 */
#include <stdlib.h>

#include "fuzz/oracle/inside.h"

/* The C++ ABI (Itanium): names of the runtime's own functions, and the part of std::type_info that holds its
 * name. */
struct type_info {
    const void *vtable;
    const char *name;
};
void (*_ZSt13set_terminatePFvvE(void (*handler)(void)))(void) __attribute__((weak)); // std::set_terminate
const struct type_info *__cxa_current_exception_type(void) __attribute__((weak));
char *__cxa_demangle(const char *name, char *room, size_t *bytes, int *status) __attribute__((weak));

static void (*before)(void);

static void
on_terminate(void)
{
    const struct type_info *type =
        __cxa_current_exception_type != NULL ? __cxa_current_exception_type() : NULL;

    if (oracle.event != NULL && type != NULL && pthread_equal(pthread_self(), oracle.thread)) {
        const char *name = type->name + (*type->name == '*');
        char *plain = __cxa_demangle != NULL ? __cxa_demangle(name, NULL, NULL, NULL) : NULL;
        oracle_violated(
            ORACLE_EXCEPTIONS,
            "%s: a %s leaves the callback; the SDK is not made for exceptions, catch it in the handler",
            oracle_where(oracle.event), plain != NULL ? plain : name);
    }
    if (before != NULL)
        before();
}

void
exceptions_setup(void)
{
    void (*old)(void);

    if (_ZSt13set_terminatePFvvE == NULL)
        return;
    old = _ZSt13set_terminatePFvvE(on_terminate);
    if (old != on_terminate)
        before = old;
}
