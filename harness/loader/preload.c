// SPDX-License-Identifier: MIT
/*
 * The fallback (LD_PRELOAD), linked together with the shim: linked apps bind to the shim's functions
 * because preloaded objects come first; for apps that use dlsym, dlsym is ours, too.
 *
 * Both entry points are tail jumps in assembly: libc finds the calling object by the return
 * address (RTLD_NEXT, RUNPATH), so our frame must be gone when the real one runs.
 * The SDK's own calls do not come by here: none of its relocations names a declared function (seen
 * in 8.0.5906, 2.0.2 and 1.4.10-2).
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "shim/inside.h"

#define PUBLIC __attribute__((visibility("default")))
#define HIDDEN __attribute__((visibility("hidden"), used))
#define PATH_BYTES 4096

/* What the assembly below jumps to, and asks first. */
HIDDEN void *preload_real[2]; /* dlsym, dlopen */
HIDDEN void *preload_dlsym(void *handle, const char *name);
HIDDEN const char *preload_dlopen(const char *path);

static void *_Atomic own; /* a handle of this library, for the wrappers' addresses */
static char standin[PATH_BYTES];
static _Atomic int ready;

#if defined(__x86_64__)
__asm__(".text\n"
        ".globl dlsym\n.type dlsym,@function\n"
        "dlsym:\n"
        "  .cfi_startproc\n"
        "  endbr64\n"
        "  push %rdi\n  .cfi_adjust_cfa_offset 8\n"
        "  push %rsi\n  .cfi_adjust_cfa_offset 8\n"
        "  sub $8, %rsp\n  .cfi_adjust_cfa_offset 8\n"
        "  call preload_dlsym\n"
        "  add $8, %rsp\n  .cfi_adjust_cfa_offset -8\n"
        "  pop %rsi\n  .cfi_adjust_cfa_offset -8\n"
        "  pop %rdi\n  .cfi_adjust_cfa_offset -8\n"
        "  test %rax, %rax\n"
        "  jnz 1f\n"
        "  jmp *preload_real(%rip)\n"
        "1:ret\n"
        "  .cfi_endproc\n"
        ".size dlsym,.-dlsym\n"
        ".globl dlopen\n.type dlopen,@function\n"
        "dlopen:\n"
        "  .cfi_startproc\n"
        "  endbr64\n"
        "  push %rsi\n  .cfi_adjust_cfa_offset 8\n"
        "  call preload_dlopen\n"
        "  pop %rsi\n  .cfi_adjust_cfa_offset -8\n"
        "  mov %rax, %rdi\n"
        "  jmp *8+preload_real(%rip)\n"
        "  .cfi_endproc\n"
        ".size dlopen,.-dlopen\n");
#elif defined(__aarch64__)
__asm__(
    ".text\n"
    ".globl dlsym\n.type dlsym,%function\n"
    "dlsym:\n"
    "  .cfi_startproc\n"
    "  hint #34\n" /* bti c */
    "  stp x29, x30, [sp, #-32]!\n  .cfi_def_cfa_offset 32\n  .cfi_offset 29, -32\n  .cfi_offset 30, -24\n"
    "  stp x0, x1, [sp, #16]\n"
    "  bl preload_dlsym\n"
    "  mov x9, x0\n"
    "  ldp x0, x1, [sp, #16]\n"
    "  ldp x29, x30, [sp], #32\n  .cfi_def_cfa_offset 0\n  .cfi_restore 29\n  .cfi_restore 30\n"
    "  cbnz x9, 1f\n"
    "  adrp x16, preload_real\n"
    "  ldr x16, [x16, :lo12:preload_real]\n"
    "  br x16\n"
    "1:mov x0, x9\n"
    "  ret\n"
    "  .cfi_endproc\n"
    ".size dlsym,.-dlsym\n"
    ".globl dlopen\n.type dlopen,%function\n"
    "dlopen:\n"
    "  .cfi_startproc\n"
    "  hint #34\n"
    "  stp x29, x30, [sp, #-32]!\n  .cfi_def_cfa_offset 32\n  .cfi_offset 29, -32\n  .cfi_offset 30, -24\n"
    "  str x1, [sp, #16]\n"
    "  bl preload_dlopen\n"
    "  ldr x1, [sp, #16]\n"
    "  ldp x29, x30, [sp], #32\n  .cfi_def_cfa_offset 0\n  .cfi_restore 29\n  .cfi_restore 30\n"
    "  adrp x16, preload_real\n"
    "  add x16, x16, :lo12:preload_real\n"
    "  ldr x16, [x16, #8]\n"
    "  br x16\n"
    "  .cfi_endproc\n"
    ".size dlopen,.-dlopen\n");
#else
#error "no entry points for this machine"
#endif

/* Other constructors may call dlsym before ours ran; finding the same values twice is harmless. */
static void
prepare(void)
{
    const char *directory, *score;

    if (ready)
        return;
    for (int i = 0; i < 2; i++) {
        const char *name = i == 0 ? "dlsym" : "dlopen";
        void *found = dlvsym(RTLD_NEXT, name, "GLIBC_2.34");

        if (found == NULL)
            found = dlvsym(RTLD_NEXT, name, "GLIBC_2.2.5");
        if (found == NULL)
            found = dlvsym(RTLD_NEXT, name, "GLIBC_2.17"); /* the oldest on aarch64 */
        preload_real[i] = found;
    }
    directory = getenv("TIMTAPE_LIB");
    score = getenv("TIMTAPE_SCORE");
    if (directory != NULL && score != NULL && directory[0] == '/' && score[0] != '\0' &&
        strlen(directory) + sizeof "/standin.so" <= sizeof standin) {
        strcpy(standin, directory);
        strcat(standin, "/standin.so");
    }
    ready = 1;
}

void *
loader_dlsym(void *handle, const char *name)
{
    prepare();
    return ((void *(*)(void *, const char *))(uintptr_t)preload_real[0])(handle, name);
}

static void *
own_handle(void)
{
    void *handle = own;
    Dl_info info;

    if (handle == NULL && dladdr((void *)&own, &info) != 0)
        own = handle = ((void *(*)(const char *, int))(uintptr_t)preload_real[1])(info.dli_fname,
                                                                                  RTLD_NOLOAD | RTLD_LAZY);
    return handle;
}

/* Our wrapper, if the app asks a handle for a function that this handle has. NULL: let libc answer. */
void *
preload_dlsym(void *handle, const char *name)
{
    const struct api_entry *entry;
    int saved = errno;
    void *real, *wrapper = NULL;

    prepare();
    if (name == NULL || handle == RTLD_DEFAULT || handle == RTLD_NEXT)
        return NULL; /* the search order does it */
    entry = api_find(name);
    if (entry == NULL || entry->kind == API_CALLBACK)
        return NULL;
    real = loader_dlsym(handle, name);
    if (real == NULL || own_handle() == NULL) {
        errno = saved;
        return NULL;
    }
    wrapper = loader_dlsym(own, name);
    if (real != wrapper)
        behind_found(handle);
    errno = saved;
    return wrapper;
}

static bool
is_sdk(const char *path)
{
    const char *base = strrchr(path, '/'), *renamed = getenv("TIMTAPE_SDK");

    base = base != NULL ? base + 1 : path;
    return strcmp(base, api_sdk.library) == 0 || (renamed != NULL && strcmp(base, renamed) == 0);
}

const char *
preload_dlopen(const char *path)
{
    prepare();
    return path != NULL && standin[0] != '\0' && is_sdk(path) ? standin : path;
}
