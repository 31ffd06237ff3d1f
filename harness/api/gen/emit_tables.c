// SPDX-License-Identifier: MIT
/*
 * api_tables.c: functions, callback types and the SDK as constant tables.
 */
#include <string.h>

#include "emit.h"

static const char *
truth(bool value)
{
    return value ? "true" : "false";
}

static const char *
object_id(const struct type *type)
{
    return type->object == NULL ? "-1" : gen_format("API_OBJECT_%s", type->object);
}

static const char *
enum_id(const struct enumeration *e)
{
    return e == NULL ? "-1" : gen_format("API_ENUM_%s", e->name);
}

static bool
holds_secret(const struct model *model, const struct type *type)
{
    return type->object != NULL && model_object(model, type->object)->secret;
}

static void
put_param(struct out *out, const struct model *model, const struct param *param)
{
    bool json = strcmp(param->word, "json") == 0;

    put(out, "    {.name = \"%s\", .type = %s", param->name, param->type);
    if (param->was.count) {
        put(out, ", .older_names = (const char *const[]){");
        for (unsigned i = 0; i < param->was.count; i++)
            put(out, "\"%s\", ", list_text(&param->was, i));
        put(out, "NULL}");
    }
    if (json)
        put(out, ", .content = API_JSON, .array = %s, .secret_inside = %s", truth(param->json.array),
            truth(holds_secret(model, &param->json)));
    put(out, ", .changes = %s, .secret = %s", param->changes, truth(param->secret));
    put(out, ", .object = %s", json ? object_id(&param->json) : "-1");
    put(out, ", .enumeration = %s", enum_id(param->enumeration));
    put(out, ", .callback = %s", param->callback ? param->callback->id : "-1");
    if (param->out_bytes)
        put(out, ", .out_bytes = %u", param->out_bytes);
    put(out, ", .indexes = %s, .id = %s", quoted(param->indexes), quoted(param->id));
    if (param->seen.json != NULL)
        put(out, ", .also = 1u << %s", param->seen.array ? "API_J_ARRAY" : "API_J_OBJECT");
    put(out, ", .nullable = %s},\n", truth(param->nullable));
}

static void
put_entry(struct out *out, const struct model *model, const struct entry *entry)
{
    static const char *const kinds[][2] = {{"async", "API_ASYNC"},
                                           {"sync", "API_SYNC"},
                                           {"register", "API_REGISTER"},
                                           {"unregister", "API_UNREGISTER"},
                                           {"callback", "API_CALLBACK"}};
    const char *kind = NULL;

    for (unsigned i = 0; i < 5; i++)
        if (strcmp(kinds[i][0], entry->kind) == 0)
            kind = kinds[i][1];
    put(out,
        "    [%s] = {.name = \"%s\", .id = %s, .newest = %s, .kind = %s, .returns = %s, .nparams = %u,\n",
        entry->id, entry->name, entry->id, entry->newest->id, kind, entry->type, entry->nparams);
    put(out,
        "        .code = %d, .payload = %d, .list = %s, .repeats = %s, .getter = %s, .deprecated = %s,\n",
        entry->code, entry->payload, truth(entry->list), truth(entry->repeats), truth(entry->getter),
        truth(entry->deprecated));
    put(out, "        .opens = %s, .closes = %s,\n", truth(entry->opens), truth(entry->closes));
    put(out, "        .result_object = %s, .result_array = %s, .result_secret = %s, .result_source = %s,\n",
        entry->result == RESULT_EMPTY ? "API_EMPTY_RESULT" : object_id(&entry->result_type),
        truth(entry->result_type.array),
        truth(holds_secret(model, &entry->result_type) || holds_secret(model, &entry->error_type)),
        entry->source);
    put(out, "        .error_object = %s, .error_array = %s, .returns_enum = %s,\n",
        entry->has_error ? object_id(&entry->error_type) : "-1", truth(entry->error_type.array),
        enum_id(entry->enumeration));
    put(out, "        .since = \"%s\", .until = %s, .area = \"%s\", .params = %s%s},\n",
        entry->range.since ? entry->range.since : list_text(&model->versions, 0), quoted(entry->range.until),
        entry->area, entry->nparams ? "params_" : "NULL", entry->nparams ? entry->id : "");
}

static void
put_texts(struct out *out, const char *name, const struct list *texts)
{
    put(out, "static const char *const %s[] = {", name);
    for (unsigned i = 0; i < texts->count; i++)
        put(out, "%s\"%s\",", i % 6 ? " " : "\n    ", list_text(texts, i));
    put(out, "\n    NULL,\n};\n\n");
}

static void
put_sdk(struct out *out, const struct model *model)
{
    put_texts(out, "versions", &model->versions);
    put_texts(out, "undeclared", &model->undeclared);
    put(out, "const struct api_sdk api_sdk = {\n    .name = \"%s\",\n    .library = \"%s\",\n", model->sdk,
        model->library);
    put(out, "    .versions = versions,\n    .undeclared = undeclared,\n    .missing = %d,\n",
        (int)model->missing_value);
    put(out, "    .version_function = %s%s,\n};\n", model->version ? "API_" : "",
        model->version ? model->version : "-1");
}

void
emit_tables(const struct model *model, const char *path)
{
    struct out out;

    out_open(&out, path, "The tables that api.h declares.");
    put(&out, "#include \"api/api.h\"\n\n");
    for (unsigned i = 0; i < model_entries(model); i++) {
        const struct entry *entry = model_entry(model, i);
        if (entry->nparams == 0)
            continue;
        put(&out, "static const struct api_param params_%s[] = {\n", entry->id);
        for (unsigned k = 0; k < entry->nparams; k++)
            put_param(&out, model, &entry->params[k]);
        put(&out, "};\n\n");
    }
    put(&out, "const struct api_entry api_entries[API_ENTRIES] = {\n");
    for (unsigned i = 0; i < model_entries(model); i++)
        put_entry(&out, model, model_entry(model, i));
    put(&out, "};\n\n");
    emit_type_tables(&out, model);
    put_sdk(&out, model);
    out_close(&out);
}
