// SPDX-License-Identifier: MIT
/*
 * Every generated entry point of the stand-in, and every way to call an app's callback.
 */
#include <dlfcn.h>
#include <string.h>

#include "replay/standin/standin.h"
#include "tests/api/generic.h"

static uint16_t signature, called;
static union api_value given[API_MAX_PARAMS];
static const union api_value answer = {.u = 0xfedcba9876543210u};

static uintptr_t
app(REGS)
{
    SEE();
    return 0;
}

union api_value
standin_call(uint16_t api, const union api_value *values)
{
    called = api;
    if (api_entry(api)->nparams)
        memcpy(given, values, api_entry(api)->nparams * sizeof(*values));
    return answer;
}

uint16_t
standin_signature(uint16_t newest)
{
    return signature && api_entry(signature)->newest == newest ? signature : newest;
}

static void
check_call(const struct api_entry *entry)
{
    uintptr_t regs[API_MAX_PARAMS] = {0}, result;
    union api_value want[API_MAX_PARAMS];
    unsigned callbacks = 0;
    void (*fn)(void) = NULL;

    subject = entry->name;
    *(void **)&fn = dlsym(RTLD_DEFAULT, entry->name);
    CHECK(fn != NULL);
    for (unsigned i = 0; i < entry->nparams; i++)
        regs[i] = make_value(&entry->params[i], i, &callbacks, &want[i]);
    result = generic_call(fn, regs);
    CHECK(called == entry->id);
    for (unsigned i = 0; i < entry->nparams; i++)
        CHECK(given[i].u == want[i].u);
    if (entry->returns != API_VOID)
        CHECK((result & mask_of(entry->returns)) == ((uintptr_t)answer.u & mask_of(entry->returns)));
}

static void
check_invoke(const struct api_entry *entry)
{
    union api_value values[API_MAX_PARAMS];
    unsigned callbacks = 0;

    subject = entry->name;
    for (unsigned i = 0; i < entry->nparams; i++)
        make_value(&entry->params[i], i, &callbacks, &values[i]);
    memset(seen, 0, sizeof(seen));
    standin_invoke(entry->id, (void (*)(void))app, values);
    for (unsigned i = 0; i < entry->nparams; i++) {
        uintptr_t mask = mask_of(entry->params[i].type);
        CHECK((seen[i] & mask) == ((uintptr_t)values[i].u & mask));
    }
}

int
main(void)
{
    for (unsigned id = 0; id < API_ENTRIES; id++) {
        const struct api_entry *entry = api_entry(id);
        if (entry->kind == API_CALLBACK)
            continue;
        signature = entry->newest != entry->id ? entry->id : 0;
        check_call(entry);
    }
    passed("every entry point, every signature");
    for (unsigned id = API_FUNCTIONS; id < API_ENTRIES; id++)
        if (api_entry(id)->kind == API_CALLBACK)
            check_invoke(api_entry(id));
    passed("every callback type, every signature");
    printf("1..%u\n", tests);
    return 0;
}
