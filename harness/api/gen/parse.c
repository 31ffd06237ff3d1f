// SPDX-License-Identifier: MIT
/*
 * The parser's frame: declarations of a file, and what all kinds of them share.
 */
#include "parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct token
parse_take(struct parser *p)
{
    struct token taken = p->token;

    p->token = lex_next(&p->lexer);
    return taken;
}

bool
parse_accept(struct parser *p, const char *text)
{
    if ((p->token.kind != TOKEN_WORD && p->token.kind != TOKEN_MARK) || strcmp(p->token.text, text) != 0)
        return false;
    parse_take(p);
    return true;
}

void
parse_expect(struct parser *p, const char *text)
{
    if (!parse_accept(p, text))
        give_up(p->token.pos, "'%s' expected before '%s'", text, p->token.text);
}

const char *
parse_word(struct parser *p, const char *what)
{
    if (p->token.kind != TOKEN_WORD)
        give_up(p->token.pos, "%s expected instead of '%s'", what, p->token.text);
    return parse_take(p).text;
}

const char *
parse_version(struct parser *p)
{
    if (p->token.kind != TOKEN_NUMBER)
        give_up(p->token.pos, "a version expected instead of '%s'", p->token.text);
    return parse_take(p).text;
}

const char *
parse_string(struct parser *p)
{
    if (p->token.kind != TOKEN_STRING)
        give_up(p->token.pos, "a \"string\" expected instead of '%s'", p->token.text);
    return parse_take(p).text;
}

int64_t
parse_number(struct parser *p)
{
    char *end;
    int64_t value;

    if (p->token.kind != TOKEN_NUMBER)
        give_up(p->token.pos, "a number expected instead of '%s'", p->token.text);
    errno = 0;
    value = strtoll(p->token.text, &end, 0);
    if (*end != '\0' || errno != 0)
        give_up(p->token.pos, "'%s' is not a number that fits", p->token.text);
    parse_take(p);
    return value;
}

bool
parse_range(struct parser *p, struct range *range)
{
    if (parse_accept(p, "since")) {
        range->since = parse_version(p);
    } else if (parse_accept(p, "until")) {
        range->until = parse_version(p);
    } else if (parse_accept(p, "except")) {
        range->gap_from = parse_version(p);
        parse_expect(p, "to");
        range->gap_to = parse_version(p);
    } else {
        return false;
    }
    return true;
}

struct type
parse_type(struct parser *p)
{
    static const char *const scalars[] = {"bool",   "int",    "uint",   "int32",  "uint32", "int64",
                                          "uint64", "double", "string", "object", "array",  "any"};
    struct type type = {.json = ""};
    const char *word = parse_word(p, "a JSON type");

    for (unsigned i = 0; i < sizeof(scalars) / sizeof(*scalars); i++)
        if (strcmp(word, scalars[i]) == 0)
            type.json = scalars[i];
    if (*type.json == '\0')
        type.object = word;
    else if (parse_accept(p, ":"))
        type.values = parse_word(p, "an enum");
    if (parse_accept(p, "[")) {
        parse_expect(p, "]");
        type.array = true;
    }
    return type;
}

const char *
parse_changes(struct parser *p)
{
    if (parse_accept(p, "time"))
        return "API_TIME";
    if (parse_accept(p, "random"))
        return "API_RANDOM";
    if (parse_accept(p, "path"))
        return "API_PATH";
    return NULL;
}

static void
parse_sdk(struct parser *p)
{
    struct model *m = p->model;

    if (m->sdk != NULL)
        give_up(p->token.pos, "a second sdk block; the first is at %s:%u", m->sdk_pos.file, m->sdk_pos.line);
    m->sdk_pos = p->token.pos;
    m->sdk = parse_word(p, "a short name");
    parse_expect(p, "{");
    while (!parse_accept(p, "}")) {
        if (parse_accept(p, "library"))
            m->library = parse_string(p);
        else if (parse_accept(p, "guard"))
            m->guard = parse_word(p, "a macro name");
        else if (parse_accept(p, "version"))
            m->version = parse_word(p, "a function");
        else if (parse_accept(p, "status"))
            m->status = parse_word(p, "an enum");
        else if (parse_accept(p, "missing"))
            m->missing = parse_word(p, "a constant");
        else if (parse_accept(p, "errors"))
            m->errors = parse_word(p, "an enum");
        else
            give_up(p->token.pos, "an sdk block has no '%s'", p->token.text);
        parse_expect(p, ";");
    }
}

static void
parse_versions(struct parser *p)
{
    while (!parse_accept(p, ";"))
        list_add_text(&p->model->versions, parse_version(p));
}

static void
parse_undeclared(struct parser *p)
{
    do
        list_add_text(&p->model->undeclared, parse_word(p, "a function"));
    while (parse_accept(p, ","));
    parse_expect(p, ";");
}

static void
parse_alias(struct parser *p)
{
    struct alias *alias = list_add(&p->model->aliases, sizeof(*alias));

    alias->pos = p->token.pos;
    alias->name = parse_word(p, "a macro");
    parse_expect(p, "=");
    alias->meaning = parse_word(p, "what it stands for");
    parse_expect(p, ";");
}

static const char *
area_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash ? slash + 1 : file;

    return gen_text(name, strcspn(name, "."));
}

void
parse_file(struct model *model, const char *file)
{
    struct parser p = {.model = model, .area = area_of(file)};

    lex_open(&p.lexer, file);
    p.token = lex_next(&p.lexer);
    while (p.token.kind != TOKEN_END) {
        struct token word = parse_take(&p);
        if (word.kind != TOKEN_WORD)
            give_up(word.pos, "a declaration expected instead of '%s'", word.text);
        if (strcmp(word.text, "sdk") == 0)
            parse_sdk(&p);
        else if (strcmp(word.text, "versions") == 0)
            parse_versions(&p);
        else if (strcmp(word.text, "undeclared") == 0)
            parse_undeclared(&p);
        else if (strcmp(word.text, "alias") == 0)
            parse_alias(&p);
        else if (strcmp(word.text, "enum") == 0)
            parse_enum(&p, false, false);
        else if (strcmp(word.text, "flags") == 0)
            parse_enum(&p, true, false);
        else if (strcmp(word.text, "strings") == 0)
            parse_enum(&p, false, true);
        else if (strcmp(word.text, "object") == 0)
            parse_object(&p, false);
        else if (strcmp(word.text, "union") == 0)
            parse_object(&p, true);
        else if (strcmp(word.text, "async") == 0 || strcmp(word.text, "sync") == 0 ||
                 strcmp(word.text, "register") == 0 || strcmp(word.text, "unregister") == 0 ||
                 strcmp(word.text, "callback") == 0)
            parse_entry(&p, word.text);
        else
            give_up(word.pos, "'%s' begins no declaration", word.text);
    }
}
