// SPDX-License-Identifier: MIT
#include "replay/control/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <termios.h>
#include <unistd.h>

/* Signals by which we may end with the terminal in our mode. */
static const int ends[] = {SIGINT, SIGTERM, SIGHUP,  SIGQUIT, SIGABRT, SIGSEGV, SIGBUS,
                           SIGFPE, SIGILL,  SIGPIPE, SIGXCPU, SIGALRM, SIGUSR1, SIGUSR2};
#define ENDS (sizeof ends / sizeof *ends)

static int terminal = -1;
static struct termios before, ours;
static struct sigaction was[ENDS], was_stop, was_continue;
static volatile sig_atomic_t continued;

/* The terminal stops (SIGTTOU) or ignores whoever changes it from the background. */
static bool
is_ours(void)
{
    return tcgetpgrp(terminal) == getpgrp();
}

static void
on_end(int number)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    tcsetattr(terminal, TCSANOW, &before);
    sigaction(number, &plain, NULL);
    raise(number); /* arrives when we return */
}

static void
on_continue(int number)
{
    int saved = errno;
    (void)number;
    continued = 1;
    if (is_ours())
        tcsetattr(terminal, TCSANOW, &ours);
    errno = saved;
}

static void
on_stop(int number)
{
    struct sigaction plain = {.sa_handler = SIG_DFL}, again;
    sigset_t one;
    int saved = errno;
    if (is_ours())
        tcsetattr(terminal, TCSANOW, &before);
    sigemptyset(&one);
    sigaddset(&one, number);
    sigaction(number, &plain, &again);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &one, NULL); /* here we stop, and go on after SIGCONT */
    sigprocmask(SIG_BLOCK, &one, NULL);
    sigaction(number, &again, NULL);
    errno = saved;
}

static void
catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_end};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ENDS; i++) {
        sigaction(ends[i], NULL, &was[i]);
        if (was[i].sa_handler == SIG_DFL)
            sigaction(ends[i], &action, NULL);
    }
    action.sa_flags = SA_RESTART;
    action.sa_handler = on_stop;
    sigaction(SIGTSTP, NULL, &was_stop);
    if (was_stop.sa_handler == SIG_DFL)
        sigaction(SIGTSTP, &action, NULL);
    action.sa_handler = on_continue;
    sigaction(SIGCONT, &action, &was_continue);
}

int
keys_open(const char *option, struct fault *fault)
{
    terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (terminal < 0)
        return fault_set(fault, FAULT_USAGE,
                         "%s takes keys from the terminal, and there is none; --until EVENT and --gdb EVENT "
                         "stop without keys",
                         option);
    if (!is_ours() || tcgetattr(terminal, &before) != 0) {
        close(terminal);
        terminal = -1;
        return fault_set(fault, FAULT_USAGE,
                         "%s takes keys from the terminal, so it has to run in the foreground", option);
    }
    ours = before;
    ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    ours.c_cc[VMIN] = 1;
    ours.c_cc[VTIME] = 0;
    continued = 0;
    catch_signals();
    tcsetattr(terminal, TCSANOW, &ours);
    return 0;
}

/* What follows ESC: the right arrow is a key, all other sequences are none. */
static enum key
read_sequence(void)
{
    char byte = 0;
    if (read(terminal, &byte, 1) != 1 || (byte != '[' && byte != 'O'))
        return KEY_NONE;
    bool plain = true;
    while (read(terminal, &byte, 1) == 1 && byte < '@')
        plain = false;
    return plain && byte == 'C' ? KEY_NEXT : KEY_NONE;
}

enum key
keys_read(void)
{
    char byte;
    while (terminal >= 0 && read(terminal, &byte, 1) == 1) {
        enum key key = KEY_NONE;
        if (byte == ' ')
            key = KEY_PAUSE;
        else if (byte == 'n' || byte == 'N' || byte == '\r' || byte == '\n')
            key = KEY_NEXT;
        else if (byte == 'q' || byte == 'Q')
            key = KEY_QUIT;
        else if (byte == '\033')
            key = read_sequence();
        if (key != KEY_NONE)
            return key;
    }
    return KEY_NONE;
}

bool
keys_continued(void)
{
    bool result = continued != 0;
    continued = 0;
    return result;
}

void
keys_close(void)
{
    if (terminal < 0)
        return;
    if (is_ours())
        tcsetattr(terminal, TCSANOW, &before);
    for (size_t i = 0; i < ENDS; i++)
        sigaction(ends[i], &was[i], NULL);
    sigaction(SIGTSTP, &was_stop, NULL);
    sigaction(SIGCONT, &was_continue, NULL);
    close(terminal);
    terminal = -1;
}
