// SPDX-License-Identifier: MIT
/*
 * The two halves of shim_gen.c.
 */
#ifndef GEN_EMIT_SHIM_H
#define GEN_EMIT_SHIM_H

#include "emit.h"

/* Trampolines, their lookup, and the pool for lists of listeners. */
void emit_trampolines(struct out *out, const struct model *model);
/* Type of a callback entry's function pointer; older signatures have one of their own. */
const char *callback_type(const struct entry *entry);
/* Typedefs of the older signatures of callback types. */
void put_older_types(struct out *out, const struct model *model);

#endif
