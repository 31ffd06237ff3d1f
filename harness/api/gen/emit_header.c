// SPDX-License-Identifier: MIT
/*
 * timtape/tim.h: the API for programs, as C11 and as C++17.
 */
#include <inttypes.h>
#include <string.h>

#include "emit.h"

/* Names that are gone from the newest SDK are left out where they would stand for a wrong
 * number (enum constants) and kept where they can only be missed (functions, callbacks, keys). */
static bool
is_current(const struct constant *c)
{
    return c->range.until == NULL;
}

static void
put_aliases(struct out *out, const struct list *aliases, const char *meaning)
{
    for (unsigned i = 0; i < aliases->count; i++)
        put(out, "#define %s %s\n", list_text(aliases, i), meaning);
}

/* ISO C wants enumerators to fit an int; C++ does not. */
static bool
is_wide(const struct constant *c)
{
    return c->value > INT32_MAX;
}

static void
put_enum(struct out *out, const struct enumeration *e)
{
    bool gone = e->range.until != NULL;

    if (gone)
        put(out, "/* until %s */\n", e->range.until);
    put(out, "enum %s {\n", e->name);
    for (unsigned i = 0; i < e->constants.count; i++) {
        const struct constant *c = LIST_AT(&e->constants, struct constant, i);
        if (!is_current(c))
            continue;
        if (is_wide(c))
            put(out, "#ifdef __cplusplus\n    %s = 0x%" PRIx64 "u,\n#endif\n", c->name, (uint64_t)c->value);
        else if (e->flags && c->value > 0)
            put(out, "    %s = 0x%" PRIx64 ",\n", c->name, (uint64_t)c->value);
        else
            put(out, "    %s = %" PRId64 ",\n", c->name, c->value);
    }
    put(out, "};\ntypedef enum %s %s;\n", e->name, e->name);
    for (unsigned i = 0; i < e->constants.count; i++) {
        const struct constant *c = LIST_AT(&e->constants, struct constant, i);
        if (is_wide(c))
            put(out, "#ifndef __cplusplus\n#define %s 0x%" PRIx64 "u\n#endif\n", c->name, (uint64_t)c->value);
        put_aliases(out, &c->aliases, c->name);
    }
    put(out, "\n");
}

static void
put_strings(struct out *out, const struct enumeration *e)
{
    put(out, "/* %s */\n", e->name);
    for (unsigned i = 0; i < e->constants.count; i++) {
        const struct constant *c = LIST_AT(&e->constants, struct constant, i);
        if (is_current(c))
            put(out, "KEY_TEXT %s = \"%s\";\n", c->name, c->text);
        put_aliases(out, &c->aliases, c->name);
    }
    put(out, "\n");
}

static void
put_object(struct out *out, const struct object *o)
{
    put(out, "/* %s%s%s */\n", o->name, o->range.until ? ", until " : "",
        o->range.until ? o->range.until : "");
    for (unsigned i = 0; i < o->keys.count; i++) {
        const struct key *key = LIST_AT(&o->keys, struct key, i);
        put(out, "KEY_TEXT %s = \"%s\";", key->constant, key->name);
        if (key->range.until != NULL)
            put(out, " /* until %s */", key->range.until);
        put(out, "\n");
        for (unsigned k = 0; k < key->was.count; k++)
            if (LIST_AT(&key->was, struct was, k)->constant != NULL)
                put(out, "#define %s %s\n", LIST_AT(&key->was, struct was, k)->constant, key->constant);
        put_aliases(out, &key->aliases, key->constant);
    }
    put(out, "\n");
}

static void
put_signature(struct out *out, const struct entry *entry)
{
    put(out, "(");
    for (unsigned i = 0; i < entry->nparams; i++) {
        const char *ctype = entry->params[i].ctype;
        bool star = ctype[strlen(ctype) - 1] == '*';
        put(out, "%s%s%s%s", i ? ", " : "", ctype, star ? "" : " ", entry->params[i].name);
    }
    put(out, "%s);", entry->nparams ? "" : "void");
    if (entry->range.since != NULL || entry->range.until != NULL || entry->deprecated)
        put(out, " /*%s%s%s%s%s */", entry->range.since ? " since " : "",
            entry->range.since ? entry->range.since : "", entry->range.until ? " until " : "",
            entry->range.until ? entry->range.until : "", entry->deprecated ? " deprecated" : "");
    put(out, "\n");
}

static void
put_top(struct out *out, const struct model *model)
{
    put(out, "// The C API of %s, versions %s to %s: names are the newest ones.\n", model->library,
        list_text(&model->versions, 0), list_text(&model->versions, model->versions.count - 1));
    put(out, "#ifndef TIMTAPE_%s_H\n#define TIMTAPE_%s_H\n\n", model->sdk, model->sdk);
    put(out, "#include <stdbool.h>\n#include <stdint.h>\n\n");
    put(out,
        "#ifndef %s\n#if defined(__GNUC__)\n#define %s __attribute__((visibility(\"default\")))\n#else\n"
        "#define %s\n#endif\n#endif\n",
        model->guard, model->guard, model->guard);
    put(out,
        "#if defined(__GNUC__)\n#define KEY_TEXT static const char *const __attribute__((unused))\n#else\n"
        "#define KEY_TEXT static const char *const\n#endif\n\n");
    put(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
}

void
emit_header(const struct model *model, const char *path)
{
    struct out out;

    out_open(&out, path,
             "One copy per translation unit of every key; no library is needed to compile against it.");
    put_top(&out, model);
    for (unsigned i = 0; i < model->enums.count; i++)
        put_enum(&out, LIST_AT(&model->enums, struct enumeration, i));
    for (unsigned i = 0; i < model->strings.count; i++)
        put_strings(&out, LIST_AT(&model->strings, struct enumeration, i));
    for (unsigned i = 0; i < model->objects.count; i++)
        put_object(&out, LIST_AT(&model->objects, struct object, i));
    for (unsigned i = 0; i < model->aliases.count; i++)
        put(&out, "#define %s %s\n", LIST_AT(&model->aliases, struct alias, i)->name,
            LIST_AT(&model->aliases, struct alias, i)->meaning);
    put(&out, "\n");
    for (unsigned i = 0; i < model->callbacks.count; i++) {
        put(&out, "typedef void (*%s)", LIST_AT(&model->callbacks, struct entry, i)->name);
        put_signature(&out, LIST_AT(&model->callbacks, struct entry, i));
    }
    put(&out, "\n");
    for (unsigned i = 0; i < model->functions.count; i++) {
        const struct entry *entry = LIST_AT(&model->functions, struct entry, i);
        bool star = entry->ctype[strlen(entry->ctype) - 1] == '*';
        put(&out, "%s %s%s%s", model->guard, entry->ctype, star ? "" : " ", entry->name);
        put_signature(&out, entry);
    }
    put(&out, "\n#undef KEY_TEXT\n\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
    out_close(&out);
}
