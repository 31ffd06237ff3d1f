// SPDX-License-Identifier: MIT
/*
 * The outputs, one file per output, and what they share. Output depends on the model only.
 */
#ifndef GEN_EMIT_H
#define GEN_EMIT_H

#include "model.h"

/* An output being written; it takes its final name only when it is whole. */
struct out {
    void *stream; /* FILE * */
    const char *path;
};
void out_create(struct out *out, const char *path);
/* Same, begun as C source. */
void out_open(struct out *out, const char *path, const char *purpose);
void out_close(struct out *out);
void put(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "text" as a C string, or NULL. */
const char *quoted(const char *text);

/* `const char *a0, enum X a1, ...` or void. */
void put_params(struct out *out, const struct entry *entry);
/* `a0, a1, ...` */
void put_arguments(struct out *out, const struct entry *entry);
/* `v[0].s = a0;` lines. */
void put_stores(struct out *out, const struct entry *entry);
/* Member of union api_value for a machine type: i, u, s, out, fn, user. */
const char *member_of(const char *type);
bool returns_nothing(const struct entry *entry);
/* For names with several signatures (emit_raw.c): how many registers the longest takes; `uintptr_t r0, ...`
 * (name NULL: the types only); the exported function up to its first statement; its last: a switch over
 * what `signature` answers, to the static functions as_<id>. */
unsigned raw_registers(const struct entry *entry);
void put_registers(struct out *out, unsigned registers, const char *type, const char *name);
void put_raw_head(struct out *out, const char *exported, const struct entry *entry);
void put_raw_dispatch(struct out *out, const char *signature, const struct entry *entry);
/* All entries in id order. */
const struct entry *model_entry(const struct model *model, unsigned id);
unsigned model_entries(const struct model *model);

void emit_ids(const struct model *model, const char *path);
void emit_tables(const struct model *model, const char *path);
void emit_type_tables(struct out *out, const struct model *model);
void emit_header(const struct model *model, const char *path);
void emit_shim(const struct model *model, const char *path);
void emit_standin(const struct model *model, const char *path);
void emit_invoke(const struct model *model, const char *path);
void emit_dict(const struct model *model, const char *folder);
void emit_schema(const struct model *model, const char *folder);

#endif
