// SPDX-License-Identifier: MIT
/* Findings of earlier runs. Their folder may come from anywhere. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/finding/inside.h"
#include "traces/jtree.h"

#define RECORD_BYTES ((size_t)1 << 20)
#define ROWS_MOST 100000

static void
take_text(const cJSON *tree, const char *key, char *to, size_t room)
{
    struct jtree_text text = {0};
    const cJSON *node = jtree_get(tree, key);
    to[0] = '\0';
    if (node != NULL && jtree_kind(node) == JTREE_STRING && jtree_text(node, &text) == 0)
        finding_copy(to, room, text.data, text.bytes);
    jtree_text_free(&text);
}

static uint64_t
take_number(const cJSON *tree, const char *key, uint64_t most)
{
    const cJSON *node = jtree_get(tree, key);
    uint64_t value = 0;
    if (node == NULL || jtree_kind(node) != JTREE_NUMBER || !jtree_uint64(node, &value))
        return 0;
    return value < most ? value : most;
}

int
load_row(int folder, struct finding_row *row)
{
    size_t bytes;
    char *text = finding_read(folder, "finding.json", RECORD_BYTES, &bytes, NULL);
    arena_use(NULL);
    cJSON *tree = text != NULL ? jtree_parse(text, bytes, NULL, NULL) : NULL;
    int result = -1;
    if (tree != NULL && jtree_kind(tree) == JTREE_OBJECT && jtree_get(tree, "timtape_finding") != NULL) {
        memset(row, 0, sizeof *row);
        take_text(tree, "kind", row->kind, sizeof row->kind);
        take_text(tree, "what", row->what, sizeof row->what);
        take_text(tree, "severity", row->severity, sizeof row->severity);
        take_text(tree, "signature", row->signature, sizeof row->signature);
        take_text(tree, "function", row->function, sizeof row->function);
        take_text(tree, "file", row->file, sizeof row->file);
        take_text(tree, "sentence", row->sentence, sizeof row->sentence);
        take_text(tree, "again", row->again, sizeof row->again);
        take_text(tree, "no_replay", row->no_replay, sizeof row->no_replay);
        row->line = (unsigned)take_number(tree, "line", UINT32_MAX);
        row->count = (unsigned)take_number(tree, "count", UINT32_MAX);
        row->bytes = (size_t)take_number(tree, "bytes", SIZE_MAX);
        row->events = (size_t)take_number(tree, "events", SIZE_MAX);
        result = row->signature[0] != '\0' ? 0 : -1;
    }
    cJSON_Delete(tree);
    free(text);
    return result;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct finding_row *)a)->name, ((const struct finding_row *)b)->name);
}

static int
load_one(int dir, const char *name, struct finding_row **rows, size_t *count)
{
    int folder = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return 0;
    struct finding_row row;
    int found = load_row(folder, &row);
    close(folder);
    if (found != 0 || strlen(name) >= sizeof row.name)
        return 0;
    memcpy(row.name, name, strlen(name) + 1);
    struct finding_row *more = reallocarray(*rows, *count + 1, sizeof **rows);
    if (more == NULL)
        return -1;
    *rows = more;
    more[(*count)++] = row;
    return 0;
}

int
finding_load(const char *dir, struct finding_row **rows, size_t *count, struct fault *fault)
{
    *rows = NULL;
    *count = 0;
    int folder = finding_folder(AT_FDCWD, dir, false, fault);
    DIR *list = folder >= 0 ? fdopendir(folder) : NULL;
    if (list == NULL)
        return -1;
    int result = 0;
    const struct dirent *entry;
    while (result == 0 && *count < ROWS_MOST && (entry = readdir(list)) != NULL) {
        if (entry->d_name[0] != '.')
            result = load_one(folder, entry->d_name, rows, count);
    }
    closedir(list);
    if (result != 0) {
        free(*rows);
        *rows = NULL;
        return fault_set(fault, FAULT_INTERNAL, "out of memory");
    }
    if (*count > 0)
        qsort(*rows, *count, sizeof **rows, by_name);
    return 0;
}
