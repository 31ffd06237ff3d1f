// SPDX-License-Identifier: MIT
/*
 * Lookups in the generated tables.
 */
#include "api/api.h"

#include <string.h>

/* Names of each kind are sorted, so every lookup is a binary search over `count` rows of `size`
 * bytes; each row begins with its name. */
static const void *
search(const void *rows, size_t count, size_t size, const char *name)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *const *row = (const void *)((const char *)rows + middle * size);
        int order = strcmp(name, *row);
        if (order == 0)
            return row;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool
listed(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

const struct api_entry *
api_find(const char *name)
{
    const struct api_entry *entry = search(api_entries, API_FUNCTIONS, sizeof(*entry), name);

    if (entry == NULL)
        entry = search(api_entries + API_FUNCTIONS, API_CALLBACKS, sizeof(*entry), name);
    return entry;
}

static const char *
next_number(const char *text, unsigned long *number)
{
    *number = 0;
    while (*text >= '0' && *text <= '9')
        *number = *number * 10 + (unsigned long)(*text++ - '0');
    return *text == '.' && text[1] >= '0' && text[1] <= '9' ? text + 1 : NULL;
}

/* As api_version_compare, but looks at no more numbers than `b` has: 6.6.2957 equals 6.6. */
static int
compare_prefix(const char *a, const char *b)
{
    while (b != NULL) {
        unsigned long x = 0, y;
        if (a != NULL)
            a = next_number(a, &x);
        b = next_number(b, &y);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

int
api_version_compare(const char *a, const char *b)
{
    while (a != NULL || b != NULL) {
        unsigned long x = 0, y = 0;
        if (a != NULL)
            a = next_number(a, &x);
        if (b != NULL)
            b = next_number(b, &y);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

bool
api_version_within(const char *version, const char *since, const char *until)
{
    if (since != NULL && api_version_compare(version, since) < 0)
        return false;
    return until == NULL || compare_prefix(version, until) <= 0;
}

const struct api_entry *
api_find_version(const char *name, const char *version)
{
    const struct api_entry *found = api_find(name);

    if (found == NULL || version == NULL)
        return found;
    for (unsigned id = API_FUNCTIONS + API_CALLBACKS; id < API_ENTRIES; id++) {
        const struct api_entry *older = &api_entries[id];
        if (older->newest != api_entries[found->newest].id || compare_prefix(version, older->until) > 0)
            continue;
        if (found->id == found->newest || api_version_compare(older->until, found->until) < 0)
            found = older;
    }
    return found;
}

const struct api_key *
api_find_key(const struct api_object *object, const char *name)
{
    for (unsigned i = 0; i < object->nkeys; i++)
        if (strcmp(object->keys[i].name, name) == 0)
            return &object->keys[i];
    for (unsigned i = 0; i < object->nvariants; i++) {
        const struct api_key *key = api_find_key(&api_objects[object->variants[i].object], name);
        if (key != NULL)
            return key;
    }
    return NULL;
}

const struct api_object *
api_find_object(const char *name)
{
    const struct api_object *object = search(api_objects, API_OBJECTS, sizeof(*object), name);

    for (unsigned i = 0; object == NULL && i < API_OBJECTS; i++)
        if (listed(api_objects[i].older_names, name))
            object = &api_objects[i];
    return object;
}

const struct api_enum *
api_find_enum(const char *name)
{
    return search(api_enums, API_ENUMS, sizeof(struct api_enum), name);
}

const struct api_constant *
api_find_constant(const struct api_enum *enumeration, int64_t value, const char *version)
{
    for (unsigned i = 0; i < enumeration->nconstants; i++) {
        const struct api_constant *c = &enumeration->constants[i];
        if (c->value != value)
            continue;
        if (version == NULL ? c->until == NULL || enumeration->until != NULL
                            : api_version_within(version, c->since, c->until))
            return c;
    }
    return NULL;
}
