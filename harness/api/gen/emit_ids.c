// SPDX-License-Identifier: MIT
/*
 * api_ids.h: numbers for functions, callback types, objects, enums.
 */
#include "emit.h"

static void
put_enum(struct out *out, const char *name, const char *prefix, const struct list *list, unsigned long size)
{
    put(out, "enum %s {\n", name);
    for (unsigned i = 0; i < list->count; i++) {
        /* objects and enumerations both begin with pos and name */
        const struct object *o = (const void *)((const char *)list->items + i * size);
        put(out, "    %s%s,\n", prefix, o->name);
    }
    if (list->count == 0)
        put(out, "    %sNONE\n", prefix);
    put(out, "};\n\n");
}

_Static_assert(__builtin_offsetof(struct object, name) == __builtin_offsetof(struct enumeration, name),
               "put_enum reads both");

void
emit_ids(const struct model *model, const char *path)
{
    struct out out;

    out_open(&out, path, "Numbers of this build; whatever outlives a process stores names.");
    put(&out, "#ifndef API_IDS_H\n#define API_IDS_H\n\n");
    put(&out, "#define API_FUNCTIONS %u\n", model->functions.count);
    put(&out, "#define API_CALLBACKS %u\n", model->callbacks.count);
    put(&out, "#define API_ENTRIES %u\n", model_entries(model));
    put(&out, "#define API_OBJECTS %u\n", model->objects.count);
    put(&out, "#define API_ENUMS %u\n", model->enums.count);
    put(&out, "#define API_STRINGS %u\n\n", model->strings.count);
    put(&out, "enum api_id {\n");
    for (unsigned i = 0; i < model_entries(model); i++)
        put(&out, "    %s,\n", model_entry(model, i)->id);
    put(&out, "};\n\n");
    put_enum(&out, "api_object_id", "API_OBJECT_", &model->objects, sizeof(struct object));
    put_enum(&out, "api_enum_id", "API_ENUM_", &model->enums, sizeof(struct enumeration));
    put_enum(&out, "api_strings_id", "API_STRINGS_", &model->strings, sizeof(struct enumeration));
    put(&out, "#endif\n");
    out_close(&out);
}
