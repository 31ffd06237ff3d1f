// SPDX-License-Identifier: MIT
// Ordinary strings and numbers: what the key says they are, or what its name lets one expect.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/model/model_keys.h"
#include "fuzz/model/model_make.h"
#include "traces/jtree.h"

#define PICK(random, list) (list)[random_below(random, sizeof(list) / sizeof *(list))]

static const char *const sentences[] = {
    "hello",
    "see you at 8",
    "\xe4\xbd\xa0\xe5\xa5\xbd",
    "ok",
    "thanks a lot",
    "\xe6\x98\x8e\xe5\xa4\xa9\xe8\xa7\x81\xef\xbc\x8c\xe4\xb8\x8d\xe8\xa7\x81\xe4\xb8\x8d\xe6\x95\xa3",
    "on my way",
    "price list attached, please check page 2"};
static const char *const persons[] = {
    "alice", "bob", "\xe5\xbc\xa0\xe4\xb8\x89", "Carol D.", "\xe6\x9d\x8e\xe5\x9b\x9b", "dave"};
static const char *const users[] = {"alice", "bob", "carol", "user_10086", "u-7f3a"};

static const char *
name_of(struct model_type type)
{
    return type.key != NULL ? type.key->name : "";
}

static bool
says(const char *name, const char *word)
{
    return strstr(name, word) != NULL;
}

/* Ids look like the SDK's. */
static void
make_id(struct model_random *random, const char *kind, char *text, size_t room)
{
    unsigned long number = (unsigned long)random_below(random, 100000);
    if (strcmp(kind, "conversation") == 0)
        kind = random_once_in(random, 2) ? "group" : "user";
    if (strcmp(kind, "message") == 0)
        snprintf(text, room, "144115%09lu-%lu-%lu", number, 1551446728 + number, 2130485001 + number);
    else if (strcmp(kind, "group") == 0)
        snprintf(text, room, "@TGS#2%05lXQ", number);
    else if (strcmp(kind, "topic") == 0)
        snprintf(text, room, "@TGS#_%05lX@TOPIC#_@TGS#2A", number);
    else if (strcmp(kind, "user") == 0)
        snprintf(text, room, "%s", PICK(random, users));
    else
        snprintf(text, room, "%s-%lu", kind, number);
}

static const char *
plain_text(struct model_random *random, const char *name, char *room, size_t bytes)
{
    unsigned number = (unsigned)random_below(random, 1000);
    if (says(name, "url"))
        snprintf(room, bytes, "https://cdn.example.com/%u/file-%u.jpg", number % 10, number);
    else if (says(name, "path"))
        snprintf(room, bytes, "/data/files/%u.bin", number);
    else if (says(name, "uuid") || says(name, "_id") || says(name, "cursor"))
        snprintf(room, bytes, "%u-%u-8a4bc2", 1400000000 + number, number);
    else if (says(name, "nick") || says(name, "name"))
        return PICK(random, persons);
    else if (says(name, "content") || says(name, "desc") || says(name, "text") || random_once_in(random, 2))
        return PICK(random, sentences);
    else
        snprintf(room, bytes, "value %u", number);
    return room;
}

cJSON *
model_make_string(struct model_maker *maker, struct model_type type)
{
    char room[160];
    const char *text, *kind = model_id_kind(type.key, NULL);
    if (type.strings >= 0) {
        const struct api_strings *strings = &api_strings[type.strings];
        text = strings->constants[random_below(maker->random, strings->nconstants)].value;
    } else if (kind != NULL) {
        make_id(maker->random, kind, room, sizeof room);
        text = room;
    } else {
        text = plain_text(maker->random, name_of(type), room, sizeof room);
    }
    return jtree_new_string(text, strlen(text));
}

static int64_t
make_enum(struct model_maker *maker, const struct api_enum *list)
{
    int64_t chosen = 0;
    unsigned seen = 0;
    for (unsigned i = 0; i < list->nconstants; i++)
        if (model_constant_in(&list->constants[i], &maker->profile) &&
            (list->constants[i].value >= 0 || list->nconstants == 1) && random_once_in(maker->random, ++seen))
            chosen = list->constants[i].value;
    return chosen;
}

static uint64_t
plain_number(struct model_random *random, struct model_type type)
{
    const char *name = name_of(type);
    if (type.key != NULL && (type.key->changes == API_TIME || says(name, "time")))
        return 1551446728 + random_below(random, 200000000);
    if (says(name, "unique"))
        return UINT64_C(12889196014723833984) - random_below(random, UINT64_C(1) << 40);
    if (says(name, "rand"))
        return random_below(random, UINT32_MAX);
    if (says(name, "size"))
        return random_below(random, 200000);
    if (says(name, "seq") || says(name, "version"))
        return random_below(random, 10000) + 1;
    return random_below(random, random_once_in(random, 4) ? 1000 : 10);
}

cJSON *
model_make_number(struct model_maker *maker, struct model_type type)
{
    int64_t low;
    uint64_t high, value;
    if (type.enumeration >= 0)
        return jtree_new_int64(make_enum(maker, &api_enums[type.enumeration]));
    if (type.json == API_J_DOUBLE)
        return jtree_new_number(random_once_in(maker->random, 2) ? "113.9345" : "22.53");
    value = plain_number(maker->random, type);
    return jtree_new_uint64(model_range(type.json, &low, &high) && value > high ? high : value);
}
