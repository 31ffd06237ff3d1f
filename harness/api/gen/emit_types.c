// SPDX-License-Identifier: MIT
/*
 * The part of api_tables.c that holds enums, string groups and JSON objects.
 */
#include <inttypes.h>
#include <string.h>

#include "emit.h"

static const char *
since_of(const struct model *model, const struct range *inner, const struct range *outer)
{
    const char *since = inner->since ? inner->since : outer->since;

    return since ? since : list_text(&model->versions, 0);
}

static const char *
until_of(const struct range *inner, const struct range *outer)
{
    return inner->until ? inner->until : outer->until;
}

/* A renumbered constant is one row per numbering, the newest first. */
static void
put_constant(struct out *out, const struct model *model, const struct enumeration *e,
             const struct constant *c)
{
    const char *born = since_of(model, &c->range, &e->range);
    const char *since = born;

    if (c->was.count)
        since = model_next_version(model, LIST_AT(&c->was, struct was, c->was.count - 1)->until, &e->range);
    /* since is NULL when even the newest version has an older number: then there is no newest row. */
    if (since != NULL)
        put(out, "    {\"%s\", INT64_C(%" PRId64 "), \"%s\", %s, %s, INT64_C(%" PRId64 ")},\n", c->name,
            c->value, since, quoted(until_of(&c->range, &e->range)), c->sampled ? "true" : "false", c->seen);
    for (unsigned i = c->was.count; i-- > 0;) {
        const struct was *was = LIST_AT(&c->was, struct was, i);
        since = i ? model_next_version(model, was[-1].until, &e->range) : born;
        put(out, "    {\"%s\", INT64_C(%" PRId64 "), \"%s\", \"%s\", false, 0},\n", c->name, was->value,
            since, was->until);
    }
}

static void
put_enums(struct out *out, const struct model *model)
{
    for (unsigned i = 0; i < model->enums.count; i++) {
        const struct enumeration *e = LIST_AT(&model->enums, struct enumeration, i);
        put(out, "static const struct api_constant constants_%s[] = {\n", e->name);
        for (unsigned k = 0; k < e->constants.count; k++)
            put_constant(out, model, e, LIST_AT(&e->constants, struct constant, k));
        put(out, "};\n\n");
    }
    put(out, "const struct api_enum api_enums[API_ENUMS] = {\n");
    for (unsigned i = 0; i < model->enums.count; i++) {
        const struct enumeration *e = LIST_AT(&model->enums, struct enumeration, i);
        put(out,
            "    {.name = \"%s\", .flags = %s, .constants = constants_%s,\n"
            "        .nconstants = sizeof(constants_%s) / sizeof(*constants_%s), .since = \"%s\", .until = "
            "%s},\n",
            e->name, e->flags ? "true" : "false", e->name, e->name, e->name,
            since_of(model, &e->range, &e->range), quoted(e->range.until));
    }
    put(out, "};\n\n");
}

static void
put_strings(struct out *out, const struct model *model)
{
    for (unsigned i = 0; i < model->strings.count; i++) {
        const struct enumeration *e = LIST_AT(&model->strings, struct enumeration, i);
        put(out, "static const struct api_string strings_%s[] = {\n", e->name);
        for (unsigned k = 0; k < e->constants.count; k++) {
            const struct constant *c = LIST_AT(&e->constants, struct constant, k);
            put(out, "    {\"%s\", \"%s\", \"%s\", %s},\n", c->name, c->text,
                since_of(model, &c->range, &e->range), quoted(until_of(&c->range, &e->range)));
        }
        put(out, "};\n\n");
    }
    put(out, "const struct api_strings api_strings[API_STRINGS] = {\n");
    for (unsigned i = 0; i < model->strings.count; i++) {
        const struct enumeration *e = LIST_AT(&model->strings, struct enumeration, i);
        put(out, "    {\"%s\", strings_%s, %u},\n", e->name, e->name, e->constants.count);
    }
    put(out, "};\n\n");
}

static const char *
json_of(const struct type *type)
{
    static const char *const names[][2] = {
        {"bool", "API_J_BOOL"},     {"int", "API_J_INT"},       {"int32", "API_J_INT"},
        {"uint", "API_J_UINT"},     {"uint32", "API_J_UINT"},   {"int64", "API_J_INT64"},
        {"uint64", "API_J_UINT64"}, {"double", "API_J_DOUBLE"}, {"string", "API_J_STRING"},
        {"object", "API_J_OBJECT"}, {"array", "API_J_ARRAY"},   {"any", "API_J_ANY"},
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(type->json, names[i][0]) == 0)
            return names[i][1];
    return "API_J_OBJECT";
}

static void
put_also(struct out *out, const struct key *key)
{
    const char *object = NULL;

    put(out, ", .also = 0");
    for (unsigned i = 0; i < key->also.count; i++) {
        const struct type *type = LIST_AT(&key->also, struct type, i);
        put(out, " | 1u << %s", type->array ? "API_J_ARRAY" : json_of(type));
        if (type->object != NULL)
            object = type->object;
    }
    put(out, ", .also_object = %s%s", object ? "API_OBJECT_" : "-1", object ? object : "");
}

static void
put_key(struct out *out, const struct object *o, const struct key *key, const struct was *was,
        const char *since)
{
    const struct type *type = &key->type;
    bool text = strcmp(type->json, "string") == 0;
    bool reads = key->access == NULL || key->access[0] == 'r';
    bool writes = key->access == NULL || strcmp(key->access, "ro") != 0;
    const char *constant = was && was->constant ? was->constant : key->constant;

    put(out, "    {.name = \"%s\", .constant = \"%s\", .renamed = %s,\n", was ? was->name : key->name,
        constant, was ? quoted(key->name) : "NULL");
    put(out, "        .json = %s, .items = %s, .changes = %s, .secret = %s,\n",
        type->array ? "API_J_ARRAY" : json_of(type), type->array ? json_of(type) : "API_J_ANY", key->changes,
        key->secret ? "true" : "false");
    put(out,
        "        .required = %d, .optional = %d, .readable = %d, .writable = %d, .deprecated = %d, .unused = "
        "%d,\n",
        key->required, key->optional, reads, writes, key->deprecated, key->unused || was != NULL);
    put(out, "        .object = %s%s, .enumeration = %s%s, .strings = %s%s,\n",
        type->object ? "API_OBJECT_" : "-1", type->object ? type->object : "",
        type->values && !text ? "API_ENUM_" : "-1", type->values && !text ? type->values : "",
        type->values && text ? "API_STRINGS_" : "-1", type->values && text ? type->values : "");
    if (key->when.count) {
        put(out, "        .when_key = \"%s\", .when = (const char *const[]){", o->on);
        for (unsigned i = 0; i < key->when.count; i++)
            put(out, "\"%s\", ", list_text(&key->when, i));
        put(out, "NULL},\n");
    }
    put(out, "        .preset = %s, .since = \"%s\", .until = %s", quoted(key->preset), since,
        quoted(was ? was->until : until_of(&key->range, &o->range)));
    put_also(out, key);
    put(out, ",\n        .counts = %s, .parallel = %s, .id = %s", quoted(key->counts), quoted(key->parallel),
        quoted(key->id));
    put(out, "},\n");
}

/* A key that was respelled is one row per spelling, the newest first. */
static unsigned
put_spellings(struct out *out, const struct model *model, const struct object *o, const struct key *key)
{
    const char *born = since_of(model, &key->range, &o->range);
    const struct was *was = key->was.items;
    unsigned n = key->was.count;

    put_key(out, o, key, NULL, n ? model_next_version(model, was[n - 1].until, &key->range) : born);
    for (unsigned i = n; i-- > 0;)
        put_key(out, o, key, &was[i], i ? model_next_version(model, was[i - 1].until, &key->range) : born);
    return n + 1;
}

static void
put_object(struct out *out, const struct model *model, const struct object *o, unsigned nkeys)
{
    put(out, "    {.name = \"%s\", .selector = %s, .keys = keys_%s, .nkeys = %u", o->name,
        o->is_union ? quoted(o->on) : "NULL", o->name, nkeys);
    if (o->variants.count)
        put(out, ", .variants = variants_%s, .nvariants = %u", o->name, o->variants.count);
    if (o->also.count) {
        put(out, ",\n        .older_names = (const char *const[]){");
        for (unsigned i = 0; i < o->also.count; i++)
            put(out, "\"%s\", ", list_text(&o->also, i));
        put(out, "NULL}");
    }
    put(out, ",\n        .since = \"%s\", .until = %s, .area = \"%s\", .secret = %s},\n",
        since_of(model, &o->range, &o->range), quoted(o->range.until), o->area, o->secret ? "true" : "false");
}

static void
put_variants(struct out *out, const struct model *model, const struct object *o)
{
    const struct enumeration *e = NULL;

    for (unsigned i = 0; i < o->keys.count; i++)
        if (o->on != NULL && strcmp(LIST_AT(&o->keys, struct key, i)->name, o->on) == 0)
            e = model_enum(model, LIST_AT(&o->keys, struct key, i)->type.values);
    if (o->variants.count == 0)
        return;
    put(out, "static const struct api_variant variants_%s[] = {\n", o->name);
    for (unsigned i = 0; i < o->variants.count; i++) {
        const struct variant *v = LIST_AT(&o->variants, struct variant, i);
        put(out, "    {%" PRId64 ", API_OBJECT_%s},\n", enum_constant(e, v->constant)->value, v->object);
    }
    put(out, "};\n\n");
}

void
emit_type_tables(struct out *out, const struct model *model)
{
    unsigned *nkeys = gen_alloc((model->objects.count + 1) * sizeof(*nkeys));

    put_enums(out, model);
    put_strings(out, model);
    for (unsigned i = 0; i < model->objects.count; i++) {
        const struct object *o = LIST_AT(&model->objects, struct object, i);
        put(out, "static const struct api_key keys_%s[] = {\n", o->name);
        for (unsigned k = 0; k < o->keys.count; k++)
            nkeys[i] += put_spellings(out, model, o, LIST_AT(&o->keys, struct key, k));
        put(out, "};\n\n");
        put_variants(out, model, o);
    }
    put(out, "const struct api_object api_objects[API_OBJECTS] = {\n");
    for (unsigned i = 0; i < model->objects.count; i++)
        put_object(out, model, LIST_AT(&model->objects, struct object, i), nkeys[i]);
    put(out, "};\n\n");
}
