// SPDX-License-Identifier: MIT
/*
 * The same document spelled differently must be the same to a handler: members in another order, escapes for
 * characters, white space between tokens, 1.0 for 1.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz/oracle/inside.h"
#include "traces/jtree.h"

enum spelling { IN_ORDER, ESCAPED, SPACED, FRACTIONS, SPELLINGS };
static const char *const how[SPELLINGS] = {"its members in another order", "characters written as escapes",
                                           "white space between the tokens", "1.0 written for 1"};

/* Duplicate keys have an order that counts. */
static bool
has_twins(const cJSON *object)
{
    for (const cJSON *a = object->child; a != NULL; a = a->next)
        for (const cJSON *b = a->next; b != NULL; b = b->next)
            if (strcmp(a->string, b->string) == 0 || (a->type | b->type) & JTREE_RAW_KEY)
                return true;
    return false;
}

static bool
reorder(cJSON *node)
{
    bool changed = false;

    for (cJSON *child = node->child; child != NULL && jtree_kind(node) >= JTREE_ARRAY; child = child->next)
        changed |= reorder(child);
    if (jtree_kind(node) != JTREE_OBJECT || node->child == NULL || node->child->next == NULL ||
        has_twins(node))
        return changed;
    cJSON *first = node->child, *last = first, *old = first->next;
    first->next = NULL;
    while (old != NULL) {
        cJSON *next = old->next;
        old->next = last;
        last->prev = old;
        last = old;
        old = next;
    }
    last->prev = first; // cJSON: the first one's prev is the last one
    node->child = last;
    return true;
}

static bool
is_plain(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

/* How many digits of an integer start here (with a sign); 0: none, or no integer that a double holds. */
static size_t
integer_at(const char *at)
{
    size_t count = strspn(at, "-0123456789");
    return count > 0 && count <= 15 && strchr(".eE", at[count]) == NULL ? count : 0;
}

/* `text` is compact JSON; `out` has room for six times as much. Returns the length, 0: nothing to respell. */
static size_t
respell(const char *text, enum spelling spelling, char *out)
{
    bool quoted = false, changed = false;
    char *to = out;

    while (*text != '\0') {
        size_t digits = quoted ? 0 : strspn(text, "-+.0123456789eE");
        if (quoted && *text == '\\') {
            size_t escape = text[1] == 'u' ? 6 : 2;
            // What half a surrogate means is open, and what follows it matters then.
            if (spelling == ESCAPED && escape == 6 && (text[2] | 0x20) == 'd' && text[3] > '7')
                return 0;
            memcpy(to, text, escape);
            to += escape;
            text += escape;
        } else if (quoted && spelling == ESCAPED && is_plain(*text)) {
            to += sprintf(to, "\\u%04x", (unsigned char)*text++);
            changed = true;
        } else if (digits > 0 && *text != 'e' && *text != 'E') {
            bool whole = spelling == FRACTIONS && integer_at(text) == digits;
            memcpy(to, text, digits);
            to += digits;
            text += digits;
            if (whole)
                to = stpcpy(to, ".0");
            changed |= whole;
        } else {
            quoted ^= *text == '"';
            *to++ = *text;
            if (!quoted && spelling == SPACED && strchr("{}[],:", *text) != NULL) {
                to = stpcpy(to, "\n ");
                changed = true;
            }
            text++;
        }
    }
    return changed ? (size_t)(to - out) : 0;
}

/* False: there is no other spelling of this kind. */
static bool
respell_payload(struct case_value *value, enum spelling spelling, struct arena *arena)
{
    if (!case_parse(value, arena) && value->kind != CASE_TREE)
        return false;
    if (spelling == IN_ORDER)
        return reorder(value->tree);
    if (case_print(value, arena) != 0)
        return false;
    char *text = arena_take(arena, value->count * 6 + 8);
    size_t count = text != NULL ? respell(value->bytes, spelling, text) : 0;
    if (count == 0)
        return false;
    text[count] = '\0';
    *value = (struct case_value){.kind = CASE_TEXT, .bytes = text, .count = count};
    return true;
}

static bool
respell_case(struct fuzz_case *c, enum spelling spelling, struct arena *arena)
{
    bool changed = false;

    for (size_t i = 0; i < c->count; i++)
        for (unsigned k = 0; k < c->events[i].callback->nparams; k++) {
            const struct api_param *param = &c->events[i].callback->params[k];
            if (param->type == API_STR && param->content == API_JSON)
                changed |= respell_payload(&c->events[i].args[k], spelling, arena);
        }
    return changed;
}

void
spelling_end(const struct fuzz_case *c, struct arena *arena, struct oracle_trace *first)
{
    struct arena *before = arena_use(arena);

    for (enum spelling spelling = 0; spelling < SPELLINGS; spelling++) {
        struct fuzz_case other = {0};
        char what[512];
        if (case_copy(&other, c, arena) == 0 && respell_case(&other, spelling, arena) &&
            again_differs(c, &other, first, what, sizeof what))
            oracle_violated(ORACLE_SPELLING,
                            "%s: with %s the same document is handled differently: the handler %s",
                            oracle_where(c->events), how[spelling], what);
    }
    arena_use(before);
}
