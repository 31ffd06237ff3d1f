// SPDX-License-Identifier: MIT
/*
 * standin_gen.c: the API as entry points that play the score. invoke_gen.c: the way to call an app's
 * callback, a file of its own, because it also serves where nothing may define the API's functions.
 */
#include <string.h>

#include "emit_shim.h"

static void
put_answer(struct out *out, const struct entry *entry)
{
    if (entry->nparams)
        put(out, "    union api_value v[%u];\n\n", entry->nparams);
    put_stores(out, entry);
    put(out, "    ");
    if (!returns_nothing(entry))
        put(out, "return (%s)", entry->ctype);
    put(out, "standin_call(%s, %s)", entry->id, entry->nparams ? "v" : "NULL");
    put(out, "%s%s;\n", returns_nothing(entry) ? "" : ".",
        returns_nothing(entry) ? "" : member_of(entry->type));
}

static void
put_entry_point(struct out *out, const struct entry *entry)
{
    put(out, "STANDIN_EXPORT %s\n%s(", entry->ctype, entry->name);
    put_params(out, entry);
    put(out, ")\n{\n");
    put_answer(out, entry);
    put(out, "}\n\n");
}

static void
put_signature(struct out *out, const struct entry *entry)
{
    put(out, "static %s\nas_%s(", entry->ctype, entry->id);
    put_params(out, entry);
    put(out, ")\n{\n");
    put_answer(out, entry);
    put(out, "}\n\n");
}

/* The tape's SDK version says which signature the app's registers hold. */
static void
put_raw_entry_point(struct out *out, const struct entry *entry)
{
    put_signature(out, entry);
    for (unsigned i = 0; i < entry->older.count; i++)
        put_signature(out, LIST_AT(&entry->older, const struct entry *, i)[0]);
    put_raw_head(out, "STANDIN_EXPORT", entry);
    put_raw_dispatch(out, "standin_signature", entry);
}

static void
put_invoke(struct out *out, const struct model *model)
{
    put(out, "void\nstandin_invoke(uint16_t callback, void (*fn)(void), const union api_value *values)\n{\n"
             "    switch (callback) {\n");
    for (unsigned i = model->functions.count; i < model_entries(model); i++) {
        const struct entry *entry = model_entry(model, i);
        if (strcmp(entry->kind, "callback") != 0)
            continue;
        put(out, "    case %s:\n        ((%s)fn)(", entry->id, callback_type(entry));
        for (unsigned k = 0; k < entry->nparams; k++) {
            const char *type = entry->params[k].type;
            bool number = member_of(type)[1] == '\0' && *member_of(type) != 's';
            put(out, "%s", k ? ", " : "");
            if (number)
                put(out, "(%s)", entry->params[k].ctype);
            put(out, "values[%u].%s", k, member_of(type));
        }
        put(out, ");\n        return;\n");
    }
    put(out, "    default:\n        return;\n    }\n}\n");
}

void
emit_standin(const struct model *model, const char *path)
{
    struct out out;

    out_open(&out, path, "Entry points that answer from the score.");
    put(&out, "#include \"replay/standin/standin.h\"\n#include \"%s\"\n\n", model->include);
    put(&out, "#define STANDIN_EXPORT __attribute__((visibility(\"default\")))\n\n");
    for (unsigned i = 0; i < model->functions.count; i++) {
        const struct entry *entry = LIST_AT(&model->functions, struct entry, i);
        if (entry->older.count)
            put_raw_entry_point(&out, entry);
        else
            put_entry_point(&out, entry);
    }
    out_close(&out);
}

void
emit_invoke(const struct model *model, const char *path)
{
    struct out out;

    out_open(&out, path, "Calls of the app's callbacks with their true signatures.");
    put(&out, "#include \"replay/standin/standin.h\"\n#include \"%s\"\n\n", model->include);
    put_older_types(&out, model);
    put_invoke(&out, model);
    out_close(&out);
}
