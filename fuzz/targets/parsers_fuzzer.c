// SPDX-License-Identifier: MIT
/*
 * Four JSON libraries on the payload of TIMRecvNewMsgCallback: where all of them take it, they must agree on
 * every documented scalar of each message and element. A disagreement is said and aborts. Known ones are
 * none: whole numbers past 2^53, and what one of them refuses (a key twice, an embedded NUL, depth, UTF-8
 * that is none).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <timtape/fuzz.h>
#include <timtape/tim.h>

#include "fuzz/targets/handlers_shapes.h"
#include "fuzz/targets/parsers.h"

#define PARSERS 4
#define PAST_EXACT 9007199254740992.0 /* 2^53: from here on a double is not one number only */

static const struct parser *const parsers[PARSERS] = {&parser_cjson, &parser_jansson, &parser_json_c,
                                                      &parser_jsoncpp};

static void
say(const struct parsed *value, bool present)
{
    static const char *const kinds[] = {"null", "a boolean", "a number", "a text", "a list", "an object"};
    if (!present)
        fputs("absent", stderr);
    else if (value->kind == PARSED_NUMBER)
        fprintf(stderr, "%.17g", value->number);
    else if (value->kind == PARSED_TEXT)
        fprintf(stderr, "\"%.*s\" (%zu bytes)", (int)value->bytes, value->text, value->bytes);
    else if (value->kind == PARSED_FLAG)
        fputs(value->flag ? "true" : "false", stderr);
    else
        fprintf(stderr, "%s of %zu", kinds[value->kind], value->bytes);
}

static bool
same(const struct parsed *a, const struct parsed *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == PARSED_NUMBER)
        return a->number == b->number || (fabs(a->number) >= PAST_EXACT && fabs(b->number) >= PAST_EXACT) ||
               (floor(a->number) != a->number && floor(b->number) != b->number);
    if (a->kind == PARSED_TEXT)
        return a->bytes == b->bytes && memcmp(a->text, b->text, a->bytes) == 0;
    return a->bytes == b->bytes && a->flag == b->flag;
}

static void
agree(const char *where, const struct parsed *values, const bool *present)
{
    for (size_t i = 1; i < PARSERS; i++) {
        if (present[i] == present[0] && (!present[0] || same(&values[0], &values[i])))
            continue;
        fprintf(stderr, "timtape: parsers: %s is ", where);
        say(&values[0], present[0]);
        fprintf(stderr, " in %s, but ", parsers[0]->name);
        say(&values[i], present[i]);
        fprintf(stderr, " in %s\n", parsers[i]->name);
        abort();
    }
}

/* The same member of all four objects. False: there is none. */
static bool
members(const struct parsed *objects, const char *key, struct parsed *values)
{
    bool present[PARSERS];
    if (objects[0].kind != PARSED_OBJECT)
        return false;
    for (size_t i = 0; i < PARSERS; i++)
        present[i] = parsers[i]->member(&objects[i], key, &values[i]);
    agree(key, values, present);
    return present[0];
}

static void
items(const struct parsed *lists, size_t index, struct parsed *values)
{
    static const bool present[PARSERS] = {true, true, true, true};
    for (size_t i = 0; i < PARSERS; i++)
        parsers[i]->item(&lists[i], index, &values[i]);
    agree("an element of a list", values, present);
}

static void
compare(const struct parsed *objects, const struct shape *shape)
{
    struct parsed values[PARSERS], inner[PARSERS];
    for (; shape->key != NULL; shape++) {
        if (!members(objects, shape->key, values))
            continue;
        if (values[0].kind == PARSED_OBJECT && shape->inner != NULL)
            compare(values, shape->inner);
        for (size_t i = 0; values[0].kind == PARSED_LIST && i < values[0].bytes; i++) {
            items(values, i, inner);
            if (shape->inner != NULL)
                compare(inner, shape->inner);
        }
    }
}

static void
compare_message(const struct parsed *message)
{
    struct parsed elems[PARSERS], elem[PARSERS], type[PARSERS];
    compare(message, shape_message);
    if (!members(message, kTIMMsgElemArray, elems) || elems[0].kind != PARSED_LIST)
        return;
    for (size_t i = 0; i < elems[0].bytes; i++) {
        items(elems, i, elem);
        if (!members(elem, kTIMElemType, type) || type[0].kind != PARSED_NUMBER)
            continue;
        const struct shape *shape = shape_of_elem(type[0].number);
        if (shape != NULL)
            compare(elem, shape);
    }
}

static void
on_new_msg(const char *json_msg_array, const void *user_data)
{
    static const bool present[PARSERS] = {true, true, true, true};
    struct parsed roots[PARSERS], message[PARSERS];
    void *documents[PARSERS] = {NULL};
    size_t taken = 0, bytes = json_msg_array != NULL ? strlen(json_msg_array) : 0;
    (void)user_data;
    for (size_t i = 0; i < PARSERS && json_msg_array != NULL; i++) {
        documents[i] = parsers[i]->parse(json_msg_array, bytes, &roots[i]);
        taken += documents[i] != NULL;
    }
    if (taken == PARSERS) {
        agree("the payload", roots, present);
        for (size_t i = 0; roots[0].kind == PARSED_LIST && i < roots[0].bytes; i++) {
            items(roots, i, message);
            compare_message(message);
        }
    }
    for (size_t i = 0; i < PARSERS; i++) {
        if (documents[i] != NULL)
            parsers[i]->release(documents[i]);
    }
}

const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {
    {"TIMRecvNewMsgCallback", (timtape_fuzz_fn)on_new_msg, NULL},
    {0},
};
