// SPDX-License-Identifier: MIT
/*
 * Reads the parts of an ELF file that decide how its program can be reached.
 */
#include "loader/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#endif

struct file {
    const uint8_t *data;
    size_t bytes;
    Elf64_Ehdr header;
};

static bool
file_has(const struct file *file, uint64_t offset, uint64_t bytes)
{
    return offset <= file->bytes && bytes <= file->bytes - offset;
}

static bool
program_header(const struct file *file, unsigned index, Elf64_Phdr *header)
{
    uint64_t offset = file->header.e_phoff + (uint64_t)index * sizeof *header;

    if (file->header.e_phentsize != sizeof *header || !file_has(file, offset, sizeof *header))
        return false;
    memcpy(header, file->data + offset, sizeof *header);
    return true;
}

/* File offset of a virtual address, or UINT64_MAX. */
static uint64_t
address_offset(const struct file *file, uint64_t address)
{
    for (unsigned i = 0; i < file->header.e_phnum; i++) {
        Elf64_Phdr header;

        if (program_header(file, i, &header) && header.p_type == PT_LOAD && address >= header.p_vaddr &&
            address - header.p_vaddr < header.p_filesz)
            return header.p_offset + (address - header.p_vaddr);
    }
    return UINT64_MAX;
}

static void
copy_text(char *to, size_t size, const char *from, size_t most)
{
    size_t bytes = strnlen(from, most);

    if (bytes >= size)
        bytes = 0; /* a name cut short would be another name */
    memcpy(to, from, bytes);
    to[bytes] = '\0';
}

struct dynamic {
    const char *strings;
    uint64_t strings_bytes;
};

/* Entries of the dynamic section; `visit` sees each. */
static void
dynamic_each(const struct file *file, const Elf64_Phdr *segment,
             void (*visit)(const struct file *, const Elf64_Dyn *, struct dynamic *, struct loader_elf *),
             struct dynamic *dynamic, struct loader_elf *elf)
{
    if (!file_has(file, segment->p_offset, segment->p_filesz))
        return;
    for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= segment->p_filesz; at += sizeof(Elf64_Dyn)) {
        Elf64_Dyn entry;

        memcpy(&entry, file->data + segment->p_offset + at, sizeof entry);
        if (entry.d_tag == DT_NULL)
            return;
        visit(file, &entry, dynamic, elf);
    }
}

static void
find_strings(const struct file *file, const Elf64_Dyn *entry, struct dynamic *dynamic, struct loader_elf *elf)
{
    (void)elf;
    if (entry->d_tag == DT_STRTAB) {
        uint64_t offset = address_offset(file, entry->d_un.d_ptr);

        if (offset < file->bytes)
            dynamic->strings = (const char *)file->data + offset;
    }
    if (entry->d_tag == DT_STRSZ)
        dynamic->strings_bytes = entry->d_un.d_val;
}

static void
read_entry(const struct file *file, const Elf64_Dyn *entry, struct dynamic *dynamic, struct loader_elf *elf)
{
    const char *text;
    size_t most;

    (void)file;
    if (entry->d_tag != DT_NEEDED && entry->d_tag != DT_RPATH && entry->d_tag != DT_RUNPATH)
        return;
    if (entry->d_un.d_val >= dynamic->strings_bytes)
        return;
    text = dynamic->strings + entry->d_un.d_val;
    most = dynamic->strings_bytes - entry->d_un.d_val;
    if (entry->d_tag == DT_NEEDED && elf->needed_count < ELF_NEEDED)
        copy_text(elf->needed[elf->needed_count++], sizeof elf->needed[0], text, most);
    if (entry->d_tag == DT_RUNPATH || (entry->d_tag == DT_RPATH && elf->runpath[0] == '\0'))
        copy_text(elf->runpath, sizeof elf->runpath, text, most);
}

static void
read_segments(const struct file *file, struct loader_elf *elf)
{
    Elf64_Phdr segment;

    for (unsigned i = 0; i < file->header.e_phnum; i++) {
        if (!program_header(file, i, &segment))
            return;
        if (segment.p_type == PT_INTERP && file_has(file, segment.p_offset, segment.p_filesz)) {
            elf->dynamic = true;
            copy_text(elf->interpreter, sizeof elf->interpreter, (const char *)file->data + segment.p_offset,
                      segment.p_filesz);
        }
        if (segment.p_type == PT_DYNAMIC) {
            struct dynamic dynamic = {NULL, 0};

            elf->linker = true;
            dynamic_each(file, &segment, find_strings, &dynamic, elf);
            if (dynamic.strings == NULL)
                continue;
            size_t rest = file->bytes - (size_t)((const uint8_t *)dynamic.strings - file->data);
            if (dynamic.strings_bytes > rest)
                dynamic.strings_bytes = rest;
            dynamic_each(file, &segment, read_entry, &dynamic, elf);
            /* A runtime that was linked in exports its entry points. */
            elf->tsan = memmem(dynamic.strings, dynamic.strings_bytes, "\0__tsan_init", 13) != NULL;
            elf->asan = memmem(dynamic.strings, dynamic.strings_bytes, "\0__asan_init", 13) != NULL;
        }
    }
    elf->linker = elf->linker && !elf->dynamic;
}

int
loader_elf_read(const char *path, struct loader_elf *elf)
{
    struct stat status;
    struct file file = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), saved;

    memset(elf, 0, sizeof *elf);
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < EI_NIDENT + 4) {
        close(fd);
        return 0;
    }
    file.bytes = (size_t)status.st_size;
    void *map = mmap(NULL, file.bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    saved = errno;
    close(fd);
    if (map == MAP_FAILED) {
        errno = saved;
        return -1;
    }
    file.data = map;
    if (memcmp(file.data, ELFMAG, SELFMAG) != 0) {
        munmap(map, file.bytes);
        return 0;
    }
    elf->bits = file.data[EI_CLASS] == ELFCLASS64 ? 64 : 32;
    elf->machine = file.data[18] | file.data[19] << 8;
    elf->ours = elf->bits == 64 && elf->machine == MACHINE && file_has(&file, 0, sizeof file.header);
    if (elf->ours) {
        memcpy(&file.header, file.data, sizeof file.header);
        read_segments(&file, elf);
    }
    munmap(map, file.bytes);
    return 1;
}
