// SPDX-License-Identifier: MIT
/* What the rules allow; rules_parse.c reads them. */
#include "replay/judge/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/judge/rules_parts.h"
#include "traces/jtree.h"

static void
rule_free(struct rule *rule)
{
    free(rule->function);
    free(rule->other);
    free(rule->param);
    rules_path_free(&rule->path);
    if (rule->compiled)
        regfree(&rule->regex);
}

void
rules_free(struct rules *rules)
{
    if (rules == NULL)
        return;
    for (unsigned i = 0; i < rules->count; i++)
        rule_free(&rules->rule[i]);
    free(rules->rule);
    free(rules);
}

int
rules_read(struct rules **rules, const char *path, struct fault *fault)
{
    char *text = NULL;
    size_t used = 0, room = 0, got;
    int result = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fault_errno(fault, FAULT_USAGE, "cannot read the rules in %s", path);
    do {
        if (room - used < 4096) {
            room = room * 2 + 8192;
            char *grown = realloc(text, room);
            if (grown == NULL) {
                result = fault_set(fault, FAULT_INTERNAL, "out of memory for the rules in %s", path);
                break;
            }
            text = grown;
        }
        got = fread(text + used, 1, room - used, file);
        used += got;
    } while (got > 0 && used <= RULES_FILE_BYTES);
    if (result == 0 && ferror(file))
        result = fault_errno(fault, FAULT_USAGE, "cannot read the rules in %s", path);
    else if (result == 0 && used > RULES_FILE_BYTES)
        result = fault_set(fault, FAULT_DATA, "%s: larger than 4 MiB; is this a rules file?", path);
    fclose(file);
    if (result == 0)
        result = rules_parse(rules, path, text, used, fault);
    free(text);
    return result;
}

void
rules_clock(struct rules *rules, int64_t recorded_ns, int64_t live_ns)
{
    if (rules == NULL)
        return;
    rules->recorded_ns = recorded_ns;
    rules->live_ns = live_ns;
}

static bool
use(struct rules *rules, struct rule *rule)
{
    rule->used++;
    rules->used++;
    return true;
}

/* ---- values ------------------------------------------------------------------------------------ */

static long double
number_of(const cJSON *node)
{
    const char *text = jtree_number(node);
    return text != NULL ? strtold(text, NULL) : 0;
}

/* Exact where both are integers. */
static bool
is_within(const cJSON *expected, const cJSON *got, long double most)
{
    int64_t a, b;
    uint64_t x, y;
    if (jtree_number(expected) == NULL || jtree_number(got) == NULL)
        return false;
    if (jtree_int64(expected, &a) && jtree_int64(got, &b)) {
        uint64_t apart = a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
        return (long double)apart <= most;
    }
    if (jtree_uint64(expected, &x) && jtree_uint64(got, &y))
        return (long double)(x > y ? x - y : y - x) <= most;
    long double apart = number_of(expected) - number_of(got);
    return (apart < 0 ? -apart : apart) <= most;
}

/* A moment as a number, or a text of digits; its unit is known by its size. */
static bool
moment_of(const cJSON *node, long double *ns)
{
    struct jtree_text text = {0};
    long double value;
    char *end;
    if (jtree_number(node) != NULL) {
        value = number_of(node);
    } else {
        if (jtree_kind(node) != JTREE_STRING || jtree_text(node, &text) != 0)
            return false;
        bool digits = text.bytes > 0 && text.bytes < 24 && strspn(text.data, "0123456789.") == text.bytes;
        value = digits ? strtold(text.data, &end) : 0;
        digits = digits && *end == '\0';
        jtree_text_free(&text);
        if (!digits)
            return false;
    }
    long double size = value < 0 ? -value : value;
    *ns = value * (size >= 1e17L ? 1 : size >= 1e14L ? 1e3L : size >= 1e11L ? 1e6L : 1e9L);
    return true;
}

/* As moments of a clock, or counted from the beginning of each run. */
static bool
is_time_within(const struct rules *rules, const cJSON *expected, const cJSON *got, int64_t span_ns)
{
    long double a, b;
    if (jtree_kind(expected) != jtree_kind(got) || !moment_of(expected, &a) || !moment_of(got, &b))
        return false;
    long double apart = b - a;
    if ((apart < 0 ? -apart : apart) <= (long double)span_ns)
        return true;
    if (rules->recorded_ns == 0 || rules->live_ns == 0)
        return false;
    apart -= (long double)rules->live_ns - (long double)rules->recorded_ns;
    return (apart < 0 ? -apart : apart) <= (long double)span_ns;
}

static bool
text_matches(const struct rule *rule, const cJSON *node)
{
    struct jtree_text text;
    const char *number = jtree_number(node);
    if (number != NULL)
        return strlen(number) <= RULES_TEXT && regexec(&rule->regex, number, 0, NULL, 0) == 0;
    if (jtree_kind(node) != JTREE_STRING || jtree_text(node, &text) != 0)
        return false;
    bool matches = text.bytes <= RULES_TEXT && memchr(text.data, '\0', text.bytes) == NULL &&
                   regexec(&rule->regex, text.data, 0, NULL, 0) == 0;
    jtree_text_free(&text);
    return matches;
}

static bool
allows(const struct rules *rules, const struct rule *rule, const cJSON *expected, const cJSON *got)
{
    if (expected == NULL || got == NULL)
        return rule->kind == RULE_OPTIONAL;
    switch (rule->kind) {
    case RULE_ANY:
        return true;
    case RULE_SAME_KIND:
        return jtree_kind(expected) == jtree_kind(got);
    case RULE_WITHIN:
        return is_within(expected, got, rule->number);
    case RULE_TIME:
        return is_time_within(rules, expected, got, rule->span_ns);
    case RULE_MATCHES:
        return jtree_kind(expected) == jtree_kind(got) && text_matches(rule, expected) &&
               text_matches(rule, got);
    default:
        return false;
    }
}

static bool
names_param(const struct rule *rule, const struct api_entry *entry, int param)
{
    if (strcmp(rule->param, "*") == 0)
        return true;
    if (param == RULES_RESULT)
        return strcmp(rule->param, "result") == 0;
    return entry != NULL && param < entry->nparams && strcmp(rule->param, entry->params[param].name) == 0;
}

static bool
names_function(const struct rule *rule, const struct rules_place *place)
{
    return strcmp(rule->function, "*") == 0 ||
           (place->entry != NULL && rules_name_is(rule->function, place->entry->name)) ||
           (place->cause != NULL && rules_name_is(rule->function, place->cause->name));
}

static bool
is_of_value(const struct rule *rule)
{
    return rule->kind < RULE_REPEAT;
}

bool
rules_allow_value(struct rules *rules, const struct rules_place *place, const cJSON *expected,
                  const cJSON *got)
{
    for (unsigned i = 0; rules != NULL && i < rules->count; i++) {
        struct rule *rule = &rules->rule[i];
        if (!is_of_value(rule) || !names_function(rule, place) ||
            !names_param(rule, place->entry, place->param))
            continue;
        enum rules_reach reach = rules_path_reach(&rule->path, place->path);
        /* What the place is in is there on both sides, and of one kind: else the difference were there. */
        bool above = reach == RULES_ABOVE && (rule->kind == RULE_ANY || rule->kind == RULE_SAME_KIND);
        if (above || (reach == RULES_HERE && allows(rules, rule, expected, got)))
            return use(rules, rule);
    }
    return false;
}

bool
rules_allow_order(struct rules *rules, const struct rules_place *place, bool count)
{
    if (rules == NULL || !rules->orders)
        return false;
    for (unsigned i = 0; i < rules->count; i++) {
        struct rule *rule = &rules->rule[i];
        if (rule->kind == RULE_ORDER && names_function(rule, place) &&
            names_param(rule, place->entry, place->param) &&
            rules_path_reach(&rule->path, place->path) == RULES_HERE)
            return count ? use(rules, rule) : true;
    }
    return false;
}

/* ---- functions ---------------------------------------------------------------------------------- */

static bool
allow_function(struct rules *rules, enum rule_kind kind, const char *function)
{
    for (unsigned i = 0; rules != NULL && i < rules->count; i++) {
        struct rule *rule = &rules->rule[i];
        if (rule->kind == kind && rules_name_is(rule->function, function))
            return use(rules, rule);
    }
    return false;
}

bool
rules_allow_repeat(struct rules *rules, const char *function)
{
    return allow_function(rules, RULE_REPEAT, function);
}

bool
rules_allow_missing(struct rules *rules, const char *function)
{
    return allow_function(rules, RULE_MISSING, function);
}

bool
rules_allow_swap(struct rules *rules, const char *first, const char *second)
{
    for (unsigned i = 0; rules != NULL && i < rules->count; i++) {
        struct rule *rule = &rules->rule[i];
        if (rule->kind == RULE_SWAP &&
            ((rules_name_is(rule->function, first) && rules_name_is(rule->other, second)) ||
             (rules_name_is(rule->function, second) && rules_name_is(rule->other, first))))
            return use(rules, rule);
    }
    return false;
}

/* ---- counts -------------------------------------------------------------------------------------- */

unsigned
rules_count(const struct rules *rules)
{
    return rules != NULL ? rules->count : 0;
}

uint64_t
rules_used(const struct rules *rules)
{
    return rules != NULL ? rules->used : 0;
}

void
rules_forget(struct rules *rules, uint64_t used)
{
    if (rules != NULL)
        rules->used = used;
}

const char *
rules_unused(const struct rules *rules, unsigned index)
{
    if (rules == NULL || index >= rules->count || rules->rule[index].used > 0)
        return NULL;
    return rules->rule[index].where;
}
