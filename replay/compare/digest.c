// SPDX-License-Identifier: MIT
/* Hashes by which events are aligned: all of an event, and what is left of it without what may differ. */
#include <pthread.h>
#include <string.h>

#include "replay/compare/compare_parts.h"
#include "traces/jtree_scan.h"

#define KEYS 4096 /* power of two, more than twice the keys that may differ */
#define DEEP 64   /* what is nested deeper is not looked at */

uint64_t
compare_mix(uint64_t a, uint64_t b)
{
    uint64_t value = (a ^ 0x9E3779B97F4A7C15u) * 0xff51afd7ed558ccdu;
    value = (value ^ (value >> 32) ^ b) * 0xc4ceb9fe1a85ec53u;
    return value ^ (value >> 29);
}

static uint64_t
hash(const char *bytes, size_t length)
{
    uint64_t value = length, word;
    for (; length >= 8; bytes += 8, length -= 8) {
        memcpy(&word, bytes, 8);
        value = compare_mix(value, word);
    }
    word = 0;
    memcpy(&word, bytes, length);
    return compare_mix(value, word);
}

static uint64_t
hash_value(const struct tape_value *value)
{
    switch (value->type) {
    case TAPE_TEXT:
        return hash(value->text, value->bytes);
    case TAPE_INT:
    case TAPE_UINT:
        return compare_mix(1, value->u);
    case TAPE_NULL:
        return 2;
    default:
        return 3;
    }
}

static bool
is_pointer(const struct tape_event *event, unsigned index)
{
    if (event->entry == NULL || index >= event->entry->nparams)
        return false;
    unsigned type = event->entry->params[index].type;
    return type == API_FN || type == API_USER;
}

uint64_t
compare_exact(const struct tape_event *event)
{
    uint64_t value = compare_mix(hash_value(&event->result), event->threw);
    for (unsigned i = 0; i < event->nargs; i++)
        value =
            compare_mix(value, is_pointer(event, i) ? event->args[i].u != 0 : hash_value(&event->args[i]));
    return value;
}

/* Hashes of the keys that may differ by the description. */
static uint64_t volatile_keys[KEYS];
static pthread_once_t volatile_once = PTHREAD_ONCE_INIT;

static void
fill_volatile(void)
{
    for (unsigned i = 0; i < API_OBJECTS; i++) {
        for (unsigned k = 0; k < api_objects[i].nkeys; k++) {
            const struct api_key *key = &api_objects[i].keys[k];
            if (key->changes == API_STABLE && !key->secret)
                continue;
            uint64_t value = hash(key->name, strlen(key->name)) | 1;
            size_t at = value >> 8 & (KEYS - 1);
            while (volatile_keys[at] != 0 && volatile_keys[at] != value)
                at = (at + 1) & (KEYS - 1);
            volatile_keys[at] = value;
        }
    }
}

static bool
may_differ(const char *key, size_t length)
{
    char name[128];
    uint64_t value = hash(key, length) | 1;
    pthread_once(&volatile_once, fill_volatile);
    for (size_t at = value >> 8 & (KEYS - 1); volatile_keys[at] != 0; at = (at + 1) & (KEYS - 1)) {
        if (volatile_keys[at] == value)
            return true;
    }
    if (length >= sizeof name)
        return false;
    memcpy(name, key, length);
    name[length] = '\0';
    return flow_names_id(name);
}

/* The order of keys does not count: what stands at a path is added up. */
struct place {
    uint64_t path;
    uint64_t index;
    bool object, skip;
};

static uint64_t
digest_json(const char *text, size_t bytes, bool *json)
{
    struct jtree_scan scan;
    struct jtree_error error;
    struct jtree_token token;
    struct place stack[DEEP + 1] = {{.path = 11}};
    unsigned depth = 0;
    uint64_t sum = 0, key = 0;
    bool skip = false;
    jtree_scan_start(&scan, text, bytes, NULL, &error);
    for (*json = true; jtree_scan_next(&scan, &token) == 0; *json = true) {
        *json = false; /* until the end is seen */
        struct place *here = &stack[depth < DEEP ? depth : DEEP];
        uint64_t path = here->object ? key : compare_mix(here->path, here->index);
        switch (token.kind) {
        case JTREE_T_END:
            *json = true;
            return sum;
        case JTREE_T_KEY:
            key = compare_mix(here->path, hash(text + token.start + 1, token.end - token.start - 2));
            skip = may_differ(text + token.start + 1, token.end - token.start - 2);
            break;
        case JTREE_T_COMMA:
            here->index++;
            skip = here->skip;
            break;
        case JTREE_T_COLON:
            break;
        case JTREE_T_OPEN_ARRAY:
        case JTREE_T_OPEN_OBJECT:
            depth++;
            if (depth <= DEEP)
                stack[depth] = (struct place){.path = path,
                                              .object = token.kind == JTREE_T_OPEN_OBJECT,
                                              .skip = here->skip || (here->object && skip)};
            skip = stack[depth <= DEEP ? depth : DEEP].skip;
            break;
        case JTREE_T_CLOSE_ARRAY:
        case JTREE_T_CLOSE_OBJECT:
            sum += compare_mix(here->path, here->object ? 21 : 22 + here->index);
            depth--;
            skip = stack[depth < DEEP ? depth : DEEP].skip;
            break;
        default:
            if (!skip && depth < DEEP)
                sum += compare_mix(path, hash(text + token.start, token.end - token.start));
        }
    }
    *json = false;
    return 0;
}

uint64_t
compare_digest(const struct tape_event *event)
{
    uint64_t value = 5;
    for (unsigned i = 0; i < event->nargs; i++) {
        const struct api_param *param =
            event->entry != NULL && i < event->entry->nparams ? &event->entry->params[i] : NULL;
        const struct tape_value *argument = &event->args[i];
        bool json = false;
        if (param != NULL && (param->type == API_USER || param->type == API_FN || param->type == API_OUT ||
                              param->changes != API_STABLE || param->secret))
            continue;
        uint64_t here = 0;
        if (argument->type == TAPE_TEXT && param != NULL && param->content == API_JSON)
            here = digest_json(argument->text, argument->bytes, &json);
        value = compare_mix(value, json ? here : hash_value(argument));
    }
    return value;
}
