// SPDX-License-Identifier: MIT
// Editing a tree in place, without freeing and without cJSON's hooks.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/mutate/edit.h"
#include "traces/jtree.h"

cJSON *
edit_new(struct arena *arena, int type)
{
    cJSON *node = arena_take(arena, sizeof *node);
    if (node != NULL) {
        memset(node, 0, sizeof *node);
        node->type = type;
    }
    return node;
}

static cJSON *
scalar(struct arena *arena, int type, const char *bytes, size_t count)
{
    cJSON *node = edit_new(arena, type);
    if (node == NULL || (node->valuestring = arena_text(arena, bytes, count)) == NULL)
        return NULL;
    return node;
}

cJSON *
edit_number(struct arena *arena, const char *text)
{
    return scalar(arena, cJSON_Raw, text, strlen(text));
}

cJSON *
edit_signed(struct arena *arena, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    return edit_number(arena, text);
}

cJSON *
edit_unsigned(struct arena *arena, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return edit_number(arena, text);
}

cJSON *
edit_string(struct arena *arena, const char *bytes, size_t count)
{
    return scalar(arena, cJSON_String, bytes, count);
}

cJSON *
edit_copy(struct arena *arena, const cJSON *node)
{
    cJSON *copy = edit_new(arena, node->type & ~cJSON_IsReference);
    if (copy == NULL)
        return NULL;
    if (node->string != NULL && (node->type & cJSON_StringIsConst) != 0)
        copy->string = node->string;
    else if (node->string != NULL &&
             (copy->string = arena_text(arena, node->string, strlen(node->string))) == NULL)
        return NULL;
    if (node->valuestring != NULL && !edit_container(node) &&
        (copy->valuestring = arena_text(arena, node->valuestring, strlen(node->valuestring))) == NULL)
        return NULL;
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        cJSON *under = edit_copy(arena, child);
        if (under == NULL)
            return NULL;
        edit_append(copy, under);
    }
    return copy;
}

#define OF_THE_NAME (cJSON_StringIsConst | JTREE_RAW_KEY)

void
edit_become(cJSON *node, const cJSON *value)
{
    node->type = (node->type & OF_THE_NAME) | (value->type & ~OF_THE_NAME);
    node->child = value->child;
    node->valuestring = value->valuestring;
    node->valuedouble = value->valuedouble;
    node->valueint = value->valueint;
}

void
edit_remove(cJSON *parent, cJSON *node)
{
    cJSON *last = parent->child->prev;
    if (node == parent->child)
        parent->child = node->next;
    else
        node->prev->next = node->next;
    if (node == last) {
        if (parent->child != NULL)
            parent->child->prev = node->prev;
    } else {
        node->next->prev = node->prev;
    }
    node->next = node->prev = NULL;
}

void
edit_append(cJSON *parent, cJSON *node)
{
    node->next = NULL;
    if (parent->child == NULL) {
        parent->child = node->prev = node;
        return;
    }
    node->prev = parent->child->prev;
    node->prev->next = node;
    parent->child->prev = node;
}

void
edit_after(cJSON *parent, cJSON *before, cJSON *node)
{
    if (parent->child == NULL || (before != NULL && before->next == NULL)) {
        edit_append(parent, node);
    } else if (before == NULL) {
        node->next = parent->child;
        node->prev = parent->child->prev;
        parent->child->prev = node;
        parent->child = node;
    } else {
        node->next = before->next;
        node->prev = before;
        before->next->prev = node;
        before->next = node;
    }
}

void
edit_name(cJSON *node, const char *name)
{
    node->string = (char *)(uintptr_t)name;
    node->type = (node->type & ~JTREE_RAW_KEY) | cJSON_StringIsConst;
}

void
edit_swap(cJSON *parent, cJSON *a, cJSON *b)
{
    cJSON *before = a == parent->child ? NULL : a->prev;
    if (before == b) {
        edit_remove(parent, b);
        edit_after(parent, a, b);
        return;
    }
    edit_remove(parent, a);
    edit_after(parent, b, a);
    edit_remove(parent, b);
    edit_after(parent, before, b);
}

size_t
edit_count(const cJSON *container)
{
    size_t count = 0;
    for (const cJSON *child = container->child; child != NULL; child = child->next)
        count++;
    return count;
}

cJSON *
edit_child(const cJSON *container, size_t index)
{
    cJSON *child = container->child;
    while (child != NULL && index-- > 0)
        child = child->next;
    return child;
}

bool
edit_container(const cJSON *node)
{
    return (node->type & 0xFF) == cJSON_Array || (node->type & 0xFF) == cJSON_Object;
}

size_t
edit_size(const cJSON *node)
{
    size_t size = 1; /* a comma */
    if (node->string != NULL)
        size += strlen(node->string) + 3;
    if (!edit_container(node))
        return size + (node->valuestring != NULL ? strlen(node->valuestring) + 2 : 4);
    for (const cJSON *child = node->child; child != NULL; child = child->next)
        size += edit_size(child);
    return size + 2;
}

size_t
edit_depth(const cJSON *node)
{
    size_t deepest = 0;
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        size_t depth = edit_depth(child);
        if (depth > deepest)
            deepest = depth;
    }
    return deepest + 1;
}

static bool
same_text(const char *a, const char *b)
{
    return a == b || strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

bool
edit_same(const cJSON *a, const cJSON *b)
{
    if (((a->type ^ b->type) & (0xFF | JTREE_RAW_KEY)) != 0)
        return false;
    if (!edit_container(a))
        return same_text(a->valuestring, b->valuestring);
    const cJSON *left = a->child, *right = b->child;
    for (; left != NULL && right != NULL; left = left->next, right = right->next)
        if (!same_text(left->string, right->string) || !edit_same(left, right))
            return false;
    return left == right;
}
