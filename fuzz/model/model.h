// SPDX-License-Identifier: MIT
/*
 * What a payload may be: the API description seen as types of JSON values, for one version of the SDK.
 * Everything that asks "is this as declared", "what else could stand here" asks this room.
 *
 *   profile.c    versions
 *   type.c       the declared type of a place in a payload; union.c which variant an object is
 *   check.c      where a payload departs from its type
 *   variation.c  what is special about a value: the words that coverage, sentences and the boundary pass
 * share vary.c       makes the value of a variation make.c       an ordinary value of a type, text.c its
 * strings relation.c   what must agree with what (index and array, parallel arrays, counts, ids)
 *
 * Types are small values; they point into the constant tables. Nothing keeps state. Trees are jtree's; nodes
 * made here come from cJSON's memory, so from the arena in use, and NULL means out of memory unless it says
 * more.
 */
#ifndef FUZZ_MODEL_MODEL_H
#define FUZZ_MODEL_MODEL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"
#include "base/fault.h"
#include "fuzz/model/case.h"
#include "fuzz/model/random.h"

/* Which SDK's spellings, numbers and keys are right. The profile `page` (default) is the newest version, and
 * besides, what samples and older headers show is right, too: older spellings, element numbers 6 and 9, an
 * object where an array is declared and the like (`seen`, `once` of the description). */
struct model_profile {
    const char *version; /* NULL: the newest */
    bool page;
};
/* "page", "newest", or a version ("6.6", "8.0.5906"). */
int model_profile_parse(const char *name, struct model_profile *profile, struct fault *fault);

/* ---- types ---- */

/* The declared type of one JSON value. */
struct model_type {
    uint8_t json;        /* enum api_json; API_J_ANY: not declared */
    uint8_t items;       /* of an array's elements, enum api_json */
    int16_t object;      /* index into api_objects, of an object or of an array's elements; -1 unknown */
    int16_t enumeration; /* index into api_enums, or -1; of an array: its elements' */
    int16_t strings;     /* index into api_strings, or -1 */
    const struct api_key
        *key;      /* the declaration it came from; its elements have it, too; NULL for a payload */
    uint16_t also; /* bits 1 << enum api_json: kinds that samples show instead (right in the page profile) */
};

/* Of the JSON that parameter `param` of a callback carries; `function` is the call it answers, or NULL;
 * failed: its code is not 0. API_J_ANY: nothing is known of it. */
struct model_type model_payload(const struct api_entry *callback, unsigned param,
                                const struct api_entry *function, bool failed);
/* The same for a place of a case. */
struct model_type model_payload_of(const struct case_event *event, unsigned param);
/* A number or plain text that is a parameter itself, seen as a JSON value of its machine type. */
struct model_type model_scalar(const struct api_param *param);
struct model_type model_element(struct model_type array);
/* The type of this value: as declared, or in the page profile what samples show for its kind (an array of the
 * object, where one object is declared). Walk with it, so that what is below is typed, too. */
struct model_type model_fit(struct model_type type, const cJSON *value, const struct model_profile *profile);
/* Of the member `name` of an object (unions: by the value of the selector in `object`); json is API_J_ANY,
 * key NULL: undeclared. */
struct model_type model_member(struct model_type type, const cJSON *object, const char *name,
                               const struct model_profile *profile);
struct model_type model_of_key(const struct api_key *key);
/* The i-th key that an object of this type may have in this profile (unions: those of the variant that
 * `object` has chosen, NULL: the selector only; keys whose `when` does not hold are left out), or NULL past
 * the last. Spellings of the profile's version only. */
const struct api_key *model_key(struct model_type type, const cJSON *object, unsigned i,
                                const struct model_profile *profile);
/* The object behind a type, or NULL. */
const struct api_object *model_object(struct model_type type);
/* Unions: the variant that `object` is by its selector (and, where samples use a number twice, by its keys),
 * or NULL. */
const struct api_object *model_variant(const struct api_object *type, const cJSON *object,
                                       const struct model_profile *profile);
/* Is `value` a number of this list, or flags of it, in this profile? */
bool model_enum_has(const struct api_enum *list, int64_t value, const struct model_profile *profile);
/* Is this constant there in this profile? */
bool model_constant_in(const struct api_constant *constant, const struct model_profile *profile);
/* What a whole-number type can hold. False: it is none (a double has no such limits). */
bool model_range(uint8_t json, int64_t *low, uint64_t *high);

/* ---- checks ---- */

enum model_rule {
    MODEL_R_TYPE,       /* another kind of value than declared */
    MODEL_R_RANGE,      /* a number that its type cannot hold, or a fraction */
    MODEL_R_ENUM,       /* not one of the named values */
    MODEL_R_UNDECLARED, /* no such key */
    MODEL_R_VERSION,    /* a key of another version */
    MODEL_R_VARIANT,    /* a key of another variant of the union, or one whose `when` does not hold */
    MODEL_R_DUPLICATE,  /* a key that is there already */
    MODEL_R_SELECTOR,   /* the key that says which variant it is is not there */
    MODEL_R_SYNTAX,     /* not one strict JSON document */
    MODEL_R_RELATION,   /* an index, count or parallel array that does not agree */
    MODEL_RULES
};
const char *model_rule_name(enum model_rule rule);

/* One departure from the declared type. Texts live until the report returns. */
struct model_departure {
    enum model_rule rule;
    size_t event; /* model_check_case only */
    unsigned param;
    const char *path;          /* as jtree_at reads: "$[0].elem_type" */
    const struct api_key *key; /* innermost declared key on the way, or NULL */
    const cJSON *node;         /* NULL: the payload is no tree */
};
/* Non-zero ends the check. */
typedef int (*model_report)(void *context, const struct model_departure *departure);

/* Reports each departure of a tree; returns how many, -1: no memory. */
int model_check(const cJSON *tree, struct model_type type, const struct model_profile *profile,
                model_report report, void *context);

/* A place that was changed on purpose, as struct mutation names it; path NULL: the parameter itself. */
struct model_place {
    size_t event;
    unsigned param;
    const char *path;
};
/*
 * A whole case: payloads (texts are parsed aside, the case is not changed), scalars and relations. Departures
 * at or below one of the `excused` places do not count, nor those that follow from it: keys of another
 * variant beside a changed selector, the new spelling beside a renamed key. Returns how many, -1: no memory.
 * 0 is "still typed as declared but for the recorded deviations".
 */
int model_check_case(const struct fuzz_case *c, const struct model_profile *profile, struct arena *arena,
                     const struct model_place *excused, unsigned nexcused, model_report report,
                     void *context);

/* ---- variations: what is special about the value at a place ---- */

/* Never renumber: numbers and names (model_variation_name) are on disk in coverage files. Append before
 * MODEL_ENUM only up to 95. */
enum model_variation {
    MODEL_ORDINARY, /* declared type, nothing special */
    /* of a member */
    MODEL_ABSENT,
    MODEL_NULL, /* of any value, too */
    /* a kind of value that is not declared */
    MODEL_WRONG_BOOL,
    MODEL_WRONG_NUMBER,
    MODEL_WRONG_STRING,
    MODEL_WRONG_ARRAY,
    MODEL_WRONG_OBJECT,
    /* of a member */
    MODEL_DUPLICATE, /* the key is there twice */
    MODEL_NEAR_MISS, /* the key is spelled nearly right: other case, a letter too few */
    MODEL_RENAMED,   /* as another version spells it */
    /* booleans */
    MODEL_TRUE,
    MODEL_FALSE,
    /* numbers */
    MODEL_ZERO,
    MODEL_ONE,
    MODEL_MINUS_ONE,
    MODEL_INT32_MAX,
    MODEL_INT32_PAST,
    MODEL_INT32_MIN,
    MODEL_UINT32_MAX,
    MODEL_UINT32_PAST,
    MODEL_DOUBLE_EXACT, /* 2^53, the last that a double counts to */
    MODEL_DOUBLE_PAST,  /* 2^53 + 1 */
    MODEL_INT64_MAX,
    MODEL_INT64_PAST,
    MODEL_INT64_MIN,
    MODEL_UINT64_MAX,
    MODEL_UINT64_PAST,
    MODEL_FRACTION,
    MODEL_EXPONENT,    /* a whole number spelled 1e3 */
    MODEL_HUGE_NUMBER, /* more than a double holds */
    /* times (seconds) */
    MODEL_TIME_MILLISECONDS,
    MODEL_TIME_FAR, /* past the year 9999 */
    /* named values */
    MODEL_ENUM_BELOW,
    MODEL_ENUM_ABOVE,
    MODEL_ENUM_GAP,     /* between two named ones, and none */
    MODEL_FLAG_UNKNOWN, /* a bit that has no name */
    MODEL_FLAG_ALL,
    /* strings */
    MODEL_EMPTY_STRING,
    MODEL_ONE_CHARACTER,
    MODEL_LONG_STRING,  /* 256 bytes or more */
    MODEL_HUGE_STRING,  /* 4096 bytes or more */
    MODEL_CONTROL,      /* control characters */
    MODEL_UNICODE,      /* characters past U+FFFF, or combining ones */
    MODEL_NUL,          /* \u0000 */
    MODEL_SURROGATE,    /* half of one */
    MODEL_PERCENT,      /* "%s", "%n": formats */
    MODEL_NUMERIC,      /* only digits */
    MODEL_JSON_TEXT,    /* a string that looks like a JSON object */
    MODEL_JSON_LIST,    /* ... like a JSON array: who expects an object in a string does not expect that */
    MODEL_NAMED_STRING, /* strings with named values: one of them */
    /* arrays */
    MODEL_EMPTY_ARRAY,
    MODEL_ONE_ELEMENT,
    MODEL_MANY_ELEMENTS, /* 2 or more */
    MODEL_HUGE_ARRAY,    /* 100 or more */
    /* objects */
    MODEL_EMPTY_OBJECT,
    MODEL_EXTRA_KEY, /* has a key that is not declared */
    /* The i-th constant of the enum (as in api_enums) is MODEL_ENUM + i. */
    MODEL_ENUM = 96,
    MODEL_VARIATIONS = MODEL_ENUM + 96
};
/* "absent", "wrong-bool", "enum-3"; NULL: no such variation. */
const char *model_variation_name(enum model_variation variation);
/* With the constant's own name where there is one ("kTIMElem_Text"). */
const char *model_variation_text(enum model_variation variation, struct model_type type);

/* What the value at a place is. `object` and `name` say which member it is (NULL, NULL: an element, a
 * payload); `value` is NULL where it is absent. `type` is the declared type of the place. One answer, the
 * most special: a member that is there twice is MODEL_DUPLICATE whatever its value. */
enum model_variation model_classify(struct model_type type, const cJSON *object, const char *name,
                                    const cJSON *value, const struct model_profile *profile);
/* The variations that a place of this type can have, most telling first; `member`: it is a member of an
 * object. Returns how many. */
unsigned model_variations(struct model_type type, bool member, const struct model_profile *profile,
                          uint8_t list[MODEL_VARIATIONS]);
/* Is a value of this variation as declared? */
bool model_variation_positive(struct model_type type, enum model_variation variation);
/* Does it concern the member (absent, twice, misspelt), not its value? */
bool model_variation_of_member(enum model_variation variation);

/* ---- making ---- */

struct model_maker {
    struct model_random *random;
    struct model_profile profile;
    unsigned depth;  /* how many levels of the same object may nest; 0: 1 */
    unsigned budget; /* about how many values; 0: 60. Counts down */
};
/* An ordinary, realistic value of the type: right kinds, named values, ids that look like ids. */
cJSON *model_make(struct model_maker *maker, struct model_type type);
/* A value of that variation; `now`: what is there (its parts may be copied into the result), or NULL. NULL
 * also: the type has no such variation (model_variation_of_member among them). */
cJSON *model_vary(struct model_maker *maker, struct model_type type, enum model_variation variation,
                  const cJSON *now);
/* Another name for a member: MODEL_NEAR_MISS, MODEL_RENAMED (of another version, either way). False: there is
 * none. */
bool model_other_name(struct model_maker *maker, struct model_type object, const cJSON *node,
                      const char *name, enum model_variation variation, char *other, size_t room);
/* Makes `object` (a union's) one of that variant: its selector right, keys of other variants gone, a key or
 * two of its own there. 0, -1: no memory or no such variant. */
int model_make_variant(struct model_maker *maker, struct model_type type, cJSON *object, unsigned variant);

/* Puts `with` in the place of `old`, a child of `parent`, which is freed; a member keeps its name. 0 or -1
 * (`with` NULL among it). */
int model_replace(cJSON *parent, cJSON *old, cJSON *with);

/* ---- relations ---- */

enum model_relation_kind {
    MODEL_INDEX,    /* a parameter that indexes an array of the payload */
    MODEL_COUNT,    /* a number that is an array's length */
    MODEL_PARALLEL, /* two arrays of one length */
};
struct model_relation {
    enum model_relation_kind kind;
    unsigned param;            /* the payload */
    unsigned index;            /* MODEL_INDEX: the parameter that is the index */
    const struct api_key *key; /* the count, or the first array; MODEL_INDEX: the array */
    cJSON *object;             /* where both are */
    cJSON *of, *array;         /* the count or first array (NULL: MODEL_INDEX), and the array it speaks of */
};
/* Those of an event whose payloads are trees (case_parse), at most `room` of them. Returns how many. */
unsigned model_relations(struct case_event *event, const struct model_profile *profile,
                         struct model_relation *list, unsigned room);
bool model_relation_holds(const struct case_event *event, const struct model_relation *relation);
/* Makes it hold, or not hold (one too many, one too few, far off). 0, -1: no memory. Pointers of `relation`
 * to the changed values are updated. */
int model_relation_set(struct case_event *event, struct model_relation *relation);
int model_relation_break(struct case_event *event, struct model_relation *relation,
                         struct model_random *random);
/* "message", "conversation", "group", "user", ...: what the value of this key or parameter refers to, or
 * NULL.
 */
const char *model_id_kind(const struct api_key *key, const struct api_param *param);

#endif
