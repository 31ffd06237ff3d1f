// SPDX-License-Identifier: MIT
// Which SDK's spellings, numbers and keys are right.
#include "fuzz/model/model.h"

#include <string.h>

int
model_profile_parse(const char *name, struct model_profile *profile, struct fault *fault)
{
    *profile = (struct model_profile){.page = strcmp(name, "page") == 0};
    if (profile->page || strcmp(name, "newest") == 0)
        return 0;
    if (name[0] >= '0' && name[0] <= '9') {
        profile->version = name;
        return 0;
    }
    return fault_set(
        fault, FAULT_USAGE,
        "there is no profile \"%.40s\": give page, newest, or a version of the SDK (%s or later)", name,
        api_sdk.versions[0]);
}

bool
model_constant_in(const struct api_constant *constant, const struct model_profile *profile)
{
    if (profile->version == NULL)
        return constant->until == NULL;
    return api_version_within(profile->version, constant->since, constant->until);
}

static bool
is_number(const struct api_constant *constant, int64_t value, const struct model_profile *profile)
{
    if (model_constant_in(constant, profile) && constant->value == value)
        return true;
    return profile->page && constant->sampled && constant->seen == value;
}

bool
model_enum_has(const struct api_enum *list, int64_t value, const struct model_profile *profile)
{
    uint64_t named = 0;
    bool any = false;
    for (unsigned i = 0; i < list->nconstants; i++) {
        if (is_number(&list->constants[i], value, profile))
            return true;
        if (model_constant_in(&list->constants[i], profile)) {
            any = true;
            named |= (uint64_t)list->constants[i].value;
        }
    }
    if (!any)
        return true; /* nobody knows what that version called them */
    return list->flags && ((uint64_t)value & ~named) == 0;
}
