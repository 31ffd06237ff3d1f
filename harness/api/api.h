// SPDX-License-Identifier: MIT
/*
 * What the API is, as data. Everything declared here is generated from the
 * description files (*.tim) beside this header; nothing else in the project may
 * spell out a function, callback, parameter, enum or JSON key a second time.
 *
 * All tables are constant and may be read from any thread. Ids are valid for one
 * build only: whatever outlives a process (tape, NDJSON) stores names.
 */
#ifndef API_API_H
#define API_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api_ids.h" /* generated: enum api_id, enum api_object_id, enum api_enum_id, counts */

/* No parameter list in any version is longer (facts: callExperimentalAPI .. TIMSignalingInvite). */
#define API_MAX_PARAMS 8

/* How one value crosses the boundary (its machine type). */
enum api_type {
    API_VOID, /* return type only */
    API_I32,
    API_U32,
    API_I64,
    API_U64,
    API_BOOL, /* one byte in the C ABI */
    API_STR,  /* const char *, NUL terminated, may be NULL */
    API_OUT,  /* char *, filled by the callee before it returns, may be NULL */
    API_FN,   /* a callback pointer */
    API_USER, /* user data: opaque, never dereferenced, compared or stored */
};

/* What a string holds. */
enum api_content { API_TEXT, API_JSON };

enum api_kind {
    API_ASYNC,      /* answers through a callback */
    API_SYNC,       /* answers by its result */
    API_REGISTER,   /* sets or adds a listener */
    API_UNREGISTER, /* removes a listener by function pointer */
    API_CALLBACK,   /* a callback type, not a function */
};

/* Why two runs of one app may differ in a value without meaning anything. */
enum api_volatile { API_STABLE, API_TIME, API_RANDOM, API_PATH };

/* One value while it crosses; which member is meant says api_param.type.
 * API_I32/API_I64 use i (sign extended), API_U32/API_U64/API_BOOL use u. */
union api_value {
    int64_t i;
    uint64_t u;
    const char *s;
    char *out;
    void (*fn)(void);
    const void *user;
};

struct api_param {
    const char *name;               /* newest spelling */
    const char *const *older_names; /* NULL-terminated list, or NULL */
    uint8_t type;                   /* enum api_type */
    uint8_t content;                /* enum api_content; API_STR and API_OUT only */
    uint8_t changes;                /* enum api_volatile */
    bool secret;                    /* the whole value is a credential */
    bool secret_inside;             /* JSON whose object may hold secret keys */
    bool array;                     /* JSON: an array of `object` (or of strings, object < 0) */
    int16_t object;                 /* JSON: index into api_objects, or -1 when unknown */
    int16_t enumeration;            /* index into api_enums, or -1 */
    int16_t callback;               /* API_FN: id of the callback type, else -1 */
    uint16_t out_bytes;             /* API_OUT: the size the documentation promises (128) */
    bool nullable;                  /* documented: NULL (or "") is legal */
    const char *indexes;            /* it is an index of this array (a key) of the JSON beside it, or NULL */
    const char *id;                 /* what it refers to ("message", "group", ...), or NULL */
    uint16_t also;                  /* JSON: samples show an array (or one object) instead, as api_key.also */
};

/*
 * One function or callback type in one signature. A signature that broke the ABI
 * under an unchanged name is an entry of its own, with the same name and
 * `newest` naming the current one.
 */
struct api_entry {
    const char *name;
    uint16_t id;
    uint16_t newest; /* own id, or the entry that replaced this signature */
    uint8_t kind;    /* enum api_kind */
    uint8_t returns; /* enum api_type */
    uint8_t nparams;
    int8_t code;           /* callbacks: index of the result code parameter, or -1 */
    int8_t payload;        /* callbacks: index of the JSON payload parameter, or -1 */
    bool list;             /* API_REGISTER/API_UNREGISTER: a list of listeners, not one slot */
    bool repeats;          /* its completion callback may fire more than once */
    bool getter;           /* reads state, changes none: how often it is called means nothing */
    bool result_secret;    /* its completion payload may hold secret keys */
    bool result_array;     /* completion payload: array of result_object */
    int16_t result_object; /* completion payload's object, -1 unknown; API_EMPTY_RESULT: always "" */
    const char *since;     /* first SDK version that has it, e.g. "4.2.0" */
    const char *until;     /* last version that has it, or NULL when the newest does */
    const struct api_param *params;
    const char *area; /* the description file it is in: "message" */
    bool deprecated;
    uint8_t result_source; /* enum api_source */
    bool error_array;
    int16_t error_object; /* what a failing completion may carry, or -1 */
    int16_t returns_enum; /* index into api_enums, or -1 */
    bool opens;           /* nothing that comes after it could have come before it: init, login */
    bool closes;          /* what came before its return could not have come after it: uninit, logout */
};
/* Where result_object is known from; a guess was deduced from names. */
enum api_source { API_UNDOCUMENTED, API_FROM_PAGE, API_FROM_HEADER, API_FROM_BINDING, API_GUESSED };
#define API_EMPTY_RESULT (-2)

struct api_key {
    const char *name;     /* JSON key, newest spelling, or as spelled between since and until */
    const char *constant; /* C constant of the header */
    const char *renamed;  /* the spelling of the same C constant in newer (or NULL) versions */
    uint8_t json;         /* enum api_json */
    uint8_t items;        /* arrays: enum api_json of the elements */
    uint8_t changes;      /* enum api_volatile */
    bool secret;
    bool required, readable, writable;
    int16_t object;      /* object (or array element) type, or -1 */
    int16_t enumeration; /* or -1 */
    const char *since, *until;
    bool optional; /* documented as optional; neither: not documented */
    bool deprecated;
    bool unused;             /* not found in the newest library's file: probably neither read nor written */
    uint16_t also;           /* bits 1 << enum api_json: types seen in samples, or declared once */
    int16_t also_object;     /* the object among them, or -1 */
    int16_t strings;         /* string keys with named values: index into api_strings, or -1 */
    const char *when_key;    /* meaningful only while this key of the same object ... */
    const char *const *when; /* ... is one of these constants (NULL-terminated), or NULL */
    const char *preset;      /* documented default, as text, or NULL */
    const char *counts;      /* it says how many elements this array of the same object has, or NULL */
    const char *parallel;    /* arrays: has as many elements as this array of the same object, or NULL */
    const char *id;          /* what it refers to, also in other events ("message", "group", ...), or NULL */
};
enum api_json {
    API_J_ANY,
    API_J_BOOL,
    API_J_INT,
    API_J_UINT,
    API_J_INT64,
    API_J_UINT64,
    API_J_DOUBLE,
    API_J_STRING,
    API_J_OBJECT,
    API_J_ARRAY
};

struct api_object {
    const char *name;
    const char *selector; /* unions: the key that selects the variant (elem_type), or NULL */
    const struct api_key *keys;
    uint16_t nkeys;
    const struct api_variant *variants; /* unions: value -> object */
    uint16_t nvariants;
    const char *since, *until;
    const char *const *older_names; /* NULL-terminated, or NULL */
    const char *area;
    bool secret; /* it, or an object in it, has secret keys */
};
struct api_variant {
    int64_t value;
    int16_t object;
};

struct api_enum {
    const char *name;
    bool flags;
    const struct api_constant *constants;
    uint16_t nconstants;
    const char *since, *until;
};
struct api_constant {
    const char *name;
    int64_t value;
    const char *since, *until; /* a renumbered constant appears once per numbering */
    bool sampled;              /* samples show it with another number: */
    int64_t seen;
};

/* Named texts: the operations of the experimental call, marks of @all, sounds. */
struct api_strings {
    const char *name;
    const struct api_string *constants;
    uint16_t nconstants;
};
struct api_string {
    const char *name, *value;
    const char *since, *until;
};

/* The SDK that the tables describe. */
struct api_sdk {
    const char *name;              /* "TIM" */
    const char *library;           /* "libImSDK.so" */
    const char *const *versions;   /* oldest first, NULL-terminated */
    const char *const *undeclared; /* exports without a declaration, not wrapped; NULL-terminated */
    int32_t missing;               /* what an int function answers that the library behind lacks */
    int16_t version_function;      /* entry that names the library's version, or -1 */
};
extern const struct api_sdk api_sdk;
extern const struct api_strings api_strings[API_STRINGS];

/* Functions first, then callback types, each sorted by name, then older signatures and API_CALLBACKS of
 * them). */
extern const struct api_entry api_entries[API_ENTRIES];
extern const struct api_object api_objects[API_OBJECTS];
extern const struct api_enum api_enums[API_ENUMS];

static inline const struct api_entry *
api_entry(unsigned id)
{
    return id < API_ENTRIES ? &api_entries[id] : NULL;
}

/* The newest entry of that name (function or callback type), or NULL. */
const struct api_entry *api_find(const char *name);
/*
 * The entry of that name as SDK `version` ("6.6.2957") declares it; newest when version is NULL.
 * "until 6.6" covers every 6.6.*; between two known versions the newer signature is taken. Does
 * not say whether that version had the name at all: see since and until.
 */
const struct api_entry *api_find_version(const char *name, const char *version);
/* Compares dotted version texts by number: <0, 0, >0. Non-numeric tails are ignored. */
int api_version_compare(const char *a, const char *b);
/* A key of an object by spelling (any version's), or NULL. Unions: also keys of the variants. */
const struct api_key *api_find_key(const struct api_object *object, const char *name);
/* By name, also older spellings of objects; NULL when there is none. */
const struct api_object *api_find_object(const char *name);
const struct api_enum *api_find_enum(const char *name);
/* The constant that has `value` in SDK `version` (NULL: newest), or NULL. Flags: one bit only. */
const struct api_constant *api_find_constant(const struct api_enum *enumeration, int64_t value,
                                             const char *version);
/* True if `version` lies in [since, until]; either end may be NULL. */
bool api_version_within(const char *version, const char *since, const char *until);

#endif
