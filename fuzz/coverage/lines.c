// SPDX-License-Identifier: MIT
/* Line coverage that other tools measured: lines covered of lines there are, by file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/coverage/table.h"
#include "traces/jtree.h"

#define MOST_BYTES ((size_t)256 << 20)

static int
add_file(struct coverage_lines *lines, const char *name, uint64_t covered, uint64_t all)
{
    if (all == 0)
        return 0;
    if (table_grow((void **)&lines->files, lines->count, &lines->room, sizeof *lines->files) != 0)
        return -1;
    char *copy = strdup(name);
    if (copy == NULL)
        return -1;
    covered = covered < all ? covered : all;
    lines->files[lines->count++] = (struct lines_file){.name = copy, .covered = covered, .all = all};
    lines->covered += covered;
    lines->all += all;
    return 0;
}

/* {"data":[{"files":[{"filename":"a.c","summary":{"lines":{"count":9,"covered":3}}}]}]} */
static int
read_llvm(struct coverage_lines *lines, const cJSON *root)
{
    int result = 0;
    const cJSON *data = jtree_get(root, "data"), *unit, *file;
    for (unit = data != NULL ? data->child : NULL; unit != NULL; unit = unit->next) {
        const cJSON *files = jtree_get(unit, "files");
        for (file = files != NULL ? files->child : NULL; file != NULL && result == 0; file = file->next) {
            struct jtree_text name = {0};
            uint64_t all = 0, covered = 0;
            const cJSON *text = jtree_get(file, "filename"), *summary = jtree_get(file, "summary");
            const cJSON *count = summary != NULL ? jtree_get(summary, "lines") : NULL;
            if (text == NULL || count == NULL || jtree_kind(text) != JTREE_STRING ||
                jtree_text(text, &name) != 0)
                continue;
            const cJSON *n = jtree_get(count, "count"), *c = jtree_get(count, "covered");
            if (n != NULL && c != NULL && jtree_uint64(n, &all) && jtree_uint64(c, &covered))
                result = add_file(lines, name.data, covered, all);
            jtree_text_free(&name);
        }
    }
    return result;
}

/* SF:a.c, DA:line,count or their sums LF:all and LH:covered, end_of_record */
static int
read_lcov(struct coverage_lines *lines, char *text)
{
    const char *name = NULL;
    uint64_t all = 0, covered = 0, found = 0, hit = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\r\n", &rest); line != NULL; line = strtok_r(NULL, "\r\n", &rest)) {
        const char *comma = strchr(line, ',');
        if (strncmp(line, "SF:", 3) == 0) {
            name = line + 3;
            all = covered = found = hit = 0;
        } else if (strncmp(line, "DA:", 3) == 0 && comma != NULL) {
            all++;
            covered += strtoll(comma + 1, NULL, 10) > 0;
        } else if (strncmp(line, "LF:", 3) == 0) {
            found = strtoull(line + 3, NULL, 10);
        } else if (strncmp(line, "LH:", 3) == 0) {
            hit = strtoull(line + 3, NULL, 10);
        } else if (strcmp(line, "end_of_record") == 0 && name != NULL) {
            if (add_file(lines, name, found > 0 ? hit : covered, found > 0 ? found : all) != 0)
                return -1;
            name = NULL;
        }
    }
    return 0;
}

static char *
read_text(const char *file, size_t *bytes, struct fault *fault)
{
    FILE *in = fopen(file, "re");
    char *text = NULL;
    size_t room = 0;
    *bytes = 0;
    while (in != NULL && !feof(in) && !ferror(in) && *bytes < MOST_BYTES) {
        if (*bytes + 1 >= room) {
            char *grown = realloc(text, room = room > 0 ? room * 2 : 65536);
            if (grown == NULL)
                break;
            text = grown;
        }
        *bytes += fread(text + *bytes, 1, room - *bytes - 1, in);
    }
    bool whole = in != NULL && feof(in) && !ferror(in) && text != NULL;
    if (in == NULL)
        fault_errno(fault, errno == ENOENT ? FAULT_NOT_FOUND : FAULT_CANNOT_RUN, "%s", file);
    else if (!whole)
        fault_set(fault, FAULT_CANNOT_RUN, "%s: cannot read it, or it is too large", file);
    if (in != NULL)
        fclose(in);
    if (!whole) {
        free(text);
        return NULL;
    }
    text[*bytes] = '\0';
    return text;
}

static int
read_either(struct coverage_lines *lines, const char *file, char *text, size_t bytes, struct fault *fault)
{
    int result;
    if (text[strspn(text, " \t\r\n")] == '{') {
        struct jtree_error error;
        cJSON *root = jtree_parse(text, bytes, NULL, &error);
        if (root == NULL)
            return fault_set(fault, FAULT_DATA, "%s:%zu:%zu: %s", file, error.line, error.column, error.text);
        result = read_llvm(lines, root);
        cJSON_Delete(root);
    } else {
        result = read_lcov(lines, text);
    }
    if (result != 0)
        return fault_set(fault, FAULT_INTERNAL, "%s: no memory", file);
    if (lines->count == 0)
        return fault_set(
            fault, FAULT_DATA,
            "%s: no line coverage in it; `llvm-cov export -summary-only` and `lcov -c` write what is "
            "read here",
            file);
    return 0;
}

struct coverage_lines *
coverage_lines_read(const char *file, struct fault *fault)
{
    size_t bytes = 0;
    char *text = read_text(file, &bytes, fault);
    if (text == NULL)
        return NULL;
    struct coverage_lines *lines = calloc(1, sizeof *lines);
    int result = lines != NULL ? read_either(lines, file, text, bytes, fault)
                               : fault_set(fault, FAULT_INTERNAL, "%s: no memory", file);
    free(text);
    if (result == 0)
        return lines;
    coverage_lines_free(lines);
    return NULL;
}

void
coverage_lines_free(struct coverage_lines *lines)
{
    for (uint32_t i = 0; lines != NULL && i < lines->count; i++)
        free(lines->files[i].name);
    if (lines != NULL)
        free(lines->files);
    free(lines);
}
