// SPDX-License-Identifier: MIT
// Special values that both naming and making need to know. Private to fuzz/model.
#ifndef FUZZ_MODEL_MODEL_VALUES_H
#define FUZZ_MODEL_MODEL_VALUES_H

#include "fuzz/model/model.h"

#define MODEL_LONG 256                             /* bytes of a string */
#define MODEL_HUGE 4096                            /* bytes of a string */
#define MODEL_CROWD 100                            /* elements of an array */
#define MODEL_SECONDS_MILLI INT64_C(1000000000000) /* seconds past this are milliseconds, most likely */
#define MODEL_SECONDS_FAR INT64_C(253402300800)    /* 10000-01-01 */

/* The whole number that a boundary variation is: magnitude and sign. False: it is none. */
bool model_boundary(enum model_variation variation, bool *negative, uint64_t *value);
/* The boundary that a whole number is, or MODEL_ORDINARY. */
enum model_variation model_boundary_of(bool negative, uint64_t value);
/* The least and greatest named value in this profile. False: there is none. */
bool model_enum_limits(const struct api_enum *list, const struct model_profile *profile, int64_t *low,
                       int64_t *high);
/* A number between them that has no name. False: there is none. */
bool model_enum_gap(const struct api_enum *list, const struct model_profile *profile, int64_t *value);
/* All named bits. */
uint64_t model_flags(const struct api_enum *list, const struct model_profile *profile);
/* How another version spells this key, or NULL. */
const char *model_other_spelling(const struct api_key *key);
/* Is `name` nearly `key`: other case, or one character more, less or other? */
bool model_is_near(const char *name, const char *key);

#endif
