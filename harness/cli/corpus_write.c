// SPDX-License-Identifier: MIT
/* The cases of `timtape corpus` as files, and what they cover. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/corpus.h"

/* 1: a file of these bytes is there; 0: it is another's. */
static int
same_file(int folder, const char *name, const struct corpus_case *c)
{
    struct stat status;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW), same = 0;
    char *there = NULL;
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (size_t)status.st_size == c->bytes &&
        (there = malloc(c->bytes)) != NULL)
        same = read(fd, there, c->bytes) == (ssize_t)c->bytes && memcmp(there, c->text, c->bytes) == 0;
    free(there);
    if (fd >= 0)
        close(fd);
    return same;
}

/* As private as a tape. A file that could not be written whole does not stay. */
static int
write_case(int folder, const char *name, const struct corpus_case *c)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t done = 0;
    if (fd < 0)
        return -1;
    while (done < c->bytes) {
        ssize_t wrote = write(fd, c->text + done, c->bytes - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            break;
        done += (size_t)wrote;
    }
    int error = errno;
    if (close(fd) == 0 && done == c->bytes)
        return 0;
    unlinkat(folder, name, 0);
    errno = error;
    return -1;
}

int
corpus_write(const struct corpus *corpus, const char *folder, size_t *written, size_t *already,
             struct fault *fault)
{
    *written = *already = 0;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s: cannot create", folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fault_errno(fault, FAULT_CANNOT_RUN, "%s", folder);
    int result = 0;
    for (size_t i = 0; i < corpus->count && result == 0; i++) {
        const struct corpus_case *c = &corpus->cases[i];
        char name[40];
        for (unsigned other = 0;; other++) {
            snprintf(name, sizeof name, other > 0 ? "%016" PRIx64 "-%u.ndjson" : "%016" PRIx64 ".ndjson",
                     c->hash, other);
            if (write_case(fd, name, c) == 0) {
                ++*written;
                break;
            }
            if (errno != EEXIST) {
                result = fault_errno(fault, FAULT_CANNOT_RUN, "%s/%s: cannot write", folder, name);
                break;
            }
            if (same_file(fd, name, c)) {
                ++*already;
                break;
            }
        }
    }
    close(fd);
    return result;
}

/* ---- schema coverage ---- */

struct targets {
    struct mutate_target *list;
    size_t count, room;
};

static int
note_target(struct targets *targets, const struct case_event *event)
{
    for (size_t i = 0; i < targets->count; i++) {
        if (targets->list[i].callback == event->callback && targets->list[i].function == event->function)
            return 0;
    }
    if (targets->count == targets->room) {
        size_t room = targets->room > 0 ? targets->room * 2 : 32;
        struct mutate_target *grown = realloc(targets->list, room * sizeof *grown);
        if (grown == NULL)
            return -1;
        targets->list = grown;
        targets->room = room;
    }
    targets->list[targets->count++] = (struct mutate_target){event->callback, event->function};
    return 0;
}

/* By name: the layout does not depend on the order of the cases. */
static int
by_target(const void *a, const void *b)
{
    const struct mutate_target *left = a, *right = b;
    int order = strcmp(left->callback->name, right->callback->name);
    if (order != 0)
        return order;
    if (left->callback != right->callback)
        return left->callback->id < right->callback->id ? -1 : 1;
    if (left->function == NULL || right->function == NULL)
        return (left->function != NULL) - (right->function != NULL);
    return strcmp(left->function->name, right->function->name);
}

static struct coverage *
make_coverage(struct corpus *corpus, const struct model_profile *profile, struct fault *fault)
{
    struct targets targets = {0};
    int result = 0;
    for (size_t i = 0; i < corpus->count && result == 0; i++) {
        struct fuzz_case c = {0};
        arena_reset(corpus->arena);
        result = case_read(&c, corpus->arena, corpus->cases[i].text, corpus->cases[i].bytes, fault);
        for (size_t k = 0; k < c.count && result == 0; k++)
            result = note_target(&targets, &c.events[k]);
    }
    if (targets.count > 0)
        qsort(targets.list, targets.count, sizeof *targets.list, by_target);
    struct coverage *coverage =
        result == 0 ? coverage_new(targets.list, targets.count, profile, NULL, fault) : NULL;
    free(targets.list);
    return coverage;
}

static unsigned
note_case(struct corpus *corpus, struct coverage *coverage, const struct corpus_case *from)
{
    struct fuzz_case c = {0};
    arena_reset(corpus->arena);
    if (case_read(&c, corpus->arena, from->text, from->bytes, NULL) != 0)
        return 0;
    unsigned news = coverage_note(coverage, &c, corpus->arena);
    arena_use(NULL);
    return news;
}

struct coverage *
corpus_cover(struct corpus *corpus, const struct model_profile *profile, struct fault *fault)
{
    struct coverage *coverage = make_coverage(corpus, profile, fault);
    for (size_t i = 0; coverage != NULL && i < corpus->count; i++)
        note_case(corpus, coverage, &corpus->cases[i]);
    return coverage;
}

static int
by_size(const void *a, const void *b)
{
    const struct corpus_case *left = a, *right = b;
    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? -1 : 1;
    return memcmp(left->text, right->text, left->bytes);
}

static void
keep(struct corpus *corpus, const bool *wanted)
{
    size_t kept = 0;
    for (size_t i = 0; i < corpus->count; i++) {
        if (wanted[i])
            corpus->cases[kept++] = corpus->cases[i];
        else
            free(corpus->cases[i].text);
    }
    corpus->count = kept;
}

/* Takes those away, large ones first, whose variations all others have, too. */
static void
drop_redundant(struct corpus *corpus, struct coverage *coverage, uint32_t *holders, bool *wanted)
{
    for (size_t i = corpus->count; i-- > 0;) {
        size_t count;
        note_case(corpus, coverage, &corpus->cases[i]);
        const uint32_t *slots = coverage_last(coverage, &count);
        bool needed = count == 0;
        for (size_t k = 0; k < count; k++)
            needed = needed || holders[slots[k]] == 1;
        wanted[i] = needed;
        for (size_t k = 0; k < count && !needed; k++)
            holders[slots[k]]--;
    }
}

int
corpus_prune(struct corpus *corpus, const struct model_profile *profile, struct fault *fault)
{
    if (corpus->count == 0)
        return 0;
    struct coverage *coverage = make_coverage(corpus, profile, fault);
    if (coverage == NULL)
        return -1;
    uint64_t covered, all;
    coverage_count(coverage, &covered, &all);
    bool *wanted = calloc(corpus->count, sizeof *wanted);
    uint32_t *holders = calloc((size_t)all + 1, sizeof *holders);
    int result = wanted != NULL && holders != NULL
                     ? 0
                     : fault_set(fault, FAULT_INTERNAL, "no memory for pruning the corpus");
    qsort(corpus->cases, corpus->count, sizeof *corpus->cases, by_size);
    for (size_t i = 0; result == 0 && i < corpus->count; i++)
        wanted[i] = note_case(corpus, coverage, &corpus->cases[i]) > 0;
    if (result == 0) {
        keep(corpus, wanted);
        for (size_t i = 0; i < corpus->count; i++) {
            size_t count;
            note_case(corpus, coverage, &corpus->cases[i]);
            const uint32_t *slots = coverage_last(coverage, &count);
            for (size_t k = 0; k < count; k++)
                holders[slots[k]]++;
        }
        drop_redundant(corpus, coverage, holders, wanted);
        keep(corpus, wanted);
    }
    free(wanted);
    free(holders);
    coverage_free(coverage);
    corpus_sort(corpus);
    return result;
}
