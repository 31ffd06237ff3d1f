// SPDX-License-Identifier: MIT
#include <cjson/cJSON.h>
#include <string.h>

#include "fuzz/targets/parsers.h"

static void
view(const cJSON *json, struct parsed *value)
{
    *value = (struct parsed){.kind = PARSED_NULL, .json = json};
    if (cJSON_IsBool(json)) {
        value->kind = PARSED_FLAG;
        value->flag = cJSON_IsTrue(json);
    } else if (cJSON_IsNumber(json)) {
        value->kind = PARSED_NUMBER;
        value->number = json->valuedouble;
    } else if (cJSON_IsString(json)) {
        value->kind = PARSED_TEXT;
        value->text = json->valuestring;
        value->bytes = strlen(json->valuestring);
    } else if (cJSON_IsArray(json)) {
        value->kind = PARSED_LIST;
        value->bytes = (size_t)cJSON_GetArraySize(json);
    } else if (cJSON_IsObject(json)) {
        value->kind = PARSED_OBJECT;
    }
}

static void *
parse(const char *text, size_t bytes, struct parsed *root)
{
    cJSON *document = cJSON_ParseWithLengthOpts(text, bytes + 1, NULL, 1);
    if (document != NULL)
        view(document, root);
    return document;
}

static void
release(void *document)
{
    cJSON_Delete(document);
}

static bool
member(const struct parsed *object, const char *key, struct parsed *value)
{
    const cJSON *json = cJSON_GetObjectItemCaseSensitive(object->json, key);
    if (json != NULL)
        view(json, value);
    return json != NULL;
}

static void
item(const struct parsed *list, size_t index, struct parsed *value)
{
    view(cJSON_GetArrayItem(list->json, (int)index), value);
}

const struct parser parser_cjson = {"cJSON", parse, release, member, item};
