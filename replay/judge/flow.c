// SPDX-License-Identifier: MIT
#include "replay/judge/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/judge/flow_table.h"
#include "replay/score/score.h"

#define LEAST_NUMBER 6 /* digits of a number that is an id wherever it stands */
#define LEAST_TEXT 8   /* bytes of such a text */
#define MOST_TEXT 512  /* a longer text is words, not an id */
#define MOST_PATHS 4096

struct flow {
    struct flow_table given;          /* recorded values that the source gave out */
    struct flow_table recorded, live; /* values that are bound, on either side */
    struct flow_table pairs;
    flow_source *source;
    void *context;
    const struct score *score; /* of flow_from_score: how far it was read */
    uint32_t event;
    unsigned value;
    char **path; /* texts that flow_seen.path points to */
    size_t paths;
};

struct flow *
flow_new(void)
{
    return calloc(1, sizeof(struct flow));
}

void
flow_free(struct flow *flow)
{
    if (flow == NULL)
        return;
    flow_table_free(&flow->given);
    flow_table_free(&flow->recorded);
    flow_table_free(&flow->live);
    flow_table_free(&flow->pairs);
    for (size_t i = 0; i < flow->paths; i++)
        free(flow->path[i]);
    free(flow->path);
    free(flow);
}

void
flow_from(struct flow *flow, flow_source *source, void *context)
{
    flow->source = source;
    flow->context = context;
}

/* The text at flow->value of flow->event, if the SDK gave it out. */
static const struct score_value *
score_given(const struct flow *flow, const struct score_event *event, const struct api_entry *entry)
{
    const struct score_value *value = score_values(flow->score, event) + flow->value;
    bool callback = (event->flags & SCORE_CALLBACK) != 0;
    unsigned type = flow->value < entry->nparams ? entry->params[flow->value].type : entry->returns;
    bool given = flow->value == entry->nparams ? type == API_STR : type == (callback ? API_STR : API_OUT);
    return given && score_text(flow->score, value) != NULL ? value : NULL;
}

static bool
score_source(void *context, uint64_t before, struct flow_text *text)
{
    struct flow *flow = context;
    for (; flow->event < flow->score->events; flow->event++, flow->value = 0) {
        const struct score_event *event = score_event(flow->score, flow->event);
        const struct api_entry *entry = api_entry(event->api);
        if (event->seq >= before)
            return false;
        unsigned last = entry == NULL ? 0 : entry->nparams + ((event->flags & SCORE_CALLBACK) == 0);
        while (flow->value < last) {
            const struct score_value *value = score_given(flow, event, entry);
            flow->value++;
            if (value == NULL)
                continue;
            *text = (struct flow_text){.seq = event->seq,
                                       .name = entry->name,
                                       .text = score_text(flow->score, value),
                                       .bytes = value->bytes};
            return true;
        }
    }
    return false;
}

void
flow_from_score(struct flow *flow, const struct score *score)
{
    flow->score = score;
    flow_from(flow, score_source, flow);
}

/* ---- values ------------------------------------------------------------------------------------- */

static uint64_t
hash(const char *bytes, size_t length, uint64_t seed)
{
    uint64_t value = 0xcbf29ce484222325u ^ seed * 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < length; i++)
        value = (value ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    value ^= value >> 29;
    return value != 0 ? value : 1;
}

/* The ending by which an id's key is known, as a number; 0: not named like an id. */
static unsigned
ending(const char *key)
{
    static const struct {
        const char *text;
        unsigned number;
    } endings[] = {{"id", 1}, {"identifier", 1}, {"seq", 2}, {"rand", 3}};
    static const char *const plurals[] = {"_array", "_list"};
    if (key == NULL)
        return 0;
    size_t length = strlen(key);
    for (unsigned i = 0; i < 2; i++) {
        size_t plural = strlen(plurals[i]);
        if (length > plural && memcmp(key + length - plural, plurals[i], plural) == 0)
            length -= plural;
    }
    for (unsigned i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t tail = strlen(endings[i].text);
        if (length >= tail && memcmp(key + length - tail, endings[i].text, tail) == 0 &&
            (length == tail || key[length - tail - 1] == '_'))
            return endings[i].number;
    }
    return 0;
}

bool
flow_names_id(const char *key)
{
    return ending(key) != 0;
}

/* What is an id wherever it stands. `text` is without quotes then. */
static bool
is_large(const char *text, size_t length, bool quoted)
{
    if (length > MOST_TEXT)
        return false;
    if (quoted && strspn(text, "0123456789") < length)
        return length >= LEAST_TEXT && memchr(text, ' ', length) == NULL;
    size_t sign = length > 0 && text[0] == '-';
    return length - sign >= LEAST_NUMBER && strspn(text + sign, "0123456789") >= length - sign;
}

/* A scalar's hash, the same for 12345678 and "12345678"; 0: it is no id. */
static uint64_t
value_hash(const char *scalar, const char *key)
{
    size_t length = strlen(scalar);
    bool quoted = length >= 2 && scalar[0] == '"';
    const char *text = quoted ? scalar + 1 : scalar;
    length -= quoted ? 2 : 0;
    if (is_large(text, length, quoted))
        return hash(text, length, 0);
    unsigned scope = ending(key);
    bool counts = length > 0 && length <= MOST_TEXT && (quoted || (text[0] >= '0' && text[0] <= '9'));
    /* 0 and "" are what is there when there is no id. */
    return scope != 0 && counts && !(length == 1 && text[0] == '0') ? hash(text, length, scope) : 0;
}

static bool
value_is_large(const char *scalar)
{
    size_t length = strlen(scalar);
    bool quoted = length >= 2 && scalar[0] == '"';
    return is_large(scalar + quoted, length - 2 * quoted, quoted);
}

static uint64_t
pair_hash(uint64_t recorded, uint64_t live)
{
    uint64_t both[2] = {recorded, live};
    return hash((const char *)both, sizeof both, 7);
}

/* ---- what the source gave out -------------------------------------------------------------------- */

static void
give(struct flow *flow, const struct flow_text *from, const char *text, size_t length, bool quoted)
{
    struct flow_seen seen = {.seq = from->seq, .name = from->name};
    if (!is_large(text, length, quoted))
        return;
    seen.key = hash(text, length, 0);
    flow_table_add(&flow->given, &seen, FLOW_MOST);
}

/* Strings and numbers of a text that is JSON or nearly so, but not keys: no tree, no allocation. */
static void
scan(struct flow *flow, const struct flow_text *from)
{
    const char *at = from->text, *end = at + from->bytes;
    while (at < end) {
        const char *start = at;
        if (*at == '"') {
            for (at++; at < end && *at != '"'; at++)
                at += *at == '\\' && at + 1 < end;
            const char *stop = at;
            at += at < end;
            const char *next = at;
            while (next < end && (*next == ' ' || *next == '\n' || *next == '\t' || *next == '\r'))
                next++;
            if (next == end || *next != ':')
                give(flow, from, start + 1, (size_t)(stop - start - 1), true);
        } else if ((*at >= '0' && *at <= '9') || *at == '-') {
            for (at++; at < end && *at >= '0' && *at <= '9';)
                at++;
            give(flow, from, start, (size_t)(at - start), false);
            while (at < end && ((*at >= '0' && *at <= '9') || *at == '.' || (*at | 32) == 'e' || *at == '+' ||
                                *at == '-'))
                at++;
        } else {
            at++;
        }
    }
}

static void
catch_up(struct flow *flow, uint64_t before)
{
    struct flow_text text;
    while (flow->source != NULL && flow->source(flow->context, before, &text)) {
        if (text.bytes > 0 && strchr("[{\"", text.text[0]) != NULL)
            scan(flow, &text);
        else
            give(flow, &text, text.text, text.bytes, true);
    }
}

/* Where the recorded value came from, before that event; NULL: not from the SDK. */
static const struct flow_seen *
find_recorded(struct flow *flow, const char *scalar, const char *key, uint64_t before)
{
    uint64_t value = value_hash(scalar, key);
    const struct flow_seen *seen = flow_table_find(&flow->recorded, value);
    if (value == 0)
        return NULL;
    if (seen != NULL && seen->name != NULL && seen->seq < before)
        return seen;
    if (!value_is_large(scalar))
        return NULL;
    catch_up(flow, before);
    seen = flow_table_find(&flow->given, value);
    return seen != NULL && seen->seq < before ? seen : NULL;
}

static void
tell(struct flow_origin *origin, const struct flow_seen *seen)
{
    if (origin == NULL)
        return;
    *origin = (struct flow_origin){.seq = 0};
    if (seen == NULL || seen->name == NULL)
        return;
    origin->seq = seen->seq;
    snprintf(origin->name, sizeof origin->name, "%s", seen->name);
    snprintf(origin->path, sizeof origin->path, "%s", seen->path != NULL ? seen->path : "");
}

/* ---- pairs --------------------------------------------------------------------------------------- */

/* Few different ones occur: those are kept once. */
static const char *
keep_path(struct flow *flow, const char *text)
{
    for (size_t i = flow->paths; text != NULL && i-- > 0;) {
        if (strcmp(flow->path[i], text) == 0)
            return flow->path[i];
    }
    if (text == NULL || flow->paths >= MOST_PATHS)
        return NULL;
    char **grown = realloc(flow->path, (flow->paths + 1) * sizeof *grown);
    if (grown == NULL)
        return NULL;
    flow->path = grown;
    grown[flow->paths] = strdup(text);
    return grown[flow->paths] != NULL ? grown[flow->paths++] : NULL;
}

static void
bind(struct flow *flow, uint64_t recorded, uint64_t live, struct flow_seen seen)
{
    seen.key = recorded;
    flow_table_add(&flow->recorded, &seen, FLOW_MOST);
    seen.key = live;
    flow_table_add(&flow->live, &seen, FLOW_MOST);
    seen.key = pair_hash(recorded, live);
    flow_table_add(&flow->pairs, &seen, FLOW_MOST);
}

void
flow_bind(struct flow *flow, const struct flow_pair *pair)
{
    uint64_t recorded = value_hash(pair->recorded, pair->key), live = value_hash(pair->live, pair->key);
    if (recorded != 0 && live != 0 && recorded != live)
        bind(flow, recorded, live, (struct flow_seen){.name = NULL});
}

enum flow_answer
flow_check(struct flow *flow, const struct flow_pair *pair, uint64_t before, struct flow_origin *expected,
           struct flow_origin *got)
{
    uint64_t recorded = value_hash(pair->recorded, pair->key), live = value_hash(pair->live, pair->key);
    if (recorded != 0 && live != 0 &&
        (recorded == live || flow_table_find(&flow->pairs, pair_hash(recorded, live)) != NULL))
        return FLOW_SAME;
    const struct flow_seen *from = find_recorded(flow, pair->recorded, pair->key, before);
    if (from == NULL)
        return FLOW_UNKNOWN;
    tell(expected, from);
    if (got != NULL) {
        const struct flow_seen *to = live != 0 ? flow_table_find(&flow->live, live) : NULL;
        if (to == NULL && live != 0)
            to = flow_table_find(&flow->given, live);
        tell(got, to);
    }
    return FLOW_OTHER;
}

enum flow_answer
flow_bring(struct flow *flow, const struct flow_pair *pair, const char *name, uint64_t seq, const char *path,
           struct flow_origin *expected)
{
    uint64_t recorded = value_hash(pair->recorded, pair->key), live = value_hash(pair->live, pair->key);
    if (!flow_names_id(pair->key) || recorded == 0 || live == 0)
        return FLOW_UNKNOWN;
    if (recorded == live || flow_table_find(&flow->pairs, pair_hash(recorded, live)) != NULL)
        return FLOW_SAME;
    /* Small numbers are counted anew in every conversation: one may stand for several. */
    if (value_is_large(pair->recorded) && value_is_large(pair->live)) {
        const struct flow_seen *from = find_recorded(flow, pair->recorded, pair->key, seq);
        if (from == NULL)
            from = flow_table_find(&flow->recorded, recorded);
        if (from == NULL)
            from = flow_table_find(&flow->live, live);
        if (from != NULL) {
            tell(expected, from);
            return FLOW_OTHER;
        }
    }
    bind(flow, recorded, live, (struct flow_seen){.seq = seq, .name = name, .path = keep_path(flow, path)});
    return FLOW_SAME;
}
