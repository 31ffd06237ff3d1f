// SPDX-License-Identifier: MIT
/*
 * Rules proposed from several recordings of one scenario: what differs between them becomes a rule, and the
 * rules are tried again, until nothing is left that a rule can say.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "replay/compare/propose.h"

#define ROUNDS 5
#define MOST (RULES_MOST / 2)                      /* what differs; each is two rules at most */
#define YEARS_NS (20ll * 365 * 86400 * 1000000000) /* a moment of a run is that near to it */
#define MINUTE_NS 60000000000ll

/* ---- collecting ------------------------------------------------------------------------------------- */

/* NULL: no memory, or no rule can name it (functions that this build does not know, paths too deep). */
static struct seen *
find(struct proposal *proposal, int kind, const char *function, const char *param, const char *path)
{
    for (size_t i = 0; i < proposal->count; i++) {
        struct seen *seen = &proposal->seen[i];
        if ((int)seen->kind == kind && strcmp(seen->function, function) == 0 &&
            strcmp(seen->param, param) == 0 && strcmp(seen->path, path) == 0)
            return seen->unsaid ? NULL : seen;
    }
    if (proposal->count >= MOST)
        return NULL;
    if (proposal->count == proposal->room) {
        size_t room = proposal->room * 2 + 32;
        struct seen *grown = realloc(proposal->seen, room * sizeof *grown);
        if (grown == NULL) {
            proposal->memory = true;
            return NULL;
        }
        proposal->seen = grown;
        proposal->room = room;
    }
    struct seen *seen = &proposal->seen[proposal->count++];
    memset(seen, 0, sizeof *seen);
    *(int *)&seen->kind = kind;
    snprintf(seen->function, sizeof seen->function, "%s", function);
    snprintf(seen->param, sizeof seen->param, "%s", param);
    snprintf(seen->path, sizeof seen->path, "%s", path);
    seen->unsaid = !propose_can_say(seen);
    return seen->unsaid ? NULL : seen;
}

/* The path for all elements of its arrays: [3] becomes [*], and the number of a repeated key goes. False: it
 * was cut, here or where it comes from. */
static bool
generalise(const char *path, char *to, size_t room)
{
    size_t used = 0;
    if (strlen(path) + 1 >= MATCH_PATH)
        return false;
    if (*path == '\0')
        path = "$";
    while (*path != '\0' && used + 4 < room) {
        if (path[0] == '[' && isdigit((unsigned char)path[1])) {
            memcpy(to + used, "[*]", 3);
            used += 3;
            path += strcspn(path, "]") + 1;
        } else if (path[0] == '[' && path[1] == '"') {
            size_t length = 2;
            while (path[length] != '\0' && path[length] != '"')
                length += path[length] == '\\' && path[length + 1] != '\0' ? 2 : 1;
            length += strcspn(path + length, "]") + 1;
            if (used + length >= room)
                break;
            memcpy(to + used, path, length);
            used += length;
            path += length;
        } else if (path[0] == '(') {
            path += strcspn(path, ")") + 1;
        } else {
            to[used++] = *path++;
        }
    }
    to[used] = '\0';
    return *path == '\0';
}

static void
keep_sample(struct seen *seen, const struct match_difference *value)
{
    const char *texts[2] = {value->expected, value->got};
    if (seen->times++ > 0)
        return;
    for (unsigned i = 0; i < 2; i++) {
        size_t used = 0;
        for (const char *at = texts[i]; *at != '\0' && used + 4 < SAMPLE; at++)
            seen->sample[i][used++] = (unsigned char)*at < 0x20 ? ' ' : *at;
        if (strlen(texts[i]) > used) {
            while (used > 0 && ((unsigned char)seen->sample[i][used - 1] & 0xC0) == 0x80)
                used--;
            used -= used > 0 && ((unsigned char)seen->sample[i][used - 1] & 0xC0) == 0xC0;
            memcpy(seen->sample[i] + used, "...", 4);
        } else {
            seen->sample[i][used] = '\0';
        }
        propose_clean(seen->sample[i]);
    }
}

static long double
magnitude(long double value)
{
    return value < 0 ? -value : value;
}

/* A number, or a text of digits. */
static bool
as_number(const char *text, long double *value)
{
    char *end;
    bool quoted = *text == '"';
    if (!isdigit((unsigned char)text[quoted]) && text[quoted] != '-')
        return false;
    *value = strtold(text + quoted, &end);
    return strcmp(end, quoted ? "\"" : "") == 0;
}

/* As rules read moments: the unit by the size. */
static long double
as_moment(long double value)
{
    long double size = magnitude(value);
    return value * (size >= 1e17L ? 1 : size >= 1e14L ? 1e3L : size >= 1e11L ? 1e6L : 1e9L);
}

static void
look_at_numbers(struct proposal *proposal, struct seen *seen, long double a, long double b)
{
    long double apart = magnitude(a - b), x = as_moment(a), y = as_moment(b);
    const int64_t *began = proposal->began;
    if (apart > seen->apart)
        seen->apart = apart;
    if (began[0] == 0 || began[1] == 0 || magnitude(x - (long double)began[0]) > (long double)YEARS_NS ||
        magnitude(y - (long double)began[1]) > (long double)YEARS_NS) {
        seen->not_time = true;
        return;
    }
    apart = magnitude((y - (long double)began[1]) - (x - (long double)began[0]));
    if (apart > 10.0L * (long double)MINUTE_NS)
        seen->not_time = true;
    else if (apart > seen->apart_ns)
        seen->apart_ns = apart;
}

static void
look_at_text(struct seen *seen, const char *text)
{
    size_t length = strlen(text), inner = length >= 2 ? length - 2 : 0;
    if (*text != '"' || strcmp(text + (length > 3 ? length - 3 : 0), "...") == 0) {
        seen->not_hex = seen->not_path = true;
        return;
    }
    seen->not_hex |= inner < 6 || strspn(text + 1, "0123456789abcdef-") != inner;
    seen->not_path |= !(text[1] == '/' || strncmp(text + 1, "./", 2) == 0);
    if (seen->length == 0)
        seen->length = inner;
    else if (seen->length != inner)
        seen->length = SIZE_MAX;
}

static void
look_at_value(struct proposal *proposal, struct seen *seen, const struct match_difference *value)
{
    long double a, b;
    keep_sample(seen, value);
    seen->absent |= value->change == MATCH_ABSENT || value->change == MATCH_ADDED;
    seen->retyped |= value->change == MATCH_RETYPED;
    if (value->change != MATCH_CHANGED)
        return;
    seen->changed = true;
    look_at_text(seen, value->expected);
    look_at_text(seen, value->got);
    if (as_number(value->expected, &a) && as_number(value->got, &b))
        look_at_numbers(proposal, seen, a, b);
    else
        seen->not_number = seen->not_time = true;
    seen->not_number |= value->expected[0] == '"';
}

/* Completions are known by their call: all share one callback type. */
static const char *
rule_name(const struct compare_event *event)
{
    return event->is_callback && event->cause != NULL ? event->cause : event->name;
}

static void
note_orders(struct proposal *proposal, const struct compare_difference *difference, const char *path)
{
    char array[MATCH_PATH];
    const char *function = rule_name(&difference->expected);
    for (const char *at = path; (at = strstr(at, "[*]")) != NULL; at++) {
        snprintf(array, sizeof array, "%.*s", (int)(at - path), path);
        struct seen *seen = find(proposal, SEEN_ORDER, function, difference->value->name, array);
        if (seen != NULL)
            seen->times++;
    }
}

static void
note_left(struct proposal *proposal, const struct compare_difference *difference)
{
    const struct compare_event *event =
        difference->expected.seq != 0 ? &difference->expected : &difference->got;
    if (proposal->back || proposal->left++ > 0)
        return;
    snprintf(proposal->first_left, sizeof proposal->first_left, "%s%s%.200s",
             compare_class_name(difference->class), event->name != NULL ? " of " : "",
             event->name != NULL ? event->name : "");
}

static int
collect(void *context, const struct compare_difference *difference)
{
    struct proposal *proposal = context;
    const struct match_difference *value = difference->value;
    char path[MATCH_PATH];
    struct seen *seen = NULL;
    switch (difference->class) {
    case COMPARE_MISSING:
        seen = find(proposal, SEEN_MISSING, rule_name(&difference->expected), "", "");
        break;
    case COMPARE_EXTRA:
        seen = find(proposal, SEEN_REPEAT, rule_name(&difference->got), "", "");
        break;
    case COMPARE_REORDERED:
        if (difference->other != NULL)
            seen = find(proposal, SEEN_SWAP, difference->expected.name, difference->other, "");
        break;
    case COMPARE_ARGUMENT:
    case COMPARE_PAYLOAD:
    case COMPARE_RESULT:
        if ((value->param < 0 && difference->class != COMPARE_RESULT) ||
            !generalise(value->path, path, sizeof path))
            break;
        if (proposal->orders)
            note_orders(proposal, difference, path);
        else if ((seen = find(proposal, SEEN_VALUE, rule_name(&difference->expected), value->name, path)) !=
                 NULL)
            look_at_value(proposal, seen, value);
        break;
    default:
        break;
    }
    note_left(proposal, difference);
    if (seen != NULL && seen->kind != SEEN_VALUE)
        seen->times++;
    return proposal->memory;
}

/* ---- rounds ----------------------------------------------------------------------------------------- */

static int64_t
began(struct tape_reader *tape)
{
    const char *text = tape_meta(tape, "started_ns");
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

/* The first with each other one, both ways: rules have to hold whichever is the tape. */
static int
compare_round(struct proposal *proposal, const struct compare_side *sides, unsigned count,
              struct rules *rules, struct fault *fault)
{
    struct compare_options options = {.rules = rules, .report = collect, .context = proposal};
    struct compare_summary summary;
    proposal->left = 0;
    for (unsigned i = 1; i < count; i++) {
        for (unsigned way = 0; way < 2; way++) {
            const struct compare_side both[2] = {sides[way == 0 ? 0 : i], sides[way == 0 ? i : 0]};
            proposal->back = way != 0;
            proposal->began[0] = began(both[0].tape);
            proposal->began[1] = began(both[1].tape);
            if (compare_tapes(both, &options, &summary, fault) != 0)
                return -1;
            if (proposal->memory)
                return fault_set(fault, FAULT_INTERNAL, "out of memory for the rules");
        }
    }
    return 0;
}

/* Arrays that are the same in any order: all that could be are tried, those that helped stay. */
static int
find_orders(struct proposal *proposal, const struct compare_side *sides, unsigned count, struct fault *fault)
{
    struct rules *rules;
    proposal->orders = true;
    int result = compare_round(proposal, sides, count, NULL, fault);
    size_t kept = 0;
    for (size_t i = 0; i < proposal->count; i++) {
        if (proposal->seen[i].kind == SEEN_ORDER && !proposal->seen[i].unsaid)
            proposal->seen[kept++] = proposal->seen[i];
    }
    proposal->count = kept;
    if (result == 0 && propose_rules(proposal, &rules, fault) == 0) {
        result = compare_round(proposal, sides, count, rules, fault);
        size_t used = 0;
        for (size_t i = 0; i < kept; i++) {
            if (rules_unused(rules, (unsigned)i) == NULL)
                proposal->seen[used++] = proposal->seen[i];
        }
        proposal->count = used;
        rules_free(rules);
    } else {
        result = -1;
    }
    proposal->orders = false;
    return result;
}

static int
find_all(struct proposal *proposal, const struct compare_side *sides, unsigned count, struct fault *fault)
{
    int result = find_orders(proposal, sides, count, fault);
    for (unsigned round = 0; round < ROUNDS && result == 0; round++) {
        struct rules *rules;
        if (propose_rules(proposal, &rules, fault) != 0)
            return -1;
        result = compare_round(proposal, sides, count, rules, fault);
        rules_free(rules);
        if (proposal->left == 0)
            break;
    }
    return result;
}

static void
write_name(FILE *out, const char *name)
{
    char text[512];
    snprintf(text, sizeof text, "%.*s", (int)strcspn(name, "\r\n"), name);
    propose_clean(text);
    fprintf(out, "#   %s\n", text);
}

int
compare_propose(const struct compare_side *sides, const char *const *names, unsigned count, FILE *out,
                uint64_t *left, struct fault *fault)
{
    struct proposal proposal = {.count = 0};
    int result = find_all(&proposal, sides, count, fault);
    if (result == 0) {
        fputs("# What differs between recordings of one scenario; read it before you trust it:\n", out);
        for (unsigned i = 0; i < count; i++)
            write_name(out, names[i]);
        propose_write(out, &proposal);
        if (proposal.left > 0)
            fprintf(out, "# No rule can say what is still different: %s; `timtape diff --rules` shows it.\n",
                    proposal.first_left);
    }
    *left = proposal.left;
    free(proposal.seen);
    return result;
}
