// SPDX-License-Identifier: MIT
// Paths into an exact JSON tree: writing them, and finding what they name.
#include "traces/jtree_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/jtree.h"
#include "traces/jtree_scan.h"

static int
append(struct jtree_path *path, const char *bytes, size_t count)
{
    if (path->room - path->used < count + 1) {
        size_t room = (path->room + count + 32) * 2;
        char *grown = realloc(path->text, room);
        if (grown == NULL)
            return -1;
        path->text = grown;
        path->room = room;
    }
    memcpy(path->text + path->used, bytes, count);
    path->used += count;
    path->text[path->used] = '\0';
    return 0;
}

int
jtree_path_start(struct jtree_path *path)
{
    *path = (struct jtree_path){0};
    return append(path, "$", 1);
}

int
jtree_path_index(struct jtree_path *path, size_t index)
{
    char text[32];
    int length = snprintf(text, sizeof text, "[%zu]", index);
    return append(path, text, (size_t)length);
}

static bool
plain_name(const char *key, size_t bytes)
{
    if (bytes == 0 || (key[0] >= '0' && key[0] <= '9'))
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (!((key[i] >= '0' && key[i] <= '9') || ((key[i] | 32) >= 'a' && (key[i] | 32) <= 'z') ||
              key[i] == '_'))
            return false;
    return true;
}

static int
append_quoted(struct jtree_path *path, const char *key, size_t bytes)
{
    cJSON *string = jtree_new_string(key, bytes);
    char *text = string != NULL ? jtree_print(string, JTREE_COMPACT, NULL) : NULL;
    int status = -1;
    if (text != NULL && append(path, "[", 1) == 0 && append(path, text, strlen(text)) == 0)
        status = append(path, "]", 1);
    free(text);
    cJSON_Delete(string);
    return status;
}

int
jtree_path_key(struct jtree_path *path, const char *key, size_t bytes, size_t nth)
{
    char text[32];
    int status;
    if (plain_name(key, bytes))
        status = append(path, ".", 1) != 0 || append(path, key, bytes) != 0 ? -1 : 0;
    else
        status = append_quoted(path, key, bytes);
    if (status != 0 || nth == 1)
        return status;
    int length = snprintf(text, sizeof text, "(%zu)", nth);
    return append(path, text, (size_t)length);
}

void
jtree_path_cut(struct jtree_path *path, size_t used)
{
    path->used = used;
    path->text[used] = '\0';
}

void
jtree_path_free(struct jtree_path *path)
{
    free(path->text);
    *path = (struct jtree_path){0};
}

static cJSON *
member(const cJSON *object, const char *key, size_t bytes, size_t nth)
{
    if (jtree_kind(object) != JTREE_OBJECT)
        return NULL;
    for (cJSON *child = object->child; child != NULL; child = child->next) {
        struct jtree_text text;
        if (jtree_key(child, &text) != 0)
            return NULL;
        bool same = text.bytes == bytes && memcmp(text.data, key, bytes) == 0;
        jtree_text_free(&text);
        if (same && --nth == 0)
            return child;
    }
    return NULL;
}

cJSON *
jtree_get(const cJSON *object, const char *key)
{
    return member(object, key, strlen(key), 1);
}

static cJSON *
element(const cJSON *array, size_t index)
{
    if (jtree_kind(array) != JTREE_ARRAY)
        return NULL;
    cJSON *child = array->child;
    while (child != NULL && index-- > 0)
        child = child->next;
    return child;
}

/* "123" up to `close`; moves behind it. */
static bool
number(const char **path, char close, size_t *value)
{
    char *end;
    if (**path < '0' || **path > '9')
        return false;
    *value = strtoul(*path, &end, 10);
    if (*end != close)
        return false;
    *path = end + 1;
    return true;
}

/* (2) behind a key, else 1. 0: broken. */
static size_t
nth(const char **path)
{
    size_t value = 1;
    if (**path != '(')
        return 1;
    ++*path;
    return number(path, ')', &value) ? value : 0;
}

static cJSON *
step_quoted(const cJSON *node, const char **path)
{
    const char *start = *path + 1, *end = start + 1;
    while (*end != '\0' && *end != '"')
        end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    if (*end == '\0' || end[1] != ']')
        return NULL;
    size_t length = (size_t)(end + 1 - start);
    if (jtree_check(start, length, NULL, NULL) != 0)
        return NULL;
    char *key = malloc(length);
    if (key == NULL)
        return NULL;
    size_t bytes = jtree_unescape(start + 1, length - 2, key);
    *path = end + 2;
    size_t which = nth(path);
    cJSON *found = which > 0 ? member(node, key, bytes, which) : NULL;
    free(key);
    return found;
}

cJSON *
jtree_at(const cJSON *root, const char *path)
{
    if (*path++ != '$')
        return NULL;
    cJSON *node = (cJSON *)root;
    while (node != NULL && *path != '\0') {
        size_t index;
        if (*path == '.') {
            const char *key = ++path;
            path += strcspn(path, ".[(");
            size_t bytes = (size_t)(path - key), which = nth(&path);
            node = bytes > 0 && which > 0 ? member(node, key, bytes, which) : NULL;
        } else if (path[0] == '[' && path[1] == '"') {
            node = step_quoted(node, &path);
        } else if (*path++ == '[' && number(&path, ']', &index)) {
            node = element(node, index);
        } else {
            return NULL;
        }
    }
    return node;
}
