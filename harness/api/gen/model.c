// SPDX-License-Identifier: MIT
/*
 * Lists and lookups of the model.
 */
#include "model.h"

#include <string.h>

void *
list_add(struct list *list, unsigned long size)
{
    if ((list->count & (list->count - 1)) == 0) { /* full: room doubles at powers of two */
        unsigned room = list->count ? 2 * list->count : 1;
        char *items = gen_alloc(room * size);
        if (list->count)
            memcpy(items, list->items, list->count * size);
        list->items = items;
    }
    return (char *)list->items + size * list->count++;
}

void
list_add_text(struct list *list, const char *text)
{
    *(const char **)list_add(list, sizeof(text)) = text;
}

const char *
list_text(const struct list *list, unsigned i)
{
    return ((const char **)list->items)[i];
}

static struct enumeration *
find_enum(const struct list *list, const char *name)
{
    for (unsigned i = 0; i < list->count; i++)
        if (strcmp(LIST_AT(list, struct enumeration, i)->name, name) == 0)
            return LIST_AT(list, struct enumeration, i);
    return NULL;
}

struct enumeration *
model_enum(const struct model *model, const char *name)
{
    return find_enum(&model->enums, name);
}

struct enumeration *
model_strings(const struct model *model, const char *name)
{
    return find_enum(&model->strings, name);
}

struct object *
model_object(const struct model *model, const char *name)
{
    for (unsigned i = 0; i < model->objects.count; i++)
        if (strcmp(LIST_AT(&model->objects, struct object, i)->name, name) == 0)
            return LIST_AT(&model->objects, struct object, i);
    return NULL;
}

const struct constant *
enum_constant(const struct enumeration *e, const char *name)
{
    for (unsigned i = 0; i < e->constants.count; i++)
        if (strcmp(LIST_AT(&e->constants, struct constant, i)->name, name) == 0)
            return LIST_AT(&e->constants, struct constant, i);
    return NULL;
}

int
model_version(const struct model *model, const char *version)
{
    for (unsigned i = 0; i < model->versions.count; i++)
        if (strcmp(list_text(&model->versions, i), version) == 0)
            return (int)i;
    return -1;
}

const char *
model_next_version(const struct model *model, const char *version, const struct range *range)
{
    int next = model_version(model, version) + 1;

    if (range->gap_from != NULL && next >= model_version(model, range->gap_from) &&
        next <= model_version(model, range->gap_to))
        next = model_version(model, range->gap_to) + 1;
    return next < (int)model->versions.count ? list_text(&model->versions, (unsigned)next) : NULL;
}
