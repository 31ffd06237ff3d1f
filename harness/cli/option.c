// SPDX-License-Identifier: MIT
/* Options of verbs: one table for long and short forms, and one voice for mistakes. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"

#define MANY 48

int
verb_usage(struct fault *fault, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const struct verb *verb = verb_current();
    if (verb == NULL)
        return fault_set(fault, FAULT_USAGE, "%s", text);
    return fault_set(fault, FAULT_USAGE, "%s\nusage: timtape %s %s\n`timtape help %s` says more", text,
                     verb->name, verb->usage, verb->name);
}

static void
help_and_exit(void)
{
    const struct verb *help = verb_find("help");
    struct fault fault;
    char name[32];
    snprintf(name, sizeof name, "%s", verb_current() != NULL ? verb_current()->name : "help");
    char *words[] = {(char *)"help", name, NULL};
    int status = help != NULL ? help->run(2, words, &fault) : FAULT_INTERNAL;
    exit(fflush(stdout) == 0 ? status : FAULT_INTERNAL);
}

/* The short forms, from the long ones: '+' stops at the first operand, ':' tells a missing
 * value from an unknown option. */
static void
short_forms(const struct option *options, char *text)
{
    if (verb_current() == NULL || !verb_current()->anywhere)
        *text++ = '+';
    *text++ = ':';
    for (unsigned i = 0; i < MANY && options[i].name != NULL; i++) {
        if (options[i].val > 127 || !isprint(options[i].val) || options[i].val == '?' ||
            options[i].val == ':')
            continue;
        *text++ = (char)options[i].val;
        if (options[i].has_arg != no_argument)
            *text++ = ':';
        if (options[i].has_arg == optional_argument)
            *text++ = ':';
    }
    *text++ = 'h';
    *text = '\0';
}

/* Why getopt did not take a word: optopt is set for what is known. */
static void
no_option(const char *word, const struct option *table, struct fault *fault)
{
    size_t length = strcspn(word, "="), used = 0;
    char several[256] = "";
    unsigned count = 0;
    if (strncmp(word, "--", 2) != 0) {
        verb_usage(fault, "there is no option '-%c'", optopt);
        return;
    }
    if (optopt != 0) {
        verb_usage(fault, "option '%.*s' takes no value", (int)length, word);
        return;
    }
    for (; table->name != NULL; table++) {
        if (length > 2 && strncmp(table->name, word + 2, length - 2) == 0 && used < sizeof several) {
            used += (size_t)snprintf(several + used, sizeof several - used, "%s--%s", count > 0 ? ", " : "",
                                     table->name);
            count++;
        }
    }
    if (count > 1)
        verb_usage(fault, "option '%.*s' may be any of %s", (int)length, word, several);
    else
        verb_usage(fault, "there is no option '%.*s'", (int)length, word);
}

int
verb_option(int argc, char **argv, const struct option *options, struct fault *fault)
{
    static const struct option nothing[] = {{0}};
    struct option table[MANY + 2];
    char forms[3 * MANY + 4];
    unsigned count = 0;
    if (options == NULL)
        options = nothing;
    while (count < MANY && options[count].name != NULL) {
        table[count] = options[count];
        count++;
    }
    table[count++] = (struct option){"help", no_argument, NULL, 'h'};
    table[count] = (struct option){0};
    short_forms(options, forms);

    opterr = 0;
    optopt = 0;
    int before = optind > 0 ? optind : 1;
    int option = getopt_long(argc, argv, forms, table, NULL);
    /* getopt went past the word, unless it is short options in one word and it stopped at one of them. */
    const char *word = argv[optind > before ? optind - 1 : before];
    switch (option) {
    case 'h':
        help_and_exit();
        return VERB_BAD;
    case ':':
        verb_usage(fault, "option '%s' needs a value", word);
        return VERB_BAD;
    case '?':
        no_option(word, table, fault);
        return VERB_BAD;
    default:
        return option;
    }
}

const char *
verb_tape(int argc, char **argv, struct fault *fault)
{
    if (optind == argc - 1)
        return argv[optind];
    verb_usage(fault, optind == argc ? "which tape?" : "one tape at a time");
    return NULL;
}

int
verb_reads(int argc, char **argv, bool *json, const char **tape, struct fault *fault)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
    int option;
    *json = false;
    while ((option = verb_option(argc, argv, options, fault)) != -1) {
        if (option == VERB_BAD)
            return -1;
        *json = true;
    }
    if (tape == NULL)
        return optind == argc ? 0 : verb_usage(fault, "what is '%s'?", argv[optind]);
    *tape = verb_tape(argc, argv, fault);
    return *tape != NULL ? 0 : -1;
}

bool
verb_span(const char *text, double plain, uint64_t *ns)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"min", 60e9}};
    char *end;
    errno = 0;
    double value = strtod(text, &end), unit = *end == '\0' ? plain : 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].name) == 0)
            unit = units[i].ns;
    }
    value *= unit;
    if (end == text || errno != 0 || !isfinite(value) || value < 1 || value > 9e18)
        return false;
    *ns = (uint64_t)value;
    return true;
}

int
verb_number(const char *option, const char *what, const char *text, uint64_t least, uint64_t most,
            uint64_t *number, struct fault *fault)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || *number < least || *number > most)
        return verb_usage(fault, "%s takes %s, not '%s'", option, what, text);
    return 0;
}
