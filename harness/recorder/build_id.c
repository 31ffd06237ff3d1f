// SPDX-License-Identifier: MIT
#include "recorder/build_id.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MOST_NOTES 65536u

static bool
read_at(int fd, void *data, size_t bytes, uint64_t offset)
{
    return pread(fd, data, bytes, (off_t)offset) == (ssize_t)bytes;
}

/* Looks through one note segment. */
static int
find_note(int fd, uint64_t offset, uint64_t bytes, char *hex)
{
    for (uint64_t at = 0; at + sizeof(Elf64_Nhdr) <= bytes && bytes <= MOST_NOTES;) {
        Elf64_Nhdr note;
        unsigned char name[4], id[BUILD_ID_BYTES];
        if (!read_at(fd, &note, sizeof note, offset + at))
            return -1;
        uint64_t name_at = at + sizeof note, id_at = name_at + ((note.n_namesz + 3ull) & ~3ull);
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof name && note.n_descsz > 0 &&
            note.n_descsz <= sizeof id && read_at(fd, name, sizeof name, offset + name_at) &&
            memcmp(name, "GNU", 4) == 0 && read_at(fd, id, note.n_descsz, offset + id_at)) {
            for (unsigned i = 0; i < note.n_descsz; i++)
                snprintf(hex + (size_t)2 * i, 3, "%02x", id[i]);
            return 0;
        }
        at = id_at + ((note.n_descsz + 3ull) & ~3ull);
    }
    return -1;
}

int
build_id_read(const char *path, char *hex)
{
    Elf64_Ehdr head;
    int result = -1, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (read_at(fd, &head, sizeof head, 0) && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
        head.e_ident[EI_CLASS] == ELFCLASS64 && head.e_phentsize == sizeof(Elf64_Phdr)) {
        for (unsigned i = 0; i < head.e_phnum && result != 0; i++) {
            Elf64_Phdr segment;
            if (!read_at(fd, &segment, sizeof segment, head.e_phoff + i * sizeof segment))
                break;
            if (segment.p_type == PT_NOTE)
                result = find_note(fd, segment.p_offset, segment.p_filesz, hex);
        }
    }
    close(fd);
    return result;
}
