// SPDX-License-Identifier: MIT
/* What differed, told as rules. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "replay/compare/propose.h"
#include "traces/utf8.h"

void
propose_clean(char *text)
{
    if (utf8_valid(text, strlen(text)))
        return;
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            *text = '?';
    }
}

static void
write_span(FILE *out, long double ns)
{
    unsigned long seconds = (unsigned long)(ns * 4 / 1e9L) + 1, minutes = (seconds + 59) / 60;
    if (seconds <= 10)
        fputs("10s", out);
    else
        fprintf(out, "%lum", minutes);
}

static void
write_kind(FILE *out, const struct seen *seen)
{
    if (seen->retyped) {
        fputs("any", out);
    } else if (!seen->not_time) {
        fputs("time within ", out);
        write_span(out, seen->apart_ns);
    } else if (!seen->not_number && seen->apart <= 1000) {
        fprintf(out, "within %.0Lf", seen->apart * 2 + 1);
    } else if (seen->not_number && !seen->not_hex && seen->length != SIZE_MAX && seen->length <= 200) {
        fprintf(out, "matches /[0-9a-f-]{%zu}/", seen->length);
    } else {
        fputs("same-kind", out);
    }
}

static const char *
describe(const struct seen *seen)
{
    return seen->retyped                              ? "another kind of value"
           : !seen->not_time                          ? "a time"
           : !seen->not_number && seen->apart <= 1000 ? "a counter"
           : !seen->not_number                        ? "a random number"
           : !seen->not_path                          ? "a path"
           : !seen->not_hex                           ? "a random text"
                                                      : "a text";
}

static void
write_value(FILE *out, const struct seen *seen)
{
    if (seen->absent) {
        fprintf(out, "# There or not: %s and %s.\n", seen->sample[0], seen->sample[1]);
        fprintf(out, "value %s %s %s optional\n", seen->function, seen->param, seen->path);
    }
    if (seen->changed || seen->retyped) {
        fprintf(out, "# %c%s, other in %u comparison%s: %s and %s.\n", toupper(describe(seen)[0]),
                describe(seen) + 1, seen->times, seen->times == 1 ? "" : "s", seen->sample[0],
                seen->sample[1]);
        fprintf(out, "value %s %s %s ", seen->function, seen->param, seen->path);
        write_kind(out, seen);
        fputc('\n', out);
    }
}

void
propose_write(FILE *out, const struct proposal *proposal)
{
    fputs(RULES_FIRST_LINE "\n", out);
    for (size_t i = 0; i < proposal->count; i++) {
        const struct seen *seen = &proposal->seen[i];
        if (seen->unsaid)
            continue;
        switch (seen->kind) {
        case SEEN_VALUE:
            write_value(out, seen);
            break;
        case SEEN_ORDER:
            fprintf(out, "# The same elements in another order.\nvalue %s %s %s any-order\n", seen->function,
                    seen->param, seen->path);
            break;
        case SEEN_REPEAT:
            fprintf(out, "# More often in one run than in another.\nrepeat %s\n", seen->function);
            break;
        case SEEN_MISSING:
            fprintf(out, "# Not as often in one run as in another.\nmissing %s\n", seen->function);
            break;
        case SEEN_SWAP:
            fprintf(out, "# In either order.\nswap %s %s\n", seen->function, seen->param);
            break;
        }
    }
}

int
propose_rules(const struct proposal *proposal, struct rules **rules, struct fault *fault)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    *rules = NULL;
    if (out == NULL)
        return fault_set(fault, FAULT_INTERNAL, "out of memory for the rules");
    propose_write(out, proposal);
    int result = fclose(out) == 0 ? rules_parse(rules, "the proposed rules", text, bytes, fault) : -1;
    free(text);
    if (result != 0) {
        rules_free(*rules);
        *rules = NULL;
    }
    return result;
}

bool
propose_can_say(const struct seen *seen)
{
    struct seen copy = *seen;
    copy.retyped = true; /* so that a value has its rule */
    const struct proposal one = {.seen = &copy, .count = 1};
    struct rules *rules;
    bool said = propose_rules(&one, &rules, NULL) == 0;
    rules_free(rules);
    return said;
}
