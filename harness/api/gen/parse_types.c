// SPDX-License-Identifier: MIT
/*
 * Parses enums, flags, string groups, objects and unions.
 */
#include <string.h>

#include "parse.h"

static void
parse_constant(struct parser *p, struct enumeration *e)
{
    struct constant *c = list_add(&e->constants, sizeof(*c));

    c->pos = p->token.pos;
    c->name = parse_word(p, "a constant");
    parse_expect(p, "=");
    if (e->strings)
        c->text = parse_string(p);
    else
        c->value = parse_number(p);
    while (!parse_accept(p, ";")) {
        if (parse_range(p, &c->range)) {
            continue;
        } else if (parse_accept(p, "alias")) {
            list_add_text(&c->aliases, parse_word(p, "a macro"));
        } else if (!e->strings && parse_accept(p, "seen")) {
            c->sampled = true;
            c->seen = parse_number(p);
        } else if (!e->strings && parse_accept(p, "was")) {
            struct was *was = list_add(&c->was, sizeof(*was));
            was->pos = p->token.pos;
            was->value = parse_number(p);
            parse_expect(p, "until");
            was->until = parse_version(p);
        } else {
            give_up(p->token.pos, "a constant cannot be '%s'", p->token.text);
        }
    }
}

void
parse_enum(struct parser *p, bool flags, bool strings)
{
    struct enumeration *e = list_add(strings ? &p->model->strings : &p->model->enums, sizeof(*e));

    e->pos = p->token.pos;
    e->area = p->area;
    e->flags = flags;
    e->strings = strings;
    e->name = parse_word(p, "a name");
    while (!parse_accept(p, "{"))
        if (!parse_range(p, &e->range))
            give_up(p->token.pos, "'{' expected before '%s'", p->token.text);
    while (!parse_accept(p, "}"))
        parse_constant(p, e);
}

static void
parse_was(struct parser *p, struct key *key)
{
    struct was *was = list_add(&key->was, sizeof(*was));

    was->pos = p->token.pos;
    was->name = parse_word(p, "the older key");
    if (parse_accept(p, "as"))
        was->constant = parse_word(p, "the older constant");
    parse_expect(p, "until");
    was->until = parse_version(p);
}

static bool
parse_key_mark(struct parser *p, struct key *key)
{
    const char *changes;

    if (parse_accept(p, "ro"))
        key->access = "ro";
    else if (parse_accept(p, "wo"))
        key->access = "wo";
    else if (parse_accept(p, "rw"))
        key->access = "rw";
    else if (parse_accept(p, "required"))
        key->required = true;
    else if (parse_accept(p, "optional"))
        key->optional = true;
    else if (parse_accept(p, "deprecated"))
        key->deprecated = true;
    else if (parse_accept(p, "unused"))
        key->unused = true;
    else if (parse_accept(p, "secret"))
        key->secret = true;
    else if ((changes = parse_changes(p)) != NULL)
        key->changes = changes;
    else
        return false;
    return true;
}

static void
parse_key(struct parser *p, struct object *o)
{
    struct key *key = list_add(&o->keys, sizeof(*key));

    key->changes = "API_STABLE";
    key->pos = p->token.pos;
    key->type = parse_type(p);
    key->name = parse_word(p, "a key");
    key->constant = parse_word(p, "the key's constant");
    while (!parse_accept(p, ";")) {
        if (parse_range(p, &key->range) || parse_key_mark(p, key)) {
            continue;
        } else if (parse_accept(p, "was")) {
            parse_was(p, key);
        } else if (parse_accept(p, "alias")) {
            list_add_text(&key->aliases, parse_word(p, "a macro"));
        } else if (parse_accept(p, "when")) {
            do
                list_add_text(&key->when, parse_word(p, "a constant"));
            while (parse_accept(p, "|"));
        } else if (parse_accept(p, "seen") || parse_accept(p, "once")) {
            struct type also = parse_type(p);
            *(struct type *)list_add(&key->also, sizeof(also)) = also;
        } else if (parse_accept(p, "counts")) {
            key->counts = parse_word(p, "a key that is an array");
        } else if (parse_accept(p, "parallel")) {
            key->parallel = parse_word(p, "a key that is an array");
        } else if (parse_accept(p, "id")) {
            key->id = parse_word(p, "what it refers to");
        } else if (parse_accept(p, "default")) {
            key->preset = parse_string(p);
        } else if (parse_accept(p, "doc")) {
            key->doc = parse_version(p);
        } else {
            give_up(p->token.pos, "a key cannot be '%s'", p->token.text);
        }
    }
}

static void
parse_select(struct parser *p, struct object *o)
{
    o->on = parse_word(p, "the key that selects");
    parse_expect(p, "{");
    while (!parse_accept(p, "}")) {
        struct variant *variant = list_add(&o->variants, sizeof(*variant));
        variant->pos = p->token.pos;
        variant->constant = parse_word(p, "a constant");
        parse_expect(p, ":");
        variant->object = parse_word(p, "an object");
        parse_expect(p, ";");
    }
}

void
parse_object(struct parser *p, bool is_union)
{
    struct object *o = list_add(&p->model->objects, sizeof(*o));

    o->pos = p->token.pos;
    o->area = p->area;
    o->is_union = is_union;
    o->name = parse_word(p, "a name");
    while (!parse_accept(p, "{")) {
        if (parse_range(p, &o->range))
            continue;
        if (parse_accept(p, "also"))
            list_add_text(&o->also, parse_word(p, "another name"));
        else if (!is_union && parse_accept(p, "on"))
            o->on = parse_word(p, "a key");
        else
            give_up(p->token.pos, "'{' expected before '%s'", p->token.text);
    }
    while (!parse_accept(p, "}")) {
        if (is_union && strcmp(p->token.text, "select") == 0) {
            parse_take(p);
            parse_select(p, o);
        } else {
            parse_key(p, o);
        }
    }
}
