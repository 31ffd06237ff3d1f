// SPDX-License-Identifier: MIT
#include "recorder/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int numbers[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD};
#define MANY (sizeof numbers / sizeof numbers[0])

static struct sigaction before[MANY];
static bool begun;
static volatile sig_atomic_t target = -1;
static volatile sig_atomic_t asked;

static void
arrive(int number)
{
    int saved = errno;
    /* SIGCHLD does nothing but end the recorder's nap. */
    if (number != SIGCHLD) {
        if (target < 0)
            asked = 1;
        else if (number == SIGTERM || number == SIGHUP)
            syscall(SYS_pidfd_send_signal, (int)target, number, NULL, 0);
    }
    errno = saved;
}

void
signals_begin(void)
{
    if (begun)
        return;
    begun = true;
    asked = 0;
    for (size_t i = 0; i < MANY; i++) {
        struct sigaction action = {.sa_handler = arrive};
        sigemptyset(&action.sa_mask);
        sigaction(numbers[i], NULL, &before[i]);
        /* SIGCHLD ignored would mean children that nobody can wait for. */
        if (before[i].sa_handler != SIG_IGN || numbers[i] == SIGCHLD)
            sigaction(numbers[i], &action, NULL);
    }
}

void
signals_end(void)
{
    if (!begun)
        return;
    begun = false;
    for (size_t i = 0; i < MANY; i++)
        sigaction(numbers[i], &before[i], NULL);
}

void
signals_target(int pidfd)
{
    target = pidfd;
}

bool
signals_asked(void)
{
    return asked != 0;
}
