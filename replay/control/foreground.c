// SPDX-License-Identifier: MIT
#include "replay/control/foreground.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static bool lent;
static struct sigaction was;

/* From the background, too, where the terminal would stop us for it. */
static void
give(pid_t group)
{
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    sigset_t one, before;
    if (terminal < 0)
        return;
    sigemptyset(&one);
    sigaddset(&one, SIGTTOU);
    sigprocmask(SIG_BLOCK, &one, &before);
    tcsetpgrp(terminal, group);
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(terminal);
}

bool
foreground_is_ours(void)
{
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    bool ours = terminal >= 0 && tcgetpgrp(terminal) == getpgrp();
    if (terminal >= 0)
        close(terminal);
    return ours;
}

void
foreground_lend(pid_t group)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    lent = true;
    sigaction(SIGTSTP, &ignore, &was);
    give(group);
}

void
foreground_take(void)
{
    if (!lent)
        return;
    lent = false;
    give(getpgrp());
    sigaction(SIGTSTP, &was, NULL);
}
