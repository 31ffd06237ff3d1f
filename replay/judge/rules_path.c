// SPDX-License-Identifier: MIT
/* Paths in rules: $.list[*].key, $..key, $["odd key"]; and whether a place is one of those they name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/judge/rules_parts.h"
#include "traces/jtree.h"

static int
problem_at(struct rules_problem *problem, size_t column, const char *text)
{
    problem->column = column;
    snprintf(problem->text, sizeof problem->text, "%s", text);
    return -1;
}

static bool
is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c >= 0x80;
}

/* The step as jtree_path_key would write it: what is not a plain name stands in quotes. */
static char *
key_text(const char *key, size_t bytes)
{
    bool plain = bytes > 0 && !(key[0] >= '0' && key[0] <= '9');
    for (size_t i = 0; i < bytes; i++)
        plain = plain && is_plain((unsigned char)key[i]) && (unsigned char)key[i] < 0x80;
    char *text = NULL;
    if (plain)
        return asprintf(&text, ".%.*s", (int)bytes, key) < 0 ? NULL : text;
    cJSON *string = jtree_new_string(key, bytes);
    char *quoted = string != NULL ? jtree_print(string, JTREE_COMPACT, NULL) : NULL;
    cJSON_Delete(string);
    if (quoted == NULL || asprintf(&text, "[%s]", quoted) < 0)
        text = NULL;
    free(quoted);
    return text;
}

static int
take_plain(struct rules_step *step, const char *text, size_t length, size_t *at,
           struct rules_problem *problem)
{
    size_t from = *at;
    if (*at < length && text[*at] == '*') {
        step->kind = RULES_ANY_KEY;
        (*at)++;
        return 0;
    }
    while (*at < length && is_plain((unsigned char)text[*at]))
        (*at)++;
    if (*at == from)
        return problem_at(problem, from, "a key has to follow the dot, as in $.key, or * for any key");
    step->kind = RULES_KEY;
    step->text = key_text(text + from, *at - from);
    return step->text != NULL ? 0 : problem_at(problem, from, "this key is no text");
}

static int
take_quoted(struct rules_step *step, const char *text, size_t length, size_t *at,
            struct rules_problem *problem)
{
    size_t from = *at, end = from + 1;
    while (end < length && text[end] != '"')
        end += text[end] == '\\' ? 2 : 1;
    if (end >= length)
        return problem_at(problem, from, "the quoted key does not end");
    cJSON *string = jtree_parse(text + from, end + 1 - from, NULL, NULL);
    struct jtree_text key;
    if (string == NULL || jtree_text(string, &key) != 0) {
        cJSON_Delete(string);
        return problem_at(problem, from, "a quoted key is written like a JSON string");
    }
    step->kind = RULES_KEY;
    step->text = key_text(key.data, key.bytes);
    jtree_text_free(&key);
    cJSON_Delete(string);
    *at = end + 1;
    return step->text != NULL ? 0 : problem_at(problem, from, "this key is no text");
}

static int
take_index(struct rules_step *step, const char *text, size_t length, size_t *at,
           struct rules_problem *problem)
{
    size_t from = *at;
    if (from < length && text[from] == '*') {
        step->kind = RULES_ANY_INDEX;
        (*at)++;
        return 0;
    }
    while (*at < length && text[*at] >= '0' && text[*at] <= '9')
        (*at)++;
    size_t digits = *at - from;
    if (digits == 0 || digits > 9 || (digits > 1 && text[from] == '0'))
        return problem_at(
            problem, from,
            "in brackets stands an index, * for any, or a key in double quotes: [0], [*], [\"key\"]");
    step->kind = RULES_INDEX;
    if (asprintf(&step->text, "[%.*s]", (int)digits, text + from) < 0)
        step->text = NULL;
    return step->text != NULL ? 0 : problem_at(problem, from, "out of memory");
}

static int
take_bracket(struct rules_step *step, const char *text, size_t length, size_t *at,
             struct rules_problem *problem)
{
    size_t from = (*at)++;
    int result = *at < length && text[*at] == '"' ? take_quoted(step, text, length, at, problem)
                                                  : take_index(step, text, length, at, problem);
    if (result != 0)
        return -1;
    if (*at >= length || text[*at] != ']')
        return problem_at(problem, from, "this bracket is not closed");
    (*at)++;
    return 0;
}

static int
take_step(struct rules_step *step, const char *text, size_t length, size_t *at, struct rules_problem *problem)
{
    if (text[*at] == '[')
        return take_bracket(step, text, length, at, problem);
    if (text[*at] != '.')
        return problem_at(problem, *at, "a path goes on with .key or with [index]");
    (*at)++;
    if (*at < length && text[*at] == '.') {
        step->deep = true;
        (*at)++;
    }
    if (step->deep && *at < length && text[*at] == '[')
        return take_bracket(step, text, length, at, problem);
    return take_plain(step, text, length, at, problem);
}

int
rules_path_read(struct rules_path *path, const char *text, size_t length, struct rules_problem *problem)
{
    size_t at = 1;
    *path = (struct rules_path){.count = 0};
    if (length == 0 || text[0] != '$')
        return problem_at(problem, 0, "a path begins with $, which is the whole value");
    while (at < length) {
        if (path->count == RULES_STEPS)
            return problem_at(problem, at, "a path has 32 steps at most");
        struct rules_step *step = &path->step[path->count++];
        if (take_step(step, text, length, &at, problem) != 0)
            return -1;
    }
    return 0;
}

void
rules_path_free(struct rules_path *path)
{
    for (unsigned i = 0; i < path->count; i++)
        free(path->step[i].text);
    path->count = 0;
}

/* Length of the step at `at` of a place; *whole: with the number of a repeated key behind it. */
static size_t
step_length(const char *at, size_t *whole)
{
    size_t length = 1;
    if (at[0] == '[' && at[1] == '"') {
        for (length = 2; at[length] != '\0' && at[length] != '"'; length++)
            length += at[length] == '\\' && at[length + 1] != '\0';
        length += at[length] == '"';
        length += at[length] == ']';
    } else if (at[0] == '[') {
        length += strcspn(at + 1, "]");
        length += at[length] == ']';
    } else {
        length += strcspn(at + 1, ".[(");
    }
    *whole = length;
    if (at[length] == '(') {
        *whole += strcspn(at + length, ")");
        *whole += at[*whole] == ')';
    }
    return length;
}

static bool
step_is(const struct rules_step *step, const char *at, size_t length)
{
    bool index = at[0] == '[' && at[1] != '"';
    switch (step->kind) {
    case RULES_ANY_KEY:
        return !index;
    case RULES_ANY_INDEX:
        return index;
    default:
        return strlen(step->text) == length && memcmp(step->text, at, length) == 0;
    }
}

/* Bit s of the state: the first s steps of the pattern are behind us. */
enum rules_reach
rules_path_reach(const struct rules_path *path, const char *at)
{
    uint64_t state = 1, all = (uint64_t)1 << path->count;
    enum rules_reach reach = RULES_ELSEWHERE;
    at += *at == '$';
    while (*at != '\0') {
        size_t whole, length = step_length(at, &whole);
        uint64_t next = 0;
        if ((state & all) != 0)
            reach = RULES_ABOVE;
        for (unsigned i = 0; i < path->count; i++) {
            if ((state & (uint64_t)1 << i) == 0)
                continue;
            if (path->step[i].deep)
                next |= (uint64_t)1 << i;
            if (step_is(&path->step[i], at, length))
                next |= (uint64_t)1 << (i + 1);
        }
        state = next;
        at += whole;
    }
    return (state & all) != 0 ? RULES_HERE : reach;
}

bool
rules_name_is(const char *pattern, const char *name)
{
    size_t length = strlen(pattern);
    if (length > 0 && pattern[length - 1] == '*')
        return strncmp(pattern, name, length - 1) == 0;
    return strcmp(pattern, name) == 0;
}
