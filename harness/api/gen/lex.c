// SPDX-License-Identifier: MIT
/*
 * Splits a description file into words, and says where a mistake is.
 */
#include "lex.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned complained;

static void
say(struct pos pos, const char *format, va_list args)
{
    fprintf(stderr, "%s:%u: ", pos.file, pos.line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    complained++;
}

void
complain(struct pos pos, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(pos, format, args);
    va_end(args);
}

void
give_up(struct pos pos, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(pos, format, args);
    va_end(args);
    exit(1);
}

unsigned
complaints(void)
{
    return complained;
}

void *
gen_alloc(unsigned long bytes)
{
    void *memory = calloc(1, bytes ? bytes : 1);

    if (memory == NULL) {
        fputs("apigen: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

const char *
gen_text(const char *from, unsigned long bytes)
{
    char *text = gen_alloc(bytes + 1);

    memcpy(text, from, bytes);
    return text;
}

const char *
gen_format(const char *format, ...)
{
    char text[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return gen_text(text, strlen(text));
}

void
lex_open(struct lexer *lexer, const char *file)
{
    struct pos pos = {file, 1};
    size_t room = 1 << 16, used = 0, got;
    char *text = gen_alloc(room + 1);
    FILE *in = fopen(file, "r");

    if (in == NULL)
        give_up(pos, "cannot read this file: %s", strerror(errno));
    while ((got = fread(text + used, 1, room - used, in)) > 0) {
        used += got;
        if (used == room) {
            char *more = gen_alloc(2 * room + 1);
            memcpy(more, text, used);
            free(text);
            text = more;
            room *= 2;
        }
    }
    if (ferror(in))
        give_up(pos, "cannot read this file: %s", strerror(errno));
    fclose(in);
    if (memchr(text, '\0', used) != NULL)
        give_up(pos, "this file has a NUL byte in it");
    lexer->at = text;
    lexer->pos = pos;
}

static void
skip_blanks(struct lexer *lexer)
{
    for (;; lexer->at++) {
        if (lexer->at[0] == '/' && lexer->at[1] == '/')
            lexer->at += strcspn(lexer->at, "\n");
        if (*lexer->at == '\n')
            lexer->pos.line++;
        else if (*lexer->at == '\0' || !isspace((unsigned char)*lexer->at))
            return;
    }
}

static unsigned long
word_length(const char *at)
{
    unsigned long n = 0;

    while (isalnum((unsigned char)at[n]) || at[n] == '_')
        n++;
    return n;
}

static unsigned long
number_length(const char *at)
{
    unsigned long n = at[0] == '-' ? 1 : 0;

    while (isalnum((unsigned char)at[n]) || (at[n] == '.' && isdigit((unsigned char)at[n + 1])))
        n++;
    return n;
}

struct token
lex_next(struct lexer *lexer)
{
    struct token token = {TOKEN_END, "end of file", lexer->pos};
    unsigned long n;

    skip_blanks(lexer);
    token.pos = lexer->pos;
    if (*lexer->at == '\0')
        return token;
    if (isalpha((unsigned char)*lexer->at) || *lexer->at == '_') {
        token.kind = TOKEN_WORD;
        n = word_length(lexer->at);
    } else if (isdigit((unsigned char)*lexer->at) ||
               (*lexer->at == '-' && isdigit((unsigned char)lexer->at[1]))) {
        token.kind = TOKEN_NUMBER;
        n = number_length(lexer->at);
    } else if (*lexer->at == '"') {
        lexer->at++;
        n = strcspn(lexer->at, "\"\\\n");
        if (lexer->at[n] != '"')
            give_up(token.pos, "this string does not end on its line, or has a backslash in it");
        token.kind = TOKEN_STRING;
        token.text = gen_text(lexer->at, n);
        lexer->at += n + 1;
        return token;
    } else if (lexer->at[0] == '-' && lexer->at[1] == '>') {
        token.kind = TOKEN_MARK;
        n = 2;
    } else if (strchr("{}()[],;:=|?", *lexer->at) != NULL) {
        token.kind = TOKEN_MARK;
        n = 1;
    } else {
        give_up(token.pos, "'%c' means nothing here", *lexer->at);
    }
    token.text = gen_text(lexer->at, n);
    lexer->at += n;
    return token;
}
