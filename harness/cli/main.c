// SPDX-License-Identifier: MIT
/* timtape: finds the verb, runs it, prints its fault, exits. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/progress.h"
#include "cli/verb.h"

static const struct verb *running;
static bool quiet;

const struct verb *
verb_current(void)
{
    return running;
}

void
say(const char *format, ...)
{
    if (quiet)
        return;
    char text[8192];
    va_list arguments;
    va_start(arguments, format);
    size_t used = (size_t)snprintf(text, sizeof text, "timtape: ");
    vsnprintf(text + used, sizeof text - used - 1, format, arguments);
    va_end(arguments);
    strcat(text, "\n");
    out_lines(stderr, text);
}

void
say_quiet(bool on)
{
    quiet = on;
    if (on)
        progress_to(NULL);
}

static void
complain(const struct fault *fault)
{
    bool colour = out_colour(stderr);
    fprintf(stderr, "%stimtape%s%s:%s ", colour ? "\033[1;31m" : "", running != NULL ? " " : "",
            running != NULL ? running->name : "", colour ? "\033[0m" : "");
    /* File names and what a tape says are foreign. */
    out_lines(stderr, fault->text);
    fputc('\n', stderr);
}

static int
unknown(const char *typed, struct fault *fault)
{
    const char *near = verb_nearest(typed);
    if (near != NULL)
        return fault_set(fault, FAULT_USAGE,
                         "there is no verb '%s'; did you mean '%s'? `timtape help` lists them", typed, near);
    return fault_set(fault, FAULT_USAGE, "there is no verb '%s'; `timtape help` lists them", typed);
}

static int
dispatch(int argc, char **argv, struct fault *fault)
{
    if (argc < 2) {
        const struct verb *help = verb_find("help");
        if (help != NULL) {
            /* Asked for nothing: the overview is words here, not data. */
            fflush(stdout);
            if (dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
                help->run(1, (char *[]){(char *)"help", NULL}, fault);
        }
        return FAULT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = "version";
    const struct verb *verb = verb_find(name);
    if (verb == NULL)
        return unknown(name, fault);
    running = verb;
    if (out_moves(stderr) && !(verb->streams && isatty(STDOUT_FILENO)))
        progress_to(out_progress);
    return verb->run(argc - 1, argv + 1, fault);
}

/* Whoever read our output has seen enough. Who ignores SIGPIPE (Python's subprocess, some CI) has not asked
 * for a failure by that; everybody else never comes here. */
static bool
reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return ferror(stdout) && poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

int
main(int argc, char **argv)
{
    struct fault fault = {.kind = FAULT_INTERNAL, .text = "no reason given"};
    int status = dispatch(argc, argv, &fault);
    bool unwritten = fflush(stdout) != 0 || ferror(stdout);
    int number = errno;
    if (unwritten && reader_gone())
        return status < 0 ? 0 : status;
    progress_end();
    if (status < 0) {
        complain(&fault);
        status = fault.kind;
    } else if (unwritten) {
        /* Data that could not be written is a failure, too. */
        say("cannot write to standard output: %s", strerror(number));
        if (status == 0)
            status = FAULT_INTERNAL;
    }
    return status;
}
