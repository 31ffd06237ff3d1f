// SPDX-License-Identifier: MIT
/*
 * Asks the SDK one thing, and then ends in the way that its argument names:
 *   quits      a moment later, with status 0
 *   gui        never; SIGTERM makes it log out and end with status 0
 *   stubborn   never; SIGTERM is ignored
 *   falls      never; SIGTERM makes it crash
 *   daemon     the asking is done by a child in a session of its own, which lives on; the parent ends at once
 *   leaves     ends, but a child that has nothing to do with the SDK lives on
 *   shares     ends, but a child that still has the SDK loaded lives on
 * What lives on gives up after a minute.
 */
#include "app.h"

#include <signal.h>

static volatile sig_atomic_t asked;

static void
on_term(int number)
{
    asked = number;
}

static void
on_answer(int32_t code, const char *desc, const char *json, const void *user)
{
    (void)desc;
    (void)json;
    (void)user;
    app_back("answer", "i", (int64_t)code);
}

static void
ask(void)
{
    callExperimentalAPI("{\"do\":\"repeat\",\"count\":1}", on_answer, NULL);
    app_wait(1, 20000);
}

static void
live(void)
{
    for (int i = 0; i < 600 && asked == 0; i++)
        app_sleep(100);
}

static void
in_daemon(void)
{
    if (fork() != 0)
        _exit(0);
    setsid();
    ask();
    live();
}

static void
leave_child(bool shares)
{
    pid_t child = fork();
    if (child != 0) {
        app_say("child %d", (int)child);
        return;
    }
    if (!shares)
        execlp("sleep", "sleep", "60", NULL);
    live();
    _exit(0);
}

int
main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "quits";
    if (strcmp(how, "daemon") == 0) {
        in_daemon();
        return 0;
    }
    ask();
    if (strcmp(how, "gui") == 0) {
        signal(SIGTERM, on_term);
        live();
        app_say("logged out");
        return 0;
    }
    if (strcmp(how, "stubborn") == 0)
        signal(SIGTERM, SIG_IGN);
    if (strcmp(how, "falls") == 0)
        signal(SIGTERM, on_term);
    if (strcmp(how, "stubborn") == 0 || strcmp(how, "falls") == 0)
        live();
    if (asked != 0)
        abort();
    if (strcmp(how, "leaves") == 0 || strcmp(how, "shares") == 0)
        leave_child(strcmp(how, "shares") == 0);
    app_sleep(200);
    return 0;
}
