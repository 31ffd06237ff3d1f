// SPDX-License-Identifier: MIT
/* Reads rules files. What is in them was written by somebody: every mistake has a place and a cure. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/judge/rules_parts.h"
#include "traces/utf8.h"

/* Counted repetitions in a regular expression multiply; this is what they may come to. */
#define REPETITIONS 1000

/* One line, and how far it is read. */
struct line {
    const char *file;
    unsigned number;
    const char *text;
    size_t length, at;
    struct fault *fault;
};

struct word {
    const char *text;
    size_t length, column;
};

static const char VALUE_EXAMPLE[] = "value TIMMsgSendMessage json_msg_param $.message_client_time any";
static const char WITHIN_EXAMPLE[] = "value TIMMsgSendMessage json_msg_param $.priority within 2";
static const char TIME_EXAMPLE[] = "value * * $..message_client_time time within 10s";
static const char MATCHES_EXAMPLE[] =
    "value TIMMsgSendMessage json_msg_param $.message_cloud_custom_str matches "
    "/[0-9a-f]+/";

static int
mistake(const struct line *line, size_t column, const char *what, const char *example)
{
    return fault_set(line->fault, FAULT_DATA, "%s:%u:%zu: %s; a correct line: %s", line->file, line->number,
                     column + 1, what, example);
}

static int
no_memory(const struct line *line)
{
    return fault_set(line->fault, FAULT_INTERNAL, "out of memory for the rules of %s", line->file);
}

static void
skip_space(struct line *line)
{
    while (line->at < line->length && (line->text[line->at] == ' ' || line->text[line->at] == '\t'))
        line->at++;
}

/* The next word; length 0: the line (or its comment) ends here. */
static struct word
next_word(struct line *line)
{
    skip_space(line);
    struct word word = {.text = line->text + line->at, .column = line->at};
    if (line->at < line->length && line->text[line->at] == '#')
        return word;
    while (line->at < line->length && line->text[line->at] != ' ' && line->text[line->at] != '\t')
        line->at++;
    word.length = line->at - word.column;
    return word;
}

/* A path may hold blanks, inside a quoted key. */
static struct word
next_path(struct line *line)
{
    bool quoted = false;
    skip_space(line);
    struct word word = {.text = line->text + line->at, .column = line->at};
    if (line->at < line->length && line->text[line->at] == '#')
        return word;
    while (line->at < line->length &&
           (quoted || (line->text[line->at] != ' ' && line->text[line->at] != '\t'))) {
        char c = line->text[line->at];
        if (quoted && c == '\\' && line->at + 1 < line->length)
            line->at++;
        else if (c == '"')
            quoted = !quoted;
        line->at++;
    }
    word.length = line->at - word.column;
    return word;
}

static bool
word_is(const struct word *word, const char *text)
{
    return word->length == strlen(text) && memcmp(word->text, text, word->length) == 0;
}

/* ---- names --------------------------------------------------------------------------------------- */

static size_t
common(const char *a, const char *b)
{
    size_t length = 0;
    while (a[length] != '\0' && a[length] == b[length])
        length++;
    return length;
}

static bool
is_known(const char *pattern)
{
    for (unsigned i = 0; i < API_ENTRIES; i++) {
        if (rules_name_is(pattern, api_entries[i].name))
            return true;
    }
    return false;
}

static int
unknown_name(const struct line *line, const struct word *word, const char *name, const char *example)
{
    char text[300];
    const char *nearest = api_entries[0].name;
    for (unsigned i = 1; i < API_ENTRIES; i++) {
        if (common(name, api_entries[i].name) > common(name, nearest))
            nearest = api_entries[i].name;
    }
    if (common(name, nearest) > 4)
        snprintf(text, sizeof text, "there is no function or callback '%.80s' (did you mean %s?)", name,
                 nearest);
    else
        snprintf(text, sizeof text, "there is no function or callback '%.80s'", name);
    return mistake(line, word->column, text, example);
}

static int
read_function(struct line *line, char **function, const char *example)
{
    struct word word = next_word(line);
    if (word.length == 0)
        return mistake(line, word.column, "here stands a function, a callback type, or *", example);
    *function = strndup(word.text, word.length);
    if (*function == NULL)
        return no_memory(line);
    const char *star = strchr(*function, '*');
    if (star != NULL && star[1] != '\0')
        return mistake(line, word.column, "a * stands for the rest of a name, as in TIMConv*", example);
    return is_known(*function) ? 0 : unknown_name(line, &word, *function, example);
}

static bool
has_name(const struct api_param *param, const char *name)
{
    if (strcmp(param->name, name) == 0)
        return true;
    for (const char *const *older = param->older_names; older != NULL && *older != NULL; older++) {
        if (strcmp(*older, name) == 0)
            return true;
    }
    return false;
}

/* The newest spelling of a parameter of that function or of the callbacks it takes; NULL: none. */
static const char *
find_param(const struct api_entry *entry, const char *name, bool callbacks)
{
    for (unsigned i = 0; i < entry->nparams; i++) {
        const struct api_param *param = &entry->params[i];
        if (has_name(param, name))
            return param->name;
        const char *found = NULL;
        if (callbacks && param->type == API_FN && param->callback >= 0)
            found = find_param(&api_entries[param->callback], name, false);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static int
read_param(struct line *line, struct rule *rule)
{
    struct word word = next_word(line);
    char name[128], text[240];
    const char *found = NULL;
    if (word.length == 0)
        return mistake(line, word.column, "here stands the name of a parameter, result, or *", VALUE_EXAMPLE);
    snprintf(name, sizeof name, "%.*s", (int)(word.length < 120 ? word.length : 120), word.text);
    if (strcmp(name, "*") == 0 || strcmp(name, "result") == 0)
        found = name;
    for (unsigned i = 0; i < API_ENTRIES && found == NULL; i++) {
        if (rules_name_is(rule->function, api_entries[i].name))
            found = find_param(&api_entries[i], name, true);
    }
    if (found == NULL) {
        snprintf(text, sizeof text, "%.80s has no parameter '%.100s', nor have its callbacks", rule->function,
                 name);
        return mistake(line, word.column, text, VALUE_EXAMPLE);
    }
    rule->param = strdup(found);
    return rule->param != NULL ? 0 : no_memory(line);
}

/* ---- what may differ ------------------------------------------------------------------------------ */

static int
read_number(struct line *line, struct rule *rule)
{
    struct word word = next_word(line);
    char text[40], *end;
    snprintf(text, sizeof text, "%.*s", (int)(word.length < 39 ? word.length : 39), word.text);
    if (word.length == 0 || word.length > 38 || strspn(text, "0123456789.") != word.length ||
        !isdigit((unsigned char)text[0]))
        return mistake(line, word.column,
                       "behind 'within' stands how far apart the numbers may be, 0 or more", WITHIN_EXAMPLE);
    rule->number = strtold(text, &end);
    if (*end != '\0')
        return mistake(line, word.column, "this is not a number", WITHIN_EXAMPLE);
    return 0;
}

static int
read_span(struct line *line, struct rule *rule)
{
    static const struct {
        const char *unit;
        long double ns;
    } units[] = {{"ms", 1e6L}, {"s", 1e9L}, {"m", 60e9L}, {"h", 3600e9L}, {"d", 86400e9L}};
    struct word word = next_word(line);
    char text[40], *end;
    if (!word_is(&word, "within"))
        return mistake(line, word.column, "behind 'time' stands 'within' and a span", TIME_EXAMPLE);
    word = next_word(line);
    snprintf(text, sizeof text, "%.*s", (int)(word.length < 39 ? word.length : 39), word.text);
    if (isdigit((unsigned char)text[0]) && strspn(text, "0123456789.msh d") == strlen(text)) {
        long double value = strtold(text, &end);
        for (unsigned i = 0; i < sizeof units / sizeof *units; i++) {
            if (strcmp(end, units[i].unit) == 0 && value * units[i].ns < 9e18L) {
                rule->span_ns = (int64_t)(value * units[i].ns);
                return 0;
            }
        }
    }
    return mistake(line, word.column, "a span is a number and ms, s, m, h or d", TIME_EXAMPLE);
}

/* What a hostile expression could blow up: back references, and counted repetitions of each other. */
static const char *
refuse_pattern(const char *pattern)
{
    unsigned long product = 1;
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            if (isdigit((unsigned char)at[1]))
                return "a regular expression here has no back references";
            at++;
        } else if (*at == '{') {
            unsigned long most = 1;
            for (const char *digit = at + 1; *digit != '\0' && *digit != '}'; digit++) {
                if (isdigit((unsigned char)*digit)) {
                    unsigned long count = strtoul(digit, (char **)&digit, 10);
                    most = count > most ? count : most;
                    digit--;
                }
            }
            product = most > REPETITIONS ? REPETITIONS + 1 : product * most;
            if (product > REPETITIONS)
                return "the counts in braces multiply to more than 1000";
        }
    }
    return NULL;
}

static int
read_pattern(struct line *line, struct rule *rule)
{
    char pattern[RULES_PATTERN + 8] = "^(", text[240];
    size_t used = 2, at;
    skip_space(line);
    size_t column = line->at;
    if (column >= line->length || line->text[column] != '/')
        return mistake(line, column, "behind 'matches' stands a regular expression between slashes",
                       MATCHES_EXAMPLE);
    for (at = column + 1; at < line->length && line->text[at] != '/'; at++) {
        if (line->text[at] == '\\' && at + 1 < line->length && line->text[at + 1] == '/')
            at++;
        else if (line->text[at] == '\\' && at + 1 < line->length && used < RULES_PATTERN)
            pattern[used++] = line->text[at++];
        if (used >= RULES_PATTERN)
            return mistake(line, column, "a regular expression has 250 bytes at most", MATCHES_EXAMPLE);
        pattern[used++] = line->text[at];
    }
    if (at >= line->length)
        return mistake(line, column, "the regular expression does not end with a slash", MATCHES_EXAMPLE);
    if (used == 2)
        return mistake(line, column, "the regular expression is empty", MATCHES_EXAMPLE);
    line->at = at + 1;
    memcpy(pattern + used, ")$", 3);
    const char *refused = refuse_pattern(pattern);
    if (refused != NULL)
        return mistake(line, column, refused, MATCHES_EXAMPLE);
    int problem = regcomp(&rule->regex, pattern, REG_EXTENDED | REG_NOSUB);
    if (problem == 0) {
        rule->compiled = true;
        return 0;
    }
    char why[120];
    regerror(problem, &rule->regex, why, sizeof why);
    snprintf(text, sizeof text, "this is no POSIX extended regular expression: %s", why);
    return mistake(line, column, text, MATCHES_EXAMPLE);
}

static int
read_kind(struct line *line, struct rules *rules, struct rule *rule)
{
    static const struct {
        const char *word;
        enum rule_kind kind;
    } kinds[] = {{"any", RULE_ANY},        {"same-kind", RULE_SAME_KIND}, {"within", RULE_WITHIN},
                 {"time", RULE_TIME},      {"matches", RULE_MATCHES},     {"optional", RULE_OPTIONAL},
                 {"any-order", RULE_ORDER}};
    struct word word = next_word(line);
    unsigned i = 0, count = sizeof kinds / sizeof *kinds;
    while (i < count && !word_is(&word, kinds[i].word))
        i++;
    if (i == count)
        return mistake(
            line, word.column,
            "here stands what may differ: any, same-kind, within N, time within SPAN, matches /RE/, "
            "optional or any-order",
            VALUE_EXAMPLE);
    rule->kind = kinds[i].kind;
    rules->orders = rules->orders || rule->kind == RULE_ORDER;
    switch (rule->kind) {
    case RULE_WITHIN:
        return read_number(line, rule);
    case RULE_TIME:
        return read_span(line, rule);
    case RULE_MATCHES:
        return read_pattern(line, rule);
    default:
        return 0;
    }
}

static int
read_value(struct line *line, struct rules *rules, struct rule *rule)
{
    struct rules_problem problem = {0};
    if (read_function(line, &rule->function, VALUE_EXAMPLE) != 0 || read_param(line, rule) != 0)
        return -1;
    struct word word = next_path(line);
    if (word.length == 0)
        return mistake(line, word.column, "here stands the path of the value, $ for all of it",
                       VALUE_EXAMPLE);
    if (rules_path_read(&rule->path, word.text, word.length, &problem) != 0)
        return mistake(line, word.column + problem.column, problem.text, VALUE_EXAMPLE);
    return read_kind(line, rules, rule);
}

static int
read_swap(struct line *line, struct rule *rule)
{
    static const char example[] = "swap TIMConvGetConvList TIMFriendshipGetFriendProfileList";
    rule->kind = RULE_SWAP;
    return read_function(line, &rule->function, example) != 0 ||
                   read_function(line, &rule->other, example) != 0
               ? -1
               : 0;
}

static int
read_rule(struct line *line, struct rules *rules, struct rule *rule, const struct word *verb)
{
    if (word_is(verb, "value"))
        return read_value(line, rules, rule);
    if (word_is(verb, "swap"))
        return read_swap(line, rule);
    rule->kind = word_is(verb, "repeat") ? RULE_REPEAT : RULE_MISSING;
    if (word_is(verb, "repeat") || word_is(verb, "missing"))
        return read_function(line, &rule->function, "repeat TIMConvGetConvList");
    return mistake(line, verb->column, "a rule begins with value, repeat, missing or swap", VALUE_EXAMPLE);
}

static struct rule *
new_rule(struct rules *rules)
{
    if (rules->count == rules->room) {
        unsigned room = rules->room == 0 ? 16 : rules->room * 2;
        struct rule *grown = realloc(rules->rule, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        rules->rule = grown;
        rules->room = room;
    }
    struct rule *rule = &rules->rule[rules->count++];
    memset(rule, 0, sizeof *rule);
    return rule;
}

static int
read_line(struct line *line, struct rules *rules)
{
    struct word verb = next_word(line);
    if (verb.length == 0)
        return 0;
    if (rules->count >= RULES_MOST)
        return mistake(line, 0, "there are more than 20000 rules", VALUE_EXAMPLE);
    struct rule *rule = new_rule(rules);
    if (rule == NULL)
        return no_memory(line);
    snprintf(rule->where, sizeof rule->where, "%.140s:%u", line->file, line->number);
    if (read_rule(line, rules, rule, &verb) != 0)
        return -1;
    struct word rest = next_word(line);
    return rest.length == 0 ? 0
                            : mistake(line, rest.column, "the rule ends before this; a comment begins with #",
                                      VALUE_EXAMPLE);
}

static int
read_first(struct line *line)
{
    struct word name = next_word(line), kind = next_word(line), version = next_word(line);
    struct word rest = next_word(line);
    if (!word_is(&name, "timtape") || !word_is(&kind, "rules") || version.length == 0 || rest.length > 0)
        return fault_set(line->fault, FAULT_DATA,
                         "%s:%u:1: this is no rules file: its first line has to be: " RULES_FIRST_LINE,
                         line->file, line->number);
    if (!word_is(&version, "1"))
        return fault_set(line->fault, FAULT_DATA,
                         "%s:%u:%zu: rules of version %.*s; this timtape reads version 1: " RULES_FIRST_LINE,
                         line->file, line->number, version.column + 1,
                         (int)(version.length < 20 ? version.length : 20), version.text);
    return 0;
}

int
rules_parse(struct rules **rules, const char *name, const char *text, size_t bytes, struct fault *fault)
{
    struct line line = {.file = name, .text = text, .fault = fault};
    const char *end = text + bytes;
    bool begun = false;
    if (*rules == NULL && (*rules = calloc(1, sizeof **rules)) == NULL)
        return no_memory(&line);
    while (line.text < end) {
        const char *stop = memchr(line.text, '\n', (size_t)(end - line.text));
        const char *next = stop != NULL ? stop + 1 : end;
        line.length = (size_t)((stop != NULL ? stop : end) - line.text);
        line.length -= line.length > 0 && line.text[line.length - 1] == '\r';
        line.number++;
        line.at = 0;
        if (!utf8_valid(line.text, line.length))
            return mistake(&line, 0, "this line is not text (UTF-8)", VALUE_EXAMPLE);
        struct word first = next_word(&line);
        line.at = 0;
        if (first.length > 0 && !begun) {
            begun = true;
            if (read_first(&line) != 0)
                return -1;
        } else if (read_line(&line, *rules) != 0) {
            return -1;
        }
        line.text = next;
    }
    line.number = line.number > 0 ? line.number : 1;
    return begun
               ? 0
               : read_first(&(struct line){.file = name, .number = line.number, .text = "", .fault = fault});
}
