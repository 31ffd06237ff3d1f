// SPDX-License-Identifier: MIT
/*
 * What a payload may be: the API description seen as types of JSON values, for one version of the SDK.
 * Everything that asks "is this as declared", "what else could stand here" asks this room.
 *
 *   type.c       the declared type of a place in a payload
 *   check.c      where a payload departs from its type
 *   variation.c  what is special about a value: the words that coverage, sentences and the boundary pass
 * share make.c       a value of a type relation.c   what must agree with what (index and array, parallel
 * arrays, counts, ids) profile.c    versions
 *
 * Types are small values; they point into the constant tables. Nothing keeps state. Trees are jtree's.
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
 * besides, what the vendor's callback page shows is right, too: element numbers 6 and 9, an object where an
 * array is declared and the like. */
struct model_profile {
    const char *version; /* NULL: the newest */
    bool page;
};
/* "page", "newest", or a version ("6.6", "8.0.5906"). */
int model_profile_parse(const char *name, struct model_profile *profile, struct fault *fault);

/* The declared type of one JSON value. */
struct model_type {
    uint8_t json;        /* enum api_json; API_J_ANY: not declared */
    uint8_t items;       /* of an array's elements, enum api_json */
    int16_t object;      /* index into api_objects, of an object or of an array's elements; -1 unknown */
    int16_t enumeration; /* index into api_enums, or -1 */
    int16_t strings;     /* index into api_strings, or -1 */
    const struct api_key *key; /* the declaration it came from, NULL for a payload and for elements */
};

/* Of the JSON that parameter `param` of a callback carries; `function` is the call it answers, or NULL;
 * failed: its code is not 0. */
struct model_type model_payload(const struct api_entry *callback, unsigned param,
                                const struct api_entry *function, bool failed);
struct model_type model_element(struct model_type array);
/* Of the member `name` of an object (unions: by the value of the selector in `object`); json is API_J_ANY,
 * key NULL: undeclared. */
struct model_type model_member(struct model_type type, const cJSON *object, const char *name,
                               const struct model_profile *profile);
/* The i-th key that an object of this type may have in this profile (unions: those of the variant that
 * `object` has chosen, NULL: the selector only), or NULL past the last. */
const struct api_key *model_key(struct model_type type, const cJSON *object, unsigned i,
                                const struct model_profile *profile);

/* ---- variations: what is special about the value at a place ---- */

/* Never renumber: names (model_variation_name) are on disk in coverage files. The owner of this room
 * completes the list. */
enum model_variation {
    MODEL_ORDINARY, /* declared type, nothing special */
    MODEL_ABSENT,
    MODEL_NULL,
    MODEL_WRONG_BOOL,
    MODEL_WRONG_NUMBER,
    MODEL_WRONG_STRING,
    MODEL_WRONG_ARRAY,
    MODEL_WRONG_OBJECT,
    MODEL_VARIATIONS
};
const char *model_variation_name(enum model_variation variation);

#endif
