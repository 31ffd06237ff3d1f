// SPDX-License-Identifier: MIT
/*
 * shim_gen.c, callbacks: what the SDK calls in place of the app's function.
 */
#include <string.h>

#include "emit_shim.h"

const char *
callback_type(const struct entry *entry)
{
    return entry->newest == entry ? entry->name : gen_format("older_%s", entry->id);
}

void
put_older_types(struct out *out, const struct model *model)
{
    for (unsigned i = 0; i < model->older.count; i++) {
        const struct entry *entry = LIST_AT(&model->older, struct entry, i);
        if (strcmp(entry->kind, "callback") != 0)
            continue;
        put(out, "typedef void (*%s)(", callback_type(entry));
        put_params(out, entry);
        put(out, ");\n\n");
    }
}

/* The app gets the SDK's own arguments and its own user data. */
static void
put_app_call(struct out *out, const struct entry *entry, unsigned which)
{
    put(out, "    ((%s)context->fn[%u])(", callback_type(entry), which);
    for (unsigned i = 0; i < entry->nparams; i++)
        if ((int)i == entry->user)
            put(out, "%scontext->user", i ? ", " : "");
        else
            put(out, "%sa%u", i ? ", " : "", i);
    put(out, ");\n");
}

static void
put_trampoline(struct out *out, const struct entry *entry, unsigned which)
{
    put(out, "static void\nback_%s_%u(", entry->id, which);
    put_params(out, entry);
    put(out, ")\n{\n    const struct shim_context *context = a%d;\n", entry->user);
    put(out, "    struct shim_call call __attribute__((cleanup(shim_back_leave)));\n");
    put(out, "    union api_value v[%u];\n\n", entry->nparams);
    put_stores(out, entry);
    put(out, "    call.returned = false;\n");
    put(out, "    shim_back_enter(&call, %s, context, %u, v);\n", entry->id, which);
    put_app_call(out, entry, which);
    put(out, "    call.returned = true;\n}\n\n");
}

static void
put_lookup(struct out *out, const struct model *model)
{
    put(out, "static void (*const trampolines[API_ENTRIES - API_FUNCTIONS][2])(void) = {\n");
    for (unsigned i = model->functions.count; i < model_entries(model); i++) {
        const struct entry *entry = model_entry(model, i);
        if (strcmp(entry->kind, "callback") != 0)
            continue;
        put(out, "    [%s - API_FUNCTIONS] = {(void (*)(void))back_%s_0", entry->id, entry->id);
        if (entry->newest->second)
            put(out, ", (void (*)(void))back_%s_1", entry->id);
        put(out, "},\n");
    }
    put(out, "};\n\n");
    put(out,
        "void (*shim_trampoline(uint16_t callback, unsigned which))(void)\n{\n"
        "    if (callback < API_FUNCTIONS || callback >= API_ENTRIES || which > 1)\n        return NULL;\n"
        "    return trampolines[callback - API_FUNCTIONS][which];\n}\n\n");
}

/* Addresses are the only thing by which these differ: the removing call names its listener by it. */
static void
put_pool(struct out *out, const struct entry *entry)
{
    put(out, "#define POOL_%s(n) \\\n    static void listen_%s_##n(", entry->id, entry->id);
    put_params(out, entry);
    put(out, ") \\\n    { \\\n        back_%s_0(", entry->id);
    put_arguments(out, entry);
    put(out, "); \\\n    }\nEACH_LISTENER(POOL_%s)\n\n", entry->id);
    put(out, "#define NAME_%s(n) (void (*)(void))listen_%s_##n,\n", entry->id, entry->id);
    put(out,
        "static void (*const listeners_%s[SHIM_LISTENERS])(void) = {\n    EACH_LISTENER(NAME_%s)\n};\n\n",
        entry->id, entry->id);
}

static void
put_listeners(struct out *out, const struct model *model)
{
    put(out, "#define SIXTEEN(M, h) M(h##0) M(h##1) M(h##2) M(h##3) M(h##4) M(h##5) M(h##6) M(h##7) \\\n"
             "    M(h##8) M(h##9) M(h##a) M(h##b) M(h##c) M(h##d) M(h##e) M(h##f)\n");
    put(out, "#define EACH_LISTENER(M) \\\n");
    for (unsigned i = 0; i < 16; i++)
        put(out, "    SIXTEEN(M, x%x)%s\n", i, i < 15 ? " \\" : "");
    put(out, "_Static_assert(SHIM_LISTENERS == 256, \"the generator makes 256 of each\");\n\n");
    for (unsigned i = 0; i < model->callbacks.count; i++)
        if (LIST_AT(&model->callbacks, struct entry, i)->listeners)
            put_pool(out, LIST_AT(&model->callbacks, struct entry, i));
    put(out, "void (*shim_listener_trampoline(uint16_t callback, unsigned slot))(void)\n{\n"
             "    if (slot >= SHIM_LISTENERS)\n        return NULL;\n    switch (callback) {\n");
    for (unsigned i = 0; i < model->callbacks.count; i++) {
        const struct entry *entry = LIST_AT(&model->callbacks, struct entry, i);
        if (entry->listeners)
            put(out, "    case %s:\n        return listeners_%s[slot];\n", entry->id, entry->id);
    }
    put(out, "    default:\n        return NULL;\n    }\n}\n\n");
}

void
emit_trampolines(struct out *out, const struct model *model)
{
    put_older_types(out, model);
    for (unsigned i = model->functions.count; i < model_entries(model); i++) {
        const struct entry *entry = model_entry(model, i);
        if (strcmp(entry->kind, "callback") != 0)
            continue;
        put_trampoline(out, entry, 0);
        if (entry->newest->second)
            put_trampoline(out, entry, 1);
    }
    put_lookup(out, model);
    put_listeners(out, model);
}
