// SPDX-License-Identifier: MIT
/*
 * The audit object (LD_AUDIT): answers the dynamic linker's search for the SDK with our shim, and
 * the shim's search for "libtimtape-behind.so" with the real SDK, or with the stand-in while replaying.
 *
 * It sits in every process below the recorder, in a namespace of its own where a libc would be a second one:
 * so it uses none. No symbol hooks either: la_symbind and la_pltenter would slow the app down. The
 * linker calls us under its lock, one thread at a time.
 */
#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#define PUBLIC __attribute__((visibility("default")))
#define PATH_BYTES 4096
#define BEHIND "libtimtape-behind.so"
#define SDK "libImSDK.so"

#define AT_CWD (-100)
#define READ_CLOEXEC 02000000

static char shim[PATH_BYTES];    /* $TIMTAPE_LIB/libImSDK.so; "": inactive */
static char standin[PATH_BYTES]; /* $TIMTAPE_LIB/standin.so while replaying */
static char sdk[PATH_BYTES];     /* the real one, once the linker came across it */
static const char *renamed;      /* $TIMTAPE_SDK */

#if defined(__x86_64__)
#define MACHINE EM_X86_64
static long
system_call(long number, long a, long b, long c)
{
    long result;
    register long d __asm__("r10") = 0;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(d)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
static long
system_call(long number, long a, long b, long c)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = 0;

    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}
#else
#error "no system calls for this machine"
#endif

static size_t
length(const char *text)
{
    size_t bytes = 0;

    while (text[bytes] != '\0')
        bytes++;
    return bytes;
}

static bool
equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return *a == *b;
}

/* Copies as much as `to` holds; false (and "") if that was not all. */
static bool
join(char *to, const char *first, const char *second)
{
    size_t at = 0;

    for (int part = 0; part < 2; part++)
        for (const char *from = part == 0 ? first : second; *from != '\0'; from++) {
            if (at == PATH_BYTES - 1) {
                to[0] = '\0';
                return false;
            }
            to[at++] = *from;
        }
    to[at] = '\0';
    return true;
}

static const char *
base_name(const char *path)
{
    const char *base = path;

    for (; *path != '\0'; path++)
        if (*path == '/')
            base = path + 1;
    return base;
}

/* The value if `entry` is `name=value`. */
static const char *
variable(const char *entry, const char *name)
{
    while (*name != '\0')
        if (*entry++ != *name++)
            return NULL;
    return *entry == '=' ? entry + 1 : NULL;
}

/* glibc hands main's arguments to constructors; there is no libc here to ask getenv of. */
__attribute__((constructor)) static void
begin(int argc, char **argv, char **environment)
{
    const char *directory = NULL, *score = NULL, *value;

    (void)argc;
    (void)argv;
    for (; environment != NULL && *environment != NULL; environment++) {
        if ((value = variable(*environment, "TIMTAPE_LIB")) != NULL)
            directory = value;
        if ((value = variable(*environment, "TIMTAPE_SCORE")) != NULL)
            score = value;
        if ((value = variable(*environment, "TIMTAPE_SDK")) != NULL && value[0] != '\0')
            renamed = value;
    }
    if (directory == NULL || directory[0] != '/')
        return;
    join(shim, directory, "/" SDK);
    if (score != NULL && score[0] != '\0')
        join(standin, directory, "/standin.so");
}

/* Whether the linker would take this file: one for another machine is passed over in its search. */
static bool
usable(const char *path)
{
    unsigned char header[20];
    long fd = system_call(SYS_openat, AT_CWD, (long)path, READ_CLOEXEC);
    long got;

    if (fd < 0)
        return false;
    got = system_call(SYS_read, fd, (long)header, sizeof header);
    system_call(SYS_close, fd, 0, 0);
    return got == (long)sizeof header && header[0] == 0x7f && header[1] == 'E' && header[2] == 'L' &&
           header[3] == 'F' && header[EI_CLASS] == ELFCLASS64 && header[18] == (MACHINE & 0xff) &&
           header[19] == MACHINE >> 8;
}

PUBLIC unsigned int la_version(unsigned int version);
PUBLIC char *la_objsearch(const char *name, uintptr_t *cookie, unsigned int flag);

unsigned int
la_version(unsigned int version)
{
    return version < LAV_CURRENT ? version : LAV_CURRENT;
}

char *
la_objsearch(const char *name, uintptr_t *cookie, unsigned int flag)
{
    char *same = (char *)(uintptr_t)name;
    const char *base = base_name(name);

    (void)cookie;
    (void)flag;
    if (shim[0] == '\0')
        return same;
    if (equal(name, BEHIND)) {
        char *behind = standin[0] != '\0' ? standin : sdk;

        return behind[0] != '\0' ? behind : same;
    }
    if (!equal(base, SDK) && (renamed == NULL || !equal(base, renamed)))
        return same;
    if (equal(name, shim))
        return same;
    if (standin[0] != '\0')
        return shim; /* nothing of the SDK needs to exist */
    /* A bare name is only the start of a search; every directory's candidate comes past here, too. */
    if (base == name || length(name) >= PATH_BYTES || !usable(name))
        return same;
    join(sdk, name, "");
    return shim;
}
