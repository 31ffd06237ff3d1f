// SPDX-License-Identifier: MIT
/*
 * Words of the description language. // starts a comment; line ends mean nothing.
 */
#ifndef GEN_LEX_H
#define GEN_LEX_H

#include <stdbool.h>

struct pos {
    const char *file; /* as given on the command line */
    unsigned line;
};

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* identifier */
    TOKEN_NUMBER, /* also a version: 8.0.5906 */
    TOKEN_STRING,
    TOKEN_MARK, /* one of { } ( ) [ ] , ; : = | ? or -> */
};

struct token {
    enum token_kind kind;
    const char *text; /* lives as long as the program */
    struct pos pos;
};

struct lexer {
    const char *at;
    struct pos pos;
};

/* Reads the whole file; the text is never freed (the generator is short-lived). */
void lex_open(struct lexer *lexer, const char *file);
struct token lex_next(struct lexer *lexer);

/* Prints "file:line: message" and counts it; generation stops after the checks. */
void complain(struct pos pos, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Same, and ends the program with status 1. */
_Noreturn void give_up(struct pos pos, const char *format, ...) __attribute__((format(printf, 2, 3)));
unsigned complaints(void);

/* Memory that cannot fail and is never freed. */
void *gen_alloc(unsigned long bytes);
const char *gen_text(const char *from, unsigned long bytes);
const char *gen_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
