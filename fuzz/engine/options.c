// SPDX-License-Identifier: MIT
#include "fuzz/engine/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Set and not empty, or NULL. */
static const char *
given(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static int
number(const char *name, uint64_t most, uint64_t *value, struct fault *fault)
{
    const char *text = given(name);
    char *end;

    if (text == NULL)
        return 0;
    errno = 0;
    uint64_t read = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || read > most)
        return fault_set(fault, FAULT_USAGE, "%s=%.80s: give a number from 0 to %llu", name, text,
                         (unsigned long long)most);
    *value = read;
    return 0;
}

static int
on_off(const char *name, const char *yes, const char *no, bool *value, struct fault *fault)
{
    const char *text = given(name);

    if (text == NULL)
        return 0;
    *value = strcmp(text, yes) == 0;
    if (!*value && strcmp(text, no) != 0)
        return fault_set(fault, FAULT_USAGE, "%s=%.80s: give %s or %s", name, text, yes, no);
    return 0;
}

int
engine_options_read(struct engine_options *options, struct fault *fault)
{
    const char *profile = given("TIMTAPE_FUZZ_PROFILE");
    uint64_t syntax = OPTIONS_SYNTAX, budget = OPTIONS_BUDGET;
    struct fault inner;

    *options = (struct engine_options){.seed = 1};
    if (model_profile_parse(profile != NULL ? profile : "page", &options->profile, &inner) != 0)
        return fault_set(fault, FAULT_USAGE, "TIMTAPE_FUZZ_PROFILE: %s", inner.text);
    if (number("TIMTAPE_FUZZ_SYNTAX", 100, &syntax, fault) != 0 ||
        number("TIMTAPE_FUZZ_BUDGET", 1 << 20, &budget, fault) != 0 ||
        number("TIMTAPE_FUZZ_SEED", UINT64_MAX, &options->seed, fault) != 0 ||
        on_off("TIMTAPE_FUZZ_LIST", "1", "0", &options->list, fault) != 0 ||
        on_off("TIMTAPE_FUZZ_MUTATOR", "off", "on", &options->plain, fault) != 0)
        return -1;
    options->syntax = (unsigned)syntax;
    options->budget = budget > 0 ? (size_t)budget : OPTIONS_BUDGET;
    options->known = given("TIMTAPE_FUZZ_KNOWN");
    options->coverage = given("TIMTAPE_FUZZ_COVERAGE");
    options->explain = given("TIMTAPE_FUZZ_EXPLAIN");
    return 0;
}
