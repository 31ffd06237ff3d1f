// SPDX-License-Identifier: MIT
/*
 * The counters: in memory, or in a file that several processes map and add to. A file is 64 bytes of header,
 * the names of places (layout.c), zeros up to a multiple of 4, then one uint32_t in the machine's order per
 * variation.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/coverage/table.h"

#define MAGIC "timtape schema coverage 1\n"
#define MOST_BYTES ((off_t)1 << 30)

struct header {
    char magic[32];
    uint64_t names; /* bytes */
    uint64_t slots;
    uint64_t order; /* 1, as this machine writes it */
    uint64_t zero;
};

static size_t
counters_at(uint64_t names)
{
    return (sizeof(struct header) + (size_t)names + 3) & ~(size_t)3;
}

/* ---- a file that is added to ---- */

static int
write_all(int fd, const void *bytes, size_t count)
{
    for (const char *at = bytes; count > 0;) {
        ssize_t done = write(fd, at, count);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        at += done;
        count -= (size_t)done;
    }
    return 0;
}

static int
begin_file(const struct coverage *coverage, int fd, const char *names, size_t bytes)
{
    struct header header = {.names = bytes, .slots = coverage->slots, .order = 1};
    memcpy(header.magic, MAGIC, sizeof MAGIC);
    off_t whole = (off_t)(counters_at(bytes) + (size_t)coverage->slots * sizeof(uint32_t));
    if (write_all(fd, &header, sizeof header) != 0 || write_all(fd, names, bytes) != 0)
        return -1;
    /* Room is taken now: a full disk would kill the process at a later write to the mapping. */
    errno = posix_fallocate(fd, 0, whole);
    return errno == 0 ? 0 : -1;
}

static int
map_file(struct coverage *coverage, int fd, const char *file, const char *names, size_t bytes,
         struct fault *fault)
{
    size_t at = counters_at(bytes), whole = at + (size_t)coverage->slots * sizeof(uint32_t);
    struct stat status;
    if (fstat(fd, &status) != 0)
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s", file);
    if (!S_ISREG(status.st_mode))
        return fault_set(fault, FAULT_CANNOT_RUN, "%s: not a file", file);
    if (status.st_size == 0 && begin_file(coverage, fd, names, bytes) != 0) {
        fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot write", file);
        return ftruncate(fd, 0) == 0 ? -1 : -1;
    }
    if (status.st_size != 0 && status.st_size != (off_t)whole)
        return fault_set(fault, FAULT_DATA,
                         "%s: made for other callbacks, or by another version of timtape; name another file, "
                         "or remove it",
                         file);
    char *mapped = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot map", file);
    coverage->mapped = mapped;
    coverage->mapped_bytes = whole;
    const struct header *header = (const struct header *)mapped;
    if (memcmp(header->magic, MAGIC, sizeof MAGIC) != 0 || header->names != bytes || header->order != 1 ||
        header->slots != coverage->slots || memcmp(mapped + sizeof *header, names, bytes) != 0)
        return fault_set(fault, FAULT_DATA,
                         "%s: no coverage file of these callbacks and this version of timtape; name another "
                         "file",
                         file);
    coverage->count = (uint32_t *)(mapped + at);
    return 0;
}

static int
use_file(struct coverage *coverage, const char *file, struct fault *fault)
{
    size_t bytes = 0;
    char *names = layout_write(coverage, &bytes);
    if (names == NULL)
        return fault_set(fault, FAULT_INTERNAL, "no memory for the names of schema coverage");
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    int result;
    if (fd < 0 || flock(fd, LOCK_EX) != 0)
        result = fault_errno(fault, FAULT_CANNOT_RUN, "%s", file);
    else
        result = map_file(coverage, fd, file, names, bytes, fault);
    if (fd >= 0)
        close(fd);
    free(names);
    return result;
}

/* ---- made, opened, freed ---- */

static int
make(struct coverage *coverage, const struct mutate_target *targets, size_t ntargets, const char *file,
     struct fault *fault)
{
    coverage->targets = calloc(ntargets + 1, sizeof *targets);
    if (coverage->targets == NULL || ntargets > UINT16_MAX)
        return fault_set(fault, FAULT_INTERNAL, "no memory for schema coverage");
    if (ntargets > 0)
        memcpy(coverage->targets, targets, ntargets * sizeof *targets);
    coverage->ntargets = ntargets;
    if (table_make(coverage, fault) != 0)
        return -1;
    coverage->seen = calloc((size_t)coverage->slots + 1, sizeof *coverage->seen);
    coverage->last_room = coverage->slots;
    coverage->last = calloc((size_t)coverage->slots + 1, sizeof *coverage->last);
    if (file == NULL)
        coverage->count = calloc((size_t)coverage->slots + 1, sizeof *coverage->count);
    else if (use_file(coverage, file, fault) != 0)
        return -1;
    if (coverage->seen == NULL || coverage->last == NULL || coverage->count == NULL)
        return fault_set(fault, FAULT_INTERNAL, "no memory for schema coverage");
    return 0;
}

struct coverage *
coverage_new(const struct mutate_target *targets, size_t ntargets, const struct model_profile *profile,
             const char *file, struct fault *fault)
{
    struct coverage *coverage = calloc(1, sizeof *coverage);
    if (coverage == NULL) {
        fault_set(fault, FAULT_INTERNAL, "no memory for schema coverage");
        return NULL;
    }
    coverage->profile = *profile;
    if (make(coverage, targets, ntargets, file, fault) == 0)
        return coverage;
    coverage_free(coverage);
    return NULL;
}

bool
coverage_is(const char *file)
{
    char magic[sizeof MAGIC] = "";
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = fd >= 0 ? read(fd, magic, sizeof magic) : -1;
    if (fd >= 0)
        close(fd);
    return got == (ssize_t)sizeof magic && memcmp(magic, MAGIC, sizeof magic) == 0;
}

/* Read, not mapped: a file that shrinks would kill the reader. */
static char *
read_file(const char *file, size_t *bytes, struct fault *fault)
{
    struct stat status;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = NULL;
    if (fd < 0 || fstat(fd, &status) != 0)
        fault_errno(fault, errno == ENOENT ? FAULT_NOT_FOUND : FAULT_CANNOT_RUN, "%s", file);
    else if (!S_ISREG(status.st_mode) || status.st_size > MOST_BYTES)
        fault_set(fault, FAULT_DATA, "%s: not a coverage file", file);
    else if ((text = malloc((size_t)status.st_size + 1)) == NULL)
        fault_set(fault, FAULT_INTERNAL, "%s: no memory", file);
    for (*bytes = 0; text != NULL && *bytes < (size_t)status.st_size;) {
        ssize_t got = read(fd, text + *bytes, (size_t)status.st_size - *bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        *bytes += (size_t)got;
    }
    if (fd >= 0)
        close(fd);
    return text;
}

static int
take_file(struct coverage *coverage, const char *file, size_t bytes, struct fault *fault)
{
    struct header header;
    if (bytes < sizeof header)
        return fault_set(fault, FAULT_DATA, "%s: not a coverage file", file);
    memcpy(&header, coverage->names, sizeof header);
    if (memcmp(header.magic, MAGIC, sizeof MAGIC) != 0 || header.order != 1)
        return fault_set(fault, FAULT_DATA, "%s: not a coverage file of this kind of machine", file);
    if (header.names > bytes || header.slots > TABLE_MOST_SLOTS ||
        bytes != counters_at(header.names) + (size_t)header.slots * sizeof(uint32_t))
        return fault_set(fault, FAULT_DATA, "%s: cut short, or damaged", file);
    if (layout_read(coverage, coverage->names + sizeof header, (size_t)header.names, file, fault) != 0)
        return -1;
    if (coverage->slots != header.slots)
        return fault_set(fault, FAULT_DATA, "%s: its names and its counters do not agree; it is damaged",
                         file);
    coverage->count = calloc((size_t)header.slots + 1, sizeof *coverage->count);
    if (coverage->count == NULL)
        return fault_set(fault, FAULT_INTERNAL, "%s: no memory", file);
    memcpy(coverage->count, coverage->names + counters_at(header.names),
           (size_t)header.slots * sizeof(uint32_t));
    return 0;
}

struct coverage *
coverage_open(const char *file, struct fault *fault)
{
    size_t bytes = 0;
    char *text = read_file(file, &bytes, fault);
    struct coverage *coverage = text != NULL ? calloc(1, sizeof *coverage) : NULL;
    if (coverage == NULL) {
        if (text != NULL)
            fault_set(fault, FAULT_INTERNAL, "%s: no memory", file);
        free(text);
        return NULL;
    }
    coverage->names = text;
    if (take_file(coverage, file, bytes, fault) == 0)
        return coverage;
    coverage_free(coverage);
    return NULL;
}

void
coverage_free(struct coverage *coverage)
{
    if (coverage == NULL)
        return;
    for (uint32_t i = 0; coverage->names == NULL && i < coverage->nplaces; i++)
        free((char *)coverage->rows[i].path);
    if (coverage->mapped != NULL)
        munmap(coverage->mapped, coverage->mapped_bytes);
    else
        free(coverage->count);
    free(coverage->names);
    free(coverage->targets);
    free(coverage->rows);
    free(coverage->places);
    free(coverage->children);
    free(coverage->values);
    free(coverage->roots);
    free(coverage->last);
    free(coverage->seen);
    free(coverage);
}

void
coverage_count(const struct coverage *coverage, uint64_t *covered, uint64_t *all)
{
    *covered = 0;
    *all = coverage->slots;
    for (uint32_t i = 0; i < coverage->slots; i++)
        *covered += __atomic_load_n(&coverage->count[i], __ATOMIC_RELAXED) != 0;
}

void
coverage_also(struct coverage *coverage, unsigned char *counters, size_t count)
{
    coverage->also = counters;
    coverage->also_count = count;
}
