// SPDX-License-Identifier: MIT
/*
 * What the parser understood: one struct per kind of declaration, linked in the order of
 * the files, sorted by name once everything has been read.
 */
#ifndef GEN_MODEL_H
#define GEN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "lex.h"

#define MODEL_MAX_PARAMS 8

/* A growing array; `items` points to elements of the size given to list_add. */
struct list {
    void *items;
    unsigned count;
};
/* A new zeroed element at the end. Pointers to older elements are void after it. */
void *list_add(struct list *list, unsigned long size);
#define LIST_AT(list, type, i) (&((type *)(list)->items)[i])
/* Lists of const char *. */
void list_add_text(struct list *list, const char *text);
const char *list_text(const struct list *list, unsigned i);

struct range {
    const char *since, *until; /* NULL: from the oldest, to the newest version */
    const char *gap_from, *gap_to;
};

/* An older name, or an older value, and the last version that had it. */
struct was {
    struct pos pos;
    const char *name;
    const char *constant;
    int64_t value;
    const char *until;
};

struct constant {
    struct pos pos;
    const char *name;
    int64_t value;
    const char *text; /* string constants */
    bool sampled;     /* samples show another number: */
    int64_t seen;
    struct range range;
    struct list was;     /* struct was: older numbers */
    struct list aliases; /* texts: macros that stand for it */
};

struct enumeration {
    struct pos pos;
    const char *name;
    const char *area;
    bool flags;
    bool strings; /* a group of string constants instead of numbers */
    struct range range;
    struct list constants; /* struct constant */
    int index;
};

/* A JSON type. */
struct type {
    const char *json;   /* scalar word: bool, uint, string, any, object, array; "" for a named object */
    const char *object; /* object name, or NULL */
    const char *values; /* enum or strings group, or NULL */
    bool array;
};

struct key {
    struct pos pos;
    struct type type;
    const char *name;
    const char *constant;
    const char *access; /* ro, wo, rw or NULL */
    bool required, optional, deprecated, unused, secret;
    const char *changes; /* API_TIME, ... */
    struct range range;
    struct list was;     /* struct was */
    struct list aliases; /* texts */
    struct list when;    /* texts: constants of the object's `on` key */
    struct list also;    /* struct type: seen in samples, or declared once */
    const char *preset;
    const char *counts, *parallel; /* keys of the same object, or NULL */
    const char *id;                /* what it refers to, or NULL */
    const char *doc;
};

struct variant {
    struct pos pos;
    const char *constant;
    const char *object;
};

struct object {
    struct pos pos;
    const char *name;
    const char *area;
    bool is_union;
    struct range range;
    const char *on;       /* the key that `when` and `select` speak of, or NULL */
    struct list also;     /* texts: other spellings of its name */
    struct list keys;     /* struct key */
    struct list variants; /* struct variant */
    bool secret;          /* it, or something in it, holds a secret key */
    int index;
};

struct param {
    struct pos pos;
    const char *word; /* the type as written */
    const char *name;
    const char *values; /* enum after the colon, or NULL */
    struct list was;    /* texts */
    bool nullable, secret, result;
    const char *changes;
    const char *indexes; /* key of the array that it is an index of, or NULL */
    const char *id;      /* what it refers to, or NULL */
    struct type seen;    /* JSON: what samples show instead; json NULL: nothing */
    unsigned out_bytes;
    struct type json; /* word is "json" */
    /* Found by the checks. */
    const char *type;  /* API_STR, ... */
    const char *ctype; /* "const char *", ... */
    const struct enumeration *enumeration;
    struct entry *callback;
};

enum result_kind { RESULT_UNKNOWN, RESULT_EMPTY, RESULT_OBJECT };

struct entry {
    struct pos pos;
    const char *kind; /* async, sync, register, unregister, callback */
    const char *returns;
    const char *name;
    const char *area;
    struct range range;
    struct param params[MODEL_MAX_PARAMS];
    unsigned nparams;
    enum result_kind result;
    struct type result_type;
    const char *source; /* API_FROM_PAGE, ... */
    bool has_error;
    struct type error_type;
    bool repeats, getter, list, opens, closes, deprecated;
    const char *doc;
    /* Found by the checks. */
    const char *id;   /* API_..., API_CB_... */
    const char *type; /* machine type of the return value */
    const char *ctype;
    const struct enumeration *enumeration; /* of the return value */
    struct entry *newest;                  /* itself, or what replaced this signature */
    struct list older;                     /* struct entry *: signatures this one replaced */
    int code, payload, user;               /* callbacks: parameter positions, or -1 */
    bool second;                           /* callbacks: taken as a second callback by some function */
    bool listeners;                        /* callbacks: some list of listeners takes it */
};

struct alias {
    struct pos pos;
    const char *name, *meaning;
};

struct model {
    const char *sdk, *library, *guard, *version, *status, *missing, *errors;
    struct pos sdk_pos;
    struct list versions;   /* texts, oldest first */
    struct list enums;      /* struct enumeration */
    struct list strings;    /* struct enumeration */
    struct list objects;    /* struct object */
    struct list functions;  /* struct entry; newest signatures, by name */
    struct list callbacks;  /* struct entry */
    struct list older;      /* struct entry: signatures that were replaced */
    struct list undeclared; /* texts */
    struct list aliases;    /* struct alias */
    int64_t missing_value;
    const struct enumeration *status_enum, *error_enum;
    const char *include; /* how the generated code includes the public header */
};

/* Reads one file into the model. */
void parse_file(struct model *model, const char *file);
/* Sorts, resolves names, complains about what does not fit. */
void check_model(struct model *model);

/* Lookups; NULL when there is none. After check_model. */
struct enumeration *model_enum(const struct model *model, const char *name);
struct enumeration *model_strings(const struct model *model, const char *name);
struct object *model_object(const struct model *model, const char *name);
const struct constant *enum_constant(const struct enumeration *e, const char *name);
/* Position of a version in the list, or -1. */
int model_version(const struct model *model, const char *version);
/* The version after `version` that is not in the range's gap; NULL after the newest. */
const char *model_next_version(const struct model *model, const char *version, const struct range *range);

#endif
