// SPDX-License-Identifier: MIT
/*
 * A name whose signature changed between versions. The app was built for one signature, the library behind
 * has one, and both are the same or the app would not work without us either. So the exported function takes
 * the registers as they are, and what answers for the version says which signature they hold.
 */
#include <stddef.h>

#include "emit.h"

unsigned
raw_registers(const struct entry *entry)
{
    unsigned registers = entry->nparams;

    for (unsigned i = 0; i < entry->older.count; i++) {
        const struct entry *older = LIST_AT(&entry->older, const struct entry *, i)[0];

        registers = older->nparams > registers ? older->nparams : registers;
    }
    return registers;
}

void
put_registers(struct out *out, unsigned registers, const char *type, const char *name)
{
    for (unsigned i = 0; i < registers; i++) {
        put(out, "%s%s", i ? ", " : "", type);
        if (name != NULL)
            put(out, "%s%s%u", *type != '\0' ? " " : "", name, i);
    }
}

void
put_raw_head(struct out *out, const char *exported, const struct entry *entry)
{
    put(out, "%s uintptr_t raw_%s(", exported, entry->name);
    put_registers(out, raw_registers(entry), "uintptr_t", "r");
    put(out, ") __asm__(\"%s\");\n\nuintptr_t\nraw_%s(", entry->name, entry->name);
    put_registers(out, raw_registers(entry), "uintptr_t", "r");
    put(out, ")\n{\n");
}

static void
put_case(struct out *out, const struct entry *entry)
{
    bool nothing = returns_nothing(entry);

    put(out, "        %sas_%s(", nothing ? "" : "return (uintptr_t)", entry->id);
    for (unsigned i = 0; i < entry->nparams; i++)
        put(out, "%s(%s)r%u", i ? ", " : "", entry->params[i].ctype, i);
    put(out, ");\n%s", nothing ? "        return 0;\n" : "");
}

void
put_raw_dispatch(struct out *out, const char *signature, const struct entry *entry)
{
    put(out, "    switch (%s(%s)) {\n", signature, entry->id);
    for (unsigned i = 0; i < entry->older.count; i++) {
        const struct entry *older = LIST_AT(&entry->older, const struct entry *, i)[0];

        put(out, "    case %s:\n", older->id);
        put_case(out, older);
    }
    put(out, "    default:\n");
    put_case(out, entry);
    put(out, "    }\n}\n\n");
}
