// SPDX-License-Identifier: MIT
/*
 * What the plan has to know about an ELF file. The file may be anything: every offset in it is checked.
 */
#ifndef LOADER_ELF_H
#define LOADER_ELF_H

#include <limits.h>
#include <stdbool.h>

#define ELF_NEEDED 64

struct loader_elf {
    bool ours;    /* 64 bit, our machine */
    int bits;     /* 32 or 64 */
    int machine;  /* EM_* */
    bool dynamic; /* has an interpreter: the dynamic linker runs */
    bool linker;  /* no interpreter but dynamic: static-pie, or the dynamic linker itself */
    char interpreter[PATH_MAX];
    unsigned needed_count;
    char needed[ELF_NEEDED][256];
    char runpath[PATH_MAX]; /* DT_RUNPATH, else DT_RPATH */
    bool tsan, asan;        /* runtime of a sanitizer, shared or linked in */
};

/* 1: filled; 0: not an ELF file; -1: cannot be read (errno). */
int loader_elf_read(const char *path, struct loader_elf *elf);

#endif
