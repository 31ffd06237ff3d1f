// SPDX-License-Identifier: MIT
/*
 * The exact JSON tree: every place of the project that reads or compares JSON uses this one.
 *
 * A tree is made of ordinary cJSON nodes (walk it with ->child and ->next), but nothing is lost
 * on the way: numbers keep their text, strings keep their spelling, duplicate keys stay in order, and
 * with keep_layout white space stays too, so that JTREE_EXACT prints the bytes that were read.
 *
 * How a node holds its value (ask jtree_kind() and the access functions, not ->type):
 *   number   cJSON_Raw, valuestring = its text as written ("1.50e3")
 *   string   cJSON_String, valuestring = the decoded text, where that prints back to the same
 *            bytes; else cJSON_Raw, valuestring = the spelling with its quotes ("\"\\u0000\"")
 *   key      the same: decoded in ->string, or the spelling with quotes if ->type has JTREE_RAW_KEY
 *   layout   white space of a container in its otherwise unused ->valuestring, of the document in the root's
 *            ->string; only white space and commas, so a changed tree still prints as valid JSON
 *
 * Ownership: a tree is freed with cJSON_Delete(root). Nodes may be detached, added and duplicated with
 * cJSON's own functions. Texts handed out live as long as their node.
 * Threads: no global state; different trees may be used by different threads at the same time.
 * Errors: NULL or -1 means out of memory unless a struct jtree_error says more.
 */
#ifndef TRACES_JTREE_H
#define TRACES_JTREE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JTREE_RAW_KEY (1 << 16)
#define JTREE_DEPTH 512      /* how deep arrays and objects may nest when the options do not say */
#define JTREE_MAX_DEPTH 4096 /* the most that options can ask for: printing and comparing recurse */

enum jtree_problem { JTREE_SYNTAX = 1, JTREE_BYTES, JTREE_TOO_DEEP, JTREE_TOO_MANY, JTREE_MEMORY };

struct jtree_error {
    enum jtree_problem problem; /* JTREE_BYTES: not UTF-8 */
    size_t offset;  /* of the byte that cannot be there; the length when the text ends too early */
    size_t line;    /* from 1 */
    size_t column;  /* from 1, in characters */
    char text[160]; /* what is wrong, as a sentence without position and final stop */
};

struct jtree_options {
    unsigned max_depth; /* 0: JTREE_DEPTH */
    size_t max_nodes;   /* 0: no limit; a node takes about 100 bytes of memory for as little as 2 of text */
    bool keep_layout;   /* keep white space for JTREE_EXACT */
};

/* ---- reading ---- */

/* One strict RFC 8259 document in bytes[0..length), no byte order mark, UTF-8. options and error may be NULL.
 */
cJSON *jtree_parse(const char *bytes, size_t length, const struct jtree_options *options,
                   struct jtree_error *error);
/* Is it one? Same checks as jtree_parse, allocates nothing. 0 or -1. */
int jtree_check(const char *bytes, size_t length, const struct jtree_options *options,
                struct jtree_error *error);

/* ---- looking ---- */

enum jtree_kind { JTREE_NULL, JTREE_BOOL, JTREE_NUMBER, JTREE_STRING, JTREE_ARRAY, JTREE_OBJECT };
enum jtree_kind jtree_kind(const cJSON *node);
const char *jtree_kind_name(enum jtree_kind kind); /* "null", "a boolean", ... for sentences */

/* Decoded bytes of a string; may hold NUL (\u0000); lone surrogates are encoded like other characters
 * (three bytes), so different strings stay different. NUL-terminated besides. */
struct jtree_text {
    const char *data;
    size_t bytes;
    char *owned; /* NULL when data points into the node */
};
int jtree_text(const cJSON *string, struct jtree_text *text);
int jtree_key(const cJSON *member, struct jtree_text *text);
void jtree_text_free(struct jtree_text *text);

/* A number's text as written; NULL for other kinds. */
const char *jtree_number(const cJSON *node);
/* Exact: true only when the number is an integer in range, in whatever spelling (1e3, 7.0). */
bool jtree_int64(const cJSON *node, int64_t *value);
bool jtree_uint64(const cJSON *node, uint64_t *value);
/* Are two number texts the same number? Decimal, never through a double: 1 = 1.0 = 10e-1, 0 = -0. */
bool jtree_number_equal(const char *a, const char *b);

/* First member of that name, or NULL. */
cJSON *jtree_get(const cJSON *object, const char *key);
/* The node at a path as jtree_diff writes them, or NULL. */
cJSON *jtree_at(const cJSON *root, const char *path);

/* ---- making ---- */

cJSON *jtree_new_number(const char *text); /* NULL also if text is not a JSON number */
cJSON *jtree_new_int64(int64_t value);
cJSON *jtree_new_uint64(uint64_t value);
/* UTF-8 (the three-byte surrogates of struct jtree_text allowed), any byte count, NUL inside allowed; NULL
 * also if it is not. */
cJSON *jtree_new_string(const char *bytes, size_t count);
/* Adds at the end in constant time; `value` belongs to the container then. 0 or -1 (value untouched).
 * A key that is there already is there twice then. */
int jtree_add_member(cJSON *object, const char *key, size_t key_bytes, cJSON *value);
void jtree_add_element(cJSON *array, cJSON *value);

/* ---- printing: spellings of numbers and strings are kept in every style ---- */

enum jtree_style {
    JTREE_COMPACT,  /* no white space */
    JTREE_EXACT,    /* as read, if it was read with keep_layout */
    JTREE_INDENTED, /* two spaces a level */
};
/* malloc'd, NUL-terminated, free() it; bytes may be NULL. */
char *jtree_print(const cJSON *node, enum jtree_style style, size_t *bytes);
/* Into the caller's memory, NUL-terminated. Returns the length without the NUL; is that `room` or more, then
 * it did not fit and the text is useless. */
size_t jtree_print_to(const cJSON *node, enum jtree_style style, char *text, size_t room);

/* ---- comparing ---- */

/* 1 when both say the same: order of keys, white space, spelling of numbers and escapes do not matter.
 * The n-th member of a name is compared with the n-th of that name, so duplicate keys and their order count.
 * 0 when not, -1 out of memory. */
int jtree_equal(const cJSON *a, const cJSON *b);

enum jtree_change {
    JTREE_MISSING, /* expected has it, got has not */
    JTREE_EXTRA,   /* the other way round */
    JTREE_CHANGED, /* another value of the same kind */
    JTREE_RETYPED, /* another kind of value */
};
/* A place in both trees. Path: $.key[0]["odd key"].twice(2), the last one being the second member of that
 * name. */
struct jtree_place {
    const char *path;
    const char *key; /* innermost member name (decoded), also for the elements of its array; NULL above any */
    const cJSON *expected, *got; /* NULL when absent there */
};
struct jtree_difference {
    enum jtree_change change;
    struct jtree_place place;
    const char *expected, *got; /* printed compact; NULL when absent */
};
struct jtree_diff_options {
    /* Called at each member and element before it is compared; true: it and all below counts as equal. */
    bool (*ignore)(void *context, const struct jtree_place *place);
    /* Called for each difference in the order of `expected`, extras of an object after its members;
     * non-zero ends the comparison. All texts live until it returns. */
    int (*report)(void *context, const struct jtree_difference *difference);
    void *context;
};
/* 0: no difference, 1: some, -1: out of memory. Options may be NULL. Takes n log n of the number of nodes. */
int jtree_diff(const cJSON *expected, const cJSON *got, const struct jtree_diff_options *options);

#endif
