// SPDX-License-Identifier: MIT
/*
 * Paths into an exact JSON tree: $.key[0]["odd key"].twice(2). Private; written by the diff, read by
 * jtree_at.
 */
#ifndef TRACES_JTREE_PATH_H
#define TRACES_JTREE_PATH_H

#include <stddef.h>

struct jtree_path {
    char *text;
    size_t used, room;
};

int jtree_path_start(struct jtree_path *path); /* "$" */
int jtree_path_index(struct jtree_path *path, size_t index);
int jtree_path_key(struct jtree_path *path, const char *key, size_t bytes, size_t nth);
void jtree_path_cut(struct jtree_path *path, size_t used);
void jtree_path_free(struct jtree_path *path);

#endif
