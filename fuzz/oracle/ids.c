// SPDX-License-Identifier: MIT
/*
 * Ids echoed back inexactly. The input's large integers and id texts are noted; a value in a call that is
 * none of them but what a double, an int or a small buffer makes of one is a violation. A number must be in
 * the place of a 64-bit value or under the name it was delivered with; small numbers are never held to be
 * what is left of large ones.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fuzz/model/model.h"
#include "fuzz/oracle/inside.h"
#include "traces/jtree.h"

#define MOST 512
#define EXACT_DOUBLE (UINT64_C(1) << 53)
#define LEAST_LEFT 65536 /* what truncation must leave to be recognised */
#define LEAST_TEXT 15    /* bytes that a cut text must have left */

struct noted {
    const char *text; /* as delivered: digits, or an id */
    const char *key;
    uint64_t bits;
    bool number; /* an integer of 64 bits; negative ones as two's complement */
    bool negative;
};
static struct {
    struct arena *arena;
    struct noted list[MOST];
    unsigned count;
} input;

void
ids_begin(void)
{
    if (input.arena == NULL)
        input.arena = arena_new();
    else
        arena_reset(input.arena);
    input.count = 0;
}

/* Is this key or parameter one that identifies? By the words that the API uses. */
static bool
names_id(const char *key)
{
    static const char *const words[] = {"_id",    "identifier", "_seq",   "_rand",
                                        "sender", "user_id",    "userid", NULL};
    for (unsigned i = 0; key != NULL && words[i] != NULL; i++)
        if (strcasestr(key, words[i]) != NULL)
            return true;
    return false;
}

static bool
as_integer(const char *text, struct noted *noted)
{
    char *end;

    noted->negative = *text == '-';
    errno = 0;
    noted->bits = noted->negative ? (uint64_t)strtoll(text, &end, 10) : strtoull(text, &end, 10);
    noted->number =
        errno == 0 && *end == '\0' && end > text && (*text == '-' || (*text >= '0' && *text <= '9'));
    return noted->number;
}

static void
note(const char *key, const char *text)
{
    struct noted *noted = &input.list[input.count];

    if (input.count == MOST || input.arena == NULL)
        return;
    noted->text = arena_text(input.arena, text, strlen(text));
    noted->key = key != NULL ? arena_text(input.arena, key, strlen(key)) : "";
    as_integer(text, noted);
    input.count += noted->text != NULL && noted->key != NULL;
}

/* Calls `see` for each number and string below; `wide`: it is declared with 64 bits. */
static void
each_value(struct model_type type, const cJSON *node, const char *key,
           void (*see)(const char *key, const char *text, bool number, bool wide))
{
    static const struct model_profile newest = {.version = NULL, .page = true};
    enum jtree_kind kind = jtree_kind(node);
    struct jtree_text text;

    if (kind == JTREE_NUMBER)
        see(key, jtree_number(node), true, type.json == API_J_INT64 || type.json == API_J_UINT64);
    if (kind == JTREE_STRING && jtree_text(node, &text) == 0) {
        if (strlen(text.data) == text.bytes) // a C string cannot hold the others
            see(key, text.data, false, false);
        jtree_text_free(&text);
    }
    for (const cJSON *child = node->child; child != NULL && kind >= JTREE_ARRAY; child = child->next) {
        if (kind == JTREE_ARRAY)
            each_value(model_element(type), child, key, see);
        else if (jtree_key(child, &text) == 0) {
            each_value(model_member(type, node, text.data, &newest), child, text.data, see);
            jtree_text_free(&text);
        }
    }
}

static void
note_value(const char *key, const char *text, bool number, bool wide)
{
    (void)wide;
    if (number || names_id(key))
        note(key, text);
}

static void
each_json(struct model_type type, const char *json, void (*see)(const char *, const char *, bool, bool))
{
    struct arena *before = arena_use(oracle.scratch);

    arena_reset(oracle.scratch);
    cJSON *root = jtree_parse(json, strlen(json), NULL, NULL);
    if (root != NULL)
        each_value(type, root, NULL, see);
    arena_use(before);
}

static const char *
decimal(const struct api_param *param, union api_value value, char text[24])
{
    bool is_signed = param->type == API_I64 || param->type == API_I32;
    snprintf(text, 24, is_signed ? "%lld" : "%llu", (long long)value.i);
    return text;
}

void
ids_delivered(const struct case_event *event, const union api_value *values)
{
    char text[24];

    for (unsigned i = 0; i < event->callback->nparams; i++) {
        const struct api_param *param = &event->callback->params[i];
        if (param->type == API_STR && values[i].s != NULL) {
            each_json(model_payload(event->callback, i, event->function, false), values[i].s, note_value);
            if (param->content == API_TEXT)
                note(param->name, values[i].s);
        } else if (param->type == API_I64 || param->type == API_U64) {
            note(param->name, decimal(param, values[i], text));
        }
    }
}

/* ---- what comes back ---- */

static const char *
how_number(const struct noted *was, uint64_t is)
{
    uint64_t size = was->negative ? 0 - was->bits : was->bits;

    if (size > EXACT_DOUBLE) {
        double rounded = was->negative ? (double)(int64_t)was->bits : (double)was->bits;
        char digits[40];
        // As a double, cast back (2^64 itself has no cast), or printed with the 15 or 17 digits that printers
        // use.
        if (rounded < 18446744073709551616.0 &&
            is == (was->negative ? (uint64_t)(int64_t)rounded : (uint64_t)rounded))
            return "rounded through a double";
        for (int precision = 15; precision <= 17; precision++) {
            snprintf(digits, sizeof digits, "%.*g", precision, rounded);
            double printed = strtod(digits, NULL);
            if (printed >= 0 && printed < 18446744073709551616.0 && is == (uint64_t)printed)
                return "rounded through a double";
        }
    }
    if (size >> 31 != 0 && is == INT32_MAX)
        return "clamped to 32 bits";
    if (size >> 32 != 0 && (uint32_t)was->bits >= LEAST_LEFT &&
        (is == (uint32_t)was->bits || is == (uint64_t)(int64_t)(int32_t)was->bits))
        return "cut to 32 bits";
    return NULL;
}

static bool
known(const char *text, const struct noted *number)
{
    for (unsigned i = 0; i < input.count; i++)
        if (strcmp(input.list[i].text, text) == 0 ||
            (number->number && input.list[i].number && input.list[i].bits == number->bits &&
             input.list[i].negative == number->negative))
            return true;
    return false;
}

/* The bytes that survive any code page. */
static size_t
plain(const char *text, char *out, size_t room)
{
    size_t count = 0;
    for (; *text != '\0' && count + 1 < room; text++)
        if ((unsigned char)*text < 0x80 && *text != '?')
            out[count++] = *text;
    out[count] = '\0';
    return count;
}

static const char *
how_text(const char *was, const char *is)
{
    char a[256], b[256];
    size_t all = strlen(was), left = strlen(is);

    if (left >= LEAST_TEXT && left < all && memcmp(was, is, left) == 0)
        return "cut short";
    size_t before = plain(was, a, sizeof a), after = plain(is, b, sizeof b);
    if (before >= LEAST_TEXT / 2 && before == after && before < all && strcmp(a, b) == 0)
        return "in another character set";
    return NULL;
}

static const struct api_entry *calling;

static void
tell(const struct noted *was, const char *key, const char *is, const char *how)
{
    oracle_violated(ORACLE_IDS, "%s calls %s with %s %s, which is %s %s of the input %s",
                    oracle_where(oracle.event), calling->name, key != NULL ? key : "", is,
                    *was->key != '\0' ? was->key : "the value", was->text, how);
}

/* "9.00719925474099e+15": what a printer of doubles makes of an id. */
static bool
integer_of_double(const char *text, struct noted *number)
{
    char *end;
    double value = strtod(text, &end);

    if (*end != '\0' || end == text || strpbrk(text, ".eE") == NULL || value < 0 ||
        value >= 18446744073709551616.0)
        return false;
    number->bits = (uint64_t)value;
    number->number = (double)number->bits == value;
    number->negative = false;
    return number->number;
}

static void
see_value(const char *key, const char *text, bool number, bool wide)
{
    struct noted is = {0};

    if (!as_integer(text, &is) && number)
        integer_of_double(text, &is);
    if ((!number && !names_id(key)) || known(text, &is))
        return;
    for (unsigned i = 0; i < input.count; i++) {
        const struct noted *was = &input.list[i];
        bool same_place = wide || (key != NULL && strcmp(key, was->key) == 0);
        const char *how =
            was->number && is.number && (same_place || !number) ? how_number(was, is.bits) : NULL;
        if (how == NULL && !number && !was->number)
            how = how_text(was->text, text);
        if (how != NULL) {
            tell(was, key, text, how);
            return;
        }
    }
}

void
ids_call(const struct api_entry *function, const union api_value *values)
{
    char text[24];

    calling = function;
    for (unsigned i = 0; i < function->nparams; i++) {
        const struct api_param *param = &function->params[i];
        if (param->type == API_STR && values[i].s != NULL && param->content == API_JSON)
            each_json(schema_param(function, i, NULL), values[i].s, see_value);
        else if (param->type == API_STR && values[i].s != NULL)
            see_value(param->name, values[i].s, false, false);
        else if (param->type == API_I64 || param->type == API_U64)
            see_value(param->name, decimal(param, values[i], text), true, true);
    }
}
