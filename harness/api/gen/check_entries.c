// SPDX-License-Identifier: MIT
/*
 * Checks functions and callback types: signatures of several versions, machine types,
 * and that every callback can be told from its parameters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* A replaced signature is called with raw registers, and this many carry integers on every
 * machine we know (x86-64 has six). */
#define REGISTERS 6

static const struct scalar {
    const char *word, *type, *ctype;
} scalars[] = {
    {"void", "API_VOID", "void"},
    {"bool", "API_BOOL", "bool"},
    {"int", "API_I32", "int"},
    {"int32_t", "API_I32", "int32_t"},
    {"uint32_t", "API_U32", "uint32_t"},
    {"int64_t", "API_I64", "int64_t"},
    {"uint64_t", "API_U64", "uint64_t"},
    {"text", "API_STR", "const char *"},
    {"json", "API_STR", "const char *"},
    {"out", "API_OUT", "char *"},
    {"user", "API_USER", "const void *"},
};

static const struct scalar *
find_scalar(const char *word)
{
    for (unsigned i = 0; i < sizeof(scalars) / sizeof(*scalars); i++)
        if (strcmp(scalars[i].word, word) == 0)
            return &scalars[i];
    return NULL;
}

static int
by_name_then_age(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    if (order != 0)
        return order;
    /* The newest first: the one without an end. Ends are compared later, with the versions at hand. */
    return (x->range.until != NULL) - (y->range.until != NULL);
}

static void
split_signatures(struct model *model, struct list *list)
{
    struct list newest = {0};

    if (list->count)
        qsort(list->items, list->count, sizeof(struct entry), by_name_then_age);
    for (unsigned i = 0; i < list->count; i++) {
        const struct entry *entry = LIST_AT(list, struct entry, i);
        const struct entry *last = newest.count ? LIST_AT(&newest, struct entry, newest.count - 1) : NULL;
        if (last == NULL || strcmp(last->name, entry->name) != 0) {
            *(struct entry *)list_add(&newest, sizeof(*entry)) = *entry;
        } else if (entry->range.until == NULL || last->range.until != NULL || last->range.since == NULL ||
                   model_version(model, entry->range.until) >= model_version(model, last->range.since)) {
            complain(entry->pos,
                     "'%s' is there twice; the other is at %s:%u. Two signatures need versions that do not "
                     "overlap, the newest without 'until'",
                     entry->name, last->pos.file, last->pos.line);
        } else {
            *(struct entry *)list_add(&model->older, sizeof(*entry)) = *entry;
        }
    }
    *list = newest;
}

static void
name_older(struct model *model, struct entry *older, struct list *list)
{
    bool callback = strcmp(older->kind, "callback") == 0;
    char version[64];

    for (unsigned i = 0; i < list->count; i++) {
        struct entry *newest = LIST_AT(list, struct entry, i);
        if (strcmp(newest->name, older->name) != 0 || strcmp(newest->kind, older->kind) != 0)
            continue;
        older->newest = newest;
        *(struct entry **)list_add(&newest->older, sizeof(older)) = older;
        if (strcmp(newest->returns, older->returns) != 0)
            complain(older->pos, "signatures of '%s' return different types", older->name);
        if (newest->nparams > REGISTERS || older->nparams > REGISTERS)
            complain(older->pos, "signatures of '%s' need more than %d registers", older->name, REGISTERS);
    }
    snprintf(version, sizeof(version), "%s", older->range.until);
    for (char *c = version; *c; c++)
        if (*c == '.')
            *c = '_';
    older->id = gen_format("API_%s%s__%s", callback ? "CB_" : "", older->name, version);
    check_range(model, older->pos, &older->range);
}

void
check_signatures(struct model *model)
{
    split_signatures(model, &model->functions);
    split_signatures(model, &model->callbacks);
    for (unsigned i = 0; i < model->functions.count; i++) {
        struct entry *entry = LIST_AT(&model->functions, struct entry, i);
        entry->newest = entry;
        entry->id = gen_format("API_%s", entry->name);
    }
    for (unsigned i = 0; i < model->callbacks.count; i++) {
        struct entry *entry = LIST_AT(&model->callbacks, struct entry, i);
        entry->newest = entry;
        entry->id = gen_format("API_CB_%s", entry->name);
    }
    for (unsigned i = 0; i < model->older.count; i++) {
        struct entry *older = LIST_AT(&model->older, struct entry, i);
        name_older(model, older,
                   strcmp(older->kind, "callback") == 0 ? &model->callbacks : &model->functions);
    }
}

static struct entry *
find_callback(struct model *model, const char *name)
{
    for (unsigned i = 0; i < model->callbacks.count; i++)
        if (strcmp(LIST_AT(&model->callbacks, struct entry, i)->name, name) == 0)
            return LIST_AT(&model->callbacks, struct entry, i);
    return NULL;
}

static void
resolve_param(struct model *model, struct param *param)
{
    const struct scalar *scalar = find_scalar(param->word);

    if (scalar != NULL && strcmp(param->word, "void") != 0) {
        param->type = scalar->type;
        param->ctype = scalar->ctype;
    } else if ((param->enumeration = model_enum(model, param->word)) != NULL) {
        param->type = "API_I32";
        param->ctype = gen_format("enum %s", param->word);
    } else if ((param->callback = find_callback(model, param->word)) != NULL) {
        param->type = "API_FN";
        param->ctype = param->word;
    } else {
        complain(param->pos, "unknown type '%s': not a number, text, json, out, user, enum or callback",
                 param->word);
        param->type = "API_I32";
        param->ctype = "int";
    }
    if (param->values != NULL && (param->enumeration = model_enum(model, param->values)) == NULL)
        complain(param->pos, "no enum is called '%s'", param->values);
    if (strcmp(param->word, "json") == 0 && !param->result)
        check_type(model, param->pos, &param->json);
    if (strcmp(param->word, "out") == 0 && (param->out_bytes == 0 || param->out_bytes > UINT16_MAX))
        complain(param->pos, "out-buffer %s has no usable size", param->name);
}

static void
resolve_return(struct model *model, struct entry *entry)
{
    const struct scalar *scalar = find_scalar(entry->returns);

    if (scalar != NULL && strcmp(scalar->word, "out") != 0 && strcmp(scalar->word, "user") != 0) {
        entry->type = scalar->type;
        entry->ctype = scalar->ctype;
        if (strcmp(scalar->word, "int") == 0)
            entry->enumeration = model->status_enum;
    } else if ((entry->enumeration = model_enum(model, entry->returns)) != NULL) {
        entry->type = "API_I32";
        entry->ctype = gen_format("enum %s", entry->returns);
    } else {
        complain(entry->pos, "'%s' returns unknown type '%s'", entry->name, entry->returns);
        entry->type = "API_VOID";
        entry->ctype = "void";
    }
}

/* An index is one of an array in a JSON object beside it. */
static void
check_index(const struct model *model, const struct entry *entry, const struct param *param)
{
    if (param->indexes == NULL)
        return;
    for (unsigned i = 0; i < entry->nparams; i++) {
        const char *name = entry->params[i].json.array ? NULL : entry->params[i].json.object;
        const struct object *o = name != NULL ? model_object(model, name) : NULL;
        for (unsigned k = 0; o != NULL && k < o->keys.count; k++) {
            const struct key *key = LIST_AT(&o->keys, struct key, k);
            if (strcmp(key->name, param->indexes) == 0 && key->type.array)
                return;
        }
    }
    complain(param->pos, "'index %s': no JSON beside '%s' has an array of that name", param->indexes,
             param->name);
}

static void
resolve_params(struct model *model, struct entry *entry)
{
    struct names names = {.what = "parameter"};
    unsigned callbacks = 0, users = 0;

    entry->code = entry->payload = entry->user = -1;
    for (unsigned i = 0; i < entry->nparams; i++) {
        struct param *param = &entry->params[i];
        resolve_param(model, param);
        check_unique(&names, param->pos, param->name);
        check_index(model, entry, param);
        if (param->seen.json != NULL &&
            (param->json.object == NULL || param->seen.object == NULL ||
             strcmp(param->json.object, param->seen.object) != 0 || param->seen.array == param->json.array))
            complain(param->pos, "'%s' can be seen as one %s or an array of them only", param->name,
                     param->json.object != NULL ? param->json.object : "object");
        if (param->callback != NULL && ++callbacks == 2)
            param->callback->second = true;
        if (param->callback != NULL && entry->list)
            param->callback->listeners = true;
        if (strcmp(param->word, "user") == 0) {
            entry->user = (int)i;
            users++;
        }
        if (entry->payload < 0 && strcmp(param->word, "json") == 0)
            entry->payload = (int)i;
        if (entry->code < 0 && param->enumeration != NULL && param->enumeration == model->error_enum)
            entry->code = (int)i;
    }
    if (strcmp(entry->kind, "callback") == 0) {
        if (users != 1)
            complain(entry->pos, "callback '%s' needs exactly one user parameter", entry->name);
        if (callbacks != 0)
            complain(entry->pos, "callback '%s' takes a callback; that cannot be recorded", entry->name);
    } else {
        entry->code = entry->payload = -1;
        if (callbacks > 2 || users > 1)
            complain(entry->pos, "'%s' takes more than two callbacks or more than one user data",
                     entry->name);
        if ((strcmp(entry->kind, "async") == 0 || strcmp(entry->kind, "register") == 0) &&
            (callbacks == 0 || users == 0))
            complain(entry->pos, "'%s' is %s, so it needs a callback and user data", entry->name,
                     entry->kind);
        if (callbacks != 0 && users == 0 && strcmp(entry->kind, "unregister") != 0)
            complain(entry->pos, "'%s' takes a callback without user data", entry->name);
    }
}

static void
check_entry(struct model *model, struct entry *entry)
{
    check_range(model, entry->pos, &entry->range);
    resolve_return(model, entry);
    resolve_params(model, entry);
    if (entry->result == RESULT_OBJECT)
        check_type(model, entry->pos, &entry->result_type);
    if (entry->has_error)
        check_type(model, entry->pos, &entry->error_type);
    if (entry->result != RESULT_UNKNOWN && strcmp(entry->kind, "async") != 0)
        complain(entry->pos, "only async functions have a result");
    if ((entry->opens || entry->closes) && strcmp(entry->kind, "sync") != 0 &&
        strcmp(entry->kind, "async") != 0)
        complain(entry->pos, "only sync and async functions open or close");
    if (entry->list && strcmp(entry->kind, "register") != 0 && strcmp(entry->kind, "unregister") != 0)
        complain(entry->pos, "only register and unregister functions can be a list");
}

void
check_entries(struct model *model)
{
    struct names names = {.what = "function"};
    bool found = model->version == NULL;

    for (unsigned i = 0; i < model->callbacks.count; i++) {
        check_unique(&names, LIST_AT(&model->callbacks, struct entry, i)->pos,
                     LIST_AT(&model->callbacks, struct entry, i)->name);
        check_entry(model, LIST_AT(&model->callbacks, struct entry, i));
    }
    for (unsigned i = 0; i < model->functions.count; i++) {
        struct entry *entry = LIST_AT(&model->functions, struct entry, i);
        check_unique(&names, entry->pos, entry->name);
        check_entry(model, entry);
        if (model->version != NULL && strcmp(entry->name, model->version) == 0)
            found = strcmp(entry->type, "API_STR") == 0 && entry->nparams == 0;
    }
    for (unsigned i = 0; i < model->older.count; i++)
        check_entry(model, LIST_AT(&model->older, struct entry, i));
    for (unsigned i = 0; i < model->undeclared.count; i++)
        check_unique(&names, model->sdk_pos, list_text(&model->undeclared, i));
    if (!found)
        complain(model->sdk_pos, "'%s' names the version, so it must be a function 'text %s()'",
                 model->version, model->version);
}
