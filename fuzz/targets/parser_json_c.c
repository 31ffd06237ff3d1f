// SPDX-License-Identifier: MIT
/* Linked with a copy of json-c of its own: jansson has functions of the same names (targets.mk). */
#include <json-c/json.h>

#include "fuzz/targets/parsers.h"

static void
view(struct json_object *json, struct parsed *value)
{
    *value = (struct parsed){.kind = PARSED_NULL, .json = json};
    switch (json_object_get_type(json)) {
    case json_type_boolean:
        value->kind = PARSED_FLAG;
        value->flag = json_object_get_boolean(json);
        break;
    case json_type_double:
    case json_type_int:
        value->kind = PARSED_NUMBER;
        value->number = json_object_get_double(json);
        break;
    case json_type_string:
        value->kind = PARSED_TEXT;
        value->text = json_object_get_string(json);
        value->bytes = (size_t)json_object_get_string_len(json);
        break;
    case json_type_array:
        value->kind = PARSED_LIST;
        value->bytes = json_object_array_length(json);
        break;
    case json_type_object:
        value->kind = PARSED_OBJECT;
        break;
    default:
        break;
    }
}

/* A root of null is a null pointer here, which is not told from a refusal: nobody's payload. */
static void *
parse(const char *text, size_t bytes, struct parsed *root)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *document = NULL;
    if (tokener == NULL)
        return NULL;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    document = json_tokener_parse_ex(tokener, text, (int)bytes + 1);
    if (json_tokener_get_error(tokener) != json_tokener_success) {
        json_object_put(document);
        document = NULL;
    }
    json_tokener_free(tokener);
    if (document != NULL)
        view(document, root);
    return document;
}

static void
release(void *document)
{
    json_object_put(document);
}

static bool
member(const struct parsed *object, const char *key, struct parsed *value)
{
    struct json_object *json = NULL;
    if (!json_object_object_get_ex((struct json_object *)object->json, key, &json))
        return false;
    view(json, value);
    return true;
}

static void
item(const struct parsed *list, size_t index, struct parsed *value)
{
    view(json_object_array_get_idx(list->json, index), value);
}

const struct parser parser_json_c = {"json-c", parse, release, member, item};
