// SPDX-License-Identifier: MIT
/* Waits on a socket end after a time when the socket says so (SO_RCVTIMEO, SO_SNDTIMEO), not the system call.
 */
#ifndef REPLAY_RUN_QUIET_SOCKET_H
#define REPLAY_RUN_QUIET_SOCKET_H

#include <stdint.h>

/* A blocked system call as /proc/PID/task/TID/syscall shows it: what sets its end ("SO_RCVTIMEO"); NULL when
 * it has none, is on no socket, or the kernel does not let us look (pidfd_getfd, Linux 5.6). */
const char *quiet_socket_option(uint32_t pid, const char *line);

#endif
