// SPDX-License-Identifier: MIT
/*
 * Parses functions and callback types.
 */
#include <string.h>

#include "parse.h"

static void
parse_param_marks(struct parser *p, struct param *param)
{
    const char *changes;

    while (strcmp(p->token.text, ",") != 0 && strcmp(p->token.text, ")") != 0) {
        if (parse_accept(p, "?"))
            param->nullable = true;
        else if (parse_accept(p, "secret"))
            param->secret = true;
        else if (parse_accept(p, "was"))
            list_add_text(&param->was, parse_word(p, "an older name"));
        else if (parse_accept(p, "index"))
            param->indexes = parse_word(p, "a key that is an array");
        else if (parse_accept(p, "seen"))
            param->seen = parse_type(p);
        else if (parse_accept(p, "id"))
            param->id = parse_word(p, "what it refers to");
        else if ((changes = parse_changes(p)) != NULL)
            param->changes = changes;
        else
            give_up(p->token.pos, "a parameter cannot be '%s'", p->token.text);
    }
}

static void
parse_param(struct parser *p, struct param *param)
{
    param->pos = p->token.pos;
    param->changes = "API_STABLE";
    param->word = parse_word(p, "a parameter type");
    if (strcmp(param->word, "user") == 0) {
        param->name = p->token.kind == TOKEN_WORD ? parse_word(p, "a name") : "user_data";
        return;
    }
    if (strcmp(param->word, "json") == 0) {
        if (parse_accept(p, "result"))
            param->result = true;
        else
            param->json = parse_type(p);
    } else if (parse_accept(p, ":")) {
        param->values = parse_word(p, "an enum");
    }
    param->name = parse_word(p, "a parameter name");
    if (strcmp(param->word, "out") == 0) {
        parse_expect(p, "[");
        param->out_bytes = (unsigned)parse_number(p);
        parse_expect(p, "]");
    }
    parse_param_marks(p, param);
}

static void
parse_result(struct parser *p, struct entry *entry)
{
    if (p->token.kind == TOKEN_STRING) {
        if (*p->token.text != '\0')
            give_up(p->token.pos, "a result is \"\" or a JSON type");
        parse_take(p);
        entry->result = RESULT_EMPTY;
    } else {
        entry->result = RESULT_OBJECT;
        entry->result_type = parse_type(p);
    }
    if (parse_accept(p, "guessed")) {
        entry->source = "API_GUESSED";
        return;
    }
    parse_expect(p, "from");
    if (parse_accept(p, "page"))
        entry->source = "API_FROM_PAGE";
    else if (parse_accept(p, "header"))
        entry->source = "API_FROM_HEADER";
    else if (parse_accept(p, "binding"))
        entry->source = "API_FROM_BINDING";
    else
        give_up(p->token.pos, "a result comes from page, header or binding, not '%s'", p->token.text);
}

static void
parse_entry_marks(struct parser *p, struct entry *entry)
{
    while (!parse_accept(p, ";")) {
        if (parse_range(p, &entry->range)) {
            continue;
        } else if (parse_accept(p, "->")) {
            parse_result(p, entry);
        } else if (parse_accept(p, "on_error")) {
            entry->has_error = true;
            entry->error_type = parse_type(p);
        } else if (parse_accept(p, "doc")) {
            entry->doc = parse_version(p);
        } else if (parse_accept(p, "repeats")) {
            entry->repeats = true;
        } else if (parse_accept(p, "getter")) {
            entry->getter = true;
        } else if (parse_accept(p, "opens")) {
            entry->opens = true;
        } else if (parse_accept(p, "closes")) {
            entry->closes = true;
        } else if (parse_accept(p, "list")) {
            entry->list = true;
        } else if (parse_accept(p, "deprecated")) {
            entry->deprecated = true;
        } else {
            give_up(p->token.pos, "'%s' is no mark of a %s; a ';' may be missing", p->token.text,
                    strcmp(entry->kind, "callback") == 0 ? "callback" : "function");
        }
    }
}

void
parse_entry(struct parser *p, const char *kind)
{
    bool callback = strcmp(kind, "callback") == 0;
    struct entry *entry = list_add(callback ? &p->model->callbacks : &p->model->functions, sizeof(*entry));

    entry->kind = kind;
    entry->area = p->area;
    entry->source = "API_UNDOCUMENTED";
    entry->returns = callback ? "void" : parse_word(p, "a return type");
    entry->pos = p->token.pos;
    entry->name = parse_word(p, "a name");
    parse_expect(p, "(");
    if (!parse_accept(p, ")")) {
        do {
            if (entry->nparams == MODEL_MAX_PARAMS)
                give_up(p->token.pos, "%s has more than %d parameters", entry->name, MODEL_MAX_PARAMS);
            parse_param(p, &entry->params[entry->nparams++]);
        } while (parse_accept(p, ","));
        parse_expect(p, ")");
    }
    parse_entry_marks(p, entry);
}
