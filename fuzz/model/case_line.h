// SPDX-License-Identifier: MIT
// One line of a case while it is read. Private to case_*.c.
#ifndef FUZZ_MODEL_CASE_LINE_H
#define FUZZ_MODEL_CASE_LINE_H

#include "fuzz/model/case.h"
#include "traces/jtree_scan.h"

#define CASE_AROUND 3 /* levels of a line around a payload: the line, "args", {"$json": ...} */

struct case_line {
    struct jtree_scan scan;
    struct jtree_token token; /* the current one */
    struct jtree_error error;
    struct arena *arena;
    unsigned long number; /* from 1 */
    const char *version;  /* the header's SDK version: enum constants may be given by name */
    struct fault *fault;
};

/* A fault at the current token. Returns -1. */
int case_fault(struct case_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Moves on to the next token. 0, or -1: a fault was set. */
int case_next(struct case_line *line);
/* Goes on to the last token of the value that begins with the current token. */
int case_skip(struct case_line *line);
/* A string token's text, in the arena. */
int case_string(struct case_line *line, const char **text, size_t *bytes);
/* Is the current token this key or string? No escapes are looked into. */
bool case_is(const struct case_line *line, const char *text);
/* The value that begins with the current token, as an argument of this type; ends at its last token. */
int case_argument(struct case_line *line, const struct api_param *param, struct case_value *value);

#endif
