// SPDX-License-Identifier: MIT
#include "replay/run/quiet_socket.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

/* System calls that may wait for a socket, their first argument; and the option that ends the wait. */
static const struct {
    long number;
    bool sends;
} calls[] = {
    {SYS_read, false},   {SYS_readv, false},   {SYS_recvfrom, false}, {SYS_recvmsg, false},
    {SYS_accept, false}, {SYS_accept4, false}, {SYS_recvmmsg, false}, {SYS_write, true},
    {SYS_writev, true},  {SYS_sendto, true},   {SYS_sendmsg, true},   {SYS_sendmmsg, true},
    {SYS_connect, true},
};

static bool
has_end(uint32_t pid, unsigned long long number, bool sends)
{
    struct timeval end = {0};
    socklen_t bytes = sizeof end;
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    int fd = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, (int)number, 0);
    bool has = fd >= 0 && getsockopt(fd, SOL_SOCKET, sends ? SO_SNDTIMEO : SO_RCVTIMEO, &end, &bytes) == 0 &&
               (end.tv_sec != 0 || end.tv_usec != 0);
    if (fd >= 0)
        close(fd);
    if (process >= 0)
        close(process);
    return has;
}

const char *
quiet_socket_option(uint32_t pid, const char *line)
{
    long number;
    unsigned long long fd;
    if (sscanf(line, "%ld %llx", &number, &fd) != 2)
        return NULL;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (calls[i].number == number)
            return !has_end(pid, fd, calls[i].sends) ? NULL : calls[i].sends ? "SO_SNDTIMEO" : "SO_RCVTIMEO";
    }
    return NULL;
}
