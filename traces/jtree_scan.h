// SPDX-License-Identifier: MIT
/*
 * The scanner under the exact JSON tree: RFC 8259 and nothing else, one token at a time, exact spans,
 * no allocation, no recursion. Useful alone where a tree would be too much.
 */
#ifndef TRACES_JTREE_SCAN_H
#define TRACES_JTREE_SCAN_H

#include "traces/jtree.h"

enum jtree_token_kind {
    JTREE_T_END, /* of the document */
    JTREE_T_OPEN_ARRAY,
    JTREE_T_CLOSE_ARRAY,
    JTREE_T_OPEN_OBJECT,
    JTREE_T_CLOSE_OBJECT,
    JTREE_T_COMMA,
    JTREE_T_COLON,
    JTREE_T_KEY,
    JTREE_T_STRING,
    JTREE_T_NUMBER,
    JTREE_T_TRUE,
    JTREE_T_FALSE,
    JTREE_T_NULL,
};

struct jtree_token {
    enum jtree_token_kind kind;
    size_t gap;   /* offset of the white space before it; == start when there is none */
    size_t start; /* strings: of the opening quote */
    size_t end;   /* one past */
    bool escapes; /* strings: holds at least one escape */
    bool odd;     /* strings: printing the decoded text would not give this spelling */
};

struct jtree_scan {
    const char *bytes;
    size_t length;
    size_t at;
    unsigned depth, max_depth;
    int expect;                          /* what may come next; private */
    uint64_t nest[JTREE_MAX_DEPTH / 64]; /* bit set: object */
    struct jtree_error *error;
};

void jtree_scan_start(struct jtree_scan *scan, const char *bytes, size_t length,
                      const struct jtree_options *options, struct jtree_error *error);
/* 0: *token filled (JTREE_T_END again and again at the end); -1: *error filled, scan no further. */
int jtree_scan_next(struct jtree_scan *scan, struct jtree_token *token);

/* Decodes the spelling between the quotes (already accepted by the scanner); `out` has room for `length`
 * bytes. Returns the number of bytes. */
size_t jtree_unescape(const char *spelling, size_t length, char *out);
/* Length of the UTF-8 character at p (1..4), 0 when there is none. */
unsigned jtree_utf8(const unsigned char *p, const unsigned char *end);
void jtree_error_set(struct jtree_error *error, enum jtree_problem problem, const char *bytes, size_t offset,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Does text[0..length) start with a whole JSON number? Its length, or 0. */
size_t jtree_number_span(const char *text, size_t length);

#endif
