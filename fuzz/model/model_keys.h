// SPDX-License-Identifier: MIT
// Keys of declared objects. Private to fuzz/model.
#ifndef FUZZ_MODEL_MODEL_KEYS_H
#define FUZZ_MODEL_MODEL_KEYS_H

#include "fuzz/model/model.h"

/* A key of this object itself (not of a union's variants), in any spelling, or NULL. */
const struct api_key *model_find_key(const struct api_object *object, const char *name);
/* Is this spelling right in the profile? strict: samples do not count. */
bool model_key_in(const struct api_key *key, const struct model_profile *profile, bool strict);
/* Does the key mean something while the object's `on` key has the value it has? */
bool model_means(const struct api_object *type, const struct api_key *key, const cJSON *object,
                 const struct model_profile *profile);
/* A declared key of that name in this object, whichever variant it is: of the object, else of any variant. */
const struct api_key *model_any_key(const struct api_object *type, const char *name);
/* Its name as text; NULL: it cannot be a declared one. */
const char *model_member_name(const cJSON *member);

#endif
