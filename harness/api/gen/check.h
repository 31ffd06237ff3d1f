// SPDX-License-Identifier: MIT
/*
 * The checks, one file per kind of declaration. Each complains and goes on.
 */
#ifndef GEN_CHECK_H
#define GEN_CHECK_H

#include "model.h"

void check_range(const struct model *model, struct pos pos, const struct range *range);
void check_version(const struct model *model, struct pos pos, const char *version);
/* Names of one kind, seen so far; complains about the second of a name. */
struct names {
    const char *what;
    struct list seen; /* struct named */
};
void check_unique(struct names *names, struct pos pos, const char *name);
void check_type(const struct model *model, struct pos pos, const struct type *type);

void check_enums(struct model *model);
void check_objects(struct model *model, struct names *constants);
/* Sorts functions and callbacks and moves replaced signatures to model->older. */
void check_signatures(struct model *model);
void check_entries(struct model *model);

#endif
