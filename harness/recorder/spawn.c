// SPDX-License-Identifier: MIT
#include "recorder/spawn.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A script without "#!" is a shell script: execvp and every shell treat it so. */
static int
spawn_script(char *const argv[], char *const environment[], const posix_spawn_file_actions_t *files,
             pid_t *pid)
{
    size_t count = 0;
    while (argv[count] != NULL)
        count++;
    char **words = calloc(count + 2, sizeof *words);
    if (words == NULL)
        return errno;
    words[0] = (char *)"/bin/sh";
    for (size_t i = 0; i < count; i++)
        words[i + 1] = argv[i];
    int error = posix_spawn(pid, words[0], files, NULL, words, environment);
    free(words);
    return error;
}

static int
spawn(char *const argv[], char *const environment[], const int output[2], pid_t *pid)
{
    posix_spawn_file_actions_t files;
    int error = posix_spawn_file_actions_init(&files);
    if (error != 0)
        return error;
    if (output[0] > 0)
        error = posix_spawn_file_actions_adddup2(&files, output[0], STDOUT_FILENO);
    if (error == 0 && output[1] > 0)
        error = posix_spawn_file_actions_adddup2(&files, output[1], STDERR_FILENO);
    if (error == 0)
        error = posix_spawnp(pid, argv[0], &files, NULL, argv, environment);
    if (error == ENOEXEC && strchr(argv[0], '/') != NULL)
        error = spawn_script(argv, environment, &files, pid);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

int
spawn_app(char *const argv[], char *const environment[], const int output[2], pid_t *pid, int *pidfd,
          struct fault *fault)
{
    int error = spawn(argv, environment, output, pid);
    if (error == 0) {
        /* It is not reaped before us, so its number is still its own. */
        *pidfd = (int)syscall(SYS_pidfd_open, *pid, 0);
        return 0;
    }
    errno = error;
    struct stat status;
    if (error == ENOENT || error == ENOTDIR) {
        if (strchr(argv[0], '/') != NULL && stat(argv[0], &status) == 0)
            return fault_set(
                fault, FAULT_NOT_FOUND,
                "%s: its interpreter (the program behind \"#!\", or the ELF loader) does not exist", argv[0]);
        return fault_set(fault, FAULT_NOT_FOUND, "%s: no such program%s", argv[0],
                         strchr(argv[0], '/') == NULL ? " in PATH" : "");
    }
    if (error == EACCES && stat(argv[0], &status) == 0 && S_ISDIR(status.st_mode))
        return fault_set(fault, FAULT_CANNOT_RUN, "%s: is a folder, not a program", argv[0]);
    return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot run", argv[0]);
}
