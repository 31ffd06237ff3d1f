// SPDX-License-Identifier: MIT
// The file of known findings: read as a stranger's.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/mutate/mutate_known.h"
#include "traces/jtree.h"

#define FILE_MOST (1 << 20)

static bool
member(const cJSON *line, const char *name, char *room, size_t size)
{
    struct jtree_text text;
    const cJSON *node = jtree_get(line, name);
    *room = '\0';
    if (node == NULL)
        return true;
    if (jtree_kind(node) != JTREE_STRING || jtree_text(node, &text) != 0)
        return false;
    bool fits = text.bytes < size && memchr(text.data, '\0', text.bytes) == NULL;
    if (fits) {
        memcpy(room, text.data, text.bytes);
        room[text.bytes] = '\0';
    }
    jtree_text_free(&text);
    return fits;
}

static int
variation_of(const char *name)
{
    for (int i = 0; i < MODEL_VARIATIONS; i++) {
        const char *one = model_variation_name((enum model_variation)i);
        if (one != NULL && strcmp(one, name) == 0)
            return i;
    }
    return -1;
}

static int
param_of(const struct api_entry *callback, const char *name)
{
    for (unsigned p = 0; p < callback->nparams; p++) {
        const struct api_param *param = &callback->params[p];
        if (strcmp(param->name, name) == 0)
            return (int)p;
        for (const char *const *older = param->older_names; older != NULL && *older != NULL; older++)
            if (strcmp(*older, name) == 0)
                return (int)p;
    }
    return -1;
}

/* What is wrong with the line, or NULL; fills `to`, whose path the caller copies. */
static const char *
understand(const cJSON *line, struct mutate_predicate *to, char *path, size_t room)
{
    char callback[128], param[128], variation[64];
    if (jtree_kind(line) != JTREE_OBJECT)
        return "is no JSON object";
    if (!member(line, "callback", callback, sizeof callback) || !member(line, "param", param, sizeof param) ||
        !member(line, "variation", variation, sizeof variation) || !member(line, "path", path, room))
        return "has a member that is no text, or too long";
    to->callback = api_find(callback);
    if (to->callback == NULL || to->callback->kind != API_CALLBACK)
        return "names no callback of the API in \"callback\"";
    int p = param_of(to->callback, param), v = variation_of(variation);
    if (p < 0)
        return "names no parameter of that callback in \"param\"";
    if (v < 0)
        return "names no variation in \"variation\"";
    to->param = (unsigned)p;
    to->variation = (enum model_variation)v;
    return NULL;
}

static int
add_line(struct mutate_known *known, const char *bytes, size_t count, const char *file, size_t number,
         struct fault *fault)
{
    struct jtree_options options = {.max_depth = 16, .max_nodes = 1000};
    struct jtree_error error = {0};
    struct mutate_predicate predicate = {0};
    char path[512];
    cJSON *line = jtree_parse(bytes, count, &options, &error);
    if (line == NULL)
        return fault_set(fault, FAULT_DATA, "%s:%zu: not one JSON document: %s", file, number, error.text);
    const char *wrong = understand(line, &predicate, path, sizeof path);
    cJSON_Delete(line);
    if (wrong != NULL)
        return fault_set(fault, FAULT_DATA, "%s:%zu: the line %s", file, number, wrong);
    if (known->count == KNOWN_MOST)
        return 0;
    struct mutate_predicate *list = realloc(known->list, (known->count + 1) * sizeof *list);
    char *kept = strdup(path);
    if (list != NULL)
        known->list = list;
    if (list == NULL || kept == NULL) {
        free(kept);
        return fault_set(fault, FAULT_INTERNAL, "not enough memory for the known findings of %s", file);
    }
    predicate.path = kept;
    list[known->count++] = predicate;
    return 0;
}

static char *
load(const char *file, size_t *count, struct fault *fault)
{
    FILE *stream = fopen(file, "rb");
    if (stream == NULL) {
        fault_errno(fault, FAULT_NOT_FOUND, "cannot read the known findings in %s", file);
        return NULL;
    }
    char *text = malloc(FILE_MOST + 1);
    *count = text != NULL ? fread(text, 1, FILE_MOST + 1, stream) : 0;
    bool failed = ferror(stream) != 0;
    fclose(stream);
    if (text != NULL && !failed && *count <= FILE_MOST)
        return text;
    fault_set(fault, FAULT_DATA, "%s: cannot be read, or is larger than 1 MiB: no file of known findings",
              file);
    free(text);
    return NULL;
}

int
mutate_known_read(struct mutate_known *known, const char *file, struct fault *fault)
{
    size_t count = 0, number = 1;
    struct arena *before = arena_use(NULL);
    *known = (struct mutate_known){0};
    errno = 0;
    char *text = load(file, &count, fault);
    int status = text != NULL || errno == ENOENT ? 0 : -1;
    for (size_t at = 0, next; text != NULL && at < count && status == 0; at = next + 1, number++) {
        const char *end = memchr(text + at, '\n', count - at);
        next = end != NULL ? (size_t)(end - text) : count;
        size_t length = next - at;
        while (length > 0 && strchr(" \t\r", text[at + length - 1]) != NULL)
            length--;
        if (length > 0 && text[at] != '#')
            status = add_line(known, text + at, length, file, number, fault);
    }
    free(text);
    arena_use(before);
    if (status != 0)
        mutate_known_free(known);
    return status;
}

void
mutate_known_free(struct mutate_known *known)
{
    for (size_t i = 0; i < known->count; i++)
        free((void *)(uintptr_t)known->list[i].path);
    free(known->list);
    *known = (struct mutate_known){0};
}

/* "$[0].key" -> "[].key": what is true of one element is to be stepped round in all. */
static size_t
without_indexes(const char *path, char *to, size_t room)
{
    size_t used = 0;
    if (path == NULL)
        path = "";
    if (*path == '$')
        path++;
    for (const char *p = path; *p != '\0' && used + 1 < room; p++) {
        to[used++] = *p;
        if (*p == '[' || *p == '(')
            while (p[1] >= '0' && p[1] <= '9')
                p++;
        if (*p == '(' || (used > 1 && to[used - 1] == '(')) {
            used--;
            p += p[1] == ')' ? 1 : 0;
        }
    }
    to[used] = '\0';
    return used;
}

size_t
mutate_known_line(char *text, size_t room, const struct api_entry *callback, unsigned param, const char *path,
                  enum model_variation variation)
{
    char plain[512];
    size_t bytes = without_indexes(path, plain, sizeof plain), printed = 0;
    struct arena *before = arena_use(NULL);
    cJSON *line = cJSON_CreateObject(), *place = jtree_new_string(plain, bytes);
    int length = 0;
    if (line != NULL && place != NULL && jtree_add_member(line, "path", 4, place) == 0) {
        char *print = jtree_print(place, JTREE_COMPACT, &printed);
        if (print != NULL)
            length = snprintf(
                text, room, "{\"callback\":\"%s\",\"param\":\"%s\",\"path\":%s,\"variation\":\"%s\"}\n",
                callback->name, callback->params[param].name, print, model_variation_name(variation));
        free(print);
    } else {
        cJSON_Delete(place);
    }
    cJSON_Delete(line);
    arena_use(before);
    return length > 0 && (size_t)length < room ? (size_t)length : 0;
}
