// SPDX-License-Identifier: MIT
/*
 * Decides by looking at the program's file: an audit object wherever the dynamic linker runs ours well,
 * preload where it does not, and a clear word where neither can work.
 */
#include "loader/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "api/api.h"
#include "loader/elf.h"

#define SCRIPTS 5 /* an interpreter may be a script again; the kernel stops here, too */

static void __attribute__((format(printf, 2, 3))) note(struct loader_plan *plan, const char *format, ...)
{
    size_t at = strlen(plan->notes);
    va_list arguments;

    va_start(arguments, format);
    int written = vsnprintf(plan->notes + at, sizeof plan->notes - at, format, arguments);
    va_end(arguments);
    if (written < 0 || (size_t)written + 1 >= sizeof plan->notes - at)
        plan->notes[at] = '\0';
    else
        strcat(plan->notes, "\n");
}

static void __attribute__((format(printf, 3, 4)))
answer(struct loader_plan *plan, enum loader_way way, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(plan->reason, sizeof plan->reason, format, arguments);
    va_end(arguments);
    plan->way = way;
}

const char *
loader_way_name(enum loader_way way)
{
    static const char *const names[] = {"auto", "audit", "preload", "none"};

    return names[way];
}

bool
loader_way_parse(const char *word, enum loader_way *way)
{
    for (enum loader_way candidate = LOADER_AUTO; candidate < LOADER_IMPOSSIBLE; candidate++)
        if (strcmp(word, loader_way_name(candidate)) == 0) {
            *way = candidate;
            return true;
        }
    return false;
}

int
loader_directory(char *path, size_t size, struct fault *fault)
{
    static const char *const places[] = {"lib/timtape", "../lib/timtape"};
    const char *given = getenv("TIMTAPE_LIB");
    char own[PATH_MAX], candidate[PATH_MAX + 32], resolved[PATH_MAX];

    if (given != NULL && given[0] == '/') {
        if ((size_t)snprintf(path, size, "%s", given) < size)
            return 0;
        return fault_set(fault, FAULT_USAGE, "TIMTAPE_LIB is too long a path");
    }
    ssize_t bytes = readlink("/proc/self/exe", own, sizeof own - 1);
    if (bytes < 0)
        return fault_errno(fault, FAULT_INTERNAL, "cannot find out where timtape is; set TIMTAPE_LIB");
    own[bytes] = '\0';
    *strrchr(own, '/') = '\0';
    for (unsigned i = 0; i < 2; i++) {
        snprintf(candidate, sizeof candidate, "%s/%s", own, places[i]);
        if (realpath(candidate, resolved) != NULL && (size_t)snprintf(path, size, "%s", resolved) < size)
            return 0;
    }
    return fault_set(fault, FAULT_INTERNAL,
                     "timtape's own libraries (lib/timtape) are not beside %s; reinstall, or set TIMTAPE_LIB",
                     own);
}

/* ---- the program's file ------------------------------------------------------------------------------ */

/* 0: can be executed; else errno. */
static int
executable(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return errno;
    if (!S_ISREG(status.st_mode))
        return EACCES;
    return access(path, X_OK) == 0 ? 0 : errno;
}

/* As execvp: a name with a slash is a path, others are looked for in PATH. Returns 0 or errno. */
static int
look_up(const char *program, char *path)
{
    const char *list = getenv("PATH");
    int result = ENOENT;

    if (program[0] == '\0')
        return ENOENT;
    if (strchr(program, '/') != NULL) {
        if (strlen(program) >= PATH_MAX)
            return ENAMETOOLONG;
        strcpy(path, program);
        return executable(path);
    }
    if (list == NULL)
        list = "/bin:/usr/bin";
    for (;;) {
        size_t bytes = strcspn(list, ":");
        int problem;

        if (snprintf(path, PATH_MAX, "%.*s%s%s", (int)bytes, list, bytes > 0 ? "/" : "", program) <
            PATH_MAX) {
            problem = executable(path);
            if (problem == 0)
                return 0;
            if (problem == EACCES)
                result = EACCES; /* found one that may not run: say that if there is no other */
        }
        if (list[bytes] == '\0')
            return result;
        list += bytes + 1;
    }
}

static int
look_up_fault(const char *program, int problem, struct fault *fault)
{
    if (problem == ENOENT || problem == ENOTDIR)
        return fault_set(fault, FAULT_NOT_FOUND, "%s: no such program%s", program,
                         strchr(program, '/') == NULL ? " in PATH" : "");
    errno = problem;
    return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot be run", program);
}

/* The interpreter of a script and its first argument, from its first line; false if it is none. */
static bool
script_line(const char *path, char *interpreter, size_t size, char *argument, size_t argument_size)
{
    char line[512];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd >= 0 ? read(fd, line, sizeof line - 1) : -1;

    if (fd >= 0)
        close(fd);
    if (bytes < 2 || line[0] != '#' || line[1] != '!')
        return false;
    line[bytes] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char *at = line + 2 + strspn(line + 2, " \t"), *end = at + strcspn(at, " \t");
    char *rest = end + strspn(end, " \t");
    *end = '\0';
    snprintf(interpreter, size, "%s", at);
    snprintf(argument, argument_size, "%s", rest);
    return true;
}

/* `env [-S] [NAME=VALUE...] program ...`: what it will run. */
static const char *
env_program(char *argument)
{
    for (char *word = strtok(argument, " \t"); word != NULL; word = strtok(NULL, " \t"))
        if (word[0] != '-' && strchr(word, '=') == NULL)
            return word;
    return NULL;
}

/* Follows scripts to the ELF file that runs in the end. 1: `elf` filled; 0: none, reason given. */
static int
find_image(struct loader_plan *plan, struct loader_elf *elf, struct fault *fault)
{
    strcpy(plan->image, plan->program);
    for (int depth = 0; depth < SCRIPTS; depth++) {
        char interpreter[512], argument[512];
        const char *base, *word;
        int read = loader_elf_read(plan->image, elf);

        if (read == 1)
            return 1;
        if (read < 0) {
            if (errno != EACCES)
                return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot be read", plan->image);
            answer(plan, LOADER_AUDIT, "%s may be run but not read; trying the usual way", plan->image);
            return 0;
        }
        if (!script_line(plan->image, interpreter, sizeof interpreter, argument, sizeof argument)) {
            strcpy(interpreter, "/bin/sh"); /* as execvp does with what the kernel does not know */
            argument[0] = '\0';
        }
        plan->script = true;
        int problem = executable(interpreter);
        if (problem != 0) {
            errno = problem;
            return fault_errno(fault, problem == ENOENT ? FAULT_NOT_FOUND : FAULT_CANNOT_RUN,
                               "%s: its interpreter %s cannot be run", plan->image, interpreter);
        }
        note(plan, "%s is a script, run by %s", plan->image, interpreter);
        base = strrchr(interpreter, '/');
        snprintf(plan->image, sizeof plan->image, "%s", interpreter);
        if (base != NULL && strcmp(base, "/env") == 0 && (word = env_program(argument)) != NULL) {
            char path[PATH_MAX];

            problem = look_up(word, path);
            if (problem != 0)
                return look_up_fault(word, problem, fault);
            strcpy(plan->image, path);
        }
    }
    return fault_set(fault, FAULT_CANNOT_RUN, "%s: scripts run by scripts, too deep", plan->program);
}

/* ---- how the linker would find the SDK ------------------------------------------------------------- */

static bool
try_directory(struct loader_plan *plan, const char *directory, size_t bytes, const char *name)
{
    char path[PATH_MAX], origin[PATH_MAX];
    const char *rest = NULL;

    if (bytes >= 7 && strncmp(directory, "$ORIGIN", 7) == 0)
        rest = directory + 7;
    else if (bytes >= 9 && strncmp(directory, "${ORIGIN}", 9) == 0)
        rest = directory + 9;
    if (rest != NULL) {
        if (realpath(plan->image, origin) == NULL)
            return false;
        *strrchr(origin, '/') = '\0';
        if (snprintf(path, sizeof path, "%s%.*s/%s", origin, (int)(bytes - (size_t)(rest - directory)), rest,
                     name) >= PATH_MAX)
            return false;
    } else if (snprintf(path, sizeof path, "%.*s%s%s", (int)bytes, directory, bytes > 0 ? "/" : "", name) >=
               PATH_MAX) {
        return false;
    }
    if (access(path, R_OK) != 0)
        return false;
    strcpy(plan->sdk, path);
    return true;
}

static bool
try_list(struct loader_plan *plan, const char *list, const char *name)
{
    while (list != NULL && *list != '\0') {
        size_t bytes = strcspn(list, ":;");

        if (try_directory(plan, list, bytes, name))
            return true;
        list += bytes + (list[bytes] != '\0');
    }
    return false;
}

static void
find_sdk(struct loader_plan *plan, const struct loader_elf *elf)
{
    const char *renamed = getenv("TIMTAPE_SDK");

    for (unsigned i = 0; i < elf->needed_count && !plan->linked; i++) {
        const char *name = elf->needed[i], *base = strrchr(name, '/');

        base = base != NULL ? base + 1 : name;
        if (strcmp(base, api_sdk.library) != 0 && (renamed == NULL || strcmp(base, renamed) != 0))
            continue;
        plan->linked = true;
        if (base != name) {
            if (access(name, R_OK) == 0)
                snprintf(plan->sdk, sizeof plan->sdk, "%s", name);
        } else if (!try_list(plan, getenv("LD_LIBRARY_PATH"), name) && !try_list(plan, elf->runpath, name)) {
            try_list(plan,
                     "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib/aarch64-linux-gnu:"
                     "/usr/lib/aarch64-linux-gnu:/usr/local/lib:/lib64:/usr/lib64:/lib:/usr/lib",
                     name);
        }
    }
}

/* ---- the decision ------------------------------------------------------------------------------------ */

/* The kernel then tells the dynamic linker to ignore our variables. */
static bool
secure(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return false;
    if ((status.st_mode & S_ISUID) != 0 && status.st_uid != getuid())
        return true;
    if ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0 && status.st_gid != getgid())
        return true;
    return getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

/* Reasons why neither way can work. */
static bool
unreachable(struct loader_plan *plan, const struct loader_elf *elf)
{
    if (!elf->ours && elf->bits == 32)
        answer(plan, LOADER_IMPOSSIBLE, "%s is a 32-bit program; only 64-bit ones can be recorded",
               plan->image);
    else if (!elf->ours)
        answer(plan, LOADER_IMPOSSIBLE, "%s is built for another processor (ELF machine %d)", plan->image,
               elf->machine);
    else if (!elf->dynamic)
        answer(plan, LOADER_IMPOSSIBLE,
               "%s is linked statically: no dynamic linker runs that could load our library", plan->image);
    else if (strstr(elf->interpreter, "ld-musl") != NULL)
        answer(plan, LOADER_IMPOSSIBLE, "%s is built for musl libc; our libraries need glibc", plan->image);
    else if (secure(plan->image) || (!plan->script && secure(plan->program)))
        answer(
            plan, LOADER_IMPOSSIBLE,
            "%s runs with more rights than its caller (setuid, setgid or capabilities), and the dynamic "
            "linker "
            "ignores LD_AUDIT and LD_PRELOAD then; record it as its own user, from a copy without these bits",
            plan->image);
    else
        return false;
    return true;
}

static void
decide(struct loader_plan *plan, const struct loader_elf *elf)
{
    int major = 0, minor = 0;
    bool tsan = elf->tsan;

    for (unsigned i = 0; i < elf->needed_count; i++) {
        tsan = tsan || strncmp(elf->needed[i], "libtsan.so", 10) == 0;
        plan->asan_shared = plan->asan_shared || strncmp(elf->needed[i], "libasan.so", 10) == 0;
    }
    sscanf(gnu_get_libc_version(), "%d.%d", &major, &minor);
    if (tsan)
        answer(plan, LOADER_PRELOAD, "it is built with ThreadSanitizer, which does not start under LD_AUDIT");
    else if (major == 2 && minor < 35)
        answer(plan, LOADER_PRELOAD, "glibc %d.%d slows down every call between libraries under LD_AUDIT",
               major, minor);
    else
        answer(plan, LOADER_AUDIT, "an audit object reaches every way of binding and dlopen");
}

int
loader_plan(const char *program, enum loader_way wanted, bool replaying, const char *directory,
            struct loader_plan *plan, struct fault *fault)
{
    struct loader_elf *elf;
    int problem, found;

    memset(plan, 0, sizeof *plan);
    problem = look_up(program, plan->program);
    if (problem != 0)
        return look_up_fault(program, problem, fault);
    elf = malloc(sizeof *elf);
    if (elf == NULL)
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    found = find_image(plan, elf, fault);
    if (found == 1) {
        find_sdk(plan, elf);
        if (!unreachable(plan, elf)) {
            decide(plan, elf);
            if (wanted != LOADER_AUTO && wanted != plan->way)
                answer(plan, wanted, "asked for (%s would be the choice)", loader_way_name(plan->way));
        }
        if (plan->linked && plan->sdk[0] != '\0')
            note(plan, "linked against the SDK, found at %s", plan->sdk);
        else if (plan->linked && !replaying)
            note(plan,
                 "linked against the SDK, but it is in none of the usual places; is LD_LIBRARY_PATH set?");
        else if (!plan->linked)
            note(plan, "not linked against the SDK; it may load it with dlopen");
    } else if (found == 0 && wanted != LOADER_AUTO) {
        plan->way = wanted;
    }
    free(elf);
    if (found < 0)
        return -1;
    if (strpbrk(directory, plan->way == LOADER_PRELOAD ? ": " : ":") != NULL)
        return fault_set(fault, FAULT_CANNOT_RUN,
                         "%s: the dynamic linker cannot take a path with a colon or space; move timtape",
                         directory);
    return 0;
}
