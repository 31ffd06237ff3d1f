// SPDX-License-Identifier: MIT
// Names of oracles, and how a run ends that broke one.
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/oracle/inside.h"

static const char *const names_of[ORACLES] = {"ids",       "calls",     "exceptions", "block",   "leak",
                                              "quadratic", "user-data", "code",       "spelling"};

const char *
oracle_text(enum oracle_name name)
{
    return names_of[name];
}

static int
find_name(const char *name, size_t length)
{
    for (int i = 0; i < ORACLES; i++)
        if (strlen(names_of[i]) == length && memcmp(names_of[i], name, length) == 0)
            return i;
    return -1;
}

static int
unknown_name(const char *name, size_t length, struct fault *fault)
{
    char all[160] = "";
    for (int i = 0; i < ORACLES; i++) {
        strcat(all, i ? ", " : "");
        strcat(all, names_of[i]);
    }
    return fault_set(fault, FAULT_USAGE,
                     "no oracle is named \"%.*s\"; TIMTAPE_FUZZ_ORACLES is a list of %s, or all",
                     length > 60 ? 60 : (int)length, name, all);
}

int
oracle_parse(const char *names, unsigned *chosen, struct fault *fault)
{
    *chosen = 0;
    for (const char *at = names; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ", ");
        int name = find_name(at, length);
        if (length == 3 && memcmp(at, "all", 3) == 0)
            *chosen = (1u << ORACLES) - 1;
        else if (name >= 0)
            *chosen |= 1u << name;
        else if (length > 0)
            return unknown_name(at, length, fault);
        at += length + (at[length] != '\0');
    }
    return 0;
}

/* There in every target that was built with a sanitizer. */
void __sanitizer_print_stack_trace(void) __attribute__((weak));

static void
end_run(const char *name, const char *sentence)
{
    dprintf(STDERR_FILENO, "timtape: oracle %s: %s\n", name, sentence);
    if (__sanitizer_print_stack_trace != NULL)
        __sanitizer_print_stack_trace();
    raise(SIGABRT); // every engine keeps the input of a process that aborts
}

struct oracle_state oracle = {.end = end_run};

void
oracle_violated(enum oracle_name name, const char *format, ...)
{
    char sentence[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    // One line, whatever the values hold.
    for (char *at = sentence; *at != '\0'; at++)
        if ((unsigned char)*at < ' ')
            *at = ' ';
    oracle.end(oracle_text(name), sentence);
}

const char *
oracle_where(const struct case_event *event)
{
    static char text[160];

    if (event == NULL)
        return "outside any callback";
    snprintf(text, sizeof text, "%s%s%s", event->callback->name, event->function != NULL ? ":" : "",
             event->function != NULL ? event->function->name : "");
    return text;
}
