// SPDX-License-Identifier: MIT
/*
 * shim_gen.c, calls: one exported wrapper per function of the API.
 */
#include <string.h>

#include "emit.h"
#include "emit_shim.h"

/* What the app gets when the library behind has no such function. */
static const char *
missing_of(const struct model *model, const struct entry *entry)
{
    if (entry->enumeration == model->status_enum && entry->enumeration != NULL)
        return gen_format("%d", (int)model->missing_value);
    return strcmp(entry->type, "API_STR") == 0 ? "NULL" : gen_format("(%s)0", entry->ctype);
}

/* `R (*)(const char *, ...)` with the callback types of this signature. */
static void
put_behind_type(struct out *out, const struct entry *entry)
{
    put(out, "    typedef %s behind_type(", entry->ctype);
    for (unsigned i = 0; i < entry->nparams; i++)
        put(out, "%s%s", i ? ", " : "",
            strcmp(entry->params[i].type, "API_FN") == 0 ? "void (*)(void)" : entry->params[i].ctype);
    put(out, "%s);\n", entry->nparams ? "" : "void");
    put(out, "    behind_type *behind = (behind_type *)shim_behind(%s);\n", entry->newest->id);
}

/* The call with what shim_call_enter put in place of callbacks and user data. */
static void
put_behind_call(struct out *out, const struct entry *entry)
{
    if (!returns_nothing(entry))
        put(out, "open.result.%s = %s", member_of(entry->type),
            strcmp(entry->type, "API_I32") == 0 ? "(int32_t)" : "");
    put(out, "behind(");
    for (unsigned i = 0; i < entry->nparams; i++) {
        const char *type = entry->params[i].type;
        if (strcmp(type, "API_FN") == 0 || strcmp(type, "API_USER") == 0)
            put(out, "%sv[%u].%s", i ? ", " : "", i, member_of(type));
        else
            put(out, "%sa%u", i ? ", " : "", i);
    }
    put(out, ");\n");
}

/* Out-buffers count as filled only once the call is back: it may be left by an exception. */
static void
put_outs(struct out *out, const struct entry *entry, const char *indent, bool filled)
{
    for (unsigned i = 0; i < entry->nparams; i++)
        if (entry->params[i].out_bytes && filled)
            put(out, "%sv[%u].out = a%u;\n", indent, i, i);
        else if (entry->params[i].out_bytes)
            put(out, "%sv[%u].out = NULL;\n", indent, i);
}

static void
put_recorded_call(struct out *out, const struct model *model, const struct entry *entry)
{
    bool status = !returns_nothing(entry) && entry->enumeration == model->status_enum;

    put(out, "    struct open_call open __attribute__((cleanup(close_call)));\n");
    if (entry->nparams)
        put(out, "    union api_value *v = open.values;\n\n");
    put_stores(out, entry);
    put(out, "    open.call.returned = false;\n    open.result.u = 0;\n");
    put(out, "    shim_call_enter(&open.call, %s, open.values);\n", entry->id);
    put_outs(out, entry, "    ", false);
    put(out, "    if (behind != NULL) {\n        ");
    put_behind_call(out, entry);
    put_outs(out, entry, "        ", true);
    put(out, "    }");
    if (status)
        put(out, " else {\n        open.result.i = %s;\n    }", missing_of(model, entry));
    put(out, "\n    open.call.returned = true;\n");
    if (!returns_nothing(entry))
        put(out, "    return (%s)open.result.%s;\n", entry->ctype, member_of(entry->type));
}

static void
put_forward(struct out *out, const struct model *model, const struct entry *entry)
{
    put(out, "    if (!shim_recording()) {\n");
    if (returns_nothing(entry)) {
        put(out, "        if (behind != NULL)\n            behind(");
    } else {
        put(out, "        return behind == NULL ? %s : behind(", missing_of(model, entry));
    }
    for (unsigned i = 0; i < entry->nparams; i++)
        put(out, "%s%sa%u", i ? ", " : "",
            strcmp(entry->params[i].type, "API_FN") == 0 ? "(void (*)(void))" : "", i);
    put(out, ");\n%s    }\n", returns_nothing(entry) ? "        return;\n" : "");
}

static void
put_wrapper(struct out *out, const struct model *model, const struct entry *entry)
{
    put(out, "SHIM_EXPORT %s\n%s(", entry->ctype, entry->name);
    put_params(out, entry);
    put(out, ")\n{\n");
    put_behind_type(out, entry);
    put(out, "\n");
    /* A listener that was added while recording is known to the SDK by our trampoline only, so
     * removing it needs the shim even after the recorder is gone. */
    if (strcmp(entry->kind, "unregister") != 0)
        put_forward(out, model, entry);
    put_recorded_call(out, model, entry);
    put(out, "}\n\n");
}

/* The function behind one of several signatures; callbacks keep no type, it may be an old one. */
static void
put_signature(struct out *out, const struct model *model, const struct entry *entry)
{
    put(out, "static %s\nas_%s(", entry->ctype, entry->id);
    put_params(out, entry);
    put(out, ")\n{\n");
    put_behind_type(out, entry);
    put(out, "\n");
    put_recorded_call(out, model, entry);
    put(out, "}\n\n");
}

/* The library behind says by its version which signature the app's registers hold. */
static void
put_raw_wrapper(struct out *out, const struct model *model, const struct entry *entry)
{
    unsigned registers = raw_registers(entry);

    put_signature(out, model, entry);
    for (unsigned i = 0; i < entry->older.count; i++)
        put_signature(out, model, LIST_AT(&entry->older, const struct entry *, i)[0]);
    put_raw_head(out, "SHIM_EXPORT", entry);
    put(out, "    if (!shim_recording()) {\n        uintptr_t (*behind)(");
    put_registers(out, registers, "uintptr_t", NULL);
    put(out, ") = (uintptr_t (*)(");
    put_registers(out, registers, "uintptr_t", NULL);
    put(out, "))shim_behind(%s);\n        return behind == NULL ? (uintptr_t)%s : behind(", entry->id,
        returns_nothing(entry) ? "0" : missing_of(model, entry));
    put_registers(out, registers, "", "r");
    put(out, ");\n    }\n");
    put_raw_dispatch(out, "shim_signature", entry);
}

static void
put_top(struct out *out, const struct model *model)
{
    put(out, "#include \"shim/shim.h\"\n#include \"%s\"\n\n", model->include);
    put(out, "#define SHIM_EXPORT __attribute__((visibility(\"default\")))\n\n");
    put(out, "struct open_call {\n    struct shim_call call;\n    union api_value result;\n"
             "    union api_value values[API_MAX_PARAMS];\n};\n\n");
    put(out, "/* Runs on the way out, also when an exception or the end of the thread takes that way. */\n"
             "static inline void\nclose_call(struct open_call *open)\n{\n"
             "    shim_call_leave(&open->call, open->values, open->result);\n}\n\n");
}

void
emit_shim(const struct model *model, const char *path)
{
    struct out out;

    out_open(&out, path, "Wrappers around every function, trampolines for every callback type.");
    put_top(&out, model);
    emit_trampolines(&out, model);
    for (unsigned i = 0; i < model->functions.count; i++) {
        const struct entry *entry = LIST_AT(&model->functions, struct entry, i);
        if (entry->older.count)
            put_raw_wrapper(&out, model, entry);
        else
            put_wrapper(&out, model, entry);
    }
    out_close(&out);
}
