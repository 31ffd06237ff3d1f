// SPDX-License-Identifier: MIT
/*
 * The sentence of a finding. Engines keep no history, so the cause is found by trying: every value of the
 * small case is replaced by an ordinary one, every declared key that is not there is added; where the bug is
 * gone then, that was it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fuzz/finding/inside.h"
#include "traces/jtree.h"

#define SHOWN 160  /* bytes of a payload in a sentence */
#define TRIES 400  /* runs of the target */
#define SECONDS 10 /* hangs take long */
#define CAUSES 3   /* that are told */
#define DEEP 12    /* levels that are looked into for absent keys */

struct explain {
    struct fuzz_case *c;
    const struct model_profile *profile;
    struct arena *arena, *scratch;
    finding_test *test;
    void *context;
    struct finding_cause *cause;
    struct fault *fault;
    unsigned tries, causes;
    uint64_t end_ms;
    size_t event;
    unsigned param;
    char path[240];
    bool failed;
};

static uint64_t
now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* What the test says of the case as it is now; 2 as well when there is none, or no run left. */
static int
try_case(struct explain *explain)
{
    if (explain->test == NULL || explain->failed || explain->tries >= TRIES)
        return 2;
    explain->tries++;
    struct case_value *value = &explain->c->events[explain->event].args[explain->param];
    if (value->kind == CASE_TREE)
        value->bytes = NULL, value->count = 0;
    if (now_ms() >= explain->end_ms)
        return 2;
    arena_reset(explain->scratch);
    int same = explain->test(explain->context, explain->c, explain->scratch, explain->fault);
    explain->failed = same < 0;
    return same < 0 ? 2 : same;
}

/* Is the bug gone as the case is now, and no other one there? */
static bool
gone(struct explain *explain)
{
    return try_case(explain) == 0;
}

static void say(struct explain *explain, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void
say(struct explain *explain, const char *format, ...)
{
    struct finding_cause *cause = explain->cause;
    const struct case_event *event = &explain->c->events[explain->event];
    const char *path =
        explain->path[0] != '\0' ? explain->path : event->callback->params[explain->param].name;
    size_t used = strlen(cause->sentence);
    char words[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    if (used == 0)
        used = (size_t)snprintf(cause->sentence, sizeof cause->sentence, "%s%s%s: ", event->callback->name,
                                event->function != NULL ? " of " : "",
                                event->function != NULL ? event->function->name : "");
    else
        used += (size_t)snprintf(cause->sentence + used, sizeof cause->sentence - used, "; ");
    if (used + 2 < sizeof cause->sentence)
        snprintf(cause->sentence + used, sizeof cause->sentence - used, "%.150s %.190s", path, words);
    explain->causes++;
}

/* What to step round: the first cause that is more than an ordinary value. Places have no indexes there. */
static bool
note_known(struct explain *explain, struct model_type type, const cJSON *object, const char *name,
           const cJSON *value)
{
    struct finding_cause *cause = explain->cause;
    const struct api_entry *callback = explain->c->events[explain->event].callback;
    enum model_variation variation = model_classify(type, object, name, value, explain->profile);
    const char *word = model_variation_name(variation);
    size_t used = 0;
    if (cause->callback[0] != '\0' || variation == MODEL_ORDINARY || word == NULL)
        return false;
    for (const char *at = explain->path + (explain->path[0] == '$');
         *at != '\0' && used + 1 < sizeof cause->path; at++) {
        cause->path[used++] = *at;
        if (*at == '[')
            at += strspn(at + 1, "0123456789");
    }
    cause->path[used] = '\0';
    snprintf(cause->callback, sizeof cause->callback, "%s", callback->name);
    snprintf(cause->param, sizeof cause->param, "%s", callback->params[explain->param].name);
    snprintf(cause->variation, sizeof cause->variation, "%s", word);
    return true;
}

/* The simplest value that is as declared. NULL: nothing is declared, or no memory. */
static cJSON *
ordinary(struct explain *explain, struct model_type type, const cJSON *now)
{
    const char *number = now != NULL && jtree_kind(now) == JTREE_NUMBER ? jtree_number(now) : "";
    struct model_random random = {.state = 1};
    struct model_maker maker = {.random = &random, .profile = *explain->profile};
    switch (type.json) {
    case API_J_BOOL:
        return cJSON_CreateBool(now == NULL || !cJSON_IsTrue(now));
    case API_J_INT:
    case API_J_UINT:
    case API_J_INT64:
    case API_J_UINT64:
    case API_J_DOUBLE:
        return jtree_new_int64(strcmp(number, "1") == 0 ? 2 : 1);
    case API_J_STRING:
        return jtree_new_string("a", 1);
    case API_J_OBJECT:
    case API_J_ARRAY:
        return model_make(&maker, type);
    default:
        return number[0] != '\0' ? jtree_new_int64(strcmp(number, "1") == 0 ? 2 : 1) : NULL;
    }
}

static bool
is_kind(uint8_t json, enum jtree_kind kind)
{
    switch (json) {
    case API_J_BOOL:
        return kind == JTREE_BOOL;
    case API_J_STRING:
        return kind == JTREE_STRING;
    case API_J_OBJECT:
        return kind == JTREE_OBJECT;
    case API_J_ARRAY:
        return kind == JTREE_ARRAY;
    case API_J_ANY:
        return true;
    default:
        return kind == JTREE_NUMBER;
    }
}

static const char *
declared_name(uint8_t json)
{
    switch (json) {
    case API_J_BOOL:
        return "a boolean";
    case API_J_STRING:
        return "a string";
    case API_J_OBJECT:
        return "an object";
    case API_J_ARRAY:
        return "an array";
    default:
        return "a number";
    }
}

static void
say_number(struct explain *explain, struct model_type type, const cJSON *node)
{
    const char *text = jtree_number(node);
    int64_t value, low;
    uint64_t high, large;
    const struct api_enum *list = type.enumeration >= 0 ? &api_enums[type.enumeration] : NULL;
    bool whole = jtree_int64(node, &value);
    if (list != NULL && !(whole && model_enum_has(list, value, explain->profile)))
        say(explain, "is %.40s, which is no %s", text, list->name);
    else if (model_range(type.json, &low, &high) &&
             (whole ? value < low || (value > 0 && (uint64_t)value > high)
                    : !jtree_uint64(node, &large) || large > high))
        say(explain, "is %.40s, which its type does not hold", text);
    else
        say(explain, "is %.40s", text);
}

static void
say_string(struct explain *explain, const cJSON *node)
{
    struct jtree_text text = {0};
    if (jtree_text(node, &text) != 0)
        return;
    if (text.bytes == 0)
        say(explain, "is an empty string");
    else if (text.bytes > 40)
        say(explain, "is a string of %zu bytes", text.bytes);
    else
        say(explain, "is \"%.*s\"", (int)text.bytes, text.data);
    jtree_text_free(&text);
}

static void
say_value(struct explain *explain, struct model_type type, const cJSON *node)
{
    enum jtree_kind kind = jtree_kind(node);
    size_t count = 0;
    for (const cJSON *child = node->child; child != NULL; child = child->next)
        count++;
    if (!is_kind(type.json, kind))
        say(explain, "is %s where %s is declared", jtree_kind_name(kind), declared_name(type.json));
    else if (kind == JTREE_NUMBER)
        say_number(explain, type, node);
    else if (kind == JTREE_STRING)
        say_string(explain, node);
    else if (kind == JTREE_BOOL)
        say(explain, "is %s", cJSON_IsTrue(node) ? "true" : "false");
    else if (kind == JTREE_NULL)
        say(explain, "is null");
    else if (count == 0)
        say(explain, "is an empty %s", kind == JTREE_ARRAY ? "array" : "object");
    else
        say(explain, "has %zu %s", count, kind == JTREE_ARRAY ? "elements" : "members");
}

/* A parameter itself: as the mutator sees it, a JSON value of its machine type. */
static void
note_scalar(struct explain *explain, const struct case_value *was)
{
    const struct case_event *event = &explain->c->events[explain->event];
    cJSON *node = was->kind == CASE_NUMBER ? jtree_new_int64((int64_t)was->number)
                  : was->kind == CASE_NULL ? cJSON_CreateNull()
                                           : jtree_new_string(was->bytes, was->count);
    if (node != NULL)
        note_known(explain, model_scalar(&event->callback->params[explain->param]), NULL, NULL, node);
}

/* What a node says, changed for one run. */
static int
try_with(struct explain *explain, cJSON *node, const cJSON *other)
{
    struct {
        int type;
        char *text;
        cJSON *child;
    } was = {node->type, node->valuestring, node->child};
    node->type = (was.type & JTREE_RAW_KEY) | (other->type & ~JTREE_RAW_KEY);
    node->valuestring = other->valuestring;
    node->child = other->child;
    int result = try_case(explain);
    node->type = was.type;
    node->valuestring = was.text;
    node->child = was.child;
    return result;
}

/* The same with a member more. */
static int
try_member(struct explain *explain, cJSON *object, const char *name, cJSON *value)
{
    cJSON *last = object->child != NULL ? object->child->prev : NULL;
    if (value == NULL || jtree_add_member(object, name, strlen(name), value) != 0)
        return 2;
    int result = try_case(explain);
    if (last != NULL) {
        last->next = NULL;
        object->child->prev = last;
    } else {
        object->child = NULL;
    }
    return result;
}

/* One mistake mostly takes many values of its place: all those are stepped round, or each run ends in the
 * next of them. `node`: what is there; NULL: `object` has no member `name`. */
static void
try_others(struct explain *explain, struct model_type type, cJSON *object, cJSON *node, const char *name)
{
    struct finding_cause *cause = explain->cause;
    struct model_random random = {.state = 1};
    uint8_t list[MODEL_VARIATIONS];
    unsigned count = model_variations(type, false, explain->profile, list);
    for (unsigned i = 0; i < count && cause->nothers < sizeof cause->others; i++) {
        struct model_maker maker = {.random = &random, .profile = *explain->profile};
        const char *word = model_variation_name(list[i]);
        if (word == NULL || strcmp(word, cause->variation) == 0 || list[i] == MODEL_ORDINARY ||
            list[i] == MODEL_ONE_ELEMENT || list[i] == MODEL_MANY_ELEMENTS)
            continue;
        cJSON *value = model_vary(&maker, type, list[i], node);
        int same = value == NULL  ? 2
                   : node != NULL ? try_with(explain, node, value)
                                  : try_member(explain, object, name, value);
        if (same == 1)
            cause->others[cause->nothers++] = list[i];
    }
}

static void
try_value(struct explain *explain, struct model_type type, const cJSON *object, cJSON *node)
{
    cJSON *other = ordinary(explain, type, node);
    if (other != NULL && explain->causes < CAUSES && try_with(explain, node, other) == 0) {
        say_value(explain, type, node);
        if (note_known(explain, type, object, object != NULL ? node->string : NULL, node))
            try_others(explain, type, NULL, node, NULL);
    }
}

/* Declared keys that are not there: one by one. */
static void
try_absent(struct explain *explain, struct model_type type, cJSON *object)
{
    size_t used = strlen(explain->path);
    const struct api_key *key;
    for (unsigned i = 0;
         explain->causes < CAUSES && (key = model_key(type, object, i, explain->profile)) != NULL; i++) {
        if (jtree_get(object, key->name) != NULL)
            continue;
        cJSON *value = ordinary(explain, model_of_key(key), NULL);
        if (try_member(explain, object, key->name, value) == 0) {
            snprintf(explain->path + used, sizeof explain->path - used, ".%s", key->name);
            say(explain, "is not there");
            if (note_known(explain, model_of_key(key), object, key->name, NULL))
                try_others(explain, model_of_key(key), object, NULL, key->name);
            explain->path[used] = '\0';
        }
    }
}

static void
walk(struct explain *explain, struct model_type type, const cJSON *object, cJSON *node, unsigned depth)
{
    enum jtree_kind kind = jtree_kind(node);
    size_t used = strlen(explain->path), index = 0;
    if (explain->causes >= CAUSES || explain->failed || depth > DEEP)
        return;
    if (node->child == NULL || (kind != JTREE_ARRAY && kind != JTREE_OBJECT) || !is_kind(type.json, kind))
        try_value(explain, type, object, node);
    /* Innermost first: that a value is as it is says more than that something around it is there. */
    for (cJSON *child = node->child; child != NULL && used < sizeof explain->path;
         child = child->next, index++) {
        struct model_type inner = kind == JTREE_ARRAY
                                      ? model_element(type)
                                      : model_member(type, node, child->string, explain->profile);
        if (kind == JTREE_ARRAY)
            snprintf(explain->path + used, sizeof explain->path - used, "[%zu]", index);
        else
            snprintf(explain->path + used, sizeof explain->path - used, ".%.100s", child->string);
        walk(explain, inner, kind == JTREE_OBJECT ? node : NULL, child, depth + 1);
        explain->path[used] = '\0';
    }
    if (kind == JTREE_OBJECT && explain->causes == 0)
        try_absent(explain, type, node);
}

static void
try_scalar(struct explain *explain, struct case_event *event, unsigned param)
{
    struct case_value *value = &event->args[param], was = *value;
    unsigned before = explain->causes;
    explain->path[0] = '\0';
    if (value->kind == CASE_NUMBER && was.number != 0) {
        value->number = 0;
        if (gone(explain))
            say(explain, "is %lld", (long long)was.number);
    } else if (value->kind == CASE_NULL) {
        *value = (struct case_value){.kind = CASE_TEXT, .bytes = "", .count = 0};
        if (gone(explain))
            say(explain, "is NULL");
    } else if (value->kind == CASE_TEXT && !case_is_json(event, param)) {
        *value = (struct case_value){.kind = CASE_TEXT, .bytes = "a", .count = 1};
        if (gone(explain))
            say(explain, was.count == 0 ? "is empty" : "has %zu bytes", was.count);
    }
    *value = was;
    if (explain->causes > before)
        note_scalar(explain, &was);
}

static void
explain_event(struct explain *explain, struct case_event *event)
{
    for (unsigned p = 0; p < event->callback->nparams && explain->causes < CAUSES; p++) {
        struct case_value *value = &event->args[p];
        explain->param = p;
        if (value->kind == CASE_TEXT && case_is_json(event, p))
            case_parse(value, explain->arena);
        if (value->kind == CASE_TREE) {
            snprintf(explain->path, sizeof explain->path, "$");
            walk(explain, model_payload_of(event, p), NULL, value->tree, 0);
            explain->path[0] = '\0';
        } else {
            try_scalar(explain, event, p);
        }
    }
}

/* Nothing certain is known: what is left is shown. */
static void
show_case(struct explain *explain)
{
    size_t last = explain->c->count - 1;
    struct case_event *event = &explain->c->events[last];
    int at = event->callback->payload;
    explain->event = last;
    explain->param = at >= 0 ? (unsigned)at : 0;
    explain->path[0] = '\0';
    struct case_value value = event->args[explain->param];
    if (at < 0 || (value.kind == CASE_TREE && case_print(&value, explain->arena) != 0))
        snprintf(explain->cause->sentence, sizeof explain->cause->sentence, "%s", event->callback->name);
    else if (value.kind == CASE_NULL)
        say(explain, "is NULL");
    else if (value.count > SHOWN || value.bytes == NULL)
        say(explain, "has %zu bytes", value.count);
    else
        say(explain, "is %s", value.count > 0 ? value.bytes : "empty");
}

int
finding_explain(const struct fuzz_case *c, const struct model_profile *profile, finding_test *test,
                void *context, struct finding_cause *cause, struct fault *fault)
{
    struct fuzz_case copy = {0};
    struct explain explain = {.c = &copy,
                              .profile = profile,
                              .arena = arena_new(),
                              .scratch = arena_new(),
                              .test = test,
                              .context = context,
                              .cause = cause,
                              .fault = fault};
    int result = -1;
    memset(cause, 0, sizeof *cause);
    if (explain.arena == NULL || explain.scratch == NULL || case_copy(&copy, c, explain.arena) != 0) {
        fault_set(fault, FAULT_INTERNAL, "out of memory");
    } else {
        explain.end_ms = now_ms() + SECONDS * 1000;
        arena_use(explain.arena);
        for (explain.event = copy.count; explain.event-- > 0 && explain.causes < CAUSES;)
            explain_event(&explain, &copy.events[explain.event]);
        if (explain.causes == 0 && copy.count > 0 && !explain.failed)
            show_case(&explain);
        arena_use(NULL);
        result = explain.failed ? -1 : 0;
    }
    arena_free(explain.arena);
    arena_free(explain.scratch);
    return result;
}
