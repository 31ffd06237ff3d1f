// SPDX-License-Identifier: MIT
/*
 * Listener lists remove by function pointer, so every listener of the app gets a trampoline of its
 * own, and the same one whenever it is added again. A pair outlives its removal: the SDK may be
 * just calling it.
 */
#include <stdatomic.h>

#include "shim/inside.h"

struct listener {
    _Atomic(void (*)(void)) fn; /* the app's listener, NULL: never used */
    _Atomic uint32_t added;     /* 0: removed */
    uint16_t callback;
};

static struct listener listeners[SHIM_LISTENERS];

static struct listener *
listener_find(uint16_t callback, void (*fn)(void))
{
    for (unsigned i = 0; i < SHIM_LISTENERS; i++)
        if (listeners[i].fn == fn && listeners[i].callback == callback)
            return &listeners[i];
    return NULL;
}

static void (*listener_trampoline(const struct listener *listener))(void)
{
    return shim_listener_trampoline(listener->callback, (unsigned)(listener - listeners));
}

void (*listener_add(uint16_t callback, void (*fn)(void)))(void)
{
    struct listener *listener = listener_find(callback, fn);

    for (unsigned i = 0; listener == NULL && i < SHIM_LISTENERS; i++) {
        void (*none)(void) = NULL;

        if (atomic_compare_exchange_strong(&listeners[i].fn, &none, fn)) {
            listener = &listeners[i];
            listener->callback = callback;
        }
    }
    for (unsigned i = 0; listener == NULL && i < SHIM_LISTENERS; i++) {
        uint32_t removed = 0;

        /* All used once: take over one that was removed. */
        if (atomic_compare_exchange_strong(&listeners[i].added, &removed, 1)) {
            listener = &listeners[i];
            listener->callback = callback;
            listener->fn = fn;
        }
    }
    if (listener == NULL)
        return NULL;
    listener->added = 1;
    return listener_trampoline(listener);
}

void (*listener_remove(uint16_t callback, void (*fn)(void)))(void)
{
    struct listener *listener = listener_find(callback, fn);

    if (listener == NULL)
        return fn;
    listener->added = 0;
    return listener_trampoline(listener);
}
