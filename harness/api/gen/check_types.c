// SPDX-License-Identifier: MIT
/*
 * Checks enums and objects, and finds out which objects can hold a secret.
 */
#include <string.h>

#include "check.h"

static void
check_constant(struct model *model, const struct enumeration *e, const struct constant *c)
{
    check_range(model, c->pos, &c->range);
    if (c->value < INT32_MIN || c->value > UINT32_MAX)
        complain(c->pos, "%s does not fit into 32 bits", c->name);
    if (c->value > INT32_MAX && !e->flags)
        complain(c->pos, "%s does not fit into an enum; only flags may use the top bit", c->name);
    for (unsigned i = 0; i < c->was.count; i++) {
        const struct was *was = LIST_AT(&c->was, struct was, i);
        check_version(model, was->pos, was->until);
        if (i > 0 && model_version(model, was->until) <= model_version(model, was[-1].until))
            complain(was->pos, "older numbers of %s are not in order of versions", c->name);
    }
}

static void
check_enum(struct model *model, struct names *kinds, struct names *constants, const struct enumeration *e)
{
    check_unique(kinds, e->pos, e->name);
    check_range(model, e->pos, &e->range);
    if (e->constants.count == 0)
        complain(e->pos, "%s is empty", e->name);
    for (unsigned i = 0; i < e->constants.count; i++) {
        const struct constant *c = LIST_AT(&e->constants, struct constant, i);
        check_constant(model, e, c);
        check_unique(constants, c->pos, c->name);
    }
}

void
check_enums(struct model *model)
{
    struct names kinds = {.what = "enum"}, constants = {.what = "constant"};

    for (unsigned i = 0; i < model->enums.count; i++)
        check_enum(model, &kinds, &constants, LIST_AT(&model->enums, struct enumeration, i));
    for (unsigned i = 0; i < model->strings.count; i++)
        check_enum(model, &kinds, &constants, LIST_AT(&model->strings, struct enumeration, i));
}

static const struct key *
object_key(const struct object *o, const char *name)
{
    for (unsigned i = 0; i < o->keys.count; i++)
        if (strcmp(LIST_AT(&o->keys, struct key, i)->name, name) == 0)
            return LIST_AT(&o->keys, struct key, i);
    return NULL;
}

/* What `when` and `select` choose from. */
static const struct enumeration *
object_choices(struct model *model, const struct object *o)
{
    const struct key *on = object_key(o, o->on);

    if (on == NULL) {
        complain(o->pos, "%s has no key '%s'", o->name, o->on);
        return NULL;
    }
    if (on->type.values == NULL) {
        complain(on->pos, "'%s' selects, so its type must name an enum", o->on);
        return NULL;
    }
    return strcmp(on->type.json, "string") == 0 ? model_strings(model, on->type.values)
                                                : model_enum(model, on->type.values);
}

/* `mark`s speak of an array of the same object. */
static void
check_array(const struct object *o, const struct key *key, const char *mark, const char *array)
{
    const struct key *other = array != NULL ? object_key(o, array) : NULL;

    if (array != NULL && (other == NULL || !other->type.array))
        complain(key->pos, "'%s %s': %s has no array of that name", mark, array, o->name);
    if (array != NULL && strcmp(mark, "parallel") == 0 && !key->type.array)
        complain(key->pos, "'%s' is no array, so none can be parallel to it", key->name);
}

static void
check_key(struct model *model, const struct object *o, const struct key *key,
          const struct enumeration *choices)
{
    check_range(model, key->pos, &key->range);
    check_type(model, key->pos, &key->type);
    for (unsigned i = 0; i < key->also.count; i++)
        check_type(model, key->pos, LIST_AT(&key->also, struct type, i));
    for (unsigned i = 0; i < key->was.count; i++)
        check_version(model, LIST_AT(&key->was, struct was, i)->pos,
                      LIST_AT(&key->was, struct was, i)->until);
    if (key->when.count && o->on == NULL)
        complain(key->pos, "'when' needs to know which key it speaks of: object %s on KEY", o->name);
    check_array(o, key, "counts", key->counts);
    check_array(o, key, "parallel", key->parallel);
    for (unsigned i = 0; choices != NULL && i < key->when.count; i++)
        if (enum_constant(choices, list_text(&key->when, i)) == NULL)
            complain(key->pos, "%s has no constant '%s'", choices->name, list_text(&key->when, i));
}

static void
check_object(struct model *model, struct names *constants, const struct object *o)
{
    struct names keys = {.what = "key"};
    const struct enumeration *choices = o->on ? object_choices(model, o) : NULL;

    check_range(model, o->pos, &o->range);
    if (o->is_union && o->variants.count == 0)
        complain(o->pos, "union %s selects nothing", o->name);
    if (o->is_union && choices != NULL && choices->strings)
        complain(o->pos, "union %s must select by a number", o->name);
    for (unsigned i = 0; i < o->keys.count; i++) {
        const struct key *key = LIST_AT(&o->keys, struct key, i);
        check_key(model, o, key, choices);
        check_unique(constants, key->pos, key->constant);
        check_unique(&keys, key->pos, key->name);
        for (unsigned k = 0; k < key->was.count; k++)
            check_unique(&keys, LIST_AT(&key->was, struct was, k)->pos,
                         LIST_AT(&key->was, struct was, k)->name);
    }
    for (unsigned i = 0; i < o->variants.count; i++) {
        const struct variant *v = LIST_AT(&o->variants, struct variant, i);
        if (choices != NULL && enum_constant(choices, v->constant) == NULL)
            complain(v->pos, "%s has no constant '%s'", choices->name, v->constant);
        if (model_object(model, v->object) == NULL)
            complain(v->pos, "no object is called '%s'", v->object);
    }
}

static bool
object_has_secret(const struct model *model, const struct object *o)
{
    for (unsigned i = 0; i < o->keys.count; i++) {
        const struct key *key = LIST_AT(&o->keys, struct key, i);
        const struct object *inner = key->type.object ? model_object(model, key->type.object) : NULL;
        if (key->secret || (inner != NULL && inner->secret))
            return true;
    }
    for (unsigned i = 0; i < o->variants.count; i++) {
        const struct object *inner = model_object(model, LIST_AT(&o->variants, struct variant, i)->object);
        if (inner != NULL && inner->secret)
            return true;
    }
    return false;
}

void
check_objects(struct model *model, struct names *constants)
{
    struct names names = {.what = "object"};
    bool grew = true;

    for (unsigned i = 0; i < model->objects.count; i++) {
        const struct object *o = LIST_AT(&model->objects, struct object, i);
        check_unique(&names, o->pos, o->name);
        check_object(model, constants, o);
    }
    while (grew) { /* objects hold each other, so until nothing changes */
        grew = false;
        for (unsigned i = 0; i < model->objects.count; i++) {
            struct object *o = LIST_AT(&model->objects, struct object, i);
            if (!o->secret && object_has_secret(model, o))
                grew = o->secret = true;
        }
    }
}
