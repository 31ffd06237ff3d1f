// SPDX-License-Identifier: MIT
/* Compares a live call with a recorded one, parameter by parameter; match_json.c does the JSON. */
#include "replay/judge/match.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/judge/match_json.h"
#include "traces/jtree.h"

/* Cuts at a character's start, so that what is printed stays UTF-8 if it was. */
static void
cut(char *text, size_t used, size_t room)
{
    static const char dots[] = "...";
    if (used < room)
        return;
    size_t end = room - sizeof dots;
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    memcpy(text + end, dots, sizeof dots);
}

void
match_copy(char *to, size_t room, const char *from)
{
    size_t length = strlen(from != NULL ? from : "absent");
    memcpy(to, from != NULL ? from : "absent", length < room ? length + 1 : room);
    cut(to, length, room);
}

void
match_quote(const char *bytes, size_t length, char *text, size_t room)
{
    size_t used = 0;
    text[used++] = '"';
    for (size_t i = 0; i < length && used + 8 < room; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\') {
            text[used++] = '\\';
            text[used++] = (char)c;
        } else if (c == '\n') {
            text[used++] = '\\';
            text[used++] = 'n';
        } else if (c < 0x20 || c == 0x7F) {
            used += (size_t)snprintf(text + used, room - used, "\\u%04x", c);
        } else {
            text[used++] = (char)c;
        }
        if (i + 1 < length && used + 8 >= room) {
            text[used] = '\0';
            cut(text, room, used + 1 > 4 ? used + 1 : 4);
            return;
        }
    }
    text[used++] = '"';
    text[used] = '\0';
}

void
match_describe(const struct tape_value *value, char *text, size_t room)
{
    switch (value->type) {
    case TAPE_ABSENT:
        snprintf(text, room, "absent");
        return;
    case TAPE_NULL:
        snprintf(text, room, "null");
        return;
    case TAPE_INT:
        snprintf(text, room, "%" PRId64, value->i);
        return;
    case TAPE_UINT:
        snprintf(text, room, "%" PRIu64, value->u);
        return;
    case TAPE_TEXT:
        match_quote(value->text, value->bytes, text, room);
        return;
    }
    snprintf(text, room, "?");
}

static bool
same_bytes(const struct tape_value *a, const struct tape_value *b)
{
    return a->bytes == b->bytes && memcmp(a->text, b->text, a->bytes) == 0;
}

/* An integer may have been stored signed on one side and unsigned on the other. */
static bool
same_scalar(const struct tape_value *a, const struct tape_value *b)
{
    if (a->type == b->type)
        return a->type == TAPE_TEXT                          ? same_bytes(a, b)
               : a->type == TAPE_INT || a->type == TAPE_UINT ? a->u == b->u
                                                             : true;
    bool numbers =
        (a->type == TAPE_INT || a->type == TAPE_UINT) && (b->type == TAPE_INT || b->type == TAPE_UINT);
    return numbers && a->i >= 0 && a->u == b->u;
}

static bool
is_null(const struct tape_value *value)
{
    return value->type == TAPE_NULL || value->type == TAPE_ABSENT ||
           ((value->type == TAPE_UINT || value->type == TAPE_INT) && value->u == 0);
}

/* ---- one place that differs ---------------------------------------------------------------------- */

static bool
is_retyped(const struct match_spot *spot)
{
    return spot->expected != NULL && spot->got != NULL && jtree_kind(spot->expected) != jtree_kind(spot->got);
}

static void
tell(struct match_walk *walk, const struct match_spot *spot)
{
    struct match_difference *here = &walk->here;
    snprintf(here->path, sizeof here->path, "%s", spot->path);
    match_copy(here->expected, sizeof here->expected, spot->expected_text);
    match_copy(here->got, sizeof here->got, spot->got_text);
    here->count = 1;
    here->change = spot->got_text == NULL        ? MATCH_ABSENT
                   : spot->expected_text == NULL ? MATCH_ADDED
                   : is_retyped(spot)            ? MATCH_RETYPED
                                                 : MATCH_CHANGED;
    walk->count++;
    walk->stopped = walk->report(walk->context, here) != 0;
    here->why[0] = '\0';
}

static bool
is_scalar(const cJSON *node)
{
    return node != NULL && jtree_kind(node) != JTREE_OBJECT && jtree_kind(node) != JTREE_ARRAY;
}

/* Whether both are there and of one kind, so that only the value differs. */
static bool
differs_in_value(const struct match_spot *spot)
{
    return is_scalar(spot->expected) && is_scalar(spot->got) &&
           jtree_kind(spot->expected) == jtree_kind(spot->got);
}

static void
explain(struct match_walk *walk, const struct flow_origin *expected, const struct flow_origin *got)
{
    const char *verb = walk->given ? "stood for" : "expected";
    int used = snprintf(walk->here.why, sizeof walk->here.why,
                        "%s the id that %s (event %" PRIu64 "%s%s) brought", verb, expected->name,
                        expected->seq, expected->path[0] != '\0' ? ", at " : "", expected->path);
    if (walk->given)
        snprintf(walk->here.why, sizeof walk->here.why,
                 "this id already stands for another one since %s (event %" PRIu64 ")",
                 expected->name[0] != '\0' ? expected->name : "a call of the app", expected->seq);
    else if (got->seq != 0 && used > 0 && (size_t)used < sizeof walk->here.why)
        snprintf(walk->here.why + used, sizeof walk->here.why - (size_t)used,
                 ", got that of %s (event %" PRIu64 "%s%s)", got->name, got->seq,
                 got->path[0] != '\0' ? ", at " : "", got->path);
}

/* What value flow says: FLOW_OTHER fills here.why. */
static enum flow_answer
ask_flow(struct match_walk *walk, const struct match_spot *spot)
{
    const struct match_terms *terms = walk->terms;
    struct flow_pair pair = {.key = spot->key, .recorded = spot->expected_text, .live = spot->got_text};
    struct flow_origin expected = {0}, got = {0};
    enum flow_answer answer;
    if (terms->flow == NULL)
        return FLOW_UNKNOWN;
    if (walk->given)
        answer =
            flow_bring(terms->flow, &pair, walk->recorded->name, walk->recorded->seq, spot->path, &expected);
    else
        answer = flow_check(terms->flow, &pair, walk->recorded->seq, &expected, &got);
    if (answer == FLOW_OTHER)
        explain(walk, &expected, &got);
    return answer;
}

static bool
by_rule(struct match_walk *walk, const struct match_spot *spot)
{
    struct rules_place place = {
        .entry = walk->recorded->entry, .cause = walk->cause, .param = walk->here.param, .path = spot->path};
    return rules_allow_value(walk->terms->rules, &place, spot->expected, spot->got);
}

static bool
may_differ(struct match_walk *walk, const struct match_spot *spot)
{
    bool tolerant = walk->terms->mode != MATCH_STRICT, value = differs_in_value(spot);
    if (value && spot->secret)
        return true;
    if (value && tolerant && (spot->changes == API_TIME || spot->changes == API_PATH))
        return true;
    enum flow_answer flow = value ? ask_flow(walk, spot) : FLOW_UNKNOWN;
    if (flow == FLOW_SAME)
        return true;
    if (!(flow == FLOW_UNKNOWN && value && tolerant && spot->changes == API_RANDOM) && !by_rule(walk, spot))
        return false;
    if (walk->learn && value && walk->terms->flow != NULL) {
        struct flow_pair pair = {.key = spot->key, .recorded = spot->expected_text, .live = spot->got_text};
        flow_bind(walk->terms->flow, &pair);
    }
    return true;
}

void
match_spot(struct match_walk *walk, const struct match_spot *spot)
{
    walk->here.why[0] = '\0';
    if (!may_differ(walk, spot))
        tell(walk, spot);
}

/* ---- whole values -------------------------------------------------------------------------------- */

/* A string that has the bytes as characters: what is not UTF-8 is no JSON, but it is there, and it is text.
 */
static cJSON *
bytes_node(const char *bytes, size_t count)
{
    char *text = malloc(2 * count + 1);
    size_t used = 0;
    for (size_t i = 0; text != NULL && i < count; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >= 0x80)
            text[used++] = (char)(0xC0 | byte >> 6);
        text[used++] = (char)(byte >= 0x80 ? 0x80 | (byte & 0x3F) : byte);
    }
    cJSON *node = text != NULL ? jtree_new_string(text, used) : NULL;
    free(text);
    return node;
}

/* As a JSON value; NULL: it is absent. *bytes: it is text that is not UTF-8. */
static cJSON *
value_node(const struct tape_value *value, bool *bytes)
{
    cJSON *node;
    switch (value->type) {
    case TAPE_INT:
        return jtree_new_int64(value->i);
    case TAPE_UINT:
        return jtree_new_uint64(value->u);
    case TAPE_TEXT:
        node = jtree_new_string(value->text, value->bytes);
        *bytes = node == NULL;
        return node != NULL ? node : bytes_node(value->text, value->bytes);
    case TAPE_NULL:
        return cJSON_CreateNull();
    case TAPE_ABSENT:
        return NULL;
    }
    return NULL;
}

/* A text that the SDK gave out and that looks like nothing but an id. */
static bool
is_id_text(const struct tape_value *value)
{
    return value->type == TAPE_TEXT && value->bytes > 0 && memchr(value->text, ' ', value->bytes) == NULL &&
           strpbrk(value->text, "0123456789") != NULL && strchr("[{\"", value->text[0]) == NULL;
}

static void
whole_value(struct match_walk *walk, const struct tape_value *recorded, const struct tape_value *live)
{
    bool bytes[2] = {false, false};
    cJSON *expected = value_node(recorded, &bytes[0]), *got = value_node(live, &bytes[1]);
    char *left = expected != NULL ? jtree_print(expected, JTREE_COMPACT, NULL) : NULL;
    char *right = got != NULL ? jtree_print(got, JTREE_COMPACT, NULL) : NULL;
    struct match_spot spot = {.path = "", .expected = expected, .got = got};
    char quoted[2][MATCH_TEXT];
    match_describe(recorded, quoted[0], sizeof quoted[0]);
    match_describe(live, quoted[1], sizeof quoted[1]);
    spot.expected_text = bytes[0] ? quoted[0] : left;
    spot.got_text = bytes[1] ? quoted[1] : right;
    if (walk->param != NULL) {
        spot.key = walk->param->name;
        spot.changes = walk->param->changes;
        spot.secret = walk->param->secret;
    }
    if (walk->given && is_id_text(recorded) && is_id_text(live))
        spot.key = "id";
    match_spot(walk, &spot);
    free(left);
    free(right);
    cJSON_Delete(expected);
    cJSON_Delete(got);
}

/* Words instead of values: addresses and buffers mean nothing to a reader. */
static void
in_words(struct match_walk *walk, const char *expected, const char *got)
{
    struct match_spot spot = {.path = "", .expected_text = expected, .got_text = got};
    tell(walk, &spot);
}

static void
compare_pointer(struct match_walk *walk, const struct tape_value *a, const struct tape_value *b)
{
    const struct match_flow *flow = walk->terms->listeners;
    bool removes = walk->recorded->entry->kind == API_UNREGISTER &&
                   walk->here.param == match_listener_param(walk->recorded->entry);
    bool same = is_null(a) == is_null(b);
    if (same && removes && !is_null(a))
        same = match_flow_has(flow, a->u, b->u) || !match_flow_knows(flow, a->u, b->u);
    if (same)
        return;
    in_words(walk,
             is_null(a) ? "NULL"
             : removes  ? "the listener that the recorded add call brought"
                        : "a callback",
             is_null(b) ? "NULL"
             : removes  ? "another listener"
                        : "a callback");
}

static int
compare_value(struct match_walk *walk, const struct tape_value *a, const struct tape_value *b)
{
    const struct api_param *param = walk->param;
    if (param != NULL && param->type == API_USER)
        return 0;
    if (param != NULL && param->type == API_FN) {
        compare_pointer(walk, a, b);
        return 0;
    }
    if (param != NULL && param->type == API_OUT && !walk->given) { /* what is in it is the answer */
        if ((a->type == TAPE_NULL) != (b->type == TAPE_NULL))
            in_words(walk, a->type == TAPE_NULL ? "NULL" : "a buffer",
                     b->type == TAPE_NULL ? "NULL" : "a buffer");
        return 0;
    }
    if (same_scalar(a, b))
        return 0;
    if (param != NULL && a->type == TAPE_TEXT && b->type == TAPE_TEXT && param->content == API_JSON) {
        int compared = match_json(walk, a, b);
        if (compared != 0)
            return compared < 0 ? -1 : 0;
    }
    whole_value(walk, a, b);
    return 0;
}

/* ---- whole events -------------------------------------------------------------------------------- */

static void
name_value(struct match_walk *walk, const struct tape_event *event, unsigned index)
{
    bool known = event->entry != NULL && index < event->entry->nparams;
    walk->param = known ? &event->entry->params[index] : NULL;
    walk->here = (struct match_difference){.param = (int)index};
    walk->reached = false;
    memset(walk->reachable, 0, sizeof walk->reachable);
    if (known)
        snprintf(walk->here.name, sizeof walk->here.name, "%s", walk->param->name);
    else
        snprintf(walk->here.name, sizeof walk->here.name, "argument %u", index + 1);
}

static int
walk_arguments(struct match_walk *walk, const struct tape_event *recorded, const struct tape_event *live)
{
    static const struct tape_value absent = {.type = TAPE_ABSENT};
    for (unsigned i = 0; (i < recorded->nargs || i < live->nargs) && !walk->stopped; i++) {
        name_value(walk, recorded, i);
        if (compare_value(walk, i < recorded->nargs ? &recorded->args[i] : &absent,
                          i < live->nargs ? &live->args[i] : &absent) != 0)
            return -1;
    }
    return 0;
}

static int
walk_event(struct match_walk *walk, const struct tape_event *recorded, const struct tape_event *live)
{
    if (strcmp(recorded->name, live->name) == 0)
        return walk_arguments(walk, recorded, live);
    walk->here = (struct match_difference){.param = -1};
    snprintf(walk->here.name, sizeof walk->here.name, "function");
    in_words(walk, recorded->name, live->name);
    return 0;
}

static int
run(struct match_walk *walk, const struct tape_event *recorded, const struct tape_event *live)
{
    static const struct match_terms none = {.mode = MATCH_NORMAL};
    walk->terms = walk->terms != NULL ? walk->terms : &none;
    walk->recorded = recorded;
    walk->prefix = "";
    uint64_t used = rules_used(walk->terms->rules);
    if (walk_event(walk, recorded, live) != 0)
        return -1;
    if (walk->count > 0) /* it was not that call: its rules did nothing */
        rules_forget(walk->terms->rules, used);
    return walk->count > 0;
}

/* The first one, and how many. */
static int
keep_first(void *context, const struct match_difference *difference)
{
    struct match_difference *first = context;
    unsigned count = first->count + 1;
    if (count == 1)
        *first = *difference;
    first->count = count;
    return 0;
}

int
match_call(const struct tape_event *recorded, const struct tape_event *live, const struct match_terms *terms,
           struct match_difference *first)
{
    struct match_difference spare;
    struct match_walk walk = {
        .terms = terms, .report = keep_first, .context = first != NULL ? first : &spare};
    first = walk.context;
    *first = (struct match_difference){.param = -1};
    int different = run(&walk, recorded, live);
    if (strcmp(recorded->name, live->name) != 0)
        first->count = API_MAX_PARAMS + 1; /* farther than any call of that name */
    return different;
}

static int
keep_nothing(void *context, const struct match_difference *difference)
{
    (void)context;
    (void)difference;
    return 0;
}

int
match_learn(const struct tape_event *recorded, const struct tape_event *live, const struct match_terms *terms)
{
    struct match_walk walk = {.terms = terms, .report = keep_nothing, .learn = true};
    if (terms == NULL || terms->flow == NULL)
        return 0;
    uint64_t used = rules_used(terms->rules);
    int result = run(&walk, recorded, live);
    rules_forget(terms->rules, used); /* counted when it was found to be that call */
    return result < 0 ? -1 : 0;
}

int
match_each(const struct tape_event *recorded, const struct tape_event *live, const struct api_entry *cause,
           const struct match_terms *terms, match_report *report, void *context)
{
    struct match_walk walk = {.terms = terms,
                              .cause = cause,
                              .given = recorded->is_callback,
                              .learn = true,
                              .report = report,
                              .context = context};
    return run(&walk, recorded, live);
}

int
match_answer(const struct tape_event *recorded, const struct tape_event *live,
             const struct match_terms *terms, match_report *report, void *context)
{
    struct match_walk walk = {.terms = terms,
                              .recorded = recorded,
                              .prefix = "",
                              .given = true,
                              .report = report,
                              .context = context};
    for (unsigned i = 0; i < recorded->nargs && i < live->nargs && !walk.stopped; i++) {
        name_value(&walk, recorded, i);
        if (walk.param != NULL && walk.param->type == API_OUT &&
            compare_value(&walk, &recorded->args[i], &live->args[i]) != 0)
            return -1;
    }
    walk.param = NULL;
    walk.here = (struct match_difference){.param = RULES_RESULT, .name = "result"};
    if (!walk.stopped && compare_value(&walk, &recorded->result, &live->result) != 0)
        return -1;
    return walk.count > 0;
}
