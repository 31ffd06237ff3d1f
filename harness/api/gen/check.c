// SPDX-License-Identifier: MIT
/*
 * Checks of the whole model: order, versions, the sdk block, names that may exist once.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

struct named {
    const char *name;
    struct pos pos;
};

void
check_unique(struct names *names, struct pos pos, const char *name)
{
    struct named *added;

    for (unsigned i = 0; i < names->seen.count; i++) {
        struct named *first = LIST_AT(&names->seen, struct named, i);
        if (strcmp(first->name, name) == 0) {
            complain(pos, "%s '%s' is there twice; the first is at %s:%u", names->what, name, first->pos.file,
                     first->pos.line);
            return;
        }
    }
    added = list_add(&names->seen, sizeof(*added));
    added->name = name;
    added->pos = pos;
}

void
check_version(const struct model *model, struct pos pos, const char *version)
{
    if (version != NULL && model_version(model, version) < 0)
        complain(pos, "version %s is not in the list of versions", version);
}

void
check_range(const struct model *model, struct pos pos, const struct range *range)
{
    check_version(model, pos, range->since);
    check_version(model, pos, range->until);
    check_version(model, pos, range->gap_from);
    check_version(model, pos, range->gap_to);
    if (range->since != NULL && range->until != NULL &&
        model_version(model, range->since) > model_version(model, range->until))
        complain(pos, "since %s is after until %s", range->since, range->until);
}

void
check_type(const struct model *model, struct pos pos, const struct type *type)
{
    if (type->object != NULL && model_object(model, type->object) == NULL)
        complain(pos, "no object and no JSON type is called '%s'", type->object);
    if (type->values == NULL)
        return;
    if (strcmp(type->json, "string") == 0) {
        if (model_strings(model, type->values) == NULL)
            complain(pos, "no strings group is called '%s'", type->values);
    } else if (model_enum(model, type->values) == NULL) {
        complain(pos, "no enum is called '%s'", type->values);
    }
}

static int
by_name_enum(const void *a, const void *b)
{
    return strcmp(((const struct enumeration *)a)->name, ((const struct enumeration *)b)->name);
}

static int
by_name_object(const void *a, const void *b)
{
    return strcmp(((const struct object *)a)->name, ((const struct object *)b)->name);
}

static void
sort_types(struct model *model)
{
    if (model->enums.count)
        qsort(model->enums.items, model->enums.count, sizeof(struct enumeration), by_name_enum);
    if (model->strings.count)
        qsort(model->strings.items, model->strings.count, sizeof(struct enumeration), by_name_enum);
    if (model->objects.count)
        qsort(model->objects.items, model->objects.count, sizeof(struct object), by_name_object);
    for (unsigned i = 0; i < model->enums.count; i++)
        LIST_AT(&model->enums, struct enumeration, i)->index = (int)i;
    for (unsigned i = 0; i < model->strings.count; i++)
        LIST_AT(&model->strings, struct enumeration, i)->index = (int)i;
    for (unsigned i = 0; i < model->objects.count; i++)
        LIST_AT(&model->objects, struct object, i)->index = (int)i;
}

static void
check_sdk(struct model *model)
{
    struct pos nowhere = {"sdk", 0};
    const struct constant *missing;

    if (model->sdk == NULL)
        give_up(nowhere, "no file has an sdk block");
    if (model->library == NULL || model->guard == NULL || model->status == NULL || model->missing == NULL)
        give_up(model->sdk_pos, "the sdk block needs library, guard, status and missing");
    if (model->versions.count == 0)
        give_up(model->sdk_pos, "no file lists the versions");
    for (unsigned i = 0; i < model->versions.count; i++)
        if (model_version(model, list_text(&model->versions, i)) != (int)i)
            complain(model->sdk_pos, "version %s is listed twice", list_text(&model->versions, i));
    model->status_enum = model_enum(model, model->status);
    if (model->status_enum == NULL)
        give_up(model->sdk_pos, "no enum is called '%s'", model->status);
    missing = enum_constant(model->status_enum, model->missing);
    if (missing == NULL)
        give_up(model->sdk_pos, "%s has no constant '%s'", model->status, model->missing);
    else
        model->missing_value = missing->value;
    if (model->errors != NULL && (model->error_enum = model_enum(model, model->errors)) == NULL)
        give_up(model->sdk_pos, "no enum is called '%s'", model->errors);
}

/* What the generated header defines as a macro must not be defined there as anything else. */
static void
check_macros(struct model *model, struct names *constants)
{
    for (unsigned i = 0; i < model->aliases.count; i++) {
        struct alias *alias = LIST_AT(&model->aliases, struct alias, i);
        check_unique(constants, alias->pos, alias->name);
    }
}

void
check_model(struct model *model)
{
    struct names constants = {.what = "constant"};

    sort_types(model);
    check_sdk(model);
    check_enums(model);
    check_objects(model, &constants);
    check_macros(model, &constants);
    check_signatures(model);
    check_entries(model);
}
