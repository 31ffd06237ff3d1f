// SPDX-License-Identifier: MIT
/*
 * JSON Schema (draft 2020-12): FOLDER/OBJECT.json for each object, CALLBACK.json and CALLBACK.FUNCTION.json
 * for what a callback carries. Files refer to each other by relative names. Keys that are not declared are
 * allowed: newer SDKs add some. What the vendor's page or an older header has instead of the declared type,
 * or an older version of a number, is allowed, and its description says so.
 */
#include <inttypes.h>
#include <string.h>

#include "emit.h"

struct schema {
    const struct model *model;
    struct out out;
};

static void
put_json(struct out *out, const char *text)
{
    put(out, "\"");
    for (; *text; text++)
        put(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    put(out, "\"");
}

static void
put_range(struct out *out, const char *word)
{
    static const char *const ranges[][3] = {
        {"int", "-2147483648", "2147483647"},
        {"int32", "-2147483648", "2147483647"},
        {"uint", "0", "4294967295"},
        {"uint32", "0", "4294967295"},
        {"int64", "-9223372036854775808", "9223372036854775807"},
        {"uint64", "0", "18446744073709551615"},
    };

    for (unsigned i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        if (strcmp(ranges[i][0], word) == 0)
            put(out, "\"type\": \"integer\", \"minimum\": %s, \"maximum\": %s", ranges[i][1], ranges[i][2]);
}

/* Is that the number of a constant before the `before`th, in any version? */
static bool
listed(const struct enumeration *e, int64_t value, unsigned before)
{
    for (unsigned i = 0; i < before; i++) {
        const struct constant *c = LIST_AT(&e->constants, struct constant, i);
        if (c->value == value)
            return true;
        for (unsigned k = 0; k < c->was.count; k++)
            if (LIST_AT(&c->was, struct was, k)->value == value)
                return true;
    }
    return false;
}

static void
put_number(struct out *out, int64_t value, unsigned *count)
{
    put(out, "%s%" PRId64, (*count)++ ? ", " : "", value);
}

/* Of every version. */
static void
put_numbers(struct out *out, const struct enumeration *e)
{
    unsigned count = 0;

    for (unsigned i = 0; i < e->constants.count; i++) {
        const struct constant *c = LIST_AT(&e->constants, struct constant, i);
        int64_t last = c->value;
        if (!listed(e, last, i))
            put_number(out, last, &count);
        for (unsigned k = c->was.count; k-- > 0;) {
            int64_t older = LIST_AT(&c->was, struct was, k)->value;
            if (older != last && older != c->value && !listed(e, older, i))
                put_number(out, older, &count);
            last = older;
        }
    }
}

static void
put_enum(struct out *out, const struct enumeration *e)
{
    put(out, "\"enum\": [");
    if (!e->strings)
        put_numbers(out, e);
    for (unsigned i = 0; e->strings && i < e->constants.count; i++) {
        put(out, i ? ", " : "");
        put_json(out, LIST_AT(&e->constants, struct constant, i)->text);
    }
    put(out, "]");
}

/* The inside of { } that says what `type` is, but for its being an array. */
static void
put_element(struct schema *schema, const struct type *type)
{
    struct out *out = &schema->out;
    const struct enumeration *e = NULL;

    if (type->values != NULL)
        e = model_enum(schema->model, type->values);
    if (type->object != NULL)
        put(out, "\"$ref\": \"%s.json\"", type->object);
    else if (e != NULL && !e->flags)
        put_enum(out, e);
    else if (strcmp(type->json, "bool") == 0)
        put(out, "\"type\": \"boolean\"");
    else if (strcmp(type->json, "double") == 0)
        put(out, "\"type\": \"number\"");
    else if (strcmp(type->json, "string") == 0 || strcmp(type->json, "object") == 0 ||
             strcmp(type->json, "array") == 0)
        put(out, "\"type\": \"%s\"", type->json);
    else
        put_range(out, type->json);
}

static void
put_type(struct schema *schema, const struct type *type)
{
    if (!type->array) {
        put_element(schema, type);
        return;
    }
    put(&schema->out, "\"type\": \"array\", \"items\": {");
    put_element(schema, type);
    put(&schema->out, "}");
}

/* What people should know of a key, in one text. */
static const char *
described(const struct schema *schema, const struct key *key)
{
    const struct enumeration *e = key->type.values ? model_enum(schema->model, key->type.values) : NULL;
    const char *text = key->constant;

    if (key->required)
        text = gen_format("%s. Required where the app writes it", text);
    if (key->preset != NULL)
        text = gen_format("%s. Default: %s", text, key->preset);
    for (unsigned i = 0; i < key->when.count; i++)
        text = gen_format("%s%s%s", text, i ? " or " : ". Only with ", list_text(&key->when, i));
    if (key->also.count)
        text = gen_format("%s. The vendor's page or an older header has another type here", text);
    if (key->range.since != NULL)
        text = gen_format("%s. Since %s", text, key->range.since);
    if (key->range.until != NULL)
        text = gen_format("%s. Until %s", text, key->range.until);
    for (unsigned i = 0; e != NULL && i < e->constants.count; i++) {
        const struct constant *c = LIST_AT(&e->constants, struct constant, i);
        text = gen_format("%s%s %" PRId64 "=%s", text,
                          i          ? ","
                          : e->flags ? ". Bits of"
                                     : ". One of",
                          c->value, c->name);
        for (unsigned k = 0; k < c->was.count; k++)
            if (LIST_AT(&c->was, struct was, k)->value != c->value)
                text = gen_format("%s (%" PRId64 " until %s)", text, LIST_AT(&c->was, struct was, k)->value,
                                  LIST_AT(&c->was, struct was, k)->until);
    }
    return text;
}

static void
put_key(struct schema *schema, const struct key *key, const char *name, const char *until)
{
    struct out *out = &schema->out;
    const char *text = described(schema, key);

    put(out, "    \"%s\": {", name);
    if (key->also.count) {
        put(out, "\"anyOf\": [{");
        put_type(schema, &key->type);
        for (unsigned i = 0; i < key->also.count; i++) {
            put(out, "}, {");
            put_type(schema, LIST_AT(&key->also, struct type, i));
        }
        put(out, "}], ");
    } else if (key->type.array || strcmp(key->type.json, "any") != 0) {
        put_type(schema, &key->type);
        put(out, ", ");
    }
    if (until != NULL)
        text = gen_format("%s. This spelling until %s; then %s", text, until, key->name);
    put(out, "\"description\": ");
    put_json(out, text);
    if (key->access != NULL && strcmp(key->access, "rw") != 0)
        put(out, ", \"%s\": true", strcmp(key->access, "ro") == 0 ? "readOnly" : "writeOnly");
    put(out, "%s}", key->deprecated || until != NULL ? ", \"deprecated\": true" : "");
}

static void
put_keys(struct schema *schema, const struct object *o)
{
    struct out *out = &schema->out;

    put(out, "  \"properties\": {\n");
    for (unsigned i = 0; i < o->keys.count; i++) {
        const struct key *key = LIST_AT(&o->keys, struct key, i);
        put(out, i ? ",\n" : "");
        put_key(schema, key, key->name, NULL);
        for (unsigned k = 0; k < key->was.count; k++) {
            const struct was *was = LIST_AT(&key->was, struct was, k);
            if (strcmp(was->name, key->name) == 0)
                continue;
            put(out, ",\n");
            put_key(schema, key, was->name, was->until);
        }
    }
    put(out, "\n  }");
}

/* A union's other keys are those of the object that one key selects. */
static void
put_variants(struct schema *schema, const struct object *o)
{
    const struct enumeration *e = NULL;

    for (unsigned i = 0; i < o->keys.count; i++)
        if (o->on != NULL && strcmp(LIST_AT(&o->keys, struct key, i)->name, o->on) == 0)
            e = model_enum(schema->model, LIST_AT(&o->keys, struct key, i)->type.values);
    if (o->variants.count == 0 || e == NULL)
        return;
    put(&schema->out, ",\n  \"allOf\": [\n");
    for (unsigned i = 0; i < o->variants.count; i++) {
        const struct variant *v = LIST_AT(&o->variants, struct variant, i);
        put(&schema->out,
            "%s    {\"if\": {\"required\": [\"%s\"], \"properties\": {\"%s\": {\"const\": %" PRId64
            "}}}, \"then\": {\"$ref\": \"%s.json\"}}",
            i ? ",\n" : "", o->on, o->on, enum_constant(e, v->constant)->value, v->object);
    }
    put(&schema->out, "\n  ]");
}

/* Every key is the app's to write: what is required is required. */
static void
put_required(struct schema *schema, const struct object *o)
{
    unsigned count = 0;

    for (unsigned i = 0; i < o->keys.count; i++) {
        const struct key *key = LIST_AT(&o->keys, struct key, i);
        if (key->access == NULL || strcmp(key->access, "wo") != 0)
            return;
    }
    for (unsigned i = 0; i < o->keys.count; i++) {
        const struct key *key = LIST_AT(&o->keys, struct key, i);
        if (key->required)
            put(&schema->out, "%s\"%s\"", count++ ? ", " : ",\n  \"required\": [", key->name);
    }
    if (count)
        put(&schema->out, "]");
}

static void
begin(struct schema *schema, const struct model *model, const char *path, const char *title)
{
    schema->model = model;
    out_create(&schema->out, path);
    put(&schema->out,
        "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
        "  \"$comment\": \"Generated by apigen from harness/api/*.tim: do not edit.\",\n  \"title\": \"%s\"",
        title);
}

static void
end(struct schema *schema)
{
    put(&schema->out, "\n}\n");
    out_close(&schema->out);
}

static void
emit_payload(const struct model *model, const char *folder, const char *title, const struct type *type)
{
    struct schema schema;

    if (type->json == NULL)
        return;
    begin(&schema, model, gen_format("%s/%s.json", folder, title), title);
    put(&schema.out, ",\n  ");
    put_type(&schema, type);
    end(&schema);
}

static void
emit_answers(const struct model *model, const char *folder)
{
    for (unsigned i = 0; i < model->functions.count; i++) {
        const struct entry *function = LIST_AT(&model->functions, struct entry, i);
        if (function->result != RESULT_OBJECT)
            continue;
        for (unsigned k = 0; k < function->nparams; k++)
            if (function->params[k].callback != NULL)
                emit_payload(model, folder,
                             gen_format("%s.%s", function->params[k].callback->name, function->name),
                             &function->result_type);
    }
}

/* The newest name may say one object where the older name said array: both came. */
static bool
was_array(const struct param *param)
{
    for (unsigned i = 0; i < param->was.count; i++) {
        const char *name = list_text(&param->was, i);
        size_t length = strlen(name);
        if (length > 6 && strcmp(name + length - 6, "_array") == 0)
            return !param->json.array;
    }
    return false;
}

static void
emit_param(const struct model *model, const char *folder, const char *callback, const struct param *param)
{
    struct schema schema;
    struct type array = param->json;

    if (!was_array(param)) {
        emit_payload(model, folder, callback, &param->json);
        return;
    }
    array.array = true;
    begin(&schema, model, gen_format("%s/%s.json", folder, callback), callback);
    put(&schema.out, ",\n  \"description\": \"Older SDKs hand over an array.\",\n  \"anyOf\": [{");
    put_type(&schema, &param->json);
    put(&schema.out, "}, {");
    put_type(&schema, &array);
    put(&schema.out, "}]");
    end(&schema);
}

void
emit_schema(const struct model *model, const char *folder)
{
    struct schema schema;

    for (unsigned i = 0; i < model->objects.count; i++) {
        const struct object *o = LIST_AT(&model->objects, struct object, i);
        begin(&schema, model, gen_format("%s/%s.json", folder, o->name), o->name);
        put(&schema.out, ",\n  \"type\": \"object\",\n");
        put_keys(&schema, o);
        put_variants(&schema, o);
        put_required(&schema, o);
        end(&schema);
    }
    for (unsigned i = 0; i < model->callbacks.count; i++) {
        const struct entry *callback = LIST_AT(&model->callbacks, struct entry, i);
        for (unsigned k = 0; k < callback->nparams; k++)
            if (strcmp(callback->params[k].word, "json") == 0 && !callback->params[k].result)
                emit_param(model, folder, callback->name, &callback->params[k]);
    }
    emit_answers(model, folder);
}
