// SPDX-License-Identifier: MIT
/* Which tapes a folder has, and the app's command line for each. */
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "replay/batch/many.h"

static int
by_name(const FTSENT **one, const FTSENT **other)
{
    return strcmp((*one)->fts_name, (*other)->fts_name);
}

static bool
ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name), want = strlen(ending);
    return length > want && strcmp(name + length - want, ending) == 0;
}

static bool
is_tape(const FTSENT *entry)
{
    struct stat status;
    if (entry->fts_name[0] == '.' ||
        (!ends_with(entry->fts_name, ".tape") && !ends_with(entry->fts_name, ".ndjson")))
        return false;
    /* A link to a tape is one, too. */
    return entry->fts_info == FTS_F ||
           (entry->fts_info == FTS_SL && stat(entry->fts_path, &status) == 0 && S_ISREG(status.st_mode));
}

struct found {
    struct many_case *cases;
    size_t count, room;
};

static int
add(struct found *found, const char *path, struct fault *fault)
{
    if (found->count == found->room) {
        size_t room = found->room == 0 ? 64 : 2 * found->room;
        struct many_case *cases = realloc(found->cases, room * sizeof *cases);
        if (cases == NULL)
            return fault_errno(fault, FAULT_INTERNAL, "the list of tapes");
        found->cases = cases;
        found->room = room;
    }
    char *tape = strdup(path);
    if (tape == NULL)
        return fault_errno(fault, FAULT_INTERNAL, "the list of tapes");
    found->cases[found->count++] = (struct many_case){.tape = tape};
    return 0;
}

static int
look_at(FTS *tree, FTSENT *entry, struct found *found, struct fault *fault)
{
    switch (entry->fts_info) {
    case FTS_D:
        if (entry->fts_level > 0 && entry->fts_name[0] == '.')
            fts_set(tree, entry, FTS_SKIP);
        return 0;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        errno = entry->fts_errno;
        return fault_errno(fault, FAULT_DATA, "cannot read %s", entry->fts_path);
    default:
        return is_tape(entry) ? add(found, entry->fts_path, fault) : 0;
    }
}

int
many_find(const char *folder, struct many_case **cases, size_t *count, struct fault *fault)
{
    /* "tapes/" would make "tapes//a.tape". */
    char *top = strdup(folder);
    char *const paths[] = {top, NULL};
    struct found found = {0};
    int result = 0;
    if (top == NULL)
        return fault_errno(fault, FAULT_INTERNAL, "the list of tapes");
    for (size_t length = strlen(top); length > 1 && top[length - 1] == '/'; length--)
        top[length - 1] = '\0';
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
    if (tree == NULL)
        result = fault_errno(fault, FAULT_DATA, "cannot read %s", folder);
    while (result == 0) {
        errno = 0;
        FTSENT *entry = fts_read(tree);
        if (entry == NULL) {
            if (errno != 0)
                result = fault_errno(fault, FAULT_DATA, "cannot read %s", folder);
            break;
        }
        result = look_at(tree, entry, &found, fault);
    }
    if (tree != NULL)
        fts_close(tree);
    free(top);
    if (result == 0 && found.count == 0)
        result =
            fault_set(fault, FAULT_DATA,
                      "%s: no tape (*.tape) or scenario (*.ndjson) is in this folder or below it", folder);
    if (result != 0) {
        many_free(found.cases, found.count);
        return -1;
    }
    *cases = found.cases;
    *count = found.count;
    return 0;
}

void
many_free(struct many_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(cases[i].tape);
        free(cases[i].verdict);
        free(cases[i].output);
    }
    free(cases);
}

/* Writes `word` with the tape's names put in to `to` (unless it is NULL); its length with the end. */
static size_t
expand(const char *word, const char *tape, char *to)
{
    const char *slash = strrchr(tape, '/'), *base = slash != NULL ? slash + 1 : tape,
               *dot = strrchr(base, '.');
    size_t name = dot != NULL && dot > base ? (size_t)(dot - base) : strlen(base), used = 0;
    while (*word != '\0') {
        const char *from = word;
        size_t bytes = 1, skip = 1;
        if (strncmp(word, "{}", 2) == 0) {
            from = tape;
            bytes = strlen(tape);
            skip = 2;
        } else if (strncmp(word, "{name}", 6) == 0) {
            from = base;
            bytes = name;
            skip = 6;
        }
        if (to != NULL)
            memcpy(to + used, from, bytes);
        used += bytes;
        word += skip;
    }
    if (to != NULL)
        to[used] = '\0';
    return used + 1;
}

char **
many_app(char *const app[], const char *tape)
{
    size_t words = 0, bytes = 0;
    for (; app[words] != NULL; words++)
        bytes += expand(app[words], tape, NULL);
    char **argv = malloc((words + 1) * sizeof *argv + bytes);
    if (argv == NULL)
        return NULL;
    char *at = (char *)(argv + words + 1);
    for (size_t i = 0; i < words; i++) {
        argv[i] = at;
        at += expand(app[i], tape, at);
    }
    argv[words] = NULL;
    return argv;
}
