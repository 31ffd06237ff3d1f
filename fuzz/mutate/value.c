// SPDX-License-Identifier: MIT
// Values for one step: ordinary ones, those of a variation, and the sizes at which buffers end.
#include <string.h>

#include "fuzz/mutate/work.h"

cJSON *
value_make(struct work *work, struct model_type type, unsigned budget)
{
    struct model_maker maker = {
        .random = &work->random, .profile = *work->profile, .depth = 1, .budget = budget};
    return work_got(work, model_make(&maker, type));
}

cJSON *
value_object(struct work *work, struct model_type type, int variant, unsigned budget)
{
    cJSON *object = value_make(work, type, budget);
    if (object == NULL || variant < 0)
        return object;
    struct model_maker maker = {
        .random = &work->random, .profile = *work->profile, .depth = 1, .budget = budget};
    if (model_make_variant(&maker, type, object, (unsigned)variant) != 0)
        return work_got(work, NULL);
    return object;
}

/* Around the sizes that programmers give to buffers. */
static const unsigned short lengths[] = {7,   8,   15,  16,  31,  32,  33,  63,  64,  65,  99,   100,  127,
                                         128, 129, 200, 255, 256, 257, 300, 511, 512, 600, 1023, 1024, 1100};

static cJSON *
sized_text(struct work *work)
{
    static const char *const units[] = {"A", "7", "\xe6\xb6\x88", "\xf0\x9f\x98\x80", "%s", "\\", "a "};
    const char *unit =
        random_once_in(&work->random, 2) ? units[0] : units[work_below(work, sizeof units / sizeof *units)];
    size_t one = strlen(unit), length = lengths[work_below(work, sizeof lengths / sizeof *lengths)];
    size_t count = one <= length ? length / one : 1;
    cJSON *node = edit_new(work->arena, cJSON_String);
    char *to = arena_take(work->arena, one * count + 1);
    if (work_got(work, node) == NULL || to == NULL) {
        work->no_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * one, unit, one);
    to[count * one] = '\0';
    node->valuestring = to;
    return node;
}

static cJSON *
odd_text(struct work *work)
{
    static const char *const texts[] = {
        "%s%s%s%n",
        "%d",
        "100%",
        "%n%n%s",
        "%x%s",
        "../../../../etc/passwd",
        "<a href='x'>&amp;</a>",
        "-1",
        "0",
        "null",
        "a,b;c|d=e&f:g/h@i#j_k-l",
        "a\"b\\c\n\t\r/",
        " ",
        "18446744073709551616",
        "[]",
        "{}",
        "{\"a\":[1]}",
        "{\"businessID\":1}",
        "'; --",
        "e\xcc\x81\xe2\x80\xae\xe2\x80\x8f\xef\xbb\xbf",
        "true",
    };
    const char *text = texts[work_below(work, sizeof texts / sizeof *texts)];
    return work_got(work, edit_string(work->arena, text, strlen(text)));
}

static cJSON *
sized_number(struct work *work)
{
    static const int64_t numbers[] = {2,    3,     10,    100,   127,   128,     255,       256,
                                      1000, 32767, 32768, 65535, 65536, 1000000, 100000000, -2};
    return work_got(work,
                    edit_signed(work->arena, numbers[work_below(work, sizeof numbers / sizeof *numbers)]));
}

static bool
is_whole(struct model_type type)
{
    return type.json == API_J_INT || type.json == API_J_UINT || type.json == API_J_INT64 ||
           type.json == API_J_UINT64;
}

cJSON *
value_special(struct work *work, struct model_type type, const cJSON *now)
{
    if (type.json == API_J_STRING && random_once_in(&work->random, 2))
        return random_once_in(&work->random, 2) ? sized_text(work) : odd_text(work);
    if (is_whole(type) && type.enumeration < 0 && random_once_in(&work->random, 4))
        return sized_number(work);
    uint8_t list[MODEL_VARIATIONS];
    unsigned count = model_variations(type, false, work->profile, list);
    if (count == 0)
        return NULL;
    struct model_maker maker = {.random = &work->random, .profile = *work->profile, .depth = 1, .budget = 12};
    return model_vary(&maker, type, list[work_below(work, count)], now);
}

enum mutate_operation
value_operation(enum model_variation variation)
{
    switch (variation) {
    case MODEL_ORDINARY:
        return OP_REMAKE;
    case MODEL_ABSENT:
        return OP_MISSING;
    case MODEL_NULL:
        return OP_NULL;
    case MODEL_DUPLICATE:
        return OP_DUPLICATE;
    case MODEL_NEAR_MISS:
        return OP_NEAR_KEY;
    case MODEL_RENAMED:
        return OP_RENAME;
    case MODEL_EXTRA_KEY:
        return OP_EXTRA;
    default:
        break;
    }
    if (variation >= MODEL_ENUM || (variation >= MODEL_ENUM_BELOW && variation <= MODEL_FLAG_ALL))
        return OP_ENUM;
    if (variation >= MODEL_WRONG_BOOL && variation <= MODEL_WRONG_OBJECT)
        return OP_WRONG;
    if (variation >= MODEL_EMPTY_ARRAY)
        return OP_RESIZE;
    return variation >= MODEL_EMPTY_STRING ? OP_TEXT : OP_NUMBER;
}
