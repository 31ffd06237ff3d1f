// SPDX-License-Identifier: MIT
/* The strictest of the four: what is known to be read in several ways (a key twice, a NUL, UTF-8 that is
 * none, a number past its type) it refuses, so that there is nothing to compare. */
#include <jansson.h>

#include "fuzz/targets/parsers.h"

static void
view(const json_t *json, struct parsed *value)
{
    static const enum parsed_kind kinds[] = {
        [JSON_OBJECT] = PARSED_OBJECT,  [JSON_ARRAY] = PARSED_LIST,  [JSON_STRING] = PARSED_TEXT,
        [JSON_INTEGER] = PARSED_NUMBER, [JSON_REAL] = PARSED_NUMBER, [JSON_TRUE] = PARSED_FLAG,
        [JSON_FALSE] = PARSED_FLAG,     [JSON_NULL] = PARSED_NULL,
    };
    *value = (struct parsed){.kind = kinds[json_typeof(json)], .json = json, .flag = json_is_true(json)};
    if (value->kind == PARSED_NUMBER)
        value->number = json_number_value(json);
    value->text = json_string_value(json);
    value->bytes = value->text != NULL ? json_string_length(json) : json_array_size(json);
}

static void *
parse(const char *text, size_t bytes, struct parsed *root)
{
    json_t *document = json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    if (document != NULL)
        view(document, root);
    return document;
}

static void
release(void *document)
{
    json_decref(document);
}

static bool
member(const struct parsed *object, const char *key, struct parsed *value)
{
    const json_t *json = json_object_get(object->json, key);
    if (json != NULL)
        view(json, value);
    return json != NULL;
}

static void
item(const struct parsed *list, size_t index, struct parsed *value)
{
    view(json_array_get(list->json, index), value);
}

const struct parser parser_jansson = {"jansson", parse, release, member, item};
