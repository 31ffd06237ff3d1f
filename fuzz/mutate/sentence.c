// SPDX-License-Identifier: MIT
// A mutation as a sentence for people.
#include <stdio.h>
#include <string.h>

#include "fuzz/mutate/mutate.h"
#include "fuzz/mutate/operation.h"

static const char *const names[OPERATIONS] = {
    [OP_ENUM] = "enum",
    [OP_NUMBER] = "number",
    [OP_TEXT] = "text",
    [OP_REMAKE] = "remake",
    [OP_ADD] = "add",
    [OP_DROP] = "drop",
    [OP_RESIZE] = "resize",
    [OP_CLONE] = "clone",
    [OP_MOVE] = "move",
    [OP_COPY] = "copy",
    [OP_SPLICE] = "splice",
    [OP_MISSING] = "missing",
    [OP_NULL] = "null",
    [OP_WRONG] = "wrong-type",
    [OP_NEAR_KEY] = "near-key",
    [OP_EXTRA] = "extra",
    [OP_DUPLICATE] = "duplicate",
    [OP_RENAME] = "rename",
    [OP_RELATION] = "relation",
    [OP_SCALAR] = "scalar",
    [OP_ANSWER] = "answer",
    [OP_PAYLOAD] = "payload",
    [OP_CALLBACK_ADD] = "callback-add",
    [OP_CALLBACK_DROP] = "callback-drop",
    [OP_CALLBACK_REPEAT] = "callback-repeat",
    [OP_CALLBACK_SWAP] = "callback-swap",
    [OP_CALLBACK_SPLICE] = "callback-splice",
    [OP_SYNTAX] = "syntax",
};

const char *
mutate_operation_name(unsigned operation)
{
    return operation < OPERATIONS ? names[operation] : "unknown";
}

/* What happened, and before it what was there. */
static void
say(const struct mutation *m, char *text, size_t room)
{
    const char *was = m->was != NULL ? m->was : "nothing", *is = m->is != NULL ? m->is : "nothing";
    switch (m->operation) {
    case OP_DROP:
    case OP_MISSING:
        if (m->was != NULL)
            snprintf(text, room, "left out (was %s)", was);
        else
            snprintf(text, room, "left out of what was added");
        break;
    case OP_ADD:
        snprintf(text, room, "added: %s", is);
        break;
    case OP_CLONE:
        snprintf(text, room, "a copy of the element before it");
        break;
    case OP_MOVE:
        snprintf(text, room, "changed places: %s with %s", was, is);
        break;
    case OP_COPY:
        snprintf(text, room, "%s, taken from elsewhere in this input (was %s)", is, was);
        break;
    case OP_SPLICE:
        snprintf(text, room, "%s, taken from another input (was %s)", is, was);
        break;
    case OP_WRONG:
        snprintf(text, room, "wrong type: %s (was %s)", is, was);
        break;
    case OP_NEAR_KEY:
        snprintf(text, room, "key spelled %s instead of %s", is, was);
        break;
    case OP_RENAME:
        snprintf(text, room, "key spelled %s, as in another version, instead of %s", is, was);
        break;
    case OP_EXTRA:
        snprintf(text, room, "a key that is not declared: %s", is);
        break;
    case OP_DUPLICATE:
        snprintf(text, room, "key twice: %s, then %s", was, is);
        break;
    case OP_RELATION:
        snprintf(text, room, "no longer agrees with what it belongs to: %s (was %s)", is, was);
        break;
    case OP_SYNTAX:
        snprintf(text, room, "bytes changed: %s (was %s)", is, was);
        break;
    default:
        if (m->was != NULL)
            snprintf(text, room, "%s (was %s)", is, was);
        else
            snprintf(text, room, "%s", is);
        break;
    }
}

static bool
of_callbacks(const struct mutation *m, const char *callback, char *text, size_t room, int *length)
{
    static const char *const forms[] = {"one more callback", "left out", "comes again", "changed places with",
                                        "one more callback, taken from another input"};
    if (m->operation < OP_CALLBACK_ADD || m->operation > OP_CALLBACK_SPLICE)
        return false;
    const char *form = forms[m->operation - OP_CALLBACK_ADD];
    if (m->operation == OP_CALLBACK_DROP)
        *length = snprintf(text, room, "%s: %s", m->was, form);
    else if (m->operation == OP_CALLBACK_SWAP)
        *length = snprintf(text, room, "%s %s %s", m->was, form, m->is);
    else
        *length = snprintf(text, room, "%s (callback %zu): %s", m->is != NULL ? m->is : callback,
                           m->event + 1, form);
    return true;
}

size_t
mutation_sentence(const struct fuzz_case *c, const struct mutation *mutation, char *text, size_t room)
{
    char what[320];
    int length = 0;
    if (room == 0)
        return 0;
    const struct api_entry *callback =
        mutation->event < c->count ? c->events[mutation->event].callback : NULL;
    const char *name = callback != NULL ? callback->name : "callback";
    if (!of_callbacks(mutation, name, text, room, &length)) {
        const char *param = callback != NULL && mutation->param < callback->nparams
                                ? callback->params[mutation->param].name
                                : "parameter";
        char which[32] = "";
        if (c->count > 1)
            snprintf(which, sizeof which, " (callback %zu)", mutation->event + 1);
        say(mutation, what, sizeof what);
        length =
            snprintf(text, room, "%s%s %s%s%s: %s", name, which, param, mutation->path != NULL ? " " : "",
                     mutation->path != NULL ? mutation->path : "", what);
    }
    if (length < 0)
        length = 0;
    return (size_t)length < room ? (size_t)length : room - 1;
}
