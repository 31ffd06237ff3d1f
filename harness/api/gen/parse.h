// SPDX-License-Identifier: MIT
/*
 * Shared by the parts of the parser: the current token and what may be expected of it.
 */
#ifndef GEN_PARSE_H
#define GEN_PARSE_H

#include "model.h"

struct parser {
    struct lexer lexer;
    struct token token; /* the next one, not yet taken */
    struct model *model;
    const char *area; /* the file's name without folder and ending */
};

/* Takes the current token. */
struct token parse_take(struct parser *p);
/* Takes the token if it is this word or mark. */
bool parse_accept(struct parser *p, const char *text);
/* Takes it or gives up, saying what was expected. */
void parse_expect(struct parser *p, const char *text);
const char *parse_word(struct parser *p, const char *what);
const char *parse_version(struct parser *p);
const char *parse_string(struct parser *p);
int64_t parse_number(struct parser *p);
/* since V, until V, except V to V. */
bool parse_range(struct parser *p, struct range *range);
/* TYPE, TYPE:VALUES, TYPE[] */
struct type parse_type(struct parser *p);
/* time, random, path: the api.h name, or NULL if the token is another. */
const char *parse_changes(struct parser *p);

void parse_enum(struct parser *p, bool flags, bool strings);
void parse_object(struct parser *p, bool is_union);
void parse_entry(struct parser *p, const char *kind);

#endif
