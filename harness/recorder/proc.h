// SPDX-License-Identifier: MIT
/* What /proc says about other processes. All of it may be gone any moment: missing is not an error. */
#ifndef RECORDER_PROC_H
#define RECORDER_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Parent and base name of the executable (malloc'd); 0 and NULL when they cannot be had. */
void proc_describe(uint32_t pid, uint32_t *parent, char **program);
/* Calls `found` for every living descendant of this process until it returns true; says whether it did. */
bool proc_descendants(bool (*found)(void *context, pid_t pid), void *context);
/* Whether the process has a file of that path (as /proc/PID/maps spells it) mapped. */
bool proc_maps(pid_t pid, const char *path);

#endif
